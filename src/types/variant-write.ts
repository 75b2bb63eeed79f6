import { foldVariant, type VariantDatum } from '../codec/variant/fold.js'
import {
  checkVariantBytes,
  checkVariantDepth,
  type VariantLimits,
  type VariantScalarKind,
} from '../codec/variant/layout.js'
import { MetadataBuilder, VariantMetadata } from '../codec/variant/metadata.js'
import { VariantWriter, type WrittenMember } from '../codec/variant/writer.js'
import { fitsPrecision } from './decimal-text.js'
import { toDatumFn } from './to-datum.js'
import { valueError } from './value-error.js'
import { scalarDatum, VariantScalar } from './variant-scalar.js'

/** The two parts of a variant. */
export interface VariantParts {
  readonly metadata: Uint8Array
  readonly value: Uint8Array
}

/**
 * Encodes a plain value. Integers take the least width that holds them; numbers that are no safe
 * integers, −0 among them, are doubles; bigints beyond 64 bits are decimals without fraction; a
 * `Date` is a timestamp with zone; a `Map` with texts for keys and a plain object are objects, whose
 * undefined members are left out.
 *
 * @throws ValidationError for what no variant holds: functions, instances of other classes, …
 * @throws LimitExceeded (`variantDepth`, `variantBytes`): a value that holds itself, too
 */
export function encodeVariant(value: unknown, limits: VariantLimits): VariantParts {
  const encoder = new Encoder(limits)
  encoder.put(value, 1)
  return encoder.finish()
}

const toText = toDatumFn({ kind: 'string' })
const toInstant = toDatumFn({ kind: 'timestamptz' })

class Encoder {
  readonly #limits: VariantLimits
  readonly #names = new MetadataBuilder()
  readonly #out = new VariantWriter()

  constructor(limits: VariantLimits) {
    this.#limits = limits
  }

  finish(): VariantParts {
    const metadata = this.#names.toBytes()
    const value = this.#out.take()
    checkVariantBytes(Math.max(metadata.length, value.length), this.#limits)
    return { metadata, value }
  }

  put(value: unknown, depth: number): void {
    switch (typeof value) {
      case 'boolean':
        return this.#out.boolean(value)
      case 'number':
        return this.#number(value)
      case 'bigint':
        return this.#bigint(value)
      case 'string':
        return this.#out.string(toText(value) as string)
      case 'object':
        return value === null ? this.#out.null() : this.#object(value, depth)
      default:
        throw valueError('a value that a variant can hold', value)
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.#integer(value)
    else this.#out.double(value)
  }

  #integer(value: number | bigint): void {
    if (value >= -0x80 && value < 0x80) this.#out.int(value, 'int8')
    else if (value >= -0x8000 && value < 0x8000) this.#out.int(value, 'int16')
    else if (value >= -0x8000_0000 && value < 0x8000_0000) this.#out.int(value, 'int32')
    else this.#out.int(value, 'int64')
  }

  #bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) this.#integer(value)
    else if (fitsPrecision(value, 38)) this.#out.decimal(value, 0)
    else throw valueError('an integer of at most 38 digits', value)
  }

  #object(value: object, depth: number): void {
    if (value instanceof VariantScalar) return this.#scalar(value)
    if (value instanceof Uint8Array) return this.#out.binary(value)
    if (value instanceof Date) {
      return this.#out.instant('timestamptz', toInstant(value) as bigint)
    }
    checkVariantDepth(depth, this.#limits)
    if (isStored(value)) return this.#stored(value, depth)
    if (Array.isArray(value)) return this.#array(value, depth)
    if (value instanceof Map) return this.#members(value, depth)
    if (!isPlain(value)) throw valueError('a value that a variant can hold', value)
    return this.#members(Object.entries(value), depth)
  }

  #scalar({ type, value }: VariantScalar): void {
    const { datum, scale } = scalarDatum(type, value)
    this.#datum(type, datum, scale)
  }

  #datum(kind: VariantScalarKind, datum: VariantDatum, scale: number): void {
    const out = this.#out
    switch (kind) {
      case 'null':
        return out.null()
      case 'boolean':
        return out.boolean(datum as boolean)
      case 'int8':
      case 'int16':
      case 'int32':
      case 'int64':
        return out.int(datum as number | bigint, kind)
      case 'float':
        return out.float(datum as number)
      case 'double':
        return out.double(datum as number)
      case 'decimal':
        return out.decimal(datum as bigint, scale)
      case 'date':
        return out.date(datum as number)
      case 'string':
        return out.string(datum as string)
      case 'binary':
        return out.binary(datum as Uint8Array)
      case 'uuid':
        return out.uuid(datum as Uint8Array)
      default:
        return out.instant(kind, datum as bigint)
    }
  }

  #array(items: readonly unknown[], depth: number): void {
    const start = this.#out.length
    const offsets: number[] = []
    for (const item of items) {
      offsets.push(this.#out.length - start)
      this.put(item, depth + 1)
    }
    this.#out.array(start, offsets)
    this.#checkSize()
  }

  #members(entries: Iterable<readonly [unknown, unknown]>, depth: number): void {
    const start = this.#out.length
    const members: WrittenMember[] = []
    for (const [key, item] of entries) {
      if (item === undefined) continue
      const name = toText(key) as string
      members.push({ name, id: this.#names.id(name), offset: this.#out.length - start })
      this.put(item, depth + 1)
    }
    this.#out.object(start, members)
    this.#checkSize()
  }

  #checkSize(): void {
    checkVariantBytes(this.#out.length, this.#limits)
  }

  /** A variant inside a plain value: its names get ids of this variant. */
  #stored({ metadata, value }: VariantParts, depth: number): void {
    const put = foldVariant<(depth: number) => void>(
      new VariantMetadata(metadata, this.#limits),
      value,
      {
        scalar: (kind, datum, scale) => () => this.#datum(kind, datum, scale),
        array: (items) => (at) => {
          const start = this.#out.length
          const offsets = items.map((item) => {
            const offset = this.#out.length - start
            item(at + 1)
            return offset
          })
          checkVariantDepth(at, this.#limits)
          this.#out.array(start, offsets)
        },
        object: (names, values) => (at) => {
          const start = this.#out.length
          const members = names.map((name, index) => {
            const member = { name, id: this.#names.id(name), offset: this.#out.length - start }
            values[index]?.(at + 1)
            return member
          })
          checkVariantDepth(at, this.#limits)
          this.#out.object(start, members)
        },
      },
      this.#limits,
    )
    put(depth)
  }
}

/** A `Variant`, told by its parts: the class itself needs this module. */
function isStored(value: object): value is VariantParts {
  const { metadata, value: bytes } = value as Partial<VariantParts>
  return !isPlain(value) && metadata instanceof Uint8Array && bytes instanceof Uint8Array
}

/** Objects of literals, of `Object.create(null)`, and the like from another realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
