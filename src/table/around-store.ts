import type { Store } from '../store/store.js'

/** What `connect` and `openTable` put around any store. */
export interface AroundStoreOptions {
  /**
   * Calls to the store on their way at a time; more wait, first come, first served. Default: no bound.
   * Local files that worker threads read by themselves are not counted.
   */
  readonly storeCalls?: number
  /**
   * Bytes of manifests, footers and other small parts of files that never change to keep in memory,
   * so that scans of one connection ask a distant store once. Default 0: none.
   */
  readonly storeCacheBytes?: number
}

export const AROUND_STORE_OPTIONS = ['storeCalls', 'storeCacheBytes'] as const

/** The store with what was asked for around it. What is kept in memory needs no turn. */
export async function aroundStore(store: Store, options: AroundStoreOptions): Promise<Store> {
  const { storeCalls, storeCacheBytes = 0 } = options
  let around = store
  if (storeCalls !== undefined) {
    const { limit } = await import('../store/limit.js')
    around = limit(around, { calls: storeCalls })
  }
  if (storeCacheBytes > 0) {
    const { cache } = await import('../store/cache.js')
    around = cache(around, { maxBytes: storeCacheBytes })
  }
  return around
}
