import type { CatalogBackend } from '../catalog/catalog.js'
import { defaultGroupLimits, type GroupLimits } from '../commit/group-commit.js'
import type { EnvOverrides, Limits } from '../env/env.js'
import { systemEnv, throwIfAborted } from '../env/system-env.js'
import { InvalidArgument } from '../errors.js'
import type { Store } from '../store/store.js'
import { checkOptions } from '../util/check-options.js'
import { AROUND_STORE_OPTIONS, type AroundStoreOptions, aroundStore } from './around-store.js'
import { Catalog } from './catalog.js'
import { checkConnection } from './connection-options.js'
import { makeContext } from './context.js'
import { REMOTE_OPTIONS, type RemoteOptions, remoteStore } from './remote-store.js'

export interface GroupCommitOptions {
  /** Appends in one snapshot at most. Default 256. */
  readonly maxCalls?: number
  /**
   * How long a group waits for appends that are still writing their files, milliseconds. An append
   * that is alone never waits. Default 10.
   */
  readonly maxDelayMs?: number
}

export interface ConnectOptions extends RemoteOptions, AroundStoreOptions {
  /** A store to use in place of the one that the URI names. */
  readonly store?: Store
  /** Worker threads for Parquet. Default: one for each core, at most 4. 0 decodes in this thread. */
  readonly workers?: number
  /**
   * Bytes that one scan, append or change of rows may hold at a time, above what the warm process
   * takes (docs/row-level.md, "Memory"). Default 512 MiB; kept from about 100 MiB for each worker on.
   */
  readonly memoryLimit?: number
  /** Further places that may be read: folders of files adopted from elsewhere. */
  readonly readRoots?: readonly string[]
  /** Further places that may be read and written. */
  readonly writeRoots?: readonly string[]
  /** Bounds on what is accepted from a table (spec/limits.md). */
  readonly limits?: Partial<Limits>
  /** Clock, randomness and sleep, for simulations. */
  readonly env?: EnvOverrides
  /** Do not fsync: faster, and commits may be lost at power failure. Local stores only. */
  readonly unsafeNoSync?: boolean
  /**
   * Appends of this connection to one table that come together share a snapshot, each resolving with
   * its own outcome: for many small appends at a time. `append(rows, { groupCommit })` overrides it
   * for one call. Default false.
   */
  readonly groupCommit?: boolean | GroupCommitOptions
  readonly signal?: AbortSignal
}

const OPTIONS = [
  'store',
  'workers',
  'memoryLimit',
  'readRoots',
  'writeRoots',
  'limits',
  'env',
  'unsafeNoSync',
  'groupCommit',
  ...REMOTE_OPTIONS,
  ...AROUND_STORE_OPTIONS,
  'signal',
] as const

/**
 * Opens a catalog: a local folder (`./warehouse`, `/data/wh`, `file:///data/wh`), a place in a bucket
 * (`s3://bucket/wh`, `abfss://container@account.dfs.core.windows.net/wh`) or `memory:`.
 * Nothing is created before the first table is.
 *
 * @throws InvalidArgument for an unknown option or a malformed URI, Unsupported for a scheme that
 * this version has no store for.
 */
export async function connect(uri: string, options: ConnectOptions = {}): Promise<Catalog> {
  checkOptions(options, OPTIONS, 'connect')
  checkConnection(options, 'connect')
  throwIfAborted(options.signal)
  const env = systemEnv({ ...options.env, limits: { ...options.env?.limits, ...options.limits } })
  const { backend } = await openBackend(uri, options, env)
  return new Catalog(backend, makeContext(env, options, groupLimits(options.groupCommit)))
}

async function openBackend(
  uri: string,
  options: ConnectOptions,
  env: ReturnType<typeof systemEnv>,
): Promise<{ backend: CatalogBackend }> {
  const { fileCatalog } = await import('../catalog/file.js')
  const roots = { readRoots: options.readRoots ?? [], writeRoots: options.writeRoots ?? [] }
  if (uri === 'memory:' || uri.startsWith('memory:/')) {
    const { memoryStore } = await import('../store/memory.js')
    const warehouse = uri === 'memory:' ? 'memory:/warehouse' : uri
    const store = await aroundStore(options.store ?? memoryStore({ env }), options)
    return { backend: fileCatalog({ warehouse, store, env, ...roots }) }
  }
  if (options.store !== undefined) {
    const store = await aroundStore(options.store, options)
    return { backend: fileCatalog({ warehouse: uri, store, env, ...roots }) }
  }
  const remote = await remoteStore(uri, options, env)
  if (remote !== undefined) {
    const store = await aroundStore(remote, options)
    return { backend: fileCatalog({ warehouse: uri, store, env, ...roots }) }
  }
  const { localFolder } = await import('./local-path.js')
  const warehouse = await localFolder(uri)
  const { localStore } = await import('../store/local.js')
  const readRoots = await Promise.all(roots.readRoots.map(localFolder))
  const writeRoots = await Promise.all(roots.writeRoots.map(localFolder))
  const local = localStore({
    env,
    // Symbolic links may lead from one of these to another, and nowhere else.
    roots: [warehouse, ...readRoots, ...writeRoots],
    unsafeNoSync: options.unsafeNoSync === true,
  })
  const store = await aroundStore(local, options)
  return { backend: fileCatalog({ warehouse, store, env, readRoots, writeRoots }) }
}

function groupLimits(option: ConnectOptions['groupCommit']): GroupLimits | undefined {
  if (option === undefined || option === false) return undefined
  if (option === true) return defaultGroupLimits
  checkOptions(option, ['maxCalls', 'maxDelayMs'], 'connect: groupCommit')
  const { maxCalls, maxDelayMs } = { ...defaultGroupLimits, ...option }
  if (!(Number.isInteger(maxCalls) && maxCalls >= 1 && maxCalls <= 10_000)) {
    throw new InvalidArgument('connect: `groupCommit.maxCalls` must be an integer from 1 to 10000')
  }
  if (!(Number.isFinite(maxDelayMs) && maxDelayMs >= 0 && maxDelayMs <= 60_000)) {
    throw new InvalidArgument('connect: `groupCommit.maxDelayMs` must be from 0 to 60000')
  }
  return { maxCalls, maxDelayMs }
}
