import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { ancestorsOf, schemaOfSnapshot } from '../../../src/format/lookup.js'
import { readTableMetadata } from '../../../src/format/read-table-metadata.js'
import { encodeTableMetadata } from '../../../src/format/write-table-metadata.js'
import { goldenCase, goldenNames, metadataFiles } from './golden.js'

const iso = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z')

describe.each(goldenNames)('%s', (name) => {
  const golden = goldenCase(name)
  const { metadata, expected } = golden

  test('every metadata file reads, and reads the same after being written', () => {
    for (const path of metadataFiles(golden.folder)) {
      const read = readTableMetadata(readFileSync(path), { limits: defaultLimits, path })
      const bytes = encodeTableMetadata(read)
      const again = readTableMetadata(bytes, { limits: defaultLimits })
      expect(Buffer.compare(encodeTableMetadata(again), bytes)).toBe(0)
      // Comparing objects is slow: once per table will do.
      if (path === golden.metadataPath) expect(again).toEqual(read)
    }
  })

  test('the table is as expected', () => {
    expect(metadata.formatVersion).toBe(expected.format_version)
    expect(metadata.location).toBe(expected.location)
    expect(metadata.currentSnapshotId?.toString() ?? null).toBe(expected.current.snapshot_id)
    expect(metadata.currentSchemaId).toBe(expected.current.schema_id)
    const schemas = metadata.snapshots.map((s) => [
      `${s.snapshotId}`,
      schemaOfSnapshot(metadata, s).schemaId,
    ])
    const wanted = expected.snapshots.map((s) => [s.snapshot_id, s.schema_id])
    expect(new Map(schemas as [string, number][])).toEqual(new Map(wanted as [string, number][]))
  })

  test('snapshots', () => {
    const rows = metadata.snapshots.map((snapshot) => {
      const { operation, ...summary } = Object.fromEntries(snapshot.summary ?? [])
      return {
        committed_at: iso(snapshot.timestampMs),
        snapshot_id: `${snapshot.snapshotId}`,
        parent_id: snapshot.parentSnapshotId?.toString() ?? null,
        operation,
        manifest_list: snapshot.manifestList,
        summary,
      }
    })
    const wanted = expected.metadata_tables.snapshots.map((row) => ({
      ...row,
      summary: Object.fromEntries(row.summary as [string, string][]),
    }))
    expect(rows).toEqual(wanted)
  })

  test('history', () => {
    const current = metadata.currentSnapshotId
    const ancestors = new Set(
      current === undefined ? [] : [...ancestorsOf(metadata, current)].map((s) => s.snapshotId),
    )
    const parents = new Map(metadata.snapshots.map((s) => [s.snapshotId, s.parentSnapshotId]))
    const rows = metadata.snapshotLog.map(({ snapshotId, timestampMs }) => ({
      made_current_at: iso(timestampMs),
      snapshot_id: `${snapshotId}`,
      parent_id: parents.get(snapshotId)?.toString() ?? null,
      is_current_ancestor: ancestors.has(snapshotId),
    }))
    expect(rows).toEqual(expected.metadata_tables.history)
  })

  test('refs', () => {
    const rows = [...metadata.refs].map(([ref, value]) => ({
      name: ref,
      type: value.type.toUpperCase(),
      snapshot_id: `${value.snapshotId}`,
      max_reference_age_in_ms: value.maxRefAgeMs?.toString() ?? null,
      min_snapshots_to_keep: value.minSnapshotsToKeep ?? null,
      max_snapshot_age_in_ms: value.maxSnapshotAgeMs?.toString() ?? null,
    }))
    const byName = (a: { name?: unknown }, b: { name?: unknown }): number =>
      `${a.name}` < `${b.name}` ? -1 : 1
    expect(rows.sort(byName)).toEqual([...expected.metadata_tables.refs].sort(byName))
  })
})
