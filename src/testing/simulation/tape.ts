import type { CreateOutcome, ObjectInfo, ObjectWriter, Store } from '../../store/store.js'
import { concatBytes } from '../../util/bytes.js'

/** A change that was applied to the store itself, whoever was told of it. */
export interface TapeEvent {
  readonly operation: 'create' | 'put' | 'close' | 'delete'
  readonly path: string
  /** The bytes that are there from now on; undefined after a delete. */
  readonly bytes: Uint8Array | undefined
  /** The bytes that were there before. */
  readonly before: Uint8Array | undefined
  readonly actor: string
}

/** Names that `findByPrefix` gives at most. */
const FOUND_MAX = 100

/** Everything that was ever applied, in order: what the checker believes in place of any answer. */
export class Tape {
  readonly events: TapeEvent[] = []
  readonly #now = new Map<string, Uint8Array>()

  /** What is stored now, by path. */
  get files(): ReadonlyMap<string, Uint8Array> {
    return this.#now
  }

  /**
   * `store`, with what `actor` changes on the tape. With `finds` it finds names by prefix in one
   * request, as object stores do.
   */
  record(store: Store, actor: string, finds = false): Store {
    return {
      ...(finds && { findByPrefix: async (prefix: string) => this.#beginningWith(prefix) }),
      head: (path, options) => store.head(path, options),
      read: (path, range, options) => store.read(path, range, options),
      list: (folder, options) => store.list(folder, options),
      create: async (path, bytes): Promise<CreateOutcome> => {
        const result = await store.create(path, bytes)
        if (result.outcome === 'created') this.#set('create', path, bytes, actor)
        return result
      },
      put: async (path, bytes) => {
        await store.put(path, bytes)
        this.#set('put', path, bytes, actor)
      },
      delete: async (path) => {
        await store.delete(path)
        this.#set('delete', path, undefined, actor)
      },
      writer: async (path, options) => this.#writer(await store.writer(path, options), actor),
    }
  }

  #beginningWith(prefix: string): readonly string[] {
    const found: string[] = []
    for (const path of this.#now.keys()) if (path.startsWith(prefix)) found.push(path)
    return found.sort().slice(0, FOUND_MAX)
  }

  #writer(writer: ObjectWriter, actor: string): ObjectWriter {
    const chunks: Uint8Array[] = []
    return {
      path: writer.path,
      write: async (bytes) => {
        // The faulty store keeps its own copy of what it was given, and never changes it.
        chunks.push(bytes)
        await writer.write(bytes)
      },
      close: async (): Promise<ObjectInfo> => {
        const info = await writer.close()
        const [only, second] = chunks
        const whole = only !== undefined && second === undefined ? only : concatBytes(chunks)
        this.#set('close', writer.path, whole, actor)
        return info
      },
      abort: () => writer.abort(),
    }
  }

  #set(
    operation: TapeEvent['operation'],
    path: string,
    bytes: Uint8Array | undefined,
    actor: string,
  ): void {
    const before = this.#now.get(path)
    this.events.push({ operation, path, bytes, before, actor })
    if (bytes === undefined) this.#now.delete(path)
    else this.#now.set(path, bytes)
  }
}
