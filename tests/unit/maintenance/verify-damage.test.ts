/** Each kind of damage is found and named by `verify`, which ends all tests of faults and crashes. */
import { beforeEach, describe, expect, test } from 'vitest'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { StoreUnavailable } from '../../../src/errors.js'
import type {
  DataFile,
  ManifestEntry,
  ManifestFile,
  Snapshot,
  TableMetadata,
} from '../../../src/format/model.js'
import { connect, type Table, t } from '../../../src/index.js'
import { verifyTable } from '../../../src/maintenance/verify.js'
import { verifyEntries } from '../../../src/maintenance/verify-manifest.js'
import { verifyMetadata } from '../../../src/maintenance/verify-metadata.js'
import { verifySummary } from '../../../src/maintenance/verify-summary.js'
import { Violations } from '../../../src/maintenance/violation.js'
import { type MemoryStore, memoryStore } from '../../../src/store/memory.js'
import type { Store } from '../../../src/store/store.js'
import { encodeSingleValue } from '../../../src/types/single-value.js'
import type { Type } from '../../../src/types/type.js'
import { withCalls } from '../../support/scenario.js'

const schema = { id: t.long().required(), city: t.string(), score: t.double(), day: t.date() }
const env = seededEnv(4)
let store: MemoryStore
let table: Table<typeof schema>

beforeEach(async () => {
  store = memoryStore()
  const catalog = await connect('memory:/wh', { store, workers: 0 })
  table = await catalog.createTable('ns.t', { schema, partitionBy: ['city'] })
  await table.append([
    { id: 1, city: 'Oslo', score: 1.5, day: '2026-01-01' },
    { id: 2, city: 'Oslo', score: null, day: null },
  ])
  await table.append([{ id: 3, city: null, score: Number.NaN, day: '2026-01-02' }])
})

const pathsOf = (part: RegExp): string[] =>
  [...store.files().keys()].filter((path) => part.test(path))
const codes = async (metadata: TableMetadata = table.metadata, through: Store = store) => {
  const report = await verifyTable({ metadata, store: through, env })
  expect(report.ok).toBe(report.violations.length === 0)
  return [...new Set(report.violations.map(({ code }) => code))].sort()
}

