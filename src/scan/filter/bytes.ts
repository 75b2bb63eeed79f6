/**
 * Comparisons of string, binary, fixed and uuid columns by unsigned bytes, which for UTF-8 is the
 * order of code points (expressions spec: "Comparisons").
 */
import type { CompareOp } from '../../expr/predicate.js'
import type { Mask } from './mask.js'

/** Where the bytes of each row are: offsets for variable width, a stride for fixed width. */
export interface ByteColumn {
  readonly bytes: Uint8Array
  /** `rows + 1` offsets, or undefined when every value has `width` bytes. */
  readonly offsets: Int32Array | undefined
  readonly width: number
}

function order(bytes: Uint8Array, start: number, end: number, to: Uint8Array): number {
  const shared = Math.min(end - start, to.length)
  for (let k = 0; k < shared; k += 1) {
    const difference = bytes[start + k]! - to[k]!
    if (difference !== 0) return difference
  }
  return end - start - to.length
}

function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false
  for (let k = 0; k < prefix.length; k += 1) if (bytes[start + k] !== prefix[k]) return false
  return true
}

/** Clears the rows whose bytes do not compare. */
export function compareBytesColumn(
  op: CompareOp,
  column: ByteColumn,
  to: Uint8Array,
  mask: Mask,
): void {
  const { bytes, offsets, width } = column
  for (let i = 0; i < mask.length; i += 1) {
    if (mask[i] !== 1) continue
    const start = offsets === undefined ? i * width : offsets[i]!
    const end = offsets === undefined ? start + width : offsets[i + 1]!
    mask[i] = holds(op, bytes, start, end, to) ? 1 : 0
  }
}

function holds(
  op: CompareOp,
  bytes: Uint8Array,
  start: number,
  end: number,
  to: Uint8Array,
): boolean {
  switch (op) {
    case 'eq':
      return end - start === to.length && startsWith(bytes, start, end, to)
    case 'ne':
      return end - start !== to.length || !startsWith(bytes, start, end, to)
    case 'lt':
      return order(bytes, start, end, to) < 0
    case 'lte':
      return order(bytes, start, end, to) <= 0
    case 'gt':
      return order(bytes, start, end, to) > 0
    case 'gte':
      return order(bytes, start, end, to) >= 0
    case 'startsWith':
      return startsWith(bytes, start, end, to)
    case 'notStartsWith':
      return !startsWith(bytes, start, end, to)
  }
}

/** A set of byte strings by hash (FNV-1a), for `in` on string and binary columns. */
export class ByteSet {
  readonly #buckets = new Map<number, Uint8Array[]>()

  constructor(values: Iterable<Uint8Array>) {
    for (const value of values) {
      const key = hash(value, 0, value.length)
      const bucket = this.#buckets.get(key)
      if (bucket === undefined) this.#buckets.set(key, [value])
      else bucket.push(value)
    }
  }

  has(bytes: Uint8Array, start: number, end: number): boolean {
    const bucket = this.#buckets.get(hash(bytes, start, end))
    if (bucket === undefined) return false
    for (const value of bucket) {
      if (value.length === end - start && startsWith(bytes, start, end, value)) return true
    }
    return false
  }
}

function hash(bytes: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5
  for (let i = start; i < end; i += 1) h = Math.imul(h ^ bytes[i]!, 0x01000193)
  return h
}

/** Clears the rows outside the set (`wanted` 1) or in it (`wanted` 0). */
export function bytesIn(column: ByteColumn, set: ByteSet, wanted: 0 | 1, mask: Mask): void {
  const { bytes, offsets, width } = column
  for (let i = 0; i < mask.length; i += 1) {
    if (mask[i] !== 1) continue
    const start = offsets === undefined ? i * width : offsets[i]!
    const end = offsets === undefined ? start + width : offsets[i + 1]!
    mask[i] = (set.has(bytes, start, end) ? 1 : 0) ^ wanted ^ 1
  }
}
