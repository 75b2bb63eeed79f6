import { throwIfAborted } from '../env/system-env.js'
import { Aborted, MoraineError, StoreUnavailable } from '../errors.js'
import { shownLocation } from '../util/secret.js'
import type { DeleteFailure, ReadOptions, Store } from './store.js'

/** Single deletions on their way at a time. */
const IN_FLIGHT = 16

/**
 * Removes objects in as few requests as the store allows, and gives those that may still be there.
 * Objects that are gone already are no failures. Rejects only with `Aborted`.
 */
export async function deleteMany(
  store: Store,
  paths: Iterable<string>,
  options: ReadOptions = {},
): Promise<readonly DeleteFailure[]> {
  throwIfAborted(options.signal)
  const all = [...paths]
  if (all.length > 1 && store.deleteMany !== undefined) return store.deleteMany(all, options)
  return deleteEach(store, all, options)
}

/** One request for each object, some at a time. For stores that have no other way. */
export async function deleteEach(
  store: Pick<Store, 'delete'>,
  paths: readonly string[],
  { signal }: ReadOptions = {},
): Promise<readonly DeleteFailure[]> {
  const failures: DeleteFailure[] = []
  const left = paths.values()
  const one = async (): Promise<void> => {
    for (const path of left) {
      throwIfAborted(signal)
      try {
        await store.delete(path)
      } catch (error) {
        failures.push(deleteFailure(path, error))
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, paths.length) }, one))
  return failures
}

/**
 * For adapters: removes `paths` by requests for `batchMax` at a time of what `keyOf` says belongs
 * together. What is no place of the store, and each of a request that failed as a whole (without
 * credentials, say), is a failure of its own.
 */
export async function deleteBatches<Place extends { readonly path: string }>(
  paths: readonly string[],
  batches: {
    readonly max: number
    readonly placeOf: (path: string) => Place
    readonly keyOf: (place: Place) => string
    readonly send: (places: readonly Place[]) => Promise<readonly DeleteFailure[]>
  },
): Promise<readonly DeleteFailure[]> {
  const { max, placeOf, keyOf, send } = batches
  const failures: DeleteFailure[] = []
  const together = new Map<string, Place[]>()
  for (const path of paths) {
    try {
      const place = placeOf(path)
      const same = together.get(keyOf(place))
      if (same === undefined) together.set(keyOf(place), [place])
      else same.push(place)
    } catch (error) {
      failures.push(deleteFailure(path, error))
    }
  }
  for (const all of together.values()) {
    for (let at = 0; at < all.length; at += max) {
      const some = all.slice(at, at + max)
      try {
        failures.push(...(await send(some)))
      } catch (error) {
        if (error instanceof Aborted) throw error
        failures.push(...some.map(({ path }) => deleteFailure(path, error)))
      }
    }
  }
  return failures
}

export function deleteFailure(path: string, cause: unknown): DeleteFailure {
  if (cause instanceof MoraineError) return { path, error: cause }
  const message = `cannot delete ${shownLocation(path)}`
  return { path, error: new StoreUnavailable(message, { cause, details: { path } }) }
}
