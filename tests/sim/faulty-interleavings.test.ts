/** Every order of the contended calls of two writers, with one fault at every call in every order. */
import { expect, test } from 'vitest'
import { slotVersion } from '../../src/commit/slots.js'
import { eventLoopTurn } from '../../src/env/seeded-env.js'
import { CommitStateUnknown, MoraineError } from '../../src/errors.js'
import { Choices } from '../../src/testing/choices.js'
import type { FaultKind, FaultPoint } from '../../src/testing/faults.js'
import { faultyStore } from '../../src/testing/faulty-store.js'
import { gatedStore } from '../../src/testing/gated-store.js'
import { hint, location, type Scenario, scenario, table } from '../support/scenario.js'
import { newTable } from '../support/tables.js'
import { checkChain, slotsOf } from './checker.js'

/** The whole product takes a minute: answers lost on creations unless CI asks for more. */
const everyFault = process.env.MORAINE_KILLS !== undefined

/** What differs: for a read, every way of losing the answer is the same. */
const FAULTS: Readonly<Record<string, readonly FaultKind[]>> = everyFault
  ? {
      create: ['fail-before', 'lost-ack', 'zombie', 'duplicate', 'crash-before', 'crash-after'],
      read: ['fail-before', 'truncated', 'crash-before'],
      put: ['lost-ack', 'zombie', 'crash-before'],
    }
  : { create: ['lost-ack', 'zombie'] }

const properties = {
  'commit.retry.min-wait-ms': '0',
  'commit.status-check.min-wait-ms': '0',
  'commit.status-check.num-retries': '1',
  'write.manifest.compression-codec': 'uncompressed',
}

/** Other names are nobody else's; a look at a slot goes with the creation that follows it. */
function onSlots(operation: string, path: string): boolean {
  return operation !== 'head' && slotVersion(path.slice(path.lastIndexOf('/') + 1)) !== undefined
}

/** The hint is advice (C16): it takes part when everything is played. */
function onSlotsAndHint(operation: string, path: string): boolean {
  return onSlots(operation, path) || (operation === 'put' && path === hint)
}

interface Change {
  readonly name: string
  /** `store` is what the change goes through. */
  run(base: Scenario, catalog: ReturnType<Scenario['process']>): Promise<unknown>
}

const append = (name: string): Change => ({
  name,
  run: (base, catalog) => base.append(name, catalog),
})
const drop: Change = { name: 'drop', run: (_base, catalog) => catalog.dropTable(table) }
const recreate: Change = {
  name: 'create',
  run: (base, catalog) => catalog.createTable(table, newTable(base.env, location)),
}

type Told = 'committed' | 'not-committed' | 'unknown' | 'died'

interface Ended {
  readonly name: string
  told: Told
  readonly token?: string
  readonly error?: string
}

/** One run by the choices that are made so far: whether a fault fired, and how the changes ended. */
async function play(
  choices: Choices,
  changes: readonly Change[],
  base: Scenario,
  contended = onSlots,
) {
  const gate = gatedStore(base.store, contended)
  let fired: FaultPoint | undefined
  const plan = (point: FaultPoint): FaultKind | undefined => {
    const kinds = contended(point.operation, point.path) ? (FAULTS[point.operation] ?? []) : []
    if (fired !== undefined || kinds.length === 0) return undefined
    const kind = kinds[choices.choose(1 + kinds.length) - 1]
    if (kind !== undefined) fired = point
    return kind
  }
  const ended: Ended[] = []
  const stores = changes.map((_, i) => {
    return faultyStore(gate.storeFor(`w${i}`), { env: base.env, plan, zombieCallsMax: 6 })
  })
  for (const [i, { name, run }] of changes.entries()) {
    const store = stores[i]
    if (store === undefined) continue
    void run(base, base.process(store)).then(
      () => ended.push({ name, told: store.crashed ? 'died' : 'committed' }),
      (error: unknown) => ended.push(endedBy(name, error, store.crashed)),
    )
  }
  while (ended.length < changes.length) {
    const waiting = await gate.waiting()
    if (waiting.length === 0) await eventLoopTurn()
    else waiting[choices.choose(waiting.length)]?.release()
  }
  for (const store of stores) {
    const settled = store.settle()
    // What comes late is contended too, but nobody is left to contend.
    for (let done = false; !done; ) {
      for (const call of await gate.waiting()) call.release()
      done = await Promise.race([settled.then(() => true), eventLoopTurn().then(() => false)])
    }
  }
  return { ended, fired: fired !== undefined }
}

