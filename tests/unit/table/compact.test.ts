/** Compaction: the rows stay, the files change. */
import { beforeEach, describe, expect, test } from 'vitest'
import {
  asc,
  bucket,
  type Catalog,
  col,
  connect,
  desc,
  identity,
  type Table,
  t,
} from '../../../src/index.js'
import { type MemoryStore, memoryStore } from '../../../src/store/memory.js'

const schema = { id: t.long(), city: t.string(), v: t.double() }
type Handle = Table<typeof schema>

let store: MemoryStore
let catalog: Catalog
beforeEach(async () => {
  store = memoryStore()
  catalog = await connect('memory:', { store, workers: 0 })
})

const row = (id: number, city = `c${id % 2}`) => ({ id, city, v: id / 2 })
const rows = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => row(from + at))

async function tableOf(options: object = {}, batches = 6): Promise<Handle> {
  const table = await catalog.createTable('ns.t', { schema, formatVersion: 2, ...options })
  for (let at = 0; at < batches; at += 1) await table.append(rows(at * 10, 10))
  return table
}

async function shown(table: Handle, select: readonly string[] = ['id', 'city', 'v']) {
  const all = await table.scan({ select: select.map((name) => [name]) } as never).toArray()
  return (all as Record<string, unknown>[])
    .map((one) => select.map((name) => `${one[name]}`).join(' '))
    .sort()
}

async function files(table: Handle, content: 'data' | 'deletes') {
  const all = (await table.inspect.files().toArray()) as Record<string, unknown>[]
  return all.filter((one) => (Number(one.content) === 0) === (content === 'data'))
}

const LINEAGE = ['id', 'v', '_row_id', '_last_updated_sequence_number']

describe('small files', () => {
  test('become one in each partition, as a commit that replaces', async () => {
    const table = await tableOf({ partitionBy: [identity('city')] })
    const before = await shown(table)
    const result = await table.compact()
    expect(await shown(table)).toEqual(before)
    expect(await files(table, 'data')).toHaveLength(2)
    expect(result).toMatchObject({ rewrittenFiles: 12, addedFiles: 2, failures: [] })
    expect(
      result.groups.map(({ partition, files, rows, state }) => [partition, files, rows, state]),
    ).toEqual([
      ['city=c0', 6, 30n, 'committed'],
      ['city=c1', 6, 30n, 'committed'],
    ])
    const [commit] = result.commits
    expect(commit?.operation).toBe('replace')
    expect(commit?.summary).toMatchObject({
      'added-data-files': '2',
      'deleted-data-files': '12',
      'added-records': '60',
      'deleted-records': '60',
      'total-records': '60',
    })
    expect((await table.verify()).violations).toEqual([])
    expect(await table.compact()).toMatchObject({ commits: [], groups: [] })
  })

  test('stay when they are few, unless all are asked for', async () => {
    const table = await tableOf({}, 3)
    expect((await table.compact()).groups).toEqual([])
    expect((await table.compact({ minInputFiles: 3, dryRun: true })).groups).toMatchObject([
      { files: 3, state: 'planned' },
    ])
    expect(await files(table, 'data')).toHaveLength(3)
    await table.compact({ rewriteAll: true })
    expect(await files(table, 'data')).toHaveLength(1)
  })

  test('only where a predicate may match', async () => {
    const table = await tableOf({ partitionBy: [identity('city')] })
    const before = await shown(table)
    await table.compact({ where: col('city').eq('c1') })
    expect(await files(table, 'data')).toHaveLength(7)
    expect(await shown(table)).toEqual(before)
  })

  test('of an older partition spec come into the present one', async () => {
    const table = await tableOf({ partitionBy: [identity('city')] })
    await table.updateSpec((s) => s.removeField('city').addField(bucket(2, 'id')))
    await table.append(rows(100, 10))
    const before = await shown(table)
    await table.compact({ rewriteAll: true })
    const specs = new Set((await files(table, 'data')).map(({ spec_id }) => Number(spec_id)))
    expect([...specs]).toEqual([1])
    expect(await shown(table)).toEqual(before)
    expect((await table.verify()).violations).toEqual([])
  })

  test('large ones are cut to the target size', async () => {
    const table = await catalog.createTable('ns.t', { schema })
    const values = Array.from({ length: 20_000 }, (_, at) => ({
      id: at,
      city: `${(at * 7919) % 10_007}`,
      v: Math.sin(at),
    }))
    await table.append(values)
    const [{ file_size_in_bytes: size } = {}] = await files(table, 'data')
    const target = Math.round(Number(size) / 4)
    await table.compact({ targetFileSize: target })
    const sizes = (await files(table, 'data')).map((one) => Number(one.file_size_in_bytes))
    expect(sizes.length).toBeGreaterThan(2)
    for (const one of sizes) expect(one).toBeLessThan(target * 1.8)
    expect(await table.scan().count()).toBe(20_000)
  })

  test('in every format version, and groups of a bounded size', async () => {
    const table = await tableOf({ formatVersion: 1 })
    const before = await shown(table)
    const result = await table.compact({ rewriteAll: true, maxGroupSize: 1 })
    expect(result.groups).toHaveLength(6)
    expect(await shown(table)).toEqual(before)
  })
})

