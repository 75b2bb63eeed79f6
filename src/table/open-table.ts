import { type OpenedTable, type OpenOptions, openedTarget, openMetadata } from '../catalog/open.js'
import type { CommitTarget } from '../commit/commit-target.js'
import type { EnvOverrides, Limits } from '../env/env.js'
import { systemEnv } from '../env/system-env.js'
import { InvalidArgument, Unsupported } from '../errors.js'
import { confine } from '../store/confine.js'
import type { HttpOptions } from '../store/http/config.js'
import {
  baseName,
  parentOf,
  parseLocation,
  parseRecorded,
  sameLocation,
} from '../store/location.js'
import { relocate } from '../store/relocate.js'
import type { Store } from '../store/store.js'
import type { UnknownSchema } from '../types/infer.js'
import { checkOptions } from '../util/check-options.js'
import { AROUND_STORE_OPTIONS, type AroundStoreOptions, aroundStore } from './around-store.js'
import { checkConnection } from './connection-options.js'
import { makeContext } from './context.js'
import { httpPlace, httpRoot, isHttpUrl } from './http-place.js'
import { localFolder } from './local-path.js'
import { REMOTE_OPTIONS, type RemoteOptions, remoteStore } from './remote-store.js'
import { Table } from './table.js'

export interface OpenTableOptions extends RemoteOptions, AroundStoreOptions {
  /** Recorded prefixes and where they are now: `{ '/warehouse/x': './x' }`. Then read only. */
  readonly relocate?: Readonly<Record<string, string>>
  /** A store to use in place of the one that the location names. */
  readonly store?: Store
  /** Further places that may be read. */
  readonly readRoots?: readonly string[]
  readonly workers?: number
  /** As for `connect`. */
  readonly memoryLimit?: number
  readonly limits?: Partial<Limits>
  readonly env?: EnvOverrides
  /** Headers, a signed query … for an `https://` location. */
  readonly http?: HttpOptions
  readonly signal?: AbortSignal
}

const OPTIONS = [
  'relocate',
  'store',
  'readRoots',
  'workers',
  'memoryLimit',
  'limits',
  'env',
  ...REMOTE_OPTIONS,
  ...AROUND_STORE_OPTIONS,
  'http',
  'signal',
] as const

/**
 * Opens a table by its folder, or by one of its metadata files, without a catalog. A folder that
 * holds numbered metadata versions (`v7.metadata.json`) can be written to; every other layout, and a table that is not
 * where it was written, is read only.
 *
 * @throws NotFound('table') when there is no table, Unsupported for a newer format version,
 * CorruptData for metadata that breaks the format.
 */
export async function openTable(
  location: string,
  options: OpenTableOptions = {},
): Promise<Table<UnknownSchema>> {
  checkOptions(options, OPTIONS, 'openTable')
  checkConnection(options, 'openTable')
  const { relocate: moves } = options
  if (moves !== undefined && (typeof moves !== 'object' || moves === null)) {
    throw new InvalidArgument(
      "openTable: option `relocate` must be an object: { '/was': './is' }",
      {
        details: { where: 'openTable', option: 'relocate' },
      },
    )
  }
  const env = systemEnv({ ...options.env, limits: { ...options.env?.limits, ...options.limits } })
  const { store: bare, path, readOnly } = await baseStore(location, options, env)
  const base = await aroundStore(bare, options)
  const given = await absoluteTargets(options)
  const signal = options.signal
  const first = given.size > 0 ? relocate(base, given) : base
  const believeHint = isHttpUrl(path)
  const opened = await openMetadata(path, { store: first, env, signal, believeHint })
  const moved = given.size > 0 ? new Map<string, string>() : movedFrom(opened)
  const mapping = new Map([...given, ...moved])
  const { metadata } = opened.table
  const readOnlyReason =
    readOnly ??
    opened.readOnly ??
    (mapping.size > 0 ? 'its recorded location is not where it was opened' : undefined)
  const store = confinedStore(mapping.size > 0 ? relocate(base, mapping) : base, {
    opened,
    mapping,
    readRoots: await absoluteRoots(options),
    isReadOnly: readOnlyReason !== undefined,
  })
  const context = makeContext(env, options)
  return new Table<UnknownSchema>({
    identifier: { namespace: [], name: baseName(metadata.location) || 'table' },
    loaded: opened.table,
    target: targetOf(opened, path, { store: first, env, believeHint }, readOnlyReason),
    readOnlyReason,
    context: { ...context, store },
    close: context.close,
    loadVersion: async () => {
      throw new Unsupported('metadata-version', 'open the metadata file of that version instead')
    },
  })
}

