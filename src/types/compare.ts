import { InvalidArgument } from '../errors.js'
import { bytesEqual, compareBytes } from '../util/bytes.js'
import { compareUtf8 } from '../util/utf8.js'
import type { Datum } from './datum.js'
import type { Type } from './type.js'
import { formatType } from './type-text.js'

/** Negative, zero or positive, like the argument of `Array.prototype.sort`. */
export type DatumComparator = (a: Datum, b: Datum) => number

const UNORDERED: ReadonlySet<Type['kind']> = new Set([
  'struct',
  'list',
  'map',
  'variant',
  'geometry',
  'geography',
  'unknown',
])

/** Whether values of a type can be compared. */
export function isOrdered(type: Type): boolean {
  return !UNORDERED.has(type.kind)
}

/** Whether a type has NaN. */
export function isFloat(type: Type): boolean {
  return type.kind === 'float' || type.kind === 'double'
}

/**
 * The total order of a type's values, as sort orders and statistics use it: −0 before 0 and NaN
 * last for floating point (spec: "Sorting"), strings by their UTF-8 bytes, bytes unsigned.
 *
 * @throws InvalidArgument for types without an order: nested, variant, geometry, geography.
 */
export function datumComparator(type: Type): DatumComparator {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'date':
      return (a, b) => Number(a) - Number(b)
    case 'float':
    case 'double':
      return (a, b) => compareDoubles(a as number, b as number)
    case 'string':
      return (a, b) => compareUtf8(a as string, b as string)
    case 'uuid':
    case 'fixed':
    case 'binary':
      return (a, b) => compareBytes(a as Uint8Array, b as Uint8Array)
    case 'long':
    case 'decimal':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return (a, b) => (a < b ? -1 : a > b ? 1 : 0)
    default:
      throw new InvalidArgument(`values of type ${formatType(type)} have no order`)
  }
}

/**
 * The order in which a manifest list says what partitions a manifest has: that of values, but for
 * uuids, which the reference compares as two signed 64-bit integers and skips manifests by.
 */
export function summaryComparator(type: Type): DatumComparator {
  if (type.kind !== 'uuid') return datumComparator(type)
  return (a, b) => compareBytes(signedHalves(a as Uint8Array), signedHalves(b as Uint8Array))
}

/** With both sign bits turned over, unsigned order is signed order. */
function signedHalves(uuid: Uint8Array): Uint8Array {
  return uuid.map((byte, index) => (index % 8 === 0 ? byte ^ 0x80 : byte))
}

/** The total order of doubles: −∞ … −0 < 0 … ∞ < NaN. */
export function compareDoubles(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return a !== 0 ? 0 : Number(Object.is(b, -0)) - Number(Object.is(a, -0))
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

/** Whether two non-null values are the same; NaN equals NaN, −0 does not equal 0. */
export function datumsEqual(a: Datum, b: Datum): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && bytesEqual(a, b)
  return Object.is(a, b)
}