function endedBy(name: string, error: unknown, crashed: boolean): Ended {
  expect(error, name).toBeInstanceOf(MoraineError)
  const { code } = error as MoraineError
  expect(code, String(error)).not.toBe('INTERNAL_BUG')
  if (crashed) return { name, told: 'died' }
  return error instanceof CommitStateUnknown
    ? { name, told: 'unknown', token: error.token }
    : { name, told: 'not-committed', error: code }
}

/** Plays everything; what each run left is checked. */
async function playAll(
  changes: readonly Change[],
  happened: (base: Scenario, name: string) => Promise<number>,
  contended = onSlots,
): Promise<{ readonly runs: number; readonly faults: number; readonly told: Set<string> }> {
  const choices = new Choices()
  const told = new Set<string>()
  let [runs, faults] = [0, 0]
  do {
    const base = await scenario(properties)
    const { ended, fired } = await play(choices, changes, base, contended)
    runs++
    if (fired) faults++
    const where = `order ${choices.trace().join('')}: ${JSON.stringify(ended)}`
    for (const one of ended) {
      told.add(one.told)
      if (one.token !== undefined) {
        one.told = (await base.process().resolveCommit(one.token)).outcome
      }
    }
    const bad: string[] = []
    checkChain(slotsOf(base.store, location, base.env, bad), bad)
    expect(bad, where).toEqual([])
    for (const { name, told: how } of ended) {
      const count = await happened(base, name)
      if (how === 'committed') expect(count, `${name} of ${where}`).toBe(1)
      else if (how === 'not-committed') expect(count, `${name} of ${where}`).toBe(0)
      else expect(count, `${name} of ${where}`).toBeLessThanOrEqual(1)
    }
  } while (choices.next())
  return { runs, faults, told }
}

const liveCount = async (base: Scenario, name: string): Promise<number> =>
  (await base.live()).filter((other) => other === name).length

test('two appends: everybody is told what is there', { timeout: 300_000 }, async () => {
  const { runs, faults, told } = await playAll(
    [append('a'), append('b')],
    liveCount,
    everyFault ? onSlotsAndHint : onSlots,
  )
  console.log(runs, faults)
  expect(faults).toBeGreaterThan(runs / 2)
  expect(told).toContain('committed')
  if (everyFault) console.log(`figure: ${runs} runs of two appends, ${faults} with a fault`)
  if (everyFault) expect(told).toContain('died')
})

test('an append and a drop: everybody is told what is there', { timeout: 300_000 }, async () => {
  const { runs, faults } = await playAll([append('a'), drop], async (base, name) => {
    const chain = slotsOf(base.store, location, base.env, [])
    if (name === 'drop') {
      return chain.filter(({ content }) => content.kind === 'tombstone').length
    }
    return chain.filter(({ content }, i) => {
      const before = chain[i - 1]?.content
      return (
        content.kind === 'metadata' &&
        before?.kind === 'metadata' &&
        content.metadata.snapshots.length > before.metadata.snapshots.length
      )
    }).length
  })
  console.log(runs, faults)
  expect(faults).toBeGreaterThan(runs / 2)
})

test('two that create one table: one of them does', { timeout: 300_000 }, async () => {
  const choices = new Choices()
  let runs = 0
  do {
    const base = await scenario(properties)
    await base.catalog.dropTable(table)
    const { ended } = await play(choices, [recreate, recreate], base)
    const where = `order ${choices.trace().join('')}: ${JSON.stringify(ended)}`
    const bad: string[] = []
    const chain = slotsOf(base.store, location, base.env, bad)
    checkChain(chain, bad)
    expect(bad, where).toEqual([])
    const tables = chain.filter(({ content }) => content.kind === 'metadata').length - 1
    const sure = ended.filter(({ told }) => told === 'committed').length
    expect(tables, where).toBeLessThanOrEqual(1)
    expect(sure, where).toBeLessThanOrEqual(tables)
    if (ended.every(({ told }) => told === 'not-committed')) expect(tables, where).toBe(0)
    runs++
  } while (choices.next())
  expect(runs).toBeGreaterThan(20)
})
