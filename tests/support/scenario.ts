/** A table on a store that a test looks at and interferes with. */

import type { CatalogBackend } from '../../src/catalog/catalog.js'
import { fileCatalog } from '../../src/catalog/file.js'
import { type CommitOptions, type CommitReport, commitActions } from '../../src/commit/committer.js'
import { type SeededEnv, seededEnv } from '../../src/env/seeded-env.js'
import { type MemoryStore, memoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'
import { encodeUtf8 } from '../../src/util/utf8.js'
import { appendOf, liveFiles, newTable } from './tables.js'

export const warehouse = 'memory:/wh'
export const table = { namespace: ['ns'], name: 't' }
export const location = `${warehouse}/ns/t`
export const slot = (version: number): string => `${location}/metadata/v${version}.metadata.json`
export const hint = `${location}/metadata/version-hint.text`

export interface Scenario {
  readonly env: SeededEnv
  /** The bytes themselves, without faults. */
  readonly store: MemoryStore
  readonly catalog: CatalogBackend
  /** Another process: a catalog of its own, over this view of the store. */
  process(view?: Store): CatalogBackend
  /** Appends one file through a catalog. */
  append(
    name: string,
    catalog?: CatalogBackend,
    options?: Partial<CommitOptions>,
  ): Promise<CommitReport>
  /** Names of the live files, read by a fresh process. */
  live(): Promise<string[]>
  /** Text of an object. */
  text(path: string): string | undefined
  put(path: string, text: string): Promise<void>
}

/** A table without snapshots, made in slot 1. */
export async function scenario(
  properties: Readonly<Record<string, string>> = {},
  seed = 1,
): Promise<Scenario> {
  const env = seededEnv(seed)
  const store = memoryStore({ env })
  const process = (view: Store = store): CatalogBackend => {
    return fileCatalog({ warehouse, store: view, env })
  }
  const catalog = process()
  await catalog.createTable(table, newTable(env, location, properties))
  return {
    env,
    store,
    catalog,
    process,
    append: async (name, through = catalog, options = {}) => {
      const view = through.storeFor(table)
      const { load, publish } = through.target(table)
      // A base that is given is tried, behind or not: without the look that would skip the try.
      const target = options.base === undefined ? through.target(table) : { load, publish }
      return commitActions(target, [appendOf(location, name)], {
        env,
        store: view,
        ...options,
      })
    },
    live: async () => liveFiles(store, env, (await process().loadTable(table)).metadata),
    text: (path) => {
      const bytes = store.files().get(path)
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
    },
    put: (path, text) => store.put(path, encodeUtf8(text)),
  }
}

/** A view of a store in which one method goes another way. */
export function withCalls(store: Store, change: Partial<Store>): Store {
  const { localPath, close } = store
  return {
    head: (path, options) => store.head(path, options),
    read: (path, range, options) => store.read(path, range, options),
    list: (folder, options) => store.list(folder, options),
    create: (path, bytes) => store.create(path, bytes),
    put: (path, bytes) => store.put(path, bytes),
    writer: (path, options) => store.writer(path, options),
    delete: (path) => store.delete(path),
    ...(localPath && { localPath: (path: string) => localPath.call(store, path) }),
    ...(close && { close: () => close.call(store) }),
    ...change,
  }
}
