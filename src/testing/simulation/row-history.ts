/**
 * Histories of rows: processes that change the rows of one table at once through its public face, real
 * Parquet files and delete files included, over a store that fails in many ways.
 */
import type { EnvOverrides } from '../../env/env.js'
import { type SeededEnv, seededEnv } from '../../env/seeded-env.js'
import { CommitStateUnknown, MoraineError } from '../../errors.js'
import { memoryStore } from '../../store/memory.js'
import type { Store } from '../../store/store.js'
import type { Catalog } from '../../table/catalog.js'
import { connect } from '../../table/connect.js'
import { t } from '../../types/builder.js'
import { type FaultKind, type FaultPoint, randomFaults } from '../faults.js'
import { type FaultyStore, faultyStore } from '../faulty-store.js'
import { type AskedChange, checkRows, type FoundSnapshot } from './check-rows.js'
import { type FaultCoverage, stepOf } from './coverage.js'
import { OPERATION_MARK, type Operation, type Told } from './operation.js'
import {
  askFor,
  drawRowChange,
  MIXED,
  ROW_CHANGES,
  ROW_KEYS,
  type RowChangeKind,
  type SimRow,
  UPKEEP,
} from './row-change.js'
import type { Script } from './script.js'
import { withLatency } from './surroundings.js'

