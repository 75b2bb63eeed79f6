import { decodeUtf8 } from '../../util/utf8.js'
import { type Container, memberAt, memberId, primitiveSize, readContainer } from './container.js'
import {
  badVariant,
  basicType,
  checkVariantBytes,
  checkVariantDepth,
  decimalScaleMax,
  primitiveId,
  readUint,
  type VariantLimits,
  type VariantScalarKind,
} from './layout.js'
import type { VariantMetadata } from './metadata.js'

/** A scalar as it is stored: exact, and without a text form. */
export type VariantDatum = null | boolean | number | bigint | string | Uint8Array

/** Makes something out of a variant, from the leaves up. */
export interface VariantFold<T> {
  /**
   * | kind | datum |
   * | --- | --- |
   * | null, boolean, string | itself |
   * | int8, int16, int32, float, double | number |
   * | int64 | bigint |
   * | decimal | unscaled bigint, with `scale` |
   * | date | days since 1970, number |
   * | time | microseconds of the day, bigint |
   * | timestamp(tz), timestamp(tz)_ns | micro- or nanoseconds since 1970, bigint |
   * | binary, uuid | a view of the variant's bytes |
   */
  scalar(kind: VariantScalarKind, datum: VariantDatum, scale: number): T
  array(items: T[]): T
  /** Names are distinct, in the order of the file. */
  object(names: readonly string[], values: readonly T[]): T
}

const microsPerDay = 86_400_000_000n

/**
 * Reads a value.
 *
 * @throws CorruptData, LimitExceeded (`variantDepth`, `variantBytes`), Unsupported for types that
 *   later versions of the encoding may add
 */
export function foldVariant<T>(
  metadata: VariantMetadata,
  value: Uint8Array,
  fold: VariantFold<T>,
  limits: VariantLimits,
): T {
  checkVariantBytes(value.length, limits)
  return new Decoder(metadata, value, fold, limits).decode(0, value.length, 1)
}

class Decoder<T> {
  readonly #metadata: VariantMetadata
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #fold: VariantFold<T>
  readonly #limits: VariantLimits
  /** Bytes that the values seen so far take up: members that overlap would pass the whole. */
  #spent = 0

  constructor(
    metadata: VariantMetadata,
    bytes: Uint8Array,
    fold: VariantFold<T>,
    limits: VariantLimits,
  ) {
    this.#metadata = metadata
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#fold = fold
    this.#limits = limits
  }

  decode(at: number, end: number, depth: number): T {
    if (at >= end) badVariant('it ends early')
    const first = this.#bytes[at] as number
    switch (first & 3) {
      case basicType.primitive:
        return this.#primitive(first >> 2, at + 1, end)
      case basicType.shortString:
        return this.#text(at + 1, first >> 2, end)
      case basicType.object:
        return this.#object(this.#container(at, end, depth), depth)
      default:
        return this.#array(this.#container(at, end, depth), depth)
    }
  }

  #spend(bytes: number): void {
    this.#spent += bytes
    if (this.#spent > this.#bytes.length) badVariant('members overlap')
  }

