/** What kinds of values expressions work with, and how two kinds are brought to one. */
import { InvalidArgument, MoraineError, ValidationError } from '../errors.js'
import { isOrdered } from '../types/compare.js'
import type { Datum } from '../types/datum.js'
import { parseExactNumber, powerOfTen, rescale } from '../types/decimal-text.js'
import { toDatum } from '../types/to-datum.js'
import type { Type } from '../types/type.js'
import { typesEqual } from '../types/type-equal.js'
import { formatType } from '../types/type-text.js'
import { NumericText } from './numeric-text.js'

export type RowValue = Datum | null

/**
 * The kind of a value. Integers of any width are bigints, decimals unscaled bigints, floating point
 * numbers doubles; `typed` values are datums of their type; a `text` has no type before it stands
 * beside something; `opaque` columns (structs, lists, maps, variants …) are only null or not.
 */
export type Shape =
  | { readonly kind: 'null' }
  | { readonly kind: 'text' }
  | { readonly kind: 'whole'; readonly literal?: boolean }
  | { readonly kind: 'decimal'; readonly scale: number; readonly literal?: boolean }
  | { readonly kind: 'float' }
  | { readonly kind: 'typed'; readonly type: Type }
  | { readonly kind: 'opaque'; readonly type: Type }

export const BOOLEAN: Shape = { kind: 'typed', type: { kind: 'boolean' } }
export const STRING: Shape = { kind: 'typed', type: { kind: 'string' } }

/** The shape of a column's values. */
export function shapeOf(type: Type): Shape {
  switch (type.kind) {
    case 'int':
    case 'long':
      return { kind: 'whole' }
    case 'decimal':
      return { kind: 'decimal', scale: type.scale }
    case 'float':
    case 'double':
      return { kind: 'float' }
    case 'unknown':
      return { kind: 'null' }
    default:
      return { kind: isOrdered(type) ? 'typed' : 'opaque', type }
  }
}

/** A literal with its shape. @throws InvalidArgument for what can be no value */
export function literalOf(value: unknown): { readonly shape: Shape; readonly value: RowValue } {
  if (value === null) return { shape: { kind: 'null' }, value: null }
  if (typeof value === 'boolean') return { shape: BOOLEAN, value }
  if (typeof value === 'string') return { shape: { kind: 'text' }, value }
  if (typeof value === 'bigint') return { shape: { kind: 'whole', literal: true }, value }
  if (value instanceof Uint8Array) {
    return { shape: { kind: 'typed', type: { kind: 'binary' } }, value }
  }
  if (value instanceof Date && Number.isFinite(value.getTime())) {
    return { shape: { kind: 'text' }, value: value.toISOString() }
  }
  if (typeof value === 'number' || value instanceof NumericText) return numberOf(String(value))
  throw new InvalidArgument(
    'an expression takes texts, numbers, bigints, booleans, bytes, dates and null as values',
  )
}

/** As in SQL: digits alone are whole, a point makes a decimal, an exponent a double. */
function numberOf(text: string): { readonly shape: Shape; readonly value: RowValue } {
  const exact = /^[+-]?[0-9.]+$/.test(text) ? parseExactNumber(text) : undefined
  if (exact === undefined) return { shape: { kind: 'float' }, value: Number(text) }
  const { unscaled, scale } = exact
  if (scale === 0) return { shape: { kind: 'whole', literal: true }, value: unscaled }
  return { shape: { kind: 'decimal', scale, literal: true }, value: unscaled }
}

export function shownShape(shape: Shape): string {
  switch (shape.kind) {
    case 'typed':
    case 'opaque':
      return `a ${formatType(shape.type)}`
    case 'whole':
      return 'a whole number'
    case 'float':
      return 'a floating-point number'
    case 'null':
      return 'null'
    default:
      return `a ${shape.kind}`
  }
}

/** The one shape that values of several shapes are brought to. @throws InvalidArgument */
export function commonShape(shapes: readonly Shape[]): Shape {
  let common: Shape = { kind: 'null' }
  for (const shape of shapes) common = widerShape(common, shape)
  return common.kind === 'text' ? STRING : common
}

