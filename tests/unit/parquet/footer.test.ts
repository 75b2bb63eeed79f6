import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits, type Limits } from '../../../src/env/limits.js'
import { readFooter } from '../../../src/parquet/footer.js'
import type { ParquetFooter, SchemaNode } from '../../../src/parquet/model.js'
import { decodeStatistic } from '../../../src/parquet/statistics.js'
import { handFile, int32s } from './handmade.js'
import { bytesSource, duckFile, fileSource } from './read-support.js'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-footer-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function footerOf(sql: string, options = ''): Promise<ParquetFooter> {
  const path = await duckFile(join(folder, 'f.parquet'), sql, options)
  return readFooter(fileSource(path), { limits: defaultLimits })
}

const tiny = () =>
  handFile({
    schema: [{ name: 'a', type: 'int32', repetition: 'required' }],
    rows: 2,
    columns: [
      { path: ['a'], type: 'int32', values: 2, pages: [{ values: 2, body: int32s(1, 2) }] },
    ],
  })

test('rows, writer, schema tree, levels and chunks', async () => {
  const footer = await footerOf(
    "select i, {'x': [i], 'y': {'z': 'a'}} s from range(5000) t(i)",
    "row_group_size 2048, compression snappy, kv_metadata {who: 'me'}",
  )
  expect(footer.rows).toBe(5000)
  expect(footer.createdBy).toMatch(/DuckDB/)
  expect(footer.keyValue.get('who')).toBe('me')
  expect(footer.rowGroups.map((group) => [group.rows, group.firstRow])).toEqual([
    [2048, 0],
    [2048, 2048],
    [904, 4096],
  ])
  const levels = footer.leaves.map((leaf) => [
    leaf.path.join('.'),
    leaf.maxDefinition,
    leaf.maxRepetition,
  ])
  expect(levels).toEqual([
    ['i', 1, 0],
    ['s.x.list.element', 4, 1],
    ['s.y.z', 3, 0],
  ])
  const s = footer.root.children[1] as SchemaNode
  expect([s.leafIndex, s.leafCount]).toEqual([1, 2])
  const chunk = footer.rowGroups[1]?.columns[0]
  expect(chunk).toMatchObject({ codec: 'snappy', physical: 'INT64', values: 2048, leafIndex: 0 })
  expect((chunk?.end ?? 0) - (chunk?.start ?? 0)).toBe(chunk?.compressedBytes)
})

test('a footer longer than the first read takes a second one', async () => {
  const columns = Array.from({ length: 1500 }, (_, i) => `${i} c${'x'.repeat(40)}${i}`)
  const path = await duckFile(join(folder, 'wide.parquet'), `select ${columns.join(', ')}`)
  const source = fileSource(path)
  const reads: number[] = []
  const counted = {
    ...source,
    read: (start: number, end: number) => {
      reads.push(end - start)
      return source.read(start, end)
    },
  }
  const footer = await readFooter(counted, { limits: defaultLimits })
  expect(footer.footerBytes).toBeGreaterThan(65_536)
  expect(footer.leaves.length).toBe(1500)
  expect(reads).toEqual([65_536, footer.footerBytes])
})

describe('statistics', () => {
  const bounds = async (sql: string) => {
    const footer = await footerOf(sql)
    const [chunk] = footer.rowGroups[0]?.columns ?? []
    const leaf = footer.leaves[0] as SchemaNode
    const decode = (bytes: Uint8Array | undefined) => bytes && decodeStatistic(bytes, leaf)
    const { statistics } = chunk ?? {}
    return { ...statistics, min: decode(statistics?.min), max: decode(statistics?.max) }
  }

  test('of numbers, signed and not', async () => {
    expect(await bounds('select unnest([-5, 3, null, 9])::integer')).toMatchObject({
      min: -5,
      max: 9,
      nullCount: 1,
      minExact: true,
    })
    expect(await bounds('select unnest([5, 4000000000])::uinteger')).toMatchObject({
      min: 5,
      max: 4000000000,
    })
    expect(await bounds('select unnest([-5, 9223372036854775807])::bigint')).toMatchObject({
      min: -5n,
      max: 9223372036854775807n,
    })
  })

  test('a zero bound of a floating-point column covers both zeros', async () => {
    const { min, max } = await bounds('select unnest([0.0, 0.0])::double')
    expect(min).toBe(-0)
    expect(max).toBe(0)
  })

  test('with NaN are dropped', async () => {
    const stats = (low: number, high: number) =>
      new Map([
        [5, { type: 8, value: new Uint8Array(Float64Array.of(high).buffer) }],
        [6, { type: 8, value: new Uint8Array(Float64Array.of(low).buffer) }],
      ])
    const read = async (low: number, high: number) => {
      const bytes = handFile({
        schema: [{ name: 'a', type: 'double', repetition: 'required' }],
        rows: 1,
        columns: [
          {
            path: ['a'],
            type: 'double',
            values: 1,
            pages: [{ values: 1, body: new Uint8Array(8) }],
            statistics: stats(low, high),
          },
        ],
      })
      const footer = await readFooter(bytesSource(bytes), { limits: defaultLimits })
      return footer.rowGroups[0]?.columns[0]?.statistics
    }
    expect((await read(1, Number.NaN))?.min).toBeUndefined()
    expect((await read(Number.NaN, 2))?.max).toBeUndefined()
    expect((await read(1, 2))?.max).toEqual(new Uint8Array(Float64Array.of(2).buffer))
  })

  test('of old writers count only where signed order is right', async () => {
    const legacy = new Map([
      [1, { type: 8, value: Uint8Array.of(9, 0, 0, 0) }],
      [2, { type: 8, value: Uint8Array.of(1, 0, 0, 0) }],
    ])
    const read = async (type: 'int32' | 'bytes', converted?: number) => {
      const bytes = handFile({
        schema: [{ name: 'a', type, repetition: 'required', ...(converted ? { converted } : {}) }],
        rows: 1,
        columns: [
          {
            path: ['a'],
            type,
            values: 1,
            pages: [{ values: 1, body: int32s(0) }],
            statistics: legacy,
          },
        ],
      })
      const footer = await readFooter(bytesSource(bytes), { limits: defaultLimits })
      return footer.rowGroups[0]?.columns[0]?.statistics?.min
    }
    expect(await read('int32')).toEqual(Uint8Array.of(1, 0, 0, 0))
    expect(await read('int32', 13)).toBeUndefined()
    expect(await read('bytes')).toBeUndefined()
  })
})

