/** Rows chosen by ranges are the rows of a full read at those places, and other pages stay unread. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type RecordBatch, Table, tableToIPC } from 'apache-arrow'
import fc from 'fast-check'
import * as wasm from 'parquet-wasm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { compressImage, type PageCompressor } from '../../../src/parquet/compress-image.js'
import { readColumnIndex, readOffsetIndex } from '../../../src/parquet/page-index.js'
import type { RowRange } from '../../../src/parquet/raw-column.js'
import { readRowGroup } from '../../../src/parquet/read-row-group.js'
import { decodeStatistic } from '../../../src/parquet/statistics.js'
import { zstdPages } from '../../../src/parquet/zstd-pages.js'
import { bytesSource, columnsOf, duckFile, openFooter, readAll, readBytes } from './read-support.js'

const rows = 3000
const query = `
  select i, case when i % 3 = 0 then null else i * 10 end n, 'text ' || i s, case when i % 4 = 0 then null else repeat('x', (i % 7)::int) end o,
    i % 5 = 0 b, case when i % 6 = 0 then null else i % 2 = 0 end nb, (i % 13)::varchar cat, (i * 1.01)::decimal(20, 2) d,
    case when i % 5 = 0 then null when i % 5 = 1 then [] else [i, null] end l,
    {'a': case when i % 3 = 0 then null else i end, 'm': map {'k' || i: [i]}} st
  from range(${rows}) t(i)`

const limits = defaultLimits
let folder: string
/** Without an offset index, and with one and many small pages; those packed anew after encoding. */
let files: Map<string, Uint8Array>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-ranges-'))
  const plain = readBytes(await duckFile(join(folder, 'plain.parquet'), query))
  const paged = async (version: wasm.WriterVersion) => {
    const [batch] = await readAll(bytesSource(plain))
    const table = wasm.Table.fromIPCStream(tableToIPC(new Table([batch as RecordBatch]), 'stream'))
    const properties = new wasm.WriterPropertiesBuilder()
      .setCompression(wasm.Compression.UNCOMPRESSED)
      .setWriterVersion(version)
      .setDataPageSizeLimit(400)
      .setWriteBatchSize(50)
      .build()
    return wasm.writeParquet(table, properties)
  }
  const v1 = await paged(wasm.WriterVersion.V1)
  const v2 = await paged(wasm.WriterVersion.V2)
  const compress = (await zstdPages()) as PageCompressor
  files = new Map([
    ['plain', plain],
    ['paged v1', v1],
    ['paged v2', v2],
    ['packed v1', compressImage(v1, compress) as Uint8Array],
    ['packed v2', compressImage(v2, compress) as Uint8Array],
  ])
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const anyRanges = fc
  .uniqueArray(fc.integer({ min: 0, max: rows }), { minLength: 0, maxLength: 12 })
  .map((points) => {
    const sorted = points.sort((a, b) => a - b)
    const ranges: RowRange[] = []
    for (let i = 0; i + 1 < sorted.length; i += 2) {
      ranges.push({ start: sorted[i] as number, end: sorted[i + 1] as number })
    }
    return ranges
  })

describe.each(['plain', 'paged v1', 'paged v2', 'packed v1', 'packed v2'])('%s', (name) => {
  test('any ranges give the rows of a full read', async () => {
    const source = bytesSource(files.get(name) as Uint8Array)
    const footer = await openFooter(source)
    const full = columnsOf(await readAll(source))
    await fc.assert(
      fc.asyncProperty(anyRanges, async (rowRanges) => {
        const batch = await readRowGroup(source, footer, { rowGroup: 0, rowRanges, limits })
        const found = columnsOf([batch])
        for (const [column, values] of full) {
          const expected = rowRanges.flatMap(({ start, end }) => values.slice(start, end))
          if (!isDeepStrictEqual(found.get(column), expected)) {
            expect(found.get(column), column).toEqual(expected)
          }
        }
        expect(batch.numRows).toBe(rowRanges.reduce((sum, r) => sum + r.end - r.start, 0))
      }),
      { numRuns: 25 },
    )
  })

  test('strings as dictionaries and parquet-wasm take ranges too', async () => {
    const source = bytesSource(files.get(name) as Uint8Array)
    const footer = await openFooter(source)
    const rowRanges = [
      { start: 10, end: 12 },
      { start: 1500, end: 1501 },
    ]
    const expected = ['text 10', 'text 11', 'text 1500']
    for (const options of [{ strings: 'dictionary' }, { engine: 'wasm' }] as const) {
      const batch = await readRowGroup(source, footer, {
        rowGroup: 0,
        rowRanges,
        limits,
        ...options,
      })
      expect(columnsOf([batch]).get('s')).toEqual(expected)
    }
  })
})

