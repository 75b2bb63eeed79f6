import type { CommitTarget } from '../commit/commit-target.js'
import { type GroupLimits, GroupQueue } from '../commit/group-commit.js'
import { Turns } from '../commit/turns.js'
import type { Env } from '../env/env.js'
import { InvalidArgument } from '../errors.js'
import type { DecodePool } from '../parquet/decode-pool.js'
import type { Store } from '../store/store.js'

/** What every handle of one connection shares. */
export interface TableContext {
  readonly env: Env
  /** Bytes that scans may hold decoded or in flight; undefined means the scan's default. */
  readonly memoryLimit: number | undefined
  /** The worker pool, made when the first scan or write asks for it. */
  readonly pool: () => Promise<DecodePool>
  /** How appends share snapshots unless a call says otherwise; undefined: each has its own. */
  readonly groupCommit: GroupLimits | undefined
  /** The queue of grouped appends to one table, by its location. */
  readonly groupQueue: (location: string, target: CommitTarget, store: Store) => GroupQueue
  /** Orders the commits of this connection to one table, by its location. */
  readonly turnsOf: (location: string) => Turns
  /** Throws `InvalidArgument` once the connection is closed. Calls under way are left alone. */
  readonly assertOpen: () => void
  /** Releases what the connection owns (a pool of its own); the shared pool stays. */
  readonly close: () => Promise<void>
}

/** What a table handle stands on: a store confined to the places this table may touch. */
export interface TableContextFor extends TableContext {
  readonly store: Store
}

/**
 * Makes the shared part of a connection. `workers` undefined takes the process-wide pool; a number
 * makes a pool of that size, 0 meaning "in this thread, in order".
 */
export function makeContext(
  env: Env,
  options: {
    readonly workers?: number | undefined
    readonly memoryLimit?: number | undefined
  },
  groupCommit?: GroupLimits,
): TableContext {
  let own: Promise<DecodePool> | undefined
  const pool = async (): Promise<DecodePool> => {
    if (own !== undefined) return own
    const { createPool, sharedPool } = await import('../parquet/pool.js')
    if (options.workers === undefined) return sharedPool()
    own ??= Promise.resolve(createPool({ workers: options.workers }))
    return own
  }
  let closed = false
  const assertOpen = (): void => {
    if (!closed) return
    throw new InvalidArgument('this connection was closed; connect, or open the table, again')
  }
  const close = async (): Promise<void> => {
    closed = true
    const made = own
    own = undefined
    if (made !== undefined) await (await made).close()
  }
  const turns = new Map<string, Turns>()
  const turnsOf = (location: string): Turns => {
    const known = turns.get(location) ?? new Turns()
    turns.set(location, known)
    return known
  }
  const queues = new Map<string, GroupQueue>()
  const groupQueue: TableContext['groupQueue'] = (location, target, store) => {
    const queue = queues.get(location) ?? new GroupQueue(target, env, store, turnsOf(location))
    queues.set(location, queue)
    return queue
  }
  return {
    env,
    memoryLimit: options.memoryLimit,
    pool,
    groupCommit,
    groupQueue,
    turnsOf,
    assertOpen,
    close,
  }
}
