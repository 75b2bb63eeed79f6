/**
 * Groups of appends over a store that fails in many ways: what each caller is told is true, whoever
 * else was in its group.
 */
import { expect, test } from 'vitest'
import { fileCatalog } from '../../src/catalog/file.js'
import { type GroupCall, GroupQueue, type GroupReport } from '../../src/commit/group-commit.js'
import { keysOf } from '../../src/commit/idempotency.js'
import { type SeededEnv, seededEnv } from '../../src/env/seeded-env.js'
import { CommitStateUnknown, MoraineError } from '../../src/errors.js'
import { memoryStore } from '../../src/store/memory.js'
import { FAULT_KINDS, type FaultPlan, randomFaults } from '../../src/testing/faults.js'
import { type FaultyStore, faultyStore } from '../../src/testing/faulty-store.js'
import { dataFile, liveFiles, newTable } from '../support/tables.js'

const first = Number(process.env.MORAINE_SEED ?? 1)
const usual = process.env.MORAINE_SEED ? 1 : 150
const histories = Number(process.env.MORAINE_GROUP_HISTORIES ?? usual)

/** Avro has no checksum: a bit that flips in the path of a manifest goes unnoticed (storage.md, S1). */
const kinds = FAULT_KINDS.filter((kind) => kind !== 'corrupted')

const warehouse = 'memory:/wh'
const table = { namespace: ['ns'], name: 't' }
const location = `${warehouse}/ns/t`

interface Told {
  readonly name: string
  readonly key: string | undefined
  discarded: number
  report?: GroupReport
  error?: unknown
  died?: boolean
}

/** Random faults; and now and then the store is gone for a while, just when a slot is created. */
function withOutages(env: SeededEnv): FaultPlan {
  const faults = randomFaults(env, { kinds })
  let dark = 0
  return (point) => {
    if (point.operation === 'create' && env.chance(0.1)) dark = 20 + env.int(40)
    if (dark === 0) return faults(point)
    dark--
    return point.operation === 'create' && env.chance(0.5) ? 'lost-ack' : 'fail-before'
  }
}

class GroupHistory {
  readonly env: SeededEnv
  readonly shared: ReturnType<typeof memoryStore>
  readonly told: Told[] = []
  readonly stores: FaultyStore[] = []
  readonly bad: string[] = []
  grouped = 0

  constructor(seed: number) {
    this.env = seededEnv(seed)
    this.shared = memoryStore({ env: this.env })
  }

