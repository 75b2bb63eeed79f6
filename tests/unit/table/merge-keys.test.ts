/** Keys of every type that rows can be matched by, in upserts and merges. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Catalog, connect, t } from '../../../src/index.js'

let catalog: Catalog
beforeEach(async () => {
  catalog = await connect('memory:', { workers: 0 })
  await catalog.createNamespace('n')
})
afterEach(() => catalog.close())

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const [one, two, three] = [1, 2, 3].map((n) => `0000000${n}-0000-0000-0000-000000000000`)

test.each([
  ['float', t.float(), [0.5, Number.NaN], 1.5],
  ['double', t.double(), [0.1, Number.NaN, -0], 0],
  ['decimal(9,2)', t.decimal(9, 2), ['1.50', '-3.25'], '2.00'],
  ['decimal(38,4)', t.decimal(38, 4), ['12345678901234567890.5000', '0.0001'], '7'],
  ['binary', t.binary(), [bytes(1), bytes()], bytes(1, 0)],
  ['fixed', t.fixed(2), [bytes(1, 2), bytes(0, 0)], bytes(2, 1)],
  ['uuid', t.uuid(), [one, two], three],
  ['string', t.string(), ['', 'å'], 'a'],
  ['boolean', t.boolean(), [true], false],
  ['date', t.date(), ['2026-01-01', '1969-12-31'], '2026-01-02'],
  ['time', t.time(), ['00:00:00', '23:59:59.999999'], '12:00:00'],
  [
    'timestamp',
    t.timestamp(),
    ['2026-01-01T00:00:00.000001', '1900-01-01T00:00:00'],
    '2026-01-01T00:00:00',
  ],
  ['timestamptz', t.timestamptz(), ['2026-01-01T00:00:00Z'], '2026-01-01T00:00:01Z'],
])('%s', async (_, type, known, unknown) => {
  for (const mode of ['copy-on-write', 'merge-on-read'] as const) {
    const table = await catalog.createTable(`n.${mode.slice(0, 4)}`, {
      schema: { k: type, v: t.int() },
      formatVersion: 2,
    })
    await table.append([...known, unknown].map((k, v) => ({ k, v })) as never)
    await table.append([{ k: null, v: 99 }] as never)
    await table.upsert(known.map((k, at) => ({ k, v: 100 + at })) as never, { on: ['k'], mode })
    const rows = (await table.scan().toArray()) as unknown as { v: number }[]
    const all = rows.map(({ v }) => v).sort((a, b) => a - b)
    expect(all).toEqual(
      [known.length, 99, ...known.map((_key, at) => 100 + at)].sort((a, b) => a - b),
    )
    expect((await table.verify()).violations).toEqual([])
  }
})

test('members of structs are keys, null around them too', async () => {
  const table = await catalog.createTable('n.nested', {
    schema: {
      p: t.struct({ a: t.long(), b: t.string() }),
      q: t.struct({ p: t.struct({ a: t.int() }) }),
      v: t.int(),
    },
    formatVersion: 2,
  })
  const row = (a: number, b: string, c: number | null, v: number) => ({
    p: { a, b },
    q: c === null ? null : { p: { a: c } },
    v,
  })
  await table.append([
    row(1, 'x', 1, 0),
    row(1, 'x', 2, 1),
    row(2, 'y', null, 2),
    { p: null, q: null, v: 3 },
  ])
  await table.upsert([row(1, 'z', 2, 10), row(3, 'z', 2, 11)], { on: ['p.a', 'q.p.a'] })
  expect((await table.scan({ select: ['v'] }).toArray()).map(({ v }) => v).sort()).toEqual([
    0, 10, 11, 2, 3,
  ])
  await table
    .merge([row(2, '', null, 20)])
    .on('p.a')
    .whenMatched({ update: 'all' })
    .run()
  expect((await table.scan({ where: 'v = 20' }).toArray()).map(({ p }) => p)).toEqual([
    { a: 2n, b: '' },
  ])
  const twice = [row(1, 'a', 1, 0), row(1, 'b', 1, 0)]
  const before = table.currentSnapshotId
  await expect(table.upsert(twice, { on: ['p.a', 'q.p.a'] })).rejects.toThrow(
    'another row has the same key (p.a, q.p.a)',
  )
  await expect(table.upsert([row(1, 'a', null, 0)], { on: ['q.p.a'] })).rejects.toThrow(
    'the key (q.p.a) is null',
  )
  await expect(table.upsert([], { on: ['p'] as never })).rejects.toThrow('a column of type struct')
  expect(table.currentSnapshotId).toBe(before)
})

test('keys that were renamed and widened since match by value', async () => {
  const table = await catalog.createTable('n.old', {
    schema: { k: t.int(), f: t.float(), v: t.int() },
    formatVersion: 2,
  })
  await table.append([
    { k: 1, f: 0.1, v: 1 },
    { k: 2, f: 0.5, v: 2 },
  ])
  const wide = await table.updateSchema((s) =>
    s.widenColumn('k', t.long()).widenColumn('f', t.double()).renameColumn('k', 'key'),
  )
  await wide.append([{ key: 2n ** 40n, f: 0.1, v: 3 }])
  await wide.upsert(
    [
      { key: 1, f: Math.fround(0.1), v: 10 },
      { key: 2, f: 0.1, v: 20 },
      { key: 2n ** 40n, f: 0.1, v: 30 },
    ],
    { on: ['key', 'f'] },
  )
  expect((await wide.scan().toArray()).map(({ v }) => v).sort()).toEqual([10, 2, 20, 30])
})