async function baseStore(
  location: string,
  options: OpenTableOptions,
  env: ReturnType<typeof systemEnv>,
): Promise<{ readonly store: Store; readonly path: string; readonly readOnly?: string }> {
  if (options.store !== undefined) return { store: options.store, path: location }
  // Each refuses its options with a location that is not its own.
  const web = await httpPlace(location, options.http, env)
  const remote = await remoteStore(location, options, env)
  if (web !== undefined) return web
  if (remote !== undefined) return { store: remote, path: location }
  const path = await localFolder(location)
  const { localStore } = await import('../store/local.js')
  const targets = (await absoluteTargets(options)).values()
  const roots = [folderOf(path), ...targets, ...(await absoluteRoots(options))]
  return { store: localStore({ env, roots }), path }
}

/** Like the targets of relocation, `readRoots` are the user's own spelling. */
async function absoluteRoots(options: OpenTableOptions): Promise<readonly string[]> {
  const given = options.readRoots ?? []
  return options.store === undefined ? Promise.all(given.map(absolutePlace)) : given
}

/** Local spellings are made absolute; places in a bucket are so already. */
async function absolutePlace(place: string): Promise<string> {
  if (isHttpUrl(place)) return httpRoot(place)
  return /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(place) ? place : localFolder(place)
}

/** The table folder of a metadata file; the folder itself. Symbolic links may not lead out of it. */
function folderOf(path: string): string {
  if (!/\.metadata\.json(\.gz)?$/.test(path)) return path
  const folder = parentOf(path)
  return baseName(folder) === 'metadata' ? parentOf(folder) : folder
}

/** Targets of relocation are the user's own spelling of local folders: made absolute. */
async function absoluteTargets(options: OpenTableOptions): Promise<ReadonlyMap<string, string>> {
  const entries = Object.entries(options.relocate ?? {})
  if (options.store !== undefined) return new Map(entries)
  const resolved = await Promise.all(
    entries.map(async ([from, to]) => [from, await absolutePlace(to)] as const),
  )
  return new Map(resolved)
}

/** A table whose folder was moved or copied is read from where it is. */
function movedFrom(opened: OpenedTable): ReadonlyMap<string, string> {
  const { location } = opened.table.metadata
  const here = parseLocation(opened.location)
  if (sameLocation(parseRecorded(location), here)) return new Map()
  return new Map([[location, opened.location]])
}

function confinedStore(
  store: Store,
  places: {
    readonly opened: OpenedTable
    readonly mapping: ReadonlyMap<string, string>
    readonly readRoots: readonly string[]
    readonly isReadOnly: boolean
  },
): Store {
  const { opened, mapping, readRoots } = places
  return confine(store, {
    // Not the recorded location: what metadata says never widens access.
    readRoots: [opened.location, ...mapping.keys(), ...readRoots],
    writeRoots: places.isReadOnly ? [] : [opened.location],
  })
}

function targetOf(
  opened: OpenedTable,
  path: string,
  options: Omit<OpenOptions, 'signal'>,
  readOnlyReason: string | undefined,
): CommitTarget {
  if (readOnlyReason === undefined) return openedTarget(opened, options)
  return {
    load: async (signal) => (await openMetadata(path, { ...options, signal })).table,
    publish: async () => {
      throw new Unsupported('read-only-table', `this table is read-only here: ${readOnlyReason}`)
    },
  }
}
