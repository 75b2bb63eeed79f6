import { describe, expect, test } from 'vitest'
import { CorruptData, InvalidArgument, NotFound } from '../../../src/errors.js'
import { applyUpdates } from '../../../src/format/apply-updates.js'
import { dataFolder, metadataFilePath, metadataFolder } from '../../../src/format/locations.js'
import {
  ancestorsOf,
  branchHead,
  currentSnapshot,
  isAncestorOf,
  requireSnapshot,
  schemaOfSnapshot,
  snapshotAsOf,
  snapshotOfRef,
  snapshotsBetween,
  specById,
} from '../../../src/format/lookup.js'
import { metricsConfig, parseMetricsMode } from '../../../src/format/metrics-config.js'
import type { TableMetadata } from '../../../src/format/model.js'
import { newTableMetadata } from '../../../src/format/new-table.js'
import { partitionKey } from '../../../src/format/partition-key.js'
import { tableProperties } from '../../../src/format/properties.js'
import { buildPartitionSpec, buildSortOrder } from '../../../src/partition/spec-builder.js'
import { asc } from '../../../src/partition/terms.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import { baseMetadata, snapshot, UUID } from './metadata.js'

/** main: 1 ← 2 ← 4 (after a rollback from 3); audit: 2 ← 5. */
function history(): TableMetadata {
  let metadata = baseMetadata()
  const commit = (id: bigint, parent: bigint | undefined, branch: string, at: number): void => {
    const more = { timestampMs: at, ...(parent !== undefined && { parentSnapshotId: parent }) }
    const sequence = metadata.lastSequenceNumber + 1n
    metadata = applyUpdates(
      metadata,
      [
        { action: 'add-snapshot', snapshot: snapshot(id, sequence, more) },
        { action: 'set-snapshot-ref', name: branch, ref: { type: 'branch', snapshotId: id } },
      ],
      { nowMs: at },
    )
  }
  commit(1n, undefined, 'main', 2000)
  commit(2n, 1n, 'main', 3000)
  commit(3n, 2n, 'main', 4000)
  const back = { type: 'branch', snapshotId: 2n } as const
  metadata = applyUpdates(metadata, [{ action: 'set-snapshot-ref', name: 'main', ref: back }], {
    nowMs: 5000,
  })
  commit(4n, 2n, 'main', 6000)
  commit(5n, 2n, 'audit', 7000)
  return metadata
}

describe('snapshots', () => {
  const metadata = history()

  test('as of a time: by the log alone', () => {
    const at = (ms: number): bigint => snapshotAsOf(metadata, ms).snapshotId
    expect([
      at(2000),
      at(2999),
      at(3000),
      at(4500),
      at(5000),
      at(5999),
      at(6000),
      at(99_999),
    ]).toEqual([1n, 1n, 2n, 3n, 2n, 2n, 4n, 4n])
    expect(() => snapshotAsOf(metadata, 1999)).toThrow(/its log begins at 1970-01-01T00:00:02/)
    expect(() => snapshotAsOf(baseMetadata(), 5)).toThrow(NotFound)
  })

  test('by reference', () => {
    expect(snapshotOfRef(metadata, 'audit').snapshotId).toBe(5n)
    expect(() => snapshotOfRef(metadata, 'x')).toThrow(/the table has main, audit/)
    expect(branchHead(metadata, 'x')).toBeUndefined()
    expect(currentSnapshot(metadata)?.snapshotId).toBe(4n)
    expect(() => requireSnapshot(metadata, 9n)).toThrow(NotFound)
  })

  test('ancestors, also of metadata with a gap or a cycle', () => {
    const ids = (id: bigint, from = metadata) => [...ancestorsOf(from, id)].map((s) => s.snapshotId)
    expect(ids(4n)).toEqual([4n, 2n, 1n])
    expect([isAncestorOf(metadata, 1n, 5n), isAncestorOf(metadata, 3n, 4n)]).toEqual([true, false])
    const expired = {
      ...metadata,
      snapshots: metadata.snapshots.filter((s) => s.snapshotId !== 2n),
    }
    expect(ids(4n, expired)).toEqual([4n])
    const cycle = {
      ...metadata,
      snapshots: [
        snapshot(1n, 1n, { parentSnapshotId: 2n }),
        snapshot(2n, 2n, { parentSnapshotId: 1n }),
      ],
    }
    expect(ids(1n, cycle)).toEqual([1n, 2n])
    expect(snapshotsBetween(metadata, 1n, 4n)?.map((s) => s.snapshotId)).toEqual([4n, 2n])
    expect(snapshotsBetween(metadata, undefined, 4n)).toHaveLength(3)
    expect(snapshotsBetween(metadata, 4n, 4n)).toEqual([])
    expect(snapshotsBetween(metadata, 3n, 4n)).toBeUndefined()
    expect(snapshotsBetween(expired, undefined, 4n)).toBeUndefined()
  })

  test('schemas and specs by id', () => {
    expect(schemaOfSnapshot(metadata, snapshot(1n, 1n)).schemaId).toBe(0)
    expect(schemaOfSnapshot(metadata, { ...snapshot(1n, 1n), schemaId: 0 }).schemaId).toBe(0)
    expect(() => schemaOfSnapshot(metadata, snapshot(1n, 1n, { schemaId: 8 }))).toThrow(CorruptData)
    expect(() => specById(metadata, 8)).toThrow(/no partition spec 8/)
  })
})

