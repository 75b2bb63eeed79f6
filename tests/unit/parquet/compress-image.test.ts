/** Pages packed after encoding: the same rows for every reader, and the same sizes in every place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import {
  Bool,
  Field,
  Float64,
  Int64,
  List,
  Table,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import * as wasm from 'parquet-wasm'
import { describe, expect, test } from 'vitest'
import { compressImage, type PageCompressor } from '../../../src/parquet/compress-image.js'
import { encodeRowGroup } from '../../../src/parquet/write-encode.js'
import { zstdPages } from '../../../src/parquet/zstd-pages.js'

const ROWS = 2000
const compress = (await zstdPages()) as PageCompressor

/** Nulls, lists, texts of few and of many values, and a column of nothing but nulls. */
function request(pageVersion: 1 | 2) {
  const numbers = Array.from({ length: ROWS }, (_, i) => i)
  const table = new Table({
    id: vectorFromArray(numbers.map(BigInt), new Int64()),
    amount: vectorFromArray(
      numbers.map((i) => (i % 3 === 0 ? null : i / 7)),
      new Float64(),
    ),
    city: vectorFromArray(
      numbers.map((i) => `city ${i % 5}`),
      new Utf8(),
    ),
    note: vectorFromArray(
      numbers.map((i) => (i % 4 === 0 ? null : `note ${i} ${'é'.repeat(i % 9)}`)),
      new Utf8(),
    ),
    tags: vectorFromArray(
      numbers.map((i) => (i % 5 === 0 ? null : Array.from({ length: i % 3 }, (_, k) => i + k / 2))),
      new List(new Field('element', new Float64(), true)),
    ),
    never: vectorFromArray(
      numbers.map(() => null),
      new Bool(),
    ),
  })
  const options = {
    codec: 'zstd' as const,
    pageVersion,
    plainColumns: ['note'],
    pageBytes: 2000,
    dictionaryBytes: 1 << 20,
  }
  return { ipc: tableToIPC(table, 'stream'), rows: ROWS, options }
}

async function duckRows(bytes: Uint8Array): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'moraine-packed-'))
  const file = join(folder, 'image.parquet')
  writeFileSync(file, bytes)
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    const query = `SELECT id::INTEGER id, amount, city, note, tags, never FROM '${file}' ORDER BY id`
    return (await connection.runAndReadAll(query)).getRowObjectsJson()
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(folder, { recursive: true, force: true })
  }
}

function hyparquetRows(bytes: Uint8Array): Promise<unknown> {
  const file = bytes.slice().buffer
  return parquetReadObjects({ file, compressors })
}

describe('pages packed after encoding', () => {
  test.each([1, 2] as const)('give the rows of parquet-wasm, pages of version %i', async (v) => {
    const own = encodeRowGroup(wasm, request(v))
    const packed = encodeRowGroup(wasm, request(v), compress)
    expect(packed).not.toEqual(own)
    const duck = await duckRows(packed)
    expect(duck).toHaveLength(ROWS)
    expect(duck).toEqual(await duckRows(own))
    expect(await hyparquetRows(packed)).toEqual(await hyparquetRows(own))
  })

  test('the footer tells the sizes that the chunks have', () => {
    const packed = encodeRowGroup(wasm, request(1), compress)
    const [group] = parquetMetadata(packed.slice().buffer).row_groups
    const chunks = (group?.columns ?? []).map(({ meta_data: meta }) => ({
      codec: meta?.codec,
      start: Number(meta?.dictionary_page_offset ?? meta?.data_page_offset),
      bytes: Number(meta?.total_compressed_size),
    }))
    expect(chunks.map(({ codec }) => codec)).toEqual(chunks.map(() => 'ZSTD'))
    // Each begins where the one before it ends.
    for (const [at, { start, bytes }] of chunks.slice(0, -1).entries()) {
      expect(chunks[at + 1]?.start).toBe(start + bytes)
    }
    const total = chunks.reduce((sum, { bytes }) => sum + bytes, 0)
    expect(Number(group?.total_compressed_size)).toBe(total)
  })

  test('a page that is too large for it is left to parquet-wasm', () => {
    const refusing: PageCompressor = (bytes) => (bytes.length > 1500 ? undefined : compress(bytes))
    const image = encodeRowGroup(wasm, {
      ...request(1),
      options: { ...request(1).options, codec: 'uncompressed' },
    })
    expect(compressImage(image, refusing)).toBeUndefined()
    expect(encodeRowGroup(wasm, request(1), refusing)).toEqual(encodeRowGroup(wasm, request(1)))
  })

  test('other codecs are not touched', () => {
    const snappy = { ...request(1), options: { ...request(1).options, codec: 'snappy' as const } }
    expect(encodeRowGroup(wasm, snappy, compress)).toEqual(encodeRowGroup(wasm, snappy))
  })
})
