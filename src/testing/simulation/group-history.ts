/**
 * Histories of grouped appends (C27–C29): callers of several processes come in bursts, over a store
 * that fails in many ways. What each of them is told is true, whoever else was in its group.
 */
import type { CatalogBackend } from '../../catalog/catalog.js'
import { fileCatalog } from '../../catalog/file.js'
import { type GroupCall, type GroupLimits, GroupQueue } from '../../commit/group-commit.js'
import { keysOf } from '../../commit/idempotency.js'
import type { SeededEnv } from '../../env/seeded-env.js'
import { CommitStateUnknown, MoraineError } from '../../errors.js'
import { currentSnapshot } from '../../format/lookup.js'
import type { DataFile } from '../../format/model.js'
import type { Store } from '../../store/store.js'
import { type FaultKind, type FaultPlan, randomFaults } from '../faults.js'
import { type FaultyStore, faultyStore } from '../faulty-store.js'
import type { FaultCoverage } from './coverage.js'
import type { Operation } from './operation.js'
import type { Script } from './script.js'
import { describeFile, liveFiles, newSimTable } from './sim-table.js'
import { withLatency } from './surroundings.js'

export interface GroupHistory {
  readonly env: SeededEnv
  readonly store: Store
  readonly warehouse: string
  readonly coverage: FaultCoverage
  readonly operations: Operation[]
  readonly bad: string[]
  readonly stores: FaultyStore[]
  readonly script: Script
  readonly faults: readonly FaultKind[]
  saw(text: string): void
}

const TABLE = { namespace: ['ns'], name: 'groups' }

/** One append that was asked for. */
interface Asked {
  readonly operation: Operation
  readonly key: string | undefined
  /** How often its files were discarded. */
  discarded: number
  /** Appends in its snapshot. */
  groupSize?: number
}

/** One process, while it lives. */
interface Process {
  readonly name: string
  readonly env: SeededEnv
  readonly store: FaultyStore
  readonly catalog: CatalogBackend
  readonly queue: GroupQueue
  readonly limits: GroupLimits
}

/** Runs and checks one. Operations of the kind `grouped` are callers that shared a snapshot. */
export async function runGroups(history: GroupHistory): Promise<void> {
  const { store, warehouse, stores, bad } = history
  const env = history.env.fork('groups')
  const calm = fileCatalog({ warehouse, store, env })
  const properties = {
    'commit.retry.num-retries': '6',
    'commit.status-check.num-retries': `${env.int(3)}`,
    'write.manifest.compression-codec': 'uncompressed',
  }
  const made = { properties, partitioned: false, formatVersion: env.chance(0.5) ? 2 : 3 } as const
  await calm.createTable(TABLE, newSimTable(env, calm.tableLocation(TABLE), made))
  const asked: Asked[] = []
  await Promise.all(['a', 'b'].map((name) => lifeOf(history, name, env.fork(name), asked)))
  for (const one of stores) await one.settle()
  const tokens = new Map<string, 'committed' | 'not-committed'>()
  for (const { operation } of asked) {
    const { token } = operation
    if (token === undefined) continue
    const known = tokens.get(token) ?? (await calm.resolveCommit(token)).outcome
    tokens.set(token, known)
    operation.resolved = known
  }
  const { metadata } = await calm.loadTable(TABLE)
  const live = await liveFiles(metadata, currentSnapshot(metadata), store, env)
  // Two files of one name would be one here, and are told by the count that the summary keeps.
  const total = Number(currentSnapshot(metadata)?.summary?.get('total-data-files') ?? 0)
  if (total !== live.data.size) bad.push(`I3 ${total} files, ${live.data.size} of them different`)
  for (const one of asked) bad.push(...checkTold(one, live.data.has(one.operation.id)))
  const keys = metadata.snapshots.flatMap((snapshot) => keysOf(snapshot, env.limits))
  if (new Set(keys).size !== keys.length) bad.push(`I3 a key is there twice: ${keys.join()}`)
  // Whatever the snapshots say of keys: the rows of one job are there once.
  const done = asked.filter(
    ({ key, operation }) => key !== undefined && live.data.has(operation.id),
  )
  if (new Set(done.map(({ key }) => key)).size !== done.length) {
    bad.push(
      `I3 a job was done twice: ${done.map(({ key, operation }) => `${key} by ${operation.id}`).join()}`,
    )
  }
  for (const { operation, groupSize } of asked) {
    history.saw(
      `${operation.id} ${operation.told} ${groupSize === undefined ? '' : `with ${groupSize}`}`,
    )
  }
}

/** A process that comes back as a new one when it dies, until the history is long enough. */
async function lifeOf(
  history: GroupHistory,
  name: string,
  env: SeededEnv,
  asked: Asked[],
): Promise<void> {
  for (let life = 0; life < 20; life++) {
    if (history.script.endOf(`${name}${life}`) === 0) continue
    const runner = begin(history, `${name}${life}`, env.fork(`${life}`))
    const callers: Promise<void>[] = []
    for (let i = 0; i < 4 + env.int(12); i++) {
      if (env.chance(0.3)) await env.sleep(env.int(100))
      const id = `${runner.name}-${i}`
      if (history.script.has(id)) callers.push(append(history, runner, id, asked))
    }
    await Promise.all(callers)
    if (history.stores.reduce((sum, store) => sum + store.calls, 0) >= history.script.callsMin)
      return
  }
}

