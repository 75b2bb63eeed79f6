/** Builders of lists and maps: members are flattened and handed on. */
import type { Data, DataType, Map_ } from 'apache-arrow'
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
import { earlier, isCollection } from './struct.js'

/** Largest value a 32-bit Arrow offset can hold. */
const offsetMax = 0x7fffffff

/** Offsets, nulls and the flattened members that lists and maps share. */
class Repeats {
  length = 0
  readonly nulls = new Nulls()
  readonly scratch: unknown[] = []
  #offsets = new Int32Array(1024)
  #end = 0

  reserve(count: number): void {
    if (this.length + count + 1 <= this.#offsets.length) return
    const grown = new Int32Array(grownCapacity(this.#offsets.length, this.length + count + 1))
    grown.set(this.#offsets)
    this.#offsets = grown
  }

  push(size: number, column: BuilderColumn): void {
    this.#end += size
    if (this.#end > offsetMax) {
      throw new LimitExceeded(
        `column \`${column.path.join('.')}\` holds too many elements in one batch of rows`,
        { details: { limit: 'arrowOffsets', max: offsetMax, actual: this.#end } },
      )
    }
    this.#offsets[++this.length] = this.#end
  }

  /** The position among the last `count` values that holds the child value at `index`. */
  owner(index: number, count: number): number {
    const first = this.length - count
    const base = this.#offsets[first]!
    let at = 0
    while (at < count - 1 && this.#offsets[first + at + 1]! - base <= index) at++
    return at
  }

  finish(type: DataType, children: readonly Data[]): Data {
    const { length } = this
    const nullCount = this.nulls.count
    const validity = this.nulls.finish(length)
    const offsets = this.#offsets.subarray(0, length + 1)
    this.#offsets = new Int32Array(length + 1)
    this.#end = 0
    this.length = 0
    return makeColumn(type, length, nullCount, { validity, offsets, children })
  }
}

function appendChild(
  child: ColumnBuilder,
  values: unknown[],
  repeats: Repeats,
  count: number,
): void {
  try {
    child.append(values, values.length)
  } catch (error) {
    throw error instanceof BadValue ? error.at(repeats.owner(error.index, count)) : error
  }
}

/** Lists from arrays and typed arrays. */
export class ListBuilder implements ColumnBuilder {
  readonly type: DataType
  readonly #column: BuilderColumn
  readonly #element: ColumnBuilder
  readonly #repeats = new Repeats()

  constructor(type: DataType, column: BuilderColumn, element: ColumnBuilder) {
    this.type = type
    this.#column = column
    this.#element = element
  }

  get length(): number {
    return this.#repeats.length
  }

  get bytes(): number {
    return this.#element.bytes + this.length * 4
  }

  append(values: readonly unknown[], count: number): void {
    const repeats = this.#repeats
    const scratch = repeats.scratch
    scratch.length = 0
    repeats.reserve(count)
    let worst: BadValue | undefined
    for (let i = 0; i < count; i++) {
      const list = elementsOf(values[i])
      if (list !== undefined) {
        for (let k = 0; k < list.length; k++) scratch.push(list[k])
      } else worst = earlier(worst, this.#notAList(values[i], i))
      repeats.push(list?.length ?? 0, this.#column)
    }
    try {
      appendChild(this.#element, scratch, repeats, count)
    } catch (error) {
      worst = earlier(worst, error)
    }
    if (worst !== undefined) throw worst
  }

  #notAList(value: unknown, index: number): BadValue | undefined {
    try {
      if (acceptNull(value, index, this.#column, this.#repeats.nulls, this.length)) return undefined
    } catch (error) {
      return earlier(undefined, error)
    }
    return BadValue.unfit(index, this.#column.path, value, 'an array')
  }

  finish(): Data {
    return this.#repeats.finish(this.type, [this.#element.finish()])
  }
}

function elementsOf(value: unknown): ArrayLike<unknown> | undefined {
  if (Array.isArray(value)) return value
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return value as unknown as ArrayLike<unknown>
  }
  return undefined
}

/** Maps from `Map`, from arrays of `[key, value]`, and with string keys from plain objects. */
export class MapBuilder implements ColumnBuilder {
  readonly type: DataType
  readonly #column: BuilderColumn
  readonly #entriesType: DataType
  readonly #key: ColumnBuilder
  readonly #value: ColumnBuilder
  readonly #stringKeys: boolean
  readonly #repeats = new Repeats()
  readonly #values: unknown[] = []

  constructor(type: DataType, column: BuilderColumn, key: ColumnBuilder, value: ColumnBuilder) {
    this.type = type
    this.#column = column
    this.#entriesType = (type as Map_).childType
    this.#key = key
    this.#value = value
    this.#stringKeys = column.type.kind === 'map' && column.type.key.kind === 'string'
  }

  get length(): number {
    return this.#repeats.length
  }

  get bytes(): number {
    return this.#key.bytes + this.#value.bytes + this.length * 4
  }

  append(values: readonly unknown[], count: number): void {
    const repeats = this.#repeats
    repeats.scratch.length = 0
    this.#values.length = 0
    repeats.reserve(count)
    let worst: BadValue | undefined
    for (let i = 0; i < count; i++) {
      let size = 0
      try {
        size = this.#flatten(values[i], i)
      } catch (error) {
        worst = earlier(worst, error)
      }
      repeats.push(size, this.#column)
    }
    for (const [builder, scratch] of [
      [this.#key, repeats.scratch],
      [this.#value, this.#values],
    ] as const) {
      try {
        appendChild(builder, scratch, repeats, count)
      } catch (error) {
        worst = earlier(worst, error)
      }
    }
    if (worst !== undefined) throw worst
  }

  /** Puts the entries into the scratch arrays and gives their number; 0 for null. */
  #flatten(value: unknown, index: number): number {
    if (acceptNull(value, index, this.#column, this.#repeats.nulls, this.length)) return 0
    const entries = this.#entriesOf(value)
    if (entries === undefined) {
      throw BadValue.unfit(index, this.#column.path, value, 'a Map')
    }
    const before = this.#repeats.scratch.length
    const seen = entries instanceof Map ? undefined : new Set<unknown>()
    for (const entry of entries) {
      if (!Array.isArray(entry) || entry.length !== 2) {
        throw BadValue.unfit(index, this.#column.path, entry, 'a [key, value] pair')
      }
      if (seen?.has(entry[0]) === true) {
        throw new BadValue(index, this.#column.path, entry[0], 'the map has this key twice')
      }
      seen?.add(entry[0])
      this.#repeats.scratch.push(entry[0])
      this.#values.push(entry[1])
    }
    return this.#repeats.scratch.length - before
  }

  #entriesOf(value: unknown): Iterable<unknown> | undefined {
    if (value instanceof Map || Array.isArray(value)) return value
    if (!this.#stringKeys || typeof value !== 'object' || value === null) return undefined
    return isCollection(value) ? undefined : Object.entries(value)
  }

  finish(): Data {
    const key = this.#key.finish()
    const value = this.#value.finish()
    const entries = makeColumn(this.#entriesType, key.length, 0, { children: [key, value] })
    return this.#repeats.finish(this.type, [entries])
  }
}