describe('newTableMetadata', () => {
  test('gives fresh ids to everything and follows them', () => {
    const { schema } = buildSchema({
      id: t.long().required(),
      tags: t.list(t.string()),
      at: t.timestamptz(),
      stop: t.struct({ lat: t.double() }),
    })
    const shifted = {
      ...schema,
      schemaId: 9,
      identifierFieldIds: [1],
      fields: schema.fields.map((field) => ({ ...field, id: field.id + 100 })),
    }
    const named = { ...shifted, identifierFieldIds: [101] }
    const { spec } = buildPartitionSpec(named, [
      { path: ['id'], transform: { kind: 'bucket', buckets: 4 } },
    ])
    const sortOrder = buildSortOrder(named, [asc('at')])
    const table = { schema: named, spec, sortOrder, location: 's3://b/t/', uuid: UUID, nowMs: 5 }
    const metadata = newTableMetadata(table)
    expect(metadata.schemas[0]?.fields.map((field) => field.id)).toEqual([1, 2, 3, 4])
    expect(metadata.lastColumnId).toBe(6)
    expect(metadata.schemas[0]?.identifierFieldIds).toEqual([1])
    expect(metadata.partitionSpecs[0]?.fields[0]?.sourceIds).toEqual([1])
    expect(metadata.sortOrders).toEqual([
      { orderId: 1, fields: [expect.objectContaining({ sourceIds: [3] })] },
    ])
    expect([metadata.location, metadata.lastPartitionId]).toEqual(['s3://b/t', 1000])
    expect(metadata.properties.get('write.parquet.compression-codec')).toBe('zstd')
    expect(() => newTableMetadata({ ...table, schema: shifted })).toThrow(InvalidArgument)
    const properties = new Map([['format-version', '3']])
    expect(() => newTableMetadata({ ...table, properties })).toThrow(/cannot be set as a property/)
  })
})

