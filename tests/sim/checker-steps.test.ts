/** What the checker says of a version that no commit could have made, and of false manifests. */
import { expect, test } from 'vitest'
import type { Snapshot, TableMetadata } from '../../src/format/model.js'
import { SnapshotChecker } from '../../src/testing/simulation/check-snapshots.js'
import { checkStep } from '../../src/testing/simulation/check-version.js'
import { type ModelWorld, stateOf } from '../../src/testing/simulation/expected.js'
import type { SimFile } from '../../src/testing/simulation/operation.js'
import { LOCATION, metadataOf, slotEvents, trueHistory } from './canary-history.js'

/** Two versions, one append after the other. */
async function twoVersions(): Promise<readonly [before: TableMetadata, after: TableMetadata]> {
  const history = await trueHistory({ changes: 3, formatVersion: 3 })
  const [before, after] = slotEvents(history)
    .slice(-2)
    .map((event) => metadataOf(history, event))
  return [before as TableMetadata, after as TableMetadata]
}

type Change = (after: TableMetadata, before: TableMetadata) => Partial<TableMetadata>

const first = (list: readonly Snapshot[], change: Partial<Snapshot>): readonly Snapshot[] =>
  list.map((snapshot, index) => (index === 0 ? { ...snapshot, ...change } : snapshot))
const last = (list: readonly Snapshot[], change: Partial<Snapshot>): readonly Snapshot[] =>
  list.map((snapshot, index) => (index === list.length - 1 ? { ...snapshot, ...change } : snapshot))
const column = (id: number, kind: 'int' | 'string') =>
  ({ id, name: 'x', required: false, type: { kind } }) as const

const STEPS: readonly [string, Change][] = [
  ['I7 has the uuid of another table', () => ({ tableUuid: 'another' })],
  ['I5 is somewhere else', () => ({ location: 'memory:/wh/ns/u' })],
  ['I7 time runs back', (_, before) => ({ lastUpdatedMs: before.lastUpdatedMs })],
  ['I7 does not name memory:/wh/ns/t/metadata/v4.metadata.json', () => ({ metadataLog: [] })],
  ['I12 the current snapshot is not that of main', () => ({ currentSnapshotId: 1n })],
  ['I12 the snapshot log does not end with the current snapshot', () => ({ snapshotLog: [] })],
  ['I12 the log runs back', ({ snapshotLog }) => ({ snapshotLog: snapshotLog.toReversed() })],
  [
    'I7 a snapshot is there twice',
    ({ snapshots }) => ({ snapshots: [...snapshots, ...snapshots.slice(-1)] }),
  ],
  ['is gone', ({ snapshots }) => ({ snapshots: snapshots.slice(1) })],
  [
    'has changed',
    ({ snapshots }) => ({ snapshots: first(snapshots, { manifestList: 'memory:/other' }) }),
  ],
  ['has changed', ({ snapshots }) => ({ snapshots: first(snapshots, { parentSnapshotId: 5n }) })],
  [
    'I12 old names a snapshot that is not there',
    ({ refs }) => ({ refs: new Map([...refs, ['old', { snapshotId: 5n, type: 'tag' }]]) }),
  ],
  [
    'I8 1 snapshots moved the sequence number by another amount',
    ({ lastSequenceNumber }) => ({ lastSequenceNumber: lastSequenceNumber + 1n }),
  ],
  [
    'I8 a snapshot has another sequence number',
    ({ snapshots }) => ({ snapshots: last(snapshots, { sequenceNumber: 99n }) }),
  ],
  [
    'I12 a snapshot is older than its base',
    ({ snapshots }) => ({ snapshots: last(snapshots, { timestampMs: 1 }) }),
  ],
  ['I9 the format version falls', () => ({ formatVersion: 2 })],
  ['I9 row ids are given again', () => ({ nextRowId: 0n })],
  ['I9 row ids are given again', () => ({ nextRowId: undefined as never })],
  ['I9 the last column id falls', () => ({ lastColumnId: 1 })],
  ['I9 the last partition id falls', () => ({ lastPartitionId: 1 })],
  ['I9 schema 0 is gone', () => ({ schemas: [] })],
  [
    'I9 a schema has changed',
    ({ schemas }) => ({ schemas: schemas.map((schema) => ({ ...schema, fields: [] })) }),
  ],
  ['I9 spec 0 is gone', () => ({ partitionSpecs: [] })],
  [
    'I9 a spec has changed',
    ({ partitionSpecs }) => ({
      partitionSpecs: partitionSpecs.map((spec) => ({
        ...spec,
        fields: [
          { sourceIds: [2], fieldId: 1000, name: 'k', transform: { kind: 'identity' } } as const,
        ],
      })),
    }),
  ],
  [
    'I9 a column id means another',
    ({ schemas }) => ({
      schemas: [...schemas, { schemaId: 9, fields: [column(1, 'string')], identifierFieldIds: [] }],
    }),
  ],
]

