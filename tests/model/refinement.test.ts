/** What the implementation is seen to do is something that the model can do. */
import { expect, test } from 'vitest'
import type { ModelOptions } from '../../spec/model/commit-model.js'
import { following } from '../../spec/model/explore.js'
import { fileCatalog } from '../../src/catalog/file.js'
import type { CommitTarget } from '../../src/commit/commit-target.js'
import { commitActions } from '../../src/commit/committer.js'
import { slotVersion } from '../../src/commit/slots.js'
import { type SeededEnv, seededEnv } from '../../src/env/seeded-env.js'
import { CommitConflict, CommitStateUnknown } from '../../src/errors.js'
import { baseName } from '../../src/store/location.js'
import { memoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import type { FaultKind, FaultPlan } from '../../src/testing/faults.js'
import { faultyStore } from '../../src/testing/faulty-store.js'
import { location, table, warehouse, withCalls } from '../support/scenario.js'
import { appendOf, newTable } from '../support/tables.js'

const FAULTS: readonly FaultKind[] = ['fail-before', 'lost-ack', 'zombie', 'duplicate']
const model: ModelOptions = { writers: 2, faults: 4, attempts: 2, sends: 3 }

/** Faults of creates only, at most as many as the model has, and each store its share. */
function someFaults(env: SeededEnv): FaultPlan {
  let left = 2
  return ({ operation, path }) => {
    if (operation !== 'create' || slotVersion(baseName(path)) === undefined) return undefined
    if (left === 0 || !env.chance(0.5)) return undefined
    left--
    return FAULTS[env.int(FAULTS.length)]
  }
}

/** The store and the catalog of one writer, written down as the model's labels. */
function watched(name: string, store: Store, env: SeededEnv, labels: string[]) {
  const seen = withCalls(store, {
    create: async (path, bytes) => {
      const version = slotVersion(baseName(path))
      await env.sleep(env.int(3))
      const answer = await store.create(path, bytes)
      // Slot 1 of the table is slot 0 of the model.
      if (version !== undefined) labels.push(`${name} sends ${version - 1} ${answer.outcome}`)
      return answer
    },
  })
  const catalog = fileCatalog({ warehouse, store: seen, env })
  const target = catalog.target(table)
  const told: CommitTarget = {
    load: async (signal) => {
      const loaded = await target.load(signal)
      await env.sleep(env.int(3))
      labels.push(`${name} loads ${(loaded.version ?? 0) - 1}`)
      return loaded
    },
    publish: (base, request) => target.publish(base, request),
  }
  return { catalog, target: told }
}

async function traceOf(seed: number): Promise<readonly string[]> {
  const env = seededEnv(seed)
  const shared = memoryStore({ env })
  const properties = {
    'commit.retry.num-retries': '1',
    'commit.status-check.num-retries': '1',
  }
  await fileCatalog({ warehouse, store: shared, env }).createTable(
    table,
    newTable(env, location, properties),
  )
  const labels: string[] = []
  const write = async (name: string): Promise<void> => {
    const own = env.fork(name)
    const store = faultyStore(shared, { env: own, plan: someFaults(own) })
    const { catalog, target } = watched(name, store, own, labels)
    try {
      await commitActions(target, [appendOf(location, name)], {
        env: own,
        store: catalog.storeFor(table),
      })
      if (!labels.at(-1)?.startsWith(`${name} sends`) || !labels.at(-1)?.endsWith('created')) {
        labels.push(`${name} committed`)
      }
    } catch (error) {
      if (error instanceof CommitStateUnknown) labels.push(`${name} unknown`)
      else if (error instanceof CommitConflict) labels.push(`${name} failed`)
      else throw error
    }
  }
  await Promise.all([write('w0'), write('w1')])
  return labels
}

test('traces of two writers with lost, late and repeated requests are traces of the model', async () => {
  const kinds = new Map<string, number>()
  for (let seed = 1; seed <= 40; seed++) {
    const labels = await traceOf(seed)
    expect(following(model, labels).length, `seed ${seed}: ${labels.join(', ')}`).toBeGreaterThan(0)
    for (const label of labels) {
      const kind = label.replace(/^w\d /, '').replace(/ \d+/, '')
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
  }
  for (const kind of ['loads', 'sends created', 'sends exists', 'sends unknown', 'committed']) {
    expect(kinds.get(kind) ?? 0, kind).toBeGreaterThan(3)
  }
})

test.each([
  ['an acknowledgement without a slot', ['w0 loads 0', 'w0 committed']],
  [
    'two winners of one slot',
    ['w0 loads 0', 'w1 loads 0', 'w0 sends 1 created', 'w1 sends 1 created'],
  ],
  ['a slot left out', ['w0 loads 0', 'w0 sends 2 created']],
  ['a failure after a lost answer', ['w0 loads 0', 'w0 sends 1 unknown', 'w0 failed']],
])('the model cannot do this: %s', (_, labels) => {
  expect(following(model, labels)).toEqual([])
})
