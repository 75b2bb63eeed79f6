import { ValidationError } from '../errors.js'
import type { Datum } from './datum.js'
import { formatDate } from './time-text.js'
import type { Type } from './type.js'
import { typesEqual } from './type-equal.js'
import { formatType } from './type-text.js'

const MICROS_PER_DAY = 86_400_000_000n
const NANOS_PER_DAY = 86_400_000_000_000n
const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

/**
 * Whether a column of one type may become another without rewriting data (spec: "Schema
 * Evolution"). A type may always stay what it is.
 */
export function canPromote(from: Type, to: Type, formatVersion: number): boolean {
  if (typesEqual(from, to)) return true
  switch (from.kind) {
    case 'int':
      return to.kind === 'long'
    case 'float':
      return to.kind === 'double'
    case 'decimal':
      return to.kind === 'decimal' && to.scale === from.scale && to.precision > from.precision
    case 'date':
      return formatVersion >= 3 && (to.kind === 'timestamp' || to.kind === 'timestamp_ns')
    case 'unknown':
      return formatVersion >= 3
    default:
      return false
  }
}

/** What a type may become in a format version, in words; for messages. */
export function promotionsOf(from: Type, formatVersion: number): string {
  switch (from.kind) {
    case 'int':
      return 'int widens to long'
    case 'float':
      return 'float widens to double'
    case 'decimal':
      return `decimals widen to more digits before the point: decimal(${from.precision + 1},${from.scale}) and on`
    case 'date':
      return formatVersion >= 3
        ? 'date widens to timestamp and timestamp_ns'
        : `date widens to timestamp and timestamp_ns in format version 3, and the table has ${formatVersion}: upgradeFormat(3)`
    case 'list':
    case 'map':
    case 'struct':
      return `widen the columns inside it, and add or drop others`
    default:
      return `${formatType(from)} widens to nothing: add another column and fill it`
  }
}

/**
 * A value of the old type as one of the new.
 *
 * @throws ValidationError for a date beyond the range of the timestamp it became, as the
 *   specification demands.
 */
export function promoteDatum(from: Type, to: Type, datum: Datum): Datum {
  if (from.kind === 'int' && to.kind === 'long') return BigInt(datum as number)
  if (from.kind === 'date' && (to.kind === 'timestamp' || to.kind === 'timestamp_ns')) {
    const value =
      BigInt(datum as number) * (to.kind === 'timestamp' ? MICROS_PER_DAY : NANOS_PER_DAY)
    if (value >= LONG_MIN && value <= LONG_MAX) return value
    throw new ValidationError(
      `date ${formatDate(datum as number)} is out of the range of ${formatType(to)}`,
      { details: { value: formatDate(datum as number) } },
    )
  }
  return datum
}
