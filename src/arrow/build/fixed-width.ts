/** Builders of columns whose values are 1 bit, 4, 8 or 16 bytes wide. */
import type { Data, DataType } from 'apache-arrow'
import { bitmapBytes, setBit } from '../bits.js'
import { makeColumn } from '../layout.js'
import {
  acceptNull,
  BadValue,
  type BuilderColumn,
  type ColumnBuilder,
  grownCapacity,
  Nulls,
} from './column-builder.js'

/** Converts an unusual value to the column's datum, or throws an error whose message says why not. */
export type SlowPath = (value: unknown) => unknown

export class BooleanBuilder implements ColumnBuilder {
  readonly type: DataType
  length = 0
  readonly #column: BuilderColumn
  readonly #nulls = new Nulls()
  #bits = new Uint8Array(128)

  constructor(type: DataType, column: BuilderColumn) {
    this.type = type
    this.#column = column
  }

  get bytes(): number {
    return this.length >> 2
  }

  append(values: readonly unknown[], count: number): void {
    const needed = bitmapBytes(this.length + count)
    if (needed > this.#bits.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bits.length))
      grown.set(this.#bits)
      this.#bits = grown
    }
    for (let i = 0; i < count; i++) {
      const value = values[i]
      if (value === true) setBit(this.#bits, this.length)
      else if (value !== false && !acceptNull(value, i, this.#column, this.#nulls, this.length)) {
        throw BadValue.unfit(i, this.#column.path, value, 'boolean')
      }
      this.length++
    }
  }

  finish(): Data {
    const { length, type } = this
    const nullCount = this.#nulls.count
    const validity = this.#nulls.finish(length)
    const data = makeColumn(type, length, nullCount, { validity, values: this.#bits })
    this.#bits = new Uint8Array(128)
    this.length = 0
    return data
  }
}

type Numbers = Int32Array | Float32Array | Float64Array

/** int, date, float, double, and decimals kept in 32 bits: values that are JavaScript numbers. */
export class NumberBuilder implements ColumnBuilder {
  readonly type: DataType
  length = 0
  readonly #column: BuilderColumn
  readonly #nulls = new Nulls()
  readonly #fast: (value: unknown) => number | undefined
  readonly #slow: SlowPath
  #values: Numbers

  /** `fast` gives undefined for what it leaves to `slow`. */
  constructor(
    type: DataType,
    column: BuilderColumn,
    fast: (value: unknown) => number | undefined,
    slow: SlowPath,
  ) {
    this.type = type
    this.#column = column
    this.#fast = fast
    this.#slow = slow
    this.#values = new (type.ArrayType as new (length: number) => Numbers)(0)
  }

  get bytes(): number {
    return this.length * this.#values.BYTES_PER_ELEMENT
  }

  append(values: readonly unknown[], count: number): void {
    this.#reserve(this.length + count)
    const out = this.#values
    const fast = this.#fast
    let at = this.length
    for (let i = 0; i < count; i++) {
      const value = values[i]
      const number = fast(value)
      if (number !== undefined) out[at] = number
      else if (!acceptNull(value, i, this.#column, this.#nulls, at)) {
        out[at] = slowValue(this.#slow, value, i, this.#column) as number
      }
      at++
    }
    this.length = at
  }

  #reserve(needed: number): void {
    if (needed <= this.#values.length) return
    const ArrayType = this.#values.constructor as new (length: number) => Numbers
    const grown = new ArrayType(grownCapacity(this.#values.length, needed))
    grown.set(this.#values)
    this.#values = grown
  }

  finish(): Data {
    const { length, type } = this
    const nullCount = this.#nulls.count
    const validity = this.#nulls.finish(length)
    const values = this.#values.subarray(0, length)
    const ArrayType = this.#values.constructor as new (length: number) => Numbers
    this.#values = new ArrayType(length)
    this.length = 0
    return makeColumn(type, length, nullCount, { validity, values })
  }
}

/** Runs the slow path and turns its error into a `BadValue`. */
export function slowValue(
  slow: SlowPath,
  value: unknown,
  index: number,
  column: BuilderColumn,
): unknown {
  try {
    return slow(value)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BadValue(index, column.path, value, reason)
  }
}

const two32 = 4294967296

/**
 * long, time, timestamps, and decimals of up to 18 digits: 64-bit integers. A fast path may give a
 * number (a safe integer) or a bigint (surely in range).
 */
export class LongBuilder implements ColumnBuilder {
  readonly type: DataType
  length = 0
  readonly #column: BuilderColumn
  readonly #nulls = new Nulls()
  readonly #fast: (value: unknown) => number | bigint | undefined
  readonly #slow: SlowPath
  #values = new BigInt64Array(0)
  #halves = new Int32Array(0)

  constructor(
    type: DataType,
    column: BuilderColumn,
    fast: (value: unknown) => number | bigint | undefined,
    slow: SlowPath,
  ) {
    this.type = type
    this.#column = column
    this.#fast = fast
    this.#slow = slow
  }

  get bytes(): number {
    return this.length * 8
  }

  append(values: readonly unknown[], count: number): void {
    this.#reserve(this.length + count)
    const fast = this.#fast
    const out = this.#values
    const halves = this.#halves
    let at = this.length
    for (let i = 0; i < count; i++) {
      const value = values[i]
      const integer = fast(value)
      if (typeof integer === 'number') {
        // Halves are far cheaper than a BigInt, and little-endian is what Arrow wants.
        const high = Math.floor(integer / two32)
        halves[2 * at] = integer - high * two32
        halves[2 * at + 1] = high
      } else if (integer !== undefined) out[at] = integer
      else if (!acceptNull(value, i, this.#column, this.#nulls, at)) {
        out[at] = slowValue(this.#slow, value, i, this.#column) as bigint
      }
      at++
    }
    this.length = at
  }

  #reserve(needed: number): void {
    if (needed <= this.#values.length) return
    const grown = new BigInt64Array(grownCapacity(this.#values.length, needed))
    grown.set(this.#values)
    this.#values = grown
    this.#halves = new Int32Array(grown.buffer)
  }

  finish(): Data {
    const { length, type } = this
    const nullCount = this.#nulls.count
    const validity = this.#nulls.finish(length)
    const values = this.#values.subarray(0, length)
    this.#values = new BigInt64Array(length)
    this.#halves = new Int32Array(this.#values.buffer)
    this.length = 0
    return makeColumn(type, length, nullCount, { validity, values })
  }
}

/** Decimals in 128-bit little-endian two's complement. */
export class Decimal128Builder implements ColumnBuilder {
  readonly type: DataType
  length = 0
  readonly #column: BuilderColumn
  readonly #nulls = new Nulls()
  readonly #fast: (value: unknown) => number | undefined
  readonly #slow: SlowPath
  #values = new BigInt64Array(0)
  #words = new Int32Array(0)

  constructor(
    type: DataType,
    column: BuilderColumn,
    fast: (value: unknown) => number | undefined,
    slow: SlowPath,
  ) {
    this.type = type
    this.#column = column
    this.#fast = fast
    this.#slow = slow
  }

  get bytes(): number {
    return this.length * 16
  }

  append(values: readonly unknown[], count: number): void {
    this.#reserve(2 * (this.length + count))
    for (let i = 0; i < count; i++) {
      const value = values[i]
      const at = this.length++
      const integer = this.#fast(value)
      if (integer !== undefined) this.#putNumber(integer, at)
      else if (!acceptNull(value, i, this.#column, this.#nulls, at)) {
        const unscaled = slowValue(this.#slow, value, i, this.#column) as bigint
        this.#values[2 * at] = BigInt.asIntN(64, unscaled)
        this.#values[2 * at + 1] = unscaled >> 64n
      }
    }
  }

  #putNumber(integer: number, at: number): void {
    const high = Math.floor(integer / two32)
    const sign = high < 0 ? -1 : 0
    this.#words[4 * at] = integer - high * two32
    this.#words[4 * at + 1] = high
    this.#words[4 * at + 2] = sign
    this.#words[4 * at + 3] = sign
  }

  #reserve(needed: number): void {
    if (needed <= this.#values.length) return
    const grown = new BigInt64Array(grownCapacity(this.#values.length, needed))
    grown.set(this.#values)
    this.#values = grown
    this.#words = new Int32Array(grown.buffer)
  }

  finish(): Data {
    const { length, type } = this
    const nullCount = this.#nulls.count
    const validity = this.#nulls.finish(length)
    const values = new Uint32Array(this.#values.buffer, 0, 4 * length)
    this.#values = new BigInt64Array(2 * length)
    this.#words = new Int32Array(this.#values.buffer)
    this.length = 0
    return makeColumn(type, length, nullCount, { validity, values })
  }
}

/** The column type `unknown`: nothing but nulls. */
export class NullBuilder implements ColumnBuilder {
  readonly type: DataType
  readonly bytes = 0
  length = 0
  readonly #column: BuilderColumn

  constructor(type: DataType, column: BuilderColumn) {
    this.type = type
    this.#column = column
  }

  append(values: readonly unknown[], count: number): void {
    for (let i = 0; i < count; i++) {
      const value = values[i]
      if (value !== null && value !== undefined && typeof value !== 'symbol') {
        throw BadValue.unfit(i, this.#column.path, value, 'null, the only value of type unknown')
      }
    }
    this.length += count
  }

  finish(): Data {
    const length = this.length
    this.length = 0
    return makeColumn(this.type, length, length, {})
  }
}
