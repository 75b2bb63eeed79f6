import { describe, expect, test } from 'vitest'
import { sliceBatch } from '../../../src/arrow/compact.js'
import { plainColumns } from '../../../src/parquet/dictionary-choice.js'
import { schemaOf } from '../arrow/random-rows.js'
import { footerOf, physicalBatch, writeImage } from './write-support.js'

const schema = schemaOf([
  ['key', { kind: 'long' }],
  ['few', { kind: 'int' }],
  ['order', { kind: 'long' }],
  ['text', { kind: 'string' }],
  ['word', { kind: 'string' }],
  ['long', { kind: 'string' }],
  ['uuid', { kind: 'uuid' }],
  ['price', { kind: 'decimal', precision: 30, scale: 2 }],
])
const rows = Array.from({ length: 20_000 }, (_, i) => ({
  key: i,
  few: i % 50,
  order: Math.floor(i / 4),
  text: `text ${i}`,
  word: ['red', 'green', 'blue'][i % 3],
  long: `${i % 5000}`.padStart(600, '-'),
  uuid: `00000000-0000-0000-0000-${String(i).padStart(12, '0')}`,
  price: `${i % 100}.00`,
}))

describe('dictionaries', () => {
  test('are left out for columns that hardly repeat, or whose dictionary would not fit', () => {
    const batch = physicalBatch(schema, rows)
    expect(plainColumns([batch], 2 << 20)).toEqual(['key', 'order', 'text', 'long', 'uuid'])
    expect(plainColumns([batch], 16 << 20)).toEqual(['key', 'order', 'text', 'uuid'])
    expect(plainColumns([], 2 << 20)).toEqual([])
    // The same in pieces: a sorted key repeats as little in all as in one piece.
    const pieces = [0, 5000, 10_000, 15_000].map((at) => sliceBatch(batch, at, at + 5000))
    expect(plainColumns(pieces, 2 << 20)).toEqual(['key', 'order', 'text', 'long', 'uuid'])
  })

  test('small row groups are not looked at', () => {
    expect(plainColumns([physicalBatch(schema, rows.slice(0, 100))], 2 << 20)).toEqual([])
  })

  test('the file shows the choice', async () => {
    const { bytes } = await writeImage(schema, rows)
    const { rowGroups } = await footerOf(bytes)
    const withDictionary = rowGroups[0]?.columns.map(
      (column) => column.dictionaryPageOffset !== undefined,
    )
    expect(withDictionary?.slice(0, 6)).toEqual([false, true, false, false, true, false])
  })
})
