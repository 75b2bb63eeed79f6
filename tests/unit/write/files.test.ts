import { describe, expect, test } from 'vitest'
import { Unsupported } from '../../../src/errors.js'
import { currentSchema } from '../../../src/format/lookup.js'
import type { SortField, SortOrder } from '../../../src/partition/model.js'
import { memoryStore } from '../../../src/store/memory.js'
import type { Store } from '../../../src/store/store.js'
import { compareUtf8 } from '../../../src/util/utf8.js'
import { schemaOf } from '../arrow/random-rows.js'
import { rowsIn, rowsOfAll, tableOf, write } from './write-support.js'

const schema = schemaOf([
  ['id', { kind: 'long' }, true],
  ['s', { kind: 'string' }],
])

/** Text that compresses badly. */
function noise(i: number): string {
  let text = ''
  for (let state = i * 2654435761, k = 0; k < 6; k++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    text += state.toString(36)
  }
  return text
}

describe('rolling', () => {
  const rows = Array.from({ length: 30_000 }, (_, i) => ({ id: BigInt(i), s: noise(i) }))

  test('files are rolled near the target size, and hold all rows in order', async () => {
    const target = 200_000
    const metadata = tableOf(schema, {
      properties: { 'write.target-file-size-bytes': String(target) },
    })
    const result = await write(metadata, rows)
    expect(result.files.length).toBeGreaterThan(2)
    for (const file of result.files.slice(0, -1)) {
      expect(Number(file.sizeBytes)).toBeGreaterThan(target * 0.5)
      expect(Number(file.sizeBytes)).toBeLessThan(target * 2)
      expect(file.sizeBytes).toBe(BigInt(result.store.files().get(file.path)?.length ?? 0))
    }
    // A plain loop: toEqual takes seconds for so many.
    const back = await rowsOfAll(result, schema)
    const differ = rows.findIndex(({ id, s }, i) => back[i]?.['id'] !== id || back[i]?.['s'] !== s)
    expect([back.length, differ]).toEqual([rows.length, -1])
    expect(result.bytes).toBe(result.files.reduce((sum, file) => sum + file.sizeBytes, 0n))
  })

  test('row groups are cut at their size', async () => {
    const properties = { 'write.parquet.row-group-size-bytes': '250000' }
    const { files } = await write(tableOf(schema, { properties }), rows)
    expect(files.length).toBe(1)
    expect(files[0]?.splitOffsets?.length).toBeGreaterThan(4)
    expect(files[0]?.splitOffsets?.[0]).toBe(4n)
  })
})

describe('sorting', () => {
  const field = (sourceId: number, more: Partial<SortField> = {}): SortField => ({
    sourceIds: [sourceId],
    transform: { kind: 'identity' },
    direction: 'asc',
    nullOrder: 'nulls-first',
    ...more,
  })
  const order = (...fields: SortField[]): SortOrder => ({ orderId: 1, fields })
  const words = ['b', null, '\u{1f600}', '\uff5e', 'a', 'b', null, '']
  const rows = words.map((s, i) => ({ id: BigInt(i), s }))

  test('by text, nulls first, descending by a second key', async () => {
    const sortOrder = order(field(2), field(1, { direction: 'desc', nullOrder: 'nulls-last' }))
    const result = await write(tableOf(schema, { sortOrder }), rows)
    const ids = (await rowsOfAll(result, schema)).map((row) => Number(row['id']))
    expect(ids).toEqual([6, 1, 7, 4, 5, 0, 3, 2])
    expect(result.files[0]?.sortOrderId).toBe(1)
  })

  test('nulls last and descending', async () => {
    const sortOrder = order(field(2, { direction: 'desc', nullOrder: 'nulls-last' }))
    const result = await write(tableOf(schema, { sortOrder }), rows)
    const texts = (await rowsOfAll(result, schema)).map((row) => row['s'])
    const wanted = words.filter((word) => word !== null).sort((a, b) => compareUtf8(b, a))
    expect(texts).toEqual([...wanted, null, null])
  })

  test('by a transform, and floats in total order', async () => {
    const numbers = schemaOf([
      ['d', { kind: 'double' }],
      ['n', { kind: 'int' }, true],
    ])
    const values = [Number.NaN, 1, -0, 0, Number.NEGATIVE_INFINITY, -1, null]
    const input = values.map((d, n) => ({ d, n }))
    const byValue = await write(tableOf(numbers, { sortOrder: order(field(1)) }), input)
    const sorted = (await rowsOfAll(byValue, numbers)).map((row) => row['d'])
    expect(sorted).toEqual([null, Number.NEGATIVE_INFINITY, -1, -0, 0, 1, Number.NaN])
    const truncated = order(
      field(2, { transform: { kind: 'truncate', width: 4 }, direction: 'desc' }),
    )
    const byTens = await write(tableOf(numbers, { sortOrder: truncated }), input)
    const ns = (await rowsOfAll(byTens, numbers)).map((row) => row['n'])
    expect(ns).toEqual([4, 5, 6, 0, 1, 2, 3])
  })

  test('each file is sorted as a whole when memory bounds force several', async () => {
    const many = Array.from({ length: 150_000 }, (_, i) => ({
      id: BigInt((i * 7919) % 150_000),
      s: 'x',
    }))
    const metadata = tableOf(schema, { sortOrder: order(field(1)) })
    const result = await write(metadata, many, { memoryBytes: 2_500_000 })
    expect(result.files.length).toBeGreaterThan(1)
    let total = 0
    for (const file of result.files) {
      const ids = (await rowsIn(result.store, schema, file)).map((row) => row['id'] as bigint)
      for (let i = 1; i < ids.length; i++) {
        if ((ids[i - 1] as bigint) > (ids[i] as bigint)) throw new Error(`file not sorted at ${i}`)
      }
      total += ids.length
    }
    expect(total).toBe(150_000)
  })

  test('an order that cannot be computed gives files that say they are unsorted', async () => {
    const sortOrder = order(field(1, { transform: { kind: 'unknown', text: 'zorder' } }))
    const { files } = await write(
      { ...tableOf(schema), sortOrders: [sortOrder], defaultSortOrderId: 1 },
      rows,
    )
    expect(files[0]?.sortOrderId).toBe(0)
  })
})

