/**
 * One fault of every kind at every call to the store, in every public change: what the caller was told
 * is what happened, nothing is damaged, and the next commit goes through. One case in
 * `MORAINE_FAULT_SHARE` is tried (another share of each change); CI tries every one.
 */
import { inspect } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { seededEnv } from '../../src/env/seeded-env.js'
import { CommitStateUnknown, MoraineError } from '../../src/errors.js'
import { Catalog, Table } from '../../src/index.js'
import { type FaultKind, type FaultPoint, faultAt } from '../../src/testing/faults.js'
import { faultyStore } from '../../src/testing/faulty-store.js'
import { SENTINEL } from '../support/sentinel.js'
import { begin, checkWhole, onStore, preparedStore, stateOf } from './harness.js'
import { MUTATIONS, type Mutation } from './mutations.js'

const SHARE = Number(process.env.MORAINE_FAULT_SHARE ?? 20)

/** The kinds that differ for an operation: for a read, every way of losing the answer is the same. */
function kindsFor({ operation, path }: FaultPoint): readonly FaultKind[] {
  const lost: readonly FaultKind[] = ['fail-before', 'throttle', 'slow', 'crash-before', 'stale']
  if (operation === 'head') return lost
  if (operation === 'list') return [...lost, 'truncated']
  // Slots are compared by hash; manifests and data have no sums that would show a flipped bit.
  if (operation === 'read') {
    const isSlot = /\/v\d+\.metadata\.json$/.test(path)
    return isSlot ? [...lost, 'truncated', 'corrupted'] : [...lost, 'truncated']
  }
  return ['fail-before', 'lost-ack', 'zombie', 'duplicate', 'slow', 'throttle'].concat([
    'crash-before',
    'crash-after',
  ]) as readonly FaultKind[]
}

/** Methods that change nothing, or only this handle. */
const READS: ReadonlySet<string> = new Set([
  'Catalog.loadTable',
  'Catalog.tableExists',
  'Catalog.listTables',
  'Catalog.listNamespaces',
  'Catalog.resolveCommit',
  'Catalog.close',
  'Table.refresh',
  'Table.scan',
  'Table.current',
  'Table.asOf',
  'Table.snapshots',
  'Table.history',
  'Table.refs',
  'Table.verify',
  'Table.close',
])
/** Methods that a catalog of files refuses. */
const REFUSED: ReadonlySet<string> = new Set(['Catalog.renameTable', 'Catalog.transaction'])

test('every public method that changes something is among the mutations', () => {
  const methods = [Catalog, Table].flatMap((owner) =>
    Object.entries(Object.getOwnPropertyDescriptors(owner.prototype)).flatMap(
      ([name, { value }]) =>
        typeof value === 'function' && name !== 'constructor' ? [`${owner.name}.${name}`] : [],
    ),
  )
  const known = new Set<string>([...READS, ...REFUSED, ...MUTATIONS.map(({ method }) => method)])
  expect(methods.filter((method) => !known.has(method))).toEqual([])
  expect([...known].filter((method) => !methods.includes(method))).toEqual([])
  expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length)
})

interface Calm {
  readonly before: string
  readonly after: string
  readonly points: readonly FaultPoint[]
}

async function calmly(mutation: Mutation): Promise<Calm> {
  const store = await preparedStore()
  const before = await stateOf(onStore(store))
  const points: FaultPoint[] = []
  let counting = false
  const plan = (point: FaultPoint): undefined => {
    if (counting) points.push(point)
  }
  const run = await begin(onStore(faultyStore(store, { env: seededEnv(5), plan })), mutation)
  counting = true
  await run()
  return { before, after: await stateOf(onStore(store)), points }
}

/** Runs the mutation with the fault, and gives whether the fault was met. */
async function checkOne(
  mutation: Mutation,
  calm: Calm,
  index: number,
  kind: FaultKind,
): Promise<boolean> {
  const store = await preparedStore()
  const faulty = faultyStore(store, { env: seededEnv(index + 1), plan: faultAt(index, kind) })
  const run = await begin(onStore(faulty), mutation)
  const what = `${mutation.name}: ${kind} at call ${index}`
  const told: unknown = await run().then(
    () => 'done',
    (error: unknown) => error,
  )
  await faulty.settle()
  const { before, after } = calm
  const state = await stateOf(onStore(store))
  if (faulty.crashed) expect([before, after], what).toContain(state)
  else if (told === 'done') expect(state, `${what}: acknowledged`).toBe(after)
  else if (told instanceof CommitStateUnknown) {
    expect(inspect(told, { depth: 12 })).not.toContain(SENTINEL)
    const fresh = await onStore(store)(seededEnv(97))
    const { outcome } = await fresh.resolveCommit(told.token)
    const wanted = outcome === 'committed' ? after : before
    expect(await stateOf(onStore(store)), `${what}: ${outcome}`).toBe(wanted)
  } else {
    expect(told, what).toBeInstanceOf(MoraineError)
    expect((told as MoraineError).code, what).not.toBe('INTERNAL_BUG')
    expect(inspect(told, { depth: 12 }), what).not.toContain(SENTINEL)
    // A namespace is no commit: its error asks for the same again, whether it was done or not.
    const allowed = mutation.method.endsWith('Namespace') ? [before, after] : [before]
    expect(allowed, `${what}: denied (${String(told)})`).toContain(state)
  }
  await checkWhole(onStore(store), what)
  return faulty.fired().size > 0
}

let [tried, possible] = [0, 0]
afterAll(() => {
  console.log(`figure: ${tried} of ${possible} faults in ${MUTATIONS.length} public changes`)
})

describe.each(MUTATIONS.map((mutation, offset) => ({ ...mutation, offset })))(
  '$name',
  ({ offset, ...mutation }) => {
    test('what was told is what happened, whatever goes wrong', { timeout: 600_000 }, async () => {
      const calm = await calmly(mutation)
      expect(calm.after).not.toBe(calm.before)
      const cases = calm.points.flatMap((point) =>
        kindsFor(point).map((kind) => [point.index, kind] as const),
      )
      expect(cases.length).toBeGreaterThan(5)
      const chosen = cases.filter((_, n) => (n + offset) % SHARE === 0)
      let fired = 0
      for (const [index, kind] of chosen) if (await checkOne(mutation, calm, index, kind)) fired++
      tried += chosen.length
      possible += cases.length
      // Each fault that was planned has really happened.
      expect(fired).toBe(chosen.length)
    })
  },
)
