import { beforeAll, expect, test } from 'vitest'
import { type Catalog, connect, openTable, t } from '../../../src/index.js'

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

const signal = new EventTarget() as AbortSignal

test.each<[object, string]>([
  [{ workers: -1 }, 'workers'],
  [{ workers: 1.5 }, 'workers'],
  [{ memoryLimit: '1GB' }, 'memoryLimit'],
  [{ readRoots: '/x' }, 'readRoots'],
  [{ limits: { refs: -1 } }, 'limits.refs'],
  [{ limits: { refs: '5' } }, 'limits.refs'],
  [{ limits: { references: 5 } }, 'references'],
  [{ signal }, 'signal'],
])('connect and openTable refuse %o', async (options, option) => {
  const refusal = { code: 'INVALID_ARGUMENT', details: { option } }
  await expect(connect('memory:', options)).rejects.toMatchObject(refusal)
  await expect(openTable('/nowhere', options)).rejects.toMatchObject(refusal)
})

test('connect refuses writeRoots and unsafeNoSync, openTable relocate, of another kind', async () => {
  const wrong = (option: string) => ({ code: 'INVALID_ARGUMENT', details: { option } })
  const writeRoots = [''] as const
  await expect(connect('memory:', { writeRoots })).rejects.toMatchObject(wrong('writeRoots'))
  const unsafeNoSync = 'no' as unknown as boolean
  await expect(connect('memory:', { unsafeNoSync })).rejects.toMatchObject(wrong('unsafeNoSync'))
  const relocate = '/x' as unknown as Record<string, string>
  await expect(openTable('/nowhere', { relocate })).rejects.toMatchObject(wrong('relocate'))
})

test('calls refuse values that they cannot mean, without an error of the platform', async () => {
  const table = await catalog.createTable('a.calls', { schema: { id: t.long() } })
  await table.append([{ id: 1 }])
  const loose = table as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  const scan = table.scan() as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
  const calls: readonly (() => unknown)[] = [
    () => scan.explain?.({ read: 'x' }),
    () => loose.verify?.({ footers: 'no' }),
    () => loose.createTag?.('x', { maxRefAgeMs: 1.5 }),
    () => loose.createBranch?.('x', { maxRefAgeMs: 0 }),
    () => loose.updateProperties?.(),
    () => loose.updateProperties?.({ remove: 'a' }),
    () => loose.transaction?.(),
    () => loose.refresh?.({ signal }),
    () => table.scan({ select: [5 as unknown as 'id'] }).toArray(),
    () => catalog.dropTable('a.calls', { purge: 'yes' as unknown as boolean }),
    () => catalog.loadTable('a.calls', { schema: { id: t.long() }, signal }),
  ]
  for (const call of calls) {
    const refusal = { code: 'INVALID_ARGUMENT' }
    await expect(Promise.resolve().then(call), String(call)).rejects.toMatchObject(refusal)
  }
  expect(table.version).toBe(2)
  expect(await catalog.tableExists('a.calls')).toBe(true)
})
