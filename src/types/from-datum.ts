import { InvalidArgument, ValidationError } from '../errors.js'
import type { Datum } from './datum.js'
import { formatDecimal, parseDecimal } from './decimal-text.js'
import { formatDate, formatTime, formatTimestampMicros, formatTimestampNanos } from './time-text.js'
import type { Type } from './type.js'
import { formatType } from './type-text.js'
import { formatUuid } from './uuid-text.js'

/** How rows show values whose exact form is not always the handiest one. */
export interface ConversionOptions {
  /**
   * `string` (default): ISO text. `bigint`: microseconds (nanoseconds for the ns types) since 1970.
   * `date`: a `Date` for the types with a zone; those without stay text, since a `Date` is an
   * instant. A value with digits below the millisecond throws.
   */
  readonly timestamps?: 'string' | 'date' | 'bigint'
  /**
   * `number` throws on a value beyond the safe integers. Default `bigint`. Integers inside variants
   * are numbers where that is exact and bigints beyond, unless one of the two is asked for.
   */
  readonly longs?: 'bigint' | 'number'
  /** `number` throws on a value that its shortest text does not give back. Default `string`. */
  readonly decimals?: 'string' | 'number'
  /** `object` needs string keys. Default `map`. */
  readonly maps?: 'map' | 'object'
  /** `binary`: variants as they are stored, see `Variant`. Default `value`: plain values. */
  readonly variants?: 'value' | 'binary'
}

export type FromDatum = (datum: Datum) => unknown

/** Converts a datum into its public value. @throws ValidationError when an option would lose. */
export function fromDatum(type: Type, datum: Datum, options: ConversionOptions = {}): unknown {
  return fromDatumFn(type, options)(datum)
}

/** The conversion for one type, made once and called per value. */
export function fromDatumFn(type: Type, options: ConversionOptions = {}): FromDatum {
  switch (type.kind) {
    case 'long':
      return options.longs === 'number' ? longToNumber : same
    case 'decimal':
      return decimalFrom(type.precision, type.scale, options.decimals === 'number')
    case 'date':
      return (datum) => formatDate(datum as number)
    case 'time':
      return (datum) => formatTime(datum as bigint)
    case 'timestamp':
    case 'timestamp_ns':
    case 'timestamptz':
    case 'timestamptz_ns':
      return timestampFrom(type.kind, options.timestamps ?? 'string')
    case 'uuid':
      return (datum) => formatUuid(datum as Uint8Array)
    case 'struct':
    case 'list':
    case 'map':
    case 'variant':
      throw new InvalidArgument(`a value of type ${formatType(type)} is not a single value`)
    default:
      return same
  }
}

function same(datum: Datum): Datum {
  return datum
}

function lossy(what: string, shown: string, option: string): ValidationError {
  return new ValidationError(
    `${what} ${shown} cannot be given exactly; drop the option ${option}`,
    {
      details: { value: shown },
    },
  )
}

function longToNumber(datum: Datum): number {
  const number = Number(datum)
  if (Number.isSafeInteger(number)) return number
  throw lossy('long', String(datum), "longs: 'number'")
}

function decimalFrom(precision: number, scale: number, asNumber: boolean): FromDatum {
  if (!asNumber) return (datum) => formatDecimal(datum as bigint, scale)
  return (datum) => {
    const text = formatDecimal(datum as bigint, scale)
    const number = Number(text)
    if (parseDecimal(number.toString(), precision, scale) === datum) return number
    throw lossy('decimal', text, "decimals: 'number'")
  }
}

type TimestampKind = 'timestamp' | 'timestamptz' | 'timestamp_ns' | 'timestamptz_ns'

function timestampFrom(kind: TimestampKind, form: 'string' | 'date' | 'bigint'): FromDatum {
  const utc = kind === 'timestamptz' || kind === 'timestamptz_ns'
  const nanos = kind === 'timestamp_ns' || kind === 'timestamptz_ns'
  if (form === 'bigint') return same
  if (form === 'date' && utc) return toDateObject(nanos)
  return nanos
    ? (datum) => formatTimestampNanos(datum as bigint, utc)
    : (datum) => formatTimestampMicros(datum as bigint, utc)
}

const DATE_MS_MAX = 8.64e15

function toDateObject(nanos: boolean): FromDatum {
  const perMs = nanos ? 1_000_000n : 1000n
  return (datum) => {
    const value = datum as bigint
    const ms = Number(value / perMs)
    if (value % perMs === 0n && Math.abs(ms) <= DATE_MS_MAX) return new Date(ms)
    const text = nanos ? formatTimestampNanos(value, true) : formatTimestampMicros(value, true)
    throw lossy('timestamp', text, "timestamps: 'date'")
  }
}
