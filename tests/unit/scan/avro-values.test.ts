/** Which Avro types are read as which Iceberg types, and as what (spec: appendix A, "Avro"). */
import { describe, expect, test } from 'vitest'
import {
  AVRO,
  type AvroSchema,
  type AvroValue,
  avroArray,
  avroField,
  avroKeyValueMap,
  avroOptional,
  avroRecord,
} from '../../../src/codec/avro/schema.js'
import { CorruptData, Unsupported } from '../../../src/errors.js'
import { hasAvroIds, mapAvroNames } from '../../../src/scan/avro/avro-ids.js'
import { planRecord } from '../../../src/scan/avro/avro-values.js'
import type { Type } from '../../../src/types/type.js'
import { parseTypeText } from '../../../src/types/type-text.js'

function read(type: Type, schema: AvroSchema, value: AvroValue): unknown {
  const field = { id: 1, name: 'c', required: false, type }
  const plan = planRecord([field], avroRecord('r', [avroField(1, 'c', schema)]), [])
  return (plan.convert([value]) as { c: unknown }).c
}
const int = (logicalType: string): AvroSchema => ({ kind: 'int', logicalType })
const long = (logicalType: string): AvroSchema => ({ kind: 'long', logicalType })
const fixed = (size: number): AvroSchema => ({ kind: 'fixed', name: 'f', size })
const decimal = (scale?: number): AvroSchema => ({
  kind: 'bytes',
  logicalType: 'decimal',
  precision: 9,
  ...(scale === undefined ? {} : { scale }),
})
const uuid = new Uint8Array(16)
const bytes = Uint8Array.of(1, 2)

describe('primitive values', () => {
  test.each<[string, AvroSchema, AvroValue, unknown]>([
    ['boolean', AVRO.boolean, true, true],
    ['int', AVRO.int, 5, 5],
    ['long', AVRO.int, 5, 5n],
    ['long', AVRO.long, 5n, 5n],
    ['float', AVRO.float, 1.5, 1.5],
    ['double', AVRO.float, 1.5, 1.5],
    ['double', AVRO.double, 0.1, 0.1],
    ['decimal(9, 2)', decimal(2), Uint8Array.of(255, 131), '-1.25'],
    // Avro: a scale that is left out is 0.
    ['decimal(9, 0)', decimal(), Uint8Array.of(5), '5'],
    ['date', int('date'), 1, '1970-01-02'],
    ['time', long('time-micros'), 1n, '00:00:00.000001'],
    ['time', int('time-millis'), 1, '00:00:00.001000'],
    ['time', AVRO.long, 1n, '00:00:00.000001'],
    ['timestamp', long('timestamp-micros'), 1n, '1970-01-01T00:00:00.000001'],
    ['timestamp', int('date'), 1, '1970-01-02T00:00:00.000000'],
    ['timestamptz', long('timestamp-millis'), 1n, '1970-01-01T00:00:00.001000Z'],
    ['timestamp_ns', long('timestamp-nanos'), 1n, '1970-01-01T00:00:00.000000001'],
    ['timestamp_ns', int('date'), 1, '1970-01-02T00:00:00.000000000'],
    ['timestamptz_ns', long('timestamp-micros'), 1n, '1970-01-01T00:00:00.000001000Z'],
    ['string', AVRO.string, 'Ø', 'Ø'],
    ['uuid', fixed(16), uuid, '00000000-0000-0000-0000-000000000000'],
    ['uuid', AVRO.string, 'as it is', 'as it is'],
    ['fixed[2]', fixed(2), bytes, bytes],
    ['fixed[2]', AVRO.bytes, bytes, bytes],
    ['binary', AVRO.bytes, bytes, bytes],
    ['binary', fixed(2), bytes, bytes],
    ['geometry', AVRO.bytes, bytes, bytes],
    ['geography', AVRO.bytes, bytes, bytes],
  ])('%s from %j', (text, schema, value, expected) => {
    expect(read(parseTypeText(text), schema, value)).toEqual(expected)
    expect(read(parseTypeText(text), avroOptional(schema), null)).toBeNull()
  })

  test.each<[string, AvroSchema]>([
    ['boolean', AVRO.int],
    ['int', AVRO.long],
    ['long', AVRO.double],
    ['float', AVRO.double],
    ['double', AVRO.long],
    ['decimal(9, 3)', decimal(2)],
    ['decimal(9, 0)', AVRO.bytes],
    ['decimal(9, 2)', AVRO.long],
    ['date', AVRO.string],
    ['time', int('date')],
    ['time', long('time-nanos')],
    ['timestamp', long('timestamp-nanos')],
    ['timestamp', AVRO.string],
    // Dates widen to timestamps without a zone alone.
    ['timestamptz', int('date')],
    ['timestamptz_ns', int('date')],
    ['string', AVRO.bytes],
    ['uuid', fixed(15)],
    ['uuid', AVRO.long],
    ['fixed[3]', fixed(2)],
    ['fixed[3]', AVRO.string],
    ['binary', AVRO.string],
    ['variant', AVRO.bytes],
    ['int', { kind: 'union', branches: [AVRO.int, AVRO.long] }],
  ])('%s from %j is corrupt, and named', (text, schema) => {
    expect(() => read(parseTypeText(text), schema, null)).toThrow(CorruptData)
    expect(() => read(parseTypeText(text), schema, null)).toThrow(/column `c` is avro/)
  })
})

