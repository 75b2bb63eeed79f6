/** Compaction and rewrites of deletes beside other writers: what lands, and what is refused. */
import { beforeEach, describe, expect, test } from 'vitest'
import { bucket, type Catalog, col, connect, identity, type Table, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'
import type { Store } from '../../../src/store/store.js'

const schema = { id: t.long(), city: t.string() }
type Handle = Table<typeof schema>

let mine: Handle
let theirs: Handle
let between: (() => Promise<unknown>) | undefined

/** A store that runs `between` when the first file below `data` is about to be written. */
function hooked(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown
      if (typeof member !== 'function') return member
      if (name !== 'writer') return member.bind(target)
      return async (path: string, ...rest: unknown[]) => {
        const run = path.includes('/data/') ? between : undefined
        if (run !== undefined) {
          between = undefined
          await run()
        }
        return member.call(target, path, ...rest)
      }
    },
  })
}

const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => ({ id: from + at, city: `c${at % 2}` }))

async function handles(options: object = {}): Promise<void> {
  const store = memoryStore()
  const catalog: Catalog = await connect('memory:', { store: hooked(store), workers: 0 })
  const other: Catalog = await connect('memory:', { store, workers: 0 })
  mine = await catalog.createTable('ns.t', { schema, formatVersion: 2, ...options })
  for (let at = 0; at < 5; at += 1) await mine.append(rows(at * 4, 4))
  theirs = await other.loadTable('ns.t', { schema })
  between = undefined
}

const ids = async (): Promise<number[]> => {
  await theirs.refresh()
  expect((await theirs.verify()).violations).toEqual([])
  return (await theirs.scan().toArray()).map(({ id }) => Number(id)).sort((a, b) => a - b)
}
const all = (...without: number[]) =>
  Array.from({ length: 20 }, (_, id) => id).filter((id) => !without.includes(id))
const refused = (conflict: string) => ({ code: 'COMMIT_CONFLICT', conflict, committed: 'no' })
const on = ['id'] as const
const merge = { mode: 'merge-on-read' } as const

describe.each([2, 3] as const)('compaction in format %i', (formatVersion) => {
  beforeEach(() => handles({ formatVersion }))

  test('lands beside an append', async () => {
    between = () => theirs.append([{ id: 50, city: 'x' }])
    await mine.compact()
    expect(await ids()).toEqual([...all(), 50])
  })

  test('keeps equality deletes that were committed meanwhile at work', async () => {
    between = async () => {
      await theirs.deleteKeys([{ id: 3 }], { on })
      await theirs.upsert([{ id: 4, city: 'new' }], { on, mode: 'equality-deletes' })
      await theirs.append([{ id: 50, city: 'x' }])
    }
    await mine.compact()
    expect(await ids()).toEqual([...all(3), 50])
    const [row] = await theirs.scan({ where: col('id').eq(4) }).toArray()
    expect(row?.city).toBe('new')
    // And after another round, which applies them.
    await mine.compact({ rewriteAll: true })
    expect(await ids()).toEqual([...all(3), 50])
    await theirs.refresh()
    const content = (await theirs.inspect.files().toArray()) as Record<string, unknown>[]
    expect(content.every((file) => Number(file.content) === 0)).toBe(true)
  })

  test('is refused by them with a sequence number of its own', async () => {
    between = () => theirs.deleteKeys([{ id: 3 }], { on })
    const call = mine.compact({ useStartingSequenceNumber: false })
    await expect(call).rejects.toMatchObject(refused('deletes-added'))
    expect(await ids()).toEqual(all(3))
  })

  test('is refused by deletes of rows that it rewrites', async () => {
    between = () => theirs.delete(col('id').eq(3), merge)
    await expect(mine.compact()).rejects.toMatchObject(refused('deletes-added'))
    expect(await ids()).toEqual(all(3))
  })

  test('is refused when its files were replaced', async () => {
    between = () => theirs.delete(col('id').eq(3), { mode: 'copy-on-write' })
    await expect(mine.compact()).rejects.toMatchObject(refused('files-removed'))
    between = () => theirs.compact({ minInputFiles: 2 })
    await expect(mine.compact({ rewriteAll: true })).rejects.toMatchObject(refused('files-removed'))
    expect(await ids()).toEqual(all(3))
  })

  test('refuses changes of the rows that it rewrote', async () => {
    for (const mode of ['copy-on-write', 'merge-on-read'] as const) {
      await mine.append(rows(100, 3))
      between = () => theirs.compact({ rewriteAll: true })
      await theirs.refresh()
      const call = mine.update(col('id').lte(4), { city: 'u' }, { mode, isolation: 'snapshot' })
      await expect(call, mode).rejects.toMatchObject(refused('files-removed'))
      await mine.refresh()
    }
    expect((await ids()).length).toBe(26)
  })
})