  async run(): Promise<void> {
    const { env, shared } = this
    const calm = fileCatalog({ warehouse, store: shared, env })
    const properties = {
      'commit.retry.num-retries': '6',
      'commit.status-check.num-retries': `${env.int(3)}`,
    }
    await calm.createTable(table, newTable(env, location, properties))
    await Promise.all([this.#process('a'), this.#process('b')])
    for (const store of this.stores) await store.settle()
    const tokens = new Map<string, boolean>()
    for (const { error } of this.told) {
      if (!(error instanceof CommitStateUnknown) || tokens.has(error.token)) continue
      tokens.set(error.token, (await calm.resolveCommit(error.token)).outcome === 'committed')
    }
    const { metadata } = await calm.loadTable(table)
    const live = await liveFiles(shared, env, metadata)
    for (const told of this.told) this.#check(told, live, tokens)
    const keys = metadata.snapshots.flatMap((snapshot) => keysOf(snapshot, env.limits))
    if (new Set(keys).size !== keys.length) this.bad.push(`a key is there twice: ${keys}`)
    for (const snapshot of metadata.snapshots) {
      if (Number(snapshot.summary?.get('added-data-files') ?? 0) > 1) this.grouped++
    }
  }

  /** One process: a queue, and callers that come in bursts. */
  async #process(name: string): Promise<void> {
    const env = this.env.fork(name)
    const store = faultyStore(this.shared, { env, plan: withOutages(env) })
    this.stores.push(store)
    const catalog = fileCatalog({ warehouse, store, env })
    const confined = catalog.storeFor(table)
    const queue = new GroupQueue(catalog.target(table), env, confined)
    const limits = { maxCalls: 1 + env.int(8), maxDelayMs: env.chance(0.5) ? 0 : 5 }
    const calls: Promise<void>[] = []
    for (let i = 0; i < 4 + env.int(12); i++) {
      if (env.chance(0.3)) await env.sleep(env.int(20))
      calls.push(this.#append(`${name}${i}`, env, store, catalog, queue, limits))
    }
    await Promise.all(calls)
  }

  async #append(
    name: string,
    env: SeededEnv,
    store: FaultyStore,
    catalog: ReturnType<typeof fileCatalog>,
    queue: GroupQueue,
    limits: { maxCalls: number; maxDelayMs: number },
  ): Promise<void> {
    const key = env.chance(0.4) ? `k${env.int(4)}` : undefined
    const told: Told = { name, key, discarded: 0 }
    this.told.push(told)
    const aborts = new AbortController()
    if (env.chance(0.2)) void env.sleep(env.int(30)).then(() => aborts.abort())
    // A file of a spec that the table does not have can never be committed.
    const file = {
      ...dataFile(`${location}/data/${name}.parquet`),
      specId: env.chance(0.1) ? 9 : 0,
    }
    try {
      told.report = await queue.append(limits, async (): Promise<GroupCall> => {
        await env.sleep(env.int(4))
        return {
          files: [file],
          branch: 'main',
          base: await catalog.loadTable(table),
          signal: aborts.signal,
          discard: async () => {
            told.discarded++
          },
          ...(key !== undefined && { idempotencyKey: key }),
          ...(env.chance(0.1) && { summary: new Map([['job', 'x']]) }),
        }
      })
    } catch (error) {
      told.error = error
    }
    told.died = store.crashed
  }

  #check(told: Told, live: readonly string[], tokens: ReadonlyMap<string, boolean>): void {
    const { name, report, error, died, discarded } = told
    const bad = (what: string): void => {
      this.bad.push(`${name} ${what}: ${String(error ?? report?.snapshot?.snapshotId)}`)
    }
    const count = live.filter((other) => other === name).length
    if (count > 1) bad('is there twice')
    if (count > 0 && discarded > 0) bad('was deleted but is there')
    if (discarded > 1) bad('was discarded twice')
    if (error !== undefined && !(error instanceof MoraineError)) bad('ended in an untyped error')
    if (died === true) return
    if (report !== undefined) {
      if (count !== (report.published ? 1 : 0)) bad(`was told ${report.published}, there ${count}x`)
      if (discarded !== (report.published ? 0 : 1)) bad(`was discarded ${discarded}x`)
    } else if (error instanceof CommitStateUnknown) {
      const committed = tokens.get(error.token) === true
      // One whose key another member has shares that one's fate, and never has rows of its own.
      if (count > (committed ? 1 : 0)) bad('is there though its token says no')
      if (committed && count === 0 && told.key === undefined)
        bad('is missing though its token says yes')
      if (discarded > 0) bad('was discarded while unknown')
    } else if (count > 0) bad('was denied, but is there')
  }
}

test(`${histories} simulated histories of grouped appends from seed ${first}: every caller is told the truth`, {
  timeout: 60_000 + histories * 100,
}, async () => {
  const outcomes = new Map<string, number>()
  let grouped = 0
  for (let seed = first; seed < first + histories; seed++) {
    const history = new GroupHistory(seed)
    await history.run()
    expect(history.bad, `replay with MORAINE_SEED=${seed}`).toEqual([])
    grouped += history.grouped
    for (const { report, error } of history.told) {
      const kind = report ? `published ${report.published}` : (error as MoraineError).code
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
    }
  }
  if (histories < 100) return
  // What the histories are for did happen.
  expect(grouped).toBeGreaterThan(histories / 4)
  for (const kind of [
    'published true',
    'published false',
    'ABORTED',
    'INVALID_ARGUMENT',
    'COMMIT_STATE_UNKNOWN',
  ]) {
    expect(outcomes.get(kind) ?? 0, kind).toBeGreaterThan(10)
  }
})
