import { describe, expect, test } from 'vitest'
import { CorruptData } from '../../../src/errors.js'
import type { ManifestEntry, TableMetadata } from '../../../src/format/model.js'
import { newTableMetadata } from '../../../src/format/new-table.js'
import { DeleteIndex } from '../../../src/scan/plan/delete-index.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'

/** Spec 0 is unpartitioned, spec 1 is by identity, spec 2 is by void alone. */
const metadata: TableMetadata = {
  ...newTableMetadata({
    schema: {
      schemaId: 0,
      identifierFieldIds: [],
      fields: [{ id: 1, name: 'id', required: false, type: { kind: 'int' } }],
    },
    location: '/t',
    uuid: 'f79c3e09-677c-4bbd-a479-3f349cb785e7',
    nowMs: 0,
  }),
  partitionSpecs: [
    { specId: 0, fields: [] },
    {
      specId: 1,
      fields: [{ sourceIds: [1], fieldId: 1000, name: 'id', transform: { kind: 'identity' } }],
    },
    {
      specId: 2,
      fields: [{ sourceIds: [1], fieldId: 1001, name: 'v', transform: { kind: 'void' } }],
    },
  ],
}

type Extra = Partial<ManifestEntry['file']>

function entry(sequenceNumber: bigint, extra: Extra): ManifestEntry {
  return {
    status: 'added',
    snapshotId: 1n,
    sequenceNumber,
    fileSequenceNumber: sequenceNumber,
    file: {
      content: 'data',
      path: '/t/a.parquet',
      format: 'parquet',
      specId: 1,
      partition: [7],
      recordCount: 1n,
      sizeBytes: 1n,
      ...extra,
    },
  }
}

const position = (sequence: bigint, extra: Extra = {}) =>
  entry(sequence, { content: 'position-deletes', path: `/t/p${sequence}`, ...extra })
const equality = (sequence: bigint, extra: Extra = {}) =>
  entry(sequence, { content: 'equality-deletes', path: `/t/e${sequence}`, ...extra })
const vector = (sequence: bigint, extra: Extra = {}) =>
  entry(sequence, {
    content: 'position-deletes',
    format: 'puffin',
    path: `/t/v${sequence}`,
    referencedDataFile: '/t/a.parquet',
    ...extra,
  })

function matched(data: ManifestEntry, deletes: readonly ManifestEntry[]): readonly string[] {
  const index = new DeleteIndex(metadata)
  for (const one of deletes) index.add(one)
  return index.match(data).map(({ file }) => file.path)
}

describe('which deletes apply to a data file', () => {
  const data = entry(5n, {})

  test('position deletes: same or later sequence number, same spec and partition', () => {
    const others = [
      position(4n),
      position(6n, { partition: [8] }),
      position(7n, { specId: 0, partition: [] }),
    ]
    expect(matched(data, [position(5n), position(9n), ...others])).toEqual(['/t/p5', '/t/p9'])
  })

  test('position deletes of one file: named, or known by equal path bounds', () => {
    const bounds = (low: string, high: string): Extra => ({
      lowerBounds: new Map([[2147483546, encodeUtf8(low)]]),
      upperBounds: new Map([[2147483546, encodeUtf8(high)]]),
    })
    expect(
      matched(data, [
        position(5n, { referencedDataFile: '/t/a.parquet' }),
        position(6n, { referencedDataFile: '/t/b.parquet' }),
        position(7n, bounds('/t/b.parquet', '/t/b.parquet')),
        position(8n, bounds('/t/a.parquet', '/t/a.parquet')),
        position(9n, bounds('/t/a.parquet', '/t/b.parquet')),
      ]),
    ).toEqual(['/t/p5', '/t/p8', '/t/p9'])
  })

  test('equality deletes: strictly later; global when their spec is unpartitioned', () => {
    expect(
      matched(data, [
        equality(5n),
        equality(6n),
        equality(7n, { partition: [8] }),
        equality(8n, { specId: 0, partition: [] }),
        equality(9n, { specId: 2, partition: [null] }),
        equality(4n, { specId: 0, partition: [] }),
      ]),
    ).toEqual(['/t/e6', '/t/e8', '/t/e9'])
  })

  test('a deletion vector replaces position deletes, not equality deletes', () => {
    expect(matched(data, [position(6n), vector(6n), equality(7n)])).toEqual(['/t/v6', '/t/e7'])
    expect(matched(data, [position(6n), vector(4n)])).toEqual(['/t/p6'])
    expect(matched(data, [vector(6n, { referencedDataFile: '/t/b.parquet' })])).toEqual([])
    expect(matched(data, [vector(6n, { partition: [8] })])).toEqual([])
  })

  test('two deletion vectors of one file are corrupt, and so is one of no file', () => {
    const index = new DeleteIndex(metadata)
    index.add(vector(6n))
    expect(() => index.add(vector(7n))).toThrow(CorruptData)
    const { referencedDataFile: _, ...file } = vector(6n).file
    expect(() => index.add({ ...vector(6n), file })).toThrow(CorruptData)
  })

  test('bounds and null counts leave equality deletes out, never one that may match', () => {
    const bytes = (value: number): Uint8Array => new Uint8Array(new Int32Array([value]).buffer)
    const metrics = (low: number, high: number, nulls: bigint): Extra => ({
      lowerBounds: new Map([[1, bytes(low)]]),
      upperBounds: new Map([[1, bytes(high)]]),
      nullValueCounts: new Map([[1, nulls]]),
    })
    const applies = (data: Extra, deletes: Extra): boolean => {
      const index = new DeleteIndex(metadata, metadata.schemas[0])
      index.add(equality(6n, { equalityIds: [1], ...deletes }))
      return index.match(entry(5n, data)).length === 1
    }
    expect(applies(metrics(1, 5, 0n), metrics(6, 9, 0n))).toBe(false)
    expect(applies(metrics(1, 5, 0n), metrics(5, 9, 0n))).toBe(true)
    expect(applies(metrics(1, 5, 1n), metrics(6, 9, 0n))).toBe(false)
    expect(applies(metrics(1, 5, 1n), metrics(6, 9, 1n))).toBe(true)
    expect(applies({}, metrics(6, 9, 0n))).toBe(true)
    expect(applies(metrics(1, 5, 0n), {})).toBe(true)
  })

  test('position deletes of a partition are left out by their path bounds', () => {
    const bounds = (low: string, high: string): Extra => ({
      lowerBounds: new Map([[2147483546, encodeUtf8(low)]]),
      upperBounds: new Map([[2147483546, encodeUtf8(high)]]),
    })
    const outside = position(6n, bounds('/t/b', '/t/z'))
    const inside = position(7n, bounds('/t/a', '/t/b'))
    expect(matched(data, [outside, inside])).toEqual(['/t/p7'])
  })

  test('partitions are equal by the bits of floating point values', () => {
    const nan = entry(1n, { partition: [Number.NaN] })
    expect(matched(nan, [position(1n, { partition: [Number.NaN] })])).toEqual(['/t/p1'])
    const zero = entry(1n, { partition: [0] })
    expect(matched(zero, [position(1n, { partition: [-0] })])).toEqual([])
  })
})
