/** What the functions of a caller give back: never taken for something that they did not say. */
import { expect, test } from 'vitest'
import { connect, InvalidArgument, t } from '../../../src/index.js'

const rows = [
  { id: 1, n: 10 },
  { id: 2, n: 20 },
]

async function made() {
  const catalog = await connect('memory:', { workers: 0 })
  await catalog.createNamespace('n')
  const table = await catalog.createTable('n.t', {
    schema: { id: t.long().required(), n: t.int() },
  })
  await table.append(rows)
  return { catalog, table }
}

type Table = Awaited<ReturnType<typeof made>>['table']
const contents = async (table: Table) =>
  (await table.scan().toArray()).map((row) => `${row.id}=${row.n}`).sort()

test.each([
  ['1', 1],
  ['a promise', Promise.resolve(true)],
  ['undefined', undefined],
  ['null', null],
])('a condition that gives %s is an error, and nothing is committed', async (what, said) => {
  const { catalog, table } = await made()
  const given = { if: () => said as unknown as boolean }
  const source = [
    { id: 2, n: 21 },
    { id: 3, n: 30 },
  ]
  const merges = {
    whenMatched: table
      .merge(source)
      .on('id')
      .whenMatched({ ...given, update: 'all' }),
    whenNotMatched: table
      .merge(source)
      .on('id')
      .whenNotMatched({ ...given, insert: 'all' }),
    whenNotMatchedBySource: table
      .merge(source)
      .on('id')
      .whenNotMatchedBySource({ ...given, delete: true }),
  }
  for (const [clause, merge] of Object.entries(merges)) {
    const error: unknown = await merge.run().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InvalidArgument)
    const { message } = error as InvalidArgument
    expect(message).toContain(`${clause}: \`if\` gave `)
    expect(message).toContain(what)
  }
  await table.refresh()
  expect(await contents(table)).toEqual(['1=10', '2=20'])
  expect((await table.verify()).violations).toEqual([])
  await catalog.close()
})

test('a condition that is no function is refused in every clause', async () => {
  const { catalog, table } = await made()
  const merge = table.merge(rows).on('id')
  const wrong = { if: true as never }
  const refused = /`if` must be a function/
  expect(() => merge.whenMatched({ ...wrong, delete: true })).toThrow(refused)
  expect(() => merge.whenNotMatched({ ...wrong, insert: 'all' })).toThrow(refused)
  expect(() => merge.whenNotMatchedBySource({ ...wrong, delete: true })).toThrow(refused)
  await catalog.close()
})

test('undefined empties no column: neither as a value nor from a function', async () => {
  const { catalog, table } = await made()
  const nothing = undefined as never
  await expect(table.update('id = 1', { n: nothing })).rejects.toThrow(
    /update: the value is undefined for `n`; give null to empty it/,
  )
  await expect(table.update('id = 1', { n: () => nothing })).rejects.toThrow(
    /update: the function gave undefined for `n`/,
  )
  await expect(
    table
      .merge([{ id: 1, n: 1 }])
      .on('id')
      .whenMatched({ update: { n: () => nothing } })
      .run(),
  ).rejects.toThrow(/whenMatched: the function gave undefined for `n`/)
  await table.refresh()
  expect(await contents(table)).toEqual(['1=10', '2=20'])
  await table.update('id = 1', { n: null })
  expect(await contents(table)).toEqual(['1=null', '2=20'])
  await catalog.close()
})
