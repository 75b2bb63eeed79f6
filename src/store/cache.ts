import { throwIfAborted } from '../env/system-env.js'
import { InvalidArgument, MoraineError } from '../errors.js'
import { canonicalLocation, parseLocation } from './location.js'
import { type Kept, Parts } from './parts.js'
import { type ByteRange, checkedRange } from './read-options.js'
import { SharedReads } from './shared-reads.js'
import type { ObjectWriter, ReadOptions, Store } from './store.js'

export interface CacheOptions {
  /** Bytes kept at most, above 0. The least recently used go first. */
  readonly maxBytes: number
  /** Largest part that is kept, bytes. Default: an eighth of `maxBytes`, at most 8 MiB. */
  readonly maxEntryBytes?: number
  /**
   * Whether the file of this name never changes. Default: manifests, data and delete files, by their
   * endings (`.avro`, `.parquet`, `.orc`, `.puffin`), whose names hold a random number.
   */
  readonly isImmutable?: (path: string) => boolean
}

/** What a cache did so far, and holds now. */
export interface CacheStats {
  /** Reads answered from memory. */
  readonly hits: number
  /** Reads of files that never change which went to the store. */
  readonly misses: number
  /** Reads answered by the same read of another caller, on its way already. */
  readonly shared: number
  readonly entries: number
  readonly bytes: number
}

export interface CachedStore extends Store {
  stats(): CacheStats
  /** Forgets what was kept. */
  clear(): void
}

type ReadBounds = ReadOptions & { readonly maxBytes?: number; readonly limitName?: string }

/**
 * Keeps parts of files that never change: manifests, footers, small pages. Reads of one part at a time
 * share one request; each caller gets bytes of its own and obeys its own signal. Names that may change
 * (version hints, metadata slots) are always read from the store, as are `head` and listings.
 *
 * A file that another process deletes may still be read from memory: whoever checks what a store holds
 * does so without a cache. What is written or deleted through this store is forgotten at once.
 *
 * @throws InvalidArgument for an option that cannot be meant.
 */
export function cache(store: Store, options: CacheOptions): CachedStore {
  const cached = new CachedReads(store, options)
  const forget = (path: string): void => cached.forget(path)
  const { localPath, removeEmptyFolders, findByPrefix, replace, deleteMany, close } = store
  return {
    stats: () => cached.stats(),
    clear: () => cached.clear(),
    head: (path, opts) => store.head(path, opts),
    read: (path, range, opts) => cached.read(path, range, opts),
    list: (folder, opts) => store.list(folder, opts),
    create: (path, bytes) => around(() => store.create(path, bytes), [path], forget),
    put: (path, bytes) => around(() => store.put(path, bytes), [path], forget),
    writer: async (path, opts) => forgetting(await store.writer(path, opts), forget),
    delete: (path) => around(() => store.delete(path), [path], forget),
    ...(findByPrefix && {
      findByPrefix: (prefix: string, opts?: ReadOptions) => findByPrefix.call(store, prefix, opts),
    }),
    ...(replace && {
      replace: (path: string, bytes: Uint8Array, version: string) =>
        around(() => replace.call(store, path, bytes, version), [path], forget),
    }),
    ...(deleteMany && {
      deleteMany: (paths: readonly string[], opts?: ReadOptions) =>
        around(() => deleteMany.call(store, paths, opts), paths, forget),
    }),
    ...(removeEmptyFolders && {
      removeEmptyFolders: (folder: string) => removeEmptyFolders.call(store, folder),
    }),
    ...(localPath && { localPath: (path: string) => localPath.call(store, path) }),
    ...(close && {
      close: () => {
        cached.clear()
        return close.call(store)
      },
    }),
  }
}

/** Forgotten before and after: a read that began in between may have seen either. */
async function around<T>(
  call: () => Promise<T>,
  paths: readonly string[],
  forget: (path: string) => void,
): Promise<T> {
  for (const path of paths) forget(path)
  try {
    return await call()
  } finally {
    for (const path of paths) forget(path)
  }
}

function forgetting(writer: ObjectWriter, forget: (path: string) => void): ObjectWriter {
  const { path } = writer
  return {
    path,
    write: (bytes) => writer.write(bytes),
    close: () => around(() => writer.close(), [path], forget),
    abort: () => writer.abort(),
  }
}

