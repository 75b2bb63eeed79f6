/** Which columns get no dictionary, for batches that random rows seldom make. */
import {
  Field,
  FixedSizeBinary,
  Float32,
  Int32,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { expect, test } from 'vitest'
import { plainColumns } from '../../../src/parquet/dictionary-choice.js'

const rows = 12_000
const MiB = 1 << 20

type Column = Int32 | Float32 | Utf8 | List

function batchOf(
  columns: Readonly<Record<string, readonly [Column, readonly unknown[]]>>,
): RecordBatch {
  const fields = Object.entries(columns).map(([name, [type]]) => new Field(name, type, true))
  const children = Object.values(columns).map(
    ([type, values]) => vectorFromArray(values, type).data[0],
  )
  const data = makeData({
    type: new Struct(fields),
    length: children[0]?.length ?? 0,
    children: children.filter((child) => child !== undefined),
  })
  return new RecordBatch(new Schema(fields), data)
}

const numbers = (count: number, of: (i: number) => unknown): readonly unknown[] =>
  Array.from({ length: count }, (_, i) => of(i))

test('no batches, and few rows, are not looked at', () => {
  expect(plainColumns([], MiB)).toEqual([])
  const few = batchOf({ id: [new Int32(), numbers(9_999, (i) => i)] })
  expect(plainColumns([few], MiB)).toEqual([])
  const enough = batchOf({ id: [new Int32(), numbers(10_000, (i) => i)] })
  expect(plainColumns([enough], MiB)).toEqual(['id'])
})

test('batches without rows do not count', () => {
  const whole = batchOf({ id: [new Float32(), numbers(rows, (i) => i / 2)] })
  const empty = batchOf({ id: [new Float32(), []] })
  expect(plainColumns([empty, whole, empty], MiB)).toEqual(['id'])
})

test('rows are looked at in all batches', () => {
  // Each batch by itself has one value.
  const batches = numbers(120, (i) => i).map((i) =>
    batchOf({ id: [new Int32(), numbers(100, () => i)] }),
  )
  expect(plainColumns(batches, MiB)).toEqual([])
  expect(plainColumns(batches, 300)).toEqual(['id'])
})

test('values of nothing but empty texts have a dictionary', () => {
  const texts = batchOf({ s: [new Utf8(), numbers(rows, () => '')] })
  expect(plainColumns([texts], MiB)).toEqual([])
})

test('lists are left to the writer', () => {
  const type = new List(new Field('element', new Int32(), true))
  const lists = batchOf({
    list: [type, numbers(rows, (i) => [i])],
    id: [new Int32(), numbers(rows, (i) => i)],
  })
  expect(plainColumns([lists], MiB)).toEqual(['id'])
})

test('bytes of one width are told apart by all of them', () => {
  const type = new FixedSizeBinary(4)
  const last = new Uint8Array(rows * 4)
  new DataView(last.buffer).setUint32(0, 1)
  for (let i = 0; i < rows; i++) new DataView(last.buffer).setUint32(i * 4, i)
  const same = new Uint8Array(rows * 4).fill(7)
  const fields = [new Field('last', type, true), new Field('same', type, true)]
  const data = makeData({
    type: new Struct(fields),
    length: rows,
    children: [last, same].map((bytes) => makeData({ type, length: rows, data: bytes })),
  })
  expect(plainColumns([new RecordBatch(new Schema(fields), data)], MiB)).toEqual(['last'])
})
