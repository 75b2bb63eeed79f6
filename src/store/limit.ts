import { throwIfAborted } from '../env/system-env.js'
import { Aborted, InvalidArgument } from '../errors.js'
import type { ObjectWriter, ReadOptions, Store } from './store.js'

export interface LimitOptions {
  /** Calls on their way at a time, 1 to 10000; more wait, in the order in which they came. */
  readonly calls: number
}

/**
 * At most so many calls to the store at a time. A call that waits obeys its signal with `Aborted`,
 * and was then not made. A listing takes its turn for each object that is asked of it, never in between.
 * Files that a worker thread opens by `localPath` are not counted.
 *
 * @throws InvalidArgument for a number of calls that cannot be meant.
 */
export function limit(store: Store, options: LimitOptions): Store {
  const turns = new Turns(checkedCalls(options.calls))
  const { localPath, removeEmptyFolders, findByPrefix, replace, deleteMany, close } = store
  return {
    head: (path, opts) => turns.take(() => store.head(path, opts), opts?.signal),
    read: (path, range, opts) => turns.take(() => store.read(path, range, opts), opts?.signal),
    list: (folder, opts) => turnsOf(store.list(folder, opts), turns, opts?.signal),
    create: (path, bytes) => turns.take(() => store.create(path, bytes)),
    put: (path, bytes) => turns.take(() => store.put(path, bytes)),
    writer: async (path, opts) => {
      const writer = await turns.take(() => store.writer(path, opts), opts?.signal)
      return limitedWriter(writer, turns, opts?.signal)
    },
    delete: (path) => turns.take(() => store.delete(path)),
    ...(findByPrefix && {
      findByPrefix: (prefix: string, opts?: ReadOptions) =>
        turns.take(() => findByPrefix.call(store, prefix, opts), opts?.signal),
    }),
    ...(replace && {
      replace: (path: string, bytes: Uint8Array, version: string) =>
        turns.take(() => replace.call(store, path, bytes, version)),
    }),
    ...(deleteMany && {
      deleteMany: (paths: readonly string[], opts?: ReadOptions) =>
        turns.take(() => deleteMany.call(store, paths, opts), opts?.signal),
    }),
    ...(removeEmptyFolders && {
      removeEmptyFolders: (folder: string) =>
        turns.take(() => removeEmptyFolders.call(store, folder)),
    }),
    ...(localPath && { localPath: (path: string) => localPath.call(store, path) }),
    ...(close && { close: () => close.call(store) }),
  }
}

function checkedCalls(calls: unknown): number {
  if (typeof calls === 'number' && Number.isInteger(calls) && calls >= 1 && calls <= 10_000) {
    return calls
  }
  throw new InvalidArgument('limit: option `calls` must be a whole number from 1 to 10000', {
    details: { where: 'limit', option: 'calls' },
  })
}

function limitedWriter(
  writer: ObjectWriter,
  turns: Turns,
  signal: AbortSignal | undefined,
): ObjectWriter {
  return {
    path: writer.path,
    write: (bytes) => turns.take(() => writer.write(bytes), signal),
    close: () => turns.take(() => writer.close(), signal),
    abort: () => turns.take(() => writer.abort()),
  }
}

async function* turnsOf<T>(
  items: AsyncIterable<T>,
  turns: Turns,
  signal: AbortSignal | undefined,
): AsyncIterable<T> {
  const iterator = items[Symbol.asyncIterator]()
  let isDone = false
  try {
    for (;;) {
      const next = await turns.take(() => iterator.next(), signal)
      if (next.done === true) break
      yield next.value
    }
    isDone = true
  } finally {
    if (!isDone) await iterator.return?.()
  }
}

/** First come, first served. */
class Turns {
  #free: number
  /** Those who wait, oldest first. */
  readonly #waiting = new Set<() => void>()

  constructor(calls: number) {
    this.#free = calls
  }

  async take<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    throwIfAborted(signal)
    if (this.#free > 0) this.#free--
    else await this.#wait(signal)
    try {
      return await call()
    } finally {
      this.#pass()
    }
  }

  /** Resolves when another's turn has become this one's. */
  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#waiting.delete(begin)
        reject(
          new Aborted('the operation was aborted by its signal, before its turn', {
            cause: signal?.reason,
          }),
        )
      }
      signal?.addEventListener('abort', leave, { once: true })
      this.#waiting.add(begin)
    })
  }

  #pass(): void {
    const [first] = this.#waiting
    if (first === undefined) {
      this.#free++
      return
    }
    this.#waiting.delete(first)
    first()
  }
}
