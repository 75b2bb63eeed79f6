import { beforeAll, expect, test } from 'vitest'
import { type Catalog, connect, t } from '../../../src/index.js'

let catalog: Catalog
beforeAll(async () => {
  catalog = await connect('memory:', { workers: 0 })
})

const refused = (option: string, message: RegExp) => ({
  code: 'INVALID_ARGUMENT',
  details: { option },
  message: expect.stringMatching(message),
})

test.each<[object, string, RegExp]>([
  [{ longs: 'string' }, 'longs', /must be 'bigint' or 'number'/],
  [{ timestamps: 'dates' }, 'timestamps', /did you mean 'date'/],
  [{ decimals: 'float' }, 'decimals', /must be 'string' or 'number'/],
  [{ maps: 'objects' }, 'maps', /did you mean 'object'/],
  [{ variants: 'json' }, 'variants', /must be 'value' or 'binary'/],
  [{ as: 'csv' }, 'as', /must be 'rows' or 'json'/],
  [{ as: 'json', longs: 'number' }, 'longs', /takes no `longs`/],
  [{ longs: null }, 'longs', /must be/],
])('rows and toArray refuse %o', async (options, option, message) => {
  const name = `a.t${Math.abs(JSON.stringify(options).length)}_${option}`
  const table = await catalog.createTable(name, { schema: { id: t.long() } })
  const given = options as { longs: 'number' }
  await expect(table.scan().toArray(given)).rejects.toMatchObject(refused(option, message))
  await expect(table.scan().rows(given).next()).rejects.toMatchObject(refused(option, message))
})

test.each<[object, string]>([
  [{ ordered: 'yes' }, 'ordered'],
  [{ caseSensitive: 1 }, 'caseSensitive'],
  [{ decimals: 'string' }, 'decimals'],
  [{ strings: 'utf-8' }, 'strings'],
])('scan refuses %o', async (options, option) => {
  const table = await catalog.createTable(`s.${option}`, { schema: { id: t.long() } })
  const scan = table.scan(options as { ordered: true })
  await expect(scan.toArray()).rejects.toMatchObject(refused(option, /must be/))
})

test('JSON rows are texts of the canonical form', async () => {
  const table = await catalog.createTable('a.json', { schema: { id: t.long(), d: t.date() } })
  await table.append([{ id: 1, d: '2026-01-31' }])
  const texts: string[] = await table.scan().toArray({ as: 'json' })
  expect(texts).toEqual(['{"id":"1","d":"2026-01-31"}'])
  for await (const text of table.scan().rows({ as: 'json' })) expect(text).toBe(texts[0])
})

test.each<[object, string]>([
  [{ formatVersion: 4 }, 'formatVersion'],
  [{ formatVersion: '2' }, 'formatVersion'],
  [{ partitionBy: 'id' }, 'partitionBy'],
  [{ sortBy: 'id' }, 'sortBy'],
  [{ identifier: 'id' }, 'identifier'],
])('createTable refuses %o', async (options, option) => {
  const create = catalog.createTable('a.never', { schema: { id: t.long() }, ...options })
  await expect(create).rejects.toMatchObject(refused(option, /must be/))
  expect(await catalog.tableExists('a.never')).toBe(false)
})

test('a column path that is nearly right is named', async () => {
  const table = await catalog.createTable('a.near', {
    schema: { id: t.long(), stop: t.struct({ lat: t.double() }) },
  })
  const near = (text: string): Promise<unknown> => table.scan({ where: text }).count()
  await expect(near('stop.latt > 1')).rejects.toThrow(
    "no column 'stop.latt'; did you mean 'stop.lat'?",
  )
  await expect(near('zzzz > 1')).rejects.toThrow("no column 'zzzz'; columns are id, stop")
})

test('asOf refuses a schema that it cannot mean, by version too', async () => {
  const table = await catalog.createTable('a.asof', { schema: { id: t.long() } })
  await table.append([{ id: 1 }])
  const wrong = { schema: 'latest' } as unknown as { schema: 'current' }
  for (const at of [{ ref: 'main' }, { version: 1 }]) {
    await expect(table.asOf(at, wrong)).rejects.toMatchObject(refused('schema', /must be/))
  }
  expect(await (await table.asOf({ version: 1 }, { schema: 'current' })).scan().count()).toBe(0)
})
