import type { Env } from '../env/env.js'
import { throwIfAborted } from '../env/system-env.js'
import { AlreadyExists, MoraineError, StoreUnavailable } from '../errors.js'
import type { StoreOperation } from '../store/observe.js'
import type { CreateOutcome, ObjectInfo, ObjectWriter, ReadOptions, Store } from '../store/store.js'
import { concatBytes } from '../util/bytes.js'
import { type FaultKind, type FaultPlan, READS } from './faults.js'

export interface FaultyStoreOptions {
  readonly env: Env
  readonly plan: FaultPlan
  /** Longest pause of a `slow` call, milliseconds. Default 10 s. */
  readonly slowMsMax?: number
  /** Calls after which a zombie write is applied at the latest. Default 20. */
  readonly zombieCallsMax?: number
}

export interface FaultyStore extends Store {
  /** Calls so far. */
  readonly calls: number
  /** Whether a crash fault has fired: no call is applied any more. */
  readonly crashed: boolean
  /** How often each fault fired on each operation: `create:lost-ack` → 3. */
  fired(): ReadonlyMap<string, number>
  /** Applies every write that is still on its way. */
  settle(): Promise<void>
}

/** A store whose calls go wrong by plan: one process's view of `store`. */
export function faultyStore(store: Store, options: FaultyStoreOptions): FaultyStore {
  return new Faults(store, options)
}

interface Zombie {
  calls: number
  readonly apply: () => Promise<unknown>
}

class Faults implements FaultyStore {
  calls = 0
  crashed = false
  readonly findByPrefix?: (prefix: string, options?: ReadOptions) => Promise<readonly string[]>
  readonly #store: Store
  readonly #options: FaultyStoreOptions
  readonly #fired = new Map<string, number>()
  #zombies: Zombie[] = []
  #newest: string | undefined

  constructor(store: Store, options: FaultyStoreOptions) {
    this.#store = store
    this.#options = options
    if (store.findByPrefix !== undefined) {
      this.findByPrefix = (prefix, asked) => this.#findByPrefix(prefix, asked)
    }
  }

  fired(): ReadonlyMap<string, number> {
    return new Map(this.#fired)
  }

  async settle(): Promise<void> {
    const zombies = this.#zombies
    this.#zombies = []
    for (const zombie of zombies) await zombie.apply().catch(() => undefined)
  }

  async head(path: string, options?: ReadOptions): Promise<ObjectInfo | undefined> {
    return this.#read('head', path, async (fault) => {
      if (fault === 'stale' && path === this.#newest) return undefined
      return this.#store.head(path, options)
    })
  }

  async read(
    path: string,
    range?: { readonly start: number; readonly end: number },
    options?: ReadOptions & { readonly maxBytes?: number },
  ): Promise<Uint8Array> {
    return this.#read('read', path, async (fault) => {
      if (fault === 'stale' && path === this.#newest) throw unavailable('read', path, fault)
      const bytes = await this.#store.read(path, range, options)
      return damaged(bytes, fault, this.#int(bytes.length))
    })
  }

