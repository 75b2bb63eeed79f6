/** Plays every order in which the contended calls of several writers can happen. */
import { expect } from 'vitest'
import type { CatalogBackend } from '../../src/catalog/catalog.js'
import { slotVersion } from '../../src/commit/slots.js'
import { eventLoopTurn } from '../../src/env/seeded-env.js'
import { MoraineError } from '../../src/errors.js'
import { Choices } from '../../src/testing/choices.js'
import { gatedStore } from '../../src/testing/gated-store.js'
import { hint, location, type Scenario, scenario } from '../support/scenario.js'
import { checkChain, slotsOf } from './checker.js'

/** A change through a catalog of its own; gives what it calls its success. */
export type Writer = (base: Scenario, catalog: CatalogBackend) => Promise<string>

export interface EveryOrder {
  /** What waits for its turn. Default: slots and the hint. */
  readonly contended?: (operation: string, path: string) => boolean
  /** Makes the table that the writers find. Default: an empty one. */
  readonly prepare?: (base: Scenario) => Promise<unknown>
}

const properties = {
  'commit.retry.min-wait-ms': '0',
  'write.manifest.compression-codec': 'uncompressed',
}

/** Slots are contended; files that carry a UUID are not. A look at a name and its creation are one step. */
export function onSlots(operation: string, path: string): boolean {
  return operation !== 'head' && slotVersion(path.slice(path.lastIndexOf('/') + 1)) !== undefined
}

function onSlotsAndHint(operation: string, path: string): boolean {
  return onSlots(operation, path) || (operation === 'put' && path === hint)
}

/** Checks the table and what each writer was told, sorted, after each order; gives how many there are. */
export async function everyOrder(
  writers: readonly Writer[],
  check: (base: Scenario, results: readonly string[]) => Promise<void>,
  { contended = onSlotsAndHint, prepare }: EveryOrder = {},
): Promise<number> {
  const choices = new Choices()
  let orders = 0
  do {
    const base = await scenario(properties)
    await prepare?.(base)
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
