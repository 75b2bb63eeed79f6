/** Updates, overwrites, upserts and merges of rows inside data files, in every format and mode. */
import { describe, expect, test } from 'vitest'
import { type Catalog, col, connect, t } from '../../../src/index.js'

const MODES = [
  [1, 'copy-on-write'],
  [2, 'copy-on-write'],
  [2, 'merge-on-read'],
  [3, 'copy-on-write'],
  [3, 'merge-on-read'],
] as const

const schema = { id: t.long().required(), s: t.string(), n: t.decimal(9, 2), old: t.decimal(9, 2) }

async function made(catalog: Catalog, formatVersion: 1 | 2 | 3, mode: string) {
  await catalog.createNamespace('n')
  const table = await catalog.createTable('n.t', {
    schema,
    formatVersion,
    properties: {
      'write.delete.mode': mode,
      'write.update.mode': mode,
      'write.merge.mode': mode,
    },
  })
  const rows = (from: number) =>
    Array.from({ length: 10 }, (_, i) => ({ id: from + i, s: `s${i % 3}`, n: `${from + i}.50` }))
  await table.append(rows(0))
  await table.append(rows(10))
  return table
}

type Table = Awaited<ReturnType<typeof made>>

async function contents(table: Table): Promise<readonly string[]> {
  const rows = await table.scan().toArray()
  return rows.map((row) => [row.id, row.s, row.n, row.old].join('|')).sort()
}

function expected(change: (row: [number, string | null, string, string | null]) => unknown) {
  const rows: string[] = []
  for (let id = 0; id < 20; id += 1) {
    const row: [number, string | null, string, string | null] = [
      id,
      `s${(id % 10) % 3}`,
      `${id}.50`,
      null,
    ]
    if (change(row) !== false) rows.push(row.join('|'))
  }
  return rows.sort()
}

describe.each(MODES)('format %i, %s', (version, mode) => {
  const withTable = async (run: (table: Table) => Promise<void>): Promise<void> => {
    const catalog = await connect('memory:', { workers: 0 })
    const table = await made(catalog, version, mode)
    await run(table)
    expect((await table.verify()).violations).toEqual([])
    await catalog.close()
  }

  test('update by values, columns and functions', () =>
    withTable(async (table) => {
      const result = await table.update(col('s').eq('s1'), {
        s: 'new',
        old: col('n'),
        n: (row) => `${Number(row.id) * 2}.00`,
      })
      expect(result.operation).toBe('overwrite')
      expect(await contents(table)).toEqual(
        expected((row) => {
          if (row[1] !== 's1') return
          row[1] = 'new'
          row[3] = row[2]
          row[2] = `${row[0] * 2}.00`
        }),
      )
      const none = await table.update(col('id').gt(1000), { s: null })
      expect(none).toMatchObject({ published: false, snapshotId: undefined })
    }))

  test('overwrite by a predicate that files match in part', () =>
    withTable(async (table) => {
      const result = await table.overwrite([{ id: 100, s: 'x', n: '1.00' }], {
        where: col('s').eq('s2'),
      })
      expect(result.operation).toBe('overwrite')
      expect(await contents(table)).toEqual(
        [...expected((row) => row[1] !== 's2'), '100|x|1.00|'].sort(),
      )
    }))

  test('upsert replaces and adds', () =>
    withTable(async (table) => {
      await table.upsert(
        [
          { id: 3, s: 'three', n: '3.00' },
          { id: 12, s: null, n: '12.00' },
          { id: 77, s: 'more', n: '77.00' },
        ],
        { on: ['id'] },
      )
      expect(await contents(table)).toEqual(
        [
          ...expected((row) => {
            if (row[0] === 3) row.splice(1, 3, 'three', '3.00', null)
            if (row[0] === 12) row.splice(1, 3, null, '12.00', null)
          }),
          '77|more|77.00|',
        ].sort(),
      )
    }))

  test('merge: the first clause that holds decides', () =>
    withTable(async (table) => {
      await table
        .merge([
          { id: 1, s: 'gone' },
          { id: 2, s: 'two', n: '2.00' },
          { id: 15, s: 'fifteen' },
          { id: 30, s: 'thirty' },
          { id: 31, s: 'not wanted' },
        ])
        .on('id')
        .whenMatched({ delete: true, if: (_row, source) => source.s === 'gone' })
        .whenMatched({ update: 'all', if: (row) => row.id < 10n })
        .whenMatched({ update: { s: (row, source) => `${row.s}+${source.s}` } })
        .whenNotMatched({ insert: 'all', if: (source) => source.id < 31n })
        .whenNotMatchedBySource({ update: { s: 'left' }, if: (row) => row.id >= 18n })
        .run()
      expect(await contents(table)).toEqual(
        [
          ...expected((row) => {
            if (row[0] === 1) return false
            if (row[0] === 2) row.splice(1, 3, 'two', '2.00', null)
            if (row[0] === 15) row[1] = 's2+fifteen'
            if (row[0] >= 18) row[1] = 'left'
            return true
          }),
          '30|thirty||',
        ].sort(),
      )
    }))
})

describe('what is refused', () => {
  test('two source rows for one key, null keys, bad clauses: before anything is written', async () => {
    const catalog = await connect('memory:', { workers: 0 })
    const table = await made(catalog, 2, 'merge-on-read')
    const before = table.currentSnapshotId
    const twice = [
      { id: 3, s: 'a' },
      { id: 3, s: 'b' },
    ]
    await expect(table.upsert(twice, { on: ['id'] })).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(
      table.merge(twice).on('id').whenMatched({ update: 'all' }).run(),
    ).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(table.upsert([{ id: 1, s: null }], { on: ['s'] })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    await expect(table.upsert([{ id: 1 }])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(
      table
        .merge([{ id: 1 }])
        .on('id')
        .run(),
    ).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
    await expect(table.update(col('id').eq(1), { id: null as never })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    await expect(table.update(col('id').eq(1), { nope: 1 } as never)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    await table.refresh()
    expect(table.currentSnapshotId).toBe(before)
    // Keys that match nothing may come twice in a merge: both are rows of their own.
    const loose = [
      { id: 90, s: 'a' },
      { id: 90, s: 'b' },
    ]
    await table
      .merge(loose)
      .on('id')
      .whenMatched({ update: 'all' })
      .whenNotMatched({ insert: 'all' })
      .run()
    expect(await table.scan({ where: col('id').eq(90) }).count()).toBe(2)
    await catalog.close()
  })
})