describe.each([2, 3] as const)('deletes in format %i', (formatVersion) => {
  const options = { formatVersion, properties: { 'write.delete.mode': 'merge-on-read' } }

  test('of every kind are applied and leave the table', async () => {
    const table = await tableOf(options)
    await table.delete(col('id').in([3, 14, 59]))
    await table.deleteKeys([{ id: 20 }, { id: 21 }], { on: ['id'] })
    await table.upsert([row(30, 'new'), row(99)], { on: ['id'], mode: 'equality-deletes' })
    const before = await shown(table)
    expect((await files(table, 'deletes')).length).toBeGreaterThan(2)
    const result = await table.compact({ rewriteAll: true })
    expect(await shown(table)).toEqual(before)
    expect(await files(table, 'deletes')).toEqual([])
    expect(result.removedDeleteFiles).toBeGreaterThan(2)
    expect(result.commits[0]?.summary).toMatchObject({
      'total-delete-files': '0',
      'total-equality-deletes': '0',
      'total-position-deletes': '0',
      'total-records': `${before.length}`,
    })
    expect((await table.verify()).violations).toEqual([])
  })

  test('beyond a part of the rows, or in many files, are a reason', async () => {
    const table = await tableOf(options, 1)
    await table.delete(col('id').lt(2), { mode: 'merge-on-read' })
    expect((await table.compact({ minFileSize: 1, dryRun: true })).groups).toEqual([])
    const some = { minFileSize: 1, dryRun: true, deleteRatio: 0.2 } as const
    expect((await table.compact(some)).groups).toHaveLength(formatVersion === 3 ? 1 : 1)
    const many = { minFileSize: 1, dryRun: true, maxDeleteFiles: 1 } as const
    expect((await table.compact(many)).groups).toHaveLength(1)
  })

  test('a file that has lost every row goes', async () => {
    const table = await tableOf(options, 2)
    await table.deleteKeys(
      rows(0, 10).map(({ id }) => ({ id })),
      { on: ['id'] },
    )
    await table.compact({ rewriteAll: true, maxGroupSize: 1 })
    expect(await files(table, 'data')).toHaveLength(1)
    expect(await files(table, 'deletes')).toEqual([])
    expect(await table.scan().count()).toBe(10)
  })
})

test('row ids and their sequence numbers stay', async () => {
  const table = await tableOf({ formatVersion: 3 }, 4)
  await table.update(col('id').eq(5), { v: 0 }, { mode: 'merge-on-read' })
  await table.delete(col('id').eq(7), { mode: 'merge-on-read' })
  const before = await shown(table, LINEAGE)
  await table.compact({ rewriteAll: true })
  expect(await shown(table, LINEAGE)).toEqual(before)
  await table.append(rows(200, 3))
  const mixed = await shown(table, LINEAGE)
  await table.compact({ rewriteAll: true, sort: [desc('id')] })
  expect(await shown(table, LINEAGE)).toEqual(mixed)
  const ids = await shown(table, ['_row_id'])
  expect(new Set(ids).size).toBe(ids.length)
})

