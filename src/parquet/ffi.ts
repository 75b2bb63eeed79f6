import { badPage } from './page-errors.js'

/**
 * A reader of the Arrow C data interface over 32-bit wasm memory. Views it gives are valid until the
 * array is released or the memory grows: copy what is kept.
 */
export class FfiArray {
  readonly length: number
  readonly nullCount: number
  readonly #memory: DataView
  readonly #offset: number
  readonly #buffers: readonly number[]
  readonly #children: readonly number[]

  /** `address` is that of a struct ArrowArray. */
  constructor(memory: DataView, address: number) {
    this.#memory = memory
    this.length = Number(memory.getBigInt64(address, true))
    this.nullCount = Number(memory.getBigInt64(address + 8, true))
    this.#offset = Number(memory.getBigInt64(address + 16, true))
    const bufferCount = Number(memory.getBigInt64(address + 24, true))
    const childCount = Number(memory.getBigInt64(address + 32, true))
    this.#buffers = this.#pointers(memory.getUint32(address + 40, true), bufferCount)
    this.#children = this.#pointers(memory.getUint32(address + 44, true), childCount)
    if (this.#offset !== 0) badPage('parquet-wasm gave a sliced array')
  }

  #pointers(at: number, count: number): number[] {
    return Array.from({ length: count }, (_, i) => this.#memory.getUint32(at + 4 * i, true))
  }

  get childCount(): number {
    return this.#children.length
  }

  child(index: number): FfiArray {
    const address = this.#children[index]
    return address === undefined
      ? badPage('parquet-wasm gave too few columns')
      : new FfiArray(this.#memory, address)
  }

  /** A copy of the first `bytes` bytes of a buffer. */
  copy(buffer: number, bytes: number): Uint8Array {
    const address = this.#buffers[buffer]
    if (address === undefined) return badPage('parquet-wasm gave too few buffers')
    if (bytes === 0) return new Uint8Array(0)
    const { buffer: memory } = this.#memory
    return new Uint8Array(memory, address, bytes).slice()
  }

  /** The validity bitmap; undefined when nothing is null. */
  validity(): Uint8Array | undefined {
    if (this.nullCount === 0 || this.#buffers[0] === 0) return undefined
    return this.copy(0, (this.length + 7) >> 3)
  }

  /** The `length + 1` offsets of strings, lists and maps. */
  offsets(): Int32Array {
    if (this.length === 0) return new Int32Array(1)
    return new Int32Array(this.copy(1, (this.length + 1) * 4).buffer)
  }
}