describe('failing stores', () => {
  const rows = Array.from({ length: 1000 }, (_, i) => ({ id: i, s: noise(i) }))
  const metadata = tableOf(schema, {
    properties: { 'write.parquet.row-group-size-bytes': '10000' },
  })

  test.each(['open', 'write', 'close'])('an error at %s is told, and nothing stays', async (at) => {
    const inner = memoryStore()
    const boom = new Unsupported('test', 'boom')
    const store: Store = {
      ...inner,
      head: (path, options) => inner.head(path, options),
      read: (path, range, options) => inner.read(path, range, options),
      list: (folder, options) => inner.list(folder, options),
      create: (path, bytes) => inner.create(path, bytes),
      put: (path, bytes) => inner.put(path, bytes),
      delete: (path) => inner.delete(path),
      async writer(path) {
        if (at === 'open') throw boom
        const writer = await inner.writer(path)
        let calls = 0
        return {
          path,
          write: (bytes) =>
            at === 'write' && ++calls === 3 ? Promise.reject(boom) : writer.write(bytes),
          close: () => (at === 'close' ? Promise.reject(boom) : writer.close()),
          abort: () => writer.abort(),
        }
      },
    }
    await expect(write(metadata, rows, { store })).rejects.toBe(boom)
    expect(inner.files().size).toBe(0)
  })

  test('an encoder that fails', async () => {
    const boom = new Unsupported('test', 'boom')
    let calls = 0
    const store = memoryStore()
    const { inlineEncoder } = await import('../../../src/parquet/write-encode.js')
    const good = inlineEncoder()
    const encoder = {
      size: 2,
      encodeRowGroup: (request: Parameters<typeof good.encodeRowGroup>[0]) =>
        ++calls === 3 ? Promise.reject(boom) : good.encodeRowGroup(request),
    }
    await expect(write(metadata, rows, { store, encoder: async () => encoder })).rejects.toBe(boom)
    expect(store.files().size).toBe(0)
  })

  test('a format other than Parquet', async () => {
    const avro = tableOf(schema, { properties: { 'write.format.default': 'avro' } })
    await expect(write(avro, rows)).rejects.toThrow(Unsupported)
  })
})

test('many encoders at once give the file of one', async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => ({ id: BigInt(i), s: noise(i) }))
  const metadata = tableOf(schema, {
    properties: { 'write.parquet.row-group-size-bytes': '100000' },
  })
  expect(currentSchema(metadata).fields.length).toBe(2)
  const one = await write(metadata, rows)
  const { inlineEncoder } = await import('../../../src/parquet/write-encode.js')
  const inner = inlineEncoder()
  let running = 0
  let most = 0
  const encoder = {
    size: 3,
    async encodeRowGroup(request: Parameters<typeof inner.encodeRowGroup>[0]) {
      running++
      most = Math.max(most, running)
      // Later row groups overtake earlier ones.
      const turns = (running * 7) % 5
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
      const image = await inner.encodeRowGroup(request)
      running--
      return image
    },
  }
  const several = await write(metadata, rows, { encoder })
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(4)
  const bytes = (result: typeof one) => [...result.store.files().values()][0]
  expect(Buffer.compare(bytes(several) as Uint8Array, bytes(one) as Uint8Array)).toBe(0)
})
