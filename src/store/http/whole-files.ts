/** Files of a server without ranges, kept so that each of their parts costs no whole file. */
export class WholeFiles {
  readonly #maxBytes: number
  readonly #files = new Map<string, Uint8Array>()
  #bytes = 0

  /** Holds `maxBytes` at most; the file used longest ago goes first. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get(path: string): Uint8Array | undefined {
    const bytes = this.#files.get(path)
    if (bytes === undefined) return undefined
    this.#files.delete(path)
    this.#files.set(path, bytes)
    return bytes
  }

  keep(path: string, bytes: Uint8Array): void {
    this.#drop(path)
    if (bytes.length > this.#maxBytes) return
    this.#files.set(path, bytes)
    this.#bytes += bytes.length
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= this.#maxBytes) break
      this.#drop(oldest)
    }
  }

  #drop(path: string): void {
    this.#bytes -= this.#files.get(path)?.length ?? 0
    this.#files.delete(path)
  }
}
