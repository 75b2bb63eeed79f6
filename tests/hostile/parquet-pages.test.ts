/**
 * Damaged Parquet files: whatever the bytes, reading gives right-shaped columns or a typed error,
 * in bounded time, and never an error of the platform.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../src/env/limits.js'
import { MoraineError } from '../../src/errors.js'
import { readFooter } from '../../src/parquet/footer.js'
import { readColumnIndex, readOffsetIndex } from '../../src/parquet/page-index.js'
import { readRowGroup } from '../../src/parquet/read-row-group.js'
import { handFile, int32s, levels } from '../unit/parquet/handmade.js'
import { bytesSource, duckFile, valuesOf } from '../unit/parquet/read-support.js'

const limits = { ...defaultLimits, parquetPageBytes: 1 << 20 }
const golden = new URL('../golden/tables/', import.meta.url).pathname
let folder: string
let files: Uint8Array[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-hostile-'))
  const sql = `select i, case when i % 3 = 0 then null else 'text ' || i % 7 end s, case when i % 4 = 0 then null else [i, null] end l,
    {'a': i / 2.0, 'b': map {'k': i}} st, i % 2 = 0 b, (i * 1.1)::decimal(12, 2) d from range(200) t(i)`
  const variants = [
    'compression uncompressed',
    'compression snappy',
    'compression zstd',
    "parquet_version 'v2', dictionary_size_limit 1, compression uncompressed",
  ]
  files = await Promise.all(
    variants.map(async (options, i) =>
      readFileSync(await duckFile(join(folder, `${i}.parquet`), sql, options)),
    ),
  )
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Reads everything there is to read. Resolves to an error's code or 'read'. */
async function outcome(bytes: Uint8Array): Promise<string> {
  const source = bytesSource(bytes)
  try {
    const footer = await readFooter(source, { limits })
    for (const group of footer.rowGroups) {
      for (const [i, chunk] of group.columns.entries()) {
        await readOffsetIndex(source, chunk, group, { limits })
        await readColumnIndex(source, chunk, footer.leaves[i]!, { limits })
      }
      if (group.rows > 100_000) continue
      const batch = await readRowGroup(source, footer, { rowGroup: group.index, limits })
      expect(batch.numRows).toBe(group.rows)
      for (const data of batch.data.children) expect(valuesOf(data).length).toBe(group.rows)
    }
    return 'read'
  } catch (error) {
    if (error instanceof MoraineError) return error.code
    // The test's own decoder of texts is strict; ours must have been before it.
    throw error
  }
}

const allowed = ['read', 'CORRUPT_DATA', 'UNSUPPORTED', 'LIMIT_EXCEEDED']

test('truncated anywhere', async () => {
  for (const file of files) {
    for (let length = 0; length < file.length; length += 97) {
      expect(['CORRUPT_DATA', 'LIMIT_EXCEEDED']).toContain(await outcome(file.slice(0, length)))
    }
  }
})

test('with a flipped bit or a replaced byte anywhere', async () => {
  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 3 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat({ max: 255 }),
      async (which, place, byte) => {
        const file = files[which]!.slice()
        file[Math.floor(place * file.length)] = byte
        const found = await outcome(file)
        if (found !== 'read') refused++
        expect(allowed).toContain(found)
      },
    ),
    { numRuns: 1000 },
  )
  expect(refused).toBeGreaterThan(100)
})

test('with a stretch of garbage', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 3 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.uint8Array({ minLength: 2, maxLength: 60 }),
      async (which, place, garbage) => {
        const file = files[which]!.slice()
        const at = Math.floor(place * Math.max(1, file.length - garbage.length))
        file.set(garbage, at)
        expect(allowed).toContain(await outcome(file))
      },
    ),
    { numRuns: 600 },
  )
})

test('bytes all over a footer, one after the other', async () => {
  const file = readFileSync(
    join(
      golden,
      'parquet_layout/data/00000-0-a7e17c3d-faa6-45b6-93a5-a7cda6dc2891-0-00001.parquet',
    ),
  )
  const footerStart = file.length - 8 - file.readUInt32LE(file.length - 8)
  for (let at = footerStart; at < file.length; at += 13) {
    for (const byte of [0, 0xff, (file[at] as number) ^ 0x10]) {
      const copy = new Uint8Array(file)
      copy[at] = byte
      expect(allowed).toContain(await outcome(copy))
    }
  }
})