test('deletes in partitions of another spec do not reach rewritten rows: a conflict', async () => {
  await handles({ partitionBy: [identity('city')] })
  await mine.updateSpec((s) => s.removeField('city').addField(bucket(2, 'id')))
  between = () => theirs.deleteKeys([{ id: 3, city: 'c1' }], { on: ['id', 'city'] })
  await theirs.refresh()
  const call = mine.compact({ rewriteAll: true })
  await expect(call).rejects.toMatchObject(refused('deletes-added'))
  expect(await ids()).toEqual(all(3))
})

test('an upgrade meanwhile is a conflict: rows get ids then', async () => {
  await handles()
  between = () => theirs.upgradeFormat(3)
  await expect(mine.compact()).rejects.toMatchObject(refused('schema-changed'))
  expect(await ids()).toEqual(all())
})

test('partial progress: the group that conflicts fails, others are committed', async () => {
  await handles({ partitionBy: [identity('city')] })
  between = () => theirs.delete(col('id').eq(3), { mode: 'copy-on-write' })
  const result = await mine.compact({ partialProgress: { maxCommits: 10 } })
  expect(result.groups.map(({ partition, state }) => `${partition} ${state}`).sort()).toEqual([
    'city=c0 committed',
    'city=c1 failed',
  ])
  expect(result.commits).toHaveLength(1)
  expect(result.failures).toMatchObject([refused('files-removed')])
  expect(await ids()).toEqual(all(3))
})

describe('rewrites of deletes', () => {
  test('in format 2 land beside other deletes', async () => {
    await handles({ properties: { 'write.delete.granularity': 'file' } })
    for (const id of [1, 2]) await mine.delete(col('id').eq(id), merge)
    between = () => theirs.delete(col('id').eq(19), merge)
    await theirs.refresh()
    await mine.rewriteDeletes({ rewriteAll: true })
    expect(await ids()).toEqual(all(1, 2, 19))
  })

  test('to vectors are refused by a vector that another writer made', async () => {
    await handles()
    await mine.delete(col('id').eq(1), merge)
    await mine.upgradeFormat(3)
    await theirs.refresh()
    between = () => theirs.delete(col('id').eq(2), merge)
    await expect(mine.rewriteDeletes()).rejects.toMatchObject(refused('deletes-added'))
    expect(await ids()).toEqual(all(1, 2))
  })

  test.each([
    ['of its file alone', [1]],
    ['of several files', [1, 9]],
  ])('to vectors, of deletes %s, refuse the vector of a delete that had begun', async (_, gone) => {
    await handles()
    await mine.delete(col('id').in(gone), merge)
    await mine.upgradeFormat(3)
    await theirs.refresh()
    between = () => theirs.rewriteDeletes()
    const call = mine.delete(col('id').eq(2), { ...merge, isolation: 'snapshot' })
    await expect(call).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
    expect(await ids()).toEqual(all(...gone))
  })

  test('to vectors are refused when their data files were rewritten', async () => {
    await handles()
    await mine.delete(col('id').eq(1), merge)
    await mine.upgradeFormat(3)
    await theirs.refresh()
    between = () => theirs.compact({ rewriteAll: true })
    await expect(mine.rewriteDeletes()).rejects.toMatchObject(refused('files-removed'))
    expect(await ids()).toEqual(all(1))
  })
})
