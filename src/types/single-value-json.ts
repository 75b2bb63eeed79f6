import {
  isJsonArray,
  isJsonObject,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  jsonDouble,
  jsonInt,
  jsonLong,
  jsonObject,
} from '../codec/json/value.js'
import { CorruptData, Unsupported, ValidationError } from '../errors.js'
import { fromHex, toHex } from '../util/bytes.js'
import type { Datum } from './datum.js'
import { formatDecimal } from './decimal-text.js'
import { formatDate, formatTime, formatTimestampMicros, formatTimestampNanos } from './time-text.js'
import { toDatum } from './to-datum.js'
import type { MapType, StructType, Type } from './type.js'
import { formatType } from './type-text.js'
import { formatUuid } from './uuid-text.js'

/** The entries of a map value, in order. */
export interface NestedMap {
  readonly entries: readonly (readonly [NestedDatum, NestedDatum])[]
}

/**
 * A value of any type in internal form: a datum, null, an array (list), a `Map` by field id
 * (struct; an absent field is not null but unset), or {@link NestedMap} (map).
 */
export type NestedDatum =
  | Datum
  | null
  | readonly NestedDatum[]
  | ReadonlyMap<number, NestedDatum>
  | NestedMap

/**
 * The JSON single-value form (spec: Appendix D), used for default values.
 *
 * @throws Unsupported for variant, geometry and geography, whose defaults must be null.
 */
export function singleValueJson(type: Type, value: NestedDatum): JsonValue {
  if (value === null) return null
  switch (type.kind) {
    case 'struct':
      return structToJson(type, value as ReadonlyMap<number, NestedDatum>)
    case 'list':
      return (value as readonly NestedDatum[]).map((item) => singleValueJson(type.element, item))
    case 'map': {
      const { entries } = value as NestedMap
      return jsonObject([
        ['keys', entries.map(([key]) => singleValueJson(type.key, key))],
        ['values', entries.map(([, item]) => singleValueJson(type.value, item))],
      ])
    }
    default:
      return primitiveToJson(type, value as Datum)
  }
}

function structToJson(type: StructType, value: ReadonlyMap<number, NestedDatum>): JsonObject {
  return jsonObject(
    type.fields.map((field) => {
      const item = value.get(field.id)
      return [String(field.id), item === undefined ? undefined : singleValueJson(field.type, item)]
    }),
  )
}

function primitiveToJson(type: Type, datum: Datum): JsonValue {
  switch (type.kind) {
    case 'boolean':
      return datum as boolean
    case 'int':
      return jsonInt(datum as number)
    case 'long':
      return jsonLong(datum as bigint)
    case 'float':
    case 'double':
      return doubleToJson(datum as number)
    case 'decimal':
      return formatDecimal(datum as bigint, type.scale)
    case 'date':
      return formatDate(datum as number)
    case 'time':
      return formatTime(datum as bigint)
    case 'timestamp':
      return formatTimestampMicros(datum as bigint, false)
    case 'timestamptz':
      return `${formatTimestampMicros(datum as bigint, false)}+00:00`
    case 'timestamp_ns':
      return formatTimestampNanos(datum as bigint, false)
    case 'timestamptz_ns':
      return `${formatTimestampNanos(datum as bigint, false)}+00:00`
    case 'string':
      return datum as string
    case 'uuid':
      return formatUuid(datum as Uint8Array)
    case 'fixed':
    case 'binary':
      return toHex(datum as Uint8Array)
    default:
      throw new Unsupported('default-value', `type ${formatType(type)} has no default but null`)
  }
}

function doubleToJson(value: number): JsonValue {
  if (!Number.isFinite(value)) {
    throw new Unsupported('default-value', `${value} cannot be a default: JSON has no such number`)
  }
  return jsonDouble(value)
}

/**
 * Reads a JSON single value.
 *
 * @throws CorruptData when it does not fit the type.
 * @throws Unsupported for variant, geometry and geography.
 */
export function parseSingleValueJson(type: Type, json: JsonValue): NestedDatum {
  if (json === null) return null
  switch (type.kind) {
    case 'struct':
      return structFromJson(type, json)
    case 'list':
      if (!isJsonArray(json)) throw misfit(type)
      return json.map((item) => parseSingleValueJson(type.element, item))
    case 'map':
      return mapFromJson(type, json)
    case 'variant':
    case 'geometry':
    case 'geography':
    case 'unknown':
      throw new Unsupported('default-value', `type ${formatType(type)} has no default but null`)
    default:
      return primitiveFromJson(type, json)
  }
}

function structFromJson(type: StructType, json: JsonValue): ReadonlyMap<number, NestedDatum> {
  if (!isJsonObject(json)) throw misfit(type)
  const value = new Map<number, NestedDatum>()
  for (const field of type.fields) {
    const item = json.get(String(field.id))
    if (item !== undefined) value.set(field.id, parseSingleValueJson(field.type, item))
  }
  return value
}

function mapFromJson(type: MapType, json: JsonValue): NestedMap {
  const keys = isJsonObject(json) ? json.get('keys') : undefined
  const values = isJsonObject(json) ? json.get('values') : undefined
  if (
    keys === undefined ||
    values === undefined ||
    !isJsonArray(keys) ||
    !isJsonArray(values) ||
    keys.length !== values.length
  ) {
    throw misfit(type)
  }
  const entries = keys.map((key, index): readonly [NestedDatum, NestedDatum] => [
    parseSingleValueJson(type.key, key),
    parseSingleValueJson(type.value, values[index] ?? null),
  ])
  return { entries }
}

function primitiveFromJson(type: Type, json: JsonValue): Datum {
  if (type.kind === 'fixed' || type.kind === 'binary') {
    const bytes = typeof json === 'string' ? fromHex(json) : undefined
    if (bytes === undefined || (type.kind === 'fixed' && bytes.length !== type.length)) {
      throw misfit(type)
    }
    return bytes
  }
  if (type.kind === 'float' || type.kind === 'double') {
    if (!(json instanceof JsonNumber)) throw misfit(type)
    return toDatumOrMisfit(type, json.asDouble())
  }
  if (json instanceof JsonNumber) {
    if (type.kind === 'int') return json.asInt()
    if (type.kind === 'long') return json.asLong()
    throw misfit(type)
  }
  if (type.kind === 'boolean' ? typeof json !== 'boolean' : typeof json !== 'string') {
    throw misfit(type)
  }
  return toDatumOrMisfit(type, json)
}

function toDatumOrMisfit(type: Type, value: unknown): Datum {
  try {
    return toDatum(type, value)
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error
    throw new CorruptData(`bad default value: ${error.message}`, { cause: error })
  }
}

function misfit(type: Type): CorruptData {
  return new CorruptData(`bad default value: it is no JSON single value of ${formatType(type)}`)
}
