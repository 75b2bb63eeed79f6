import { ValidationError } from '../errors.js'
import { toHex } from '../util/bytes.js'

const SHOWN_MAX = 80

/** A value as an error message shows it: its kind, and its text cut short. */
export function describeValue(value: unknown): string {
  if (value === null) return 'null'
  if (value === undefined) return 'undefined'
  switch (typeof value) {
    case 'string':
      return `the string '${cut(value)}'`
    case 'bigint':
      return `the bigint ${cut(value.toString())}`
    case 'number':
      return `the number ${Object.is(value, -0) ? '-0' : value}`
    case 'boolean':
      return `the boolean ${value}`
    case 'function':
    case 'symbol':
      return `a ${typeof value}`
    default:
      return describeObject(value)
  }
}

function describeObject(value: object): string {
  if (value instanceof Uint8Array) {
    return `${value.length} bytes 0x${toHex(value.subarray(0, 16))}${value.length > 16 ? '…' : ''}`
  }
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'an invalid Date' : `the Date ${value.toISOString()}`
  }
  if (value instanceof Map) return `a Map of ${value.size}`
  const name = className(value)
  return name === undefined ? 'an object' : `an object of class ${cut(name)}`
}

/** The class of an object; undefined for plain ones, and for what does not say. */
function className(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (typeof prototype !== 'object' || prototype === null) return undefined
  const made: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
  const name: unknown =
    typeof made === 'function' ? Object.getOwnPropertyDescriptor(made, 'name')?.value : undefined
  return typeof name === 'string' && name !== '' && name !== 'Object' ? name : undefined
}

function cut(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}

/**
 * The error for a value that does not fit a type, with the cause where it is known;
 * {@link locateError} adds where it stands.
 */
export function valueError(expected: string, value: unknown, cause?: string): ValidationError {
  const why = cause === undefined ? '' : `: ${cause}`
  return new ValidationError(`expected ${expected}, found ${describeValue(value)}${why}`, {
    details: { expected, value: describeValue(value), ...(cause !== undefined && { why: cause }) },
  })
}

export interface ValuePlace {
  /** 0-based. */
  readonly row?: number | undefined
  /** Column path with dots. */
  readonly column?: string | undefined
  /** The same, of a column whose default it is. */
  readonly default?: string | undefined
}

/** The same error with the row and column it concerns. Anything else is given back as it is. */
export function locateError(error: unknown, place: ValuePlace): unknown {
  if (!(error instanceof ValidationError)) return error
  const path = place.default ?? place.column
  const what = place.default === undefined ? 'column' : 'default of column'
  const column = path === undefined ? '' : `${what} '${path}'`
  const row = place.row === undefined ? '' : `row ${place.row}`
  const where = [row, column].filter((part) => part !== '').join(', ')
  return new ValidationError(where === '' ? error.message : `${where}: ${error.message}`, {
    cause: error,
    details: {
      ...error.details,
      ...(place.row === undefined ? {} : { row: place.row }),
      ...(path === undefined ? {} : { column: path }),
    },
  })
}
