import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AVRO, type AvroSchema, avroOptional } from '../../../src/codec/avro/schema.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData } from '../../../src/errors.js'
import type { PartitionTuple } from '../../../src/format/model.js'
import { newTableMetadata } from '../../../src/format/new-table.js'
import {
  avroName,
  decimalBytes,
  partitionDecoder,
  partitionRecord,
  partitionTypes,
} from '../../../src/format/partition-avro.js'
import { PartitionSummaries } from '../../../src/format/partition-summary.js'
import { openManifest } from '../../../src/format/read-manifest.js'
import { ManifestWriter } from '../../../src/format/write-manifest.js'
import { buildPartitionSpec } from '../../../src/partition/spec-builder.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import type { Datum } from '../../../src/types/datum.js'
import { decodeSingleValue } from '../../../src/types/single-value.js'
import type { Type } from '../../../src/types/type.js'
import { emptyFile, UUID } from './metadata.js'

describe('avroName', () => {
  test.each([
    ['plain_1', 'plain_1'],
    ['1st', '_1st'],
    ['a b', 'a_x20b'],
    ['a-b', 'a_x2Db'],
    ['ü', '_xFC'],
    ['😀', '_xD83D_xDE00'],
    ['', '_'],
  ])('%s → %s', (name, avro) => expect(avroName(name)).toBe(avro))
})

describe('partitionRecord', () => {
  test('keeps names apart that Avro would make one', () => {
    const { schema } = buildSchema([
      ['a-b', t.int()],
      ['a_x2Db', t.int()],
    ])
    const { spec } = buildPartitionSpec(schema, [{ path: ['a-b'] }, { path: ['a_x2Db'] }])
    const record = partitionRecord(spec, [{ kind: 'int' }, { kind: 'int' }])
    expect(record.fields.map((field) => [field.name, field.icebergName])).toEqual([
      ['a_x2Db', 'a-b'],
      ['a_x2Db_1001', 'a_x2Db'],
    ])
  })
})

describe('decimalBytes', () => {
  test.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 3],
    [9, 4],
    [18, 8],
    [19, 9],
    [38, 16],
  ])('decimal(%i, _) fills %i bytes', (precision, size) =>
    expect(decimalBytes(precision)).toBe(size),
  )
})

describe('partitionDecoder', () => {
  const decode = (written: AvroSchema, wanted: Type | undefined) =>
    partitionDecoder(avroOptional(written), wanted, { name: 'p', path: '/m' })

  test('takes what older writers wrote', () => {
    expect(decode(AVRO.int, { kind: 'date' })(3)).toBe(3)
    expect(decode({ kind: 'int', logicalType: 'date' }, { kind: 'int' })(3)).toBe(3)
    expect(decode(AVRO.int, { kind: 'long' })(3)).toBe(3n)
    expect(decode({ kind: 'int', logicalType: 'date' }, { kind: 'timestamp' })(-1)).toBe(
      -86_400_000_000n,
    )
    expect(decode({ kind: 'int', logicalType: 'date' }, { kind: 'timestamp_ns' })(1)).toBe(
      86_400_000_000_000n,
    )
    expect(decode(AVRO.float, { kind: 'double' })(1.5)).toBe(1.5)
    const decimal: Type = { kind: 'decimal', precision: 20, scale: 0 }
    expect(decode(AVRO.bytes, decimal)(Uint8Array.of(0xff, 0x7f))).toBe(-129n)
    expect(decode(AVRO.int, undefined)(7)).toBe(7)
    expect(decode(AVRO.string, { kind: 'unknown' })('x')).toBe('x')
    expect(decode(AVRO.long, { kind: 'long' })(undefined)).toBeNull()
  })

  test('refuses values of another type, but not their absence', () => {
    const wrong = decode(AVRO.string, { kind: 'int' })
    expect(wrong(null)).toBeNull()
    expect(() => wrong('x')).toThrow(CorruptData)
    expect(() => wrong('x')).toThrow(/partition field 'p' is avro string, not int in \/m/)
    const list = decode({ kind: 'array', items: AVRO.int }, undefined)
    expect(() => list([])).toThrow(CorruptData)
  })
})

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })

