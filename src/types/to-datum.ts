import { InvalidArgument } from '../errors.js'
import type { Datum } from './datum.js'
import { fitsPrecision, parseDecimal, powerOfTen } from './decimal-text.js'
import { parseDate, parseTime, parseTimestamp } from './time-text.js'
import type { PrimitiveType, Type } from './type.js'
import { formatType } from './type-text.js'
import { parseUuid } from './uuid-text.js'
import { dateCause, decimalCause, integerCause, timeCause, timestampCause } from './value-cause.js'
import { valueError } from './value-error.js'

/** Turns a public value into a datum. */
export type ToDatum = (value: unknown) => Datum

const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n
const MICROS_PER_DAY = 86_400_000_000n
const FLOAT_MAX = 3.4028234663852886e38
const SURROGATE = /[\ud800-\udfff]/
const LONE_SURROGATE = /\p{Surrogate}/u

/**
 * Converts one public value (design: "Values") into a datum of a primitive type.
 *
 * @throws ValidationError without a place when the value does not fit; see `locateError`.
 */
export function toDatum(type: Type, value: unknown): Datum {
  return toDatumFn(type)(value)
}

/**
 * The conversion for one type, made once and called per value. Null is not a value here: callers
 * handle it first.
 *
 * @throws InvalidArgument for nested types and variant.
 */
export function toDatumFn(type: Type): ToDatum {
  switch (type.kind) {
    case 'decimal':
      return decimalToDatum(type.precision, type.scale)
    case 'fixed':
      return bytesToDatum(
        `${formatType(type)} as a Uint8Array of ${type.length} bytes`,
        type.length,
      )
    case 'geometry':
    case 'geography':
      return bytesToDatum(`${type.kind} as WKB in a Uint8Array`, undefined)
    case 'struct':
    case 'list':
    case 'map':
    case 'variant':
      throw new InvalidArgument(`a value of type ${formatType(type)} is not a single value`)
    default:
      return SIMPLE[type.kind]
  }
}

function booleanToDatum(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw valueError('boolean', value)
}

function intToDatum(value: unknown): number {
  if (typeof value === 'number' && value === (value | 0)) return value | 0
  if (typeof value === 'bigint' && value >= -0x8000_0000n && value <= 0x7fff_ffffn) {
    return Number(value)
  }
  throw valueError('int as a whole number of 32 bits', value, integerCause(value, 32))
}

function longToDatum(value: unknown): bigint {
  if (typeof value === 'bigint' && value >= LONG_MIN && value <= LONG_MAX) return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  throw valueError('long as a bigint of 64 bits or a safe integer', value, integerCause(value, 64))
}

/** The nearest float is taken, as every engine does; only an overflow to infinity is refused. */
function floatToDatum(value: unknown): number {
  if (typeof value === 'number') {
    const float = Math.fround(value)
    if (Number.isFinite(float) || !Number.isFinite(value)) return float
  }
  throw valueError(`float as a number up to ±${FLOAT_MAX}`, value)
}

function doubleToDatum(value: unknown): number {
  if (typeof value === 'number') return value
  throw valueError('double as a number', value)
}

function dateToDatum(value: unknown): number {
  const days = typeof value === 'string' ? parseDate(value) : undefined
  if (days !== undefined) return days
  throw valueError("date as 'YYYY-MM-DD'", value, dateCause(value))
}

function timeToDatum(value: unknown): bigint {
  if (typeof value === 'bigint' && value >= 0n && value < MICROS_PER_DAY) return value
  const micros = typeof value === 'string' ? parseTime(value) : undefined
  if (micros !== undefined) return micros
  throw valueError("time as 'HH:MM:SS.ffffff'", value, timeCause(value))
}

function timestampToDatum(unit: 'us' | 'ns'): ToDatum {
  const digits = unit === 'us' ? 'ffffff' : 'fffffffff'
  return (value) => {
    if (typeof value === 'string') {
      const parsed = parseTimestamp(value, unit, 'refused')
      if (parsed !== undefined) return parsed
    } else if (typeof value === 'bigint' && value >= LONG_MIN && value <= LONG_MAX) return value
    throw valueError(
      `timestamp as 'YYYY-MM-DDTHH:MM:SS.${digits}' without an offset`,
      value,
      timestampCause(value, unit, false),
    )
  }
}