const IMMUTABLE = /\.(avro|parquet|orc|puffin)$/
const ENTRY_MAX_BYTES = 8 * 1024 * 1024

class CachedReads {
  readonly #store: Store
  readonly #parts: Parts
  readonly #shared = new SharedReads()
  readonly #maxEntryBytes: number
  readonly #isImmutable: (path: string) => boolean
  #hits = 0
  #misses = 0
  #joined = 0

  constructor(store: Store, options: CacheOptions) {
    const { maxBytes, maxEntryBytes, isImmutable } = options
    if (!(Number.isSafeInteger(maxBytes) && maxBytes > 0)) bad('maxBytes', 'a number of bytes')
    if (
      maxEntryBytes !== undefined &&
      !(Number.isSafeInteger(maxEntryBytes) && maxEntryBytes > 0 && maxEntryBytes <= maxBytes)
    ) {
      bad('maxEntryBytes', 'a number of bytes, not above `maxBytes`')
    }
    this.#store = store
    this.#parts = new Parts(maxBytes)
    this.#maxEntryBytes = maxEntryBytes ?? Math.min(ENTRY_MAX_BYTES, Math.ceil(maxBytes / 8))
    this.#isImmutable = isImmutable ?? ((path) => IMMUTABLE.test(path))
  }

  stats(): CacheStats {
    const { count: entries, bytes } = this.#parts
    return { hits: this.#hits, misses: this.#misses, shared: this.#joined, entries, bytes }
  }

  clear(): void {
    this.#parts.clear()
    this.#shared.clear()
  }

  forget(path: string): void {
    const name = nameOf(path)
    if (name === undefined) return
    this.#parts.forget(name)
    this.#shared.forget(name)
  }

  async read(
    path: string,
    range: ByteRange | undefined,
    options: ReadBounds = {},
  ): Promise<Uint8Array> {
    throwIfAborted(options.signal)
    const name = this.#isImmutable(path) ? nameOf(path) : undefined
    // Nothing, or less: the store says what is wrong with it.
    if (name === undefined || (range !== undefined && range.end <= range.start)) {
      return this.#store.read(path, range, options)
    }
    const kept = this.#parts.find(name, range)
    if (kept !== undefined) return this.#fromMemory(path, kept, range, options)
    if (range !== undefined && range.end - range.start > this.#maxEntryBytes) {
      this.#misses++
      return this.#store.read(path, range, options)
    }
    return this.#fetch(name, path, range, options)
  }

  #fromMemory(
    path: string,
    kept: Kept,
    range: ByteRange | undefined,
    options: ReadBounds,
  ): Uint8Array {
    this.#hits++
    const size = kept.isWhole ? kept.bytes.length : (range?.end ?? 0)
    const { start, end } = checkedRange(path, size, range, options)
    return kept.bytes.slice(start - kept.start, end - kept.start)
  }

  async #fetch(
    name: string,
    path: string,
    range: ByteRange | undefined,
    options: ReadBounds,
  ): Promise<Uint8Array> {
    const { signal, ...bounds } = options
    const part = range === undefined ? 'whole' : `${range.start}-${range.end}`
    // Bounds belong to the question: another caller's may have another answer.
    const key = `${part} ${bounds.maxBytes ?? ''} ${bounds.limitName ?? ''}`
    const read = this.#shared.join(name, key, (own) =>
      this.#store.read(path, range, { ...bounds, signal: own }),
    )
    if (read.isFirst) this.#misses++
    else this.#joined++
    const bytes = await read.result(signal)
    // The first one keeps it, unless the file was written or deleted meanwhile.
    const keeps = read.isCurrent() && bytes.length <= this.#maxEntryBytes
    read.end()
    if (!keeps && read.isAlone()) return bytes
    const start = range?.start ?? 0
    if (keeps) this.#parts.keep(name, { start, bytes, isWhole: range === undefined })
    return bytes.slice()
  }
}

/** One name for all spellings of a place; undefined for what the store will refuse. */
function nameOf(path: string): string | undefined {
  try {
    return canonicalLocation(parseLocation(path))
  } catch (error) {
    if (error instanceof MoraineError) return undefined
    throw error
  }
}

function bad(option: string, want: string): never {
  throw new InvalidArgument(`cache: option \`${option}\` must be ${want}`, {
    details: { where: 'cache', option },
  })
}
