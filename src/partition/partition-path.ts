import type { Datum } from '../types/datum.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema, Type } from '../types/type.js'
import { encodeUtf8 } from '../util/utf8.js'
import type { PartitionSpec } from './model.js'
import { transformOps } from './ops.js'

const UNKNOWN: Type = { kind: 'unknown' }
const PLAIN = /^[A-Za-z0-9.*_-]*$/

/**
 * The folder of a partition as the reference names it: `at_day=2024-01-31/city=Oslo`, names and
 * values form-encoded as `java.net.URLEncoder` does. Empty for an unpartitioned spec.
 */
export function partitionPath(
  spec: PartitionSpec,
  schema: Pick<Schema, 'fields'>,
  tuple: readonly (Datum | null)[],
): string {
  const index = schemaIndex(schema)
  return spec.fields
    .map((field, position) => {
      const source = index.byId.get(field.sourceIds[0] ?? -1)?.type ?? UNKNOWN
      const { human } = transformOps(field.transform, source)
      return `${formEncode(field.name)}=${formEncode(human(tuple[position] ?? null))}`
    })
    .join('/')
}

/** `application/x-www-form-urlencoded`: letters, digits and `.-*_` stay, a space is `+`. */
export function formEncode(text: string): string {
  if (PLAIN.test(text)) return text
  let encoded = ''
  for (const byte of encodeUtf8(text)) {
    const char = String.fromCharCode(byte)
    if (byte < 0x80 && PLAIN.test(char)) encoded += char
    else if (char === ' ') encoded += '+'
    else encoded += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