function timestamptzToDatum(unit: 'us' | 'ns'): ToDatum {
  const digits = unit === 'us' ? 'ffffff' : 'fffffffff'
  return (value) => {
    if (typeof value === 'string') {
      const parsed = parseTimestamp(value, unit, 'required')
      if (parsed !== undefined) return parsed
    } else if (value instanceof Date) {
      const parsed = dateObjectToDatum(value, unit)
      if (parsed !== undefined) return parsed
    } else if (typeof value === 'bigint' && value >= LONG_MIN && value <= LONG_MAX) return value
    throw valueError(
      `timestamptz as 'YYYY-MM-DDTHH:MM:SS.${digits}' with Z or an offset, or a Date`,
      value,
      timestampCause(value, unit, true),
    )
  }
}

function dateObjectToDatum(value: Date, unit: 'us' | 'ns'): bigint | undefined {
  const ms = value.getTime()
  if (!Number.isFinite(ms)) return undefined
  const parsed = BigInt(ms) * (unit === 'us' ? 1000n : 1_000_000n)
  return parsed >= LONG_MIN && parsed <= LONG_MAX ? parsed : undefined
}

function stringToDatum(value: unknown): string {
  if (typeof value === 'string') {
    if (!SURROGATE.test(value) || !LONE_SURROGATE.test(value)) return value
    throw valueError('string without lone surrogates, which UTF-8 cannot hold', value)
  }
  throw valueError('string', value)
}

function uuidToDatum(value: unknown): Uint8Array {
  if (typeof value === 'string') {
    const bytes = parseUuid(value)
    if (bytes !== undefined) return bytes
  } else if (value instanceof Uint8Array && value.length === 16) return value
  throw valueError("uuid as 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx' or 16 bytes", value)
}

function bytesToDatum(expected: string, length: number | undefined): ToDatum {
  return (value) => {
    if (value instanceof Uint8Array && (length === undefined || value.length === length)) {
      return value
    }
    throw valueError(expected, value)
  }
}

/**
 * A string is read exactly. A bigint is a whole number. A number is taken by its shortest decimal
 * text, which must fit the scale: 0.1 is the decimal 0.1.
 */
function decimalToDatum(precision: number, scale: number): ToDatum {
  const expected = `decimal(${precision},${scale}) as an exact string`
  return (value) => {
    if (typeof value === 'string') {
      const unscaled = parseDecimal(value, precision, scale)
      if (unscaled !== undefined) return unscaled
    } else if (typeof value === 'bigint') {
      const unscaled = value * powerOfTen(scale)
      if (fitsPrecision(unscaled, precision)) return unscaled
    } else if (typeof value === 'number' && Number.isFinite(value)) {
      const unscaled = parseDecimal(value.toString(), precision, scale)
      if (unscaled !== undefined) return unscaled
    }
    throw valueError(expected, value, decimalCause(value, precision, scale))
  }
}

function unknownToDatum(value: unknown): never {
  throw valueError('null, the only value of type unknown', value)
}

const SIMPLE: Readonly<
  Record<Exclude<PrimitiveType['kind'], 'decimal' | 'fixed' | 'geometry' | 'geography'>, ToDatum>
> = {
  boolean: booleanToDatum,
  int: intToDatum,
  long: longToDatum,
  float: floatToDatum,
  double: doubleToDatum,
  date: dateToDatum,
  time: timeToDatum,
  timestamp: timestampToDatum('us'),
  timestamptz: timestamptzToDatum('us'),
  timestamp_ns: timestampToDatum('ns'),
  timestamptz_ns: timestamptzToDatum('ns'),
  string: stringToDatum,
  uuid: uuidToDatum,
  binary: bytesToDatum('binary as a Uint8Array', undefined),
  unknown: unknownToDatum,
}