function widerShape(a: Shape, b: Shape): Shape {
  if (a.kind === 'null') return b
  if (b.kind === 'null') return a
  if (a.kind === 'text') return textBeside(b)
  if (b.kind === 'text') return textBeside(a)
  if (a.kind === 'typed' || b.kind === 'typed') {
    if (a.kind === 'typed' && b.kind === 'typed') {
      if (typesEqual(a.type, b.type)) return a
      // Bytes of a literal stand for any type of bytes.
      if (isBytes(a.type) && isBytes(b.type)) return a.type.kind === 'binary' ? b : a
    }
    throw mixed(a, b)
  }
  if (a.kind === 'opaque' || b.kind === 'opaque') throw mixed(a, b)
  if (a.kind === 'float' || b.kind === 'float') {
    const other = a.kind === 'float' ? b : a
    // A column of decimals beside floating point would be rounded unasked.
    if (other.kind === 'decimal' && other.literal !== true) throw mixed(a, b)
    return { kind: 'float' }
  }
  const literal = a.literal === true && b.literal === true
  const scale = Math.max(a.kind === 'decimal' ? a.scale : 0, b.kind === 'decimal' ? b.scale : 0)
  if (a.kind === 'decimal' || b.kind === 'decimal') return { kind: 'decimal', scale, literal }
  return { kind: 'whole', literal }
}

function isBytes({ kind }: Type): boolean {
  return kind === 'binary' || kind === 'fixed' || kind === 'uuid'
}

function textBeside(other: Shape): Shape {
  if (other.kind === 'typed' || other.kind === 'decimal' || other.kind === 'text') return other
  throw mixed({ kind: 'text' }, other)
}

function mixed(a: Shape, b: Shape): InvalidArgument {
  return new InvalidArgument(
    `${shownShape(a)} and ${shownShape(b)} do not go together in an expression; use a function of the row`,
  )
}

/** Brings values of one shape to another, which `commonShape` gave; undefined where they stay. */
export function conversion(from: Shape, to: Shape): ((value: Datum) => Datum) | undefined {
  if (from.kind === 'whole' && to.kind === 'float') return Number
  if (from.kind === 'decimal' && to.kind === 'float') {
    // Read as a text it is rounded once, as a double of these digits.
    const { scale } = from
    return (value) => Number(`${value}e-${scale}`)
  }
  if (to.kind === 'decimal' && (from.kind === 'whole' || from.kind === 'decimal')) {
    const factor = powerOfTen(to.scale - (from.kind === 'decimal' ? from.scale : 0))
    return factor === 1n ? undefined : (value) => (value as bigint) * factor
  }
  if (from.kind !== 'text') return undefined
  if (to.kind === 'decimal') return (value) => decimalOf(String(value), to.scale)
  if (to.kind !== 'typed' || to.type.kind === 'string') return undefined
  return (value) => typedText(to.type, String(value))
}

function decimalOf(text: string, scale: number): bigint {
  const exact = parseExactNumber(text)
  const scaled = exact && rescale(exact, scale)
  if (scaled?.exact) return scaled.floor
  throw new ValidationError(
    `'${text.slice(0, 80)}' is no decimal with ${scale} digits after the point`,
  )
}

const DATE_ONLY = /^\d{4}-\d{2}-\d{2}$/

/** A text beside a value of another type, in the forms that predicates take. */
function typedText(type: Type, text: string): Datum {
  const { kind } = type
  const isLocal = kind === 'timestamp' || kind === 'timestamp_ns'
  let given = text
  if (isLocal && DATE_ONLY.test(text)) given = `${text}T00:00:00`
  else if (isLocal || kind === 'timestamptz' || kind === 'timestamptz_ns') {
    given = text.replace(/^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})/, '$1T$2')
  }
  try {
    return toDatum(type, given)
  } catch (error) {
    if (!(error instanceof MoraineError)) throw error
    throw new InvalidArgument(
      `a text beside ${shownShape({ kind: 'typed', type })}: ${error.message}`,
      {
        cause: error,
      },
    )
  }
}
