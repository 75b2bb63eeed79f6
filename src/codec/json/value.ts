import { CorruptData, InvalidArgument } from '../../errors.js'

/** A JSON value that loses nothing: numbers keep their text, objects their order and every key. */
export type JsonValue = null | boolean | string | JsonNumber | JsonArray | JsonObject
export type JsonArray = readonly JsonValue[]
export type JsonObject = ReadonlyMap<string, JsonValue>

const INTEGER = /^-?(?:0|[1-9][0-9]*)$/
const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

/** A JSON number as it was written. The reader decides what it means, never its magnitude. */
export class JsonNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** The 64-bit integer. Throws `CorruptData` for `1e3`, `1.0`, `-0` and anything out of range. */
  asLong(): bigint {
    const value = longOf(this.text)
    if (value === undefined) throw new CorruptData(`not a 64-bit integer: ${shown(this.text)}`)
    return value
  }

  /** The 32-bit integer. Throws `CorruptData` like {@link asLong}. */
  asInt(): number {
    const value = intOf(this.text)
    if (value === undefined) throw new CorruptData(`not a 32-bit integer: ${shown(this.text)}`)
    return value
  }

  /** The nearest double. Throws `CorruptData` when the number is beyond the range of doubles. */
  asDouble(): number {
    const value = Number(this.text)
    if (!Number.isFinite(value)) throw new CorruptData(`not a double: ${shown(this.text)}`)
    return value
  }
}

/** The exact 64-bit integer that a JSON number text spells, or `undefined`. */
export function longOf(text: string): bigint | undefined {
  // 20 characters hold every signed 64-bit integer; longer texts never reach BigInt().
  if (text.length > 20 || text === '-0' || !INTEGER.test(text)) return undefined
  const value = BigInt(text)
  return value >= LONG_MIN && value <= LONG_MAX ? value : undefined
}

/** The exact 32-bit integer that a JSON number text spells, or `undefined`. */
export function intOf(text: string): number | undefined {
  if (text.length > 11 || text === '-0' || !INTEGER.test(text)) return undefined
  const value = Number(text)
  return value === (value | 0) ? value : undefined
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

/** A JSON number for a 64-bit integer. Throws `InvalidArgument` when it does not fit. */
export function jsonLong(value: bigint): JsonNumber {
  if (value < LONG_MIN || value > LONG_MAX) {
    throw new InvalidArgument(`integer out of the 64-bit range: ${value}`)
  }
  return new JsonNumber(value.toString())
}

/** A JSON number for a safe integer. Throws `InvalidArgument` for fractions and rounded values. */
export function jsonInt(value: number): JsonNumber {
  if (!Number.isSafeInteger(value)) {
    throw new InvalidArgument(`not an exact integer: ${value}`)
  }
  return new JsonNumber(Object.is(value, -0) ? '0' : value.toString())
}

/** A JSON number for a finite double, shortest form that reads back equal; `-0` is `-0.0`. */
export function jsonDouble(value: number): JsonNumber {
  if (!Number.isFinite(value)) {
    throw new InvalidArgument(`JSON has no number for ${value}`)
  }
  if (Object.is(value, -0)) return new JsonNumber('-0.0')
  return new JsonNumber(value.toString())
}

/** An object from its entries, in order; entries whose value is `undefined` are left out. */
export function jsonObject(
  entries: Iterable<readonly [string, JsonValue | undefined]>,
): Map<string, JsonValue> {
  const object = new Map<string, JsonValue>()
  for (const [key, value] of entries) if (value !== undefined) object.set(key, value)
  return object
}

export function isJsonObject(value: JsonValue): value is JsonObject {
  return value instanceof Map
}

export function isJsonArray(value: JsonValue): value is JsonArray {
  return Array.isArray(value)
}
