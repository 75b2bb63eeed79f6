/** `retryConflicts`: a refused change is done anew on the newest version, with the rows that were given. */
import { beforeEach, expect, test } from 'vitest'
import { fileCatalog } from '../../../src/catalog/file.js'
import type { Action } from '../../../src/commit/action.js'
import { commitActions } from '../../../src/commit/committer.js'
import { systemEnv } from '../../../src/env/system-env.js'
import { bucket, type Catalog, col, connect, type Table, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'

const schema = { id: t.long().required(), n: t.int() }
type Handle = Table<typeof schema>
type Options = { readonly retryConflicts: number }

const store = memoryStore()
let catalog: Catalog
let mine: Handle
let theirs: Handle
const load = (): Promise<Handle> => catalog.loadTable('ns.t', { schema })

beforeEach(async () => {
  catalog = await connect('memory:', { store, workers: 0 })
  const table = await catalog.createTable('ns.t', { schema, formatVersion: 2 })
  await table.append([1, 2, 3].map((id) => ({ id, n: 0 })))
  mine = await load()
  theirs = await load()
  return async () => {
    await catalog.dropTable('ns.t', { purge: true })
    await catalog.close()
  }
})

async function rows(): Promise<string[]> {
  const all = await (await load()).scan().toArray()
  return all.map(({ id, n }) => `${id}=${n}`).sort()
}

/** Rows that can be read once. */
async function* once(ids: readonly number[]) {
  for (const id of ids) yield { id, n: 7 }
}

const calls: readonly (readonly [string, (o: Options) => Promise<unknown>, readonly string[]])[] = [
  ['update', (o) => mine.update('id <= 2', { n: (r) => r.n! + 1 }, o), ['1=6', '2=1', '3=0']],
  ['delete', (o) => mine.delete('id <= 2', o), ['3=0']],
  ['delete of whole files', (o) => mine.delete('id < 9', o), []],
  ['overwrite', (o) => mine.overwrite(once([8]), { where: 'id <= 2', ...o }), ['3=0', '8=7']],
  ['overwrite of all', (o) => mine.overwrite(once([8]), { all: true, ...o }), ['8=7']],
  ['replacePartitions', (o) => mine.replacePartitions(once([8]), o), ['8=7']],
  ['upsert', (o) => mine.upsert(once([1, 8]), { on: ['id'], ...o }), ['1=7', '2=0', '3=0', '8=7']],
  [
    'merge',
    (o) =>
      mine
        .merge(once([1, 8]))
        .on('id')
        .whenMatched({ update: { n: (r, s) => r.n! + s.n! } })
        .whenNotMatched({ insert: 'all' })
        .run(o),
    ['1=12', '2=0', '3=0', '8=7'],
  ],
  [
    'upsert by equality deletes',
    (o) =>
      mine.upsert(once([1, 8]), {
        on: ['id'],
        mode: 'equality-deletes',
        isolation: 'serializable',
        ...o,
      }),
    ['1=7', '2=0', '3=0', '8=7'],
  ],
]

test.each(calls)('%s', async (_name, call, expected) => {
  await theirs.update('id = 1', { n: 5 }, { mode: 'merge-on-read' })
  const before = [...store.files().keys()].sort()
  // Whoever does not ask for it gets the conflict, and nothing is left behind.
  await expect(call({ retryConflicts: 0 })).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
  expect([...store.files().keys()].sort()).toEqual(before)
  await call({ retryConflicts: 1 })
  expect(await rows()).toEqual(expected)
  const table = await load()
  expect((await table.verify()).violations).toEqual([])
  // Every file that is there is known to the table: the tries that were given up left none.
  const known = new Set(
    ((await table.inspect.entries().toArray()) as { data_file: { file_path: string } }[]).map(
      (entry) => entry.data_file.file_path,
    ),
  )
  const made = [...store.files().keys()].filter((path) => path.includes('/data/'))
  for (const path of made) if (!before.includes(path)) expect(known.has(path), path).toBe(true)
})

test('as often as it says, and no more', async () => {
  let others = 0
  const change = (retryConflicts: number) =>
    hooked.update(col('id').eq(1), { n: (row) => row.n! + 1 }, { retryConflicts })
  // Somebody else is first before each try.
  const inner = store.writer.bind(store)
  const slow = new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown
      if (name !== 'writer') return typeof member === 'function' ? member.bind(target) : member
      return async (path: string) => {
        if (others > 0 && path.includes('/data/')) {
          others -= 1
          await (await theirs.refresh()).update('id = 1', { n: (row) => row.n! + 1 })
        }
        return inner(path)
      }
    },
  })
  const other = await connect('memory:', { store: slow, workers: 0 })
  const hooked = await other.loadTable('ns.t', { schema })
  others = 2
  await change(2)
  expect(await rows()).toEqual(['1=3', '2=0', '3=0'])
  others = 3
  await expect(change(2)).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
  expect(await rows()).toEqual(['1=6', '2=0', '3=0'])
  await other.close()
})

