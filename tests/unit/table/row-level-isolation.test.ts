/** What concurrent changes of rows may and may not do to each other. */
import { beforeEach, describe, expect, test } from 'vitest'
import { type Catalog, col, connect, t } from '../../../src/index.js'

const schema = { id: t.long().required(), n: t.int(), p: t.string() }

describe.each([
  [2, 'copy-on-write'],
  [2, 'merge-on-read'],
  [3, 'merge-on-read'],
] as const)('format %i, %s', (formatVersion, mode) => {
  let catalog: Catalog
  beforeEach(async () => {
    catalog = await connect('memory:', { workers: 0 })
    return () => catalog.close()
  })

  /** Two handles that saw the same head; ids 0 to 9 in partition a, 10 to 19 in b. */
  const two = async () => {
    const one = await catalog.createTable('a.t', { schema, formatVersion, partitionBy: ['p'] })
    await one.append(Array.from({ length: 20 }, (_, id) => ({ id, n: 0, p: id < 10 ? 'a' : 'b' })))
    return [one, await catalog.loadTable('a.t', { schema })] as const
  }
  type Handle = Awaited<ReturnType<typeof two>>[0]
  const sum = async (table: Handle): Promise<number> =>
    (await (await table.refresh()).scan().toArray()).reduce((all, row) => all + (row.n ?? 0), 0)
  const bump = (table: Handle, id: number, isolation: 'snapshot' | 'serializable') =>
    table.update(col('id').eq(id), { n: (row) => (row.n ?? 0) + 1 }, { mode, isolation })

  test.each(['snapshot', 'serializable'] as const)('no update is lost under %s', async (level) => {
    const [one, other] = await two()
    await bump(one, 3, level)
    await expect(bump(other, 3, level)).rejects.toMatchObject({
      code: 'COMMIT_CONFLICT',
      committed: 'no',
    })
    await other.refresh()
    await bump(other, 3, level)
    expect(await sum(one)).toBe(2)
    expect((await one.verify()).violations).toEqual([])
  })

  test('changes of different files both succeed, the second by re-applying', async () => {
    const [one, other] = await two()
    await bump(one, 3, 'serializable')
    const second = await other.update(
      col('p').eq('b'),
      { n: 5 },
      { mode, isolation: 'serializable' },
    )
    expect(second.attempts).toBe(2)
    expect(await sum(one)).toBe(51)
  })

  /** Unpartitioned: ids 0 to 9 in one file, 10 to 19 in another. */
  const twoFiles = async () => {
    const one = await catalog.createTable('a.f', { schema, formatVersion })
    for (const from of [0, 10]) {
      await one.append(Array.from({ length: 10 }, (_, at) => ({ id: from + at, n: 0, p: 'x' })))
    }
    return [one, await catalog.loadTable('a.f', { schema })] as const
  }
  const serializable = { mode, isolation: 'serializable' } as const

  test('deletes in one file stand in the way of nobody who is about another', async () => {
    const [one, other] = await twoFiles()
    const third = await catalog.loadTable('a.f', { schema })
    await one.delete(col('id').eq(3), serializable)
    await other.update(col('id').eq(15), { n: 1 }, serializable)
    // This one is about the file that was just changed.
    const late = third.overwrite([], { where: col('id').gte(16), ...serializable })
    await expect(late).rejects.toMatchObject({ code: 'COMMIT_CONFLICT', committed: 'no' })
    const last = await catalog.loadTable('a.f', { schema })
    await one.refresh()
    await one.delete(col('id').eq(4), serializable)
    await last.delete(col('id').gte(10), serializable)
    const ids = (await last.scan().toArray()).map(({ id }) => Number(id)).sort()
    expect(ids).toEqual([0, 1, 2, 5, 6, 7, 8, 9])
    expect((await last.verify()).violations).toEqual([])
  })

  test('a row that was read and is deleted refuses a change of another row', async () => {
    const [one, other] = await twoFiles()
    const third = await catalog.loadTable('a.f', { schema })
    await one.delete(col('id').eq(3), serializable)
    const readsThree = (table: Handle, isolation: 'serializable' | 'snapshot') =>
      table
        .merge([
          { id: 3, n: 0, p: '' },
          { id: 15, n: 0, p: '' },
        ])
        .on('id')
        .whenMatched({ if: (row) => row.id === 15n, update: { n: 1 } })
        .run({ mode, isolation })
    await expect(readsThree(other, 'serializable')).rejects.toMatchObject({
      code: 'COMMIT_CONFLICT',
      conflict: mode === 'merge-on-read' ? 'deletes-added' : expect.any(String),
    })
    await readsThree(third, 'snapshot')
    expect(await sum(third)).toBe(1)
  })

  test('a rewrite that keeps the rows refuses nobody who has only read them', async () => {
    const [one, other] = await twoFiles()
    await other.transaction(async (tx) => {
      expect(await tx.scan().count()).toBe(20)
      await one.compact({ rewriteAll: true })
      await tx.append([{ id: 20, n: 1, p: 'x' }])
    })
    expect(await sum(one)).toBe(1)
    expect(one.snapshots().map(({ operation }) => operation)).toContain('replace')
  })

  test('a row added under a predicate: refused by serializable, let through by snapshot', async () => {
    const [one, other] = await two()
    const [third, fourth] = [await catalog.loadTable('a.t', { schema }), one]
    await fourth.append([{ id: 100, n: 0, p: 'a' }])
    await expect(
      other.update(col('id').gt(5), { n: 1 }, { mode, isolation: 'serializable' }),
    ).rejects.toMatchObject({ code: 'COMMIT_CONFLICT', conflict: 'rows-added' })
    await third.update(col('id').gt(5), { n: 1 }, { mode, isolation: 'snapshot' })
    const rows = await (await one.refresh()).scan({ where: col('id').eq(100) }).toArray()
    expect(rows).toEqual([{ id: 100n, n: 0, p: 'a' }])
  })

  test('by default a change is about what its handle shows, at the level of the table', async () => {
    const [one, other] = await two()
    await one.append([{ id: 100, n: 0, p: 'a' }])
    const change = (retryConflicts: number) =>
      other.update(col('id').gte(100), { n: 7 }, { mode, retryConflicts })
    // Not even a change of nothing passes for done.
    await expect(change(0)).rejects.toMatchObject({ conflict: 'rows-added' })
    await change(1)
    expect(await sum(one)).toBe(7)
    await one.updateProperties({ set: { 'write.update.isolation-level': 'snapshot' } })
    await other.refresh()
    await one.append([{ id: 101, n: 0, p: 'a' }])
    await other.update(col('id').gte(100), { n: 8 }, { mode })
    expect(await sum(one)).toBe(8)
  })

  test('ifSnapshot refuses once the head has moved', async () => {
    const [one, other] = await two()
    const seen = other.currentSnapshotId ?? null
    await one.append([{ id: 100, n: 0, p: 'a' }])
    await expect(other.delete(col('id').eq(3), { mode, ifSnapshot: seen })).rejects.toMatchObject({
      code: 'COMMIT_CONFLICT',
    })
  })

  test('a transaction changes rows, reads its changes, and minds the head', async () => {
    const [one, other] = await two()
    await one.transaction(async (tx) => {
      await tx.delete(col('id').eq(3), { mode })
      await tx.update(col('id').eq(4), { n: 40 }, { mode })
      await tx.upsert(
        [
          { id: 4, n: 41, p: 'a' },
          { id: 50, n: 9, p: 'b' },
        ],
        { on: ['id'], mode },
      )
      await tx
        .merge([{ id: 5, p: 'a' }])
        .on('id')
        .whenMatched({ delete: true })
        .run({ mode })
      expect(await tx.scan().count()).toBe(19)
    })
    expect(await sum(one)).toBe(50)
    expect((await one.verify()).violations).toEqual([])
    const late = other.transaction(async (tx) => {
      await tx.delete(col('id').eq(4), { mode })
    })
    await expect(late).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
    expect(await (await other.refresh()).scan().count()).toBe(19)
  })
})

test('a failed change leaves no file behind', async () => {
  const { memoryStore } = await import('../../../src/testing/index.js')
  const store = memoryStore()
  const catalog = await connect('memory:/wh', { workers: 0, store })
  const one = await catalog.createTable('a.t', { schema, formatVersion: 3 })
  await one.append(Array.from({ length: 9 }, (_, id) => ({ id, n: 0, p: 'a' })))
  const other = await catalog.loadTable('a.t', { schema })
  await one.delete(col('id').eq(3), { mode: 'merge-on-read' })
  const before = [...store.files().keys()].sort()
  for (const mode of ['merge-on-read', 'copy-on-write'] as const) {
    await expect(
      other.update(col('id').eq(4), { n: 1 }, { mode, isolation: 'snapshot' }),
    ).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
    await expect(
      one.update(
        col('id').eq(4),
        {
          n: () => {
            throw new RangeError('no')
          },
        },
        { mode },
      ),
    ).rejects.toBeInstanceOf(RangeError)
  }
  expect([...store.files().keys()].sort()).toEqual(before)
  await catalog.close()
})