describe('of files', () => {
  test('nothing is wrong to begin with', async () => {
    expect(await codes()).toEqual([])
  })

  test('missing ones', async () => {
    for (const path of pathsOf(/\.parquet$/)) await store.delete(path)
    expect(await codes()).toEqual(['file-missing'])
    const [list] = pathsOf(/\/snap-/)
    await store.delete(list as string)
    expect(await codes()).toEqual(['file-missing', 'manifest-list-missing'])
    for (const path of pathsOf(/-m\d+\.avro$/)) await store.delete(path)
    expect(await codes()).toEqual(['manifest-list-missing', 'manifest-missing'])
  })

  test('cut off and overwritten ones', async () => {
    const [data] = pathsOf(/\.parquet$/) as [string]
    const bytes = store.files().get(data) as Uint8Array
    await store.put(data, bytes.subarray(0, 20))
    expect(await codes()).toEqual(['file-corrupt', 'file-size'])
    for (const path of pathsOf(/-m\d+\.avro$/)) await store.put(path, Uint8Array.of(1, 2, 3))
    expect(await codes()).toEqual(['manifest-corrupt', 'manifest-length'])
    for (const path of pathsOf(/\/snap-/)) await store.put(path, Uint8Array.of(1, 2, 3))
    expect(await codes()).toEqual(['manifest-list-corrupt'])
  })

  test('one in the place of another', async () => {
    const [one, other] = pathsOf(/\.parquet$/) as [string, string]
    const [first, second] = [one, other].map((path) => store.files().get(path) as Uint8Array)
    await store.put(one, second as Uint8Array)
    await store.put(other, first as Uint8Array)
    expect(await codes()).toEqual(
      expect.arrayContaining(['column-bounds', 'column-counts', 'record-count']),
    )
  })

  test('footers are left alone when asked, and a store out of reach ends the walk', async () => {
    const [data] = pathsOf(/\.parquet$/) as [string]
    const bytes = store.files().get(data) as Uint8Array
    await store.put(
      data,
      bytes.map((byte, at) => (at > bytes.length - 9 ? byte : 0)),
    )
    const report = await verifyTable({ metadata: table.metadata, store, env, footers: false })
    expect(report).toMatchObject({ ok: true, checked: { snapshots: 2, files: 2, rows: 3n } })
    const away = withCalls(store, {
      head: async () => {
        throw new StoreUnavailable('away')
      },
    })
    await expect(codes(table.metadata, away)).rejects.toThrow(StoreUnavailable)
    const broken = withCalls(store, {
      head: async () => {
        throw new RangeError('bug')
      },
    })
    await expect(codes(table.metadata, broken)).rejects.toThrow(RangeError)
    const signal = AbortSignal.abort()
    await expect(
      verifyTable({ metadata: table.metadata, store, env, signal }),
    ).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('progress is told, and a walk with a signal that never fires is a walk', async () => {
    const seen: number[] = []
    const report = await verifyTable({
      metadata: table.metadata,
      store,
      env,
      signal: new AbortController().signal,
      onProgress: ({ snapshots }) => seen.push(snapshots),
    })
    expect(report.ok).toBe(true)
    expect(seen).toEqual([1, 2])
  })
})

describe('of metadata', () => {
  const violationsOf = (change: (metadata: TableMetadata) => Partial<TableMetadata>) => {
    const found = new Violations()
    verifyMetadata({ ...table.metadata, ...change(table.metadata) }, found)
    return found.list.map(({ code, message }) => `${code}: ${message}`)
  }
  const snapshot = (metadata: TableMetadata, at: number): Snapshot =>
    metadata.snapshots[at] as Snapshot

  test.each<[string, (metadata: TableMetadata) => Partial<TableMetadata>, string]>([
    [
      'two snapshots of one id',
      (m) => ({ snapshots: [...m.snapshots, snapshot(m, 1)] }),
      'two snapshots have the same id',
    ],
    [
      'a ref to a missing snapshot',
      (m) => ({ refs: new Map([...m.refs, ['x', { type: 'tag', snapshotId: 7n }]]) }),
      "ref 'x' names missing snapshot 7",
    ],
    ['main elsewhere', () => ({ refs: new Map() }), 'main is at none and current-snapshot-id is'],
    [
      'a snapshot of a missing schema',
      (m) => ({ snapshots: [snapshot(m, 0), { ...snapshot(m, 1), schemaId: 9 }] }),
      'names missing schema 9',
    ],
    [
      'a log that goes back in time',
      (m) => ({ snapshotLog: [{ timestampMs: 9e15, snapshotId: 1n }, ...m.snapshotLog] }),
      'the snapshot log goes back in time',
    ],
    [
      'a log that ends elsewhere',
      (m) => ({ snapshotLog: m.snapshotLog.slice(0, 1) }),
      'the snapshot log ends at',
    ],
    [
      'a sequence number above the table’s',
      () => ({ lastSequenceNumber: 1n }),
      "above the table's 1",
    ],
    [
      'a snapshot that does not come after its parent',
      (m) => ({ snapshots: [snapshot(m, 0), { ...snapshot(m, 1), sequenceNumber: 1n }] }),
      'does not come after its parent',
    ],
  ])('%s', (_, change, message) => {
    expect(violationsOf(change).join('\n')).toContain(message)
  })

  test('an empty log and a table without snapshots are fine', () => {
    const { currentSnapshotId: _, ...rest } = table.metadata
    const found = new Violations()
    verifyMetadata({ ...rest, snapshots: [], refs: new Map(), snapshotLog: [] }, found)
    expect(found.list).toEqual([])
    verifyMetadata({ ...rest, snapshots: [] }, found)
    expect(found.list.map(({ message }) => message).join()).toContain('current-snapshot-id is none')
  })

  test('totals that no recount gives, and those that nobody can hold anybody to', () => {
    const live = [
      { path: 'a', content: 'data', records: 5n, sizeBytes: 10n, offset: undefined },
      { path: 'b', content: 'position-deletes', records: 2n, sizeBytes: 3n, offset: undefined },
      { path: 'c', content: 'equality-deletes', records: 1n, sizeBytes: 3n, offset: undefined },
    ] as const
    const of = (summary: Readonly<Record<string, string>>): string[] => {
      const found = new Violations()
      const head = { ...snapshot(table.metadata, 1), summary: new Map(Object.entries(summary)) }
      const metadata = { ...table.metadata, snapshots: [snapshot(table.metadata, 0), head] }
      verifySummary(metadata, head, live, found)
      return found.list.map(({ message }) => message.replace(/^.* says /, ''))
    }
    expect(
      of({ 'total-records': '5', 'total-data-files': '1', 'total-delete-files': '2' }),
    ).toEqual([])
    expect(of({ 'total-records': '6' })).toEqual(['total-records=6; a recount gives 5'])
    expect(of({ 'total-files-size': '1' })).toEqual(['total-files-size=1; a recount gives 16'])
    expect(of({ 'total-files-size': '1', 'added-data-files': '1' })).toEqual([])
    expect(of({ 'total-position-deletes': '1', 'total-equality-deletes': '9' })).toHaveLength(2)
  })

  test('more violations than anybody reads are counted no further', () => {
    const found = new Violations()
    for (let at = 0; at < 1001; at++) found.add({ code: 'file-missing', message: `${at}` })
    expect(found.list).toHaveLength(1000)
    expect(found.truncated).toBe(true)
  })
})

describe('of manifests', () => {
  const type: Type = { kind: 'int' }
  const spec = {
    specId: 0,
    fields: [
      { fieldId: 1000, name: 'n', sourceIds: [1], transform: { kind: 'identity' } as const },
    ],
  }
  const entry = (value: number | null, change: Partial<ManifestEntry> = {}): ManifestEntry => ({
    status: 'added',
    snapshotId: 1n,
    sequenceNumber: 5n,
    fileSequenceNumber: 5n,
    file: {
      content: 'data',
      path: `f${value}`,
      partition: [value],
      recordCount: 2n,
      sizeBytes: 9n,
    } as unknown as DataFile,
    ...change,
  })
  const bound = (value: number): Uint8Array => encodeSingleValue(type, value)
  const manifest = (change: Partial<ManifestFile> = {}): ManifestFile =>
    ({
      path: 'm.avro',
      sequenceNumber: 5n,
      minSequenceNumber: 5n,
      partitions: [
        { containsNull: true, containsNan: false, lowerBound: bound(1), upperBound: bound(3) },
      ],
      ...change,
    }) as ManifestFile
  const check = (
    one: ManifestFile,
    entries: readonly ManifestEntry[],
    types: readonly Type[] = [type],
  ) => {
    const found = new Violations()
    const totals = verifyEntries(one, entries, { spec, types }, found)
    return { codes: found.list.map(({ code }) => code), totals }
  }

  test('entries within the summary and the counts', () => {
    const one = manifest({
      addedFilesCount: 2,
      addedRowsCount: 4n,
      deletedFilesCount: 1,
      deletedRowsCount: 2n,
    })
    const { codes: found, totals } = check(one, [
      entry(1),
      entry(null),
      entry(9, { status: 'deleted' }),
    ])
    expect(found).toEqual([])
    expect(totals).toMatchObject({ rows: 4n, liveFiles: [{ path: 'f1' }, { path: 'fnull' }] })
  })

  test.each<[string, ManifestFile, ManifestEntry, string]>([
    ['below the lower bound', manifest(), entry(0), 'manifest-summary'],
    ['above the upper bound', manifest(), entry(4), 'manifest-summary'],
    [
      'null where there is none',
      manifest({ partitions: [{ containsNull: false }] }),
      entry(null),
      'manifest-summary',
    ],
    ['NaN where there is none', manifest(), entry(Number.NaN), 'manifest-summary'],
    ['another count', manifest({ existingFilesCount: 3 }), entry(1), 'manifest-counts'],
    [
      'a younger file than its manifest',
      manifest(),
      entry(1, { fileSequenceNumber: 6n }),
      'sequence-number',
    ],
    [
      'an older file than its manifest says',
      manifest(),
      entry(1, { sequenceNumber: 4n }),
      'sequence-number',
    ],
  ])('%s', (_, one, value, code) => {
    expect(check(one, [value]).codes).toEqual([code])
  })

  test('summaries that say nothing are held to nothing', () => {
    expect(check(manifest({ partitions: undefined as never }), [entry(9)]).codes).toEqual([])
    expect(check(manifest({ partitions: [] }), [entry(9)]).codes).toEqual([])
    expect(check(manifest({ partitions: [{ containsNull: true }] }), [entry(9)]).codes).toEqual([])
    expect(check(manifest(), [entry(9)], [{ kind: 'unknown' }]).codes).toEqual([])
    expect(
      check(manifest({ sequenceNumber: 0n }), [entry(1, { fileSequenceNumber: 9n })]).codes,
    ).toEqual([])
  })
})
