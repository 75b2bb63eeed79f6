import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bucket, col, connect, day, type PartitionTermOf, t } from '../../../src/index.js'

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