describe('properties', () => {
  const of = (entries: Record<string, string>) => tableProperties(new Map(Object.entries(entries)))

  test('have the defaults of the reference', () => {
    const none = of({})
    expect(none.targetFileSizeBytes).toBe(536_870_912)
    expect(none.rowGroupSizeBytes).toBe(134_217_728)
    expect([none.parquetCodec, none.manifestCodec, none.metadataCodec]).toEqual([
      'zstd',
      'deflate',
      'none',
    ])
    expect(none.commitRetry).toEqual({
      numRetries: 4,
      minWaitMs: 100,
      maxWaitMs: 60_000,
      totalTimeoutMs: 1_800_000,
    })
    expect([none.manifestMergeEnabled, none.manifestMinCountToMerge]).toEqual([true, 100])
    expect(none.manifestTargetSizeBytes).toBe(8_388_608)
    expect([none.metadataPreviousVersionsMax, none.metadataDeleteAfterCommit]).toEqual([100, false])
    expect([none.mode('delete'), none.isolationLevel('merge')]).toEqual([
      'copy-on-write',
      'serializable',
    ])
    expect(none.maxSnapshotAgeMs).toBe(432_000_000n)
    expect(none.maxRefAgeMs).toBe(2n ** 63n - 1n)
    expect([none.gcEnabled, none.wapEnabled, none.pageVersion]).toEqual([true, false, 1])
    expect([none.dataPath, none.distributionMode, none.nameMapping]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('are read as they are written, in any case and with spaces', () => {
    const some = of({
      'write.target-file-size-bytes': ' 1000 ',
      'commit.manifest-merge.enabled': 'FALSE',
      'write.parquet.compression-codec': 'SNAPPY',
      'write.manifest.compression-codec': 'zstd',
      'write.delete.mode': 'merge-on-read',
      'write.parquet.page-version': 'v2',
      'write.distribution-mode': 'hash',
    })
    expect([some.targetFileSizeBytes, some.manifestMergeEnabled]).toEqual([1000, false])
    expect([some.parquetCodec, some.manifestCodec]).toEqual(['snappy', 'zstandard'])
    expect([some.mode('delete'), some.pageVersion, some.distributionMode]).toEqual([
      'merge-on-read',
      2,
      'hash',
    ])
  })

  test('a bad value names its property, and only when it is asked for', () => {
    const bad = of({
      'write.target-file-size-bytes': '12MB',
      'gc.enabled': 'yes',
      'write.delete.mode': 'x',
      'history.expire.max-snapshot-age-ms': '-5',
      'commit.retry.num-retries': '-1',
      'read.split.target-size': '0',
    })
    expect(() => bad.targetFileSizeBytes).toThrow(/'write.target-file-size-bytes' is '12MB'/)
    expect(() => bad.gcEnabled).toThrow(InvalidArgument)
    expect(() => bad.mode('delete')).toThrow(/one of copy-on-write, merge-on-read/)
    expect(() => bad.maxSnapshotAgeMs).toThrow(InvalidArgument)
    expect(() => bad.commitRetry).toThrow(/at least 0/)
    expect(() => bad.splitSizeBytes).toThrow(/at least 1/)
    expect(bad.rowGroupSizeBytes).toBe(134_217_728)
  })

  test('locations follow them', () => {
    const table = (entries: Record<string, string>) => ({
      location: '/w/t',
      properties: new Map(Object.entries(entries)),
    })
    expect([metadataFolder(table({})), dataFolder(table({}))]).toEqual([
      '/w/t/metadata',
      '/w/t/data',
    ])
    const moved = table({ 'write.metadata.path': 's3://m/x/', 'write.data.path': '/d' })
    expect([metadataFilePath(moved, 'a.avro'), dataFolder(moved)]).toEqual([
      's3://m/x/a.avro',
      '/d',
    ])
  })
})

describe('metricsConfig', () => {
  const { schema } = buildSchema({ a: t.int(), b: t.string(), s: t.struct({ c: t.int() }) })
  const mode = (entries: Record<string, string>, id: number, sorted: string[] = []) =>
    metricsConfig(new Map(Object.entries(entries)), schema, buildSortOrder(schema, sorted))(id)

  test('by column, by default, by order and by number of columns', () => {
    expect(mode({}, 1)).toEqual({ kind: 'truncate', length: 16 })
    const counts = { 'write.metadata.metrics.default': 'counts' }
    expect(mode(counts, 1)).toEqual({ kind: 'counts' })
    expect(mode(counts, 1, ['a'])).toEqual({ kind: 'truncate', length: 16 })
    expect(mode({ ...counts, 'write.metadata.metrics.column.s.c': 'full' }, 4)).toEqual({
      kind: 'full',
    })
    expect(mode({ ...counts, 'write.metadata.metrics.column.gone': 'full' }, 1)).toEqual({
      kind: 'counts',
    })
    const few = { 'write.metadata.metrics.max-inferred-column-defaults': '2' }
    expect([1, 2, 4].map((id) => mode(few, id).kind)).toEqual(['truncate', 'truncate', 'none'])
  })

  test('refuses modes that it does not know', () => {
    for (const text of ['some', 'truncate', 'truncate(0)', 'truncate(-1)', 'truncate(x)']) {
      expect(() => parseMetricsMode(text, 'p')).toThrow(InvalidArgument)
    }
    expect(parseMetricsMode(' Truncate( 7 ) ', 'p')).toEqual({ kind: 'truncate', length: 7 })
  })
})

describe('partitionKey', () => {
  test('tells tuples apart exactly as partitions are', () => {
    const keys = [
      partitionKey(0, []),
      partitionKey(1, []),
      partitionKey(0, [null]),
      partitionKey(0, ['n']),
      partitionKey(0, [1]),
      partitionKey(0, ['1']),
      partitionKey(0, [0]),
      partitionKey(0, [-0]),
      partitionKey(0, [Number.NaN]),
      partitionKey(0, [0.5]),
      partitionKey(0, [true]),
      partitionKey(0, [Uint8Array.of(1)]),
      partitionKey(0, ['a|s1:b']),
      partitionKey(0, ['a', 'b']),
    ]
    expect(new Set(keys).size).toBe(keys.length)
    expect(partitionKey(0, [Uint8Array.of(1)])).toBe(partitionKey(0, [Uint8Array.of(1)]))
    expect(partitionKey(0, [Number.NaN])).toBe(partitionKey(0, [-Number.NaN]))
  })
})
