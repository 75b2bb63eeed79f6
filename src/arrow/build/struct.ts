/** The builder of structs, and of rows: members are handed on column by column. */
import type { Data, DataType } from 'apache-arrow'
import { makeColumn } from '../layout.js'
import {
  ABSENT,
  acceptNull,
  BadValue,
  type BuilderColumn,
  type ColumnBuilder,
  Nulls,
} from './column-builder.js'

export interface StructMember {
  readonly name: string
  readonly builder: ColumnBuilder
  /** What a row gets that omits the member (v3 write default); undefined: null. */
  readonly whenOmitted: unknown
}

/** Structs from plain objects. Members that the schema does not know are refused. */
export class StructBuilder implements ColumnBuilder {
  readonly type: DataType
  length = 0
  readonly #column: BuilderColumn
  readonly #members: readonly StructMember[]
  readonly #names: ReadonlySet<string>
  readonly #nulls = new Nulls()
  readonly #scratch: unknown[] = []
  #present = new Int32Array(0)

  constructor(type: DataType, column: BuilderColumn, members: readonly StructMember[]) {
    this.type = type
    this.#column = column
    this.#members = members
    this.#names = new Set(members.map((member) => member.name))
  }

  get bytes(): number {
    return this.#members.reduce((sum, member) => sum + member.builder.bytes, this.length >> 3)
  }

  append(values: readonly unknown[], count: number): void {
    let worst = this.#appendSelf(values, count)
    if (this.#present.length < count) this.#present = new Int32Array(count)
    this.#present.fill(0, 0, count)
    for (const member of this.#members) {
      this.#extract(member, values, count)
      try {
        member.builder.append(this.#scratch, count)
      } catch (error) {
        worst = earlier(worst, error)
      }
    }
    worst = earlier(worst, this.#findUnknown(values, count))
    if (worst !== undefined) throw worst
  }

  #appendSelf(values: readonly unknown[], count: number): BadValue | undefined {
    let worst: BadValue | undefined
    for (let i = 0; i < count; i++) {
      const value = values[i]
      const at = this.length++
      if (typeof value === 'object' && value !== null && !isCollection(value)) continue
      try {
        if (acceptNull(value, i, this.#column, this.#nulls, at)) continue
        worst ??= BadValue.unfit(i, this.#column.path, value, 'an object')
      } catch (error) {
        worst = earlier(worst, error)
      }
    }
    return worst
  }

  /** Fills the scratch array with one member of every value and counts the members present. */
  #extract(member: StructMember, values: readonly unknown[], count: number): void {
    const { name, whenOmitted } = member
    const scratch = this.#scratch
    const present = this.#present
    // A column called `toString` must not find the one that every object inherits.
    const inherited = name in Object.prototype
    scratch.length = count
    for (let i = 0; i < count; i++) {
      const parent = values[i] as Readonly<Record<string, unknown>> | null | undefined | symbol
      if (typeof parent !== 'object' || parent === null) {
        scratch[i] = ABSENT
        continue
      }
      const value = inherited && !Object.hasOwn(parent, name) ? undefined : parent[name]
      if (value === undefined) scratch[i] = whenOmitted
      else {
        scratch[i] = value
        present[i] = present[i]! + 1
      }
    }
  }

  /** The first value with a member that the schema does not have. */
  #findUnknown(values: readonly unknown[], count: number): BadValue | undefined {
    for (let i = 0; i < count; i++) {
      const value = values[i]
      if (typeof value !== 'object' || value === null) continue
      let keys = 0
      for (const _ in value) keys++
      if (keys === this.#present[i]) continue
      for (const key of Object.keys(value)) {
        if (this.#names.has(key)) continue
        const path = [...this.#column.path, key]
        const member = (value as Readonly<Record<string, unknown>>)[key]
        return new BadValue(i, path, member, 'the schema has no such column')
      }
    }
    return undefined
  }

  finish(): Data {
    const { length, type } = this
    const nullCount = this.#nulls.count
    const validity = this.#nulls.finish(length)
    const children = this.#members.map((member) => member.builder.finish())
    this.length = 0
    return makeColumn(type, length, nullCount, { validity, children })
  }
}

export function isCollection(value: object): boolean {
  return (
    Array.isArray(value) ||
    value instanceof Map ||
    value instanceof Date ||
    ArrayBuffer.isView(value)
  )
}

/** The bad value of the earlier row; what is not a bad value is thrown on. */
export function earlier(known: BadValue | undefined, found: unknown): BadValue | undefined {
  if (found === undefined) return known
  if (!(found instanceof BadValue)) throw found
  return known === undefined || found.index < known.index ? found : known
}
