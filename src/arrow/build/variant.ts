/** The builder of variants: plain values encoded, stored ones checked and taken as they are. */
import type { Data, DataType } from 'apache-arrow'
import type { VariantLimits } from '../../codec/variant/layout.js'
import { CorruptData, InvalidArgument, Unsupported, ValidationError } from '../../errors.js'
import { Variant } from '../../types/variant.js'
import { VariantEncoder, type VariantParts } from '../../types/variant-write.js'
import { makeColumn } from '../layout.js'
import { BytesBuilder } from './bytes.js'
import {
  ABSENT,
  acceptNull,
  BadValue,
  type BuilderColumn,
  type ColumnBuilder,
  Nulls,
} from './column-builder.js'
import type { SlowPath } from './fixed-width.js'

const notReached: SlowPath = (value) => value as Uint8Array

/** A struct of two binaries, `metadata` and `value`. */
export class VariantBuilder implements ColumnBuilder {
  readonly type: DataType
  length = 0
  readonly #column: BuilderColumn
  readonly #limits: VariantLimits
  readonly #encoder: VariantEncoder
  readonly #nulls = new Nulls()
  readonly #metadata: BytesBuilder
  readonly #value: BytesBuilder

  constructor(type: DataType, column: BuilderColumn, limits: VariantLimits) {
    this.type = type
    this.#column = column
    this.#limits = limits
    this.#encoder = new VariantEncoder(limits)
    const part = (name: string): BuilderColumn => ({
      path: [...column.path, name],
      type: { kind: 'binary' },
      required: true,
    })
    const [metadata, value] = type.children ?? []
    this.#metadata = new BytesBuilder(metadata?.type as DataType, part('metadata'), notReached)
    this.#value = new BytesBuilder(value?.type as DataType, part('value'), notReached)
  }

  get bytes(): number {
    return this.#metadata.bytes + this.#value.bytes + (this.length >> 3)
  }

  append(values: readonly unknown[], count: number): void {
    for (let i = 0; i < count; i++) {
      const value = values[i]
      if (acceptNull(value, i, this.#column, this.#nulls, this.length)) {
        this.#put(ABSENT, ABSENT)
      } else {
        const variant = this.#encode(value, i)
        this.#put(variant.metadata, variant.value)
      }
      this.length++
    }
  }

  #put(metadata: unknown, value: unknown): void {
    this.#metadata.append([metadata], 1)
    this.#value.append([value], 1)
  }

  #encode(value: unknown, index: number): VariantParts {
    try {
      if (!(value instanceof Variant)) return this.#encoder.encode(value)
      value.check(this.#limits)
      return value
    } catch (error) {
      if (!isValueError(error)) throw error
      throw new BadValue(index, this.#column.path, value, error.message)
    }
  }

  finish(): Data {
    const { length, type } = this
    const nullCount = this.#nulls.count
    const validity = this.#nulls.finish(length)
    const children = [this.#metadata.finish(), this.#value.finish()]
    this.length = 0
    return makeColumn(type, length, nullCount, { validity, children })
  }
}

/** What is wrong with a value, rather than with anything else. */
export function isValueError(
  error: unknown,
): error is ValidationError | CorruptData | InvalidArgument | Unsupported {
  return (
    error instanceof ValidationError ||
    error instanceof CorruptData ||
    error instanceof InvalidArgument ||
    error instanceof Unsupported
  )
}
