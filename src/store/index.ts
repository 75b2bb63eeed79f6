/** `moraine/store`: what may be put around a store that a program makes itself, and the port it implements. */
export {
  type CachedStore,
  type CacheOptions,
  type CacheStats,
  cache,
} from './cache.js'
export { type ConfineOptions, confine } from './confine.js'
export { type LimitOptions, limit } from './limit.js'
export {
  type ObservedStore,
  observe,
  type StoreCall,
  type StoreOperation,
  type StoreTotals,
} from './observe.js'
export { type RetryOptions, retry } from './retry.js'
export type {
  CreateOutcome,
  DeleteFailure,
  ObjectInfo,
  ObjectWriter,
  ReadOptions,
  ReplaceOutcome,
  Store,
} from './store.js'
