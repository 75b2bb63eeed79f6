import { type Data, type RecordBatch, tableFromIPC, Utf8, vectorFromArray } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { copyBits, countBits, setBit, setBits } from '../../../src/arrow/bits.js'
import { compactBatch, sliceBatch } from '../../../src/arrow/compact.js'
import { castToPlain, concatBatches, concatData, emptyData } from '../../../src/arrow/concat.js'
import { filterBatch, filterData, selectionToIndices } from '../../../src/arrow/filter.js'
import { batchesFromIpc, ipcOf } from '../../../src/arrow/ipc.js'
import { RowBatchBuilder } from '../../../src/arrow/row-builder.js'
import { rowsOf } from '../../../src/arrow/row-reader.js'
import { arrowSchemaOf, arrowTypeOf } from '../../../src/arrow/schema.js'
import { batchBytes } from '../../../src/arrow/size.js'
import { takeBatch, takeData } from '../../../src/arrow/take.js'
import { InvalidArgument } from '../../../src/errors.js'
import type { Schema } from '../../../src/types/type.js'
import { schemaAndRows, schemaOf } from './random-rows.js'

function batchOf(schema: Schema, rows: readonly unknown[]): RecordBatch {
  const builder = new RowBatchBuilder(schema)
  builder.append(rows)
  return builder.finish()
}

/** Batches with their rows: whole, or a slice of a larger one. */
const batches = fc
  .tuple(schemaAndRows(4, 3, 24), fc.nat(24), fc.nat(24))
  .map(([{ schema, rows }, a, b]) => {
    const start = Math.min(a, b, rows.length)
    const end = Math.min(Math.max(a, b), rows.length)
    const batch = sliceBatch(batchOf(schema, rows), start, end)
    return { schema, batch, rows: rows.slice(start, end) }
  })

