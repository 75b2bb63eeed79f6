import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { Data, RecordBatch } from 'apache-arrow'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { MoraineError } from '../../../src/errors.js'
import { batchBuffers } from '../../../src/parquet/batch-buffers.js'
import type { ByteSource } from '../../../src/parquet/contract.js'
import type { DecodePool } from '../../../src/parquet/decode-pool.js'
import { createPool, sharedPool } from '../../../src/parquet/pool.js'
import { splitTask } from '../../../src/parquet/pool-split.js'
import { readRowGroup } from '../../../src/parquet/read-row-group.js'
import {
  bytesSource,
  columnsOf,
  duckFile,
  fileSource,
  openFooter,
  readAll,
  readBytes,
} from './read-support.js'

const limits = defaultLimits
let folder: string
let path: string
let expected: unknown[]
let pool: DecodePool | undefined

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-pool-'))
  path = await duckFile(
    join(folder, 'pool.parquet'),
    `select i, md5(i::varchar) || md5((i + 1)::varchar) h, case when i % 3 = 0 then null else hash(i) end n, [i, null] l, {'a': i, 'b': 'x' || i} s
     from range(40000) t(i)`,
    'row_group_size 10240, compression snappy',
  )
  expected = (await readAll(fileSource(path))).map(buffersOf)
})

