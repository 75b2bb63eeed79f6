/** Turning a public literal into something exactly comparable with a column's values. */
import { InvalidArgument, MoraineError } from '../errors.js'
import type { Datum } from '../types/datum.js'
import { toDatum } from '../types/to-datum.js'
import type { Type } from '../types/type.js'
import { formatType } from '../types/type-text.js'
import { describeValue } from '../types/value-error.js'
import { NumericText } from './numeric-text.js'

/**
 * Where a literal stands among the values of a type: on one of them; in the gap just above `floor`
 * (a fraction against whole numbers); below all of them; or above all of them.
 */
export type Literal =
  | { readonly at: 'value'; readonly value: Datum }
  | { readonly at: 'gap'; readonly floor: Datum }
  | { readonly at: 'below' }
  | { readonly at: 'above' }

const FLOAT_MAX = 3.4028234663852886e38
const INTEGER_RANGE = {
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  long: [-(2n ** 63n), 2n ** 63n - 1n],
} as const
const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/
const SPACED = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}.*)$/
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,5}))?$/
const EXPONENT_LIMIT = 1000

/**
 * Places a literal. Throws `InvalidArgument` naming the column when it is of another kind; messages
 * call what is compared with it `shown`.
 */
export function placeLiteral(type: Type, value: unknown, column: string, shown: string): Literal {
  try {
    switch (type.kind) {
      case 'int':
      case 'long':
        return placeInteger(type.kind, value, 0n)
      case 'decimal': {
        const max = 10n ** BigInt(type.precision) - 1n
        return placeOnGrid(numberText(value, true), type.scale, -max, max, (whole) => whole)
      }
      case 'float':
      case 'double':
        return placeFloat(type.kind, value)
      default:
        return { at: 'value', value: toDatum(type, comparable(type, value)) }
    }
  } catch (error) {
    if (!(error instanceof MoraineError)) throw error
    throw new InvalidArgument(
      `${shown} of type ${formatType(type)} cannot be compared so: ${error.message}`,
      { cause: error, details: { column } },
    )
  }
}

/** Places a number among integers that count from `origin`. Throws `InvalidArgument` for a text. */
export function placeInteger(kind: 'int' | 'long', value: unknown, origin: bigint): Literal {
  const [min, max] = INTEGER_RANGE[kind]
  const toValue = (whole: bigint): Datum =>
    kind === 'int' ? Number(whole - origin) : whole - origin
  return placeOnGrid(numberText(value, false), 0, min + origin, max + origin, toValue)
}

/** Text forms that predicates take beside the row forms: a space for T, a date for its midnight. */
function comparable(type: Type, value: unknown): unknown {
  if (value instanceof NumericText) return Number(value.text)
  if (typeof value !== 'string') return value
  switch (type.kind) {
    case 'timestamp':
    case 'timestamp_ns':
      return DATE_ONLY.test(value) ? `${value}T00:00:00` : value.replace(SPACED, '$1T$2')
    case 'timestamptz':
    case 'timestamptz_ns':
      return value.replace(SPACED, '$1T$2')
    default:
      return value
  }
}

/** A finite number as decimal text, whatever form it came in. */
function numberText(value: unknown, textAllowed: boolean): string {
  if (value instanceof NumericText) return value.text
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  if (typeof value === 'string' && textAllowed) return value.trim()
  throw new InvalidArgument(
    `${textAllowed ? 'give a decimal as text, bigint or number' : 'give a bigint or a number'}, not ${describeValue(value)}`,
  )
}

/** Places decimal text among the multiples of 10^-scale from `min` to `max` (unscaled). */
function placeOnGrid(
  text: string,
  scale: number,
  min: bigint,
  max: bigint,
  toValue: (unscaled: bigint) => Datum,
): Literal {
  const { floor, exact } = unscaledFloor(text, scale)
  if (floor < min) return { at: 'below' }
  if (floor > max || (floor === max && !exact)) return { at: 'above' }
  return exact ? { at: 'value', value: toValue(floor) } : { at: 'gap', floor: toValue(floor) }
}

function unscaledFloor(text: string, scale: number): { floor: bigint; exact: boolean } {
  const [, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? []
  if (sign === undefined || `${whole}${fraction}` === '') {
    throw new InvalidArgument(`'${text.slice(0, 80)}' is not a number`)
  }
  const shift = Number(exponent) - fraction.length + scale
  if (Math.abs(shift) > EXPONENT_LIMIT || whole.length + fraction.length > EXPONENT_LIMIT) {
    throw new InvalidArgument(`the number '${text.slice(0, 80)}' has too many digits`)
  }
  const digits = BigInt(`${whole}${fraction}`) * (sign === '-' ? -1n : 1n)
  if (shift >= 0) return { floor: digits * 10n ** BigInt(shift), exact: true }
  const divisor = 10n ** BigInt(-shift)
  const quotient = digits / divisor
  const rest = digits % divisor
  return { floor: rest < 0n ? quotient - 1n : quotient, exact: rest === 0n }
}

/** Floats take the nearest value, as the reference does; what overflows a float lies in a gap. */
function placeFloat(kind: 'float' | 'double', value: unknown): Literal {
  const number =
    value instanceof NumericText || typeof value === 'bigint' ? Number(value.toString()) : value
  if (typeof number !== 'number') {
    throw new InvalidArgument(`give a number, not ${describeValue(number)}`)
  }
  if (Number.isNaN(number)) throw new InvalidArgument('NaN: use isNaN() or notNaN()')
  if (kind === 'double') return { at: 'value', value: number }
  const float = Math.fround(number)
  if (Number.isFinite(float) || !Number.isFinite(number)) return { at: 'value', value: float }
  return { at: 'gap', floor: number > 0 ? FLOAT_MAX : Number.NEGATIVE_INFINITY }
}