test('a true step is none', async () => {
  const [before, after] = await twoVersions()
  const bad: string[] = []
  checkStep(before, after, 'v5', LOCATION, bad)
  expect(bad).toEqual([])
})

test.each(STEPS)('%s', async (complaint, change) => {
  const [before, after] = await twoVersions()
  const bad: string[] = []
  checkStep(before, { ...after, ...change(after, before) }, 'v5', LOCATION, bad)
  expect(bad.join('\n')).toContain(complaint)
})

test('a column with the id of one that was dropped', async () => {
  const [before, after] = await twoVersions()
  const bad: string[] = []
  const added = { schemaId: 9, fields: [column(7, 'int')], identifierFieldIds: [] }
  const later = { ...after, schemas: [...after.schemas, added] }
  checkStep({ ...before, lastColumnId: 8 }, { ...later, lastColumnId: 8 }, 'v5', LOCATION, bad)
  expect(bad).toEqual(['v5: I9 a column id is reused'])
  const fresh: string[] = []
  checkStep(before, { ...later, lastColumnId: 7 }, 'v5', LOCATION, fresh)
  expect(fresh).toEqual([])
})

test('what is current may be nowhere: then nothing is, of columns and fields', async () => {
  const [, after] = await twoVersions()
  const state = stateOf({ ...after, currentSchemaId: 99, defaultSpecId: 99 })
  expect(state).toMatchObject({ columns: [], fields: [], version: [3] })
})

/** The last snapshot of a history, and what its checker says. */
async function complaints(
  change: (scene: {
    metadata: TableMetadata
    snapshot: Snapshot
    live: Set<string>
    deletes: Map<string, string>
    files: Map<string, SimFile>
  }) => Partial<{ metadata: TableMetadata; snapshot: Snapshot }> | undefined,
): Promise<string> {
  const history = await trueHistory({ formatVersion: 3 })
  const slot = slotEvents(history).at(-1)
  if (slot === undefined) throw new RangeError('no slots')
  const metadata = metadataOf(history, slot)
  const snapshot = metadata.snapshots.at(-1) as Snapshot
  const files = new Map<string, SimFile>()
  for (const { parts } of history.operations) {
    for (const part of parts) {
      for (const file of 'files' in part ? part.files : []) files.set(file.name, file)
    }
  }
  const live = new Set(files.keys())
  const deletes = new Map<string, string>()
  const scene = { metadata, snapshot, live, deletes, files }
  const changed = { ...scene, ...change(scene) }
  const world: ModelWorld = {
    live: new Map(),
    deletes: new Map([[snapshot.snapshotId, deletes]]),
    parents: new Map(),
    files,
    keys: new Map(),
  }
  const bad: string[] = []
  const bytes = (path: string) => history.tape.files.get(path)
  const checker = new SnapshotChecker(history.env, bytes, world, bad)
  await checker.check(changed.metadata, changed.snapshot, live)
  return bad.join('\n')
}

test('a true snapshot is whole', async () => {
  expect(await complaints(() => undefined)).toBe('')
})

test.each([
  [
    'has a manifest of a later sequence number',
    (scene) => ({ snapshot: { ...scene.snapshot, sequenceNumber: 1n } }),
  ],
  [
    'is later than its snapshot',
    ({ snapshot }) => ({ snapshot: { ...snapshot, sequenceNumber: 1n } }),
  ],
  ['lacks other', ({ live }) => void live.add('other')],
  ['holds base-0 beside what it should', ({ live }) => void live.delete('base-0')],
  ['lacks the deletes d of base-0', ({ deletes }) => void deletes.set('d', 'base-0')],
  ['was never asked for', ({ files }) => void files.delete('base-0')],
  [
    'I10 memory:/wh/ns/t/data/base-0.parquet has another number of rows',
    ({ files }) => void files.set('base-0', { name: 'base-0', key: 0, rows: 99 }),
  ],
  ['has row ids above 0', ({ metadata }) => ({ metadata: { ...metadata, nextRowId: 0n } })],
  [
    'says undefined files, undefined rows',
    ({ snapshot }) => ({ snapshot: { ...snapshot, summary: new Map() } }),
  ],
  [
    'was never written',
    ({ snapshot }) => ({ snapshot: { ...snapshot, manifestList: 'memory:/none' } }),
  ],
] as readonly [string, Parameters<typeof complaints>[0]][])('%s', async (complaint, change) => {
  expect(await complaints(change)).toContain(complaint)
})