describe('nested values', () => {
  const member = { id: 5, name: 'a', required: false, type: { kind: 'int' } } as const
  const struct: Type = { kind: 'struct', fields: [member] }
  const list: Type = {
    kind: 'list',
    elementId: 6,
    elementRequired: false,
    element: { kind: 'long' },
  }
  const map = (key: Type): Type => ({
    kind: 'map',
    keyId: 7,
    key,
    valueId: 8,
    valueRequired: false,
    value: { kind: 'long' },
  })
  const text = map({ kind: 'string' })

  test('structs, lists and both forms of maps', () => {
    const record = avroRecord('s', [avroField(5, 'old', AVRO.int), avroField(99, 'gone', AVRO.int)])
    expect(read(struct, record, [3])).toEqual({ a: 3 })
    expect(read(list, avroArray(6, avroOptional(AVRO.int)), [1, null])).toEqual([1n, null])
    const plain: AvroSchema = { kind: 'map', values: AVRO.int, keyId: 7, valueId: 8 }
    expect(read(text, plain, new Map([['k', 1]]))).toEqual(new Map([['k', 1n]]))
    const pairs = avroKeyValueMap(7, AVRO.int, 8, AVRO.int)
    expect(read(map({ kind: 'int' }), pairs, new Map([[1, 2]]))).toEqual(new Map([[1, 2n]]))
  })

  test.each<[string, Type, AvroSchema]>([
    ['a struct from a number', struct, AVRO.int],
    ['a list from a number', list, AVRO.int],
    ['a map from a number', text, AVRO.int],
    ['a map from a list', text, avroArray(6, AVRO.int)],
    ['a variant from a record without its parts', { kind: 'variant' }, avroRecord('v', [])],
  ])('%s is corrupt', (_, type, schema) => {
    expect(() => read(type, schema, null)).toThrow(CorruptData)
  })

  test('an element of type unknown is refused by name', () => {
    const unknown: Type = { ...list, element: { kind: 'unknown' } }
    expect(() => read(unknown, avroArray(6, AVRO.null), null)).toThrow(Unsupported)
  })

  test('a name mapping gives ids to every name, however deep', () => {
    const bare = (name: string, type: AvroSchema) => ({ name, type })
    const record = avroRecord('r', [
      bare('s', avroOptional(avroRecord('s', [bare('x', AVRO.int)]))),
      bare('l', { kind: 'array', items: avroRecord('e', [bare('y', AVRO.int)]) }),
      bare('m', { kind: 'map', values: avroRecord('v', [bare('z', AVRO.int)]) }),
      bare('p', {
        kind: 'array',
        logicalType: 'map',
        items: avroRecord('p', [bare('key', AVRO.int), bare('value', AVRO.int)]),
      }),
      bare('gone', { kind: 'array', items: AVRO.int }),
    ])
    const leaf = (id: number, ...names: string[]) => ({ id, names, fields: [] })
    const mapped = mapAvroNames(record, [
      { id: 1, names: ['s'], fields: [leaf(2, 'x')] },
      { id: 3, names: ['l'], fields: [{ id: 4, names: ['element'], fields: [leaf(5, 'y')] }] },
      { id: 6, names: ['m'], fields: [{ id: 7, names: ['value'], fields: [leaf(8, 'z')] }] },
      { id: 9, names: ['p'], fields: [leaf(10, 'key'), leaf(11, 'value')] },
    ])
    const ids: number[] = []
    JSON.stringify(mapped, (key, value) => {
      if (key === 'fieldId') ids.push(value as number)
      return value
    })
    expect(ids.sort((a, b) => a - b)).toEqual([1, 2, 3, 5, 6, 8, 9, 10, 11])
    expect([hasAvroIds(record), hasAvroIds(mapped)]).toEqual([false, true])
  })
})
