import type { JsonValue } from '../codec/json/value.js'
import { CorruptData, InvalidArgument, Unsupported } from '../errors.js'
import { TABLE_FIELD_ID_MAX } from './metadata-columns.js'
import { type IndexedField, schemaIndex } from './schema-index.js'
import { type NestedDatum, parseSingleValueJson } from './single-value-json.js'
import type { Field, Schema, Type } from './type.js'
import { formatType, isPrimitive, parameterProblem } from './type-text.js'

/** The first format version that has default values (spec: "Default values"). */
const DEFAULTS_FORMAT_VERSION = 3

/** The first format version that allows a type (spec: "Primitive Types"). Nested parts count. */
export function minFormatVersion(type: Type): 1 | 3 {
  switch (type.kind) {
    case 'timestamp_ns':
    case 'timestamptz_ns':
    case 'unknown':
    case 'variant':
    case 'geometry':
    case 'geography':
      return 3
    case 'struct':
      return type.fields.some((field) => minFormatVersion(field.type) === 3) ? 3 : 1
    case 'list':
      return minFormatVersion(type.element)
    case 'map':
      return minFormatVersion(type.key) === 3 ? 3 : minFormatVersion(type.value)
    default:
      return 1
  }
}

/**
 * Checks that a table of a format version may have a schema: types, defaults, identifier fields,
 * field ids. Every message names the column.
 *
 * @throws Unsupported for types and defaults that need a higher format version.
 * @throws InvalidArgument for everything else.
 */
export function checkSchema(schema: Schema, formatVersion: number): void {
  const index = schemaIndex(schema)
  for (const field of index.byId.values()) checkField(field, formatVersion)
  // The reference finds columns by their whole names, and reads no schema that repeats one.
  const shared = index.sharedPath()
  if (shared !== undefined) {
    throw new InvalidArgument(`two columns have the path '${shared}'`, {
      details: { column: shared },
    })
  }
  for (const id of schema.identifierFieldIds) {
    const field = index.byId.get(id)
    if (field === undefined) throw new InvalidArgument(`identifier field id ${id} does not exist`)
    const problem = identifierProblem(field)
    if (problem !== undefined) {
      throw new InvalidArgument(
        `column '${field.path.join('.')}' cannot be an identifier field: ${problem}`,
        { details: { column: field.path.join('.') } },
      )
    }
  }
}

/** Why a field cannot identify rows (spec: "Identifier Field IDs"); `undefined` when it can. */
export function identifierProblem(field: IndexedField): string | undefined {
  if (!isPrimitive(field.type)) return 'it is not primitive'
  if (field.type.kind === 'float' || field.type.kind === 'double') return 'it is floating point'
  if (field.inRepeated) return 'it lies in a list or map'
  if (!field.required) return 'it is not required'
  return field.nullable ? 'a struct around it is not required' : undefined
}

function checkField(field: IndexedField, formatVersion: number): void {
  const path = field.path.join('.')
  const details = { column: path }
  if (field.name === '') throw new InvalidArgument('a column name is empty', { details })
  if (field.id < 1 || field.id > TABLE_FIELD_ID_MAX) {
    throw new InvalidArgument(`field id ${field.id} of column '${path}' is reserved`, { details })
  }
  if (isPrimitive(field.type) || field.type.kind === 'variant') {
    const needed = minFormatVersion(field.type)
    if (needed > formatVersion) {
      throw new Unsupported(
        `type-${field.type.kind}`,
        `type ${formatType(field.type)} of column '${path}' needs format version ${needed}, the table has ${formatVersion}`,
        { details },
      )
    }
  }
  if (field.type.kind === 'unknown' && field.required) {
    throw new InvalidArgument(`column '${path}' of type unknown must be optional`, { details })
  }
  const problem = parameterProblem(field.type)
  if (problem !== undefined) throw new InvalidArgument(`column '${path}': ${problem}`, { details })
  if (field.field !== undefined) checkDefaults(field.field, path, formatVersion)
}

function checkDefaults(field: Field, path: string, formatVersion: number): void {
  const defaults = [field.initialDefault, field.writeDefault]
  for (const value of defaults) {
    if (value === undefined) continue
    if (formatVersion < DEFAULTS_FORMAT_VERSION) {
      throw new Unsupported(
        'default-value',
        `the default of column '${path}' needs format version ${DEFAULTS_FORMAT_VERSION}, the table has ${formatVersion}`,
        { details: { column: path } },
      )
    }
    const parsed = parseDefault(field.type, value, path)
    if (field.type.kind === 'struct' && parsed instanceof Map && parsed.size > 0) {
      throw new InvalidArgument(
        `the default of struct column '${path}' must be null or empty; its fields have their own`,
        { details: { column: path } },
      )
    }
  }
}

function parseDefault(type: Type, value: JsonValue, path: string): NestedDatum {
  try {
    return parseSingleValueJson(type, value)
  } catch (cause) {
    if (!(cause instanceof CorruptData)) throw cause
    throw new InvalidArgument(`default of column '${path}': ${cause.message}`, {
      cause,
      details: { column: path },
    })
  }
}
