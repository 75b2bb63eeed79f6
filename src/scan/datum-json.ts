import { isJsonObject, type JsonValue, jsonObject, longOf } from '../codec/json/value.js'
import { CorruptData } from '../errors.js'
import type { Datum } from '../types/datum.js'
import { fromHex, toHex } from '../util/bytes.js'

/**
 * A value in internal form as JSON that gives it back exactly without knowing its type: booleans
 * and strings as they are, the others in an object that names their kind.
 */
export function datumJson(datum: Datum | null): JsonValue {
  if (datum === null || typeof datum === 'boolean' || typeof datum === 'string') return datum
  if (typeof datum === 'bigint') return jsonObject([['long', datum.toString()]])
  if (typeof datum === 'number') {
    return jsonObject([['number', Object.is(datum, -0) ? '-0' : String(datum)]])
  }
  return jsonObject([['bytes', toHex(datum)]])
}

/** The value back. Throws `CorruptData` for anything that {@link datumJson} does not make. */
export function parseDatumJson(json: JsonValue): Datum | null {
  if (json === null || typeof json === 'boolean' || typeof json === 'string') return json
  if (isJsonObject(json) && json.size === 1) {
    for (const [kind, text] of json) {
      const datum = typeof text === 'string' ? parseKind(kind, text) : undefined
      if (datum !== undefined) return datum
    }
  }
  throw new CorruptData('a value in a scan task is malformed')
}

function parseKind(kind: string, text: string): Datum | undefined {
  switch (kind) {
    case 'long':
      return text.length > 40 || !/^-?[0-9]+$/.test(text) ? undefined : wide(text)
    case 'number':
      return numberOf(text)
    case 'bytes':
      return fromHex(text)
    default:
      return undefined
  }
}

/** Only the spellings that {@link datumJson} has: `Number('')` is 0, which nobody wrote. */
function numberOf(text: string): number | undefined {
  const number = Number(text)
  return text === '-0' || text === String(number) ? number : undefined
}

/** 64-bit integers, and the wider unscaled values of decimals. */
function wide(text: string): bigint {
  return longOf(text) ?? BigInt(text)
}
