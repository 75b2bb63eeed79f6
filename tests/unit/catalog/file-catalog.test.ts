import { describe, expect, test } from 'vitest'
import type { CatalogBackend } from '../../../src/catalog/catalog.js'
import { fileCatalog } from '../../../src/catalog/file.js'
import { identifierText, parseIdentifier, parseNamespace } from '../../../src/catalog/identifier.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import {
  AlreadyExists,
  InvalidArgument,
  LocationDenied,
  NotFound,
  Unsupported,
} from '../../../src/errors.js'
import { type MemoryStore, memoryStore } from '../../../src/store/memory.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { location, scenario, slot, table, withCalls } from '../../support/scenario.js'
import { newTable } from '../../support/tables.js'

const env = seededEnv(1)
const wh = 'memory:/wh'

function make(): { store: MemoryStore; catalog: CatalogBackend } {
  const store = memoryStore({ env })
  return { store, catalog: fileCatalog({ warehouse: wh, store, env }) }
}

async function create(catalog: CatalogBackend, name: string): Promise<void> {
  const id = parseIdentifier(name)
  await catalog.createTable(id, newTable(env, catalog.tableLocation(id)))
}

describe('names', () => {
  test('strings, arrays and identifiers', () => {
    const id = { namespace: ['a', 'b'], name: 't' }
    expect(parseIdentifier('a.b.t')).toEqual(id)
    expect(parseIdentifier(['a', 'b', 't'])).toEqual(id)
    expect(parseIdentifier(id)).toEqual(id)
    expect(parseIdentifier('t')).toEqual({ namespace: [], name: 't' })
    expect(parseIdentifier(['with.dot', 't'])).toEqual({ namespace: ['with.dot'], name: 't' })
    expect(identifierText({ namespace: ['with.dot'], name: 't' })).toBe('"with.dot".t')
    expect(parseNamespace('')).toEqual([])
    expect(parseNamespace('__proto__.constructor')).toEqual(['__proto__', 'constructor'])
  })

  test.each([
    '',
    '.',
    'a..t',
    'a.',
    '.t',
    'a/b',
    'a\\b',
    'a\nb',
    'a.b%2f',
    ' a',
    'a.t ',
    'x'.repeat(201),
  ])('%j is refused', (name) => {
    expect(() => parseIdentifier(name)).toThrow(InvalidArgument)
  })

  test.each([[['..', 't']], [['a', '../../etc']], [[]], [['.hidden']], [['\ud800']]])(
    'array %j is refused',
    (levels) => {
      expect(() => parseIdentifier(levels)).toThrow(InvalidArgument)
    },
  )
})

describe('namespaces', () => {
  test('are made, listed, dropped', async () => {
    const { catalog } = make()
    expect(await catalog.listNamespaces()).toEqual([])
    await catalog.createNamespace(['b'])
    await catalog.createNamespace(['a', 'x'])
    expect(await catalog.listNamespaces()).toEqual([['a'], ['b']])
    expect(await catalog.listNamespaces(['a'])).toEqual([['a', 'x']])
    expect(await catalog.namespaceExists(['a', 'x'])).toBe(true)
    expect(await catalog.namespaceExists(['x'])).toBe(false)
    expect(await catalog.namespaceExists([])).toBe(true)
    await expect(catalog.createNamespace(['b'])).rejects.toThrow(AlreadyExists)
    await expect(catalog.dropNamespace(['a'])).rejects.toThrow(/1 namespaces/)
    await catalog.dropNamespace(['a', 'x'])
    await catalog.dropNamespace(['a'])
    expect(await catalog.listNamespaces()).toEqual([['b']])
    await expect(catalog.dropNamespace(['a'])).rejects.toThrow(NotFound)
    await expect(catalog.dropNamespace([])).rejects.toThrow(InvalidArgument)
    await expect(catalog.listTables(['nowhere'])).rejects.toThrow(NotFound)
    await expect(catalog.listNamespaces(['nowhere'])).rejects.toThrow(NotFound)
  })

  test('tables make theirs; dropped tables do not count', async () => {
    const { catalog } = make()
    await create(catalog, 'a.b.t')
    await create(catalog, 'top')
    expect(await catalog.listNamespaces(['a'])).toEqual([['a', 'b']])
    expect(await catalog.listTables(['a', 'b'])).toEqual([{ namespace: ['a', 'b'], name: 't' }])
    expect(await catalog.listTables([])).toEqual([{ namespace: [], name: 'top' }])
    await expect(catalog.dropNamespace(['a', 'b'])).rejects.toThrow(/1 tables/)
    await catalog.dropTable(parseIdentifier('a.b.t'))
    expect(await catalog.listTables(['a', 'b'])).toEqual([])
    expect(await catalog.namespaceExists(['a', 'b'])).toBe(true)
    await catalog.dropNamespace(['a', 'b'])
    expect(await catalog.namespaceExists(['a', 'b'])).toBe(false)
    await create(catalog, 'a.b.t')
    expect((await catalog.loadTable(parseIdentifier('a.b.t'))).version).toBe(3)
  })

  test('folders without a marker, as other writers make them', async () => {
    const { store, catalog } = make()
    await create(catalog, 'a.b.t')
    await store.delete(`${wh}/a/.namespace`)
    await store.delete(`${wh}/a/b/.namespace`)
    await store.create(`${wh}/plain/readme.txt`, encodeUtf8('x'))
    expect(await catalog.listNamespaces()).toEqual([['a']])
    expect(await catalog.listNamespaces(['a'])).toEqual([['a', 'b']])
    expect(await catalog.listTables(['a', 'b'])).toHaveLength(1)
  })

  test('a table is no namespace, and the other way round', async () => {
    const { catalog } = make()
    await create(catalog, 'a.t')
    await expect(create(catalog, 'a.t.u')).rejects.toThrow(/is or was a table/)
    await expect(catalog.createNamespace(['a', 't', 'n'])).rejects.toThrow(InvalidArgument)
    await catalog.createNamespace(['a', 'n'])
    await expect(create(catalog, 'a.n')).rejects.toThrow(AlreadyExists)
  })
})

