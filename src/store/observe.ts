import type { Env } from '../env/env.js'
import { systemEnv } from '../env/system-env.js'
import type { ObjectInfo, ObjectWriter, ReadOptions, Store } from './store.js'

export type StoreOperation =
  | 'head'
  | 'read'
  | 'list'
  | 'findByPrefix'
  | 'create'
  | 'put'
  | 'replace'
  | 'writer'
  | 'write'
  | 'close'
  | 'abort'
  | 'delete'
  | 'deleteMany'

/** One call to a store, in the order in which calls were made. */
export interface StoreCall {
  readonly operation: StoreOperation
  readonly path: string
  /** Bytes asked for or given, where the call says so. */
  readonly bytes?: number
}

/** What the calls of one operation came to. Calls that are still on their way are counted as such only. */
export interface StoreTotals {
  readonly calls: number
  readonly failures: number
  /** Bytes of answers to reads. */
  readonly bytesRead: number
  /** Bytes given to writes. */
  readonly bytesWritten: number
  /** Milliseconds of all settled calls together; 0 where there is none. Of a listing, while it was asked for more. */
  readonly totalMs: number
  readonly medianMs: number
  /** Nineteen of twenty calls took no longer. */
  readonly p95Ms: number
  readonly maxMs: number
}

export interface ObservedStore extends Store {
  /** Calls so far by operation; operations never called are absent. */
  counts(): ReadonlyMap<StoreOperation, number>
  /** Every call so far. */
  calls(): readonly StoreCall[]
  /** Calls, bytes and how long they took, by operation; operations never called are absent. */
  totals(): ReadonlyMap<StoreOperation, StoreTotals>
  /** Forgets what was counted. */
  reset(): void
}

/**
 * Counts, measures and records the calls to a store, and passes them on unchanged. It keeps a line for
 * each call until `reset`.
 */
export function observe(store: Store, env: Pick<Env, 'monotonicMs'> = systemEnv()): ObservedStore {
  const seen = new Calls(env)
  const { localPath, removeEmptyFolders, findByPrefix, replace, deleteMany, close } = store
  return {
    counts: () => seen.counts(),
    calls: () => seen.calls(),
    totals: () => seen.totals(),
    reset: () => seen.reset(),
    head: (path, options) =>
      seen.call({ operation: 'head', path }, () => store.head(path, options)),
    read: (path, range, options) => {
      const bytes = range && range.end - range.start
      const call = { operation: 'read', path, ...(bytes !== undefined && { bytes }) } as const
      return seen.call(call, () => store.read(path, range, options))
    },
    list: (folder, options) =>
      seen.list({ operation: 'list', path: folder }, store.list(folder, options)),
    create: (path, bytes) =>
      seen.call({ operation: 'create', path, bytes: bytes.length }, () =>
        store.create(path, bytes),
      ),
    put: (path, bytes) =>
      seen.call({ operation: 'put', path, bytes: bytes.length }, () => store.put(path, bytes)),
    writer: async (path, options) => {
      const open = () => store.writer(path, options)
      return observedWriter(await seen.call({ operation: 'writer', path }, open), seen)
    },
    delete: (path) => seen.call({ operation: 'delete', path }, () => store.delete(path)),
    ...(findByPrefix && {
      findByPrefix: (path: string, options?: ReadOptions) =>
        seen.call({ operation: 'findByPrefix', path }, () =>
          findByPrefix.call(store, path, options),
        ),
    }),
    ...(replace && {
      replace: (path: string, bytes: Uint8Array, version: string) =>
        seen.call({ operation: 'replace', path, bytes: bytes.length }, () =>
          replace.call(store, path, bytes, version),
        ),
    }),
    ...(deleteMany && {
      deleteMany: (paths: readonly string[], options?: ReadOptions) =>
        seen.call({ operation: 'deleteMany', path: `${paths.length} objects` }, () =>
          deleteMany.call(store, paths, options),
        ),
    }),
    ...(removeEmptyFolders && {
      // No request of the port: what a folder store does with what is left of names.
      removeEmptyFolders: (folder: string) => removeEmptyFolders.call(store, folder),
    }),
    ...(localPath && { localPath: (path: string) => localPath.call(store, path) }),
    ...(close && { close: () => close.call(store) }),
  }
}

