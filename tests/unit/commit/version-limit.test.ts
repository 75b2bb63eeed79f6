import { expect, test } from 'vitest'
import { connect, openTable, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/testing/index.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'

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

/** A search that begins low meets the head by doubling its steps or by halving them. */
test.each([3, 4, 5, 6, 7, 8])(
  'a head at %i is above its limit, wherever the search began',
  async (head) => {
    const store = memoryStore()
    const writer = await connect('memory:/wh', { store, workers: 0 })
    const table = await writer.createTable('a.t', { schema })
    while ((table.version ?? 0) < head) {
      await table.updateProperties({ set: { at: `${table.version}` } })
    }
    const { location } = table
    for (let hint = 1; hint <= head; hint++) {
      await store.put(`${location}/metadata/version-hint.text`, encodeUtf8(`${hint}`))
      for (const limit of [head - 1, head, head + 1]) {
        const reader = await connect('memory:/wh', {
          store,
          workers: 0,
          limits: { metadataVersion: limit },
        })
        const loaded = reader.loadTable('a.t')
        if (limit < head) {
          await expect(loaded).rejects.toMatchObject({
            code: 'LIMIT_EXCEEDED',
            details: { limit: 'metadataVersion', max: limit },
          })
        } else expect((await loaded).version).toBe(head)
      }
    }
  },
)

test('a table that was loaded early does not follow others past the limit', async () => {
  const store = memoryStore()
  const options = { store, workers: 0 } as const
  const writer = await connect('memory:/wh', options)
  const table = await writer.createTable('a.t', { schema })
  const reader = await connect('memory:/wh', { ...options, limits: { metadataVersion: 2 } })
  const early = await reader.loadTable('a.t')
  await table.append([{ id: 1 }])
  await early.refresh()
  await table.append([{ id: 2 }])
  await expect(early.refresh()).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  expect(early.version).toBe(2)
})

test('the tombstone of a dropped table is a version too', async () => {
  const store = memoryStore()
  const options = { store, workers: 0, limits: { metadataVersion: 2 } } as const
  const catalog = await connect('memory:/wh', options)
  const table = await catalog.createTable('a.t', { schema })
  await table.append([{ id: 1 }])
  await expect(catalog.dropTable('a.t')).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    details: { limit: 'metadataVersion', max: 2, actual: 3 },
  })
  expect(await (await catalog.loadTable('a.t')).scan().count()).toBe(1)
})

/** `v3.metadata.json` named by its path, and `00003-<uuid>.metadata.json` found in its folder. */
test.each([2, 3, 4])('openTable with limit %i of metadata number 3', async (limit) => {
  const store = memoryStore()
  const writer = await connect('memory:/wh', { store, workers: 0 })
  const table = await writer.createTable('a.t', { schema })
  await table.append([{ id: 1 }])
  await table.append([{ id: 2 }])
  const { location } = table
  const slot = `${location}/metadata/v3.metadata.json`
  const foreign = 'memory:/foreign'
  const named = `${foreign}/metadata/00003-12345678-0000-4000-8000-000000000000.metadata.json`
  await store.put(named, await store.read(slot))
  const options = {
    store,
    workers: 0,
    limits: { metadataVersion: limit },
    relocate: { [location]: foreign },
  }
  for (const place of [slot, named, foreign]) {
    const opened = openTable(place, place === slot ? { ...options, relocate: {} } : options)
    if (limit < 3) {
      await expect(opened, place).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
        details: { limit: 'metadataVersion', max: 2, actual: 3 },
      })
    } else expect((await opened).currentSnapshotId, place).toBeDefined()
  }
})
