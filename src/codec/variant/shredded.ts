/**
 * Variants put together again from the columns that they were shredded into (apache/parquet-format,
 * VariantShredding.md, "Reconstructing a Shredded Variant").
 */
import { memberAt, memberId, readContainer, variantEnd } from './container.js'
import { badVariant, basicType } from './layout.js'
import type { VariantMetadata } from './metadata.js'
import { VariantWriter, type WrittenMember } from './writer.js'

/** A `value` and its `typed_value`, either of which a file may lack. */
export interface ShreddedColumn {
  /** The encoded value of a row; undefined for null. */
  readonly value: ((row: number) => Uint8Array | undefined) | undefined
  readonly typed: TypedColumn | undefined
}

export type TypedColumn =
  | {
      readonly kind: 'scalar'
      readonly isNull: (row: number) => boolean
      readonly write: (out: VariantWriter, row: number) => void
    }
  | {
      readonly kind: 'array'
      readonly isNull: (row: number) => boolean
      /** The rows `[start, end)` of the element column. */
      readonly start: (row: number) => number
      readonly end: (row: number) => number
      readonly element: ShreddedColumn
    }
  | {
      readonly kind: 'object'
      readonly isNull: (row: number) => boolean
      readonly fields: readonly { readonly name: string; readonly column: ShreddedColumn }[]
    }

/** The encoding of the variant null. */
const variantNull = Uint8Array.of(0)

/** Puts variants together, one at a time. Depth is bounded by the file's schema. */
export class VariantAssembler {
  readonly #out = new VariantWriter()

  /**
   * The value of a row, by its metadata. One that is missing altogether is a variant null.
   *
   * @throws CorruptData
   */
  assemble(metadata: VariantMetadata, column: ShreddedColumn, row: number): Uint8Array {
    if (column.typed === undefined || column.typed.isNull(row)) {
      return column.value?.(row) ?? variantNull
    }
    this.#put(metadata, column, row)
    return this.#out.take()
  }

  /** Whether there was a value to write. */
  #put(metadata: VariantMetadata, column: ShreddedColumn, row: number): boolean {
    const { typed } = column
    const value = column.value?.(row)
    if (typed === undefined || typed.isNull(row)) {
      if (value === undefined) return false
      this.#out.raw(value.subarray(0, variantEnd(value, 0, value.length)))
      return true
    }
    if (typed.kind === 'object') {
      this.#object(metadata, typed.fields, value, row)
      return true
    }
    if (value !== undefined) badVariant('it is stored both encoded and as a typed column')
    if (typed.kind === 'scalar') typed.write(this.#out, row)
    else this.#array(metadata, typed, row)
    return true
  }

  #array(
    metadata: VariantMetadata,
    typed: TypedColumn & { readonly kind: 'array' },
    row: number,
  ): void {
    const start = this.#out.length
    const offsets: number[] = []
    const end = typed.end(row)
    for (let at = typed.start(row); at < end; at++) {
      offsets.push(this.#out.length - start)
      // Elements cannot be missing: readers give a variant null.
      if (!this.#put(metadata, typed.element, at)) this.#out.null()
    }
    this.#out.array(start, offsets)
  }

  #object(
    metadata: VariantMetadata,
    fields: readonly { readonly name: string; readonly column: ShreddedColumn }[],
    rest: Uint8Array | undefined,
    row: number,
  ): void {
    const start = this.#out.length
    const members: WrittenMember[] = []
    for (const { name, column } of fields) {
      const offset = this.#out.length - start
      if (!this.#put(metadata, column, row)) continue
      const id = metadata.find(name) ?? badVariant(`its metadata lacks the name '${name}'`)
      members.push({ name, id, offset })
    }
    if (rest !== undefined) this.#rest(metadata, rest, start, members)
    this.#out.object(start, members)
  }

  /** The members of a partially shredded object that were left encoded. */
  #rest(
    metadata: VariantMetadata,
    rest: Uint8Array,
    start: number,
    members: WrittenMember[],
  ): void {
    if (((rest[0] ?? 0) & 3) !== basicType.object) {
      badVariant('what is left of a shredded object is no object')
    }
    const taken = new Set(members.map(({ name }) => name))
    const container = readContainer(rest, 0, rest.length)
    const before = this.#out.length
    for (let i = 0; i < container.count; i++) {
      const id = memberId(rest, container, i)
      const name = metadata.name(id)
      if (taken.has(name)) badVariant(`'${name}' is stored both encoded and as a typed column`)
      taken.add(name)
      const at = memberAt(rest, container, i)
      members.push({ name, id, offset: this.#out.length - start })
      this.#out.raw(rest.subarray(at, variantEnd(rest, at, container.end)))
      // Members that overlap would be copied over and over.
      if (this.#out.length - before > rest.length) badVariant('members overlap')
    }
  }
}