test('only whole numbers up to 1000', async () => {
  for (const retryConflicts of [-1, 1.5, 1001, '1' as unknown as number]) {
    await expect(mine.delete('id = 1', { retryConflicts })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  }
  await mine.delete('id = 1', { retryConflicts: 1000 })
})

test('a change of the schema is not passed over', async () => {
  await theirs.update('id = 1', { n: 5 })
  await theirs.updateSchema((s) => s.addColumn('x', t.string()))
  const call = mine.update('id = 1', { n: 6 }, { retryConflicts: 3 })
  await expect(call).rejects.toMatchObject({ code: 'COMMIT_CONFLICT' })
  // Nor where the schema is not what stands in the way.
  const all = mine.overwrite([{ id: 8, n: 8 }], { all: true, retryConflicts: 3 })
  await expect(all).rejects.toMatchObject({ conflict: 'rows-added' })
  expect(await rows()).toEqual(['1=5', '2=0', '3=0'])
})

test('another partitioning in between stands in the way of no overwrite', async () => {
  await theirs.updateSpec((s) => s.addField(bucket(4, 'id')))
  await theirs.append([{ id: 40, n: 0 }])
  await mine.overwrite([{ id: 8, n: 8 }], { where: 'id < 9' })
  expect(await rows()).toEqual(['40=0', '8=8'])
  const late = theirs.overwrite([], { where: 'id < 9' })
  await expect(late).rejects.toMatchObject({
    conflict: expect.stringMatching(/rows-added|files-removed/),
  })
})

test('ifSnapshot means the version that it names', async () => {
  await theirs.append([{ id: 4, n: 0 }])
  const ifSnapshot = theirs.currentSnapshotId as bigint
  // The handle is older, but the caller knows what is there.
  await mine.delete('id >= 4', { ifSnapshot })
  expect(await rows()).toEqual(['1=0', '2=0', '3=0'])
  await expect(mine.delete('id = 1', { ifSnapshot })).rejects.toMatchObject({
    conflict: 'head-moved',
  })
})

test('a version that was expired is a conflict that says so', async () => {
  const [first] = mine.snapshots()
  const old = [...store.files().keys()].filter((path) => path.endsWith('.parquet'))
  await theirs.update('id = 1', { n: 5 })
  const env = systemEnv()
  const backend = fileCatalog({ warehouse: 'memory:/warehouse', store, env })
  const name = { namespace: ['ns'], name: 't' }
  const expire: Action = {
    kind: 'expire',
    conflictsWith: [],
    snapshotId: () => undefined,
    apply: async () => ({
      updates: [{ action: 'remove-snapshots', snapshotIds: [first!.snapshotId] }],
      requirements: [],
      files: [],
    }),
  }
  await commitActions(backend.target(name), [expire], { env, store: backend.storeFor(name) })
  for (const path of old) await store.delete(path)
  const call = (retryConflicts: number) => mine.update('id = 2', { n: 9 }, { retryConflicts })
  await expect(call(0)).rejects.toMatchObject({ conflict: 'history-rewritten', committed: 'no' })
  await call(1)
  expect(await rows()).toEqual(['1=5', '2=9', '3=0'])
})
