import type { ByteSource } from './contract.js'
import { InlinePool } from './pool-inline.js'
import { coreCount, WorkerPool } from './pool-workers.js'
import type { RawColumn } from './raw-column.js'
import type { DecodeTask } from './read-node.js'
import type { RowGroupEncoder } from './write-encode.js'

/** Where Parquet is decoded and encoded: in worker threads, or in the calling one. */
export interface DecodePool extends RowGroupEncoder {
  /** How many tasks run at the same time: keep this many row groups in flight. At least 1. */
  readonly size: number
  /** Decodes a task; the buffers of the result belong to the caller. */
  decode(source: ByteSource, task: DecodeTask, signal?: AbortSignal): Promise<RawColumn[]>
  /**
   * Takes buffers back, to decode into them again. The caller must hold nothing that looks at them:
   * they may be detached or overwritten at once.
   */
  recycle(buffers: readonly ArrayBuffer[]): void
  /** Stops the workers. What is under way is rejected with `Aborted`. */
  close(): Promise<void>
}

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
