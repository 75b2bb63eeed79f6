/** Parquet that DuckDB wrote: no field ids, bloom filters, other layouts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { CorruptData, Unsupported } from '../../../src/errors.js'
import { col, or } from '../../../src/expr/build.js'
import type { Predicate } from '../../../src/expr/predicate.js'
import { bloomMayMatch } from '../../../src/scan/read/bloom-pruning.js'
import { openFile } from '../../../src/scan/read/open-file.js'
import {
  NAME_MAPPING_PROPERTY,
  nameMappingOf,
  nameMappingText,
} from '../../../src/types/name-mapping.js'
import type { Field, Type } from '../../../src/types/type.js'
import { type ForeignTable, foreignScan } from '../../support/foreign-file.js'

const folder = mkdtempSync(join(tmpdir(), 'moraine-foreign-'))
const files = new Map<string, Uint8Array>()

const queries: Readonly<Record<string, string>> = {
  bloom: `SELECT (i % 400) * 2 AS a, 'k' || ((i % 300) * 3) AS s, ((i % 200) * 10)::DECIMAL(9,2) AS d,
            ((i % 100) * 4)::BIGINT AS l FROM range(20000) t(i) ORDER BY hash(i)`,
  nested: `SELECT {'x': i::INTEGER, 'y': 'v' || i} AS s, [i, NULL]::BIGINT[] AS li, MAP {i::INTEGER: i / 2} AS m
           FROM range(3) t(i)`,
  fixed: `SELECT * FROM (VALUES (1, '\\x00\\x01\\x02\\x03'::BLOB), (2, NULL), (3, '\\xFF\\xFE\\xFD\\xFC'::BLOB)) t(i, f)`,
  longer: `SELECT 1 AS i, '\\x00\\x01\\x02'::BLOB AS f`,
}

beforeAll(async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  for (const [name, query] of Object.entries(queries)) {
    const path = join(folder, `${name}.parquet`)
    await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE 20000)`)
    files.set(name, new Uint8Array(readFileSync(path)))
  }
  connection.closeSync()
  instance.closeSync()
})

afterAll(() => rmSync(folder, { recursive: true }))

const field = (id: number, name: string, type: Type): Field => ({ id, name, required: false, type })

const bloomFields: readonly Field[] = [
  field(1, 'a', { kind: 'long' }),
  field(2, 's', { kind: 'string' }),
  field(3, 'd', { kind: 'decimal', precision: 12, scale: 2 }),
  field(4, 'l', { kind: 'long' }),
]

function table(
  name: string,
  fields: readonly Field[],
  extra: Partial<ForeignTable> = {},
): ForeignTable {
  const bytes = files.get(name)
  if (bytes === undefined) throw new RangeError(`no file ${name}`)
  const properties = { [NAME_MAPPING_PROPERTY]: nameMappingText(nameMappingOf(fields)) }
  return { bytes, format: 'parquet', fields, properties, ...extra }
}

describe('foreign parquet files', () => {
  test('bloom filters rule row groups out, and never one that has the value', async () => {
    const cases: readonly (readonly [Predicate, number])[] = [
      [col('a').eq(14n), 50],
      [col('a').eq(15n), 0],
      [col('a').in([15n, 14n]), 50],
      [col('s').eq('k30'), 67],
      [col('s').eq('k31'), 0],
      [col('l').eq(8n), 200],
      [or(col('l').eq(9n), col('s').eq('k31')), 0],
      [or(col('l').eq(9n), col('a').lt(2n)), 50],
    ]
    let skipped = 0
    for (const [where, count] of cases) {
      const made = await foreignScan(table('bloom', bloomFields), { where, select: ['a'] })
      expect((await made.rows()).length, String(count)).toBe(count)
      const { metadata, schema, store, env } = made.source
      const file = await openFile(made.task, { metadata, schema, store, env }, undefined)
      const rowGroup = file.footer.rowGroups[0]
      if (rowGroup === undefined) throw new RangeError('no row group')
      const may = await bloomMayMatch(file, rowGroup, made.scan.where, { limits: defaultLimits })
      if (count > 0) expect(may).toBe(true)
      else if (!may) skipped += 1
    }
    // A bloom filter may err, but not on all of them.
    expect(skipped).toBeGreaterThan(0)
  })

  test('go by the name mapping at every level', async () => {
    const fields: readonly Field[] = [
      field(1, 's', {
        kind: 'struct',
        fields: [field(4, 'x', { kind: 'long' }), field(5, 'y', { kind: 'string' })],
      }),
      field(2, 'li', {
        kind: 'list',
        elementId: 6,
        elementRequired: false,
        element: { kind: 'long' },
      }),
      field(3, 'm', {
        kind: 'map',
        keyId: 7,
        key: { kind: 'int' },
        valueId: 8,
        valueRequired: false,
        value: { kind: 'double' },
      }),
    ]
    const rows = [0, 1, 2].map((i) => ({
      s: { x: BigInt(i), y: `v${i}` },
      li: [BigInt(i), null],
      m: new Map([[i, i / 2]]),
    }))
    expect(await (await foreignScan(table('nested', fields))).rows()).toEqual(rows)
    const where = col('s.y').eq('v1')
    const some = await foreignScan(table('nested', fields), { select: ['s.x'], where })
    expect(await some.rows()).toEqual([{ s: { x: 1n } }])
    const unmapped = await foreignScan(table('nested', fields, { properties: {} }))
    await expect(unmapped.rows()).rejects.toMatchObject({ feature: 'parquet-without-field-ids' })
    await expect(unmapped.rows()).rejects.toBeInstanceOf(Unsupported)
  })

  test('identity partition values stand in for columns that the file lacks', async () => {
    const fields = [...bloomFields.slice(0, 1), field(9, 'p', { kind: 'string' })]
    const renumbered = fields.map((one, at) => ({ ...one, id: at + 1 }))
    const spec = {
      specId: 0,
      fields: [
        { sourceIds: [2], fieldId: 1000, name: 'p', transform: { kind: 'identity' as const } },
      ],
    }
    const made = await foreignScan(table('bloom', renumbered, { spec, partition: ['east'] }), {
      where: col('a').eq(14n),
      limit: 1,
    })
    expect(await made.rows()).toEqual([{ a: 14n, p: 'east' }])
    const none = await foreignScan(table('bloom', renumbered, { spec, partition: [null] }), {
      where: col('p').eq('east'),
    })
    expect(await none.rows()).toEqual([])
  })

  test('a wrong size in the manifest is looked up; a file that is no parquet is refused', async () => {
    const size = files.get('bloom')?.length ?? 0
    for (const recordedBytes of [size - 100, size + 100]) {
      const made = await foreignScan(table('bloom', bloomFields, { recordedBytes }), { limit: 1 })
      expect(await made.rows()).toHaveLength(1)
    }
    const garbage = { ...table('bloom', bloomFields), bytes: new Uint8Array(500).fill(7) }
    await expect((await foreignScan(garbage)).rows()).rejects.toBeInstanceOf(CorruptData)
    const wrongType = [field(1, 'a', { kind: 'string' })]
    await expect((await foreignScan(table('bloom', wrongType))).rows()).rejects.toBeInstanceOf(
      CorruptData,
    )
  })

  test('fixed values without a length are read when each has the length', async () => {
    const fields = [field(1, 'i', { kind: 'int' }), field(2, 'f', { kind: 'fixed', length: 4 })]
    const all = await foreignScan(table('fixed', fields))
    const low = new Uint8Array([0, 1, 2, 3])
    const high = new Uint8Array([255, 254, 253, 252])
    expect(await all.rows()).toEqual([
      { i: 1, f: low },
      { i: 2, f: null },
      { i: 3, f: high },
    ])
    for (const [where, ids] of [
      [col('f').eq(high), [3]],
      [col('f').lt(high), [1]],
      [col('f').isNull(), [2]],
      [col('f').in([low, high]), [1, 3]],
    ] as const) {
      const made = await foreignScan(table('fixed', fields), { where })
      expect((await made.rows()).map((row) => row.i)).toEqual(ids)
    }
    const made = await foreignScan(table('longer', fields))
    await expect(made.rows()).rejects.toThrow(CorruptData)
    await expect(made.rows()).rejects.toThrow(/`?f'?.*row 0.*3/)
  })
})
