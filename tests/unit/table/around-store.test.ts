import { expect, test } from 'vitest'
import { memoryStore } from '../../../src/store/memory.js'
import { observe } from '../../../src/store/observe.js'
import { connect } from '../../../src/table/connect.js'
import { openTable } from '../../../src/table/open-table.js'
import { t } from '../../../src/types/builder.js'
import { withCalls } from '../../support/scenario.js'

async function written() {
  const inner = memoryStore()
  const catalog = await connect('memory:/wh', { store: inner, workers: 0 })
  const table = await catalog.createTable('db.t', { schema: { id: t.long() } })
  await table.append([{ id: 1n }, { id: 2n }])
  await table.append([{ id: 3n }])
  await catalog.close()
  return inner
}

test.each([
  [{ storeCalls: 0 }, 'storeCalls'],
  [{ storeCalls: 1.5 }, 'storeCalls'],
  [{ storeCacheBytes: -1 }, 'storeCacheBytes'],
  [{ storeCacheBytes: '1' as never }, 'storeCacheBytes'],
])('%o is refused by name', async (options, name) => {
  await expect(connect('memory:', options)).rejects.toThrow(`\`${name}\``)
  await expect(openTable('memory:/t', options)).rejects.toThrow(`\`${name}\``)
})

test('a second scan reads no file anew; what others commit is seen all the same', async () => {
  const inner = await written()
  const store = observe(inner)
  const options = { store, workers: 0, storeCacheBytes: 1 << 20 }
  const catalog = await connect('memory:/wh', options)
  const table = await catalog.loadTable('db.t')
  expect(await table.scan().count()).toBe(3)
  expect((await table.scan().toArray()).map(({ id }) => id).sort()).toEqual([1n, 2n, 3n])
  store.reset()
  expect(await table.scan().toArray()).toHaveLength(3)
  expect(store.calls().filter(({ operation }) => operation === 'read')).toEqual([])
  const other = await connect('memory:/wh', { store: inner, workers: 0 })
  await (await other.loadTable('db.t')).append([{ id: 4n }] as never)
  await table.refresh()
  expect(await table.scan().toArray()).toHaveLength(4)
  const lone = await openTable('memory:/wh/db/t', options)
  expect(await lone.scan().toArray()).toHaveLength(4)
  for (const open of [catalog, other, lone]) await open.close()
})

test('no more calls at a time than asked for', async () => {
  const inner = await written()
  let now = 0
  let most = 0
  const store = withCalls(inner, {
    read: async (path, range, options) => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
      now--
      return inner.read(path, range, options)
    },
  })
  const table = await openTable('memory:/wh/db/t', { store, workers: 0, storeCalls: 1 })
  expect(await table.scan().toArray()).toHaveLength(3)
  expect(most).toBe(1)
  await table.close()
})