  #container(at: number, end: number, depth: number): Container {
    checkVariantDepth(depth, this.#limits)
    const container = readContainer(this.#bytes, at, end)
    this.#spend(container.start - at)
    return container
  }

  #array(container: Container, depth: number): T {
    const items = new Array<T>(container.count)
    for (let i = 0; i < container.count; i++) {
      items[i] = this.decode(memberAt(this.#bytes, container, i), container.end, depth + 1)
    }
    return this.#fold.array(items)
  }

  #object(container: Container, depth: number): T {
    const { count } = container
    const names = new Array<string>(count)
    const values = new Array<T>(count)
    let ascending = true
    for (let i = 0; i < count; i++) {
      const name = this.#metadata.name(memberId(this.#bytes, container, i))
      if (i > 0 && !((names[i - 1] as string) < name)) ascending = false
      names[i] = name
      values[i] = this.decode(memberAt(this.#bytes, container, i), container.end, depth + 1)
    }
    if (!ascending && new Set(names).size !== count) badVariant('an object has a name twice')
    return this.#fold.object(names, values)
  }

  #text(at: number, length: number, end: number): T {
    if (at + length > end) badVariant('it ends early')
    this.#spend(1 + length)
    const text = decodeUtf8(this.#bytes, at, at + length) ?? badVariant('a text is not UTF-8')
    return this.#fold.scalar('string', text, 0)
  }

  #primitive(typeId: number, at: number, end: number): T {
    const size = primitiveSize(typeId)
    if (size < 0) {
      const length = readUint(this.#bytes, at, 4, end)
      if (typeId === primitiveId.string) return this.#text(at + 4, length, end)
      if (at + 4 + length > end) badVariant('it ends early')
      this.#spend(5 + length)
      return this.#scalar('binary', this.#bytes.subarray(at + 4, at + 4 + length))
    }
    if (at + size > end) badVariant('it ends early')
    this.#spend(1 + size)
    return this.#fixed(typeId, at)
  }

  #scalar(kind: VariantScalarKind, datum: VariantDatum): T {
    return this.#fold.scalar(kind, datum, 0)
  }

  #fixed(typeId: number, at: number): T {
    const view = this.#view
    switch (typeId) {
      case primitiveId.null:
        return this.#scalar('null', null)
      case primitiveId.true:
        return this.#scalar('boolean', true)
      case primitiveId.false:
        return this.#scalar('boolean', false)
      case primitiveId.int8:
        return this.#scalar('int8', view.getInt8(at))
      case primitiveId.int16:
        return this.#scalar('int16', view.getInt16(at, true))
      case primitiveId.int32:
        return this.#scalar('int32', view.getInt32(at, true))
      case primitiveId.int64:
        return this.#scalar('int64', view.getBigInt64(at, true))
      case primitiveId.float:
        return this.#scalar('float', view.getFloat32(at, true))
      case primitiveId.double:
        return this.#scalar('double', view.getFloat64(at, true))
      case primitiveId.date:
        return this.#scalar('date', view.getInt32(at, true))
      case primitiveId.uuid:
        return this.#scalar('uuid', this.#bytes.subarray(at, at + 16))
      case primitiveId.time: {
        const micros = view.getBigInt64(at, true)
        if (micros < 0n || micros >= microsPerDay) badVariant(`${micros} is no time of day`)
        return this.#scalar('time', micros)
      }
      case primitiveId.timestamp:
        return this.#scalar('timestamp', view.getBigInt64(at, true))
      case primitiveId.timestamptz:
        return this.#scalar('timestamptz', view.getBigInt64(at, true))
      case primitiveId.timestamp_ns:
        return this.#scalar('timestamp_ns', view.getBigInt64(at, true))
      case primitiveId.timestamptz_ns:
        return this.#scalar('timestamptz_ns', view.getBigInt64(at, true))
      default:
        return this.#decimal(typeId, at)
    }
  }

  #decimal(typeId: number, at: number): T {
    const scale = this.#bytes[at] as number
    if (scale > decimalScaleMax) badVariant(`a decimal of scale ${scale}`)
    return this.#fold.scalar('decimal', this.#unscaled(typeId, at + 1), scale)
  }

  #unscaled(typeId: number, at: number): bigint {
    const view = this.#view
    if (typeId === primitiveId.decimal4) return BigInt(view.getInt32(at, true))
    if (typeId === primitiveId.decimal8) return view.getBigInt64(at, true)
    return (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true)
  }
}

/** Throws as {@link foldVariant} does, unless a value can be read and nothing follows it. */
export function checkVariant(
  metadata: VariantMetadata,
  value: Uint8Array,
  limits: VariantLimits,
): void {
  foldVariant(metadata, value, nothing, limits)
}

const nothing: VariantFold<undefined> = {
  scalar: () => undefined,
  array: () => undefined,
  object: () => undefined,
}
