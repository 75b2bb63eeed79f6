/** What every column builder shares: the seam, null tracking, growing buffers, bad values. */
import type { Data, DataType } from 'apache-arrow'
import type { Type } from '../../types/type.js'
import { describeValue } from '../../types/value-error.js'
import { bitmapBytes } from '../bits.js'

/** Stands for a member of a struct that is null itself: no value, and no complaint that it lacks. */
export const ABSENT: unique symbol = Symbol('absent')

/** Fills Arrow buffers with values of one column. After a `BadValue` it must not be used again. */
export interface ColumnBuilder {
  readonly type: DataType
  readonly length: number
  /** Bytes that the buffers hold so far. */
  readonly bytes: number
  /** Appends the first `count` values; null and undefined are null. Throws `BadValue`. */
  append(values: readonly unknown[], count: number): void
  /** What was appended since the last call, as a column of its own. */
  finish(): Data
}

/** What a builder must know of its column. */
export interface BuilderColumn {
  /** Names from the top-level column down, for messages. */
  readonly path: readonly string[]
  readonly type: Type
  readonly required: boolean
}

/** A value that does not fit, by its place among the values appended. Never leaves this folder. */
export class BadValue {
  readonly index: number
  readonly path: readonly string[]
  readonly value: unknown
  readonly reason: string
  constructor(index: number, path: readonly string[], value: unknown, reason: string) {
    this.index = index
    this.path = path
    this.value = value
    this.reason = reason
  }

  /** A value of the wrong kind. */
  static unfit(index: number, path: readonly string[], value: unknown, expected: string): BadValue {
    return new BadValue(index, path, value, `expected ${expected}, found ${describeValue(value)}`)
  }

  at(index: number): BadValue {
    return new BadValue(index, this.path, this.value, this.reason)
  }
}

/** Remembers which rows are null; rows that are not cost nothing. */
export class Nulls {
  count = 0
  #bits: Uint8Array | undefined

  mark(index: number): void {
    const byte = index >> 3
    let bits = this.#bits
    if (bits === undefined || byte >= bits.length) {
      const grown = new Uint8Array(Math.max(128, bitmapBytes(2 * (index + 1))))
      if (bits !== undefined) grown.set(bits)
      bits = grown
      this.#bits = grown
    }
    bits[byte] = bits[byte]! | (1 << (index & 7))
    this.count++
  }

  /** The validity bitmap of `length` rows, undefined when none is null; starts anew. */
  finish(length: number): Uint8Array | undefined {
    const nulls = this.#bits
    this.#bits = undefined
    const any = this.count > 0
    this.count = 0
    if (!any || nulls === undefined) return undefined
    const validity = new Uint8Array(bitmapBytes(length))
    const bytes = (length + 7) >> 3
    for (let i = 0; i < bytes; i++) validity[i] = ~nulls[i]!
    if ((length & 7) !== 0) validity[bytes - 1] = validity[bytes - 1]! & ((1 << (length & 7)) - 1)
    return validity
  }
}

/** Whether a value stands for null; throws `BadValue` for a null in a required column. */
export function acceptNull(
  value: unknown,
  index: number,
  column: BuilderColumn,
  nulls: Nulls,
  at: number,
): boolean {
  if (value === ABSENT) {
    if (!column.required) nulls.mark(at)
    return true
  }
  if (value !== null && value !== undefined) return false
  if (column.required) {
    throw new BadValue(
      index,
      column.path,
      value,
      value === null ? 'it is required but null' : 'it is required but missing',
    )
  }
  nulls.mark(at)
  return true
}

/** Capacity to grow to for `needed` elements. */
export function grownCapacity(capacity: number, needed: number): number {
  return Math.max(1024, needed, capacity * 2)
}
