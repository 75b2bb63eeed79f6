import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { parquetMetadata, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { Unsupported } from '../../../src/errors.js'
import type { SchemaNode } from '../../../src/parquet/model.js'
import { readColumnIndex, readOffsetIndex } from '../../../src/parquet/page-index.js'
import type { Schema } from '../../../src/types/type.js'
import { schemaAndRows, schemaOf } from '../arrow/random-rows.js'
import { byteSourceOf, footerOf, readImage, writeImage } from './write-support.js'

const everyType: Schema = schemaOf([
  ['id', { kind: 'long' }, true],
  ['b', { kind: 'boolean' }],
  ['i', { kind: 'int' }],
  ['f', { kind: 'float' }],
  ['d', { kind: 'double' }],
  ['d1', { kind: 'decimal', precision: 1, scale: 0 }],
  ['d9', { kind: 'decimal', precision: 9, scale: 2 }],
  ['d18', { kind: 'decimal', precision: 18, scale: 4 }],
  ['d38', { kind: 'decimal', precision: 38, scale: 10 }],
  ['dt', { kind: 'date' }],
  ['tm', { kind: 'time' }],
  ['ts', { kind: 'timestamp' }],
  ['tz', { kind: 'timestamptz' }],
  ['ns', { kind: 'timestamp_ns' }],
  ['s', { kind: 'string' }],
  ['u', { kind: 'uuid' }],
  ['fx', { kind: 'fixed', length: 3 }],
  ['bin', { kind: 'binary' }],
  ['nothing', { kind: 'unknown' }],
  [
    'st',
    {
      kind: 'struct',
      fields: [
        { id: 101, name: 'x', required: true, type: { kind: 'int' } },
        { id: 102, name: 'none', required: false, type: { kind: 'unknown' } },
      ],
    },
  ],
  ['l', { kind: 'list', elementId: 103, elementRequired: false, element: { kind: 'string' } }],
  [
    'm',
    {
      kind: 'map',
      keyId: 104,
      key: { kind: 'string' },
      valueId: 105,
      valueRequired: true,
      value: { kind: 'double' },
    },
  ],
])

function everyRow(i: number): Record<string, unknown> {
  if (i % 4 === 3)
    return Object.fromEntries(
      everyType.fields.map(({ name }) => [name, name === 'id' ? BigInt(i) : null]),
    )
  return {
    id: BigInt(i),
    b: i % 2 === 0,
    i: -i - 1,
    f: i / 4,
    d: i / 3,
    d1: String(i % 10),
    d9: (i / 100).toFixed(2),
    d18: `-${i}.5000`,
    d38: `${i + 1}00000000000000000000.0000000001`,
    dt: '2024-02-29',
    tm: '13:45:00.000001',
    ts: '1969-12-31T23:59:59.999999',
    tz: '2024-01-31T00:00:00.000000Z',
    ns: '2024-01-31T00:00:00.000000001',
    s: `häß-${i}`,
    u: '01234567-89ab-cdef-0123-456789abcdef',
    fx: Uint8Array.of(1, 2, i % 256),
    bin: new Uint8Array(i % 5),
    nothing: null,
    st: i % 4 === 1 ? null : { x: i, none: null },
    l: i % 4 === 2 ? [] : ['a', null],
    m: new Map([['k', i / 2]]),
  }
}

const rows = Array.from({ length: 50 }, (_, i) => everyRow(i))

describe('what the writer writes, our reader reads', () => {
  test('random rows of random schemas nested to depth 5, over several row groups', async () => {
    await fc.assert(
      fc.asyncProperty(
        schemaAndRows(4, 5, 16),
        fc.integer({ min: 1, max: 8 }),
        async ({ schema, rows: random }, rowGroupRows) => {
          const { bytes, recordCount } = await writeImage(schema, random, {
            overrides: { rowGroupRows },
          })
          expect(recordCount).toBe(BigInt(random.length))
          expect(await readImage(schema, bytes)).toEqual(random)
        },
      ),
      { numRuns: 40 },
    )
  })

  test.each(['zstd', 'snappy', 'gzip', 'lz4', 'brotli', 'uncompressed'])(
    'codec %s',
    async (codec) => {
      const properties = { 'write.parquet.compression-codec': codec }
      const { bytes } = await writeImage(everyType, rows, { properties })
      const stored = storedSchema(everyType)
      expect(await readImage(stored, bytes)).toEqual(rows.map(storedRow))
    },
  )

  test.each(['v1', 'v2'])('pages %s, small pages, without dictionaries', async (version) => {
    const properties = {
      'write.parquet.page-version': version,
      'write.parquet.page-size-bytes': '64',
      'write.parquet.dict-size-bytes': '0',
    }
    const { bytes } = await writeImage(everyType, rows, { properties })
    expect(await readImage(storedSchema(everyType), bytes)).toEqual(rows.map(storedRow))
  })
})

/** Members of type unknown are not in the file. */
function storedSchema(schema: Schema): Schema {
  const fields = schema.fields
    .filter((field) => field.type.kind !== 'unknown')
    .map((field) =>
      field.type.kind === 'struct'
        ? { ...field, type: { kind: 'struct' as const, fields: field.type.fields.slice(0, 1) } }
        : field,
    )
  return { ...schema, fields }
}

function storedRow(row: Record<string, unknown>): Record<string, unknown> {
  const { nothing: _, st, ...rest } = row
  return { ...rest, st: st === null ? null : { x: (st as { x: number }).x } }
}

describe('other readers', () => {
  test('hyparquet reads equal rows', async () => {
    const { bytes } = await writeImage(everyType, rows, { overrides: { rowGroupRows: 20 } })
    const file = bytes.slice().buffer
    const read = await parquetReadObjects({
      file,
      compressors,
      columns: ['id', 'i', 'd', 's', 'st', 'l', 'm', 'd9'],
    })
    expect(read.length).toBe(rows.length)
    read.forEach((row, i) => {
      // Its decimals are doubles.
      if (row['d9'] !== null) row['d9'] = Number((row['d9'] as number).toFixed(2))
      const wanted = rows[i] as Record<string, unknown>
      const map = wanted['m'] as Map<string, number> | null
      const { id, i: int, d, s, st, l } = storedRow(wanted)
      const d9 = wanted['d9'] === null ? null : Number(wanted['d9'])
      // hyparquet gives undefined for nested nulls.
      const entries = Object.entries(row).map(([key, value]) => [key, value ?? null])
      expect(Object.fromEntries(entries)).toEqual({
        id,
        i: int,
        d,
        s,
        st,
        l,
        d9,
        m: map && Object.fromEntries(map),
      })
    })
  })

  test('DuckDB reads equal rows, types and statistics', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'moraine-write-'))
    try {
      const path = join(folder, 'all.parquet')
      const { bytes } = await writeImage(everyType, rows, { overrides: { rowGroupRows: 20 } })
      writeFileSync(path, bytes)
      const instance = await DuckDBInstance.create()
      const connection = await instance.connect()
      const query = async (sql: string) =>
        (await connection.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[]
      const types = await query(
        `select column_name n, column_type t from (describe select * from '${path}')`,
      )
      expect(types.map(({ t }) => t)).toEqual([
        'BIGINT',
        'BOOLEAN',
        'INTEGER',
        'FLOAT',
        'DOUBLE',
        'DECIMAL(1,0)',
        'DECIMAL(9,2)',
        'DECIMAL(18,4)',
        'DECIMAL(38,10)',
        'DATE',
        'TIME',
        'TIMESTAMP',
        'TIMESTAMP WITH TIME ZONE',
        'TIMESTAMP_NS',
        'VARCHAR',
        'UUID',
        'BLOB',
        'BLOB',
        'STRUCT(x INTEGER)',
        'VARCHAR[]',
        'MAP(VARCHAR, DOUBLE)',
      ])
      const text = await query(
        `select id, i, d9::varchar d9, d18::varchar d18, d38::varchar d38, dt::varchar dt, tm::varchar tm, ts::varchar ts, epoch_us(tz) tz, ns::varchar ns, s, u::varchar u, hex(fx) fx, octet_length(bin) bin, st, l, m['k'] mk from '${path}' order by id`,
      )
      text.forEach((row, i) => {
        const wanted = rows[i] as Record<string, unknown>
        expect(row['id']).toBe(String(i))
        if (wanted['s'] === null) {
          expect(Object.values(row).slice(1)).toEqual(
            Object.values(row)
              .slice(1)
              .map(() => null),
          )
          return
        }
        for (const same of ['i', 'd9', 'd18', 'd38', 'dt', 'tm', 's', 'u', 'l'])
          expect(row[same]).toEqual(wanted[same])
        expect(row['ts']).toBe('1969-12-31 23:59:59.999999')
        expect(row['tz']).toBe('1706659200000000')
        expect(row['ns']).toBe('2024-01-31 00:00:00.000000001')
        expect(row['fx']).toBe(`0102${(i % 256).toString(16).padStart(2, '0').toUpperCase()}`)
        expect(row['bin']).toBe(String(i % 5))
        expect(row['st']).toEqual(storedRow(wanted)['st'])
        expect(row['mk']).toBe(i / 2)
      })
      const [one] = await query(
        `select count(*) c from '${path}' where id between 21 and 39 and d18 < 0`,
      )
      expect(one).toEqual({ c: '14' })
      connection.closeSync()
      instance.closeSync()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the footer', () => {
  test('has the schema that the specification asks for', async () => {
    const { bytes } = await writeImage(everyType, rows)
    const metadata = parquetMetadata(bytes.slice().buffer)
    const shape = metadata.schema.map((node) =>
      [
        node.name,
        node.repetition_type ?? '',
        node.type ?? '',
        node.logical_type?.type ?? '',
        node.field_id ?? '',
      ].join(' '),
    )
    expect(shape).toEqual([
      'table    ',
      'id REQUIRED INT64  1',
      'b OPTIONAL BOOLEAN  2',
      'i OPTIONAL INT32  3',
      'f OPTIONAL FLOAT  4',
      'd OPTIONAL DOUBLE  5',
      'd1 OPTIONAL INT32 DECIMAL 6',
      'd9 OPTIONAL INT32 DECIMAL 7',
      'd18 OPTIONAL INT64 DECIMAL 8',
      'd38 OPTIONAL FIXED_LEN_BYTE_ARRAY DECIMAL 9',
      'dt OPTIONAL INT32 DATE 10',
      'tm OPTIONAL INT64 TIME 11',
      'ts OPTIONAL INT64 TIMESTAMP 12',
      'tz OPTIONAL INT64 TIMESTAMP 13',
      'ns OPTIONAL INT64 TIMESTAMP 14',
      's OPTIONAL BYTE_ARRAY STRING 15',
      'u OPTIONAL FIXED_LEN_BYTE_ARRAY UUID 16',
      'fx OPTIONAL FIXED_LEN_BYTE_ARRAY  17',
      'bin OPTIONAL BYTE_ARRAY  18',
      'st OPTIONAL   20',
      'x REQUIRED INT32  101',
      'l OPTIONAL  LIST 21',
      'list REPEATED   ',
      'element OPTIONAL BYTE_ARRAY STRING 103',
      'm OPTIONAL  MAP 22',
      'key_value REPEATED   ',
      'key REQUIRED BYTE_ARRAY STRING 104',
      'value REQUIRED DOUBLE  105',
    ])
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(metadata.created_by).toBe(`moraine version ${version}`)
    const keys = metadata.key_value_metadata?.map(({ key }) => key)
    expect(keys).toEqual(['iceberg.schema'])
    expect(metadata.key_value_metadata?.[0]?.value).toContain('"name":"nothing"')
    const paths = metadata.row_groups[0]?.columns.map((column) =>
      column.meta_data?.path_in_schema.join('.'),
    )
    expect(paths?.slice(-4)).toEqual([
      'st.x',
      'l.list.element',
      'm.key_value.key',
      'm.key_value.value',
    ])
  })

  test('decimals take the fewest bytes at every precision', async () => {
    const precisions = Array.from({ length: 38 }, (_, i) => i + 1)
    const schema = schemaOf(
      precisions.map((precision) => [`d${precision}`, { kind: 'decimal', precision, scale: 0 }]),
    )
    const row = Object.fromEntries(precisions.map((p) => [`d${p}`, `-${'9'.repeat(p)}`]))
    const { bytes } = await writeImage(schema, [row])
    expect(await readImage(schema, bytes)).toEqual([row])
    const footer = await footerOf(bytes)
    footer.leaves.forEach((leaf, index) => {
      const precision = index + 1
      const digits = 10n ** BigInt(precision) - 1n
      let width = 1
      while (2n ** BigInt(8 * width - 1) <= digits) width++
      const wanted = precision <= 9 ? 'INT32' : precision <= 18 ? 'INT64' : width
      expect(leaf.physical === 'FIXED_LEN_BYTE_ARRAY' ? leaf.typeLength : leaf.physical).toBe(
        wanted,
      )
    })
  })

  test('page indexes of every row group lead to its pages', async () => {
    const properties = {
      'write.parquet.page-size-bytes': '256',
      'write.parquet.dict-size-bytes': '0',
    }
    const schema = schemaOf([
      ['id', { kind: 'long' }, true],
      ['s', { kind: 'string' }],
    ])
    const many = Array.from({ length: 4000 }, (_, i) => ({ id: BigInt(i), s: `v${i}` }))
    const { bytes, splitOffsets } = await writeImage(schema, many, {
      properties,
      overrides: { rowGroupRows: 1500 },
    })
    const footer = await footerOf(bytes)
    expect(footer.rowGroups.map((group) => group.rows)).toEqual([1500, 1500, 1000])
    expect(splitOffsets).toEqual(
      footer.rowGroups.map((group) => BigInt(group.columns[0]?.start ?? -1)),
    )
    const source = byteSourceOf(bytes)
    for (const group of footer.rowGroups) {
      for (const [at, chunk] of group.columns.entries()) {
        const leaf = footer.leaves[at] as SchemaNode
        const offsets = await readOffsetIndex(source, chunk, group, { limits: defaultLimits })
        const index = await readColumnIndex(source, chunk, leaf, { limits: defaultLimits })
        const pages = offsets?.pages ?? []
        expect(pages.length).toBeGreaterThan(1)
        expect(index?.nullPages.length).toBe(pages.length)
        expect(pages.reduce((sum, page) => sum + page.rows, 0)).toBe(group.rows)
        expect(pages[0]?.offset).toBe(chunk.dataPageOffset)
        for (const page of pages) expect(page.offset + page.bytes).toBeLessThanOrEqual(chunk.end)
      }
      const id = group.columns[0]
      if (id === undefined) continue
      const index = await readColumnIndex(source, id, footer.leaves[0] as SchemaNode, {
        limits: defaultLimits,
      })
      const first = index?.min[0]
      expect(new DataView((first as Uint8Array).slice().buffer).getBigInt64(0, true)).toBe(
        BigInt(group.firstRow),
      )
      expect(index?.boundaryOrder).toBe('ascending')
    }
  })

  test('a file without rows is a file', async () => {
    const { bytes, recordCount, splitOffsets } = await writeImage(everyType, [])
    expect([recordCount, splitOffsets]).toEqual([0n, []])
    expect((await footerOf(bytes)).rows).toBe(0)
    expect(await readImage(storedSchema(everyType), bytes)).toEqual([])
  })

  test('a schema that Parquet cannot store is refused by name', async () => {
    const nothing = schemaOf([['u', { kind: 'unknown' }]])
    await expect(writeImage(nothing, [{}])).rejects.toThrow(Unsupported)
    const list = schemaOf([
      ['l', { kind: 'list', elementId: 9, elementRequired: false, element: { kind: 'unknown' } }],
    ])
    await expect(writeImage(list, [{ l: [null] }])).rejects.toThrow(/column `l`/)
  })
})
