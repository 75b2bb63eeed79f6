/** Every order in which the contended calls of two writers can happen. */
import { expect, test } from 'vitest'
import type { CatalogBackend } from '../../src/catalog/catalog.js'
import { slotVersion } from '../../src/commit/slots.js'
import { eventLoopTurn } from '../../src/env/seeded-env.js'
import { MoraineError } from '../../src/errors.js'
import { Choices } from '../../src/testing/choices.js'
import { gatedStore } from '../../src/testing/gated-store.js'
import { hint, location, type Scenario, scenario, table } from '../support/scenario.js'
import { newTable } from '../support/tables.js'
import { checkChain, slotsOf } from './checker.js'

type Writer = (base: Scenario, catalog: CatalogBackend) => Promise<string>

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

const properties = {
  'commit.retry.min-wait-ms': '0',
  'write.manifest.compression-codec': 'uncompressed',
}

/** Slots are contended; files that carry a UUID are not. A look at a name and its creation are one step. */
function onSlots(operation: string, path: string): boolean {
  return operation !== 'head' && slotVersion(path.slice(path.lastIndexOf('/') + 1)) !== undefined
}

function onSlotsAndHint(operation: string, path: string): boolean {
  return onSlots(operation, path) || (operation === 'put' && path === hint)
}

async function everyOrder(
  writers: readonly Writer[],
  check: (base: Scenario, results: readonly string[]) => Promise<void>,
  contended = onSlotsAndHint,
): Promise<number> {
  const choices = new Choices()
  let orders = 0
  do {
    const base = await scenario(properties)
    const gate = gatedStore(base.store, contended)
    const results: string[] = []
    let running = writers.length
    for (const [index, writer] of writers.entries()) {
      writer(base, base.process(gate.storeFor(`w${index}`)))
        .then(
          (result) => results.push(result),
          (error: unknown) =>
            results.push(error instanceof MoraineError ? error.code : String(error)),
        )
        .finally(() => running--)
    }
    while (running > 0) {
      const waiting = await gate.waiting()
      if (waiting.length === 0) await eventLoopTurn()
      else waiting[choices.choose(waiting.length)]?.release()
    }
    const bad: string[] = []
    checkChain(slotsOf(base.store, location, base.env, bad), bad)
    expect(bad, `order ${choices.trace().join('')}`).toEqual([])
    await check(base, results.sort())
    orders++
  } while (choices.next())
  return orders
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
    onSlots,
  )
  expect(seen.size).toBeGreaterThan(1)
})
