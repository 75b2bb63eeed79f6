import { beforeEach, describe, expect, test } from 'vitest'
import { type Catalog, col, connect, sql, t } from '../../../src/index.js'

const schema = { id: t.long().required(), city: t.string(), fare: t.decimal(9, 2) }

async function ids(scan: { toArray(): Promise<readonly { id: bigint }[]> }): Promise<bigint[]> {
  return (await scan.toArray()).map((row) => row.id).sort((a, b) => Number(a - b))
}

describe('a table handle', () => {
  let catalog: Catalog
  beforeEach(async () => {
    catalog = await connect('memory:', { workers: 0 })
    return () => catalog.close()
  })

  const newTable = () => catalog.createTable('a.t', { schema })

  test('reads what it wrote, and pins what a scan began with', async () => {
    const table = await newTable()
    await table.append([{ id: 1 }])
    const before = table.scan()
    await table.append([{ id: 2 }])
    expect(await ids(before)).toEqual([1n])
    expect(await ids(table.scan())).toEqual([1n, 2n])
    expect(await ids(before)).toEqual([1n])
  })

  test('sees other writers after refresh, and its commits wait for no refresh', async () => {
    const table = await newTable()
    const other = await catalog.loadTable('a.t', { schema })
    await other.append([{ id: 1 }])
    expect(await table.scan().count()).toBe(0)
    // The commit notices that the handle is behind before it tries.
    const result = await table.append([{ id: 2 }])
    expect(result.attempts).toBe(1)
    expect(await ids(table.scan())).toEqual([1n, 2n])
    expect(await (await other.refresh()).scan().count()).toBe(2)
  })

  test('racing appends through one handle all land, one snapshot each', async () => {
    const table = await newTable()
    await Promise.all(Array.from({ length: 4 }, (_, id) => table.append([{ id }])))
    expect(await ids(table.scan())).toEqual([0n, 1n, 2n, 3n])
    expect(table.snapshots()).toHaveLength(4)
    expect((await table.verify()).violations).toEqual([])
  })

  test('ifSnapshot refuses once the head has moved, and leaves no files behind', async () => {
    const table = await newTable()
    const { snapshotId } = await table.append([{ id: 1 }], { ifSnapshot: null })
    await table.append([{ id: 2 }])
    await expect(
      table.append([{ id: 3 }], { ifSnapshot: snapshotId ?? null }),
    ).rejects.toMatchObject({
      code: 'COMMIT_CONFLICT',
      committed: 'no',
    })
    expect(await ids(table.scan())).toEqual([1n, 2n])
  })

  test('an idempotency key makes a re-run give the first result', async () => {
    const table = await newTable()
    const first = await table.append([{ id: 1 }], { idempotencyKey: 'job-7' })
    const again = await table.append([{ id: 1 }], { idempotencyKey: 'job-7' })
    expect(again).toMatchObject({ snapshotId: first.snapshotId, published: false })
    expect(await table.scan().count()).toBe(1)
  })

  test('writes to a branch that exists, and to no other', async () => {
    const table = await newTable()
    await table.append([{ id: 1 }])
    await table.createBranch('audit')
    await table.append([{ id: 2 }], { branch: 'audit' })
    await expect(table.append([{ id: 3 }], { branch: 'aduit' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      kind: 'ref',
    })
    expect(await ids(table.scan())).toEqual([1n])
    expect(await ids((await table.asOf({ ref: 'audit' })).scan())).toEqual([1n, 2n])
  })

  test('overwrite must say what it replaces', async () => {
    const table = await newTable()
    await table.append([{ id: 1 }])
    // @ts-expect-error neither where nor all
    await expect(table.overwrite([{ id: 2 }], {})).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    // @ts-expect-error where is undefined
    await expect(table.delete(undefined)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await ids(table.scan())).toEqual([1n])
    await table.overwrite([{ id: 2 }], { all: true })
    expect(await ids(table.scan())).toEqual([2n])
  })

  test('a predicate that a file matches in part takes its rows and no others', async () => {
    const table = await newTable()
    await table.append([
      { id: 1, city: 'Oslo' },
      { id: 2, city: 'Rome' },
    ])
    await table.overwrite([], { where: col('city').eq('Oslo') })
    expect(await ids(table.scan())).toEqual([2n])
    await table.overwrite([{ id: 3 }], { where: sql`city in ('Oslo', 'Rome')` })
    expect(await ids(table.scan())).toEqual([3n])
  })

  test('names row, column and value of a row that does not fit', async () => {
    const table = await newTable()
    await expect(
      // @ts-expect-error a decimal is no boolean
      table.append([{ id: 1 }, { id: 2, fare: true }]),
    ).rejects.toMatchObject({ code: 'VALIDATION', details: { row: 1, column: 'fare' } })
    // @ts-expect-error an unknown column
    await expect(table.append([{ id: 1, nope: 1 }])).rejects.toMatchObject({ code: 'VALIDATION' })
    expect(table.currentSnapshotId).toBeUndefined()
  })

  test('an abort before publishing changes nothing', async () => {
    const table = await newTable()
    const controller = new AbortController()
    const rows = (async function* () {
      yield { id: 1 }
      controller.abort()
      yield { id: 2 }
    })()
    await expect(table.append(rows, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    expect(await (await table.refresh()).scan().count()).toBe(0)
  })

  test('evolves without rewriting: dropped names do not come back', async () => {
    const table = await newTable()
    await table.append([{ id: 1, city: 'Oslo' }])
    const dropped = await table.updateSchema((s) => s.dropColumn('city'))
    const added = await dropped.updateSchema((s) => s.addColumn('city', t.string()))
    await added.append([{ id: 2, city: 'Rome' }])
    const rows = await added.scan({ select: ['id', 'city'] }).toArray()
    expect(rows.sort((a, b) => Number(a.id - b.id))).toEqual([
      { id: 1n, city: null },
      { id: 2n, city: 'Rome' },
    ])
    await expect(
      added.updateSchema((s) =>
        s.dropColumn('id').renameColumn('city', 'id2').addColumn('id2', t.int()),
      ),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(added.schema.fields.map((field) => field.name)).toEqual(['id', 'fare', 'city'])
  })
})

describe('time travel', () => {
  test('by snapshot, time, ref and version, each with its schema', async () => {
    const catalog = await connect('memory:', { workers: 0 })
    const table = await catalog.createTable('a.t', { schema })
    const first = await table.append([{ id: 1, city: 'Oslo' }])
    await table.createTag('first')
    const firstVersion = table.version ?? 0
    const renamed = await table.updateSchema((s) => s.renameColumn('city', 'town'))
    await renamed.append([{ id: 2, town: 'Rome' }])
    await renamed.createBranch('audit', { snapshot: first.snapshotId ?? 0n })

    const byId = await renamed.asOf({ snapshot: first.snapshotId ?? 0n })
    expect(await byId.scan().toArray()).toEqual([{ id: 1n, city: 'Oslo', fare: null }])
    const current = await renamed.asOf({ snapshot: first.snapshotId ?? 0n }, { schema: 'current' })
    expect(await current.scan().toArray()).toEqual([{ id: 1n, town: 'Oslo', fare: null }])
    const byTag = await renamed.asOf({ ref: 'first' })
    expect(byTag.schema.fields[1]?.name).toBe('city')
    const byBranch = await renamed.asOf({ ref: 'audit' })
    expect(byBranch.schema.fields[1]?.name).toBe('town')
    expect(await byBranch.scan().count()).toBe(1)
    const byVersion = await renamed.asOf({ version: firstVersion })
    expect(await byVersion.scan().count()).toBe(1)
    const at = renamed.history()[0]?.timestampMs ?? 0
    expect((await renamed.asOf({ time: at })).snapshotId).toBe(first.snapshotId)
    await expect(renamed.asOf({ time: at - 1 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(renamed.asOf({ snapshot: 5n })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(renamed.asOf({ ref: 'nope' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(renamed.asOf({ time: '2026-01-31T00:00:00' })).rejects.toThrow(/offset/)
    await expect(renamed.asOf({ ref: 'first', snapshot: 1n })).rejects.toThrow(/exactly one/)
    await catalog.close()
  })

  test('rollback goes back and keeps what it left readable', async () => {
    const catalog = await connect('memory:', { workers: 0 })
    const table = await catalog.createTable('a.t', { schema })
    const first = await table.append([{ id: 1 }])
    const second = await table.append([{ id: 2 }])
    await table.rollback({ snapshot: first.snapshotId ?? 0n })
    expect(await ids(table.scan())).toEqual([1n])
    const left = await table.asOf({ snapshot: second.snapshotId ?? 0n })
    expect(await ids(left.scan())).toEqual([1n, 2n])
    expect(table.history().map((entry) => entry.snapshotId)).toEqual([
      first.snapshotId,
      second.snapshotId,
      first.snapshotId,
    ])
    expect((await table.verify()).violations).toEqual([])
    await catalog.close()
  })
})
