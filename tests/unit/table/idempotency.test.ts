/** One key, one job: run again it gives the first result, and no other work passes for it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Catalog, col, connect, expr, type Table, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'

const schema = { id: t.long().required(), n: t.int(), p: t.string() }
type Handle = Table<typeof schema>
type Key = { readonly idempotencyKey: string }

let catalog: Catalog
const store = memoryStore()
const load = (): Promise<Handle> => catalog.loadTable('ns.t', { schema })
const row = (id: number, n = 0) => ({ id, n, p: id < 10 ? 'a' : 'b' })
const on = ['id'] as const

beforeEach(async () => {
  catalog = await connect('memory:', { store, workers: 0 })
  const table = await catalog.createTable('ns.t', {
    schema,
    formatVersion: 2,
    partitionBy: ['p'],
  })
  await table.append([1, 2, 3, 11, 12].map((id) => row(id)))
  return async () => {
    await catalog.dropTable('ns.t', { purge: true })
    await catalog.close()
  }
})

const jobs: Readonly<Record<string, (table: Handle, key: Key) => Promise<unknown>>> = {
  append: (table, key) => table.append([row(4)], key),
  'grouped append': (table, key) => table.append([row(4)], { ...key, groupCommit: true }),
  'overwrite of whole files': (table, key) =>
    table.overwrite([row(4)], { where: col('p').eq('a'), ...key }),
  'overwrite within files': (table, key) =>
    table.overwrite([row(4)], { where: col('id').lt(3), ...key }),
  'overwrite of everything': (table, key) => table.overwrite([row(4)], { all: true, ...key }),
  replacePartitions: (table, key) => table.replacePartitions([row(5)], key),
  'delete of whole files': (table, key) => table.delete(col('p').eq('b'), key),
  'delete within files': (table, key) => table.delete(col('id').eq(2), key),
  'delete by marks': (table, key) =>
    table.delete(col('id').eq(3), { mode: 'merge-on-read', ...key }),
  update: (table, key) => table.update(col('id').lt(3), { n: (r) => r.n! + 1 }, key),
  'update of other columns': (table, key) => table.update(col('id').lt(3), { n: 5 }, key),
  upsert: (table, key) => table.upsert([row(1, 7), row(6)], { on, ...key }),
  merge: (table, key) =>
    table
      .merge([row(1)])
      .on('id')
      .whenMatched({ update: { n: (r) => r.n! + 1 } })
      .run(key),
  'merge that deletes': (table, key) =>
    table
      .merge([row(1)])
      .on('id')
      .whenMatched({ delete: true })
      .run(key),
  deleteKeys: (table, key) => table.deleteKeys([{ id: 1, p: 'a' }], { on: ['id', 'p'], ...key }),
}
const names = Object.keys(jobs)
const idempotencyKey = 'nightly'

async function rows(): Promise<unknown> {
  const table = await load()
  const all = await table.scan().toArray()
  return all.map(({ id, n }) => `${id}=${n}`).sort()
}

describe.each(names)('%s', (name) => {
  const job = jobs[name] as (table: Handle, key: Key) => Promise<{ snapshotId?: bigint }>

  test('is done once, whatever the handle has seen', async () => {
    const stale = await load()
    const first = await job(await load(), { idempotencyKey })
    const after = await rows()
    const { version } = await load()
    for (const table of [stale, await load()]) {
      const again = await job(table, { idempotencyKey })
      expect(again).toMatchObject({ published: false, snapshotId: first.snapshotId })
    }
    expect(await rows()).toEqual(after)
    expect((await load()).version).toBe(version)
    // Later work of others does not make it forget.
    await (await load()).append([row(20)])
    expect(await job(await load(), { idempotencyKey })).toMatchObject({ published: false })
    expect((await (await load()).verify()).violations).toEqual([])
  })

  test('with the head it expects, is done once', async () => {
    const stale = await load()
    const ifSnapshot = stale.currentSnapshotId ?? null
    const key = { idempotencyKey, ifSnapshot }
    const first = await job(await load(), key)
    const after = await rows()
    for (const table of [stale, await load()]) {
      const again = await job(table, key)
      expect(again).toMatchObject({ published: false, snapshotId: first.snapshotId })
    }
    expect(await rows()).toEqual(after)
    // Where nothing is left to be done there is no commit that another head could refuse.
    const wanted =
      name === 'merge that deletes'
        ? { published: false, snapshotId: undefined }
        : { conflict: 'head-moved', committed: 'no' }
    const other = { idempotencyKey: 'other', ifSnapshot }
    const said = await job(await load(), other).catch((error: unknown) => error)
    expect(said).toMatchObject(wanted)
    expect(await rows()).toEqual(after)
  })

  test('does not pass for other work', async () => {
    const others = names.filter((other) => !(name.includes('append') && other.includes('append')))
    const first = others.find((other) => other !== name) as string
    await jobs[first]!(await load(), { idempotencyKey })
    const before = [...store.files().keys()].sort()
    const call = job(await load(), { idempotencyKey })
    await expect(call).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      committed: 'no',
      message: expect.stringMatching(/^idempotency key 'nightly' was used for /),
    })
    expect([...store.files().keys()].sort()).toEqual(before)
  })
})

test('the same call with another predicate, other columns or values is other work', async () => {
  const table = await load()
  await table.update(col('id').eq(1), { n: 5 }, { idempotencyKey })
  const refused = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('another update') }
  for (const call of [
    () => table.update(col('id').eq(2), { n: 5 }, { idempotencyKey }),
    () => table.update(col('id').eq(1), { n: 6 }, { idempotencyKey }),
    () => table.update(col('id').eq(1), { n: (r) => r.n }, { idempotencyKey }),
    () => table.update(col('id').eq(1), { p: 'a' }, { idempotencyKey }),
  ]) {
    await expect(call()).rejects.toMatchObject(refused)
  }
  await table.update('id = 1', { n: 5 }, { idempotencyKey })
})

test('values of every kind tell one job from another', async () => {
  const shape = {
    id: t.long(),
    s: t.string(),
    b: t.binary(),
    m: t.map(t.string(), t.int()),
    at: t.timestamptz(),
  }
  const table = await catalog.createTable('ns.values', { schema: shape })
  await table.append([{ id: 1n, s: null, b: null, m: null, at: null }])
  const pairs: readonly [object, object][] = [
    [{ s: expr('upper(s)') }, { s: expr('lower(s)') }],
    [{ id: expr('id + 1') }, { id: expr('id + 2') }],
    [{ id: expr`id + ${1}` }, { id: expr`id + ${2}` }],
    [{ s: col('s') }, { s: null }],
    [{ s: '1' }, { s: '2' }],
    [{ s: 'a, b = "c"' }, { s: 'a' }],
    [{ b: new Uint8Array([1]) }, { b: new Uint8Array([2]) }],
    [{ m: new Map([['a', 1]]) }, { m: new Map([['a', 2]]) }],
    [{ at: new Date(1) }, { at: new Date(2) }],
  ]
  for (const [i, [one, other]] of pairs.entries()) {
    const key = { idempotencyKey: `values ${i}` }
    await table.update('id = 1', one as never, key)
    expect(await table.update('id = 1', one as never, key)).toMatchObject({ published: false })
    await expect(table.update('id = 1', other as never, key), `pair ${i}`).rejects.toMatchObject({
      message: expect.stringContaining('another update'),
    })
    await table.overwrite([{ id: 1n, s: null, b: null, m: null, at: null }], { all: true })
  }
  await catalog.dropTable('ns.values', { purge: true })
})

test('conditions of merges tell one job from another', async () => {
  const table = await load()
  const run = (condition: string) =>
    table
      .merge([row(1, 9)])
      .on('id')
      .whenMatched({ if: condition, update: 'all' })
      .run({ idempotencyKey })
  await run('source.n > target.n')
  await expect(run('source.n < target.n')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  expect(await run('source.n > target.n')).toMatchObject({ published: false })
})

test('in a transaction the job is that of the one change', async () => {
  const table = await load()
  const run = () =>
    table.transaction(async (tx) => {
      await tx.delete(col('id').eq(1), { idempotencyKey: 'a' })
      await tx.append([row(7)], { idempotencyKey: 'b' })
    })
  await run()
  const after = await rows()
  await table.refresh()
  await run()
  expect(await rows()).toEqual(after)
  await expect(table.append([row(8)], { idempotencyKey: 'a' })).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
  })
  await expect(table.append([row(8)], { idempotencyKey: 'b' })).resolves.toMatchObject({
    published: false,
  })
})

test('files are adopted once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'moraine-keys-'))
  const local = await connect(folder, { workers: 0 })
  try {
    const from = await local.createTable('ns.from', { schema })
    await from.append([row(1)])
    const [file] = (await from.inspect.files().toArray()) as { file_path: string }[]
    const to = await local.createTable('ns.to', { schema })
    const first = await to.addFiles([file!.file_path], { idempotencyKey })
    const again = await to.addFiles([file!.file_path], { idempotencyKey })
    expect(again).toMatchObject({ published: false, snapshotId: first.snapshotId })
    const other = to.append([row(2)], { idempotencyKey })
    await expect(other).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  } finally {
    await local.close()
    rmSync(folder, { recursive: true })
  }
})

test('a snapshot of before, which does not say what it did, counts for whatever is asked', async () => {
  const table = await load()
  await table.append([row(9)], { summary: { note: 'x' } })
  await expect(
    table.append([row(9)], { summary: { 'moraine.idempotency-operation': 'x' } }),
  ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
})