export interface RowHistory {
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

const NAME = 'ns.rows'

/** Of one process. */
const CHANGES_MAX = 40

/** What the processes of a history do, until they have made so many calls. */
interface Course {
  readonly kinds: readonly RowChangeKind[]
  readonly callsMin: number
  readonly asked: Map<string, AskedChange>
}

/** Runs and checks one. */
export async function runRows(history: RowHistory): Promise<void> {
  ready ??= loadEverything()
  await ready
  const env = history.env.fork('rows')
  const calm = await processOf(history, history.store, env.fork('calm'))
  const asked = new Map<string, AskedChange>()
  // Deletes must pile up before there is anything to rewrite.
  const course = env.chance(0.4)
    ? { asked, kinds: UPKEEP, callsMin: 4 * history.script.callsMin }
    : { asked, kinds: MIXED, callsMin: history.script.callsMin }
  await furnish(history, calm, env, asked)
  const writers = Array.from({ length: 2 + env.int(2) }, (_, i) =>
    write(history, course, `w${i}`, env),
  )
  await Promise.all(writers)
  for (const store of history.stores) await store.settle()
  for (const operation of history.operations) {
    if (operation.token === undefined) continue
    operation.resolved = (await calm.resolveCommit(operation.token)).outcome
  }
  const snapshots = await snapshotsOf(calm)
  history.bad.push(...checkRows(asked, snapshots), ...checkTold(history, snapshots))
  for (const { id, told } of history.operations) history.saw(`${id} ${told}`)
  await calm.close()
}

let ready: Promise<void> | undefined

/**
 * What the library loads late is loaded now: a module that comes from disk in the middle of a history
 * would come at another moment of virtual time in each run.
 */
async function loadEverything(): Promise<void> {
  const env = seededEnv(1)
  const catalog = await connect('memory:/warm', {
    workers: 0,
    store: memoryStore({ env }),
    env: overrides(env),
  })
  for (const formatVersion of [2, 3] as const) {
    const table = await catalog.createTable(`ns.v${formatVersion}`, {
      schema: COLUMNS,
      formatVersion,
    })
    for (const mode of ['merge-on-read', 'copy-on-write'] as const) {
      for (const kind of ROW_CHANGES) {
        const rows = [1, 2].map((id) => ({ id, k: 1, n: 60, by: kind }))
        const change = {
          id: kind,
          kind,
          isolation: 'serializable',
          mode,
          retries: 0,
          key: 1,
        } as const
        const latest = await catalog.loadTable(`ns.v${formatVersion}`)
        await askFor(latest, { ...change, whole: true, rows }, OPERATION_MARK)
      }
      await table.append([{ id: 3, k: 1, n: 1, by: '' }])
    }
    await (await catalog.loadTable(`ns.v${formatVersion}`)).scan().toArray()
  }
  await catalog.close()
}

const COLUMNS = {
  id: t.int().required(),
  k: t.int().required(),
  n: t.int().required(),
  by: t.string().required(),
}

async function processOf(history: RowHistory, store: Store, env: SeededEnv): Promise<Catalog> {
  return connect(history.warehouse, { store, workers: 0, env: overrides(env) })
}

function overrides({ nowMs, monotonicMs, randomBytes, sleep }: SeededEnv): EnvOverrides {
  return { nowMs, monotonicMs, randomBytes, sleep }
}

/** A table of twelve rows in two files; reading it loads whatever the library loads late. */
async function furnish(
  history: RowHistory,
  calm: Catalog,
  env: SeededEnv,
  asked: Map<string, AskedChange>,
): Promise<void> {
  const table = await calm.createTable(NAME, {
    schema: COLUMNS,
    formatVersion: ([1, 2, 2, 3, 3] as const)[env.int(5)] ?? 2,
    ...(env.chance(0.5) && { partitionBy: ['k'] }),
    properties: {
      'commit.retry.num-retries': '8',
      'commit.manifest.min-count-to-merge': env.chance(0.5) ? '2' : '100',
      'write.parquet.compression-codec': 'uncompressed',
    },
  })
  for (let i = 0; i < 2; i++) {
    const id = `base-${i}`
    const rows = Array.from({ length: 6 }, (_, j) => {
      return { id: 2 * j + i, k: (2 * j + i) % ROW_KEYS, n: j, by: id }
    })
    const base = table.current().snapshotId
    const change = { id, kind: 'append', isolation: 'serializable', mode: 'copy-on-write' } as const
    asked.set(id, { change: { ...change, retries: 0, key: 0, whole: false, rows }, base })
    await table.append(rows, { summary: { [OPERATION_MARK]: id } })
  }
  await table.scan().toArray()
  history.saw(`furnished ${table.formatVersion}`)
}

async function write(
  history: RowHistory,
  course: Course,
  name: string,
  env: SeededEnv,
): Promise<void> {
  let store = disturbed(history, name, env.fork(name))
  let draw = env.fork(`${name} draws`)
  let catalog = await processOf(history, store, draw)
  const end = Math.min(CHANGES_MAX, history.script.endOf(name))
  for (let i = 0; i < end; i++) {
    const calls = history.stores.reduce((sum, item) => sum + item.calls, 0)
    if (calls >= course.callsMin) break
    if (!history.script.has(`${name}-${i}`)) continue
    if (store.crashed) {
      draw = env.fork(`${name} again ${i}`)
      store = disturbed(history, name, draw)
      catalog = await processOf(history, store, draw)
    }
    await changeOnce(history, course, catalog, store, draw.fork(`${i}`), `${name}-${i}`)
  }
}

function disturbed(history: RowHistory, name: string, env: SeededEnv): FaultyStore {
  const random = randomFaults(env, { rate: 0.03, crashShare: 0.1, kinds: history.faults })
  const plan = history.coverage.watch((point: FaultPoint) => {
    const fault = random(point)
    // S1: only slots carry a checksum of ours.
    return fault === 'corrupted' && stepOf(point.path) !== 'slot' ? undefined : fault
  })
  const slow = withLatency(history.store, env, (operation, path) =>
    history.saw(`${name} ${operation} ${path.slice(path.lastIndexOf('/') + 1)}`),
  )
  const store = faultyStore(slow, { env, plan })
  history.stores.push(store)
  return store
}

async function changeOnce(
  history: RowHistory,
  { asked, kinds }: Course,
  catalog: Catalog,
  store: FaultyStore,
  env: SeededEnv,
  id: string,
): Promise<void> {
  let operation: Operation | undefined
  const end = (told: Told): void => {
    if (operation !== undefined) operation.told = store.crashed ? 'died' : told
  }
  try {
    const table = await catalog.loadTable(NAME)
    // Some work on what they saw a while ago.
    await env.sleep(env.int(300))
    const change = drawRowChange(env, id, table.spec.fields.length === 0, kinds)
    const kind = `rows ${change.kind}`
    operation = { id, actor: id, kind, parts: [], beganAt: history.operations.length }
    history.operations.push(operation)
    asked.set(id, { change, base: table.current().snapshotId })
    end((await askFor(table, change, OPERATION_MARK)) ? 'committed' : 'nothing')
  } catch (error) {
    if (!(error instanceof MoraineError) || error.code === 'INTERNAL_BUG') {
      history.bad.push(`I20 ${id}: ${String(error)}`)
    }
    if (operation !== undefined && error instanceof CommitStateUnknown)
      operation.token = error.token
    if (operation !== undefined) operation.error = String(error)
    end(error instanceof CommitStateUnknown ? 'unknown' : 'not-committed')
  }
}

/** Every snapshot with its rows, oldest first, as a process reads them that nothing happens to. */
async function snapshotsOf(calm: Catalog): Promise<readonly FoundSnapshot[]> {
  const table = await calm.loadTable(NAME)
  const found: FoundSnapshot[] = []
  for (const { snapshotId, summary } of table.snapshots()) {
    const rows = await (await table.asOf({ snapshot: snapshotId })).scan().toArray()
    found.push({ snapshotId, by: summary[OPERATION_MARK], rows: rows as unknown as SimRow[] })
  }
  return found
}

/** I1–I3: what was told is what is there. */
function checkTold(history: RowHistory, snapshots: readonly FoundSnapshot[]): readonly string[] {
  return history.operations.flatMap(({ id, told, resolved, kind }) => {
    // One rewrite may be several commits: some of them may be there when the others fail.
    if (kind === 'rows compact' || kind === 'rows rewrite-deletes') return []
    const count = snapshots.filter(({ by }) => by === id).length
    const outcome = resolved ?? told
    if (count > 1) return [`I3 ${id} is there ${count} times`]
    if (outcome === 'committed' && count === 0) return [`I1 ${id} is not there`]
    if ((outcome === 'not-committed' || outcome === 'nothing') && count > 0)
      return [`I2 ${id} is there, told ${outcome}`]
    return outcome === undefined ? [`I19 ${id} never ended`] : []
  })
}
