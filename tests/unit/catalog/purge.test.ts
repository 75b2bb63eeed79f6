/** Purging asks a store that can for many deletions at once. */
import { expect, test } from 'vitest'
import { StoreUnavailable } from '../../../src/errors.js'
import { memoryStore } from '../../../src/store/memory.js'
import { observe } from '../../../src/store/observe.js'
import { connect } from '../../../src/table/connect.js'
import { t } from '../../../src/types/builder.js'

test('a purge deletes the files of a table together', async () => {
  const memory = memoryStore()
  const deleteMany = async (paths: readonly string[]) => {
    for (const path of paths) await memory.delete(path)
    return []
  }
  const store = observe(Object.assign(memory, { deleteMany }))
  const catalog = await connect('memory:/wh', { store, workers: 0 })
  const table = await catalog.createTable('ns.t', { schema: { id: t.int() } })
  for (let id = 0; id < 5; id++) await table.append([{ id }])
  const before = store.totals().get('delete')?.calls ?? 0
  await catalog.dropTable('ns.t', { purge: true })
  expect(store.totals().get('deleteMany')?.calls).toBe(1)
  expect((store.totals().get('delete')?.calls ?? 0) - before).toBe(0)
  const left: string[] = []
  for await (const { path } of memory.list('memory:/wh/ns/t')) left.push(path)
  expect(left.filter((path) => !/v\d+\.metadata\.json$/.test(path))).toEqual([
    'memory:/wh/ns/t/metadata/version-hint.text',
  ])
  await catalog.close()
})

test.each([true, false])('files that stay are told, deleted at once: %s', async (together) => {
  const memory = memoryStore()
  const refuses = (path: string) => path.endsWith('.parquet')
  const refused = (path: string) => new StoreUnavailable(`cannot delete ${path}: 403`)
  const remove = memory.delete.bind(memory)
  const store = Object.assign(memory, {
    delete: async (path: string) => {
      if (refuses(path)) throw refused(path)
      await remove(path)
    },
    ...(together && {
      deleteMany: async (paths: readonly string[]) => {
        for (const path of paths) if (!refuses(path)) await remove(path)
        return paths.filter(refuses).map((path) => ({ path, error: refused(path) }))
      },
    }),
  })
  const catalog = await connect('memory:/wh', { store, workers: 0 })
  const table = await catalog.createTable('ns.t', { schema: { id: t.int() } })
  for (let id = 0; id < 3; id++) await table.append([{ id }])
  const files = await table.inspect.files().toArray()
  const { notDeleted } = await catalog.dropTable('ns.t', { purge: true })
  expect(await catalog.tableExists('ns.t')).toBe(false)
  expect(notDeleted.map(({ path }) => path).sort()).toEqual(
    files.map(({ file_path: path }) => path).sort(),
  )
  expect(notDeleted.every(({ error }) => error.message.includes('403'))).toBe(true)
  await catalog.close()
})

test('without a purge nothing was to be deleted', async () => {
  const catalog = await connect('memory:/wh', { workers: 0 })
  await catalog.createTable('ns.t', { schema: { id: t.int() } })
  expect(await catalog.dropTable('ns.t')).toEqual({ notDeleted: [] })
  await catalog.close()
})
