/** Metadata tables of states that old, foreign and expired tables are in. */
import { describe, expect, test } from 'vitest'
import { seededEnv } from '../../../src/env/seeded-env.js'
import type { SnapshotRef, TableMetadata } from '../../../src/format/model.js'
import {
  historyTable,
  metadataLogTable,
  refsTable,
  snapshotsTable,
} from '../../../src/inspect/history-tables.js'
import { memoryStore } from '../../../src/store/memory.js'
import { baseMetadata, snapshot } from '../format/metadata.js'

const env = seededEnv(1)
const metadataLocation = '/w/t/metadata/v9.metadata.json'

function sourceOf(metadata: Partial<TableMetadata>) {
  return {
    metadata: { ...baseMetadata(), ...metadata },
    store: memoryStore({ env }),
    env,
    metadataLocation,
  }
}

describe('a table without snapshots', () => {
  test('has no history, and one metadata file that leads to nothing', async () => {
    const source = sourceOf({})
    expect(await snapshotsTable(source).toArray()).toEqual([])
    expect(await historyTable(source).toArray()).toEqual([])
    expect(await refsTable(source).toArray()).toEqual([])
    expect(await metadataLogTable(source).toArray()).toMatchObject([
      {
        file: metadataLocation,
        latest_snapshot_id: null,
        latest_schema_id: null,
        latest_sequence_number: null,
      },
    ])
    expect((await snapshotsTable(source).toArrow()).numRows).toBe(0)
  })
})

describe('snapshots of v1', () => {
  const { summary: _, manifestList: __, schemaId: ___, ...old } = snapshot(1n, 0n)

  test('may have no summary, no manifest list and no schema', async () => {
    const source = sourceOf({
      formatVersion: 1,
      snapshots: [{ ...old, manifests: ['/m.avro'] }],
      currentSnapshotId: 1n,
      snapshotLog: [{ snapshotId: 1n, timestampMs: 1000 }],
      lastUpdatedMs: 1000,
    })
    const [row] = await snapshotsTable(source).toArray()
    expect(row).toMatchObject({
      snapshot_id: 1n,
      parent_id: null,
      operation: null,
      manifest_list: null,
      summary: null,
    })
    expect(await metadataLogTable(source).toArray()).toMatchObject([
      { latest_snapshot_id: 1n, latest_schema_id: null, latest_sequence_number: 0n },
    ])
  })

  test('may have a summary that names no operation', async () => {
    const source = sourceOf({ snapshots: [{ ...old, summary: new Map([['k', 'v']]) }] })
    const [row] = await snapshotsTable(source).toArray()
    expect(row).toMatchObject({ operation: null, summary: new Map([['k', 'v']]) })
  })
})

describe('after a rollback and an expiry', () => {
  const source = sourceOf({
    snapshots: [
      snapshot(2n, 2n, { parentSnapshotId: 1n }),
      snapshot(3n, 3n, { parentSnapshotId: 2n }),
    ],
    currentSnapshotId: 2n,
    refs: new Map<string, SnapshotRef>([
      [
        'main',
        { type: 'branch', snapshotId: 2n, minSnapshotsToKeep: 3, maxSnapshotAgeMs: 60_000n },
      ],
      ['v1', { type: 'tag', snapshotId: 3n, maxRefAgeMs: 9n }],
    ]),
    snapshotLog: [
      { snapshotId: 1n, timestampMs: 1010 },
      { snapshotId: 3n, timestampMs: 1030 },
      { snapshotId: 2n, timestampMs: 1040 },
    ],
    metadataLog: [
      { metadataFile: '/w/t/metadata/v1.metadata.json', timestampMs: 1000 },
      { metadataFile: '/w/t/metadata/v2.metadata.json', timestampMs: 1010 },
      { metadataFile: '/w/t/metadata/v4.metadata.json', timestampMs: 1030 },
    ],
    lastUpdatedMs: 1040,
  })

  test('history says what still leads to the current snapshot', async () => {
    expect(await historyTable(source).toArray()).toMatchObject([
      { snapshot_id: 1n, parent_id: null, is_current_ancestor: false },
      { snapshot_id: 3n, parent_id: 2n, is_current_ancestor: false },
      { snapshot_id: 2n, parent_id: 1n, is_current_ancestor: true },
    ])
  })

  test('a metadata file leads to what was current then, if it is there yet', async () => {
    const rows = await metadataLogTable(source).toArray()
    expect(rows.map((row) => row['latest_snapshot_id'])).toEqual([null, null, 3n, 2n])
    expect(rows.map((row) => row['latest_sequence_number'])).toEqual([null, null, 3n, 2n])
    expect(rows.at(-1)).toMatchObject({ file: metadataLocation })
  })

  test('refs say how long they are kept, or nothing', async () => {
    expect(await refsTable(source).toArray()).toEqual([
      {
        name: 'main',
        type: 'BRANCH',
        snapshot_id: 2n,
        max_reference_age_in_ms: null,
        min_snapshots_to_keep: 3,
        max_snapshot_age_in_ms: 60_000n,
      },
      {
        name: 'v1',
        type: 'TAG',
        snapshot_id: 3n,
        max_reference_age_in_ms: 9n,
        min_snapshots_to_keep: null,
        max_snapshot_age_in_ms: null,
      },
    ])
  })
})