describe('tables', () => {
  test('exist once', async () => {
    const { catalog } = make()
    await create(catalog, 'n.t')
    await expect(create(catalog, 'n.t')).rejects.toThrow(AlreadyExists)
    expect(await catalog.tableExists(parseIdentifier('n.t'))).toBe(true)
    expect(await catalog.tableExists(parseIdentifier('n.u'))).toBe(false)
    await expect(catalog.loadTable(parseIdentifier('n.u'))).rejects.toThrow(NotFound)
    await expect(catalog.dropTable(parseIdentifier('n.u'))).rejects.toThrow(NotFound)
  })

  test('of many who create one, one does', async () => {
    const { store } = make()
    const attempts = Array.from({ length: 8 }, () =>
      create(fileCatalog({ warehouse: wh, store, env }), 'n.t'),
    )
    const settled = await Promise.allSettled(attempts)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of settled) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(AlreadyExists)
    }
  })

  test('lie where the catalog says, and nowhere else', async () => {
    const { catalog } = make()
    const id = parseIdentifier('n.t')
    const elsewhere = newTable(env, 'memory:/other/t')
    await expect(catalog.createTable(id, elsewhere)).rejects.toThrow(Unsupported)
    const base = await catalog.createTable(id, newTable(env, catalog.tableLocation(id)))
    const metadata = {
      ...base.metadata,
      location: 'memory:/other',
      lastUpdatedMs: base.metadata.lastUpdatedMs + 1,
    }
    const moving = catalog.target(id).publish(base, { metadata, updates: [], requirements: [] })
    await expect(moving).rejects.toThrow(Unsupported)
    const properties = new Map([['write.metadata.path', 'memory:/other']])
    const pointing = {
      ...base.metadata,
      properties,
      lastUpdatedMs: base.metadata.lastUpdatedMs + 1,
    }
    await expect(
      catalog.target(id).publish(base, { metadata: pointing, updates: [], requirements: [] }),
    ).rejects.toThrow(/write\.metadata\.path/)
  })

  test('C22 metadata that breaks a promise is not published', async () => {
    const { catalog, store } = make()
    const id = parseIdentifier('n.t')
    const base = await catalog.createTable(id, newTable(env, catalog.tableLocation(id)))
    const { metadata } = base
    const wrong = [
      { ...metadata },
      { ...metadata, lastUpdatedMs: metadata.lastUpdatedMs + 1, tableUuid: crypto.randomUUID() },
      { ...metadata, lastUpdatedMs: metadata.lastUpdatedMs + 1, lastColumnId: 0 },
      { ...metadata, lastUpdatedMs: metadata.lastUpdatedMs + 1, lastPartitionId: 0 },
      { ...metadata, lastUpdatedMs: metadata.lastUpdatedMs + 1, lastSequenceNumber: -1n },
      { ...metadata, lastUpdatedMs: metadata.lastUpdatedMs + 1, formatVersion: 1 as const },
    ]
    const files = store.files().size
    for (const next of wrong) {
      const publishing = catalog
        .target(id)
        .publish(base, { metadata: next, updates: [], requirements: [] })
      await expect(publishing).rejects.toMatchObject({ code: 'INTERNAL_BUG' })
    }
    expect(store.files().size).toBe(files)
  })

  test('cannot be renamed or registered, and are told why', async () => {
    const { catalog } = make()
    const id = parseIdentifier('n.t')
    await expect(catalog.renameTable(id, id)).rejects.toThrow(/absolute/)
    await expect(catalog.registerTable(id, 'memory:/x')).rejects.toThrow(/openTable/)
  })

  test('C24 a folder of another catalog is neither loaded nor taken', async () => {
    const { store, catalog } = make()
    const name = '00002-3f2a5c1e-0000-4000-8000-000000000000.metadata.json'
    await store.create(`${wh}/n/foreign/metadata/${name}`, encodeUtf8('{}'))
    const id = parseIdentifier('n.foreign')
    await expect(catalog.loadTable(id)).rejects.toThrow(/openTable/)
    await expect(create(catalog, 'n.foreign')).rejects.toThrow(Unsupported)
    expect(await catalog.tableExists(id)).toBe(false)
  })

  test('S9 a table may write to its own folder only', async () => {
    const { catalog } = make()
    await create(catalog, 'n.t')
    await create(catalog, 'n.other')
    const store = catalog.storeFor(parseIdentifier('n.t'))
    await expect(store.create(`${wh}/n/other/data/x`, encodeUtf8('x'))).rejects.toThrow(
      LocationDenied,
    )
    await expect(store.delete(`${wh}/n/other/metadata/v1.metadata.json`)).rejects.toThrow(
      LocationDenied,
    )
    await expect(store.read('memory:/etc/passwd')).rejects.toThrow(LocationDenied)
    expect((await store.create(`${wh}/n/t/data/x`, encodeUtf8('x'))).outcome).toBe('created')
    expect((await store.read(`${wh}/n/other/metadata/v1.metadata.json`)).length).toBeGreaterThan(0)
  })
})

