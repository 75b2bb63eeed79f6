/** A set of keys of one or more columns, each with the latest sequence number that deleted it. */
import type { Mask } from '../filter/mask.js'
import { DenseKeys, valueAt } from './dense-keys.js'
import { finishHash, type KeyColumn, mix, mixHashes, type WordKeys } from './key-columns.js'
import { type KeyEquals, type KeyStore, keyStore, type WordStore } from './key-store.js'

/**
 * Open addressing over typed arrays: adding and looking up take constant time a row, and no object
 * is made for a row or a key.
 */
export class KeySet {
  readonly #seed: number
  #stores: readonly KeyStore[] | undefined
  /** Number of the key plus one, by slot; 0 is empty. A power of two long. */
  #table = new Int32Array(32)
  /** Bits by the upper part of the hash, eight for each slot: small enough for the cache. */
  #bits = new Int32Array(8)
  #shift = 24
  #hashes = new Int32Array(16)
  #sequences = new Float64Array(16)
  #size = 0
  /** Only while there is one column of integers that lie close together. */
  #dense: DenseKeys | undefined
  /** Number of keys from which on it is worth looking whether they do. */
  #denseFrom = 1

  /** `seed` makes the places of keys unpredictable. */
  constructor(seed: number) {
    this.#seed = seed
  }

  get size(): number {
    return this.#size
  }

  /** Bytes held. */
  get bytes(): number {
    const index =
      this.#table.byteLength + this.#bits.byteLength + (this.#dense?.bits.byteLength ?? 0)
    const own = index + this.#hashes.byteLength + this.#sequences.byteLength
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
      if (this.#dense !== undefined) this.#keepDense(columns[0] as WordKeys, row)
      if (hasMoved) equals = stores.map((store, at) => store.equals(columns[at]!))
    }
  }

  /** Clears the rows whose key was deleted after `sequence`. */
  clear(columns: readonly KeyColumn[], mask: Mask, sequence: number): void {
    const stores = this.#stores
    if (stores === undefined) return
    const [only] = columns
    if (columns.length === 1 && only?.kind === 'words' && only.width <= 2) {
      this.#clearWords(only, stores[0] as WordStore, mask, sequence)
      return
    }
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

  /** One column of up to 64 bits, the usual key: hashed, looked up and compared in one pass. */
  #clearWords(column: WordKeys, store: WordStore, mask: Mask, sequence: number): void {
    const { words, width, valid } = column
    const { words: kept, present } = store
    const table = this.#table
    const last = table.length - 1
    const seed = this.#seed
    const sequences = this.#sequences
    const bits = this.#bits
    const shift = this.#shift
    const isNullDeleted = valid !== undefined && this.#hasNull(column, valid, sequence)
    const dense = this.#denseKeys(store, width as 1 | 2)
    if (dense !== undefined) {
      if (isNullDeleted) for (let row = 0; row < mask.length; row += 1) mask[row]! &= valid[row]!
      const rows = new Int32Array(mask.length)
      const count = dense.candidates(column, mask.length, rows)
      for (let at = 0; at < count; at += 1) {
        const row = rows[at]!
        if (mask[row] === 0) continue
        const key = this.#wordKey(column, store, row)
        if (key >= 0 && sequences[key]! > sequence) mask[row] = 0
      }
      return
    }
    for (let row = 0; row < mask.length; row += 1) {
      if (mask[row] === 0) continue
      if (valid !== undefined && valid[row] === 0) {
        if (isNullDeleted) mask[row] = 0
        continue
      }
      const low = words[row * width]!
      const high = width === 2 ? words[2 * row + 1]! : 0
      const hash = finishHash(width === 2 ? mix(mix(seed, low), high) : mix(seed, low))
      // Most rows end here.
      const bit = hash >>> shift
      if (((bits[bit >>> 5]! >>> (bit & 31)) & 1) === 0) continue
      for (let slot = hash & last; ; slot = (slot + 1) & last) {
        const key = table[slot]! - 1
        if (key < 0) break
        if (kept[key * width] !== low || present[key] === 0) continue
        if (width === 2 && kept[2 * key + 1] !== high) continue
        if (sequences[key]! > sequence) mask[row] = 0
        break
      }
    }
  }

