import { Readable } from 'node:stream'
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { Aborted, InvalidArgument, ValidationError } from '../../../src/errors.js'
import type { WriteInput } from '../../../src/write/write-data-files.js'
import { schemaOf } from '../arrow/random-rows.js'
import { rowsOfAll, tableOf, write } from './write-support.js'

const schema = schemaOf([
  ['id', { kind: 'long' }, true],
  ['s', { kind: 'string' }],
])
const metadata = tableOf(schema)
const rows = Array.from({ length: 3000 }, (_, i) => ({
  id: BigInt(i),
  s: i % 3 === 0 ? null : `v${i}`,
}))
const table = tableFromArrays({ id: rows.map((row) => row.id), s: rows.map((row) => row.s) })
const half = table.slice(0, 1500)
const rest = table.slice(1500)

function* each<T>(items: readonly T[]): Generator<T> {
  yield* items
}

async function* eachLater<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield item
}

describe('every form of input gives the same rows', () => {
  const inputs: Record<string, () => WriteInput> = {
    'an array of rows': () => rows,
    'an iterable of rows': () => each(rows),
    'an async iterable of rows': () => eachLater(rows),
    'a stream of rows': () => Readable.from(rows),
    'an Arrow table': () => table,
    'a record batch and another': () => [...half.batches, ...rest.batches],
    'tables one by one': () => each([half, rest]),
    'batches as they come': () => eachLater([...half.batches, ...rest.batches]),
    'IPC stream bytes': () => tableToIPC(table, 'stream'),
    'IPC file bytes': () => tableToIPC(table, 'file'),
    'IPC bytes one after the other': () => eachLater([tableToIPC(half), tableToIPC(rest)]),
  }
  test.each(Object.entries(inputs))('%s', async (_name, input) => {
    const result = await write(metadata, input())
    expect(result.rows).toBe(3000n)
    expect(result.files.length).toBe(1)
    expect(result.files[0]?.recordCount).toBe(3000n)
    expect(await rowsOfAll(result, schema)).toEqual(rows)
  })

  test.each([
    ['an empty array', []],
    ['an empty iterable', each([])],
    ['an empty async iterable', eachLater([])],
    ['an empty table', tableFromArrays({ id: new BigInt64Array(0) })],
  ])('%s makes no file', async (_name, input) => {
    const result = await write(metadata, input as WriteInput)
    expect([result.rows, result.files, result.store.files().size]).toEqual([0n, [], 0])
  })
})

describe('what is refused leaves nothing behind', () => {
  test.each([
    ['a number', 5],
    ['null', null],
    ['text', 'rows'],
    ['a single row', { id: 1n }],
  ])('%s is no input', async (_name, input) => {
    await expect(write(metadata, input as unknown as WriteInput)).rejects.toThrow(InvalidArgument)
  })

  test('rows and batches mixed', async () => {
    const batch = half.batches[0] as object
    await expect(write(metadata, each<object>([rows[0] as object, batch]))).rejects.toThrow(/mixes/)
    await expect(write(metadata, [batch, rows[0] as object])).rejects.toThrow(/mixes/)
  })

  test('a bad row late in a long input: files are removed, the source is closed', async () => {
    let closed = false
    function* source(): Generator<object> {
      try {
        for (let i = 0; i < 100_000; i++) yield { id: i, s: 'x' }
        yield { id: 'bad' }
        for (let i = 0; ; i++) yield { id: i, s: 'y' }
      } finally {
        closed = true
      }
    }
    const small = tableOf(schema, { properties: { 'write.target-file-size-bytes': '50000' } })
    const { memoryStore } = await import('../../../src/store/memory.js')
    const store = memoryStore()
    const error = await write(small, source(), { store }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ValidationError)
    expect((error as ValidationError).message).toMatch(/row 100000, column 'id'/)
    expect(store.files().size).toBe(0)
    expect(closed).toBe(true)
  })

  test('an abort part of the way', async () => {
    const abort = new AbortController()
    const { memoryStore } = await import('../../../src/store/memory.js')
    const store = memoryStore()
    let yielded = 0
    async function* source(): AsyncGenerator<object> {
      for (let i = 0; i < 10_000_000; i++) {
        yielded++
        if (i === 200_000) abort.abort(new Error('enough'))
        yield { id: i }
      }
    }
    const small = tableOf(schema, { properties: { 'write.target-file-size-bytes': '50000' } })
    const running = write(small, source(), { store, signal: abort.signal })
    await expect(running).rejects.toThrow(Aborted)
    expect(store.files().size).toBe(0)
    expect(yielded).toBeLessThan(220_000)
    const before = write(metadata, rows, { signal: abort.signal })
    await expect(before).rejects.toThrow(Aborted)
  })

  test('discard removes what was written', async () => {
    const result = await write(metadata, rows)
    expect(result.store.files().size).toBe(1)
    await result.discard()
    expect(result.store.files().size).toBe(0)
  })
})

test('progress is told', async () => {
  const seen: bigint[] = []
  await write(metadata, each(rows), { onProgress: ({ rows: count }) => seen.push(count) })
  expect(seen.at(-1)).toBe(3000n)
})