const columns = {
  boolean: [t.boolean(), fc.boolean()],
  int: [t.int(), int],
  long: [t.long(), long],
  float: [t.float(), fc.float()],
  double: [t.double(), fc.double()],
  date: [t.date(), int],
  time: [t.time(), fc.bigInt({ min: 0n, max: 86_399_999_999n })],
  ts: [t.timestamp(), long],
  tstz: [t.timestamptz(), long],
  tsns: [t.timestampNs(), long],
  string: [t.string(), fc.string({ unit: 'grapheme' })],
  uuid: [t.uuid(), bytes(16)],
  fixed: [t.fixed(3), bytes(3)],
  binary: [t.binary(), fc.uint8Array({ maxLength: 5 })],
  small: [t.decimal(4, 2), fc.bigInt({ min: -9999n, max: 9999n })],
  wide: [t.decimal(38, 0), fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })],
} as const

describe('manifests', () => {
  const names = Object.keys(columns) as (keyof typeof columns)[]
  const { schema } = buildSchema(names.map((name) => [name, columns[name][0]] as const))
  const { spec } = buildPartitionSpec(
    schema,
    names.map((name) => ({ path: [name] })),
  )
  const metadata = newTableMetadata({
    schema,
    spec,
    location: '/t',
    uuid: UUID,
    nowMs: 1,
    formatVersion: 3,
  })
  const own = metadata.partitionSpecs[0] ?? spec
  const types = partitionTypes(metadata, own)
  const tuple = fc.tuple(
    ...names.map((name) => fc.option(columns[name][1] as fc.Arbitrary<Datum>)),
  ) as unknown as fc.Arbitrary<PartitionTuple>

  test('give back every partition tuple, and summaries that hold them all', async () => {
    const property = fc.asyncProperty(
      fc.array(tuple, { minLength: 1, maxLength: 8 }),
      async (tuples) => {
        const writer = new ManifestWriter({
          formatVersion: 3,
          content: 'data',
          spec: own,
          partitionTypes: types,
          schema,
          snapshotId: 1n,
          sync: new Uint8Array(16),
        })
        for (const partition of tuples) writer.add({ ...emptyFile, partition })
        const finished = writer.finish('/m')
        const manifest = { ...finished.manifest, sequenceNumber: 1n, minSequenceNumber: 1n }
        const reader = await openManifest(finished.bytes, {
          limits: defaultLimits,
          manifest,
          metadata,
        })
        const read = [...reader.entries()].map((entry) => entry.file.partition)
        expect(read).toEqual(tuples)
        for (const [index, summary] of (manifest.partitions ?? []).entries()) {
          const values = tuples.map((partition) => partition[index] ?? null)
          expect(summary.containsNull).toBe(values.includes(null))
          expect(summary.containsNan).toBe(values.some((value) => Number.isNaN(value)))
          const real = values.filter((value) => value !== null && !Number.isNaN(value))
          expect(summary.lowerBound === undefined).toBe(real.length === 0)
          const type = types[index]
          if (type === undefined || summary.lowerBound === undefined) continue
          expect(real).toContainEqual(decodeSingleValue(type, summary.lowerBound))
          expect(real).toContainEqual(
            decodeSingleValue(type, summary.upperBound ?? new Uint8Array()),
          )
        }
      },
    )
    await fc.assert(property, { numRuns: 100 })
  })

  test('summaries order strings by code point and -0 below 0', () => {
    const strings = new PartitionSummaries([{ kind: 'string' }, { kind: 'double' }])
    for (const value of ['😀', '\uffee', 'a']) strings.add([value, 0])
    strings.add(['b', -0])
    const [text, number] = strings.summaries()
    const decoded = (bound: Uint8Array | undefined, kind: 'string' | 'double'): Datum =>
      decodeSingleValue({ kind }, bound ?? new Uint8Array())
    expect(decoded(text?.upperBound, 'string')).toBe('😀')
    expect(Object.is(decoded(number?.lowerBound, 'double'), -0)).toBe(true)
  })

  test('summaries order uuids as the reference does: by two signed halves', () => {
    const uuids = new PartitionSummaries([{ kind: 'uuid' }])
    const [plus, minus] = [new Uint8Array(16), new Uint8Array(16).fill(0xf0)]
    for (const value of [plus, minus]) uuids.add([value])
    const [summary] = uuids.summaries()
    expect([summary?.lowerBound, summary?.upperBound]).toEqual([minus, plus])
  })
})
