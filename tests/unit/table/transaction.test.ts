import { describe, expect, test } from 'vitest'
import { connect, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/testing/index.js'

const schema = { id: t.long().required(), city: t.string() }

async function open() {
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { workers: 0, store })
  const table = await catalog.createTable('a.t', { schema })
  return { store, catalog, table }
}

describe('a transaction', () => {
  test('publishes several changes as one version, and reads its own writes', async () => {
    const { catalog, table } = await open()
    const before = table.version ?? 0
    const seen = await table.transaction(async (tx) => {
      await tx.append([{ id: 1, city: 'Oslo' }])
      const evolved = await tx.updateSchema((s) => s.addColumn('tip', t.double()))
      await evolved.append([{ id: 2, tip: 0.5 }])
      expect(await (await catalog.loadTable('a.t')).scan().count()).toBe(0)
      return evolved.scan({ select: ['id', 'tip'] }).toArray()
    })
    expect(seen.sort((a, b) => Number(a.id - b.id))).toEqual([
      { id: 1n, tip: null },
      { id: 2n, tip: 0.5 },
    ])
    expect(table.version).toBe(before + 1)
    expect(await table.scan().count()).toBe(2)
    expect(table.schema.fields.map((field) => field.name)).toEqual(['id', 'city', 'tip'])
    expect((await table.verify()).violations).toEqual([])
  })

  test('its changes have no options of a commit of their own', async () => {
    const { store, table } = await open()
    await table.append([{ id: 1, city: 'Oslo' }])
    const before = [...store.files().keys()]
    for (const option of [
      { ifSnapshot: 1n },
      { ifSnapshot: null },
      { retryConflicts: 2 },
      { groupCommit: true },
    ]) {
      const calls: readonly ((
        tx: Parameters<Parameters<typeof table.transaction>[0]>[0],
        own: object,
      ) => unknown)[] = [
        (tx, own) => tx.append([{ id: 2 }], own),
        (tx, own) => tx.overwrite([{ id: 2 }], { all: true, ...own }),
        (tx, own) => tx.delete('id = 1', own),
        (tx, own) => tx.update('id = 1', { city: 'x' }, own),
        (tx, own) => tx.upsert([{ id: 1 }], { on: ['id'], ...own }),
        (tx, own) => tx.deleteKeys([{ id: 1 }], { on: ['id'], ...own }),
        (tx, own) =>
          tx
            .merge([{ id: 1 }])
            .on('id')
            .whenMatched({ delete: true })
            .run(own),
        (tx, own) => tx.rollback({ snapshot: table.currentSnapshotId as bigint }, own),
      ]
      for (const call of calls) {
        const failure = table.transaction(async (tx) => {
          await call(tx, option)
        })
        await expect(failure, `${call}`).rejects.toMatchObject({
          code: 'INVALID_ARGUMENT',
          message: expect.stringMatching(`has no (option )?\`${Object.keys(option)[0]}\``),
        })
      }
    }
    expect([...store.files().keys()]).toEqual(before)
  })

  test('a throw abandons everything and removes what was written', async () => {
    const { store, table } = await open()
    const before = [...store.files().keys()]
    const failure = table.transaction(async (tx) => {
      await tx.append([{ id: 1 }])
      await tx.overwrite([{ id: 2 }], { all: true })
      throw new RangeError('no')
    })
    await expect(failure).rejects.toThrow(RangeError)
    expect([...store.files().keys()].sort()).toEqual(before.sort())
    expect(await (await table.refresh()).scan().count()).toBe(0)
  })

  test('re-applies its changes, not its function, when another writer was first', async () => {
    const { catalog, table } = await open()
    let runs = 0
    await table.transaction(async (tx) => {
      runs += 1
      await tx.append([{ id: 1 }])
      await (await catalog.loadTable('a.t', { schema })).append([{ id: 2 }])
    })
    expect(runs).toBe(1)
    expect(await table.scan().count()).toBe(2)
    expect((await table.verify()).violations).toEqual([])
  })

  test('that has read is refused when what it read has changed', async () => {
    const { catalog, table } = await open()
    await table.append([{ id: 1 }])
    const attempt = table.transaction(async (tx) => {
      const count = await tx.scan().count()
      await (await catalog.loadTable('a.t', { schema })).append([{ id: 5 }])
      await tx.append([{ id: 100 + count }])
    })
    await expect(attempt).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
    expect(await (await table.refresh()).scan().count()).toBe(2)
  })

  test('takes changes that nobody awaited, and fails when one of them fails', async () => {
    const { table } = await open()
    await table.transaction(async (tx) => {
      void tx.append([{ id: 1 }])
      void tx.append([{ id: 2 }])
    })
    expect(await table.scan().count()).toBe(2)
    const failing = table.transaction(async (tx) => {
      // @ts-expect-error a required column is missing
      void tx.append([{ city: 'Oslo' }])
    })
    await expect(failing).rejects.toMatchObject({ code: 'VALIDATION' })
    expect(await (await table.refresh()).scan().count()).toBe(2)
  })

  test('is over when its function returns', async () => {
    const { table } = await open()
    const leaked = await table.transaction(async (tx) => tx)
    await expect(leaked.append([{ id: 1 }])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
