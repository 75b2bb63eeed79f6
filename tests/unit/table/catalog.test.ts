import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Catalog, connect, day, desc, openTable, t } from '../../../src/index.js'

const schema = { id: t.long().required(), name: t.string(), at: t.timestamptz() }

describe.each(['memory', 'local'] as const)('a catalog in a %s store', (kind) => {
  let catalog: Catalog
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moraine-catalog-'))
    catalog = await connect(kind === 'memory' ? 'memory:' : folder, { workers: 0 })
  })
  afterEach(async () => {
    await catalog.close()
    await rm(folder, { recursive: true, force: true })
  })

  test('creates, lists, loads and drops tables, making namespaces on the way', async () => {
    await catalog.createTable('a.one', { schema })
    await catalog.createTable(['a', 'two'], { schema })
    expect(await catalog.tableExists('a.one')).toBe(true)
    expect(await catalog.tableExists('a.three')).toBe(false)
    expect((await catalog.listTables('a')).map((table) => table.name)).toEqual(['one', 'two'])
    expect(await catalog.listNamespaces()).toEqual([['a']])
    await catalog.dropTable('a.one')
    expect((await catalog.listTables('a')).map((table) => table.name)).toEqual(['two'])
    await expect(catalog.loadTable('a.one')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  test('refuses a second table of the same name and leaves the first as it was', async () => {
    const table = await catalog.createTable('a.t', { schema })
    await table.append([{ id: 1 }])
    await expect(catalog.createTable('a.t', { schema })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    })
    expect(await (await catalog.loadTable('a.t')).scan().count()).toBe(1)
  })

  test.each([false, true])(
    're-creates a dropped table with a new identity (purge %s)',
    async (purge) => {
      const first = await catalog.createTable('a.t', { schema })
      await first.append([{ id: 1 }])
      await catalog.dropTable('a.t', { purge })
      const second = await catalog.createTable('a.t', { schema })
      expect(second.uuid).not.toBe(first.uuid)
      expect(second.version).toBeGreaterThan(first.version ?? 0)
      expect(await second.scan().count()).toBe(0)
      await expect(first.append([{ id: 2 }])).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
      expect(await (await catalog.loadTable('a.t')).scan().count()).toBe(0)
    },
  )

  test('keeps what a table was created with', async () => {
    const table = await catalog.createTable('a.t', {
      schema,
      partitionBy: [day('at')],
      sortBy: [desc('id')],
      identifier: ['id'],
      formatVersion: 1,
      properties: { owner: 'me' },
    })
    const loaded = await catalog.loadTable('a.t')
    expect(loaded.formatVersion).toBe(1)
    expect(loaded.spec).toEqual(table.spec)
    expect(loaded.spec.fields[0]).toMatchObject({ name: 'at_day', fieldId: 1000 })
    expect(loaded.sortOrder.fields[0]).toMatchObject({ direction: 'desc', sourceIds: [1] })
    expect(loaded.schema.identifierFieldIds).toEqual([1])
    expect(loaded.properties.get('owner')).toBe('me')
  })

  test('checks a table against the schema that a caller expects', async () => {
    await catalog.createTable('a.t', { schema })
    const typed = await catalog.loadTable('a.t', { schema: { id: t.long().required() } })
    await typed.append([{ id: 7 }])
    expect((await typed.scan({ select: ['id'] }).toArray())[0]?.id).toBe(7n)
    await expect(catalog.loadTable('a.t', { schema: { id: t.string() } })).rejects.toThrow(/'id'/)
    await expect(catalog.loadTable('a.t', { schema: { x: t.string() } })).rejects.toThrow(/'x'/)
  })

  test('names the nearest table when there is none of that name', async () => {
    await catalog.createTable('a.trips', { schema })
    await expect(catalog.loadTable('a.trps')).rejects.toThrow(/did you mean a\.trips\?/)
  })

  test('takes nothing for granted: a table needs columns', async () => {
    // @ts-expect-error no schema
    await expect(catalog.createTable('a.t', {})).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('refuses unknown options and names the nearest', async () => {
    // @ts-expect-error a misspelt option
    await expect(catalog.createTable('a.t', { schema, partitonBy: [] })).rejects.toThrow(
      /did you mean `partitionBy`/,
    )
  })

  test('says what it cannot do', async () => {
    await expect(catalog.renameTable('a', 'b')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(catalog.transaction(async () => {})).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })
})

test('connect refuses schemes without a store, and malformed options', async () => {
  await expect(connect('ftp://bucket/wh')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  await expect(connect('memory:', { workers: -1 })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
})

test('openTable reads a folder without a catalog, and commits to it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moraine-open-'))
  try {
    const catalog = await connect(folder, { workers: 0 })
    const table = await catalog.createTable('a.t', { schema })
    await table.append([{ id: 1 }])
    const lone = await openTable(table.location, { workers: 0 })
    await lone.append([{ id: 2 }])
    expect(await (await table.refresh()).scan().count()).toBe(2)
    const byFile = await openTable(table.metadataLocation, { workers: 0 })
    await expect(byFile.append([{ id: 3 }])).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(openTable(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a table that was moved is read where it is, and not written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'moraine-moved-'))
  try {
    const { rename } = await import('node:fs/promises')
    const catalog = await connect(join(folder, 'wh'), { workers: 0 })
    const table = await catalog.createTable('a.t', { schema })
    await table.append([{ id: 1 }])
    await rename(table.location, join(folder, 'elsewhere'))
    const moved = await openTable(join(folder, 'elsewhere'), { workers: 0 })
    expect(await moved.scan().toArray()).toMatchObject([{ id: 1n }])
    await expect(moved.append([{ id: 2 }])).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