describe('sorting', () => {
  test('by given terms: the rows of a file are in order', async () => {
    const table = await tableOf()
    await table.compact({ strategy: 'sort', sort: [asc('city'), desc('id')], rewriteAll: true })
    const got = await table.scan({ ordered: true }).toArray()
    const wanted = [...got].sort((a, b) =>
      a.city === b.city ? Number(b.id! - a.id!) : a.city! < b.city! ? -1 : 1,
    )
    expect(got).toEqual(wanted)
    expect((await files(table, 'data')).map(({ sort_order_id }) => Number(sort_order_id))).toEqual([
      0,
    ])
  })

  test("by the table's order, which files say they have", async () => {
    const table = await tableOf()
    await expect(table.compact({ strategy: 'sort' })).rejects.toThrow('no sort order')
    await table.updateSortOrder([desc('id')])
    await table.compact({ strategy: 'sort', rewriteAll: true })
    const got = (await table.scan({ ordered: true }).toArray()).map(({ id }) => Number(id))
    expect(got).toEqual([...got].sort((a, b) => b - a))
    expect((await files(table, 'data')).map(({ sort_order_id }) => Number(sort_order_id))).toEqual([
      1,
    ])
    await table.append([row(500)])
    await table.compact({ sort: [desc('id')], rewriteAll: true })
    expect((await files(table, 'data')).map(({ sort_order_id }) => Number(sort_order_id))).toEqual([
      1,
    ])
  })
})

test('partial progress: several commits', async () => {
  const table = await tableOf({ partitionBy: [identity('city')] })
  const before = await shown(table)
  const seen: number[] = []
  const result = await table.compact({
    partialProgress: { maxCommits: 2 },
    onProgress: ({ groupsDone }) => seen.push(groupsDone),
  })
  expect(result.commits).toHaveLength(2)
  expect(result.groups.map(({ state }) => state)).toEqual(['committed', 'committed'])
  expect(seen.at(-1)).toBe(2)
  expect(await shown(table)).toEqual(before)
})

test('on a branch, with a summary of the caller', async () => {
  const table = await tableOf({}, 5)
  await table.createBranch('audit')
  const result = await table.compact({ branch: 'audit', summary: { job: 'nightly' } })
  expect(result.commits[0]?.summary).toMatchObject({ job: 'nightly' })
  expect(await files(table, 'data')).toHaveLength(5)
  const audit = await table.asOf({ ref: 'audit' })
  expect((await audit.scan().plan()).tasks).toHaveLength(1)
})

test('wrong options are refused by name', async () => {
  const table = await tableOf({}, 1)
  const wrong: readonly [object, string][] = [
    [{ targetSize: 1 }, '`targetSize`'],
    [{ targetFileSize: 0 }, '`targetFileSize`'],
    [{ deleteRatio: 2 }, '`deleteRatio`'],
    [{ minFileSize: 900, targetFileSize: 5 }, 'between'],
    [{ strategy: 'zorder' }, 'z-order'],
    [{ strategy: 'pack' }, '`strategy`'],
    [{ strategy: 'binpack', sort: [asc('id')] }, '`sort`'],
    [{ sort: [] }, '`sort`'],
    [{ partialProgress: { maxCommits: 0 } }, '`maxCommits`'],
    [{ rewriteAll: 'yes' }, '`rewriteAll`'],
  ]
  for (const [options, says] of wrong) {
    await expect(table.compact(options as never), says).rejects.toThrow(says)
  }
  await expect(table.rewriteDeletes({ where: 1 } as never)).rejects.toThrow('`where`')
  const empty = await catalog.createTable('ns.e', { schema })
  expect(await empty.compact()).toMatchObject({ commits: [], groups: [] })
  expect(await empty.rewriteDeletes()).toMatchObject({ commit: undefined })
})
