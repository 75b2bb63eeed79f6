import type { Env } from '../env/env.js'
import { throwIfAborted } from '../env/system-env.js'
import { AlreadyExists } from '../errors.js'
import { concatBytes } from '../util/bytes.js'
import { canonicalLocation, type Location, parseLocation, relativeSegments } from './location.js'
import { checkedRange, missingFile } from './read-options.js'
import type { ObjectInfo, ObjectWriter, ReadOptions, ReplaceOutcome, Store } from './store.js'

interface Entry {
  readonly path: string
  readonly location: Location
  readonly bytes: Uint8Array
  readonly modifiedMs: number
  readonly version: string
}

/** A store that keeps its objects in memory. Nothing in it outlives the process. */
export interface MemoryStore extends Store {
  /** What it holds now, by location as written. For tests and tools. */
  files(): ReadonlyMap<string, Uint8Array>
}

export interface MemoryStoreOptions {
  /** Supplies the clock of `modifiedMs`. Without it objects have no time. */
  readonly env?: Pick<Env, 'nowMs'>
}

/** Any scheme is accepted; equal locations are one object however they are spelled. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new MemoryObjects(options.env)
}

/**
 * The same for readers that neither change nor transfer what they get: an object that is read whole is
 * given as it is kept. Simulations read many.
 */
export function sharingMemoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new MemoryObjects(options.env, 'shared')
}

class MemoryObjects implements MemoryStore {
  readonly #entries = new Map<string, Entry>()
  readonly #env: Pick<Env, 'nowMs'> | undefined
  readonly #reads: 'copied' | 'shared'
  #writes = 0

  constructor(env: Pick<Env, 'nowMs'> | undefined, reads: 'copied' | 'shared' = 'copied') {
    this.#env = env
    this.#reads = reads
  }

  files(): ReadonlyMap<string, Uint8Array> {
    return new Map([...this.#entries.values()].map((entry) => [entry.path, entry.bytes]))
  }

  async head(path: string, options: ReadOptions = {}): Promise<ObjectInfo | undefined> {
    throwIfAborted(options.signal)
    const entry = this.#entries.get(keyOf(path))
    return entry === undefined ? undefined : { ...infoOf(entry), path, version: entry.version }
  }

  async read(
    path: string,
    range?: { readonly start: number; readonly end: number },
    options: ReadOptions & { readonly maxBytes?: number; readonly limitName?: string } = {},
  ): Promise<Uint8Array> {
    throwIfAborted(options.signal)
    const entry = this.#entries.get(keyOf(path))
    if (entry === undefined) throw missingFile(path)
    const { start, end } = checkedRange(path, entry.bytes.length, range, options)
    const { bytes } = entry
    if (this.#reads === 'shared' && start === 0 && end === bytes.length) return bytes
    // A copy: callers may transfer or change what they get.
    return bytes.slice(start, end)
  }

  async *list(
    folder: string,
    options: ReadOptions & { readonly recursive?: boolean } = {},
  ): AsyncIterable<ObjectInfo> {
    const root = parseLocation(folder)
    const base = folder.replace(/\/+$/, '')
    const folders = new Set<string>()
    for (const entry of [...this.#entries.values()]) {
      throwIfAborted(options.signal)
      const below = relativeSegments(entry.location, root)
      if (below === undefined || below.length === 0) continue
      if (options.recursive === false && below.length > 1) {
        const path = `${base}/${below[0]}`
        if (folders.has(path)) continue
        folders.add(path)
        yield { path, sizeBytes: 0, modifiedMs: undefined, isFolder: true }
      } else {
        yield { ...infoOf(entry), path: `${base}/${below.join('/')}` }
      }
    }
  }

  async create(path: string, bytes: Uint8Array): Promise<{ outcome: 'created' | 'exists' }> {
    if (this.#entries.has(keyOf(path))) return { outcome: 'exists' }
    this.#set(path, bytes.slice())
    return { outcome: 'created' }
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    this.#set(path, bytes.slice())
  }

  async replace(path: string, bytes: Uint8Array, version: string): Promise<ReplaceOutcome> {
    if (this.#entries.get(keyOf(path))?.version !== version) return { outcome: 'changed' }
    return { outcome: 'replaced', version: this.#set(path, bytes.slice()).version }
  }

  async writer(path: string, options: ReadOptions = {}): Promise<ObjectWriter> {
    throwIfAborted(options.signal)
    keyOf(path)
    const chunks: Uint8Array[] = []
    return {
      path,
      write: async (bytes) => {
        throwIfAborted(options.signal)
        chunks.push(bytes.slice())
      },
      close: async () => {
        throwIfAborted(options.signal)
        if (this.#entries.has(keyOf(path))) {
          throw new AlreadyExists(`${path} exists already`, { details: { path } })
        }
        return { ...infoOf(this.#set(path, joined(chunks))), path }
      },
      abort: async () => {
        chunks.length = 0
      },
    }
  }

  async delete(path: string): Promise<void> {
    this.#entries.delete(keyOf(path))
  }

  #set(path: string, bytes: Uint8Array): Entry {
    const location = parseLocation(path)
    const version = `${++this.#writes}`
    const entry = { path, location, bytes, modifiedMs: this.#env?.nowMs() ?? 0, version }
    this.#entries.set(canonicalLocation(location), entry)
    return entry
  }
}

/** Chunks that nobody else has. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : concatBytes(chunks)
}

const keys = new WeakMap<Location, string>()

function keyOf(path: string): string {
  const location = parseLocation(path)
  let key = keys.get(location)
  if (key === undefined) {
    key = canonicalLocation(location)
    keys.set(location, key)
  }
  return key
}

function infoOf(entry: Entry): ObjectInfo {
  return { path: entry.path, sizeBytes: entry.bytes.length, modifiedMs: entry.modifiedMs }
}
