/** The values of one column of a set of keys, growing: what a key set compares rows with. */
import type { ByteKeys, KeyColumn, WordKeys } from './key-columns.js'

/** Compares kept values with the rows of one batch. */
export type KeyEquals = (kept: number, row: number) => boolean

export interface KeyStore {
  readonly bytes: number
  /** Keeps the value of a row, as the next one. True when what was kept has moved in memory. */
  add(column: KeyColumn, row: number): boolean
  equals(column: KeyColumn): KeyEquals
}

export function keyStore(column: KeyColumn): KeyStore {
  return column.kind === 'words' ? new WordStore(column.width) : new ByteStore()
}

export class WordStore implements KeyStore {
  readonly #width: number
  #words: Int32Array
  #present = new Uint8Array(16)
  #length = 0

  constructor(width: number) {
    this.#width = width
    this.#words = new Int32Array(16 * width)
  }

  /** The values kept so far, `width` words each; those that are null hold zeros. */
  get words(): Int32Array {
    return this.#words
  }

  /** 1 where a kept value is not null. */
  get present(): Uint8Array {
    return this.#present
  }

  get bytes(): number {
    return this.#words.byteLength + this.#present.byteLength
  }

  add(column: KeyColumn, row: number): boolean {
    const { words, valid } = column as WordKeys
    const width = this.#width
    const isFull = this.#length === this.#present.length
    if (isFull) this.#grow()
    const isPresent = valid === undefined || valid[row] === 1
    this.#present[this.#length] = isPresent ? 1 : 0
    for (let w = 0; isPresent && w < width; w += 1) {
      this.#words[this.#length * width + w] = words[row * width + w]!
    }
    this.#length += 1
    return isFull
  }

  equals(column: KeyColumn): KeyEquals {
    const { words, valid } = column as WordKeys
    const kept = this.#words
    const present = this.#present
    const width = this.#width
    return (at, row) => {
      const has = valid === undefined ? 1 : valid[row]!
      if (present[at] !== has) return false
      if (has === 0) return true
      for (let w = 0; w < width; w += 1) {
        if (kept[at * width + w] !== words[row * width + w]) return false
      }
      return true
    }
  }

  #grow(): void {
    this.#present = grown(this.#present, new Uint8Array(this.#present.length * 2))
    this.#words = grown(this.#words, new Int32Array(this.#words.length * 2))
  }
}

class ByteStore implements KeyStore {
  #bytes = new Uint8Array(256)
  #offsets = new Int32Array(17)
  #present = new Uint8Array(16)
  #length = 0

  get bytes(): number {
    return this.#bytes.byteLength + this.#offsets.byteLength + this.#present.byteLength
  }

  add(column: KeyColumn, row: number): boolean {
    const { bytes, offsets, codes, valid } = column as ByteKeys
    let hasMoved = this.#length === this.#present.length
    if (hasMoved) this.#grow()
    const isPresent = valid === undefined || valid[row] === 1
    this.#present[this.#length] = isPresent ? 1 : 0
    const start = this.#offsets[this.#length]!
    let end = start
    if (isPresent) {
      const value = codes === undefined ? row : codes[row]!
      const part = bytes.subarray(offsets[value]!, offsets[value + 1]!)
      end = start + part.length
      hasMoved = this.#reserve(end) || hasMoved
      this.#bytes.set(part, start)
    }
    this.#length += 1
    this.#offsets[this.#length] = end
    return hasMoved
  }

  equals(column: KeyColumn): KeyEquals {
    const { bytes, offsets, codes, valid } = column as ByteKeys
    const kept = this.#bytes
    const starts = this.#offsets
    const present = this.#present
    return (at, row) => {
      const has = valid === undefined ? 1 : valid[row]!
      if (present[at] !== has) return false
      if (has === 0) return true
      const value = codes === undefined ? row : codes[row]!
      const from = offsets[value]!
      const length = offsets[value + 1]! - from
      const start = starts[at]!
      if (starts[at + 1]! - start !== length) return false
      for (let i = 0; i < length; i += 1) if (kept[start + i] !== bytes[from + i]) return false
      return true
    }
  }

  #reserve(length: number): boolean {
    if (length <= this.#bytes.length) return false
    this.#bytes = grown(this.#bytes, new Uint8Array(Math.max(length, this.#bytes.length * 2)))
    return true
  }

  #grow(): void {
    this.#present = grown(this.#present, new Uint8Array(this.#present.length * 2))
    this.#offsets = grown(this.#offsets, new Int32Array(this.#present.length + 1))
  }
}

function grown<T extends Uint8Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
