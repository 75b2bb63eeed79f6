/** Partition values in Avro: each type there and back, and as others declare them (spec: appendix A). */
import { describe, expect, test } from 'vitest'
import { AVRO, type AvroSchema, avroOptional } from '../../../src/codec/avro/schema.js'
import {
  partitionDecoder,
  partitionEncoder,
  partitionRecord,
  partitionTypes,
} from '../../../src/format/partition-avro.js'
import type { PartitionSpec } from '../../../src/partition/model.js'
import type { Datum } from '../../../src/types/datum.js'
import type { Type } from '../../../src/types/type.js'

const where = { name: 'p', path: undefined }
const identity = (sourceId: number, name: string) =>
  ({ sourceIds: [sourceId], fieldId: 1000, name, transform: { kind: 'identity' } }) as const

function declared(type: Type): AvroSchema {
  const spec: PartitionSpec = { specId: 0, fields: [identity(1, 'p')] }
  const [field] = partitionRecord(spec, [type]).fields
  if (field === undefined) throw new RangeError('a field was asked for')
  return field.type
}

describe('there and back', () => {
  test.each<[Type, Datum]>([
    [{ kind: 'boolean' }, true],
    [{ kind: 'int' }, -7],
    [{ kind: 'long' }, 2n ** 62n],
    [{ kind: 'float' }, 1.5],
    [{ kind: 'double' }, -0.25],
    [{ kind: 'string' }, 'a'],
    [{ kind: 'date' }, 19_000],
    [{ kind: 'time' }, 5n],
    [{ kind: 'timestamp' }, -1n],
    [{ kind: 'timestamptz' }, 1n],
    [{ kind: 'timestamp_ns' }, 3n],
    [{ kind: 'timestamptz_ns' }, 4n],
    [{ kind: 'uuid' }, new Uint8Array(16).fill(3)],
    [{ kind: 'fixed', length: 2 }, Uint8Array.of(1, 2)],
    [{ kind: 'binary' }, Uint8Array.of(9)],
    [{ kind: 'decimal', precision: 9, scale: 2 }, -150n],
  ])('%j', (type, value) => {
    const encode = partitionEncoder(type)
    const decode = partitionDecoder(declared(type), type, where)
    expect(decode(encode(value))).toEqual(value)
    expect(encode(null)).toBeNull()
    expect(decode(null)).toBeNull()
  })

  test('a type that is lost has nulls alone', () => {
    expect(declared({ kind: 'unknown' })).toEqual(AVRO.null)
    expect(partitionEncoder({ kind: 'unknown' })(5)).toBeNull()
  })

  test.each([{ kind: 'struct', fields: [] }, { kind: 'variant' }] as const)(
    'nothing is partitioned by a $kind',
    (type) => {
      expect(() => declared(type)).toThrow(`cannot partition by a ${type.kind}`)
    },
  )
})

describe('as others declare them', () => {
  const date = { kind: 'int', logicalType: 'date' } as const

  test.each<[string, AvroSchema, Type, number, Datum]>([
    ['an int before it was a long', AVRO.int, { kind: 'long' }, 5, 5n],
    ['a day for microseconds', date, { kind: 'timestamp' }, 2, 172_800_000_000n],
    ['a day for nanoseconds', date, { kind: 'timestamptz_ns' }, 1, 86_400_000_000_000n],
    ['a day for a long is a number', date, { kind: 'long' }, 2, 2n],
    ['a float before it was a double', AVRO.float, { kind: 'double' }, 0.5, 0.5],
    ['days as plain ints', AVRO.int, { kind: 'date' }, 3, 3],
  ])('%s', (_what, written, wanted, value, datum) => {
    for (const schema of [written, avroOptional(written)]) {
      const decode = partitionDecoder(schema, wanted, where)
      expect(decode(value)).toEqual(datum)
      expect(decode(null)).toBeNull()
    }
  })

  test('what an unknown transform made is taken as it is', () => {
    expect(partitionDecoder(AVRO.string, undefined, where)('x')).toBe('x')
    expect(partitionDecoder(AVRO.int, { kind: 'unknown' }, where)(4)).toBe(4)
  })

  test.each<[string, AvroSchema, Type | undefined, string]>([
    ['a text for a long', AVRO.string, { kind: 'long' }, 'avro string, not long'],
    ['a long for an int', AVRO.long, { kind: 'int' }, 'avro long, not int'],
    ['an int for a float', AVRO.int, { kind: 'float' }, 'avro int, not float'],
    ['an int for a boolean', AVRO.int, { kind: 'boolean' }, 'avro int, not boolean'],
    ['a text for bytes', AVRO.string, { kind: 'binary' }, 'avro string, not binary'],
    [
      'a text for a decimal',
      AVRO.string,
      { kind: 'decimal', precision: 4, scale: 0 },
      'not decimal',
    ],
    ['a list for anything', { kind: 'array', items: AVRO.int }, undefined, 'not a primitive'],
  ])('%s: nulls are read, values refused', (_what, written, wanted, message) => {
    const decode = partitionDecoder(written, wanted, { name: 'p', path: '/m.avro' })
    expect(decode(null)).toBeNull()
    expect(() => decode('x')).toThrow(message)
    expect(() => decode('x')).toThrow(expect.objectContaining({ code: 'CORRUPT_DATA' }))
    expect(() => decode('x')).toThrow('/m.avro')
    expect(() => partitionDecoder(written, wanted, where)('x')).not.toThrow('/m.avro')
  })
})

test('a source that no schema has any more leaves no type', () => {
  const schema = { schemaId: 0, identifierFieldIds: [], fields: [] }
  const spec: PartitionSpec = { specId: 0, fields: [identity(9, 'gone')] }
  expect(partitionTypes({ schemas: [schema], currentSchemaId: 0 }, spec)).toEqual([
    { kind: 'unknown' },
  ])
})
