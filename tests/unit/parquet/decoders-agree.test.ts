/**
 * Two decoders that share no code for pages, levels and encodings read the same values: ours and
 * parquet-wasm. The corpus is Parquet files of the golden tables (written by parquet-mr through
 * Spark and Iceberg), files that DuckDB writes, and files of parquet-wasm's writer.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type RecordBatch, Table, tableToIPC } from 'apache-arrow'
import * as wasm from 'parquet-wasm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Unsupported } from '../../../src/errors.js'
import type { ByteSource } from '../../../src/parquet/contract.js'
import {
  bytesSource,
  columnsOf,
  duckFile,
  fileSource,
  openFooter,
  readAll,
} from './read-support.js'

const golden = new URL('../../golden/', import.meta.url).pathname
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-agree-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Reads a file both ways and compares schemas and values. Returns the number of rows. */
async function compare(source: ByteSource): Promise<number> {
  const ours = await readAll(source, { engine: 'typescript' })
  const theirs = await readAll(source, { engine: 'wasm' })
  expect(ours.map((batch) => String(batch.schema))).toEqual(theirs.map((b) => String(b.schema)))
  const ourColumns = columnsOf(ours)
  for (const [name, values] of columnsOf(theirs)) {
    const same = isDeepStrictEqual(ourColumns.get(name), values)
    if (!same) expect(ourColumns.get(name), `${source.path} column ${name}`).toEqual(values)
    expect(same).toBe(true)
  }
  return ours.reduce((rows, batch) => rows + batch.numRows, 0)
}

