/** Changes of shape on whole tables: what they cost, what writers and replacements make of them. */
import { beforeEach, describe, expect, test } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { CommitConflict } from '../../../src/errors.js'
import {
  and,
  bucket,
  type Catalog,
  col,
  connect,
  day,
  identity,
  month,
  t,
} from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'
import type { Store } from '../../../src/store/store.js'

/** A store that notes which objects are read and written. */
function noting(store: Store): { readonly store: Store; readonly calls: string[] } {
  const calls: string[] = []
  const kind = (path: string): string =>
    /metadata\.json$/.test(path) ? 'metadata' : /hint/.test(path) ? 'hint' : path
  const proxy = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (['read', 'create', 'put', 'writer', 'delete', 'list'].includes(String(name))) {
          calls.push(`${String(name)} ${kind(String(args[0]))}`)
        }
        return Reflect.apply(value, target, args)
      }
    },
  })
  return { store: proxy, calls }
}

describe('changes of shape', () => {
  let catalog: Catalog
  let calls: string[]
  beforeEach(async () => {
    const noted = noting(memoryStore({ env: systemEnv() }))
    calls = noted.calls
    catalog = await connect('memory:/shapes', { workers: 0, store: noted.store })
    return () => catalog.close()
  })

  test('a column comes and goes in one metadata write each, however many files there are', async () => {
    const table = await catalog.createTable('a.t', {
      schema: { id: t.long() },
      properties: { 'commit.manifest-merge.enabled': 'false' },
    })
    for (let id = 0; id < 20; id++) await table.append([{ id }])
    calls.length = 0
    const wider = await table.updateSchema((s) => s.addColumn('tip', t.double()))
    await wider.updateSchema((s) => s.dropColumn('tip'))
    expect(calls.filter((call) => call.startsWith('create'))).toEqual([
      'create metadata',
      'create metadata',
    ])
    // The base is checked and the result read back; no manifest and no data file is touched.
    expect(new Set(calls)).toEqual(
      new Set(calls.filter((call) => /^(read|create) metadata$|hint$/.test(call))),
    )
    expect(table.metadata.schemas).toHaveLength(2)
    expect(table.metadata.currentSchemaId).toBe(0)
    expect(table.metadata.lastColumnId).toBe(2)
  })

  test('an earlier schema, spec and order are found again; what changes nothing is not published', async () => {
    const table = await catalog.createTable('a.t', {
      schema: { id: t.long(), at: t.date() },
      partitionBy: [day('at')],
      sortBy: ['id'],
    })
    await table.updateSpec((s) => s.replaceField('at_day', month('at')))
    const back = await table.updateSpec((s) => s.replaceField('at_month', day('at')))
    expect(back.published).toBe(true)
    expect(table.metadata.defaultSpecId).toBe(0)
    expect(table.spec.fields).toMatchObject([{ fieldId: 1000, name: 'at_day' }])
    await table.updateSortOrder([])
    await table.updateSortOrder(['id'])
    expect([table.metadata.defaultSortOrderId, table.metadata.sortOrders.length]).toEqual([1, 2])
    const version = table.version
    for (const result of [
      await table.updateSpec((s) => s),
      await table.updateSortOrder(['id']),
      await table.updateProperties({}),
      await table.upgradeFormat(2),
    ]) {
      expect(result.published).toBe(false)
    }
    await table.updateSchema((s) => s.addColumn('x', t.int()).dropColumn('x'))
    expect(table.version).toBe(version)
    expect(table.metadata.lastColumnId).toBe(2)
  })

  test('a schema that another writer has changed is a conflict, and says so', async () => {
    const one = await catalog.createTable('a.t', { schema: { id: t.long() } })
    const two = await catalog.loadTable('a.t')
    await one.updateSchema((s) => s.addColumn('x', t.int()))
    await expect(two.updateSchema((s) => s.addColumn('y', t.int()))).rejects.toThrow(CommitConflict)
    await two.refresh()
    await two.updateSchema((s) => s.addColumn('y', t.int()))
    expect((await one.refresh()).schema.fields.map((field) => field.name)).toEqual(['id', 'x', 'y'])
  })

  test('a transaction changes schema, partitioning, order and format, and writes by them', async () => {
    const table = await catalog.createTable('a.t', { schema: { id: t.long() }, formatVersion: 1 })
    await table.append([{ id: 1 }])
    await table.transaction(async (tx) => {
      await tx.upgradeFormat(3)
      const wider = await tx.updateSchema((s) => s.addColumn('city', t.string().default('Oslo')))
      await wider.updateSpec((s) => s.addField('city'))
      await wider.updateSortOrder(['id'])
      await wider.append([{ id: 3, city: 'Rome' }, { id: 2 }])
    })
    expect([table.formatVersion, table.spec.specId, table.sortOrder.orderId]).toEqual([3, 1, 1])
    expect(table.snapshots()).toHaveLength(2)
    const rows = await table.scan({ select: ['id', '_partition'] as never }).toArray()
    expect(rows).toHaveLength(3)
    expect(rows).toContainEqual({ id: 3n, _partition: { city: 'Rome' } })
    expect(rows).toContainEqual({ id: 1n, _partition: { city: null } })
    const cities = await (await catalog.loadTable('a.t')).scan({ select: ['city'] }).toArray()
    expect(cities.map((row) => row['city']).sort()).toEqual(['Oslo', 'Oslo', 'Rome'])
    await expect(
      table.transaction(async (tx) => {
        await tx.updateSpec((s) => s.addField(bucket(4, 'id')))
        await tx.updateSchema((s) => s.dropColumn('id'))
      }),
    ).rejects.toThrow("partition field 'id_bucket_4' needs it")
    expect(table.spec.specId).toBe(1)
  })

  test('columns that only old specs used may go: their files are read, merged and removed', async () => {
    const table = await catalog.createTable('a.t', {
      schema: { id: t.long(), city: t.string(), n: t.int() },
      partitionBy: ['city', bucket(4, 'n')],
    })
    await table.append([
      { id: 1, city: 'Oslo', n: 1 },
      { id: 2, city: null, n: null },
    ])
    await table.updateSpec((s) =>
      s.removeField('city').removeField('n_bucket').addField(bucket(2, 'id')),
    )
    const less = await table.updateSchema((s) => s.dropColumn('city').dropColumn('n'))
    await less.updateProperties({ set: { 'commit.manifest.min-count-to-merge': '2' } })
    await less.append([{ id: 3 }])
    await less.append([{ id: 4 }])
    const ids = async (): Promise<unknown[]> =>
      (await less.scan().toArray()).map((row) => row.id).sort()
    expect(await ids()).toEqual([1n, 2n, 3n, 4n])
    const taken = await less.updateSchema((s) => s.addColumn('city', t.int()))
    expect(await taken.scan({ where: col('city').isNull() }).count()).toBe(4)
    await less.delete(col('id').eq(1))
    expect(await ids()).toEqual([2n, 3n, 4n])
    expect((await less.verify()).violations).toEqual([])
  })

  test('v1: removed fields stay as void, and their columns may go', async () => {
    const table = await catalog.createTable('a.t', {
      schema: { id: t.long(), city: t.string() },
      partitionBy: ['city'],
      formatVersion: 1,
    })
    await table.append([{ id: 1, city: 'Oslo' }])
    await table.updateSpec((s) => s.replaceField('city', bucket(2, 'id')))
    expect(table.spec.fields.map((f) => `${f.fieldId} ${f.name} ${f.transform.kind}`)).toEqual([
      '1000 city void',
      '1001 id_bucket_2 bucket',
    ])
    const less = await table.updateSchema((s) => s.dropColumn('city'))
    await less.append([{ id: 2 }])
    expect(await less.scan().count()).toBe(2)
    await less.upgradeFormat(2)
    await less.updateSpec((s) => s.removeField('city'))
    expect(less.spec.fields.map((f) => f.name)).toEqual(['id_bucket_2'])
    await less.append([{ id: 3 }])
    expect((await less.verify()).violations).toEqual([])
  })
})

