import {
  Field as ArrowField,
  Schema as ArrowSchema,
  Binary,
  Bool,
  type Data,
  DateDay,
  DateMillisecond,
  Decimal,
  Dictionary,
  FixedSizeBinary,
  FixedSizeList,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  LargeUtf8,
  List,
  Null,
  RecordBatch,
  Struct,
  TimeMillisecond,
  TimeNanosecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  tableFromArrays,
  Uint8,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { conformBatch } from '../../../src/arrow/conform.js'
import { makeColumn } from '../../../src/arrow/layout.js'
import { RowBatchBuilder } from '../../../src/arrow/row-builder.js'
import { rowsOf } from '../../../src/arrow/row-reader.js'
import { arrowTypeOf, fieldIdOf } from '../../../src/arrow/schema.js'
import { InvalidArgument, ValidationError } from '../../../src/errors.js'
import type { Type } from '../../../src/types/type.js'
import { batchOf, column } from './arrow-support.js'
import { schemaAndRows, schemaOf } from './random-rows.js'

function conformed(type: Type, data: Data): unknown[] {
  const schema = schemaOf([['v', type]])
  const batch = conformBatch(schema, batchOf({ v: data }), { form: { decimals: 'physical' } })
  expect(String(batch.schema.fields[0]?.type)).toBe(
    String(arrowTypeOf(type, { decimals: 'physical' })),
  )
  return rowsOf(schema, batch).map((row) => row['v'])
}

describe("a caller's Arrow types become the table's", () => {
  const cases: [Type, Data, unknown[]][] = [
    [{ kind: 'boolean' }, column(new Bool(), [true, null]), [true, null]],
    [{ kind: 'int' }, column(new Int8(), [-128, null, 127]), [-128, null, 127]],
    [{ kind: 'int' }, column(new Uint8(), [255]), [255]],
    [{ kind: 'int' }, column(new Int64(), [-(2n ** 31n)]), [-(2 ** 31)]],
    [{ kind: 'int' }, column(new Float64(), [3, null]), [3, null]],
    [{ kind: 'long' }, column(new Int32(), [-1, null, 5]), [-1n, null, 5n]],
    [{ kind: 'long' }, column(new Uint32(), [4294967295]), [4294967295n]],
    [{ kind: 'long' }, column(new Uint64(), [7n]), [7n]],
    [{ kind: 'long' }, column(new Float64(), [2 ** 53 - 1]), [9007199254740991n]],
    [{ kind: 'float' }, column(new Float64(), [0.5, Number.NaN]), [0.5, Number.NaN]],
    [{ kind: 'double' }, column(new Float32(), [0.25, null]), [0.25, null]],
    [{ kind: 'double' }, column(new Int16(), [3]), [3]],
    [{ kind: 'date' }, column(new DateDay(), [new Date(86400000)]), ['1970-01-02']],
    [
      { kind: 'date' },
      column(new DateMillisecond(), [new Date(86400000), null]),
      ['1970-01-02', null],
    ],
    [{ kind: 'time' }, column(new TimeMillisecond(), [1]), ['00:00:00.001000']],
    [{ kind: 'time' }, column(new TimeNanosecond(), [2000n]), ['00:00:00.000002']],
    [{ kind: 'string' }, column(new LargeUtf8(), ['ä', null]), ['ä', null]],
    [
      { kind: 'string' },
      column(new Dictionary(new Utf8(), new Int32()), ['x', null, 'x']),
      ['x', null, 'x'],
    ],
    [
      { kind: 'binary' },
      column(new FixedSizeBinary(2), [Uint8Array.of(1, 2)]),
      [Uint8Array.of(1, 2)],
    ],
    [
      { kind: 'fixed', length: 2 },
      column(new Binary(), [Uint8Array.of(1, 2), null]),
      [Uint8Array.of(1, 2), null],
    ],
    [
      { kind: 'uuid' },
      column(new Utf8(), ['00000000-0000-0000-0000-0000000000FF', null]),
      ['00000000-0000-0000-0000-0000000000ff', null],
    ],
    [{ kind: 'unknown' }, column(new Int32(), [null, null]), [null, null]],
    [{ kind: 'long' }, column(new Null(), [null, null]), [null, null]],
    [{ kind: 'decimal', precision: 5, scale: 2 }, column(new Int32(), [12]), ['12.00']],
    [
      { kind: 'list', elementId: 2, elementRequired: false, element: { kind: 'long' } },
      column(new FixedSizeList(2, new ArrowField('item', new Int32(), true)), [
        [1, null],
        null,
        [3, 4],
      ]),
      [[1n, null], null, [3n, 4n]],
    ],
    [
      { kind: 'list', elementId: 2, elementRequired: false, element: { kind: 'string' } },
      column(new List(new ArrowField('item', new Utf8(), true)), [['a', null], null, []]),
      [['a', null], null, []],
    ],
  ]
  test.each(
    cases.map((it) => ({ name: `${it[0].kind} from ${String(it[1].type)}`, it: () => it })),
  )('$name', ({ it }) => {
    const [type, data, wanted] = it()
    expect(conformed(type, data)).toEqual(wanted)
  })

  test('timestamps of every unit, with a zone for instants and without for the others', () => {
    const units = [
      [TimestampSecond, 1n, '1970-01-01T00:00:01.000000'],
      [TimestampMillisecond, 1001n, '1970-01-01T00:00:01.001000'],
      [TimestampMicrosecond, 1n, '1970-01-01T00:00:00.000001'],
      [TimestampNanosecond, -1000n, '1969-12-31T23:59:59.999999'],
    ] as const
    for (const [Unit, value, text] of units) {
      const values = BigInt64Array.of(value)
      expect(conformed({ kind: 'timestamp' }, makeColumn(new Unit(), 1, 0, { values }))).toEqual([
        text,
      ])
      const zoned = makeColumn(new Unit('Europe/Oslo'), 1, 0, { values })
      expect(conformed({ kind: 'timestamptz' }, zoned)).toEqual([`${text}Z`])
      expect(() => conformed({ kind: 'timestamp' }, zoned)).toThrow(ValidationError)
    }
  })

  test('decimals of any scale and precision that hold the value', () => {
    const of = (scale: number, precision: number, unscaled: bigint) => {
      const words = BigInt64Array.of(BigInt.asIntN(64, unscaled), unscaled >> 64n)
      return makeColumn(new Decimal(scale, precision, 128), 1, 0, {
        values: new Uint32Array(words.buffer),
      })
    }
    const type = (precision: number, scale: number): Type => ({ kind: 'decimal', precision, scale })
    for (const precision of [5, 9, 12, 18, 19, 38]) {
      expect(conformed(type(precision, 2), of(2, 38, -99999n))).toEqual(['-999.99'])
      expect(conformed(type(precision, 2), of(1, 10, 15n))).toEqual(['1.50'])
      expect(conformed(type(precision, 2), of(4, 10, 15000n))).toEqual(['1.50'])
      expect(() => conformed(type(precision, 2), of(4, 10, 15001n))).toThrow(ValidationError)
      const limit = 10n ** BigInt(precision)
      expect(conformed(type(precision, 0), of(0, 38, limit - 1n))).toEqual([String(limit - 1n)])
      expect(conformed(type(precision, 0), of(0, 38, 1n - limit))).toEqual([String(1n - limit)])
      if (precision === 38) continue
      expect(() => conformed(type(precision, 0), of(0, 38, limit))).toThrow(ValidationError)
      expect(() => conformed(type(precision, 0), of(0, 38, -limit))).toThrow(ValidationError)
    }
  })

  test('columns are matched by name, in any order, and the missing are null', () => {
    const schema = schemaOf([
      ['a', { kind: 'long' }, true],
      ['b', { kind: 'string' }],
      ['c', { kind: 'struct', fields: schemaOf([['x', { kind: 'int' }]]).fields }],
    ])
    const table = tableFromArrays({ b: ['x', 'y'], a: BigInt64Array.of(1n, 2n) })
    const batch = conformBatch(schema, table.batches[0] as RecordBatch)
    expect(rowsOf(schema, batch)).toEqual([
      { a: 1n, b: 'x', c: null },
      { a: 2n, b: 'y', c: null },
    ])
    expect(batch.schema.fields.map(fieldIdOf)).toEqual([1, 2, 3])
  })

  test('batches of random rows conform to their own schema', () => {
    fc.assert(
      fc.property(schemaAndRows(4, 4, 12), ({ schema, rows }) => {
        const builder = new RowBatchBuilder(schema)
        builder.append(rows)
        const batch = conformBatch(schema, builder.finish(), { form: { decimals: 'physical' } })
        expect(rowsOf(schema, batch)).toEqual(rows)
      }),
      { numRuns: 80 },
    )
  })
})

describe('what does not fit is refused by name', () => {
  const refused: [string, Type, Data, RegExp][] = [
    [
      'overflow',
      { kind: 'int' },
      column(new Int64(), [1n, 2n ** 31n]),
      /row 1, column 'v'.*2147483648/,
    ],
    ['fraction', { kind: 'long' }, column(new Float64(), [1.5]), /row 0, column 'v'.*1.5/],
    ['unsigned', { kind: 'long' }, column(new Uint64(), [2n ** 63n]), /does not fit/],
    ['float overflow', { kind: 'float' }, column(new Float64(), [1e300]), /does not fit/],
    ['half a day', { kind: 'date' }, column(new DateMillisecond(), [new Date(1)]), /does not fit/],
    [
      'nanoseconds',
      { kind: 'timestamp' },
      makeColumn(new TimestampNanosecond(), 1, 0, { values: BigInt64Array.of(1n) }),
      /does not fit/,
    ],
    [
      'no zone',
      { kind: 'timestamptz' },
      makeColumn(new TimestampMicrosecond(), 1, 0, { values: BigInt64Array.of(1n) }),
      /timestamptz.*does not fit/,
    ],
    [
      'text as number',
      { kind: 'int' },
      column(new Utf8(), ['1']),
      /data of type string does not fit/,
    ],
    [
      'number as text',
      { kind: 'string' },
      column(new Int32(), [1]),
      /data of type int does not fit/,
    ],
    [
      'bytes as text',
      { kind: 'string' },
      column(new Binary(), [Uint8Array.of(65)]),
      /data of type binary does not fit/,
    ],
    [
      'wrong length',
      { kind: 'fixed', length: 3 },
      column(new Binary(), [Uint8Array.of(1)]),
      /does not fit/,
    ],
    ['bad uuid', { kind: 'uuid' }, column(new Utf8(), ['x']), /does not fit uuid/],
    [
      'float as decimal',
      { kind: 'decimal', precision: 5, scale: 2 },
      column(new Float64(), [1]),
      /does not fit/,
    ],
  ]
  test.each(refused.map((it) => ({ name: it[0], it: () => it })))('$name', ({ it }) => {
    const [, type, data, message] = it()
    expect(() => conformed(type, data)).toThrow(ValidationError)
    expect(() => conformed(type, data)).toThrow(message)
  })

  test('nulls in required columns, but not below a null struct', () => {
    const inner = schemaOf([['x', { kind: 'int' }, true]]).fields
    const schema = schemaOf([['s', { kind: 'struct', fields: inner }]])
    const type = new Struct([new ArrowField('x', new Int32(), true)])
    const ok = batchOf({ s: column(type, [{ x: 1 }, null]) })
    expect(rowsOf(schema, conformBatch(schema, ok))).toEqual([{ s: { x: 1 } }, { s: null }])
    const bad = batchOf({ s: column(type, [{ x: 1 }, { x: null }]) })
    expect(() => conformBatch(schema, bad, { firstRow: 100 })).toThrow(/row 101, column 's.x'/)
  })

  test('a bad list member is named by the row that owns it', () => {
    const schema = schemaOf([
      ['l', { kind: 'list', elementId: 2, elementRequired: true, element: { kind: 'int' } }],
    ])
    const type = new List(new ArrowField('item', new Int32(), true))
    const bad = batchOf({ l: column(type, [[1, 2], [], [3, null]]) })
    expect(() => conformBatch(schema, bad)).toThrow(/row 2, column 'l.element'/)
  })

  test('unknown, repeated and missing columns', () => {
    const schema = schemaOf([['a', { kind: 'int' }, true]])
    const a = column(new Int32(), [1])
    expect(() => conformBatch(schema, batchOf({ a, z: a }))).toThrow(/column 'z'/)
    expect(() => conformBatch(schema, batchOf({}))).not.toThrow()
    const optional = schemaOf([
      ['a', { kind: 'int' }, true],
      ['b', { kind: 'int' }],
    ])
    expect(() => conformBatch(optional, batchOf({ b: a }))).toThrow(/lacks the required column 'a'/)
    const fields = [new ArrowField('a', new Int32(), true), new ArrowField('a', new Int32(), true)]
    const twice = makeColumn(new Struct(fields), 1, 0, { children: [a, a] })
    const batch = new RecordBatch(new ArrowSchema(fields), twice as RecordBatch['data'])
    expect(() => conformBatch(schema, batch)).toThrow(InvalidArgument)
  })

  test('damaged buffers', () => {
    const schema = schemaOf([['s', { kind: 'string' }]])
    const text = (offsets: number[], values: Uint8Array) =>
      makeColumn(new Utf8(), offsets.length - 1, 0, { offsets: Int32Array.from(offsets), values })
    const bytes = new Uint8Array(4)
    for (const offsets of [
      [0, 5],
      [0, 3, 2],
      [-1, 2],
    ]) {
      expect(() => conformBatch(schema, batchOf({ s: text(offsets, bytes) }))).toThrow(
        InvalidArgument,
      )
    }
    const notUtf8 = text([0, 1], Uint8Array.of(0xff))
    expect(() => conformBatch(schema, batchOf({ s: notUtf8 }))).toThrow(/not UTF-8/)
    const split = text([0, 1, 2], new TextEncoder().encode('ä'))
    expect(() => conformBatch(schema, batchOf({ s: split }))).toThrow(/row 0, column 's'/)
    const short = makeColumn(new Int32(), 9, 0, { values: new Int32Array(3) })
    const ints = schemaOf([['s', { kind: 'int' }]])
    expect(() => conformBatch(ints, batchOf({ s: short }))).toThrow(InvalidArgument)
  })
})
