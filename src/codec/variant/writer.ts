import { InvalidArgument } from '../../errors.js'
import { ByteWriter } from '../../util/byte-writer.js'
import { compareUtf8 } from '../../util/utf8.js'
import type { VariantDatum } from './fold.js'
import { basicType, primitiveId, uintWidth, type VariantScalarKind } from './layout.js'

const shortStringMax = 63
/** Digits that the 4, 8 and 16 bytes of a decimal hold. */
const decimal4Limit = 10n ** 9n
const decimal8Limit = 10n ** 18n

/** A member of an object that is being written. */
export interface WrittenMember {
  readonly name: string
  /** Of the name, in the variant's metadata. */
  readonly id: number
  /** Where the member's value begins, after the object's start. */
  readonly offset: number
}

/**
 * Writes the value of a variant. Arrays and objects are written members first: remember `length`,
 * write the members, then say `array` or `object`.
 */
export class VariantWriter {
  readonly #out = new ByteWriter(256)

  get length(): number {
    return this.#out.length
  }

  /** What was written; the writer starts anew. */
  take(): Uint8Array {
    const bytes = this.#out.toBytes()
    this.#out.reset()
    return bytes
  }

  /** Forgets what was written. */
  reset(): void {
    this.#out.reset()
  }

  /** A value that is already encoded, by the same metadata. */
  raw(value: Uint8Array): void {
    this.#out.bytes(value)
  }

  #head(typeId: number): void {
    this.#out.u8(typeId << 2)
  }

  null(): void {
    this.#head(primitiveId.null)
  }

  boolean(value: boolean): void {
    this.#head(value ? primitiveId.true : primitiveId.false)
  }

  /** An integer of at least the given width. */
  int(value: number | bigint, kind: 'int8' | 'int16' | 'int32' | 'int64'): void {
    this.#head(primitiveId[kind])
    if (kind === 'int8') this.#out.u8(Number(value))
    else if (kind === 'int16') this.#out.u16le(Number(value))
    else if (kind === 'int32') this.#out.u32le(Number(value))
    else this.#out.u64le(BigInt.asUintN(64, BigInt(value)))
  }

  float(value: number): void {
    this.#head(primitiveId.float)
    this.#out.f32le(value)
  }

  double(value: number): void {
    this.#head(primitiveId.double)
    this.#out.f64le(value)
  }

  /** A decimal in the fewest bytes that its digits need. */
  decimal(unscaled: bigint, scale: number): void {
    const size = unscaled < 0n ? -unscaled : unscaled
    if (size < decimal4Limit) {
      this.#head(primitiveId.decimal4)
      this.#out.u8(scale)
      this.#out.u32le(Number(unscaled))
    } else if (size < decimal8Limit) {
      this.#head(primitiveId.decimal8)
      this.#out.u8(scale)
      this.#out.u64le(BigInt.asUintN(64, unscaled))
    } else {
      this.#head(primitiveId.decimal16)
      this.#out.u8(scale)
      this.#out.u64le(BigInt.asUintN(64, unscaled))
      this.#out.u64le(BigInt.asUintN(64, unscaled >> 64n))
    }
  }

  date(days: number): void {
    this.#head(primitiveId.date)
    this.#out.u32le(days)
  }

  /** A time of day or a timestamp. */
  instant(
    kind: 'time' | 'timestamp' | 'timestamptz' | 'timestamp_ns' | 'timestamptz_ns',
    value: bigint,
  ): void {
    this.#head(primitiveId[kind])
    this.#out.u64le(BigInt.asUintN(64, value))
  }

  /** A text without lone surrogates. */
  string(text: string): void {
    const start = this.#out.length
    this.#out.u8(0)
    this.#out.utf8(text)
    const length = this.#out.length - start - 1
    if (length <= shortStringMax) {
      this.#out.patchUint(start, (length << 2) | basicType.shortString, 1)
      return
    }
    this.#out.insert(start + 1, 4)
    this.#out.patchUint(start, primitiveId.string << 2, 1)
    this.#out.patchUint(start + 1, length, 4)
  }

  binary(bytes: Uint8Array): void {
    this.#head(primitiveId.binary)
    this.#out.u32le(bytes.length)
    this.#out.bytes(bytes)
  }

  /** Most significant byte first. */
  uuid(bytes: Uint8Array): void {
    this.#head(primitiveId.uuid)
    this.#out.bytes(bytes)
  }

  /** Makes what was written since `start` an array; `offsets` are those of its items after `start`. */
  array(start: number, offsets: readonly number[]): void {
    const size = this.length - start
    const width = uintWidth(size)
    const isLarge = offsets.length > 0xff
    const countWidth = isLarge ? 4 : 1
    this.#out.insert(start, 1 + countWidth + width * (offsets.length + 1))
    const header = (isLarge ? 4 : 0) | (width - 1)
    this.#out.patchUint(start, (header << 2) | basicType.array, 1)
    this.#out.patchUint(start + 1, offsets.length, countWidth)
    this.#offsets(start + 1 + countWidth, offsets, size, width)
  }

  /**
   * Makes what was written since `start` an object.
   *
   * @throws InvalidArgument when two members have one name
   */
  object(start: number, members: readonly WrittenMember[]): void {
    const sorted = inOrder(members)
    const size = this.length - start
    const width = uintWidth(size)
    let greatest = 0
    for (const { id } of sorted) if (id > greatest) greatest = id
    const idWidth = uintWidth(greatest)
    const isLarge = sorted.length > 0xff
    const countWidth = isLarge ? 4 : 1
    const idsAt = start + 1 + countWidth
    const offsetsAt = idsAt + idWidth * sorted.length
    this.#out.insert(start, offsetsAt - start + width * (sorted.length + 1))
    const header = (isLarge ? 16 : 0) | ((idWidth - 1) << 2) | (width - 1)
    this.#out.patchUint(start, (header << 2) | basicType.object, 1)
    this.#out.patchUint(start + 1, sorted.length, countWidth)
    for (let at = 0; at < sorted.length; at++) {
      const { id, offset } = sorted[at] as WrittenMember
      this.#out.patchUint(idsAt + at * idWidth, id, idWidth)
      this.#out.patchUint(offsetsAt + at * width, offset, width)
    }
    this.#out.patchUint(offsetsAt + sorted.length * width, size, width)
  }

  #offsets(at: number, offsets: readonly number[], size: number, width: number): void {
    offsets.forEach((offset, index) => {
      this.#out.patchUint(at + index * width, offset, width)
    })
    this.#out.patchUint(at + offsets.length * width, size, width)
  }
}

