/** Values as other readers see them: hyparquet over real data, DuckDB by what it was asked to write. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Data, RecordBatch } from 'apache-arrow'
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RowGroup } from '../../../src/parquet/model.js'
import {
  columnOf,
  columnsOf,
  duckFile,
  fileSource,
  openFooter,
  readAll,
  valuesOf,
} from './read-support.js'

const flights = new URL(
  '../../../node_modules/vega-datasets/data/flights-3m.parquet',
  import.meta.url,
).pathname

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moraine-oracle-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

test('three million real flights, against hyparquet', async () => {
  const source = fileSource(flights)
  const footer = await openFooter(source)
  expect(footer.rows).toBe(3_000_000)
  const batches = await readAll(source)
  expect(batches.reduce((sum, batch) => sum + batch.numRows, 0)).toBe(3_000_000)
  const file = await asyncBufferFromFile(flights)
  // The beginning and the end of some row groups: hyparquet takes long over all rows.
  for (const group of [0, footer.rowGroups.length - 1]) {
    const { rows, firstRow } = footer.rowGroups[group] as RowGroup
    for (const start of [0, rows - 1000]) {
      const from = firstRow + start
      const expected = await parquetReadObjects({
        file,
        compressors,
        rowStart: from,
        rowEnd: from + 1000,
      })
      const batch = batches[group] as RecordBatch
      batch.schema.fields.forEach((field, column) => {
        const ours = valuesOf(batch.data.children[column] as Data, start, start + 1000)
        const theirs = expected.map((row) => row[field.name])
        expect(ours.map(comparable), field.name).toEqual(theirs.map(comparable))
      })
    }
  }
})

/** hyparquet gives time stamps as Date, small integers as number. */
function comparable(value: unknown): unknown {
  if (value instanceof Date) return BigInt(value.getTime()) * 1000n
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value
}

describe('values written by DuckDB', () => {
  const query = (sql: string) => duckFile(join(folder, 'values.parquet'), sql)

  async function read(sql: string, options = {}): Promise<Map<string, unknown[]>> {
    return columnsOf(await readAll(fileSource(await query(sql)), options))
  }

  test('numbers at their edges', async () => {
    const values = await read(`select * from (values
      (9223372036854775807::bigint, 2147483647::integer, 255::utinyint, 65535::usmallint, 4294967295::uinteger, 18446744073709551615::ubigint, 127::tinyint, 32767::smallint),
      (-9223372036854775808, -2147483648, 0, 0, 0, 0, -128, -32768), (null, null, null, null, null, null, null, null), (-1, -1, 1, 1, 1, 1, -1, -1))
      t(l, i, ub, us, ui, ul, b, s)`)
    expect(values.get('l')).toEqual([9223372036854775807n, -9223372036854775808n, null, -1n])
    expect(values.get('i')).toEqual([2147483647, -2147483648, null, -1])
    expect(values.get('ub')).toEqual([255, 0, null, 1])
    expect(values.get('us')).toEqual([65535, 0, null, 1])
    expect(values.get('ui')).toEqual([4294967295, 0, null, 1])
    expect(values.get('ul')).toEqual([18446744073709551615n, 0n, null, 1n])
    expect(values.get('b')).toEqual([127, -128, null, -1])
    expect(values.get('s')).toEqual([32767, -32768, null, -1])
  })

  test('floating point, NaN and both zeros', async () => {
    const values =
      await read(`select * from (values ('nan'::double, 'nan'::float), (-0.0::double, -0.0::float),
      ('inf', '-inf'), (5e-324::double, 1e-45::float), (null, null)) t(d, f)`)
    expect(values.get('d')).toEqual([Number.NaN, -0, Number.POSITIVE_INFINITY, 5e-324, null])
    expect(values.get('f')).toEqual([
      Number.NaN,
      -0,
      Number.NEGATIVE_INFINITY,
      Math.fround(1e-45),
      null,
    ])
  })

  test('decimals of every width, as decimal128 and as int64', async () => {
    const sql = `select * from (values (1.5::decimal(3,1), -99999.99::decimal(9,2), 123456789012.345678::decimal(18,6), '99999999999999999999999999999999999999'::decimal(38,0)),
      (-0.1, 0, -1, '-99999999999999999999999999999999999999'), (null, null, null, null)) t(a, b, c, d)`
    const values = await read(sql)
    expect(values.get('a')).toEqual([15n, -1n, null])
    expect(values.get('b')).toEqual([-9999999n, 0n, null])
    expect(values.get('c')).toEqual([123456789012345678n, -1000000n, null])
    expect(values.get('d')).toEqual([10n ** 38n - 1n, 1n - 10n ** 38n, null])
    const [batch] = await readAll(fileSource(join(folder, 'values.parquet')), { decimals: 'int64' })
    expect(batch?.schema.fields.map((field) => String(field.type))).toEqual([
      'Int64',
      'Int64',
      'Int64',
      'Decimal[38e0]',
    ])
    expect(columnOf([batch as never], 'a')).toEqual([15n, -1n, null])
    expect(columnOf([batch as never], 'c')).toEqual([123456789012345678n, -1000000n, null])
    expect(batch?.schema.fields[0]?.metadata.get('moraine:decimal')).toBe('3,1')
  })

  test('dates, times and time stamps before and after 1970', async () => {
    const values = await read(`select * from (values
      (date '1969-12-31', time '23:59:59.999999', timestamp '1969-12-31 23:59:59.999999', timestamptz '1969-12-31 23:59:59.999999Z', timestamp_ns '1969-12-31 23:59:59.999999999', timestamp_ms '1969-12-31 23:59:59.999'),
      (date '9999-12-31', time '00:00:00', timestamp '9999-12-31 00:00:00', timestamptz '0001-01-01 00:00:00Z', timestamp_ns '2262-04-11 23:47:16.854775806', timestamp_ms '9999-12-31 00:00:00'))
      t(d, t, ts, tz, ns, ms)`)
    expect(values.get('d')).toEqual([-1, 2932896])
    expect(values.get('t')).toEqual([86399999999n, 0n])
    expect(values.get('ts')).toEqual([-1n, 253402214400000000n])
    expect(values.get('tz')).toEqual([-1n, -62135596800000000n])
    expect(values.get('ns')).toEqual([-1n, 9223372036854775806n])
    expect(values.get('ms')).toEqual([-1000n, 253402214400000000n])
  })

  test('strings, also as dictionaries', async () => {
    const sql =
      "select case when i % 9 = 0 then null else repeat('héllo €😀', (i % 4)::int) || i % 10 end s from range(3000) t(i)"
    const expected = Array.from({ length: 3000 }, (_, i) =>
      i % 9 === 0 ? null : 'héllo €😀'.repeat(i % 4) + (i % 10),
    )
    expect((await read(sql)).get('s')).toEqual(expected)
    expect((await read(sql, { strings: 'dictionary' })).get('s')).toEqual(expected)
    expect((await read(sql, { strings: 'dictionary', engine: 'wasm' })).get('s')).toEqual(expected)
  })

  test('nested values with nulls and empty containers at every level', async () => {
    const values = await read(`select unnest([
      {'l': [1, null], 's': {'a': 1, 'b': ['x', null]}, 'm': map {'k': [{'v': 1}, null], 'e': []}},
      {'l': [], 's': {'a': null, 'b': []}, 'm': map {}}, {'l': null, 's': null, 'm': null}], recursive := false) r`)
    expect(values.get('r')).toEqual([
      [
        [1, null],
        [1, ['x', null]],
        [
          ['k', [[1], null]],
          ['e', []],
        ],
      ],
      [[], [null, []], []],
      [null, null, null],
    ])
  })
})

