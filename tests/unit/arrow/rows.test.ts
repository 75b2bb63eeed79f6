import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RowBatchBuilder } from '../../../src/arrow/row-builder.js'
import { iterateRows, rowReader, rowsOf } from '../../../src/arrow/row-reader.js'
import type { ArrowForm } from '../../../src/arrow/schema.js'
import { ValidationError } from '../../../src/errors.js'
import type { Schema } from '../../../src/types/type.js'
import { schemaAndRows, schemaOf } from './random-rows.js'

function batchOf(schema: Schema, rows: readonly unknown[], form: ArrowForm = {}) {
  const builder = new RowBatchBuilder(schema, { form })
  expect(builder.append(rows)).toBe(rows.length)
  return builder.finish()
}

function failure(schema: Schema, rows: readonly unknown[]): ValidationError {
  try {
    batchOf(schema, rows)
  } catch (error) {
    if (error instanceof ValidationError) return error
    throw error
  }
  throw new Error('no ValidationError')
}

const forms: readonly ArrowForm[] = [{}, { decimals: 'int64' }, { decimals: 'physical' }]

describe('rows to Arrow and back', () => {
  test('random rows of random schemas come back as they were, in every form', () => {
    fc.assert(
      fc.property(schemaAndRows(5, 4, 20), fc.constantFrom(...forms), ({ schema, rows }, form) => {
        const batch = batchOf(schema, rows, form)
        expect(batch.numRows).toBe(rows.length)
        expect(rowsOf(schema, batch)).toEqual(rows)
      }),
      { numRuns: 150 },
    )
  })

  test('a builder used again starts anew', () => {
    const schema = schemaOf([
      ['s', { kind: 'string' }],
      ['n', { kind: 'list', elementId: 9, elementRequired: false, element: { kind: 'long' } }],
    ])
    const builder = new RowBatchBuilder(schema)
    builder.append([
      { s: 'x', n: [1n, null] },
      { s: null, n: null },
    ])
    const first = builder.finish()
    builder.append([{ s: 'yy', n: [] }])
    const second = builder.finish()
    expect(rowsOf(schema, first)).toEqual([
      { s: 'x', n: [1n, null] },
      { s: null, n: null },
    ])
    expect(rowsOf(schema, second)).toEqual([{ s: 'yy', n: [] }])
  })

  test('append stops at the row bound and goes on from there', () => {
    const schema = schemaOf([['a', { kind: 'int' }]])
    const rows = Array.from({ length: 2500 }, (_, a) => ({ a }))
    const builder = new RowBatchBuilder(schema, { maxRows: 1100 })
    expect(builder.append(rows)).toBe(1100)
    expect(builder.full).toBe(true)
    expect(rowsOf(schema, builder.finish()).at(-1)).toEqual({ a: 1099 })
    expect(builder.append(rows, 1100)).toBe(2200)
    expect(rowsOf(schema, builder.finish())[0]).toEqual({ a: 1100 })
  })

  test('append stops at the byte bound, after few rows when rows are wide', () => {
    const schema = schemaOf([['s', { kind: 'string' }]])
    const rows = Array.from({ length: 100 }, () => ({ s: 'x'.repeat(1 << 20) }))
    const builder = new RowBatchBuilder(schema, { maxBytes: 8 << 20 })
    expect(builder.append(rows)).toBeLessThan(30)
  })

  test('rows can be read by number, in windows and in part', () => {
    const schema = schemaOf([['a', { kind: 'int' }]])
    const batch = batchOf(
      schema,
      Array.from({ length: 3000 }, (_, a) => ({ a })),
    )
    const read = rowReader(schema, batch)
    expect([read(2999), read(0), read(1), read(1024)]).toEqual(
      [2999, 0, 1, 1024].map((a) => ({ a })),
    )
    expect(rowsOf(schema, batch, {}, 1000, 1003)).toEqual([{ a: 1000 }, { a: 1001 }, { a: 1002 }])
    expect([...iterateRows(schema, batch)].length).toBe(3000)
  })

  test('columns with names of the language itself are safe', () => {
    const schema = schemaOf([
      ['__proto__', { kind: 'string' }],
      ['toString', { kind: 'int' }],
      [
        'constructor',
        { kind: 'struct', fields: schemaOf([['__proto__', { kind: 'int' }]]).fields },
      ],
    ])
    const row = JSON.parse('{"__proto__":"p","constructor":{"__proto__":1}}')
    const [back] = rowsOf(schema, batchOf(schema, [row, {}]))
    expect(Object.keys(back as object)).toEqual(['__proto__', 'toString', 'constructor'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect(Object.getOwnPropertyDescriptor(back, '__proto__')?.value).toBe('p')
    expect(back?.['toString']).toBeNull()
  })
})

describe('values accepted beside the canonical ones', () => {
  const one = (type: Schema['fields'][number]['type'], value: unknown): unknown => {
    const schema = schemaOf([['v', type]])
    return rowsOf(schema, batchOf(schema, [{ v: value }]))[0]?.['v']
  }

  test('numbers, dates and other spellings', () => {
    expect(one({ kind: 'long' }, -5)).toBe(-5n)
    expect(one({ kind: 'long' }, Number.MIN_SAFE_INTEGER)).toBe(-9007199254740991n)
    expect(one({ kind: 'decimal', precision: 9, scale: 2 }, 3)).toBe('3.00')
    expect(one({ kind: 'decimal', precision: 9, scale: 2 }, '-0.5')).toBe('-0.50')
    expect(one({ kind: 'decimal', precision: 38, scale: 10 }, '-0.5')).toBe('-0.5000000000')
    expect(one({ kind: 'timestamptz' }, new Date(-1))).toBe('1969-12-31T23:59:59.999000Z')
    expect(one({ kind: 'timestamptz' }, '2024-01-31T13:45:00+02:00')).toBe(
      '2024-01-31T11:45:00.000000Z',
    )
    expect(one({ kind: 'timestamp' }, '2024-02-29T13:45:00.5')).toBe('2024-02-29T13:45:00.500000')
    expect(one({ kind: 'float' }, 0.1)).toBe(Math.fround(0.1))
    expect(one({ kind: 'double' }, -0)).toBe(-0)
  })

  test('maps from objects and pairs, lists from typed arrays', () => {
    const map = {
      kind: 'map',
      keyId: 8,
      key: { kind: 'string' },
      valueId: 9,
      valueRequired: false,
      value: { kind: 'int' },
    } as const
    expect(one(map, { a: 1 })).toEqual(new Map([['a', 1]]))
    expect(one(map, [['b', null]])).toEqual(new Map([['b', null]]))
    const list = {
      kind: 'list',
      elementId: 9,
      elementRequired: true,
      element: { kind: 'double' },
    } as const
    expect(one(list, Float64Array.of(1.5, 2))).toEqual([1.5, 2])
  })

  test('a write default fills what a row omits, not an explicit null', () => {
    const base = schemaOf([['a', { kind: 'int' }]])
    const schema: Schema = {
      ...base,
      fields: [
        ...base.fields,
        { id: 2, name: 'b', required: false, type: { kind: 'string' }, writeDefault: 'new' },
      ],
    }
    expect(rowsOf(schema, batchOf(schema, [{ a: 1 }, { a: 2, b: null }, { b: 'x' }]))).toEqual([
      { a: 1, b: 'new' },
      { a: 2, b: null },
      { a: null, b: 'x' },
    ])
  })

  test('options change what rows show, and never lose a digit', () => {
    const schema = schemaOf([
      ['l', { kind: 'long' }],
      ['t', { kind: 'timestamptz' }],
    ])
    const batch = batchOf(schema, [{ l: 5n, t: new Date(7) }])
    const shown = rowsOf(schema, batch, { longs: 'number', timestamps: 'date' })
    expect(shown).toEqual([{ l: 5, t: new Date(7) }])
    const large = batchOf(schema, [{ l: 0n }, { l: 2n ** 60n }])
    expect(() => rowsOf(schema, large, { longs: 'number' })).toThrow(ValidationError)
    expect(() => rowsOf(schema, large, { longs: 'number' })).toThrow(/row 1, column 'l'/)
  })
})

describe('what does not fit is named by row, column and value', () => {
  const schema = schemaOf([
    ['id', { kind: 'long' }, true],
    ['n', { kind: 'int' }],
    ['s', { kind: 'string' }],
    ['d', { kind: 'decimal', precision: 4, scale: 2 }],
    [
      'tags',
      {
        kind: 'list',
        elementId: 20,
        elementRequired: true,
        element: { kind: 'struct', fields: schemaOf([['x', { kind: 'double' }, true]]).fields },
      },
    ],
  ])

  test.each([
    [{}, 'id', /required but missing/],
    [{ id: null }, 'id', /required but null/],
    [{ id: 1.5 }, 'id', /expected long .* found the number 1.5/],
    [{ id: 2n ** 63n }, 'id', /expected long/],
    [{ id: 1, n: 2 ** 31 }, 'n', /expected int/],
    [{ id: 1, n: '7' }, 'n', /expected int .* found/],
    [{ id: 1, s: 'x\ud800' }, 's', /surrogate/],
    [{ id: 1, s: 5 }, 's', /expected string/],
    [{ id: 1, d: '1.234' }, 'd', /expected decimal\(4,2\)/],
    [{ id: 1, d: '100.00' }, 'd', /expected decimal\(4,2\)/],
    [{ id: 1, tags: 'no' }, 'tags', /expected an array/],
    [{ id: 1, tags: [null] }, 'tags.element', /required but null/],
    [{ id: 1, tags: [{ x: 1 }, {}] }, 'tags.element.x', /required but missing/],
    [{ id: 1, tags: [{ x: 1, y: 2 }] }, 'tags.element.y', /no such column/],
    [{ id: 1, nope: 2 }, 'nope', /no such column/],
  ])('%o', (bad, column, message) => {
    const good = { id: 1n, n: 1, s: 'x', d: '1.00', tags: [{ x: 1 }] }
    const error = failure(schema, [good, good, bad, good])
    expect(error.message).toMatch(message)
    expect(error.details).toMatchObject({ row: 2, column })
    expect(error.message).toContain(`row 2, column '${column}'`)
  })

  test('a row that is no object', () => {
    expect(failure(schema, [{ id: 1 }, 'text']).message).toMatch(/row 1: expected an object/)
    expect(failure(schema, [[1]]).details['row']).toBe(0)
    expect(failure(schema, [null]).details['row']).toBe(0)
  })

  test('the first bad row is named, whichever column is looked at first', () => {
    const error = failure(schema, [{ id: 1 }, { id: 1, s: 1 }, { id: 'x' }])
    expect(error.details).toMatchObject({ row: 1, column: 's' })
  })

  test('rows are counted over batches', () => {
    const builder = new RowBatchBuilder(schema, { firstRow: 10 })
    builder.append([{ id: 1 }, { id: 2 }])
    builder.finish()
    expect(() => builder.append([{ id: 3 }, { id: false }])).toThrow(/row 13/)
  })
})
