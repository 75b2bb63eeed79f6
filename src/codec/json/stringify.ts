import { encodeUtf8 } from '../../util/utf8.js'
import { JsonNumber, type JsonValue } from './value.js'

export interface StringifyJsonOptions {
  /** Spaces per level; 0 (the default) writes one line without spaces. */
  readonly indent?: number
}

/** The JSON text of a value; numbers are written exactly as their text says. */
export function stringifyJson(value: JsonValue, options: StringifyJsonOptions = {}): string {
  return text(value, ' '.repeat(options.indent ?? 0), '\n')
}

/** {@link stringifyJson} as UTF-8 bytes. */
export function encodeJson(value: JsonValue, options: StringifyJsonOptions = {}): Uint8Array {
  return encodeUtf8(stringifyJson(value, options))
}

/** Characters that stand for themselves. */
const PLAIN = /^[ !#-[\]-~]*$/

/** A JSON string literal. Lone surrogates come out escaped, so the text is always valid UTF-8. */
export function quoteJson(value: string): string {
  // Most strings are short and plain: the call into the platform costs more than the look.
  return value.length < 200 && PLAIN.test(value) ? `"${value}"` : JSON.stringify(value)
}

function text(value: JsonValue, indent: string, newline: string): string {
  if (typeof value === 'string') return quoteJson(value)
  if (value === null) return 'null'
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value instanceof JsonNumber) return value.text
  if (value instanceof Map) return objectText(value, indent, newline)
  return arrayText(value as readonly JsonValue[], indent, newline)
}

function objectText(
  object: ReadonlyMap<string, JsonValue>,
  indent: string,
  newline: string,
): string {
  if (object.size === 0) return '{}'
  const inner = newline + indent
  const colon = indent === '' ? ':' : ': '
  let separator = indent === '' ? '{' : `{${inner}`
  let out = ''
  for (const [key, value] of object) {
    out += separator + quoteJson(key) + colon + text(value, indent, inner)
    separator = indent === '' ? ',' : `,${inner}`
  }
  return out + (indent === '' ? '}' : `${newline}}`)
}

function arrayText(array: readonly JsonValue[], indent: string, newline: string): string {
  if (array.length === 0) return '[]'
  const inner = newline + indent
  let separator = indent === '' ? '[' : `[${inner}`
  let out = ''
  for (const value of array) {
    out += separator + text(value, indent, inner)
    separator = indent === '' ? ',' : `,${inner}`
  }
  return out + (indent === '' ? ']' : `${newline}]`)
}