describe('drop and purge (C17–C20)', () => {
  test('a drop keeps every file; the table is gone', async () => {
    const { append, catalog, store } = await scenario()
    await append('a')
    const before = new Set(store.files().keys())
    await catalog.dropTable(table)
    for (const path of before) expect(store.files().has(path)).toBe(true)
    expect(new TextDecoder().decode(store.files().get(slot(3)))).toContain('"moraine-tombstone":1')
    expect(await catalog.tableExists(table)).toBe(false)
    await expect(catalog.loadTable(table)).rejects.toThrow(/dropped/)
    await expect(catalog.dropTable(table)).rejects.toThrow(NotFound)
  })

  test('a purge removes everything but the slots, which become markers', async () => {
    const { append, catalog, store, env: own } = await scenario()
    await append('a')
    await store.create(`${location}/data/a.parquet`, encodeUtf8('rows'))
    await store.create('memory:/wh/ns/neighbour/data/x', encodeUtf8('theirs'))
    await catalog.dropTable(table, { purge: true })
    const left = [...store.files().keys()].filter((path) => path.startsWith(location)).sort()
    expect(left).toEqual([1, 2, 3].map(slot).concat(`${location}/metadata/version-hint.text`))
    expect(new TextDecoder().decode(store.files().get(slot(1)))).toContain('moraine-retired')
    expect(store.files().has('memory:/wh/ns/neighbour/data/x')).toBe(true)
    const again = await catalog.createTable(table, newTable(own, location))
    expect(again.version).toBe(4)
  })

  test('a purge deletes nothing that a table made after the drop could own', async () => {
    const { catalog, store, env: own, process, append } = await scenario()
    await append('old')
    let made = false
    const view = withCalls(store, {
      create: async (path, bytes) => {
        const outcome = await store.create(path, bytes)
        if (path !== slot(3)) return outcome
        // The moment after the tombstone: somebody makes the table again and writes.
        made = true
        await catalog.createTable(table, newTable(own, location))
        await append('new')
        await store.create(`${location}/data/new.parquet`, encodeUtf8('rows'))
        return outcome
      },
    })
    await process(view).dropTable(table, { purge: true })
    expect(made).toBe(true)
    expect(store.files().has(`${location}/data/new.parquet`)).toBe(true)
    const { metadata } = await process().loadTable(table)
    const list = metadata.snapshots[0]?.manifestList ?? ''
    expect(store.files().has(list)).toBe(true)
  })

  test('gc.enabled=false refuses a purge, and the table stays', async () => {
    const { catalog } = await scenario({ 'gc.enabled': 'false' })
    await expect(catalog.dropTable(table, { purge: true })).rejects.toThrow(/gc\.enabled/)
    expect(await catalog.tableExists(table)).toBe(true)
    await catalog.dropTable(table)
  })

  test('a table that lies inside another stops a purge', async () => {
    const { catalog, store } = await scenario()
    await store.create(`${location}/inner/metadata/v1.metadata.json`, encodeUtf8('{}'))
    await expect(catalog.dropTable(table, { purge: true })).rejects.toThrow(/holds another table/)
    expect(await catalog.tableExists(table)).toBe(true)
  })
})
