import { ObjectReader } from '../codec/json/object-reader.js'
import { type JsonObject, type JsonValue, jsonInt, jsonObject } from '../codec/json/value.js'
import type { Limits } from '../env/limits.js'
import { CorruptData, LimitExceeded } from '../errors.js'
import type { Field, ListType, MapType, Schema, StructType, Type } from './type.js'
import { formatType, parseTypeText } from './type-text.js'

export type SchemaLimits = Pick<Limits, 'schemaFields' | 'schemaDepth'>

/** What one schema document has used of its limits, and the ids it has seen. */
class ParseState {
  readonly limits: SchemaLimits
  readonly ids = new Set<number>()

  constructor(limits: SchemaLimits) {
    this.limits = limits
  }

  claimId(id: number, reader: ObjectReader, key: string): number {
    if (this.ids.has(id)) reader.fail(`duplicate field id ${id}`, key)
    this.ids.add(id)
    const max = this.limits.schemaFields
    if (this.ids.size > max) {
      throw new LimitExceeded(`schema has more than schemaFields = ${max} fields`, {
        details: { limit: 'schemaFields', max, actual: this.ids.size },
      })
    }
    return id
  }

  checkDepth(depth: number): void {
    const max = this.limits.schemaDepth
    if (depth > max) {
      throw new LimitExceeded(`schema is nested deeper than schemaDepth = ${max}`, {
        details: { limit: 'schemaDepth', max, actual: depth },
      })
    }
  }
}

/**
 * Parses one schema (spec: Appendix C, "Schemas"). `schema-id` defaults to 0, as v1 tables leave it
 * out. Members that are not known are kept in `extra`.
 *
 * @throws CorruptData for missing members, duplicate ids and duplicate names in one struct.
 * @throws LimitExceeded for `schemaFields` and `schemaDepth`.
 */
export function parseSchema(reader: ObjectReader, limits: SchemaLimits): Schema {
  const state = new ParseState(limits)
  const type = reader.optString('type')
  if (type !== undefined && type !== 'struct') reader.fail(`expected type 'struct'`, 'type')
  const fields = parseFields(reader, state, 1)
  const schemaId = reader.optInt('schema-id') ?? 0
  const identifierFieldIds = reader.optInts('identifier-field-ids') ?? []
  const extra = reader.rest()
  return {
    schemaId,
    fields,
    identifierFieldIds,
    ...(extra.size > 0 ? { extra } : {}),
  }
}

/** Parses the JSON form of a type: a text, or an object for nested types. */
export function parseType(
  value: JsonValue,
  limits: SchemaLimits,
  context: { readonly path?: string | undefined; readonly pointer?: string } = {},
): Type {
  return parseTypeValue(value, context.path, context.pointer ?? '', new ParseState(limits), 1)
}

function parseTypeValue(
  value: JsonValue,
  path: string | undefined,
  pointer: string,
  state: ParseState,
  depth: number,
): Type {
  if (typeof value === 'string') return parseTypeAt(value, path, pointer)
  state.checkDepth(depth)
  const reader = new ObjectReader(value, { path, pointer })
  switch (reader.string('type')) {
    case 'struct':
      return { kind: 'struct', fields: parseFields(reader, state, depth) }
    case 'list':
      return parseList(reader, path, state, depth)
    case 'map':
      return parseMap(reader, path, state, depth)
    default:
      return reader.fail('unknown nested type', 'type')
  }
}

function parseTypeAt(text: string, path: string | undefined, pointer: string): Type {
  try {
    return parseTypeText(text)
  } catch (error) {
    if (!(error instanceof CorruptData)) throw error
    throw new CorruptData(`${error.message} at ${pointer}`, {
      cause: error,
      details: { path, pointer },
    })
  }
}