  /** Whether null was deleted after `sequence`, where the column has a null at all. */
  #hasNull(column: WordKeys, valid: Mask, sequence: number): boolean {
    const row = valid.indexOf(0)
    if (row < 0) return false
    const one: WordKeys = {
      ...column,
      words: column.words.subarray(row * column.width, (row + 1) * column.width),
      valid: new Uint8Array(1),
    }
    const [key] = this.find([one], 1)
    return key !== undefined && key >= 0 && this.#sequences[key]! > sequence
  }

  /** The number of each row's key, -1 where it is not in the set. */
  find(columns: readonly KeyColumn[], rows: number): Int32Array {
    const found = new Int32Array(rows).fill(-1)
    const stores = this.#stores
    if (stores === undefined) return found
    const [only] = columns
    if (columns.length === 1 && only?.kind === 'words' && only.width <= 2) {
      if (only.valid === undefined) {
        this.#findWords(only, stores[0] as WordStore, found)
        return found
      }
    }
    const hashes = this.#hashRows(columns, rows)
    const equals = stores.map((store, at) => store.equals(columns[at]!))
    const bits = this.#bits
    const shift = this.#shift
    for (let row = 0; row < rows; row += 1) {
      const hash = hashes[row]!
      const bit = hash >>> shift
      if (((bits[bit >>> 5]! >>> (bit & 31)) & 1) === 0) continue
      found[row] = this.#find(hash, equals, row)
    }
    return found
  }

  /** One column of up to 64 bits without nulls. */
  #findWords(column: WordKeys, store: WordStore, found: Int32Array): void {
    const { words, width } = column
    const { words: kept, present } = store
    const table = this.#table
    const last = table.length - 1
    const seed = this.#seed
    const bits = this.#bits
    const shift = this.#shift
    const dense = this.#denseKeys(store, width as 1 | 2)
    if (dense !== undefined) {
      const rows = new Int32Array(found.length)
      const count = dense.candidates(column, found.length, rows)
      for (let at = 0; at < count; at += 1) {
        const row = rows[at]!
        found[row] = this.#wordKey(column, store, row)
      }
      return
    }
    for (let row = 0; row < found.length; row += 1) {
      const low = words[row * width]!
      const high = width === 2 ? words[2 * row + 1]! : 0
      const hash = finishHash(width === 2 ? mix(mix(seed, low), high) : mix(seed, low))
      const bit = hash >>> shift
      if (((bits[bit >>> 5]! >>> (bit & 31)) & 1) === 0) continue
      for (let slot = hash & last; ; slot = (slot + 1) & last) {
        const key = table[slot]! - 1
        if (key < 0) break
        if (kept[key * width] !== low || present[key] === 0) continue
        if (width === 2 && kept[2 * key + 1] !== high) continue
        found[row] = key
        break
      }
    }
  }

  /** The number of the key of one row, which is not null; -1 where it is not in the set. */
  #wordKey({ words, width }: WordKeys, { words: kept, present }: WordStore, row: number): number {
    const table = this.#table
    const last = table.length - 1
    const low = words[row * width]!
    const high = width === 2 ? words[2 * row + 1]! : 0
    const seed = this.#seed
    const hash = finishHash(width === 2 ? mix(mix(seed, low), high) : mix(seed, low))
    for (let slot = hash & last; ; slot = (slot + 1) & last) {
      const key = table[slot]! - 1
      if (key < 0) return -1
      if (kept[key * width] !== low || present[key] === 0) continue
      if (width === 2 && kept[2 * key + 1] !== high) continue
      return key
    }
  }

  #denseKeys(store: WordStore, width: 1 | 2): DenseKeys | undefined {
    if (this.#dense === undefined && this.#size >= this.#denseFrom) {
      this.#denseFrom = this.#size * 2
      this.#dense = DenseKeys.of(store.words, width, store.present, this.#size)
    }
    return this.#dense
  }

  #keepDense({ words, width, valid }: WordKeys, row: number): void {
    if (valid !== undefined && valid[row] === 0) return
    if (this.#dense?.add(valueAt(words, width as 1 | 2, row)) === false) this.#dense = undefined
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
    const bit = hash >>> this.#shift
    this.#bits[bit >>> 5]! |= 1 << (bit & 31)
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
    const places = Math.min(2 ** 30, this.#table.length * 8)
    this.#bits = new Int32Array(places / 32)
    this.#shift = Math.clz32(places) + 1
    for (let key = 0; key < this.#size; key += 1) this.#place(hashes[key]!, key + 1)
  }

  #hashRows(columns: readonly KeyColumn[], rows: number): Int32Array {
    const hashes = new Int32Array(rows).fill(this.#seed)
    for (const column of columns) mixHashes(column, hashes, this.#seed)
    for (let i = 0; i < rows; i += 1) hashes[i] = finishHash(hashes[i]!)
    return hashes
  }
}