/** Members by their names, which must differ. */
function inOrder(members: readonly WrittenMember[]): readonly WrittenMember[] {
  const isSorted = members.every(
    (member, at) =>
      at === 0 || compareUtf8((members[at - 1] as WrittenMember).name, member.name) < 0,
  )
  if (isSorted) return members
  const sorted = [...members].sort((a, b) => compareUtf8(a.name, b.name))
  sorted.forEach((member, at) => {
    if (at > 0 && member.name === sorted[at - 1]?.name) {
      throw new InvalidArgument(`a variant object has the name '${member.name}' twice`)
    }
  })
  return sorted
}

/** Writes a scalar as `VariantFold` gives it. */
export function writeScalar(
  out: VariantWriter,
  kind: VariantScalarKind,
  datum: VariantDatum,
  scale: number,
): void {
  switch (kind) {
    case 'null':
      out.null()
      break
    case 'boolean':
      out.boolean(datum as boolean)
      break
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      out.int(datum as number | bigint, kind)
      break
    case 'float':
      out.float(datum as number)
      break
    case 'double':
      out.double(datum as number)
      break
    case 'decimal':
      out.decimal(datum as bigint, scale)
      break
    case 'date':
      out.date(datum as number)
      break
    case 'string':
      out.string(datum as string)
      break
    case 'binary':
      out.binary(datum as Uint8Array)
      break
    case 'uuid':
      out.uuid(datum as Uint8Array)
      break
    default:
      out.instant(kind, datum as bigint)
  }
}
