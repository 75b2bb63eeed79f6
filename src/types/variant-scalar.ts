import type { VariantDatum } from '../codec/variant/fold.js'
import { decimalScaleMax, type VariantScalarKind } from '../codec/variant/layout.js'
import { fitsPrecision, formatDecimal, parseExactNumber } from './decimal-text.js'
import { fromDatumFn } from './from-datum.js'
import { toDatumFn } from './to-datum.js'
import type { PrimitiveType } from './type.js'
import { valueError } from './value-error.js'

/** The types of variant values that need naming where JavaScript has no type of its own for them. */
export type VariantScalarType = Exclude<VariantScalarKind, 'null' | 'boolean' | 'string' | 'binary'>

/** Types whose values are the same in a variant and in a column. */
const columnKinds = [
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'timestamp_ns',
  'timestamptz_ns',
  'uuid',
  'float',
  'double',
] as const satisfies readonly (VariantScalarType & PrimitiveType['kind'])[]

type ColumnKind = (typeof columnKinds)[number]

const intBits = { int8: 8, int16: 16, int32: 32, int64: 64 } as const

const decimalDigitsMax = 38

/**
 * A value inside a variant that says its type: what JavaScript has no type for (reads give decimals,
 * dates, times, timestamps and UUIDs so), or, on write, a number of a certain width.
 *
 * ```ts
 * new VariantScalar('decimal', '12.50')   // all digits are kept, the last zero too
 * new VariantScalar('date', '2026-01-31')
 * new VariantScalar('double', 1)          // a plain 1 would be written as an integer
 * ```
 */
export class VariantScalar {
  readonly type: VariantScalarType
  /**
   * The value as columns of the type show it: text for decimal, date, time, timestamps and uuid;
   * `number` for float, double and int8 to int32; `bigint` for int64.
   */
  readonly value: string | number | bigint

  /**
   * @param value what a column of the type takes on write; for a decimal a text of up to 38 digits.
   * @throws ValidationError when the value does not fit the type
   */
  constructor(type: VariantScalarType, value: unknown) {
    this.type = type
    this.value = scalarValue(type, scalarDatum(type, value))
  }

  /** The value as text: a decimal's digits, ISO 8601 for dates, times and timestamps. */
  toString(): string {
    return String(this.value)
  }

  /** Numbers that JSON can hold as they are, all else as text. */
  toJSON(): string | number {
    return typeof this.value === 'number' ? this.value : String(this.value)
  }
}

/** What the encoding stores of a scalar, with the scale of a decimal. */
export interface ScalarDatum {
  readonly datum: VariantDatum
  readonly scale: number
}

/** @throws ValidationError when a value does not fit its type */
export function scalarDatum(type: VariantScalarType, value: unknown): ScalarDatum {
  if (type === 'decimal') return decimalDatum(value)
  if (type in intBits) return { datum: intDatum(type as keyof typeof intBits, value), scale: 0 }
  const kind = columnKinds.find((one) => one === type)
  if (kind === undefined) {
    throw valueError(
      `a type of variant scalars (decimal, ${[...Object.keys(intBits), ...columnKinds].join(', ')})`,
      type,
    )
  }
  return { datum: toDatums[kind](value), scale: 0 }
}

function decimalDatum(value: unknown): ScalarDatum {
  const text = typeof value === 'bigint' ? value.toString() : value
  const exact = typeof text === 'string' ? parseExactNumber(text) : undefined
  if (exact !== undefined) {
    const scale = Math.max(0, exact.scale)
    const zeros = scale - exact.scale
    if (scale <= decimalScaleMax && zeros <= decimalDigitsMax) {
      const unscaled = exact.unscaled * 10n ** BigInt(zeros)
      if (fitsPrecision(unscaled, decimalDigitsMax)) return { datum: unscaled, scale }
    }
  }
  throw valueError(`decimal of at most ${decimalDigitsMax} digits as an exact string`, value)
}

function intDatum(type: keyof typeof intBits, value: unknown): number | bigint {
  const bits = intBits[type]
  const isInt = typeof value === 'bigint' || Number.isSafeInteger(value)
  if (isInt && !Object.is(value, -0)) {
    const exact = BigInt(value as number | bigint)
    if (BigInt.asIntN(bits, exact) === exact) return bits === 64 ? exact : Number(exact)
  }
  throw valueError(`integer of ${bits} bits`, value)
}

const toDatums = byKind((kind) => toDatumFn({ kind }) as (value: unknown) => VariantDatum)
const fromDatums = byKind((kind) => fromDatumFn({ kind }) as (datum: VariantDatum) => unknown)

function byKind<T>(make: (kind: ColumnKind) => T): Readonly<Record<ColumnKind, T>> {
  return Object.fromEntries(columnKinds.map((kind) => [kind, make(kind)])) as Record<ColumnKind, T>
}

/** A stored scalar as `VariantScalar.value` shows it. */
function scalarValue(
  type: VariantScalarType,
  { datum, scale }: ScalarDatum,
): string | number | bigint {
  if (type === 'decimal') return formatDecimal(datum as bigint, scale)
  if (type in intBits) return datum as number | bigint
  return fromDatums[type as ColumnKind](datum) as string | number
}

/** A scalar that was decoded: right by construction. */
export function scalarOf(
  type: VariantScalarType,
  datum: VariantDatum,
  scale: number,
): VariantScalar {
  const scalar = Object.create(VariantScalar.prototype) as { type: unknown; value: unknown }
  scalar.type = type
  scalar.value = scalarValue(type, { datum, scale })
  return scalar as VariantScalar
}
