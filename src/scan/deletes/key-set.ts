/** A set of keys of one or more columns, each with the latest sequence number that deleted it. */
import type { Mask } from '../filter/mask.js'
import { finishHash, type KeyColumn, mixHashes } from './key-columns.js'
import { type KeyEquals, type KeyStore, keyStore } from './key-store.js'

/**
 * Open addressing over typed arrays: adding and looking up take constant time a row, and no object
 * is made for a row or a key.
 */
export class KeySet {
  readonly #seed: number
  #stores: readonly KeyStore[] | undefined
  /** Number of the key plus one, by slot; 0 is empty. A power of two long. */
  #table = new Int32Array(32)
  #hashes = new Int32Array(16)
  #sequences = new Float64Array(16)
  #size = 0

  /** `seed` makes the places of keys unpredictable. */
  constructor(seed: number) {
    this.#seed = seed
  }

  get size(): number {
    return this.#size
  }

  /** Bytes held. */
  get bytes(): number {
    const own = this.#table.byteLength + this.#hashes.byteLength + this.#sequences.byteLength
    return (this.#stores ?? []).reduce((sum, store) => sum + store.bytes, own)
  }

  /**
   * Adds a key for each row; one that is known keeps the later sequence number. `onKey` is told the
   * number of each row's key: 0 for the first that was added.
   */
  add(
    columns: readonly KeyColumn[],
    rows: number,
    sequence: number,
    onKey?: (row: number, key: number) => void,
  ): void {
    this.#stores ??= columns.map(keyStore)
    const stores = this.#stores
    const hashes = this.#hashRows(columns, rows)
    let equals = stores.map((store, at) => store.equals(columns[at]!))
    for (let row = 0; row < rows; row += 1) {
      const hash = hashes[row]!
      const known = this.#find(hash, equals, row)
      if (known >= 0) {
        if (this.#sequences[known]! < sequence) this.#sequences[known] = sequence
        onKey?.(row, known)
        continue
      }
      let hasMoved = false
      for (let at = 0; at < stores.length; at += 1) {
        if (stores[at]!.add(columns[at]!, row)) hasMoved = true
      }
      onKey?.(row, this.#size)
      this.#insert(hash, sequence)
      if (hasMoved) equals = stores.map((store, at) => store.equals(columns[at]!))
    }
  }

  /** Clears the rows whose key was deleted after `sequence`. */
  clear(columns: readonly KeyColumn[], mask: Mask, sequence: number): void {
    const stores = this.#stores
    if (stores === undefined) return
    const hashes = this.#hashRows(columns, mask.length)
    const equals = stores.map((store, at) => store.equals(columns[at]!))
    const table = this.#table
    const last = table.length - 1
    for (let row = 0; row < mask.length; row += 1) {
      if (mask[row] === 0) continue
      const hash = hashes[row]!
      // Most rows end here: their slot is empty.
      if (table[hash & last] === 0) continue
      const found = this.#find(hash, equals, row)
      if (found >= 0 && this.#sequences[found]! > sequence) mask[row] = 0
    }
  }

  /** The number of each row's key, -1 where it is not in the set. */
  find(columns: readonly KeyColumn[], rows: number): Int32Array {
    const found = new Int32Array(rows).fill(-1)
    const stores = this.#stores
    if (stores === undefined) return found
    const hashes = this.#hashRows(columns, rows)
    const equals = stores.map((store, at) => store.equals(columns[at]!))
    for (let row = 0; row < rows; row += 1) found[row] = this.#find(hashes[row]!, equals, row)
    return found
  }

  #find(hash: number, equals: readonly KeyEquals[], row: number): number {
    const table = this.#table
    const last = table.length - 1
    for (let slot = hash & last; ; slot = (slot + 1) & last) {
      const key = table[slot]! - 1
      if (key < 0) return -1
      if (this.#hashes[key] !== hash) continue
      let same = true
      for (let at = 0; same && at < equals.length; at += 1) same = equals[at]!(key, row)
      if (same) return key
    }
  }

  #insert(hash: number, sequence: number): void {
    if (this.#size === this.#hashes.length) this.#grow()
    this.#hashes[this.#size] = hash
    this.#sequences[this.#size] = sequence
    this.#size += 1
    this.#place(hash, this.#size)
  }

  #place(hash: number, key: number): void {
    const table = this.#table
    const last = table.length - 1
    let slot = hash & last
    while (table[slot] !== 0) slot = (slot + 1) & last
    table[slot] = key
  }

  /** At most half of the table is in use. */
  #grow(): void {
    const hashes = new Int32Array(this.#size * 2)
    hashes.set(this.#hashes)
    const sequences = new Float64Array(this.#size * 2)
    sequences.set(this.#sequences)
    this.#hashes = hashes
    this.#sequences = sequences
    this.#table = new Int32Array(this.#size * 4)
    for (let key = 0; key < this.#size; key += 1) this.#place(hashes[key]!, key + 1)
  }

  #hashRows(columns: readonly KeyColumn[], rows: number): Int32Array {
    const hashes = new Int32Array(rows).fill(this.#seed)
    for (const column of columns) mixHashes(column, hashes, this.#seed)
    for (let i = 0; i < rows; i += 1) hashes[i] = finishHash(hashes[i]!)
    return hashes
  }
}