describe('gathering rows of any type, slices included', () => {
  test('take', () => {
    fc.assert(
      fc.property(batches, fc.array(fc.nat(1000), { maxLength: 30 }), (it, picks) => {
        const { schema, batch, rows } = it
        const indices = rows.length === 0 ? [] : picks.map((pick) => pick % rows.length)
        const taken = takeBatch(batch, Int32Array.from(indices))
        expect(rowsOf(schema, taken)).toEqual(indices.map((index) => rows[index]))
      }),
      { numRuns: 100 },
    )
  })

  test('filter', () => {
    fc.assert(
      fc.property(batches, fc.array(fc.boolean(), { maxLength: 24 }), (it, picks) => {
        const { schema, batch, rows } = it
        const selection = new Uint8Array(8)
        const keep = rows.map((_, index) => picks[index] === true)
        keep.forEach((kept, index) => {
          if (kept) setBit(selection, index)
        })
        const kept = rows.filter((_, index) => keep[index])
        expect(rowsOf(schema, filterBatch(batch, selection))).toEqual(kept)
        const count = countBits(selection, 0, rows.length)
        expect(count).toBe(kept.length)
        expect(selectionToIndices(selection, rows.length).length).toBe(count)
        const column = batch.data.children[0]
        expect(filterData(column as Data, selection).length).toBe(count)
      }),
      { numRuns: 100 },
    )
  })

  test('compact keeps the rows and nothing else', () => {
    fc.assert(
      fc.property(batches, ({ schema, batch, rows }) => {
        const compact = compactBatch(batch)
        expect(rowsOf(schema, compact)).toEqual(rows)
        for (const column of compact.data.children) expect(column.offset).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  test('concat of the pieces is the whole', () => {
    fc.assert(
      fc.property(batches, fc.array(fc.nat(24), { maxLength: 3 }), (it, cuts) => {
        const { schema, batch, rows } = it
        const edges = [0, ...cuts.map((cut) => Math.min(cut, rows.length)), rows.length]
        edges.sort((a, b) => a - b)
        const parts = edges.slice(1).map((end, i) => sliceBatch(batch, edges[i] as number, end))
        expect(rowsOf(schema, concatBatches(arrowSchemaOf(schema), parts))).toEqual(rows)
      }),
      { numRuns: 100 },
    )
  })

  test('IPC bytes of slices', () => {
    fc.assert(
      fc.property(batches, ({ schema, batch, rows }) => {
        const bytes = ipcOf([batch], arrowSchemaOf(schema))
        const back = batchesFromIpc(bytes)
        expect(back.flatMap((part) => rowsOf(schema, part))).toEqual(rows)
        expect(tableFromIPC(bytes).numRows).toBe(rows.length)
      }),
      { numRuns: 60 },
    )
  })

  test('index -1 takes null', () => {
    const schema = schemaOf([
      ['a', { kind: 'int' }],
      ['s', { kind: 'string' }],
      ['u', { kind: 'uuid' }],
      ['l', { kind: 'list', elementId: 9, elementRequired: false, element: { kind: 'boolean' } }],
      ['t', { kind: 'struct', fields: schemaOf([['x', { kind: 'double' }]]).fields }],
      ['f', { kind: 'fixed', length: 3 }],
    ])
    const row = {
      a: 1,
      s: 'x',
      u: '00000000-0000-0000-0000-000000000001',
      l: [true, false],
      t: { x: 1 },
      f: Uint8Array.of(1, 2, 3),
    }
    const batch = batchOf(schema, [row, row])
    const nothing = { a: null, s: null, u: null, l: null, t: null, f: null }
    const children = batch.data.children.map((column) => takeData(column, Int32Array.of(1, -1, 0)))
    expect(children.map((child) => child.nullCount)).toEqual(children.map(() => 1))
    const taken = takeBatch(batch, Int32Array.of(1, 0, 0))
    taken.data.children.splice(0, children.length, ...children)
    expect(rowsOf(schema, taken)).toEqual([row, nothing, row])
  })
})

describe('bitmaps', () => {
  test('copy and set at any offsets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        fc.nat(20),
        fc.nat(20),
        fc.nat(40),
        (from, a, b, n) => {
          const to = new Uint8Array(8)
          copyBits(from, a, to, b, n)
          const bit = (bytes: Uint8Array, i: number) => ((bytes[i >> 3] as number) >> (i & 7)) & 1
          for (let i = 0; i < 64; i++) {
            const inside = i >= b && i < b + n
            expect(bit(to, i)).toBe(inside ? bit(from, a + i - b) : 0)
          }
          const set = new Uint8Array(8)
          setBits(set, a, n)
          expect(countBits(set, 0, 64)).toBe(n)
          expect(countBits(set, a, a + n)).toBe(n)
        },
      ),
    )
  })
})

describe('dictionaries', () => {
  const words = vectorFromArray(['x', null, 'yy', 'x']).data[0] as unknown as Data

  test('decode, and concatenate when they differ', () => {
    expect(words.type.toString()).toContain('Dictionary')
    const text = (data: Data) =>
      rowsOf(schemaOf([['s', { kind: 'string' }]]), columnBatch(data)).map((row) => row['s'])
    expect(text(words)).toEqual(['x', null, 'yy', 'x'])
    expect(text(castToPlain(words.slice(1, 2)))).toEqual([null, 'yy'])
    const other = vectorFromArray(['zzz', 'x']).data[0] as unknown as Data
    expect(text(concatData(words.type, [words, other]))).toEqual(['x', null, 'yy', 'x', 'zzz', 'x'])
    const same = concatData(words.type, [words.slice(2, 2), words])
    expect(same.dictionary).toBe(words.dictionary)
    expect(text(same)).toEqual(['yy', 'x', 'x', null, 'yy', 'x'])
  })

  test('an empty one', () => {
    const empty = emptyData(arrowTypeOf({ kind: 'string' }, { strings: 'dictionary' }))
    expect(castToPlain(empty).length).toBe(0)
    expect(castToPlain(empty).type).toBeInstanceOf(Utf8)
  })
})

function columnBatch(data: Data): RecordBatch {
  const batch = batchOf(schemaOf([['s', { kind: 'string' }]]), [{ s: '' }])
  batch.data.children.splice(0, 1, data)
  return new Proxy(batch, {
    get: (target, key) => (key === 'numRows' ? data.length : Reflect.get(target, key)),
  })
}

test('sizes count the slice alone', () => {
  const schema = schemaOf([
    ['s', { kind: 'string' }],
    ['n', { kind: 'long' }],
  ])
  const rows = Array.from({ length: 1000 }, (_, i) => ({ s: 'x'.repeat(100), n: i }))
  const batch = batchOf(schema, rows)
  expect(batchBytes(batch)).toBe(1000 * (100 + 4 + 8))
  expect(batchBytes(sliceBatch(batch, 500, 510))).toBe(10 * (100 + 4 + 8))
})

test('bytes that are no IPC are refused by name', () => {
  expect(() => batchesFromIpc(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9))).toThrow(InvalidArgument)
  expect(() => batchesFromIpc(new Uint8Array(0))).toThrow(InvalidArgument)
})
