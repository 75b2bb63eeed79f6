import { quoteJson } from '../codec/json/stringify.js'
import { foldVariant, type VariantFold } from '../codec/variant/fold.js'
import type { VariantLimits } from '../codec/variant/layout.js'
import type { VariantMetadata } from '../codec/variant/metadata.js'
import { toBase64 } from '../util/base64.js'
import { formatDecimal } from './decimal-text.js'
import { formatDate, formatTime, formatTimestampMicros, formatTimestampNanos } from './time-text.js'
import { formatUuid } from './uuid-text.js'

/**
 * The JSON text of a variant as Spark's `to_json` prints it: no spaces; decimals without final
 * zeros; doubles with a point or an exponent, NaN and infinities as texts; timestamps
 * `2026-01-31 10:00:00.5+00:00`; binary in base64.
 *
 * @throws CorruptData, LimitExceeded, Unsupported for bytes that cannot be read
 */
export function variantJson(
  metadata: VariantMetadata,
  value: Uint8Array,
  limits: VariantLimits,
): string {
  return foldVariant(metadata, value, jsonFold, limits)
}

const jsonFold: VariantFold<string> = {
  scalar(kind, datum, scale) {
    switch (kind) {
      case 'string':
        return quoted(datum as string)
      case 'float':
        return javaFloat(datum as number)
      case 'double':
        return javaDouble(datum as number)
      case 'decimal':
        return plainDecimal(datum as bigint, scale)
      case 'date':
        return `"${formatDate(datum as number)}"`
      case 'time':
        return `"${withoutZeros(formatTime(datum as bigint))}"`
      case 'timestamp':
        return `"${instant(formatTimestampMicros(datum as bigint, false))}"`
      case 'timestamptz':
        return `"${instant(formatTimestampMicros(datum as bigint, false))}+00:00"`
      case 'timestamp_ns':
        return `"${instant(formatTimestampNanos(datum as bigint, false))}"`
      case 'timestamptz_ns':
        return `"${instant(formatTimestampNanos(datum as bigint, false))}+00:00"`
      case 'binary':
        return `"${toBase64(datum as Uint8Array)}"`
      case 'uuid':
        return `"${formatUuid(datum as Uint8Array)}"`
      default:
        return String(datum)
    }
  },
  array: (items) => `[${items.join(',')}]`,
  object: (names, values) =>
    `{${names.map((name, at) => `${quoted(name)}:${values[at]}`).join(',')}}`,
}

/** A JSON string whose escapes have upper-case digits, as Jackson writes them. */
function quoted(text: string): string {
  return quoteJson(text).replace(/\\u00[01][a-f]/g, (found) => `\\u${found.slice(2).toUpperCase()}`)
}

function plainDecimal(unscaled: bigint, scale: number): string {
  const text = formatDecimal(unscaled, scale)
  return scale === 0 ? text : text.replace(/\.?0+$/, '')
}

function instant(text: string): string {
  return withoutZeros(text.replace('T', ' '))
}

/** Without the zeros that end a fraction of seconds. */
function withoutZeros(text: string): string {
  return text.replace(/\.?0+$/, '')
}

/** The shortest digits that give the value back, laid out as Java's `Double.toString`. */
function javaDouble(value: number): string {
  return javaDigits(value, value.toString())
}

function javaFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return javaDigits(value, String(Number(text)))
  }
  return javaDigits(value, String(Number(value.toPrecision(9))))
}

/** Below 1e-3 and from 1e7 Java has an exponent; a digit follows the point always. */
function javaDigits(value: number, shortest: string): string {
  if (!Number.isFinite(value)) return `"${value}"`
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  const exact = Number(shortest)
  if (size >= 1e-3 && size < 1e7) {
    return Number.isInteger(exact) ? `${shortest}.0` : shortest
  }
  const [digits, exponent] = exact.toExponential().split('e') as [string, string]
  if (digits.includes('.')) return `${digits}E${Number(exponent)}`
  // Java has two digits at least, and takes the nearest of those: 4.9E-324, not 5.0E-324.
  const [two, power] = value.toExponential(1).split('e') as [string, string]
  return `${two}E${Number(power)}`
}
