/** Every order in which the contended calls of two writers can happen. */
import { expect, test } from 'vitest'
import { location, table } from '../support/scenario.js'
import { newTable } from '../support/tables.js'
import { everyOrder, onSlots, type Writer } from './every-order.js'

const append =
  (name: string): Writer =>
  async (base, catalog) => {
    await base.append(name, catalog)
    return name
  }

const drop: Writer = async (_base, catalog) => {
  await catalog.dropTable(table)
  return 'dropped'
}

const recreate: Writer = async (base, catalog) => {
  await catalog.dropTable(table)
  await catalog.createTable(table, newTable(base.env, location))
  return 'made again'
}

test('two appends: both are there, in every order', { timeout: 300_000 }, async () => {
  const orders = await everyOrder([append('a'), append('b')], async (base, results) => {
    expect(results).toEqual(['a', 'b'])
    expect(await base.live()).toEqual(['a', 'b'])
  })
  expect(orders).toBeGreaterThan(50)
})

test('append and drop: both, or the append is refused and leaves nothing', {
  timeout: 300_000,
}, async () => {
  let refused = 0
  const orders = await everyOrder([append('a'), drop], async (base, results) => {
    expect(await base.process().tableExists(table)).toBe(false)
    expect(results).toContain('dropped')
    if (!results.includes('a')) {
      refused++
      expect(results).toContain('NOT_FOUND')
      expect([...base.store.files().keys()].filter((path) => path.includes('/snap-'))).toEqual([])
    }
  })
  expect(orders).toBeGreaterThan(50)
  expect(refused).toBeGreaterThan(0)
})

test('append and drop-and-make-again: never into the wrong table', {
  timeout: 300_000,
}, async () => {
  const seen = new Set<string>()
  await everyOrder(
    [append('a'), recreate],
    async (base, results) => {
      seen.add(results.join())
      expect(results).toContain('made again')
      const live = await base.live()
      // The append was before the drop, after the new table was loaded, or refused.
      if (results.includes('COMMIT_CONFLICT') || results.includes('NOT_FOUND'))
        expect(live).toEqual([])
      else expect(results).toContain('a')
    },
    { contended: onSlots },
  )
  expect(seen.size).toBeGreaterThan(1)
})
