import { quoteJson } from '../codec/json/stringify.js'
import type { Limits } from '../env/limits.js'
import { LocationDenied } from '../errors.js'
import { shownLocation } from '../util/secret.js'
import { isUnder, type Location, parentOf, parseRecorded } from './location.js'
import type { ReadOptions, Store } from './store.js'

export interface ConfineOptions {
  /** Folders that may be read, besides those that may be written. */
  readonly readRoots: readonly string[]
  /** Folders that may be written to and deleted from. */
  readonly writeRoots: readonly string[]
  /** Bounds the length of paths (`pathBytes`). */
  readonly limits?: Limits
}

/**
 * The store as one table or catalog may use it: reads under either list of roots, writes and
 * deletes under `writeRoots`. Anything else is `LocationDenied`, naming the option (rule S9).
 */
export function confine(store: Store, options: ConfineOptions): Store {
  const writable = options.writeRoots.map((root) => parseRecorded(root))
  const readable = [...writable, ...options.readRoots.map((root) => parseRecorded(root))]
  const { limits } = options
  const mayRead = (path: string): void => {
    check(path, parseRecorded(path, limits), readable, 'readRoots')
  }
  const mayWrite = (path: string): void => {
    check(path, parseRecorded(path, limits), writable, 'writeRoots')
  }
  const { localPath, removeEmptyFolders, findByPrefix, replace, deleteMany, close } = store
  return {
    head: async (path, opts) => {
      mayRead(path)
      return store.head(path, opts)
    },
    read: async (path, range, opts) => {
      mayRead(path)
      return store.read(path, range, opts)
    },
    list: async function* (folder, opts) {
      mayRead(folder)
      yield* store.list(folder, opts)
    },
    create: async (path, bytes) => {
      mayWrite(path)
      return store.create(path, bytes)
    },
    put: async (path, bytes) => {
      mayWrite(path)
      return store.put(path, bytes)
    },
    writer: async (path, opts) => {
      mayWrite(path)
      return store.writer(path, opts)
    },
    delete: async (path) => {
      mayWrite(path)
      return store.delete(path)
    },
    ...(findByPrefix && {
      findByPrefix: async (prefix: string, opts?: ReadOptions) => {
        // Everything that begins so lies in the folder that the text names, and only there.
        mayRead(parentOf(prefix))
        return findByPrefix.call(store, prefix, opts)
      },
    }),
    ...(replace && {
      replace: async (path: string, bytes: Uint8Array, version: string) => {
        mayWrite(path)
        return replace.call(store, path, bytes, version)
      },
    }),
    ...(deleteMany && {
      deleteMany: async (paths: readonly string[], opts?: ReadOptions) => {
        for (const path of paths) mayWrite(path)
        return deleteMany.call(store, paths, opts)
      },
    }),
    ...(removeEmptyFolders && {
      removeEmptyFolders: async (folder: string) => {
        mayWrite(folder)
        return removeEmptyFolders.call(store, folder)
      },
    }),
    ...(localPath && {
      localPath: (path: string) => {
        mayRead(path)
        return localPath.call(store, path)
      },
    }),
    ...(close && { close: () => close.call(store) }),
  }
}

function check(
  path: string,
  location: Location,
  roots: readonly Location[],
  option: 'readRoots' | 'writeRoots',
): void {
  for (const root of roots) if (isUnder(location, root)) return
  const reading = option === 'readRoots'
  const moved = reading
    ? '; if the table was moved here, map its recorded prefix with `relocate`'
    : ''
  throw new LocationDenied(
    `may not ${reading ? 'read' : 'write'} ${quoteJson(shownLocation(path))}: it lies outside the ` +
      `table's places; allow its folder with the option \`${option}\`${moved}`,
    { details: { path: shownLocation(path), option } },
  )
}
