import { expect, test } from 'vitest'
import { fileCatalog } from '../../../src/catalog/file.js'
import { commitActions } from '../../../src/commit/committer.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import { memoryStore } from '../../../src/store/memory.js'
import { appendOf, liveFiles, newTable } from '../../support/tables.js'

const warehouse = 'memory:/wh'
const table = { namespace: ['ns'], name: 't' }
const location = `${warehouse}/ns/t`

test('create, append twice, load anew: every commit is one slot', async () => {
  const env = seededEnv(1)
  const store = memoryStore({ env })
  const catalog = fileCatalog({ warehouse, store, env })
  const created = await catalog.createTable(table, newTable(env, location))
  expect(created.version).toBe(1)
  const context = { env, store: catalog.storeFor(table) }
  await commitActions(catalog.target(table), [appendOf(location, 'a')], context)
  const report = await commitActions(catalog.target(table), [appendOf(location, 'b')], context)
  expect(report).toMatchObject({ attempts: 1, published: true })
  expect(report.table.version).toBe(3)
  const other = fileCatalog({ warehouse, store, env })
  const loaded = await other.loadTable(table)
  expect(loaded.version).toBe(3)
  expect(await liveFiles(store, env, loaded.metadata)).toEqual(['a', 'b'])
  expect([...store.files().keys()].filter((path) => /\/v[0-9]+\.metadata/.test(path))).toHaveLength(
    3,
  )
  expect(await other.listTables(['ns'])).toEqual([table])
  expect(await other.listNamespaces()).toEqual([['ns']])
})