describe('pages that lie', () => {
  const dictionary = int32s(10, 20)
  const one = (pages: Parameters<typeof handFile>[0]['columns'][number]['pages'], values = 4) =>
    handFile({
      schema: [{ name: 'a', type: 'int32', repetition: 'optional' }],
      rows: values,
      columns: [{ path: ['a'], type: 'int32', values, pages }],
    })
  const present = levels([1, 1, 1, 1])
  const body = (...bytes: number[]) => Uint8Array.from([...present, ...bytes])

  test.each([
    [
      'an index outside the dictionary',
      [
        { kind: 'dictionary' as const, values: 2, body: dictionary },
        { values: 4, encoding: 8, body: body(2, 8, 2) },
      ],
    ],
    [
      'an index far outside',
      [
        { kind: 'dictionary' as const, values: 2, body: dictionary },
        { values: 4, encoding: 8, body: body(32, 8, 0xff, 0xff, 0xff, 0xff) },
      ],
    ],
    ['indices without a dictionary', [{ values: 4, encoding: 8, body: body(1, 8, 0) }]],
    [
      'a bit width of 33',
      [
        { kind: 'dictionary' as const, values: 2, body: dictionary },
        { values: 4, encoding: 8, body: body(33, 8, 0) },
      ],
    ],
    [
      'two dictionaries',
      [
        { kind: 'dictionary' as const, values: 2, body: dictionary },
        { kind: 'dictionary' as const, values: 2, body: dictionary },
        { values: 4, encoding: 8, body: body(1, 8, 0) },
      ],
    ],
    [
      'a dictionary longer than its page',
      [
        { kind: 'dictionary' as const, values: 1_000_000, body: dictionary },
        { values: 4, encoding: 8, body: body(1, 8, 0) },
      ],
    ],
    ['too few values', [{ values: 4, body: body(1, 0, 0, 0) }]],
    [
      'fewer values than the footer says',
      [{ values: 2, body: Uint8Array.from([...levels([1, 1]), ...int32s(1, 2)]) }],
    ],
    [
      'more values than the footer says',
      [
        {
          values: 5,
          body: Uint8Array.from([...levels([1, 1, 1, 1, 1]), ...int32s(1, 2, 3, 4, 5)]),
        },
      ],
    ],
    ['levels longer than the page', [{ values: 4, body: Uint8Array.of(255, 255, 255, 127, 1) }]],
    [
      'a level above its maximum',
      [{ values: 4, body: Uint8Array.of(2, 0, 0, 0, 8, 3, ...int32s(1, 2, 3, 4)) }],
    ],
    [
      'a run without an end',
      [{ values: 4, body: Uint8Array.of(5, 0, 0, 0, 255, 255, 255, 255, 255) }],
    ],
    [
      'delta with an endless block',
      [{ values: 4, encoding: 5, body: body(128, 255, 255, 255, 15, 4, 4, 0) }],
    ],
    ['delta with no mini-blocks', [{ values: 4, encoding: 5, body: body(128, 1, 0, 4, 0) }]],
    ['an unknown encoding', [{ values: 4, encoding: 77, body: body(1, 2, 3) }]],
  ])('%s', async (_, pages) => {
    expect(['CORRUPT_DATA', 'UNSUPPORTED']).toContain(await outcome(one(pages)))
  })

  test('a string that is not UTF-8, in one piece or cut between two values', async () => {
    const strings = (...values: number[][]) =>
      Uint8Array.from(values.flatMap((value) => [value.length, 0, 0, 0, ...value]))
    const file = (...values: number[][]) =>
      handFile({
        schema: [{ name: 's', type: 'bytes', repetition: 'required', converted: 0 }],
        rows: values.length,
        columns: [
          {
            path: ['s'],
            type: 'bytes',
            values: values.length,
            pages: [{ values: values.length, body: strings(...values) }],
          },
        ],
      })
    expect(await outcome(file([0xc3, 0xa9], [0x61]))).toBe('read')
    expect(await outcome(file([0xc3], [0xa9]))).toBe('CORRUPT_DATA')
    expect(await outcome(file([0x61], [0xff]))).toBe('CORRUPT_DATA')
  })

  test.each([
    ['parquetPageBytes', present.length + 16],
    ['parquetPageValues', 4],
  ])('%s at its edge', async (limit, size) => {
    const bytes = one([{ values: 4, body: body(...int32s(1, 2, 3, 4)) }])
    const read = async (max: number) => {
      const source = bytesSource(bytes)
      const footer = await readFooter(source, { limits })
      return readRowGroup(source, footer, { rowGroup: 0, limits: { ...limits, [limit]: max } })
    }
    expect((await read(size)).numRows).toBe(4)
    expect((await read(size + 1)).numRows).toBe(4)
    await expect(read(size - 1)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit, max: size - 1, actual: size },
    })
  })

  test('a few bytes that claim billions of values are refused', async () => {
    for (const values of [100_000_000, 2_000_000_000]) {
      const run = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x0f)
      const page = Uint8Array.of(6, 0, 0, 0, ...run, 1, 1, ...run, 0)
      const pages = [
        { kind: 'dictionary' as const, values: 2, body: dictionary },
        { values, encoding: 8, body: page },
      ]
      const source = bytesSource(one(pages, values))
      const footer = await readFooter(source, { limits })
      const before = process.memoryUsage().rss
      await expect(readRowGroup(source, footer, { rowGroup: 0, limits })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
      })
      expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024)
    }
  })

  test('a wrong checksum is noticed when asked for', async () => {
    const page = { values: 4, body: body(...int32s(1, 2, 3, 4)), crc: 12345 }
    const source = bytesSource(one([page]))
    const footer = await readFooter(source, { limits })
    const options = { rowGroup: 0, limits }
    expect((await readRowGroup(source, footer, options)).numRows).toBe(4)
    await expect(
      readRowGroup(source, footer, { ...options, checksums: true }),
    ).rejects.toMatchObject({
      code: 'CORRUPT_DATA',
    })
  })
})
