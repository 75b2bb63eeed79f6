import type { DecodePool } from './decode-pool.js'
import { InlinePool } from './pool-inline.js'
import { coreCount, WorkerPool } from './pool-workers.js'

export interface PoolOptions {
  /** Number of worker threads; 0 decodes in the calling thread, in the order of the calls. */
  readonly workers: number
}

/** More workers than this are seldom fed by one consumer. */
const sharedWorkersMax = 4

/** A pool of its own. Workers are started when they are first needed. */
export function createPool(options: PoolOptions): DecodePool {
  return options.workers > 0 ? new WorkerPool(options.workers) : new InlinePool()
}

let shared: DecodePool | undefined

/** The pool of the process, as wide as there are cores but at most 4. It keeps no process alive. */
export function sharedPool(): DecodePool {
  shared ??= createPool({ workers: Math.min(sharedWorkersMax, coreCount()) })
  return shared
}

/** Decodes in the calling thread. */
export const inlinePool: DecodePool = new InlinePool()