function begin(history: GroupHistory, name: string, env: SeededEnv): Process {
  const plan = history.coverage.watch(withOutages(env, history.faults))
  const slow = withLatency(history.store, env, (operation, path) =>
    history.saw(`${name} ${operation} ${path.slice(path.lastIndexOf('/') + 1)}`),
  )
  const store = faultyStore(slow, { env, plan })
  history.stores.push(store)
  const catalog = fileCatalog({ warehouse: history.warehouse, store, env })
  const queue = new GroupQueue(catalog.target(TABLE), env, catalog.storeFor(TABLE))
  const limits = { maxCalls: 1 + env.int(8), maxDelayMs: env.chance(0.5) ? 0 : 50 }
  return { name, env, store, catalog, queue, limits }
}

/** Random faults; and now and then the store is gone for a while, just when a slot is created. */
function withOutages(env: SeededEnv, allowed: readonly FaultKind[]): FaultPlan {
  // Avro has no checksum: a bit that flips in the path of a manifest goes unnoticed (storage.md, S1).
  const kinds = allowed.filter((kind) => kind !== 'corrupted')
  const faults = randomFaults(env, { kinds, crashShare: 0.5 })
  let dark = 0
  return (point) => {
    if (point.operation === 'create' && env.chance(0.1)) dark = 20 + env.int(40)
    if (dark === 0) return faults(point)
    dark--
    return point.operation === 'create' && env.chance(0.5) ? 'lost-ack' : 'fail-before'
  }
}

async function append(
  history: GroupHistory,
  { name, env, store, catalog, queue, limits }: Process,
  id: string,
  asked: Asked[],
): Promise<void> {
  const key = env.chance(0.4) ? `k${env.int(4)}` : undefined
  const beganAt = history.operations.length
  const operation: Operation = { id, actor: name, kind: 'grouped', parts: [], beganAt }
  const one: Asked = { operation, key, discarded: 0 }
  history.operations.push(operation)
  asked.push(one)
  const aborts = new AbortController()
  if (env.chance(0.2)) void env.sleep(env.int(300)).then(() => aborts.abort())
  try {
    const report = await queue.append(limits, async (): Promise<GroupCall> => {
      await env.sleep(env.int(40))
      const base = await catalog.loadTable(TABLE)
      const file = describeFile(base.metadata, { name: id, key: 0, rows: 1 })
      return {
        files: [env.chance(0.1) ? misfit(file) : file],
        branch: 'main',
        base,
        signal: aborts.signal,
        discard: async () => {
          one.discarded++
        },
        ...(key !== undefined && { idempotencyKey: key }),
        ...(env.chance(0.1) && { summary: new Map([['job', 'x']]) }),
      }
    })
    operation.told = report.published ? 'committed' : 'nothing'
    one.groupSize = report.groupSize
  } catch (error) {
    operation.told = 'not-committed'
    operation.error = error instanceof MoraineError ? error.code : String(error)
    if (!(error instanceof MoraineError) || error.code === 'INTERNAL_BUG') {
      history.bad.push(`I20 ${id}: ${String(error)}`)
    }
    if (error instanceof CommitStateUnknown) {
      operation.told = 'unknown'
      operation.token = error.token
    }
  }
  if (store.crashed) operation.told = 'died'
}

/** A file of a spec that the table does not have can never be committed. */
function misfit(file: DataFile): DataFile {
  return { ...file, specId: 9 }
}

/** I1–I4 for one caller. */
function checkTold({ operation, key, discarded }: Asked, isThere: boolean): readonly string[] {
  const { id, told, resolved, error } = operation
  const bad: string[] = []
  const say = (what: string): void => {
    bad.push(`${what} (${id}, told ${told} ${error ?? ''}, resolved ${resolved ?? '-'})`)
  }
  if (isThere && discarded > 0) say('I4 its files were deleted, and it is there')
  if (discarded > 1) say('I4 its files were discarded twice')
  switch (told) {
    case 'committed':
      if (!isThere) say('I1 it is not there')
      break
    case 'nothing':
    case 'not-committed':
      if (isThere) say('I2 it is there')
      // Whoever never came so far as to join has nothing that a group could discard.
      if (told === 'nothing' && discarded === 0) say('I6 its files were kept for nothing')
      break
    case 'unknown':
      if (isThere && resolved !== 'committed') say('I3 it is there, and its token says no')
      // One whose key another member has shares that one's fate, and never has rows of its own.
      if (!isThere && resolved === 'committed' && key === undefined)
        say('I3 it is not there, and its token says yes')
      if (discarded > 0) say('I4 its files were discarded while it was unknown')
      break
    case undefined:
      say('I19 it never ended')
      break
    default:
      break
  }
  return bad
}
