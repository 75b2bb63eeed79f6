/** What stands between a simulated process and the store, beside faults: time, and outages. */
import type { SeededEnv } from '../../env/seeded-env.js'
import { StoreUnavailable } from '../../errors.js'
import type { ReadOptions, Store } from '../../store/store.js'

const SLOT = /\/v[0-9]+\.metadata\.json$/
/** What slots are looked for by. */
const SLOT_PREFIX = /\/v[0-9]*\.?$/

/** Every call takes some virtual time before it is applied: this is what interleaves the actors. */
export function withLatency(
  store: Store,
  env: SeededEnv,
  saw: (operation: string, path: string) => void,
): Store {
  const wait = async (operation: string, path: string): Promise<void> => {
    await env.sleep(env.int(20))
    saw(operation, path)
  }
  const { findByPrefix } = store
  return {
    ...(findByPrefix && {
      findByPrefix: async (prefix: string, options?: ReadOptions) => {
        await wait('findByPrefix', prefix)
        return findByPrefix.call(store, prefix, options)
      },
    }),
    head: async (path, options) => {
      await wait('head', path)
      return store.head(path, options)
    },
    read: async (path, range, options) => {
      await wait('read', path)
      return store.read(path, range, options)
    },
    list: async function* (folder, options) {
      await wait('list', folder)
      yield* store.list(folder, options)
    },
    create: async (path, bytes) => {
      await wait('create', path)
      return store.create(path, bytes)
    },
    put: async (path, bytes) => {
      await wait('put', path)
      return store.put(path, bytes)
    },
    delete: async (path) => {
      await wait('delete', path)
      return store.delete(path)
    },
    writer: async (path, options) => {
      await wait('writer', path)
      return store.writer(path, options)
    },
  }
}

/**
 * Now and then the answer to a slot's creation is lost, and then nothing answers for a while; or only
 * the slots do not, while everything else goes on as usual. `late` is given requests that come through
 * long after their sender has given up.
 */
export function withOutages(
  store: Store,
  env: SeededEnv,
  began: () => void,
  late: (apply: () => Promise<unknown>) => void,
): Store {
  const slotsOnly = env.chance(0.5)
  let backAtMs = 0
  const answered = async <T>(path: string, run: () => Promise<T>): Promise<T> => {
    const ofSlots = SLOT.test(path) || SLOT_PREFIX.test(path)
    const isDark = env.monotonicMs() < backAtMs && (!slotsOnly || ofSlots)
    if (isDark) throw new StoreUnavailable('simulated outage')
    return run()
  }
  const { findByPrefix } = store
  return {
    ...(findByPrefix && {
      findByPrefix: (prefix: string, options?: ReadOptions) =>
        answered(prefix, () => findByPrefix.call(store, prefix, options)),
    }),
    head: (path, options) => answered(path, () => store.head(path, options)),
    read: (path, range, options) => answered(path, () => store.read(path, range, options)),
    list: (folder, options) => store.list(folder, options),
    put: (path, bytes) => answered(path, () => store.put(path, bytes)),
    writer: (path, options) => answered(path, () => store.writer(path, options)),
    delete: (path) => answered(path, () => store.delete(path)),
    create: async (path, bytes) => {
      if (!SLOT.test(path) || !env.chance(0.2)) {
        return answered(path, () => store.create(path, bytes))
      }
      began()
      const fate = env.int(3)
      if (fate === 0) await store.create(path, bytes)
      else if (fate === 1) late(() => store.create(path, bytes))
      backAtMs = env.monotonicMs() + env.int(20_000)
      return { outcome: 'unknown', cause: 'simulated outage' }
    },
  }
}
