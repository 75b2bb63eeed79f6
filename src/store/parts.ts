/** Parts of files in memory, by a budget of bytes; the least recently used go first. */

export interface Kept {
  /** Where in the file it begins. */
  readonly start: number
  readonly bytes: Uint8Array
  /** The whole file, so that its size is known. */
  readonly isWhole: boolean
}

/** What a part costs besides its bytes: its entry in two maps. */
const ENTRY_BYTES = 256

export class Parts {
  readonly #maxBytes: number
  /** All parts, least recently used first. */
  readonly #recency = new Map<Kept, string>()
  /** Of each file, by where they begin. */
  readonly #byName = new Map<string, Map<number, Kept>>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#recency.size
  }

  /** The whole file, or a part that begins where the range does and holds all of it. */
  find(name: string, range?: { readonly start: number; readonly end: number }): Kept | undefined {
    const parts = this.#byName.get(name)
    const first = parts?.get(0)
    const part = first?.isWhole === true || range === undefined ? first : parts?.get(range.start)
    if (part === undefined || !holds(part, range)) return undefined
    this.#recency.delete(part)
    this.#recency.set(part, name)
    return part
  }

  keep(name: string, part: Kept): void {
    const { start, bytes, isWhole } = part
    if (bytes.length + ENTRY_BYTES > this.#maxBytes) return
    if (this.find(name, isWhole ? undefined : { start, end: start + bytes.length })) return
    if (isWhole) this.forget(name)
    const shorter = this.#byName.get(name)?.get(start)
    if (shorter !== undefined) this.#drop(shorter, name)
    const parts = this.#byName.get(name) ?? new Map<number, Kept>()
    this.#byName.set(name, parts.set(start, part))
    this.#recency.set(part, name)
    this.#bytes += bytes.length + ENTRY_BYTES
    for (const [oldest, itsName] of this.#recency) {
      if (this.#bytes <= this.#maxBytes) break
      this.#drop(oldest, itsName)
    }
  }

  forget(name: string): void {
    for (const part of this.#byName.get(name)?.values() ?? []) this.#drop(part, name)
  }

  clear(): void {
    this.#recency.clear()
    this.#byName.clear()
    this.#bytes = 0
  }

  #drop(part: Kept, name: string): void {
    this.#recency.delete(part)
    this.#bytes -= part.bytes.length + ENTRY_BYTES
    const parts = this.#byName.get(name)
    parts?.delete(part.start)
    if (parts?.size === 0) this.#byName.delete(name)
  }
}

function holds(part: Kept, range: { readonly end: number } | undefined): boolean {
  return part.isWhole || (range !== undefined && range.end <= part.start + part.bytes.length)
}
