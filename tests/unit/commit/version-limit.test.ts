import { expect, test } from 'vitest'
import { connect, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/testing/index.js'

const schema = { id: t.long() }

/** The limit `metadataVersion` at n − 1, n and n + 1, for writers and for readers. */
test('a table may reach the highest version, and go no further', async () => {
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { store, workers: 0, limits: { metadataVersion: 3 } })
  const table = await catalog.createTable('a.t', { schema })
  await table.append([{ id: 1 }])
  expect(table.version).toBe(2)
  await table.append([{ id: 2 }])
  expect(table.version).toBe(3)
  await expect(table.append([{ id: 3 }])).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    details: { limit: 'metadataVersion', max: 3, actual: 4 },
  })
  expect(await (await catalog.loadTable('a.t')).scan().count()).toBe(2)
})

test.each([2, 3, 4])('a reader with limit %i of a table at version 3', async (limit) => {
  const store = memoryStore()
  const writer = await connect('memory:/wh', { store, workers: 0 })
  const table = await writer.createTable('a.t', { schema })
  await table.append([{ id: 1 }])
  await table.append([{ id: 2 }])
  const reader = await connect('memory:/wh', {
    store,
    workers: 0,
    limits: { metadataVersion: limit },
  })
  const loaded = reader.loadTable('a.t')
  if (limit < 3) await expect(loaded).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  else expect((await loaded).version).toBe(3)
})