  async *list(
    folder: string,
    options?: ReadOptions & { readonly recursive?: boolean },
  ): AsyncIterable<ObjectInfo> {
    const infos = await this.#read('list', folder, async (fault) => {
      const found: ObjectInfo[] = []
      for await (const info of this.#store.list(folder, options)) {
        if (fault !== 'stale' || info.path !== this.#newest) found.push(info)
      }
      return fault === 'truncated' ? found.slice(0, found.length >> 1) : found
    })
    yield* infos
  }

  /** An answer that was cut is an error: it may not pass for a whole one. */
  async #findByPrefix(prefix: string, options?: ReadOptions): Promise<readonly string[]> {
    return this.#read('findByPrefix', prefix, async (fault) => {
      if (fault === 'truncated') throw unavailable('findByPrefix', prefix, fault)
      const found = (await this.#store.findByPrefix?.(prefix, options)) ?? []
      return fault === 'stale' ? found.filter((path) => path !== this.#newest) : found
    })
  }

  async create(path: string, bytes: Uint8Array): Promise<CreateOutcome> {
    const lost = (cause: unknown): CreateOutcome => ({ outcome: 'unknown', cause })
    return this.#write<CreateOutcome>('create', path, () => this.#store.create(path, bytes), lost)
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    return this.#write('put', path, () => this.#store.put(path, bytes), rethrow)
  }

  async delete(path: string): Promise<void> {
    return this.#write('delete', path, () => this.#store.delete(path), rethrow)
  }

  /** The bytes are kept until `close`, which is the call that can go wrong. */
  async writer(path: string, options?: ReadOptions): Promise<ObjectWriter> {
    this.#checkAlive('writer', path)
    throwIfAborted(options?.signal)
    const chunks: Uint8Array[] = []
    const store = async (): Promise<ObjectInfo> => {
      const writer = await this.#store.writer(path, options)
      await writer.write(chunks.length === 1 ? (chunks[0] as Uint8Array) : concatBytes(chunks))
      return writer.close()
    }
    return {
      path,
      write: async (bytes) => {
        this.#checkAlive('write', path)
        chunks.push(bytes.slice())
      },
      close: () => this.#write('close', path, store, rethrow),
      abort: async () => {
        chunks.length = 0
      },
    }
  }

  localPath?(path: string): string | undefined {
    return this.#store.localPath?.(path)
  }

  async #read<T>(
    operation: StoreOperation,
    path: string,
    call: (fault: FaultKind | undefined) => Promise<T>,
  ): Promise<T> {
    const fault = await this.#begin(operation, path)
    switch (fault) {
      case 'fail-before':
      case 'lost-ack':
      case 'zombie':
      case 'throttle':
        throw unavailable(operation, path, fault)
      case 'duplicate':
        await call(undefined)
        return call(undefined)
      default:
        return call(fault)
    }
  }

  async #write<T>(
    operation: StoreOperation,
    path: string,
    apply: () => Promise<T>,
    lost: (cause: MoraineError) => T,
  ): Promise<T> {
    const fault = await this.#begin(operation, path)
    if (fault === undefined) {
      const result = await apply()
      this.#newest = path
      return result
    }
    const error = unavailable(operation, path, fault)
    if (fault === 'throttle') throw error
    if (fault === 'zombie') {
      const calls = 1 + this.#int(this.#options.zombieCallsMax ?? 20)
      this.#zombies.push({ calls, apply })
      return lost(error)
    }
    if (fault === 'fail-before' || fault === 'truncated' || fault === 'corrupted')
      return lost(error)
    const result = await apply()
    this.#newest = path
    if (fault === 'lost-ack' || fault === 'stale') return lost(error)
    if (fault === 'crash-after') return lost(this.#crash(operation, path))
    return fault === 'duplicate' ? this.#again(apply, result, lost) : result
  }

  /**
   * A repeated request: its answer is the one that is heard. When the repetition is refused, what is
   * heard says nothing of the request that was applied before it (S3).
   */
  async #again<T>(apply: () => Promise<T>, first: T, lost: (cause: MoraineError) => T): Promise<T> {
    try {
      return await apply()
    } catch (error) {
      if (error instanceof AlreadyExists) return first
      if (!(error instanceof MoraineError)) throw error
      return lost(error)
    }
  }

  async #begin(operation: StoreOperation, path: string): Promise<FaultKind | undefined> {
    this.#checkAlive(operation, path)
    const index = this.calls++
    await this.#ageZombies()
    const fault = this.#options.plan({ index, operation, path })
    if (fault === undefined) return undefined
    const key = `${operation}:${fault}`
    this.#fired.set(key, (this.#fired.get(key) ?? 0) + 1)
    if (fault === 'slow') {
      await this.#options.env.sleep(this.#int(this.#options.slowMsMax ?? 10_000))
      this.#checkAlive(operation, path)
    }
    if (fault === 'crash-before' || (fault === 'crash-after' && READS.has(operation))) {
      throw this.#crash(operation, path)
    }
    return fault
  }

  async #ageZombies(): Promise<void> {
    const due = this.#zombies.filter((zombie) => --zombie.calls <= 0)
    if (due.length === 0) return
    this.#zombies = this.#zombies.filter((zombie) => zombie.calls > 0)
    for (const zombie of due) await zombie.apply().catch(() => undefined)
  }

  #crash(operation: StoreOperation, path: string): MoraineError {
    this.crashed = true
    return unavailable(operation, path, 'crash')
  }

  #checkAlive(operation: StoreOperation, path: string): void {
    if (this.crashed) throw unavailable(operation, path, 'crash')
  }

  #int(n: number): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#options.env.randomBytes(4)
    return n <= 0 ? 0 : (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) % n
  }
}

function rethrow(cause: MoraineError): never {
  throw cause
}

function damaged(bytes: Uint8Array, fault: FaultKind | undefined, at: number): Uint8Array {
  if (fault === 'truncated') return cut(bytes, at)
  if (fault !== 'corrupted' || bytes.length === 0) return bytes
  const copy = bytes.slice()
  copy[at] = (copy[at] as number) ^ 0x01
  return copy
}

const AVRO_SYNC_BYTES = 16

/**
 * The bytes up to `at`. An Avro file that ends behind a block passes for whole, as no store may let it
 * (S6): then one byte more is missing.
 */
function cut(bytes: Uint8Array, at: number): Uint8Array {
  const left = bytes.slice(0, at)
  const end = left.subarray(-AVRO_SYNC_BYTES)
  const sync = bytes.subarray(-AVRO_SYNC_BYTES)
  const looksWhole =
    end.length === AVRO_SYNC_BYTES && end.every((byte, index) => byte === sync[index])
  return looksWhole ? left.subarray(0, -1) : left
}

function unavailable(operation: StoreOperation, path: string, fault: string): StoreUnavailable {
  return new StoreUnavailable(`simulated ${fault} on ${operation} of ${path}`, {
    details: { operation, path, fault },
  })
}
