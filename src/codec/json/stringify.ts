import { encodeUtf8 } from '../../util/utf8.js'
import { JsonNumber, type JsonValue } from './value.js'

export interface StringifyJsonOptions {
  /** Spaces per level; 0 (the default) writes one line without spaces. */
  readonly indent?: number
}

/** The JSON text of a value; numbers are written exactly as their text says. */
export function stringifyJson(value: JsonValue, options: StringifyJsonOptions = {}): string {
  const out: string[] = []
  write(out, value, ' '.repeat(options.indent ?? 0), '\n')
  return out.join('')
}

/** {@link stringifyJson} as UTF-8 bytes. */
export function encodeJson(value: JsonValue, options: StringifyJsonOptions = {}): Uint8Array {
  return encodeUtf8(stringifyJson(value, options))
}

/** A JSON string literal. Lone surrogates come out escaped, so the text is always valid UTF-8. */
export function quoteJson(text: string): string {
  return JSON.stringify(text)
}

function write(out: string[], value: JsonValue, indent: string, newline: string): void {
  if (typeof value === 'string') out.push(quoteJson(value))
  else if (value === null) out.push('null')
  else if (typeof value === 'boolean') out.push(value ? 'true' : 'false')
  else if (value instanceof JsonNumber) out.push(value.text)
  else if (value instanceof Map) writeObject(out, value, indent, newline)
  else writeArray(out, value as readonly JsonValue[], indent, newline)
}

function writeObject(
  out: string[],
  object: ReadonlyMap<string, JsonValue>,
  indent: string,
  newline: string,
): void {
  if (object.size === 0) {
    out.push('{}')
    return
  }
  const inner = newline + indent
  const colon = indent === '' ? ':' : ': '
  let separator = indent === '' ? '{' : `{${inner}`
  for (const [key, value] of object) {
    out.push(separator, quoteJson(key), colon)
    write(out, value, indent, inner)
    separator = indent === '' ? ',' : `,${inner}`
  }
  out.push(indent === '' ? '}' : `${newline}}`)
}

function writeArray(
  out: string[],
  array: readonly JsonValue[],
  indent: string,
  newline: string,
): void {
  if (array.length === 0) {
    out.push('[]')
    return
  }
  const inner = newline + indent
  let separator = indent === '' ? '[' : `[${inner}`
  for (const value of array) {
    out.push(separator)
    write(out, value, indent, inner)
    separator = indent === '' ? ',' : `,${inner}`
  }
  out.push(indent === '' ? ']' : `${newline}]`)
}
