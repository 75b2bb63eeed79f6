import { describe, expect, test } from 'vitest'
import { plainColumns } from '../../../src/parquet/dictionary-choice.js'
import { schemaOf } from '../arrow/random-rows.js'
import { footerOf, physicalBatch, writeImage } from './write-support.js'

const schema = schemaOf([
  ['key', { kind: 'long' }],
  ['few', { kind: 'int' }],
  ['text', { kind: 'string' }],
  ['word', { kind: 'string' }],
  ['long', { kind: 'string' }],
  ['uuid', { kind: 'uuid' }],
  ['price', { kind: 'decimal', precision: 30, scale: 2 }],
])
const rows = Array.from({ length: 20_000 }, (_, i) => ({
  key: i,
  few: i % 50,
  text: `text ${i}`,
  word: ['red', 'green', 'blue'][i % 3],
  long: `${i % 5000}`.padStart(600, '-'),
  uuid: `00000000-0000-0000-0000-${String(i).padStart(12, '0')}`,
  price: `${i % 100}.00`,
}))

describe('dictionaries', () => {
  test('are left out for columns that hardly repeat, or whose dictionary would not fit', () => {
    const batch = physicalBatch(schema, rows)
    expect(plainColumns([batch], 2 << 20)).toEqual(['key', 'text', 'long', 'uuid'])
    expect(plainColumns([batch], 16 << 20)).toEqual(['key', 'text', 'uuid'])
    expect(plainColumns([], 2 << 20)).toEqual([])
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
    expect(withDictionary?.slice(0, 5)).toEqual([false, true, false, true, false])
  })
})