function observedWriter(writer: ObjectWriter, seen: Calls): ObjectWriter {
  const { path } = writer
  return {
    path,
    write: (bytes) =>
      seen.call({ operation: 'write', path, bytes: bytes.length }, () => writer.write(bytes)),
    close: () => seen.call({ operation: 'close', path }, () => writer.close()),
    abort: () => seen.call({ operation: 'abort', path }, () => writer.abort()),
  }
}

/** How one call went, once it is known. */
interface Settled {
  readonly ms: number
  readonly failed: boolean
  readonly bytesRead: number
}

class Calls {
  readonly #env: Pick<Env, 'monotonicMs'>
  #calls: { readonly call: StoreCall; settled?: Settled }[] = []

  constructor(env: Pick<Env, 'monotonicMs'>) {
    this.#env = env
  }

  counts(): ReadonlyMap<StoreOperation, number> {
    const counts = new Map<StoreOperation, number>()
    for (const { call } of this.#calls) {
      counts.set(call.operation, (counts.get(call.operation) ?? 0) + 1)
    }
    return counts
  }

  calls(): readonly StoreCall[] {
    return this.#calls.map(({ call }) => call)
  }

  totals(): ReadonlyMap<StoreOperation, StoreTotals> {
    const totals = new Map<StoreOperation, StoreTotals>()
    for (const operation of this.counts().keys()) {
      totals.set(
        operation,
        totalsOf(this.#calls.filter(({ call }) => call.operation === operation)),
      )
    }
    return totals
  }

  reset(): void {
    this.#calls = []
  }

  async call<T>(call: StoreCall, make: () => Promise<T>): Promise<T> {
    const line: { readonly call: StoreCall; settled?: Settled } = { call }
    this.#calls.push(line)
    const beganMs = this.#env.monotonicMs()
    const settle = (failed: boolean, bytesRead: number): void => {
      line.settled = { ms: this.#env.monotonicMs() - beganMs, failed, bytesRead }
    }
    try {
      const value = await make()
      const isRead = call.operation === 'read' && value instanceof Uint8Array
      settle(false, isRead ? value.length : 0)
      return value
    } catch (error) {
      settle(true, 0)
      throw error
    }
  }

  /** Recorded when it is asked for; what the caller does between two objects takes no time of it. */
  list(call: StoreCall, infos: AsyncIterable<ObjectInfo>): AsyncIterable<ObjectInfo> {
    const line: { readonly call: StoreCall; settled?: Settled } = { call }
    this.#calls.push(line)
    const { monotonicMs } = this.#env
    return (async function* () {
      const iterator = infos[Symbol.asyncIterator]()
      let ms = 0
      const next = async (): Promise<IteratorResult<ObjectInfo>> => {
        const beganMs = monotonicMs()
        try {
          return await iterator.next()
        } catch (error) {
          line.settled = { ms: ms + monotonicMs() - beganMs, failed: true, bytesRead: 0 }
          throw error
        } finally {
          ms += monotonicMs() - beganMs
        }
      }
      try {
        for (let item = await next(); item.done !== true; item = await next()) yield item.value
      } finally {
        line.settled ??= { ms, failed: false, bytesRead: 0 }
        await iterator.return?.()
      }
    })()
  }
}

function totalsOf(
  lines: readonly { readonly call: StoreCall; readonly settled?: Settled }[],
): StoreTotals {
  const settled = lines.flatMap((line) => line.settled ?? [])
  const ms = settled.map((each) => each.ms).sort((a, b) => a - b)
  const at = (share: number): number => ms[Math.max(0, Math.ceil(ms.length * share) - 1)] ?? 0
  const isWrite = (call: StoreCall): boolean => call.operation !== 'read'
  return {
    calls: lines.length,
    failures: settled.filter((each) => each.failed).length,
    bytesRead: settled.reduce((sum, each) => sum + each.bytesRead, 0),
    bytesWritten: lines.reduce((sum, { call }) => sum + (isWrite(call) ? (call.bytes ?? 0) : 0), 0),
    totalMs: ms.reduce((sum, each) => sum + each, 0),
    medianMs: at(0.5),
    p95Ms: at(0.95),
    maxMs: at(1),
  }
}