describe('replacing on mixed specs', () => {
  let catalog: Catalog
  beforeEach(async () => {
    catalog = await connect('memory:', { workers: 0 })
    return () => catalog.close()
  })

  const made = async () => {
    const table = await catalog.createTable('a.t', {
      schema: { id: t.long(), at: t.date() },
      partitionBy: [identity('at')],
    })
    await table.append([
      { id: 1, at: '2024-01-01' },
      { id: 2, at: '2024-01-02' },
      { id: 3, at: '2024-02-01' },
      { id: 4, at: null },
    ])
    await table.updateSpec((s) => s.replaceField('at', month('at')))
    await table.append([{ id: 5, at: '2024-01-03' }])
    return table
  }
  const ids = async (table: Awaited<ReturnType<typeof made>>): Promise<unknown[]> =>
    (await table.scan().toArray()).map((row) => row.id).sort()

  test('files of finer specs go with the partition that they lie in', async () => {
    const table = await made()
    await table.replacePartitions([{ id: 6, at: '2024-01-31' }])
    expect(await ids(table)).toEqual([3n, 4n, 6n])
    await table.replacePartitions([{ id: 7, at: null }])
    expect(await ids(table)).toEqual([3n, 6n, 7n])
    expect((await table.verify()).violations).toEqual([])
  })

  test('files of coarser specs go by their bounds, and where these cannot tell, their rows do', async () => {
    const table = await made()
    await table.updateSpec((s) => s.replaceField('at_month', day('at')))
    // Its bounds say that the one file of January holds nothing but the third.
    await table.replacePartitions([{ id: 8, at: '2024-01-03' }])
    expect(await ids(table)).toEqual([1n, 2n, 3n, 4n, 8n])
    await table.updateSpec((s) => s.replaceField('at_day', month('at')))
    await table.append([
      { id: 9, at: '2024-03-01' },
      { id: 10, at: '2024-03-02' },
    ])
    await table.updateSpec((s) => s.replaceField('at_month', day('at')))
    await table.replacePartitions([{ id: 11, at: '2024-03-01' }])
    expect(await ids(table)).toEqual([10n, 11n, 1n, 2n, 3n, 4n, 8n].sort())
    await table.replacePartitions([{ id: 12, at: '2024-04-01' }])
    expect(await ids(table)).toEqual([1n, 10n, 11n, 12n, 2n, 3n, 4n, 8n])
  })

  test('overwrite and delete look at each file by its own spec', async () => {
    const table = await made()
    await table.overwrite([{ id: 20, at: '2024-01-15' }], {
      where: and(col('at').gte('2024-01-01'), col('at').lt('2024-02-01')),
    })
    expect(await ids(table)).toEqual([20n, 3n, 4n])
    await table.delete(col('at').isNull())
    expect(await ids(table)).toEqual([20n, 3n])
  })

  test('an unpartitioned table is replaced altogether, files of old specs too', async () => {
    const table = await made()
    await table.updateSpec((s) => s.removeField('at_month'))
    await table.replacePartitions([{ id: 30, at: null }])
    expect(await ids(table)).toEqual([30n])
  })
})