afterEach(async () => {
  await pool?.close()
  pool = undefined
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function readWith(used: DecodePool, source: ByteSource): Promise<boolean> {
  const footer = await openFooter(source)
  const batches = await Promise.all(
    footer.rowGroups.map(({ index }) =>
      readRowGroup(source, footer, { rowGroup: index, pool: used, limits }),
    ),
  )
  return isDeepStrictEqual(batches.map(buffersOf), expected)
}

/** What a batch is made of: compares far faster than its values. */
function buffersOf(batch: RecordBatch): unknown {
  const parts = (data: Data): unknown => [
    data.length,
    data.nullCount,
    data.values,
    data.valueOffsets,
    data.nullBitmap,
    data.children.map(parts),
  ]
  return batch.data.children.map(parts)
}

describe.each([0, 1, 2])('%i workers', (workers) => {
  test('read what this thread reads, from local files and from ranges', async () => {
    pool = createPool({ workers })
    expect(pool.size).toBe(Math.max(1, workers))
    expect(await readWith(pool, fileSource(path, { local: true }))).toBe(true)
    expect(await readWith(pool, fileSource(path))).toBe(true)
    const bytes = readBytes(path)
    expect(await readWith(pool, bytesSource(bytes))).toBe(true)
    // The source's own memory is not taken away from it.
    expect(bytes.length).toBe(fileSource(path).sizeBytes)
    expect(await readWith(pool, bytesSource(bytes))).toBe(true)
  })

  test('give no rows as often as they are asked to', async () => {
    pool = createPool({ workers })
    const source = fileSource(path, { local: true })
    const footer = await openFooter(source)
    for (let round = 0; round < 3; round++) {
      const batch = await readRowGroup(source, footer, { rowGroup: 0, rowRanges: [], pool, limits })
      expect([batch.numRows, batch.numCols]).toEqual([0, 5])
    }
    expect(await readWith(pool, source)).toBe(true)
  })

  test('decode with parquet-wasm too', async () => {
    pool = createPool({ workers })
    const source = fileSource(path, { local: true })
    const footer = await openFooter(source)
    const options = { rowGroup: 1, pool, limits, engine: 'wasm' } as const
    const batch = await readRowGroup(source, footer, options)
    const ours = await readRowGroup(source, footer, { rowGroup: 1, pool, limits })
    expect(columnsOf([batch]).get('s')).toEqual(columnsOf([ours]).get('s'))
  })

  test('hand on typed errors with their details, and go on', async () => {
    pool = createPool({ workers })
    const bytes = readBytes(path)
    const footer = await openFooter(bytesSource(bytes))
    const chunk = footer.rowGroups[0]!.columns[1]!
    const broken = bytes.slice().fill(0xff, chunk.start + 40, chunk.end)
    const options = { rowGroup: 0, pool, limits }
    await expect(readRowGroup(bytesSource(broken), footer, options)).rejects.toMatchObject({
      name: 'CorruptData',
      code: 'CORRUPT_DATA',
      details: { column: 'h' },
    })
    const small = { ...limits, parquetPageBytes: 100 }
    await expect(
      readRowGroup(bytesSource(bytes), footer, { ...options, limits: small }),
    ).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED', details: { limit: 'parquetPageBytes' } })
    expect(await readWith(pool, bytesSource(bytes))).toBe(true)
  })

  test('give up when the signal fires', async () => {
    pool = createPool({ workers })
    const source = fileSource(path, { local: true })
    const footer = await openFooter(source)
    const early = AbortSignal.abort('no more')
    await expect(
      readRowGroup(source, footer, { rowGroup: 0, pool, limits, signal: early }),
    ).rejects.toMatchObject({ code: 'ABORTED' })
    const controller = new AbortController()
    const reads = footer.rowGroups.map(({ index }) =>
      readRowGroup(source, footer, {
        rowGroup: index,
        pool: pool!,
        limits,
        signal: controller.signal,
      }),
    )
    controller.abort()
    const results = await Promise.allSettled(reads)
    const reasons = results.filter((result) => result.status === 'rejected')
    expect(reasons.length).toBeGreaterThan(0)
    for (const { reason } of reasons) expect(reason).toMatchObject({ code: 'ABORTED' })
    expect(await readWith(pool, source)).toBe(true)
  })

  test('reuse buffers that are handed back', async () => {
    pool = createPool({ workers })
    const source = fileSource(path, { local: true })
    const footer = await openFooter(source)
    for (let round = 0; round < 3; round++) {
      for (const { index } of footer.rowGroups) {
        const batch = await readRowGroup(source, footer, { rowGroup: index, pool, limits })
        expect(isDeepStrictEqual(buffersOf(batch), expected[index])).toBe(true)
        const buffers = batchBuffers(batch)
        expect(buffers.length).toBeGreaterThan(5)
        pool.recycle(buffers)
      }
    }
  })
})

test('closing rejects what waits, and the pool can be used again', async () => {
  pool = createPool({ workers: 1 })
  const source = fileSource(path, { local: true })
  const footer = await openFooter(source)
  const reads = footer.rowGroups.map(({ index }) =>
    readRowGroup(source, footer, { rowGroup: index, pool: pool!, limits }),
  )
  const settled = Promise.allSettled(reads)
  await pool.close()
  for (const result of await settled) {
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ABORTED' })
  }
  expect(await readWith(pool, source)).toBe(true)
})

test('a file that changed under the reader is noticed', async () => {
  pool = createPool({ workers: 1 })
  const copy = join(folder, 'copy.parquet')
  writeFileSync(copy, readBytes(path))
  const source = fileSource(copy, { local: true })
  const footer = await openFooter(source)
  truncateSync(copy, 100)
  const options = { rowGroup: 0, pool, limits }
  await expect(readRowGroup(source, footer, options)).rejects.toMatchObject({
    code: 'CORRUPT_DATA',
  })
  rmSync(copy)
  await expect(readRowGroup(source, footer, options)).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

test('the shared pool is one, and lets the process end', () => {
  expect(sharedPool()).toBe(sharedPool())
  const built = (file: string) =>
    pathToFileURL(new URL(`../../../dist/${file}`, import.meta.url).pathname).href
  const script = `
    import { openSync, fstatSync, readSync } from 'node:fs'
    const { readFooter } = await import(${JSON.stringify(built('parquet/footer.js'))})
    const { readRowGroup } = await import(${JSON.stringify(built('parquet/read-row-group.js'))})
    const { sharedPool } = await import(${JSON.stringify(built('parquet/pool.js'))})
    const { defaultLimits: limits } = await import(${JSON.stringify(built('env/limits.js'))})
    const localPath = ${JSON.stringify(path)}
    const fd = openSync(localPath, 'r')
    const read = async (start, end) => { const b = new Uint8Array(end - start); readSync(fd, b, 0, b.length, start); return b }
    const source = { path: localPath, localPath, sizeBytes: fstatSync(fd).size, read }
    const footer = await readFooter(source, { limits })
    const batch = await readRowGroup(source, footer, { rowGroup: 0, pool: sharedPool(), limits })
    console.log(batch.numRows)`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 240_000,
    encoding: 'utf8',
  })
  expect(out.trim()).toBe('10240')
})

test('a task is divided by columns into parts of about the same size', async () => {
  const source = fileSource(path)
  const footer = await openFooter(source)
  let seen: Parameters<DecodePool['decode']>[1] | undefined
  const spy: DecodePool = {
    ...createPool({ workers: 0 }),
    size: 1,
    decode: async (_, task) => {
      seen = task
      throw new Stop('enough')
    },
  }
  await expect(
    readRowGroup(source, footer, { rowGroup: 0, pool: spy, limits }),
  ).rejects.toBeInstanceOf(Stop)
  const parts = splitTask(seen!, 2)
  expect(parts.length).toBe(2)
  expect(parts.flatMap((part) => part.columns).sort()).toEqual([0, 1, 2, 3, 4])
  for (const { task, columns } of parts) expect(task.nodes.length).toBe(columns.length)
  expect(splitTask(seen!, 1)[0]?.task).toBe(seen)
})

class Stop extends MoraineError {
  readonly code = 'INTERNAL_BUG'
}
