import type { ObjectWriter, ReadOptions, Store } from './store.js'

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

export interface ObservedStore extends Store {
  /** Calls so far by operation; operations never called are absent. */
  counts(): ReadonlyMap<StoreOperation, number>
  /** Every call so far. */
  calls(): readonly StoreCall[]
  /** Forgets what was counted. */
  reset(): void
}

/** Counts and records the calls to a store, and passes them on unchanged. */
export function observe(store: Store): ObservedStore {
  let calls: StoreCall[] = []
  const saw = (operation: StoreOperation, path: string, bytes?: number): void => {
    calls.push(bytes === undefined ? { operation, path } : { operation, path, bytes })
  }
  const { localPath, findByPrefix, replace, deleteMany, close } = store
  return {
    counts: () => {
      const counts = new Map<StoreOperation, number>()
      for (const { operation } of calls) counts.set(operation, (counts.get(operation) ?? 0) + 1)
      return counts
    },
    calls: () => [...calls],
    reset: () => {
      calls = []
    },
    head: (path, options) => {
      saw('head', path)
      return store.head(path, options)
    },
    read: (path, range, options) => {
      saw('read', path, range && range.end - range.start)
      return store.read(path, range, options)
    },
    list: (folder, options) => {
      saw('list', folder)
      return store.list(folder, options)
    },
    create: (path, bytes) => {
      saw('create', path, bytes.length)
      return store.create(path, bytes)
    },
    put: (path, bytes) => {
      saw('put', path, bytes.length)
      return store.put(path, bytes)
    },
    writer: async (path, options) => {
      saw('writer', path)
      return observedWriter(await store.writer(path, options), saw)
    },
    delete: (path) => {
      saw('delete', path)
      return store.delete(path)
    },
    ...(findByPrefix && {
      findByPrefix: (prefix: string, options?: ReadOptions) => {
        saw('findByPrefix', prefix)
        return findByPrefix.call(store, prefix, options)
      },
    }),
    ...(replace && {
      replace: (path: string, bytes: Uint8Array, version: string) => {
        saw('replace', path, bytes.length)
        return replace.call(store, path, bytes, version)
      },
    }),
    ...(deleteMany && {
      deleteMany: (paths: readonly string[], options?: ReadOptions) => {
        saw('deleteMany', `${paths.length} objects`)
        return deleteMany.call(store, paths, options)
      },
    }),
    ...(localPath && { localPath: (path: string) => localPath.call(store, path) }),
    ...(close && { close: () => close.call(store) }),
  }
}

function observedWriter(
  writer: ObjectWriter,
  saw: (operation: StoreOperation, path: string, bytes?: number) => void,
): ObjectWriter {
  const { path } = writer
  return {
    path,
    write: (bytes) => {
      saw('write', path, bytes.length)
      return writer.write(bytes)
    },
    close: () => {
      saw('close', path)
      return writer.close()
    },
    abort: () => {
      saw('abort', path)
      return writer.abort()
    },
  }
}
