import {
  type Field as ArrowField,
  type Data,
  DateDay,
  Decimal,
  Dictionary,
  Int32,
  Int64,
  RecordBatch,
  Struct,
  TimestampMicrosecond,
  TimestampNanosecond,
  Utf8,
} from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { castData } from '../../../src/arrow/cast.js'
import { constantData, nullData, repeatedData } from '../../../src/arrow/constant.js'
import { makeColumn } from '../../../src/arrow/layout.js'
import { rowsOf } from '../../../src/arrow/row-reader.js'
import { arrowSchemaOf, fieldIdOf } from '../../../src/arrow/schema.js'
import type { Schema, Type } from '../../../src/types/type.js'
import { batchOf, column } from './arrow-support.js'
import { schemaAndRows, schemaOf } from './random-rows.js'

describe('promotions and constants', () => {
  const where = { path: 'c' }

  test('widening', () => {
    const ints = column(new Int32(), [-1, null, 2])
    const schema = schemaOf([['c', { kind: 'long' }]])
    const long = castData(ints, new Int64(), where)
    expect(rowsOf(schema, batchOf({ c: long })).map((row) => row['c'])).toEqual([-1n, null, 2n])
    const dates = makeColumn(new DateDay(), 2, 0, { values: Int32Array.of(-1, 1) })
    const stamps = castData(dates, new TimestampMicrosecond(), where)
    expect([...(stamps.values as BigInt64Array)]).toEqual([-86400000000n, 86400000000n])
    const far = makeColumn(new DateDay(), 1, 0, { values: Int32Array.of(2 ** 31 - 1) })
    expect(() => castData(far, new TimestampNanosecond(), where)).toThrow(
      "column 'c', row 0: date +5881580-07-11 does not fit timestamp_ns, which holds 1677-09-21 to 2262-04-11",
    )
    expect(() => castData(ints, new Utf8(), where)).toThrow(/int cannot become string/)
  })

  test('decimals change form without changing value', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 18n) + 1n, max: 10n ** 18n - 1n }), (unscaled) => {
        const int64 = makeColumn(new Int64(), 1, 0, { values: BigInt64Array.of(unscaled) })
        const wide = castData(int64, new Decimal(2, 18, 128), where)
        expect(castData(wide, new Int64(), where).values[0]).toBe(unscaled)
        const words = new BigInt64Array((wide.values as Uint32Array).slice().buffer)
        expect([words[0], words[1]]).toEqual([BigInt.asIntN(64, unscaled), unscaled >> 64n])
      }),
    )
  })

  test('strings to dictionaries', () => {
    const plain = column(new Utf8(), ['b', 'a', null, 'b'])
    const data = castData(plain, new Dictionary(new Utf8(), new Int32()), where)
    expect(data.dictionary?.length).toBe(2)
    const schema = schemaOf([['c', { kind: 'string' }]])
    expect(rowsOf(schema, batchOf({ c: data })).map((row) => row['c'])).toEqual([
      'b',
      'a',
      null,
      'b',
    ])
  })

  test('constants and nulls of every type', () => {
    fc.assert(
      fc.property(schemaAndRows(3, 3, 1), fc.nat(5), ({ schema }, length) => {
        const fields = arrowSchemaOf(schema).fields
        const children = fields.map((field) => nullData(field.type, length))
        const batch = new RecordBatch(
          arrowSchemaOf(schema),
          makeColumn(new Struct(fields), length, 0, { children }) as RecordBatch['data'],
        )
        const empty = Object.fromEntries(schema.fields.map((field) => [field.name, null]))
        expect(rowsOf(schema, batch)).toEqual(Array.from({ length }, () => empty))
      }),
      { numRuns: 60 },
    )
    const one = (type: Type, data: Data) =>
      rowsOf(schemaOf([['c', type]]), batchOf({ c: data })).map((row) => row['c'])
    expect(one({ kind: 'string' }, constantData({ kind: 'string' }, 'é', 3))).toEqual([
      'é',
      'é',
      'é',
    ])
    const form = { strings: 'dictionary' } as const
    expect(one({ kind: 'string' }, constantData({ kind: 'string' }, 'x', 2, form))).toEqual([
      'x',
      'x',
    ])
    const decimal: Type = { kind: 'decimal', precision: 20, scale: 1 }
    expect(one(decimal, constantData(decimal, -15n, 2))).toEqual(['-1.5', '-1.5'])
    expect(one({ kind: 'boolean' }, constantData({ kind: 'boolean' }, true, 9))).toEqual(
      Array(9).fill(true),
    )
    expect(one({ kind: 'date' }, constantData({ kind: 'date' }, 1, 1))).toEqual(['1970-01-02'])
    const list: Type = {
      kind: 'list',
      elementId: 2,
      elementRequired: false,
      element: { kind: 'int' },
    }
    expect(one(list, repeatedData(list, [1, null], 2))).toEqual([
      [1, null],
      [1, null],
    ])
    const struct: Type = {
      kind: 'struct',
      fields: schemaOf([
        ['x', { kind: 'int' }],
        ['y', { kind: 'long' }],
      ]).fields,
    }
    expect(one(struct, repeatedData(struct, new Map([[2, 7n]]), 1))).toEqual([{ x: null, y: 7n }])
  })
})

test('the Arrow schema of an Iceberg schema', () => {
  const schema: Schema = schemaOf([
    ['id', { kind: 'uuid' }, true],
    ['d', { kind: 'decimal', precision: 9, scale: 2 }],
    [
      'l',
      { kind: 'list', elementId: 10, elementRequired: true, element: { kind: 'timestamptz_ns' } },
    ],
    [
      'm',
      {
        kind: 'map',
        keyId: 11,
        key: { kind: 'string' },
        valueId: 12,
        valueRequired: false,
        value: { kind: 'time' },
      },
    ],
    ['u', { kind: 'unknown' }],
  ])
  const arrow = arrowSchemaOf(schema)
  const [id, d, l, m] = arrow.fields
  expect(id?.metadata.get('ARROW:extension:name')).toBe('arrow.uuid')
  expect([id?.nullable, d?.nullable]).toEqual([false, true])
  expect(String(d?.type)).toMatch(/^Decimal\[9e\+?2\]$/)
  const element = l?.type.children[0] as ArrowField
  expect([element.name, element.nullable, fieldIdOf(element)]).toEqual(['element', false, 10])
  expect(String(element.type)).toBe('Timestamp<NANOSECOND, UTC>')
  const entries = (m as ArrowField).type.children[0] as ArrowField
  const [key, value] = entries.type.children as ArrowField[]
  expect([key?.name, key?.nullable, value?.name, value?.nullable]).toEqual([
    'key',
    false,
    'value',
    true,
  ])
  expect([fieldIdOf(key as ArrowField), fieldIdOf(value as ArrowField)]).toEqual([11, 12])
  const ints = arrowSchemaOf(schema, { decimals: 'int64' }).fields[1]
  expect(ints?.type).toBeInstanceOf(Int64)
  expect(ints?.metadata.get('moraine:decimal')).toBe('9,2')
})
