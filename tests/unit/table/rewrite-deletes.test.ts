/** Rewrites of deletes: the rows stay, delete files become fewer, vectors, or nothing. */
import { beforeEach, describe, expect, test } from 'vitest'
import { type Catalog, col, connect, identity, type Table, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'

const schema = { id: t.long(), city: t.string() }
type Handle = Table<typeof schema>

let catalog: Catalog
beforeEach(async () => {
  catalog = await connect('memory:', { store: memoryStore(), workers: 0 })
})

const merge = { mode: 'merge-on-read' } as const

/** Forty rows in four files of two partitions, of which six are deleted one by one. */
async function tableOf(properties: Record<string, string> = {}): Promise<Handle> {
  const table = await catalog.createTable('ns.t', {
    schema,
    partitionBy: [identity('city')],
    formatVersion: 2,
    properties,
  })
  for (const from of [0, 20]) {
    await table.append(
      Array.from({ length: 20 }, (_, at) => ({ id: from + at, city: `c${at % 2}` })),
    )
  }
  for (const id of [1, 3, 5, 7, 21, 2]) await table.delete(col('id').eq(id), merge)
  return table
}

async function ids(table: Handle): Promise<number[]> {
  const rows = await table.scan().toArray()
  expect((await table.verify()).violations).toEqual([])
  return rows.map(({ id }) => Number(id)).sort((a, b) => a - b)
}

async function deletes(table: Handle) {
  const all = (await table.inspect.files().toArray()) as Record<string, unknown>[]
  return all
    .filter(({ content }) => Number(content) !== 0)
    .map((file) => ({
      format: String(file.file_format).toLowerCase(),
      content: Number(file.content),
      rows: Number(file.record_count),
    }))
}

describe.each(['partition', 'file'])('format 2, by %s', (granularity) => {
  test('position deletes of a partition come into fewer files', async () => {
    const table = await tableOf({ 'write.delete.granularity': granularity })
    const before = await ids(table)
    const were = await deletes(table)
    const result = await table.rewriteDeletes({ rewriteAll: true })
    expect(await ids(table)).toEqual(before)
    const now = await deletes(table)
    expect(now).toHaveLength(granularity === 'partition' ? 2 : 3)
    expect(result).toMatchObject({ rewrittenFiles: were.length, addedFiles: now.length })
    expect(now.reduce((sum, { rows }) => sum + rows, 0)).toBe(6)
    expect(result.commit?.operation).toBe('replace')
    expect(result.commit?.summary).toMatchObject({
      'total-position-deletes': '6',
      'total-delete-files': `${now.length}`,
      'total-records': '40',
    })
    // What is deleted after it joins what is there.
    await table.delete(col('id').eq(9), merge)
    expect(await ids(table)).toEqual(before.filter((id) => id !== 9))
  })
})

test('few delete files stay, and a dry run only tells', async () => {
  const table = await tableOf({ 'write.delete.granularity': 'partition' })
  const were = await deletes(table)
  expect(await table.rewriteDeletes({ minInputFiles: 7 })).toMatchObject({ commit: undefined })
  const plan = await table.rewriteDeletes({ minInputFiles: 5, dryRun: true })
  expect(plan).toEqual({ commit: undefined, rewrittenFiles: 5, addedFiles: 0, danglingFiles: 0 })
  expect(await deletes(table)).toEqual(were)
})

test('after an upgrade they become deletion vectors, one for each data file', async () => {
  const table = await tableOf({ 'write.delete.granularity': 'partition' })
  const before = await ids(table)
  await table.upgradeFormat(3)
  const result = await table.rewriteDeletes()
  const now = await deletes(table)
  expect(now.map(({ format }) => format)).toEqual(['puffin', 'puffin', 'puffin'])
  expect(result).toMatchObject({ rewrittenFiles: 6, addedFiles: 3 })
  expect(result.commit?.summary).toMatchObject({
    'added-dvs': '3',
    'removed-position-delete-files': '6',
  })
  expect(await ids(table)).toEqual(before)
  await table.delete(col('id').eq(9), merge)
  expect(await ids(table)).toEqual(before.filter((id) => id !== 9))
  expect(await table.rewriteDeletes()).toMatchObject({ commit: undefined })
})

describe('delete files without work', () => {
  test('go: older than the rows of their partition, or of files that are gone', async () => {
    const table = await tableOf({ 'write.delete.granularity': 'partition' })
    // Nothing is left that these deletes could apply to, but another partition keeps its age.
    await table.compact({ where: col('city').eq('c1'), rewriteAll: true, removeDangling: false })
    await table.deleteKeys([{ id: 1000, city: 'c9' }], { on: ['id', 'city'] })
    const before = await ids(table)
    expect((await deletes(table)).length).toBeGreaterThan(2)
    const plan = await table.rewriteDeletes({ dryRun: true })
    expect(plan.danglingFiles).toBe(6)
    const kept = await table.rewriteDeletes({ removeDangling: false })
    expect(kept.commit).toBeUndefined()
    const result = await table.rewriteDeletes()
    expect(result).toMatchObject({ rewrittenFiles: 0, danglingFiles: 6 })
    expect(await deletes(table)).toEqual([{ format: 'parquet', content: 1, rows: 1 }])
    expect(await ids(table)).toEqual(before)
  })

  test('equality deletes that any older file may hold rows of stay', async () => {
    const table = await tableOf()
    await table.deleteKeys([{ id: 4000, city: 'c0' }], { on: ['id', 'city'] })
    await table.append([{ id: 4000, city: 'c0' }])
    const result = await table.rewriteDeletes()
    expect(result.danglingFiles).toBe(0)
    expect(await ids(table)).toContain(4000)
  })
})
