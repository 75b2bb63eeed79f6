/** Clauses of merges and updates: conditions and values as functions, expressions and SQL text. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Catalog, col, connect, expr, sql, t } from '../../../src/index.js'

const MODES = ['copy-on-write', 'merge-on-read'] as const
const schema = {
  id: t.long().required(),
  name: t.string(),
  n: t.int(),
  price: t.decimal(9, 2),
  at: t.timestamptz(),
  p: t.struct({ a: t.long(), b: t.string() }),
}
const start = [
  { id: 1, name: 'Ada', n: 1, price: '1.50', at: '2026-01-01T00:00:00Z', p: { a: 1, b: 'x' } },
  { id: 2, name: 'Bo', n: 2, price: '2.50', at: '2026-01-02T00:00:00Z', p: null },
  { id: 3, name: null, n: null, price: null, at: null, p: { a: null, b: 'z' } },
]

let catalog: Catalog
beforeEach(async () => {
  catalog = await connect('memory:', { workers: 0 })
  await catalog.createNamespace('n')
})
afterEach(() => catalog.close())

async function made(mode: (typeof MODES)[number] = 'copy-on-write', formatVersion: 2 | 3 = 3) {
  const properties = { 'write.update.mode': mode, 'write.merge.mode': mode }
  const table = await catalog.createTable('n.t', { schema, formatVersion, properties })
  await table.append(start)
  return table
}

type Table = Awaited<ReturnType<typeof made>>
async function values<K extends string>(table: Table, column: K): Promise<readonly unknown[]> {
  const rows = (await table.scan().toArray()) as unknown as Record<string, unknown>[]
  return rows.sort((a, b) => Number(a['id']) - Number(b['id'])).map((row) => row[column])
}

test.each(MODES)("'all' of a source with names in another case, %s", async (mode) => {
  const table = await made(mode)
  const source = () => [
    { ID: 1, NAME: 'new' },
    { ID: 9, NAME: 'nine' },
  ]
  const merge = (caseSensitive: boolean) =>
    table
      .merge(source(), { schema: { ID: t.long(), NAME: t.string() } })
      .on(...((caseSensitive ? ['ID'] : ['id']) as ['id']))
      .whenMatched({ update: 'all' })
      .whenNotMatched({ insert: 'all' })
      .run({ caseSensitive })
  await expect(merge(true)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await merge(false)
  expect(await values(table, 'id')).toEqual([1n, 2n, 3n, 9n])
  expect(await values(table, 'name')).toEqual(['new', 'Bo', null, 'nine'])
  expect(await values(table, 'n'), 'what the source lacks stays').toEqual([1, 2, null, null])
})

describe.each(MODES)('%s', (mode) => {
  test('update takes expressions of columns, and members of structs', async () => {
    const table = await made(mode)
    await table.update('id > 0', {
      n: expr('coalesce(n, 10) + 1'),
      name: expr("upper(name) || '!'"),
      price: expr`price * ${3}`,
      'p.a': expr('id * 100'),
    })
    expect(await values(table, 'n')).toEqual([2, 3, 11])
    expect(await values(table, 'name')).toEqual(['ADA!', 'BO!', null])
    expect(await values(table, 'price')).toEqual(['4.50', '7.50', null])
    expect(await values(table, 'p')).toEqual([
      { a: 100n, b: 'x' },
      { a: 200n, b: null },
      { a: 300n, b: 'z' },
    ])
    await table.update('id = 1', { name: col('p.b'), 'p.b': (row) => `${row.name}?` })
    expect((await values(table, 'name'))[0]).toBe('x')
    expect((await values(table, 'p'))[0]).toEqual({ a: 100n, b: 'ADA!?' })
    expect((await table.verify()).violations).toEqual([])
  })

  test('the first clause that holds decides, whatever form its condition has', async () => {
    const table = await made(mode)
    await table
      .merge([
        { id: 1, name: 'newer', n: 5, at: '2026-02-01T00:00:00Z' },
        { id: 2, name: 'older', n: 6, at: '2025-01-01T00:00:00Z' },
        { id: 3, name: 'gone', n: 7 },
        { id: 4, name: 'new', n: 8, price: '9.00' },
        { id: 5, name: 'skip', n: 0 },
        { id: 6, name: 'last', n: -1 },
      ])
      .on('id')
      .whenMatched({ if: "source.name = 'gone'", delete: true })
      .whenMatched({
        if: col('source.at').gt(col('target.at')),
        update: { name: col('source.name'), n: expr('target.n + source.n'), p: col('target.p') },
      })
      .whenMatched({ if: (row) => row.id === 2n, update: { n: expr('-n'), at: col('source.at') } })
      .whenNotMatched({ if: sql`source.n > ${0}`, insert: 'all' })
      .whenNotMatched({ if: expr('n < 0'), insert: { id: col('id'), name: (s) => `<${s.name}>` } })
      .run()
    expect(await values(table, 'id')).toEqual([1n, 2n, 4n, 6n])
    expect(await values(table, 'name')).toEqual(['newer', 'Bo', 'new', '<last>'])
    expect(await values(table, 'n')).toEqual([6, -2, 8, null])
    expect(await values(table, 'price')).toEqual(['1.50', '2.50', '9.00', null])
    expect((await values(table, 'p'))[0]).toEqual({ a: 1n, b: 'x' })
    expect((await table.verify()).violations).toEqual([])
  })

  test('rows that the source lacks are updated and deleted', async () => {
    const table = await made(mode)
    await table
      .merge([{ id: 1 }])
      .on('id')
      .whenNotMatchedBySource({ if: 'n is null', delete: true })
      .whenNotMatchedBySource({ update: { n: expr('target.n * 10') } })
      .run()
    expect(await values(table, 'n')).toEqual([1, 20])
  })

  test('a source with columns of its own', async () => {
    const table = await made(mode)
    await table
      .merge(
        [
          { op: 'D', id: 1, name: '-', extra: [1] },
          { op: 'U', id: 2, name: 'Bob', extra: null },
          { op: 'I', id: 9, name: 'New', extra: null },
        ],
        { schema: { op: t.string(), id: t.int(), name: t.string(), extra: t.list(t.int()) } },
      )
      .on('id')
      .whenMatched({ if: "source.op = 'D'", delete: true })
      .whenMatched({ if: (_, from) => from.op === 'U', update: 'all' })
      .whenNotMatched({ if: sql`source.op <> ${'D'}`, insert: 'all' })
      .run()
    expect(await values(table, 'id')).toEqual([2n, 3n, 9n])
    expect(await values(table, 'name')).toEqual(['Bob', null, 'New'])
    expect(await values(table, 'n')).toEqual([2, null, null])
  })
})

test('inserts fill in defaults, and refuse to leave out what is required', async () => {
  const table = await catalog.createTable('n.d', {
    schema: { id: t.long().required(), kind: t.string().default('plain'), note: t.string() },
    formatVersion: 3,
  })
  await table
    .merge([{ id: 1, note: 'a' }])
    .on('id')
    .whenNotMatched({ insert: { id: col('id') } })
    .run()
  expect(await table.scan().toArray()).toEqual([{ id: 1n, kind: 'plain', note: null }])
  const merge = table
    .merge([{ id: 2 }])
    .on('id')
    .whenNotMatched({ insert: { note: 'x' } })
  await expect(merge.run()).rejects.toThrow(
    "whenNotMatched: column 'id' is required and has no default",
  )
})

test.each([
  ['a misspelt column', { name: col('source.nam') }, /no column 'nam'/],
  ['kinds that do not go together', { n: expr('name + 1') }, /`\+` takes numbers, not a string/],
  ['a value of another type', { n: col('name') }, /column 'n' of type int does not take a string/],
  ['a rounded value', { n: expr('n / 2') }, /does not take a floating-point number/],
  ['a metadata column', { _row_id: 1n }, /`_row_id` is a metadata column, which cannot be set/],
  ['a struct and its member', { p: null, 'p.a': 1n }, /`p` is set twice/],
  ['a literal that does not fit', { 'p.a': 'x' }, /column 'a': .*long/],
  ['text that cannot be read', { n: 1 }, /a value or a column was expected/, 'source.n >'],
  [
    'a condition that is none',
    { n: 1 },
    /a condition was expected, not a whole number/,
    'source.n',
  ],
  ['a missing source', { n: 1 }, /there is none here/, 'target.n = source.n', true],
])(
  '%s is refused before anything is written',
  async (_, update, message, condition?, bySource?) => {
    const table = await made()
    const before = table.currentSnapshotId
    const clause = { ...(condition && { if: condition as string }), update } as never
    const merge = table.merge([{ id: 1 }]).on('id')
    const run = bySource ? merge.whenNotMatchedBySource(clause) : merge.whenMatched(clause)
    await expect(run.run()).rejects.toThrow(message as RegExp)
    await table.refresh()
    expect(table.currentSnapshotId).toBe(before)
  },
)

test('what overflows a column, and a division by zero, are errors that say so', async () => {
  const table = await made()
  await expect(table.update('id = 1', { n: expr('n + 2147483647') })).rejects.toThrow(/column 'n'/)
  await expect(table.update('id = 1', { n: expr('n % 0') })).rejects.toThrow(/divides by zero/)
  await expect(table.update('id = 1', { price: expr('price * 0.333') })).rejects.toThrow(
    /column 'price'/,
  )
  expect(await values(table, 'n')).toEqual([1, 2, null])
})
