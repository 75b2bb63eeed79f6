import { Aborted } from '../../errors.js'

interface Entry<T> {
  readonly loading: Promise<T>
  bytes: number
  value: T | undefined
}

/**
 * Things that are loaded once and shared, the least recently used let go when they take too much
 * memory. A load that fails is forgotten; one that was aborted is tried again by those who were not.
 */
export class SharedLoads<T extends { readonly bytes: number }> {
  readonly #entries = new Map<string, Entry<T>>()
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  async get(key: string, signal: AbortSignal | undefined, load: () => Promise<T>): Promise<T> {
    for (;;) {
      const known = this.#entries.get(key)
      if (known === undefined) return this.#load(key, load)
      // The latest used is the last.
      this.#entries.delete(key)
      this.#entries.set(key, known)
      try {
        return await known.loading
      } catch (error) {
        if (this.#entries.get(key) === known) this.#entries.delete(key)
        if (!isAborted(error) || signal?.aborted === true) throw error
      }
    }
  }

  /** What is kept under a key has grown. */
  resized(key: string): void {
    const entry = this.#entries.get(key)
    if (entry?.value === undefined) return
    this.#bytes += entry.value.bytes - entry.bytes
    entry.bytes = entry.value.bytes
    this.#shrink(key)
  }

  async #load(key: string, load: () => Promise<T>): Promise<T> {
    const entry: Entry<T> = { loading: load(), bytes: 0, value: undefined }
    this.#entries.set(key, entry)
    try {
      entry.value = await entry.loading
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
      throw error
    }
    if (this.#entries.get(key) === entry) this.resized(key)
    return entry.value
  }

  #shrink(except: string): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) return
      if (key === except || entry.value === undefined) continue
      this.#bytes -= entry.bytes
      this.#entries.delete(key)
    }
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof Aborted
}