test('only the pages that hold wanted rows are read', async () => {
  const sql = 'select repeat(md5(i::varchar), 20) s from range(4000) t(i)'
  const [batch] = await readAll(
    bytesSource(readBytes(await duckFile(join(folder, 'w.parquet'), sql))),
  )
  const table = wasm.Table.fromIPCStream(tableToIPC(new Table([batch as RecordBatch]), 'stream'))
  const properties = new wasm.WriterPropertiesBuilder().setDictionaryEnabled(false).build()
  const source = bytesSource(wasm.writeParquet(table, properties))
  const footer = await openFooter(source)
  source.reads.length = 0
  const rowRanges = [
    { start: 1000, end: 1001 },
    { start: 3999, end: 4000 },
  ]
  const found = await readRowGroup(source, footer, { rowGroup: 0, rowRanges, limits })
  const full = columnsOf([batch as RecordBatch]).get('s')
  expect(columnsOf([found]).get('s')).toEqual([full?.[1000], full?.[3999]])
  const bytes = source.reads.reduce((sum, { start, end }) => sum + end - start, 0)
  expect(bytes).toBeLessThan((footer.rowGroups[0]?.compressedBytes ?? 0) * 0.75)
})

test('ranges out of order, overlapping or too far are refused', async () => {
  const source = bytesSource(files.get('plain') as Uint8Array)
  const footer = await openFooter(source)
  for (const rowRanges of [
    [{ start: 5, end: 4 }],
    [
      { start: 5, end: 8 },
      { start: 7, end: 9 },
    ],
    [{ start: 0, end: rows + 1 }],
    [{ start: -1, end: 2 }],
    [{ start: 0.5, end: 2 }],
  ]) {
    await expect(
      readRowGroup(source, footer, { rowGroup: 0, rowRanges, limits }),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  }
})

test('the column index bounds its pages', async () => {
  const source = bytesSource(files.get('paged v2') as Uint8Array)
  const footer = await openFooter(source)
  const [group] = footer.rowGroups
  const full = columnsOf(await readAll(source))
  const [chunk, leaf] = [group!.columns[1]!, footer.leaves[1]!]
  const offsets = await readOffsetIndex(source, chunk, group!, { limits })
  const index = await readColumnIndex(source, chunk, leaf, { limits })
  expect(offsets?.pages.length).toBeGreaterThan(5)
  expect(index?.min.length).toBe(offsets?.pages.length)
  expect(index?.boundaryOrder).toBe('ascending')
  offsets?.pages.forEach((page, i) => {
    const values = (full.get('n') as (bigint | null)[]).slice(
      page.firstRow,
      page.firstRow + page.rows,
    )
    const present = values.filter((value) => value !== null)
    expect(index?.nullCounts?.[i]).toBe(values.length - present.length)
    expect(decodeStatistic(index?.min[i] as Uint8Array, leaf)).toBe(present[0])
    expect(decodeStatistic(index?.max[i] as Uint8Array, leaf)).toBe(present[present.length - 1])
  })
})

test('a file without page index has none', async () => {
  const source = bytesSource(files.get('plain') as Uint8Array)
  const footer = await openFooter(source)
  const [group] = footer.rowGroups
  expect(await readOffsetIndex(source, group!.columns[0]!, group!, { limits })).toBeUndefined()
  expect(
    await readColumnIndex(source, group!.columns[0]!, footer.leaves[0]!, { limits }),
  ).toBeUndefined()
})