describe('golden files', () => {
  const perTable = new Map<string, number>()
  // The files of one table are alike: a few of each table show all there is.
  const files = readdirSync(golden, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.parquet'))
    .sort()
    .filter((file) => {
      const table = file.split('/').slice(0, 2).join('/')
      perTable.set(table, (perTable.get(table) ?? 0) + 1)
      return (perTable.get(table) ?? 0) <= 5
    })

  test('agree', async () => {
    expect(files.length).toBeGreaterThan(150)
    let rows = 0
    for (const file of files) {
      const source = fileSource(join(golden, file))
      try {
        rows += await compare(source)
      } catch (error) {
        // INT96 is read by our decoder only.
        if (!(error instanceof Unsupported) || error.feature !== 'parquet-wasm-int96') throw error
      }
    }
    expect(rows).toBeGreaterThan(1000)
  })
})

const mixed = `
  select i::bigint id, case when i % 7 = 3 then null else (i * 31 % 1000)::integer end small,
    (i % 100)::tinyint t, (i % 200)::utinyint ut, (i % 30000)::smallint s, (i % 65536)::usmallint us, (i * 429496)::uinteger ui,
    (i * 1234567890123)::ubigint ub, i / 7.0 d, (i / 3.0)::float f, i % 3 = 0 b, case when i % 11 = 0 then null else i % 2 = 0 end nb,
    'text ' || (i % 50) txt, case when i % 5 = 0 then null else repeat('é' || i, (i % 9)::int) end long, ('\\x' || (i % 90 + 10))::blob bin,
    (i * 1.01)::decimal(9, 2) d9, (-i * 1.001)::decimal(18, 3) d18, (i * 123456789.123)::decimal(38, 4) d38,
    date '1960-01-01' + (i * 10)::int dt, time '00:00:00' + to_microseconds(i * 1000001 % 86400000000) tm,
    timestamp '1955-01-01' + to_microseconds(i * 86400000123) ts, (timestamp '2001-01-01' + to_microseconds(i * 997))::timestamp_ns tns,
    (timestamp '1969-01-01' + to_microseconds(i * 13))::timestamptz tz, uuid() u
  from range(ROWS) t(i)`

const nested = `
  select i, case when i % 5 = 0 then null when i % 5 = 1 then [] else [i, null, i + 1] end l,
    case when i % 4 = 0 then null else {'a': case when i % 3 = 0 then null else i end, 'b': 'x' || i, 'c': {'d': i / 2.0, 'e': [i]}} end s,
    case when i % 6 = 0 then null when i % 6 = 1 then map {} else map {'k' || i: case when i % 2 = 0 then null else i end, 'z': 0} end m,
    case when i % 7 = 0 then null else [[i], [], null, [null, i]] end ll,
    [{'x': i, 'y': case when i % 3 = 0 then null else ['p', null, 'q' || i] end}, null] ls,
    map {i: [{'v': i}, {'v': null}], i + 100000: null} ml
  from range(ROWS) t(i)`

describe('files of DuckDB', () => {
  const cases: [string, string, string][] = [
    ['snappy', mixed, 'compression snappy'],
    ['zstd', mixed, 'compression zstd'],
    ['gzip', mixed, 'compression gzip'],
    ['brotli', mixed, 'compression brotli'],
    ['lz4', mixed, 'compression lz4_raw'],
    ['plain', mixed, 'compression uncompressed, dictionary_size_limit 1'],
    ['v2', mixed, "parquet_version 'v2', dictionary_size_limit 1"],
    ['v2-dictionary', mixed, "parquet_version 'v2', compression zstd"],
    ['small-groups', mixed, 'row_group_size 2048'],
    ['nested', nested, 'compression zstd'],
    ['nested-v2', nested, "parquet_version 'v2', dictionary_size_limit 1"],
    ['nested-small-groups', nested, 'row_group_size 2048'],
  ]
  test.each(cases)('%s', async (name, query, options) => {
    const path = await duckFile(
      join(folder, `${name}.parquet`),
      query.replace('ROWS', '2000'),
      options,
    )
    expect(await compare(fileSource(path))).toBe(2000)
  })

  test.each([0, 1, 8, 33])('%i rows', async (rows) => {
    for (const query of [mixed, nested]) {
      const path = await duckFile(join(folder, 'few.parquet'), query.replace('ROWS', String(rows)))
      expect(await compare(fileSource(path))).toBe(rows)
    }
  })
})

describe('files of parquet-wasm', () => {
  async function arrowOf(query: string): Promise<Uint8Array> {
    const path = await duckFile(join(folder, 'source.parquet'), query)
    const [batch] = await readAll(fileSource(path))
    return tableToIPC(new Table([batch as RecordBatch]), 'stream')
  }

  type Builder = wasm.WriterPropertiesBuilder
  const encodings: [string, (builder: Builder) => Builder][] = [
    ['default', (b) => b],
    ['v2', (b) => b.setWriterVersion(wasm.WriterVersion.V2)],
    [
      'v2 without dictionaries',
      (b) => b.setWriterVersion(wasm.WriterVersion.V2).setDictionaryEnabled(false),
    ],
    [
      'v2 zstd',
      (b) => b.setWriterVersion(wasm.WriterVersion.V2).setCompression(wasm.Compression.ZSTD),
    ],
    ['small pages', (b) => b.setDataPageSizeLimit(512).setWriteBatchSize(64)],
    ['a dictionary given up', (b) => b.setDictionaryPageSizeLimit(256).setWriteBatchSize(64)],
    ['lz4', (b) => b.setCompression(wasm.Compression.LZ4)],
    ['lz4_raw', (b) => b.setCompression(wasm.Compression.LZ4_RAW)],
    ['gzip', (b) => b.setCompression(wasm.Compression.GZIP)],
    ['several groups', (b) => b.setMaxRowGroupSize(400)],
  ]
  test.each(encodings)('%s', async (_, configure) => {
    for (const query of [mixed, nested]) {
      const ipc = await arrowOf(query.replace('ROWS', '1500'))
      const properties = configure(new wasm.WriterPropertiesBuilder()).build()
      const bytes = wasm.writeParquet(wasm.Table.fromIPCStream(ipc), properties)
      expect(await compare(bytesSource(bytes))).toBe(1500)
    }
  })

  test.each([
    [
      'delta',
      wasm.Encoding.DELTA_BINARY_PACKED,
      'select (i * i * 7919 - 4000000000 * (i % 3))::bigint a, (i * 7919 % 65000 - 30000)::integer b, case when i % 4 = 0 then null else -i end c from range(4000) t(i)',
    ],
    [
      'delta lengths',
      wasm.Encoding.DELTA_LENGTH_BYTE_ARRAY,
      "select repeat('ab' || i, (i % 20)::int) a, case when i % 3 = 0 then null else 'é' || i end b from range(4000) t(i)",
    ],
    [
      'delta strings',
      wasm.Encoding.DELTA_BYTE_ARRAY,
      "select 'prefix ' || (i // 10) || ' x ' || i a, case when i % 3 = 0 then null else 'é' || i end b from range(4000) t(i)",
    ],
    [
      'byte stream split',
      wasm.Encoding.BYTE_STREAM_SPLIT,
      'select i / 7.0 a, (i * 1.5)::float b, case when i % 3 = 0 then null else i * i end c from range(4000) t(i)',
    ],
    [
      'rle booleans',
      wasm.Encoding.RLE,
      'select i % 3 = 0 a, case when i % 5 = 0 then null else i < 2000 end b from range(4000) t(i)',
    ],
  ] as [string, wasm.Encoding, string][])('%s', async (_, encoding, query) => {
    const ipc = await arrowOf(query)
    const properties = new wasm.WriterPropertiesBuilder()
      .setDictionaryEnabled(false)
      .setEncoding(encoding)
      .build()
    const bytes = wasm.writeParquet(wasm.Table.fromIPCStream(ipc), properties)
    const footer = await openFooter(bytesSource(bytes))
    expect(footer.rowGroups[0]?.columns[0]?.encodings).toContain(wasm.Encoding[encoding])
    expect(await compare(bytesSource(bytes))).toBe(4000)
  })
})
