/**
 * The Variant binary encoding, version 1 (apache/parquet-format, VariantEncoding.md): what its bits
 * mean. Integers are little-endian and unsigned unless said otherwise.
 */
import type { Limits } from '../../env/limits.js'
import { CorruptData, LimitExceeded } from '../../errors.js'

/** The bounds that apply to variants. */
export type VariantLimits = Pick<Limits, 'variantDepth' | 'variantBytes'>

/** The low two bits of a value's first byte. */
export const basicType = { primitive: 0, shortString: 1, object: 2, array: 3 } as const

/** What a variant that is neither an array nor an object can be. */
export type VariantScalarKind =
  | 'null'
  | 'boolean'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'float'
  | 'double'
  | 'decimal'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamptz'
  | 'timestamp_ns'
  | 'timestamptz_ns'
  | 'string'
  | 'binary'
  | 'uuid'

/** Type ids of primitives ("Variant primitive types"). */
export const primitiveId = {
  null: 0,
  true: 1,
  false: 2,
  int8: 3,
  int16: 4,
  int32: 5,
  int64: 6,
  double: 7,
  decimal4: 8,
  decimal8: 9,
  decimal16: 10,
  date: 11,
  timestamptz: 12,
  timestamp: 13,
  float: 14,
  binary: 15,
  string: 16,
  time: 17,
  timestamptz_ns: 18,
  timestamp_ns: 19,
  uuid: 20,
} as const

/** Bytes after the first one, by type id; -1: a length of four bytes and as many bytes as it says. */
export const primitiveBytes: readonly number[] = [
  0, 0, 0, 1, 2, 4, 8, 8, 5, 9, 17, 4, 8, 8, 4, -1, -1, 8, 8, 8, 16,
]

/** Greatest scale of a decimal. */
export const decimalScaleMax = 38

export function badVariant(what: string): never {
  throw new CorruptData(`bad variant: ${what}`)
}

/** Throws `LimitExceeded` for a variant part of more than `variantBytes`. */
export function checkVariantBytes(bytes: number, limits: VariantLimits): void {
  if (bytes <= limits.variantBytes) return
  throw new LimitExceeded(`a variant of ${bytes} bytes is longer than variantBytes allows`, {
    details: { limit: 'variantBytes', max: limits.variantBytes, actual: bytes },
  })
}

/** Throws `LimitExceeded` for arrays and objects nested more than `variantDepth` deep. */
export function checkVariantDepth(depth: number, limits: VariantLimits): void {
  if (depth <= limits.variantDepth) return
  throw new LimitExceeded('a variant is nested deeper than variantDepth allows', {
    details: { limit: 'variantDepth', max: limits.variantDepth, actual: depth },
  })
}

/** An unsigned integer of 1 to 4 bytes, which must lie before `end`. */
export function readUint(bytes: Uint8Array, at: number, width: number, end: number): number {
  if (at + width > end) badVariant('it ends early')
  let value = 0
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number)
  return value
}

/** The fewest bytes, 1 to 4, that hold an unsigned integer below 2^32. */
export function uintWidth(value: number): 1 | 2 | 3 | 4 {
  if (value <= 0xff) return 1
  if (value <= 0xffff) return 2
  return value <= 0xffffff ? 3 : 4
}