function parseList(
  reader: ObjectReader,
  path: string | undefined,
  state: ParseState,
  depth: number,
): ListType {
  const elementId = state.claimId(reader.int('element-id'), reader, 'element-id')
  const element = parseTypeValue(
    reader.value('element'),
    path,
    reader.at('element'),
    state,
    depth + 1,
  )
  return { kind: 'list', elementId, elementRequired: reader.bool('element-required'), element }
}

function parseMap(
  reader: ObjectReader,
  path: string | undefined,
  state: ParseState,
  depth: number,
): MapType {
  const keyId = state.claimId(reader.int('key-id'), reader, 'key-id')
  const key = parseTypeValue(reader.value('key'), path, reader.at('key'), state, depth + 1)
  const valueId = state.claimId(reader.int('value-id'), reader, 'value-id')
  const value = parseTypeValue(reader.value('value'), path, reader.at('value'), state, depth + 1)
  return { kind: 'map', keyId, key, valueId, valueRequired: reader.bool('value-required'), value }
}

function parseFields(reader: ObjectReader, state: ParseState, depth: number): readonly Field[] {
  state.checkDepth(depth)
  const names = new Set<string>()
  return reader.objects('fields', (item) => {
    const field = parseField(item, state, depth)
    if (names.has(field.name)) item.fail(`duplicate field name '${field.name}'`, 'name')
    names.add(field.name)
    return field
  })
}

function parseField(reader: ObjectReader, state: ParseState, depth: number): Field {
  const id = state.claimId(reader.int('id'), reader, 'id')
  const name = reader.string('name')
  const required = reader.bool('required')
  const type = parseTypeValue(
    reader.value('type'),
    reader.path,
    reader.at('type'),
    state,
    depth + 1,
  )
  const doc = reader.optString('doc')
  // A default of null means no default (spec: "Default values").
  const initialDefault = reader.optValue('initial-default') ?? undefined
  const writeDefault = reader.optValue('write-default') ?? undefined
  const extra = reader.rest()
  return {
    id,
    name,
    required,
    type,
    ...(doc === undefined ? {} : { doc }),
    ...(initialDefault === undefined ? {} : { initialDefault }),
    ...(writeDefault === undefined ? {} : { writeDefault }),
    ...(extra.size > 0 ? { extra } : {}),
  }
}

/** The JSON form of a schema. */
export function schemaJson(schema: Schema): JsonObject {
  const ids = schema.identifierFieldIds
  return jsonObject([
    ['type', 'struct'],
    ['schema-id', jsonInt(schema.schemaId)],
    ['identifier-field-ids', ids.length === 0 ? undefined : ids.map(jsonInt)],
    ['fields', schema.fields.map(fieldJson)],
    ...(schema.extra ?? []),
  ])
}

/** The JSON form of a type. */
export function typeJson(type: Type): JsonValue {
  switch (type.kind) {
    case 'struct':
      return structJson(type)
    case 'list':
      return jsonObject([
        ['type', 'list'],
        ['element-id', jsonInt(type.elementId)],
        ['element', typeJson(type.element)],
        ['element-required', type.elementRequired],
      ])
    case 'map':
      return jsonObject([
        ['type', 'map'],
        ['key-id', jsonInt(type.keyId)],
        ['key', typeJson(type.key)],
        ['value-id', jsonInt(type.valueId)],
        ['value', typeJson(type.value)],
        ['value-required', type.valueRequired],
      ])
    default:
      return formatType(type)
  }
}

function structJson(type: StructType): JsonObject {
  return jsonObject([
    ['type', 'struct'],
    ['fields', type.fields.map(fieldJson)],
  ])
}

function fieldJson(field: Field): JsonObject {
  return jsonObject([
    ['id', jsonInt(field.id)],
    ['name', field.name],
    ['required', field.required],
    ['type', typeJson(field.type)],
    ['doc', field.doc],
    ['initial-default', field.initialDefault],
    ['write-default', field.writeDefault],
    ...(field.extra ?? []),
  ])
}
