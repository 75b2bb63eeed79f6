import { ValidationError } from '../../errors.js'
import type { Type } from '../../types/type.js'
import { formatType } from '../../types/type-text.js'
import { fromHex } from '../../util/bytes.js'
import { variantOfText } from './variant-value.js'

/** Turns the text of a value into what a write takes for the type; the write checks it. */
export type TextReader = (text: string) => unknown

/**
 * The reader of texts for a type. An empty text is null, except that a quoted one is an empty
 * string; callers settle that first.
 *
 * @throws ValidationError from the reader when a text cannot be of the type.
 */
export function textReader(type: Type): TextReader {
  switch (type.kind) {
    case 'boolean':
      return booleanOf
    case 'int':
      return (text) => numberOf(text, 'int')
    case 'float':
    case 'double':
      return (text) => doubleOf(text, type.kind)
    case 'long':
      return longOfText
    case 'timestamp':
    case 'timestamp_ns':
      // A date where other rows have a time of day means its midnight.
      return (text) => (text.length === 10 ? `${text}T00:00:00` : text)
    case 'binary':
    case 'fixed':
      return bytesOf
    case 'variant':
      return variantOfText
    case 'struct':
    case 'list':
    case 'map':
      throw new ValidationError(`a text file cannot fill a column of type ${formatType(type)}`)
    default:
      return (text) => text
  }
}

function refused(text: string, what: string): ValidationError {
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return new ValidationError(`"${shown}" is no ${what}`, { details: { value: shown } })
}

function booleanOf(text: string): boolean {
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 't' || lower === '1') return true
  if (lower === 'false' || lower === 'f' || lower === '0') return false
  throw refused(text, 'boolean')
}

function numberOf(text: string, what: string): number {
  if (!/^[+-]?\d+$/.test(text)) throw refused(text, what)
  return Number(text)
}

function longOfText(text: string): bigint {
  if (!/^[+-]?\d{1,20}$/.test(text)) throw refused(text, 'long')
  return BigInt(text.startsWith('+') ? text.slice(1) : text)
}

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
])

function doubleOf(text: string, what: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text)
  const special = SPECIAL.get(text.toLowerCase())
  if (special === undefined) throw refused(text, what)
  return special
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text.startsWith('0x') ? text.slice(2) : text)
  if (bytes === undefined) throw refused(text, 'binary value in hex, such as 0x00ff')
  return bytes
}
