/** A transaction of several snapshots that is overtaken: what its first try wrote must fit its second. */
import { expect, test } from 'vitest'
import { connect, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'
import type { Store } from '../../../src/store/store.js'

const schema = { id: t.long().required() }

/**
 * A table, and another writer who appends to a branch just before the next slot is taken: that leaves
 * the manifests of main as they are, but takes a sequence number and row ids.
 */
async function overtaken(properties: Readonly<Record<string, string>>) {
  const store = memoryStore()
  const create = store.create.bind(store)
  let before: (() => Promise<unknown>) | undefined
  const value: Store['create'] = async (path, bytes) => {
    const act = path.endsWith('.metadata.json') ? before : undefined
    if (act !== undefined) before = undefined
    await act?.()
    return create(path, bytes)
  }
  Object.defineProperty(store, 'create', { value })
  const mine = await connect('memory:', { store, workers: 0 })
  const theirs = await connect('memory:', { store, workers: 0 })
  await mine.createNamespace('n')
  const table = await mine.createTable('n.t', { schema, formatVersion: 3, properties })
  await table.append([{ id: 1 }])
  const other = await theirs.loadTable('n.t', { schema })
  await other.createBranch('b')
  await table.refresh()
  before = () => other.append([{ id: 21 }, { id: 22 }], { branch: 'b' })
  return table
}

type Table = Awaited<ReturnType<typeof overtaken>>

async function check(table: Table, ids: readonly bigint[]): Promise<void> {
  await table.refresh()
  const select = ['id', '_row_id', '_last_updated_sequence_number'] as const
  const read = async (ref: string) => (await table.asOf({ ref })).scan({ select }).toArray()
  const [main, branch] = [await read('main'), await read('b')]
  expect(main.map(({ id }) => id).sort()).toEqual(ids)
  // Only the row of before is in both.
  const rowIds = new Set([...main, ...branch].map(({ _row_id }) => _row_id))
  expect(rowIds.size).toBe(ids.length + 2)
  const newest = (rows: typeof main) =>
    Math.max(...rows.map((row) => Number(row._last_updated_sequence_number)))
  const own = main.filter(({ id }) => id > 10n)
  const oldest = Math.min(...own.map((row) => Number(row._last_updated_sequence_number)))
  expect(oldest).toBeGreaterThan(newest(branch))
  expect((await table.verify()).violations).toEqual([])
}

test('merged manifests get the row ids and sequence numbers of the try that is committed', async () => {
  const table = await overtaken({ 'commit.manifest.min-count-to-merge': '2' })
  await table.transaction(async (tx) => {
    await tx.append([{ id: 11 }])
    await tx.append([{ id: 12 }])
  })
  await check(table, [1n, 11n, 12n])
})

test('filtered manifests do, too', async () => {
  const table = await overtaken({})
  await table.transaction(async (tx) => {
    await tx.append([{ id: 11 }, { id: 12 }])
    await tx.append([{ id: 13 }])
    await tx.overwrite([{ id: 14 }], { where: 'id = 13' })
  })
  await check(table, [1n, 11n, 12n, 14n])
})

test('rows that were added and changed again keep row ids that nobody else has', async () => {
  const table = await overtaken({})
  const change = () =>
    table.transaction(async (tx) => {
      await tx.append([{ id: 11 }, { id: 12 }])
      await tx.update('id = 12', { id: 13 })
    })
  // The ids that its rows were given went to the branch meanwhile.
  await expect(change()).rejects.toMatchObject({ conflict: 'head-moved', committed: 'no' })
  await table.refresh()
  await change()
  await check(table, [1n, 11n, 13n])
})

test('a change is checked against others, not against what the transaction did itself', async () => {
  const table = await overtaken({})
  const change = () =>
    table.transaction(async (tx) => {
      await tx.append([{ id: 11 }])
      await tx.append([{ id: 12 }])
      await tx.delete('id = 12')
      await tx.overwrite([{ id: 14 }], { where: 'id = 11' })
    })
  await change()
  await check(table, [1n, 14n])
})

test('a change after a rollback is about where that leads', async () => {
  const table = await overtaken({})
  const [first] = table.snapshots()
  await table.append([{ id: 2 }])
  await table.transaction(async (tx) => {
    await tx.rollback({ snapshot: first!.snapshotId })
    await tx.append([{ id: 11 }])
    await tx.delete('id = 1')
  })
  expect((await table.scan().toArray()).map(({ id }) => id)).toEqual([11n])
  expect((await table.verify()).violations).toEqual([])
})

test('what others do to main in between is checked for every change of the transaction', async () => {
  const store = memoryStore()
  const mine = await connect('memory:', { store, workers: 0 })
  const theirs = await connect('memory:', { store, workers: 0 })
  const table = await mine.createTable('n.t', { schema, formatVersion: 2 })
  await table.append([{ id: 1 }])
  await table.append([{ id: 2 }])
  const other = await theirs.loadTable('n.t', { schema })
  const late = table.transaction(async (tx) => {
    await tx.append([{ id: 3 }])
    await tx.update('id = 3', { id: 4 })
    await tx.update('id = 2', { id: 5 })
    await other.delete('id = 2')
  })
  await expect(late).rejects.toMatchObject({ conflict: 'files-removed', committed: 'no' })
  await table.refresh()
  const blind = table.transaction(async (tx) => {
    await tx.append([{ id: 3 }])
    await tx.update('id = 8', { id: 7 })
    await tx.delete('id = 1')
    await other.append([{ id: 8 }])
  })
  await expect(blind).rejects.toMatchObject({ conflict: 'rows-added', committed: 'no' })
  const second = table.transaction(async (tx) => {
    await tx.append([{ id: 3 }])
    await tx.delete('id = 1')
    await other.append([{ id: 1 }])
  })
  await expect(second).rejects.toMatchObject({ conflict: 'rows-added', committed: 'no' })
  await table.refresh()
  await table.delete('id = 8')
  await table.transaction(async (tx) => {
    await tx.append([{ id: 3 }])
    await tx.update('id = 3', { id: 4 })
    await tx.update('id = 1', { id: 5 })
    await other.append([{ id: 9 }])
  })
  const rows = await table.scan().toArray()
  expect(rows.map(({ id }) => Number(id)).sort()).toEqual([4, 5, 5, 9])
  expect((await table.verify()).violations).toEqual([])
})

test('a change that drops one file and cuts another leaves no name taken', async () => {
  const catalog = await connect('memory:', { workers: 0 })
  const table = await catalog.createTable('n.t', { schema, formatVersion: 2 })
  await table.append([{ id: 1 }, { id: 5 }])
  await table.append([{ id: 2 }])
  await table.transaction(async (tx) => {
    await tx.delete('id < 5')
    await tx.overwrite([{ id: 6 }], { where: 'id = 7' })
  })
  const rows = await table.scan().toArray()
  expect(rows.map(({ id }) => Number(id)).sort()).toEqual([5, 6])
})
