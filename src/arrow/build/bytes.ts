/** Builders of strings, binaries and fixed-length bytes. */
import type { Data, DataType } from 'apache-arrow'
import { LimitExceeded } from '../../errors.js'
import { makeColumn } from '../layout.js'
import {
  acceptNull,
  BadValue,
  type BuilderColumn,
  type ColumnBuilder,
  grownCapacity,
  Nulls,
} from './column-builder.js'
import { type SlowPath, slowValue } from './fixed-width.js'

/** Largest value a 32-bit Arrow offset can hold. */
const offsetMax = 0x7fffffff
/** Below this many characters a loop beats `TextEncoder`. */
const shortText = 48

const surrogate = /[\ud800-\udfff]/
const loneSurrogate = /\p{Surrogate}/u

const encoder = new TextEncoder()

/** string, binary, geometry, geography. */
export class BytesBuilder implements ColumnBuilder {
  readonly type: DataType
  length = 0
  readonly #column: BuilderColumn
  readonly #nulls = new Nulls()
  readonly #text: boolean
  readonly #slow: SlowPath
  #offsets = new Int32Array(1024)
  #values = new Uint8Array(1024)
  #end = 0

  /** `slow` gives the bytes, or the text of a string column. */
  constructor(type: DataType, column: BuilderColumn, slow: SlowPath) {
    this.type = type
    this.#column = column
    this.#text = column.type.kind === 'string'
    this.#slow = slow
  }

  get bytes(): number {
    return this.#end + this.length * 4
  }

  append(values: readonly unknown[], count: number): void {
    if (this.length + count + 1 > this.#offsets.length) {
      const grown = new Int32Array(grownCapacity(this.#offsets.length, this.length + count + 1))
      grown.set(this.#offsets)
      this.#offsets = grown
    }
    const text = this.#text
    for (let i = 0; i < count; i++) {
      const value = values[i]
      if (text && typeof value === 'string') this.#putText(value, i)
      else if (!text && value instanceof Uint8Array) this.#putBytes(value)
      else if (!acceptNull(value, i, this.#column, this.#nulls, this.length)) {
        const converted = slowValue(this.#slow, value, i, this.#column)
        if (typeof converted === 'string') this.#putText(converted, i)
        else this.#putBytes(converted as Uint8Array)
      }
      this.#offsets[++this.length] = this.#end
    }
  }

  #putText(value: string, index: number): void {
    const length = value.length
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    this.#reserve(length * 3)
    const out = this.#values
    let at = this.#end
    if (length < shortText) {
      let i = 0
      for (; i < length; i++) {
        const unit = value.charCodeAt(i)
        if (unit >= 0x80) break
        out[at++] = unit
      }
      if (i === length) {
        this.#end = at
        return
      }
    }
    if (surrogate.test(value) && loneSurrogate.test(value)) {
      throw new BadValue(
        index,
        this.#column.path,
        value,
        'the text has half of a surrogate pair, which UTF-8 cannot hold',
      )
    }
    this.#end += encoder.encodeInto(value, out.subarray(this.#end)).written
  }

  #putBytes(value: Uint8Array): void {
    this.#reserve(value.byteLength)
    this.#values.set(value, this.#end)
    this.#end += value.byteLength
  }

  #reserve(more: number): void {
    const needed = this.#end + more
    if (needed <= this.#values.length) return
    if (needed > offsetMax) {
      throw new LimitExceeded(
        `column \`${this.#column.path.join('.')}\` holds more than 2 GiB in one batch of rows`,
        { details: { limit: 'arrowOffsets', max: offsetMax, actual: needed } },
      )
    }
    const capacity = Math.min(offsetMax, grownCapacity(this.#values.length, needed))
    const grown = new Uint8Array(capacity)
    grown.set(this.#values.subarray(0, this.#end))
    this.#values = grown
  }

  finish(): Data {
    const { length, type } = this
    const nullCount = this.#nulls.count
    const validity = this.#nulls.finish(length)
    const offsets = this.#offsets.subarray(0, length + 1)
    const values = this.#values.subarray(0, this.#end)
    this.#offsets = new Int32Array(length + 1)
    this.#values = new Uint8Array(this.#end)
    this.length = 0
    this.#end = 0
    return makeColumn(type, length, nullCount, { validity, offsets, values })
  }
}

/** uuid and fixed: the same number of bytes for every value. */
export class FixedBytesBuilder implements ColumnBuilder {
  readonly type: DataType
  length = 0
  readonly #column: BuilderColumn
  readonly #nulls = new Nulls()
  readonly #width: number
  readonly #slow: SlowPath
  #values = new Uint8Array(0)

  constructor(type: DataType, column: BuilderColumn, width: number, slow: SlowPath) {
    this.type = type
    this.#column = column
    this.#width = width
    this.#slow = slow
  }

  get bytes(): number {
    return this.length * this.#width
  }

  append(values: readonly unknown[], count: number): void {
    const width = this.#width
    const needed = (this.length + count) * width
    if (needed > this.#values.length) {
      const grown = new Uint8Array(grownCapacity(this.#values.length, needed))
      grown.set(this.#values)
      this.#values = grown
    }
    for (let i = 0; i < count; i++) {
      const value = values[i]
      const at = this.length++
      if (acceptNull(value, i, this.#column, this.#nulls, at)) continue
      const fits = value instanceof Uint8Array && value.byteLength === width
      const bytes = fits ? value : (slowValue(this.#slow, value, i, this.#column) as Uint8Array)
      this.#values.set(bytes, at * width)
    }
  }

  finish(): Data {
    const { length, type } = this
    const nullCount = this.#nulls.count
    const validity = this.#nulls.finish(length)
    const values = this.#values.subarray(0, length * this.#width)
    this.#values = new Uint8Array(length * this.#width)
    this.length = 0
    return makeColumn(type, length, nullCount, { validity, values })
  }
}
