import { Unsupported } from '../errors.js'
import { type Location, parseLocation, parseRecorded, relativeSegments } from './location.js'
import type { ObjectInfo, ReadOptions, Store } from './store.js'

interface Move {
  readonly from: Location
  /** The real folder, without a closing slash. */
  readonly to: string
}

/**
 * A view of `store` in which recorded locations stand for real ones: with `{ '/warehouse/x': './x' }`
 * (the right side already absolute) reading `/warehouse/x/data/a.parquet`, or the same as a `file:`
 * URI, opens `./x/data/a.parquet`. The longest prefix wins, by segment. Infos carry the location
 * asked for. Read only under a mapped prefix: a write there would record paths that do not exist.
 */
export function relocate(
  store: Store,
  mapping: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): Store {
  const entries = mapping instanceof Map ? [...mapping] : Object.entries(mapping)
  const moves: Move[] = entries
    .map(([from, to]) => ({ from: parseRecorded(from), to: to.replace(/\/+$/, '') }))
    .sort((a, b) => b.from.segments.length - a.from.segments.length)
  const real = (path: string): string => translate(path, moves) ?? path
  const refuse = (path: string): void => {
    if (translate(path, moves) === undefined) return
    throw new Unsupported('relocated-write', `${path} is relocated, so it can only be read`, {
      details: { path },
    })
  }
  const { localPath, findByPrefix, replace, deleteMany, close } = store
  return {
    head: async (path, options) => {
      const info = await store.head(real(path), options)
      return info && { ...info, path }
    },
    read: async (path, range, options) => store.read(real(path), range, options),
    list: (folder, options) => relabelled(store.list(real(folder), options), real(folder), folder),
    create: async (path, bytes) => {
      refuse(path)
      return store.create(path, bytes)
    },
    put: async (path, bytes) => {
      refuse(path)
      return store.put(path, bytes)
    },
    writer: async (path, options) => {
      refuse(path)
      return store.writer(path, options)
    },
    delete: async (path) => {
      refuse(path)
      return store.delete(path)
    },
    ...(findByPrefix && {
      findByPrefix: async (prefix: string, options?: ReadOptions) => {
        const found = await findByPrefix.call(store, real(prefix), options)
        return found.map((path) => prefix + path.slice(real(prefix).length))
      },
    }),
    ...(replace && {
      replace: async (path: string, bytes: Uint8Array, version: string) => {
        refuse(path)
        return replace.call(store, path, bytes, version)
      },
    }),
    ...(deleteMany && {
      deleteMany: async (paths: readonly string[], options?: ReadOptions) => {
        for (const path of paths) refuse(path)
        return deleteMany.call(store, paths, options)
      },
    }),
    ...(localPath && { localPath: (path: string) => localPath.call(store, real(path)) }),
    ...(close && { close: () => close.call(store) }),
  }
}

function translate(path: string, moves: readonly Move[]): string | undefined {
  if (moves.length === 0) return undefined
  const location = parseRecorded(path)
  for (const { from, to } of moves) {
    const below = relativeSegments(location, from)
    if (below !== undefined) return below.length === 0 ? to : `${to}/${below.join('/')}`
  }
  return undefined
}

async function* relabelled(
  infos: AsyncIterable<ObjectInfo>,
  realFolder: string,
  folder: string,
): AsyncIterable<ObjectInfo> {
  const from = parseLocation(realFolder)
  const base = folder.replace(/\/+$/, '')
  for await (const info of infos) {
    const below = relativeSegments(parseLocation(info.path), from)
    yield below === undefined ? info : { ...info, path: `${base}/${below.join('/')}` }
  }
}
