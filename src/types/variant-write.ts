import { foldVariant } from '../codec/variant/fold.js'
import {
  checkVariantBytes,
  checkVariantDepth,
  type VariantLimits,
} from '../codec/variant/layout.js'
import { MetadataBuilder, VariantMetadata } from '../codec/variant/metadata.js'
import { VariantWriter, type WrittenMember, writeScalar } from '../codec/variant/writer.js'
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
  return new VariantEncoder(limits).encode(value)
}

const toText = toDatumFn({ kind: 'string' })
const toInstant = toDatumFn({ kind: 'timestamptz' })

/** Encodes plain values one after the other; see {@link encodeVariant}. */
export class VariantEncoder {
  readonly #limits: VariantLimits
  readonly #names = new MetadataBuilder()
  readonly #out = new VariantWriter()

  constructor(limits: VariantLimits) {
    this.#limits = limits
  }

  /** After an error the encoder is as new. */
  encode(value: unknown): VariantParts {
    this.#names.reset()
    this.#out.reset()
    this.#put(value, 1)
    const metadata = this.#names.toBytes()
    const bytes = this.#out.take()
    checkVariantBytes(Math.max(metadata.length, bytes.length), this.#limits)
    return { metadata, value: bytes }
  }

  #put(value: unknown, depth: number): void {
    if (value === null) this.#out.null()
    else if (typeof value === 'boolean') this.#out.boolean(value)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'bigint') this.#bigint(value)
    else if (typeof value === 'string') this.#out.string(toText(value) as string)
    else if (typeof value === 'object') this.#object(value, depth)
    else throw valueError('a value that a variant can hold', value)
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
    if (value instanceof VariantScalar) this.#scalar(value)
    else if (value instanceof Uint8Array) this.#out.binary(value)
    else if (value instanceof Date) {
      this.#out.instant('timestamptz', toInstant(value) as bigint)
    } else {
      checkVariantDepth(depth, this.#limits)
      if (isStored(value)) this.#stored(value, depth)
      else if (Array.isArray(value)) this.#array(value, depth)
      else if (value instanceof Map) this.#members(value, depth)
      else if (isPlain(value)) this.#members(Object.entries(value), depth)
      else throw valueError('a value that a variant can hold', value)
    }
  }

  #scalar({ type, value }: VariantScalar): void {
    const { datum, scale } = scalarDatum(type, value)
    writeScalar(this.#out, type, datum, scale)
  }

  #array(items: readonly unknown[], depth: number): void {
    const start = this.#out.length
    const offsets: number[] = []
    for (const item of items) {
      offsets.push(this.#out.length - start)
      this.#put(item, depth + 1)
    }
    this.#out.array(start, offsets)
    this.#checkSize()
  }

  #members(entries: Iterable<readonly [unknown, unknown]>, depth: number): void {
    const start = this.#out.length
    const members: WrittenMember[] = []
    for (const [key, item] of entries) {
      if (item === undefined) continue
      if (typeof key !== 'string') throw valueError('a string as the name of a member', key)
      const name = toText(key) as string
      members.push({ name, id: this.#names.id(name), offset: this.#out.length - start })
      this.#put(item, depth + 1)
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
        scalar: (kind, datum, scale) => () => writeScalar(this.#out, kind, datum, scale),
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
