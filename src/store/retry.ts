import type { Env } from '../env/env.js'
import { systemEnv } from '../env/system-env.js'
import { InvalidArgument, MoraineError } from '../errors.js'
import type { DeleteFailure, ObjectInfo, ReadOptions, Store } from './store.js'
import { isPassing, Retrier } from './transport.js'

export interface RetryOptions {
  /** Attempts of one call, 1 to 100. Default 4. */
  readonly maxAttempts?: number
}

/**
 * Repeats calls that failed for a reason that may pass, with growing pauses and full jitter, at least
 * as long as the store asked for (`details.retryAfterMs`), and within a budget that all calls share: each
 * repetition takes one of a hundred, each success gives a tenth back.
 *
 * Repeated are `head`, `read`, `list` (while it has given nothing), `findByPrefix`, `put`, `delete`,
 * `deleteMany` (what it could not remove) and the opening of a `writer`. Never `create`, `replace` and what is done
 * with a writer: an answer to the second request would not be about the first (rule S4 of
 * spec/protocol/storage.md). moraine's own adapters do this already: it is for stores that do not.
 *
 * @throws InvalidArgument for an option that cannot be meant.
 */
export function retry(store: Store, options: RetryOptions = {}, env: Env = systemEnv()): Store {
  const again = new Again(env, checkedAttempts(options.maxAttempts))
  const { localPath, removeEmptyFolders, findByPrefix, replace, deleteMany, close } = store
  return {
    head: (path, opts) => again.run(() => store.head(path, opts), opts?.signal),
    read: (path, range, opts) => again.run(() => store.read(path, range, opts), opts?.signal),
    list: (folder, opts) => again.list(() => store.list(folder, opts), opts?.signal),
    create: (path, bytes) => store.create(path, bytes),
    put: (path, bytes) => again.run(() => store.put(path, bytes)),
    writer: (path, opts) => again.run(() => store.writer(path, opts), opts?.signal),
    delete: (path) => again.run(() => store.delete(path)),
    ...(findByPrefix && {
      findByPrefix: (prefix: string, opts?: ReadOptions) =>
        again.run(() => findByPrefix.call(store, prefix, opts), opts?.signal),
    }),
    ...(replace && {
      replace: (path: string, bytes: Uint8Array, version: string) =>
        replace.call(store, path, bytes, version),
    }),
    ...(deleteMany && {
      deleteMany: (paths: readonly string[], opts?: ReadOptions) =>
        again.deleteMany((left) => deleteMany.call(store, left, opts), paths, opts?.signal),
    }),
    ...(removeEmptyFolders && {
      removeEmptyFolders: (folder: string) => removeEmptyFolders.call(store, folder),
    }),
    ...(localPath && { localPath: (path: string) => localPath.call(store, path) }),
    ...(close && { close: () => close.call(store) }),
  }
}

function checkedAttempts(attempts: unknown): number {
  if (attempts === undefined) return 4
  if (
    typeof attempts === 'number' &&
    Number.isInteger(attempts) &&
    attempts >= 1 &&
    attempts <= 100
  ) {
    return attempts
  }
  throw new InvalidArgument('retry: option `maxAttempts` must be a whole number from 1 to 100', {
    details: { where: 'retry', option: 'maxAttempts' },
  })
}

/** What one attempt came to, in the terms of a `Retrier`: a status, and 0 for what may pass. */
interface Attempt<T> {
  readonly status: number
  readonly error?: unknown
  /** Beside an error: what there is to give when there is no further attempt. */
  readonly given?: { readonly value: T }
}

class Again {
  readonly #retrier: Retrier

  constructor(env: Env, maxAttempts: number) {
    this.#retrier = new Retrier(env, maxAttempts)
  }

  async run<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return settled(await this.#repeated(() => attempt(call), signal))
  }

  /** Repeated until it gives its first object: from then on a repetition would give some twice. */
  async *list(
    begin: () => AsyncIterable<ObjectInfo>,
    signal: AbortSignal | undefined,
  ): AsyncIterable<ObjectInfo> {
    const { iterator, first } = await this.run(async () => {
      const iterator = begin()[Symbol.asyncIterator]()
      return { iterator, first: await iterator.next() }
    }, signal)
    try {
      for (let next = first; next.done !== true; next = await iterator.next()) yield next.value
    } finally {
      await iterator.return?.()
    }
  }

  /** Again for those alone that could not be removed and may yet be. */
  async deleteMany(
    remove: (paths: readonly string[]) => Promise<readonly DeleteFailure[]>,
    paths: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly DeleteFailure[]> {
    const lasting: DeleteFailure[] = []
    let left = paths
    const last = await this.#repeated(async (): Promise<Attempt<readonly DeleteFailure[]>> => {
      const result = await attempt(() => remove(left))
      if (result.given === undefined) return result
      const passing = result.given.value.filter(({ error }) => mayPass(error))
      lasting.push(...result.given.value.filter(({ error }) => !mayPass(error)))
      left = passing.map(({ path }) => path)
      const [failure] = passing
      return failure === undefined
        ? { status: 200, given: { value: [] } }
        : { status: 0, error: failure.error, given: { value: passing } }
    }, signal)
    return [...lasting, ...settled(last)]
  }

  #repeated<T>(call: () => Promise<Attempt<T>>, signal?: AbortSignal): Promise<Attempt<T>> {
    return this.#retrier.run(call, waitMs, signal)
  }
}

async function attempt<T>(call: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { status: 200, given: { value: await call() } }
  } catch (error) {
    // Any status that is not repeated will do.
    return { status: mayPass(error) ? 0 : 400, error }
  }
}

function settled<T>(result: Attempt<T>): T {
  if (result.given !== undefined) return result.given.value
  throw result.error
}

/** Whether the failure may be over when it is tried again: not that of a request which was refused. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof MoraineError) || error.retry !== 'later') return false
  const { status } = error.details
  return typeof status !== 'number' || (isPassing(status) && status !== 501)
}

function waitMs(result: Attempt<unknown>): number | undefined {
  const { error } = result
  const ms = error instanceof MoraineError ? error.details.retryAfterMs : undefined
  return typeof ms === 'number' && ms >= 0 ? ms : undefined
}
