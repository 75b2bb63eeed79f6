import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bucket, col, connect, day, type PartitionTermOf, t } from '../../../src/index.js'
import type { CreatedSchema } from '../../../src/table/catalog.js'
import type { SchemaInput } from '../../../src/types/build-schema.js'

const schema = { id: t.long(), name: t.string(), at: t.date() }

describe('addFiles', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moraine-adopt-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  async function parquet(path: string, query: string): Promise<string> {
    const full = join(folder, 'in', path)
    await mkdir(dirname(full), { recursive: true })
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    await connection.run(`COPY (${query}) TO '${full}' (FORMAT parquet)`)
    connection.closeSync()
    return full
  }

  async function table(partitionBy: readonly PartitionTermOf<typeof schema>[] = []) {
    const catalog = await connect(join(folder, 'wh'), {
      workers: 0,
      readRoots: [join(folder, 'in')],
    })
    return catalog.createTable('a.t', { schema, partitionBy })
  }

  test('adopts plain files by name, with metrics that prune', async () => {
    const one = await parquet(
      '1.parquet',
      "SELECT 1::BIGINT id, 'a' AS name, DATE '2026-01-01' AS at",
    )
    const two = await parquet(
      '2.parquet',
      "SELECT DATE '2026-02-01' AS at, 'b' AS name, 2::BIGINT id",
    )
    const adopted = await table()
    await adopted.append([{ id: 0 }])
    await adopted.addFiles([one, two])
    expect(
      (await adopted.scan({ select: ['id', 'name'] }).toArray()).sort(
        (a, b) => Number(a.id) - Number(b.id),
      ),
    ).toEqual([
      { id: 0n, name: null },
      { id: 1n, name: 'a' },
      { id: 2n, name: 'b' },
    ])
    const plan = await adopted.scan({ where: col('id').eq(2n) }).plan()
    expect(plan.tasks.map((task) => task.file.path)).toEqual([two])
    expect(adopted.properties.get('schema.name-mapping.default')).toContain('"field-id":1')
    expect((await adopted.verify()).violations).toEqual([])
    const renamed = await adopted.updateSchema((s) => s.renameColumn('name', 'title'))
    expect(await renamed.scan({ select: ['title'], where: 'id = 2' }).toArray()).toEqual([
      { title: 'b' },
    ])
  })

  test('takes identity partitions from Hive-style folders', async () => {
    const path = await parquet(
      'name=a%2Fb/x.parquet',
      "SELECT 1::BIGINT id, DATE '2026-01-01' AS at",
    )
    const none = await parquet(
      'name=__HIVE_DEFAULT_PARTITION__/y.parquet',
      "SELECT 2::BIGINT id, DATE '2026-01-01' AS at",
    )
    const adopted = await table(['name'])
    await adopted.addFiles([path, none])
    const rows = await adopted.scan({ select: ['id', 'name'] }).toArray()
    expect(rows.sort((a, b) => Number(a.id) - Number(b.id))).toEqual([
      { id: 1n, name: 'a/b' },
      { id: 2n, name: null },
    ])
    expect(await adopted.scan({ where: "name = 'a/b'" }).count()).toBe(1)
  })

  test('derives other partitions from bounds, and refuses files that span several', async () => {
    const same = await parquet(
      's.parquet',
      "SELECT 1::BIGINT id, 'a' AS name, DATE '2026-01-01' AS at FROM range(5)",
    )
    const spread = await parquet(
      'm.parquet',
      "SELECT range::BIGINT id, 'a' AS name, DATE '2026-01-01' + range::INT AS at FROM range(5)",
    )
    const byDay = await table([day('at'), bucket(4, 'id')])
    await byDay.addFiles([same])
    const [task] = (await byDay.scan({ where: "at = '2026-01-01' and id = 1" }).plan()).tasks
    expect(task?.file.partition).toHaveLength(2)
    expect((await byDay.verify()).ok).toBe(true)
    await expect(byDay.addFiles([spread])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { field: 'at_day' },
    })
  })

  test('refuses a folder that disagrees with the column in the file', async () => {
    const adopted = await table(['name'])
    const add = async (value: string, folder = 'name=b') =>
      adopted.addFiles([await parquet(`${folder}/x.parquet`, `SELECT ${value} AS name`)])
    const refused = { code: 'INVALID_ARGUMENT', details: { column: 'name' } }
    await expect(add("'a'")).rejects.toMatchObject(refused)
    await expect(add("'c'")).rejects.toMatchObject(refused)
    await expect(add('NULL::VARCHAR')).rejects.toMatchObject(refused)
    await expect(add("'x'", 'name=__HIVE_DEFAULT_PARTITION__')).rejects.toMatchObject(refused)
    await expect(add("unnest(['a', 'b'])")).rejects.toMatchObject(refused)
    await add("'b'")
    await add('NULL::VARCHAR', 'name=__HIVE_DEFAULT_PARTITION__')
    expect((await adopted.verify()).violations).toEqual([])
    expect(await adopted.scan({ where: "name = 'b'" }).count()).toBe(1)
    expect(await adopted.scan({ where: 'name is null' }).count()).toBe(1)
  })

  async function tableOf<const S extends SchemaInput>(
    schema: S,
    partitionBy: readonly PartitionTermOf<CreatedSchema<S>>[],
    formatVersion: 2 | 3 = 2,
  ) {
    const readRoots = [join(folder, 'in')]
    const catalog = await connect(join(folder, 'wh'), { workers: 0, readRoots })
    return catalog.createTable('a.t', { schema, partitionBy, formatVersion })
  }

  test('values of every type in folders', async () => {
    const types = {
      b: t.boolean(),
      i: t.int(),
      l: t.long(),
      f: t.float(),
      d: t.double(),
      m: t.decimal(9, 2),
      on: t.date(),
      at: t.timestamp(),
      u: t.uuid(),
    }
    const adopted = await tableOf({ ...types, x: t.long() }, Object.keys(types) as 'b'[])
    const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e'
    const folders = `b=true/i=-7/l=9007199254740993/f=1.5/d=-2e3/m=1.50/on=2026-01-31/at=2026-01-31 10%3A00%3A00/u=${uuid}`
    await adopted.addFiles([await parquet(`${folders}/x.parquet`, 'SELECT 1::BIGINT x')])
    expect(await adopted.scan({ select: ['b', 'i', 'l', 'f', 'd'] }).toArray()).toEqual([
      { b: true, i: -7, l: 9007199254740993n, f: 1.5, d: -2000 },
    ])
    expect(await adopted.scan({ where: `u = '${uuid}' and m = 1.5 and b = true` }).count()).toBe(1)
    expect(await adopted.scan({ where: "at = '2026-01-31T10:00:00'" }).count()).toBe(1)
    for (const [from, to] of [
      ['b=true', 'b=1'],
      ['i=-7', 'i=1.5'],
      ['i=-7', 'i=3000000000'],
      ['d=-2e3', 'd='],
      ['d=-2e3', 'd=much'],
      ['on=2026-01-31', 'on=yesterday'],
    ] as const) {
      const path = await parquet(`${folders.replace(from, to)}/x.parquet`, 'SELECT 1::BIGINT x')
      await expect(adopted.addFiles([path]), to).rejects.toThrow(`the folder ${to} of `)
    }
  })

  test('bytes are in no folder', async () => {
    const adopted = await tableOf({ raw: t.binary(), name: t.string(), x: t.long() }, ['raw'])
    const path = await parquet('raw=AA/x.parquet', 'SELECT 1::BIGINT x')
    await expect(adopted.addFiles([path])).rejects.toThrow('raw=AA')
  })

  test('a folder that is not percent-encoded is taken as it is', async () => {
    const named = await table(['name'])
    const odd = await parquet('name=100%/=x/x.parquet', 'SELECT 1::BIGINT id')
    await named.addFiles([odd])
    expect(await named.scan({ select: ['name'] }).toArray()).toEqual([{ name: '100%' }])
  })

  test('NaN may stand beside the bounds of a column of doubles', async () => {
    const adopted = await tableOf({ d: t.double() }, ['d'])
    const path = await parquet('x.parquet', "SELECT unnest([1.0::DOUBLE, 'nan'::DOUBLE]) AS d")
    await expect(adopted.addFiles([path])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { field: 'd' },
    })
    const nulls = await parquet('n.parquet', 'SELECT NULL::DOUBLE AS d')
    await adopted.addFiles([nulls])
    expect(await adopted.scan({ where: 'd is null' }).count()).toBe(1)
  })

  test('nulls beside values are in no one partition', async () => {
    const adopted = await table(['name'])
    const path = await parquet('x.parquet', "SELECT unnest(['a', NULL]) AS name")
    await expect(adopted.addFiles([path])).rejects.toThrow('it may hold nulls beside values')
  })

  test('a file without the column lies in the partition of its default', async () => {
    const adopted = await tableOf({ id: t.long() }, [], 3)
    const evolved = await adopted.updateSchema((s) =>
      s.addColumn('city', t.string().default('Oslo')).addColumn('n', t.int()),
    )
    await evolved.updateSpec((s) => s.addField('city').addField('n'))
    await evolved.addFiles([await parquet('x.parquet', 'SELECT 1::BIGINT id')])
    const [task] = (await evolved.scan({ where: "city = 'Oslo'" }).plan()).tasks
    expect(task?.file.partition).toEqual(['Oslo', null])
    expect(await evolved.scan().toArray()).toEqual([{ id: 1n, city: 'Oslo', n: null }])
    expect((await evolved.verify()).violations).toEqual([])
  })

  test.each([
    ["SELECT 'x' AS id", 'id'],
    ['SELECT 1::BIGINT id, 5 AS extra', 'extra'],
  ])('refuses %s', async (query, column) => {
    const adopted = await table()
    await expect(adopted.addFiles([await parquet('bad.parquet', query)])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { column },
    })
  })

  test('refuses a file twice, a missing one, and one outside its places', async () => {
    const path = await parquet('1.parquet', 'SELECT 1::BIGINT id')
    const adopted = await table()
    await expect(adopted.addFiles([path, path])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await adopted.addFiles([path])
    await expect(adopted.addFiles([path])).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    await expect(adopted.addFiles([join(folder, 'in/none.parquet')])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await expect(adopted.addFiles(['/etc/hostname'])).rejects.toMatchObject({
      code: 'LOCATION_DENIED',
    })
  })

  test('refuses byte arrays of any length for a fixed column', async () => {
    const path = await parquet('1.parquet', "SELECT '\\x00\\x01'::BLOB f")
    const catalog = await connect(join(folder, 'wh'), {
      workers: 0,
      readRoots: [join(folder, 'in')],
    })
    const adopted = await catalog.createTable('a.t', { schema: { f: t.fixed(2) } })
    await expect(adopted.addFiles([path])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining('holds bytes of any length'),
    })
  })
})