describe('columns', () => {
  test('by path, pruned below the top, in the order of the file', async () => {
    const path = await duckFile(
      join(folder, 'paths.parquet'),
      "select i id, {'a': i, 'b': {'c': 'x' || i, 'd': [i]}} s, [{'p': i, 'q': -i}] l, map {'k': {'v': i, 'w': i}} m from range(3) t(i)",
    )
    const source = fileSource(path)
    const [batch] = await readAll(source, {
      columns: [
        ['m', 'key_value', 'value', 'w'],
        ['l', 'list', 'element', 'q'],
        ['s', 'b', 'c'],
        ['id'],
      ],
    })
    expect(batch?.schema.fields.map((field) => String(field.type))).toEqual([
      'Int64',
      'Struct<{b:Struct<{c:Utf8}>}>',
      'List<Struct<{q:Int64}>>',
      'Map<{key:Utf8, value:Struct<{w:Int64}>}>',
    ])
    const values = columnsOf([batch as never])
    expect(values.get('s')).toEqual([[['x0']], [['x1']], [['x2']]])
    expect(values.get('l')).toEqual([[[0n]], [[-1n]], [[-2n]]])
    expect(values.get('m')).toEqual([[['k', [0n]]], [['k', [1n]]], [['k', [2n]]]])
  })

  test('none at all still count rows', async () => {
    const path = await duckFile(join(folder, 'none.parquet'), 'select i from range(7) t(i)')
    const [batch] = await readAll(fileSource(path), { columns: [] })
    expect(batch?.numRows).toBe(7)
    expect(batch?.numCols).toBe(0)
  })

  test('one that is not there is an error that names it', async () => {
    const path = await duckFile(join(folder, 'none.parquet'), 'select i from range(7) t(i)')
    await expect(readAll(fileSource(path), { columns: [['i', 'x']] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { column: 'i.x' },
    })
  })
})