describe('what is no sound footer', () => {
  const refuse = (bytes: Uint8Array, limits: Limits = defaultLimits) =>
    readFooter(bytesSource(bytes), { limits }).catch((error: unknown) => error)

  test('an empty file, a short one, another format', async () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(11), new Uint8Array(500)]) {
      expect(await refuse(bytes)).toMatchObject({ code: 'CORRUPT_DATA' })
    }
  })

  test('an encrypted one is named', async () => {
    const bytes = tiny()
    bytes.set(new TextEncoder().encode('PARE'), bytes.length - 4)
    expect(await refuse(bytes)).toMatchObject({ feature: 'parquet-encryption' })
  })

  test('a footer that claims more than the file', async () => {
    const bytes = tiny()
    new DataView(bytes.buffer).setUint32(bytes.length - 8, 0x7fffffff, true)
    expect(await refuse(bytes)).toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test('parquetFooterBytes at its edge', async () => {
    const bytes = tiny()
    const size = new DataView(bytes.buffer).getUint32(bytes.length - 8, true)
    const at = (parquetFooterBytes: number) =>
      refuse(bytes, { ...defaultLimits, parquetFooterBytes })
    expect(await at(size)).toMatchObject({ rows: 2 })
    expect(await at(size + 1)).toMatchObject({ rows: 2 })
    expect(await at(size - 1)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'parquetFooterBytes', max: size - 1, actual: size },
    })
  })

  test('rows that do not add up, chunks outside the data, columns that do not match', async () => {
    const patched = (change: (footer: Map<number, { type: number; value: never }>) => void) =>
      handFile({
        schema: [{ name: 'a', type: 'int32', repetition: 'required' }],
        rows: 1,
        columns: [
          { path: ['a'], type: 'int32', values: 1, pages: [{ values: 1, body: int32s(1) }] },
        ],
        patch: change as never,
      })
    const set = (footer: Map<number, unknown>, id: number, value: unknown) =>
      footer.set(id, { type: 6, value })
    type Tree = Map<number, { value: unknown }>
    const items = (field: { value: unknown } | undefined) =>
      (field as { value: { items: Tree[] } }).value.items
    const group = (footer: Tree) => items(footer.get(4))[0] as Tree
    const meta = (footer: Tree) =>
      items(group(footer).get(1))[0]?.get(3)?.value as Map<number, unknown>
    for (const change of [
      (f: never) => set(f, 3, 2n),
      (f: never) => set(f, 3, -1n),
      (f: never) => set(group(f) as never, 3, 7n),
      (f: never) => meta(f).set(9, { type: 6, value: 1_000_000n }),
      (f: never) => meta(f).set(9, { type: 6, value: -5n }),
      (f: never) => meta(f).set(7, { type: 6, value: 1n << 60n }),
      (f: never) => meta(f).set(1, { type: 5, value: 2 }),
      (f: never) => meta(f).set(5, { type: 6, value: 5n }),
      (f: never) => meta(f).set(4, { type: 8, value: new Uint8Array(1) }),
      (f: Map<number, unknown>) => f.delete(2),
      (f: Map<number, unknown>) => f.delete(4),
    ]) {
      expect(await refuse(patched(change as never)), String(change)).toMatchObject({
        code: 'CORRUPT_DATA',
      })
    }
  })
})
