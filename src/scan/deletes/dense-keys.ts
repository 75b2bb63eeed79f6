/** Integer keys that lie close together, as bits: which of them there are is known without hashing. */
import type { WordKeys } from './key-columns.js'

/** Bits for each key at most: beyond, hashed bits need less memory. */
const BITS_PER_KEY = 256
/** 16 MiB. */
const BITS_MAX = 2 ** 27

export class DenseKeys {
  readonly min: number
  /** Difference of the greatest and the least key. */
  readonly span: number
  readonly bits: Int32Array

  private constructor(min: number, span: number) {
    this.min = min
    this.span = span
    this.bits = new Int32Array(Math.floor(span / 32) + 1)
  }

  /**
   * The bits of the keys in `words`, `width` words each, that are `present`; `undefined` when they
   * lie too far apart, or beyond 2^53.
   */
  static of(
    words: Int32Array,
    width: 1 | 2,
    present: Uint8Array,
    keys: number,
  ): DenseKeys | undefined {
    let min = Number.POSITIVE_INFINITY
    let max = Number.NEGATIVE_INFINITY
    for (let key = 0; key < keys; key += 1) {
      if (present[key] === 0) continue
      const value = valueAt(words, width, key)
      if (value < min) min = value
      if (value > max) max = value
    }
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max)) return undefined
    const span = max - min
    if (span >= Math.min(BITS_MAX, keys * BITS_PER_KEY)) return undefined
    const dense = new DenseKeys(min, span)
    for (let key = 0; key < keys; key += 1) {
      if (present[key] === 1) dense.add(valueAt(words, width, key))
    }
    return dense
  }

  /** False when the key lies outside: then the bits are of no use any more. */
  add(value: number): boolean {
    const at = value - this.min
    if (!(at >= 0 && at <= this.span)) return false
    this.bits[at >>> 5]! |= 1 << (at & 31)
    return true
  }

  /** Rows whose key may be there, into `rows`; gives how many. Null rows are left out. */
  candidates({ words, width, valid }: WordKeys, count: number, rows: Int32Array): number {
    const { min, span, bits } = this
    let found = 0
    for (let row = 0; row < count; row += 1) {
      const at =
        width === 2
          ? words[2 * row + 1]! * 4294967296 + (words[2 * row]! >>> 0) - min
          : words[row]! - min
      // Values beyond 2^53 are rounded, but never into the span of keys that are not.
      if (!(at >= 0 && at <= span)) continue
      if (((bits[at >>> 5]! >>> (at & 31)) & 1) === 0) continue
      if (valid !== undefined && valid[row] === 0) continue
      rows[found] = row
      found += 1
    }
    return found
  }
}

/** A key as a number: exact up to 2^53. */
export function valueAt(words: Int32Array, width: 1 | 2, key: number): number {
  return width === 2 ? words[2 * key + 1]! * 4294967296 + (words[2 * key]! >>> 0) : words[key]!
}
