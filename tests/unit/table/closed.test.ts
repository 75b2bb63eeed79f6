import { expect, test } from 'vitest'
import { connect, openTable, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/testing/index.js'

const schema = { id: t.long().required() }

test('a closed connection refuses every call, on its tables and scans too', async () => {
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { store, workers: 0 })
  const table = await catalog.createTable('a.t', { schema })
  await table.append([{ id: 1 }])
  const scan = table.scan()
  const snapshot = table.current()
  await catalog.close()
  await catalog.close()
  const before = store.files().size
  const calls: readonly (() => Promise<unknown>)[] = [
    () => catalog.createTable('a.u', { schema }),
    () => catalog.loadTable('a.t'),
    () => catalog.tableExists('a.t'),
    () => catalog.listTables('a'),
    () => catalog.dropTable('a.t'),
    () => catalog.createNamespace('b'),
    () => catalog.listNamespaces(),
    () => catalog.dropNamespace('a'),
    () => catalog.resolveCommit('{}'),
    () => table.refresh(),
    () => table.append([{ id: 2 }]),
    () => table.overwrite([], { all: true }),
    () => table.replacePartitions([{ id: 2 }]),
    () => table.addFiles(['memory:/wh/x.parquet']),
    () => table.delete('id = 1'),
    () => table.transaction(async () => {}),
    () => table.updateSchema((s) => s.addColumn('x', t.int())),
    () => table.updateSpec((s) => s.addField('id')),
    () => table.updateSortOrder(['id']),
    () => table.updateProperties({ set: { a: 'b' } }),
    () => table.upgradeFormat(3),
    () => table.createBranch('b'),
    () => table.createTag('t'),
    () => table.rollback({ time: 0 }),
    () => table.asOf({ version: 1 }),
    () => table.verify(),
    () => table.scan().toArray(),
    () => scan.count(),
    () => scan.toArrow(),
    () => scan.plan(),
    () => snapshot.scan().explain(),
    async () => table.inspect.files().toArray(),
  ]
  for (const call of calls) {
    await expect(Promise.resolve().then(call), String(call)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/connection was closed/),
    })
  }
  expect(store.files().size).toBe(before)
  // What was read before stays there to be looked at.
  expect(table.name).toBe('a.t')
  expect(table.snapshots()).toHaveLength(1)
})

test('what is under way when a connection is closed ends as it would have', async () => {
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { store, workers: 0 })
  const table = await catalog.createTable('a.t', { schema })
  const rows = table.scan().rows()
  const appended = table.append([{ id: 1 }])
  await catalog.close()
  expect((await appended).snapshotId).toBeDefined()
  await expect(rows.next()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})

test('closing a table of a catalog leaves the connection open; one of openTable is its own', async () => {
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { store, workers: 0 })
  const table = await catalog.createTable('a.t', { schema })
  await table.close()
  await table.append([{ id: 1 }])
  const lone = await openTable('memory:/wh/a/t', { store, workers: 0 })
  expect(await lone.scan().count()).toBe(1)
  await lone.close()
  await expect(lone.scan().count()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(await table.scan().count()).toBe(1)
})
