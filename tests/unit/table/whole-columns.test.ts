/** Structs, lists and maps in expressions: taken whole, asked whether they are null, and nothing more. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Catalog, col, connect, expr, t, year } from '../../../src/index.js'

const place = () => t.struct({ x: t.int(), y: t.int() })
const schema = {
  id: t.int().required(),
  a: place(),
  b: place(),
  wide: t.struct({ x: t.long(), y: t.long() }),
  outer: t.struct({ inner: place(), n: t.int() }),
  tags: t.list(t.string()),
  more: t.list(t.string()).required(),
  at: t.timestamptz(),
  nothing: t.unknown(),
}
const start = [
  {
    id: 1,
    a: { x: 1, y: 2 },
    b: null,
    wide: { x: 1, y: null },
    outer: { inner: { x: 7, y: 8 }, n: 1 },
    tags: ['one'],
    more: [],
    at: '2026-01-01T00:00:00Z',
  },
  { id: 2, a: null, b: { x: 3, y: 4 }, wide: null, outer: null, tags: null, more: ['m'], at: null },
  {
    id: 3,
    a: { x: null, y: 5 },
    b: null,
    wide: null,
    outer: { inner: null, n: 3 },
    tags: [],
    more: ['n'],
    at: null,
  },
]

let catalog: Catalog
beforeEach(async () => {
  catalog = await connect('memory:', { workers: 0 })
})
afterEach(() => catalog.close())

async function made() {
  const table = await catalog.createTable('ns.t', { schema, formatVersion: 3 })
  await table.append(start)
  return table
}

type Table = Awaited<ReturnType<typeof made>>
async function values(table: Table, column: keyof typeof schema): Promise<readonly unknown[]> {
  const rows = await table.scan().toArray()
  return rows.toSorted((one, other) => one.id - other.id).map((row) => row[column])
}

describe('a column is set to another', () => {
  test('of the same type: as it is', async () => {
    const table = await made()
    await table.update('true', { b: col('a'), tags: col('more') })
    expect(await values(table, 'b')).toEqual([{ x: 1, y: 2 }, null, { x: null, y: 5 }])
    expect(await values(table, 'tags')).toEqual([[], ['m'], ['n']])
  })

  test('of the same type, in some rows', async () => {
    const table = await made()
    await table.update('id >= 2', { a: col('b') })
    expect(await values(table, 'a')).toEqual([{ x: 1, y: 2 }, { x: 3, y: 4 }, null])
  })

  test('of members of another type: by their values', async () => {
    const table = await made()
    await table.update('true', { wide: col('a') })
    expect(await values(table, 'wide')).toEqual([{ x: 1n, y: 2n }, null, { x: null, y: 5n }])
  })

  test('of members that are too narrow: refused, and nothing is changed', async () => {
    const table = await made()
    await table.update('id = 1', { wide: { x: 2 ** 40, y: 0 } })
    const { snapshotId } = table.current()
    await expect(table.update('true', { a: col('wide') })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    expect(table.current().snapshotId).toBe(snapshotId)
  })

  test('within a struct, which may be null itself', async () => {
    const table = await made()
    await table.update('true', { a: col('outer.inner') })
    expect(await values(table, 'a')).toEqual([{ x: 7, y: 8 }, null, null])
  })

  test('of another kind: refused by name', async () => {
    const table = await made()
    await expect(table.update('true', { a: col('tags') })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      details: { column: 'a' },
    })
  })

  test('of nothing but nulls', async () => {
    const table = await made()
    await table.update('id = 1', { at: col('nothing') })
    expect(await values(table, 'at')).toEqual([null, null, null])
  })
})

describe('a column is asked whether it is null', () => {
  test('a struct, a list, and one that always is', async () => {
    const table = await made()
    await table.update('true', { id: expr('case when a is null then -id else id end') })
    expect(await values(table, 'id')).toEqual([-2, 1, 3])
    await table.update('true', { id: expr('case when more is null then 9 else id end') })
    expect(await values(table, 'id')).toEqual([-2, 1, 3])
    await table.update('true', { id: expr('case when nothing is null then id + 10 else 0 end') })
    expect(await values(table, 'id')).toEqual([8, 11, 13])
  })
})

describe('what a column cannot be set to', () => {
  test('a transform', async () => {
    const table = await made()
    await expect(table.update('true', { id: year('at') })).rejects.toThrow('set to a transform')
  })

  test('undefined, by itself or from a function', async () => {
    const table = await made()
    const refused = { code: 'INVALID_ARGUMENT', details: { column: 'tags' } }
    await expect(table.update('true', { tags: () => undefined as never })).rejects.toMatchObject(
      refused,
    )
    await expect(
      table.update('true', Object.fromEntries([['tags', undefined]])),
    ).rejects.toMatchObject(refused)
  })

  test('the element of a list', async () => {
    const table = await made()
    await expect(table.update('true', { id: col(['tags', 'element']) })).rejects.toThrow(
      'has many values a row',
    )
  })
})

describe('a merge', () => {
  const source = [{ id: 2, a: { x: 30, y: 40 }, more: ['s'] }]
  const columns = { id: t.int().required(), a: place(), more: t.list(t.string()) }

  test('takes whole columns of either row', async () => {
    const table = await made()
    await table
      .merge([...source, { id: 4, a: { x: 9, y: 9 }, more: ['new'] }], { schema: columns })
      .on('id')
      .whenMatched({
        update: { a: col('source.a'), tags: col(['source', 'more']), wide: col('target.b') },
      })
      .whenNotMatched({ insert: { id: col('id'), b: col('a'), more: col('source.more') } })
      .run()
    expect(await values(table, 'a')).toEqual([
      { x: 1, y: 2 },
      { x: 30, y: 40 },
      { x: null, y: 5 },
      null,
    ])
    expect(await values(table, 'tags')).toEqual([['one'], ['s'], [], null])
    expect(await values(table, 'wide')).toEqual([{ x: 1n, y: null }, { x: 3n, y: 4n }, null, null])
    expect(await values(table, 'b')).toEqual([null, { x: 3, y: 4 }, null, { x: 9, y: 9 }])
  })

  test('has no row of the table where a row is new', async () => {
    const table = await made()
    const merge = table
      .merge(source, { schema: columns })
      .on('id')
      .whenNotMatched({ insert: { id: col('target.id'), more: col('more') } })
    await expect(merge.run()).rejects.toThrow('`target.id` means a row of the table')
  })

  test.each([
    [['tags'], 'a column of type list'],
    [['a'], 'a column of type struct'],
    [['id', 'id'], 'named twice'],
    [['at'], 'is timestamptz in the table and string in the source'],
  ])('matches by no %j', async (on, message) => {
    const table = await made()
    const given = { ...columns, tags: t.list(t.string()), at: t.string() }
    const merge = table
      .merge([], { schema: given })
      .on(...(on as ['id']))
      .whenMatched({ delete: true })
    await expect(merge.run()).rejects.toThrow(message)
  })

  test('of no rows changes nothing', async () => {
    const table = await made()
    const { snapshotId } = table.current()
    await table.merge([]).on('id').whenMatched({ delete: true }).run()
    expect(table.current().snapshotId).toBe(snapshotId)
  })

  test('is matched by nothing where both are null', async () => {
    const table = await made()
    await table
      .merge([{ at: null, id: 50, more: [] }])
      .on('at')
      .whenMatched({ delete: true })
      .whenNotMatched({ insert: 'all' })
      .run()
    expect(await values(table, 'id')).toEqual([1, 2, 3, 50])
  })
})
