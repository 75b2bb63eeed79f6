import { ObjectReader } from '../codec/json/object-reader.js'
import { parseJson } from '../codec/json/parse.js'
import { stringifyJson } from '../codec/json/stringify.js'
import { isJsonArray, type JsonValue, jsonInt, jsonObject } from '../codec/json/value.js'
import type { Limits } from '../env/limits.js'
import { CorruptData, LimitExceeded } from '../errors.js'
import type { Field, Type } from './type.js'

/** The table property that holds a name mapping. */
export const NAME_MAPPING_PROPERTY = 'schema.name-mapping.default'

/** Names that data files without field ids use for a field (spec: "Column Projection"). */
export interface MappedField {
  /** Undefined for a column of the files that the schema does not have. */
  readonly id: number | undefined
  readonly names: readonly string[]
  readonly fields: readonly MappedField[]
}

export type NameMapping = readonly MappedField[]

/**
 * Parses the JSON text of a name mapping.
 *
 * @throws CorruptData when it is malformed or maps one name of a level twice.
 */
export function parseNameMapping(text: string, limits: Limits): NameMapping {
  const path = `property ${NAME_MAPPING_PROPERTY}`
  const json = parseJson(text, { limits, path })
  const budget = { left: limits.schemaFields }
  return parseLevel(json, path, '', limits, 1, budget)
}

function parseLevel(
  json: JsonValue,
  path: string,
  pointer: string,
  limits: Limits,
  depth: number,
  budget: { left: number },
): NameMapping {
  if (!isJsonArray(json)) {
    throw new CorruptData(`expected a list of field mappings at ${pointer} in ${path}`)
  }
  if (depth > limits.schemaDepth) throw passed('schemaDepth', limits.schemaDepth, depth)
  const names = new Set<string>()
  return json.map((item, index) => {
    budget.left--
    if (budget.left < 0) throw passed('schemaFields', limits.schemaFields, limits.schemaFields + 1)
    const reader = new ObjectReader(item, { path, pointer: `${pointer}/${index}` })
    const field: MappedField = {
      id: reader.optInt('field-id'),
      names: reader.optStrings('names') ?? [],
      fields: reader.has('fields')
        ? parseLevel(reader.value('fields'), path, reader.at('fields'), limits, depth + 1, budget)
        : [],
    }
    for (const name of field.names) {
      if (names.has(name)) reader.fail(`name '${name}' is mapped twice`, 'names')
      names.add(name)
    }
    return field
  })
}

function passed(limit: 'schemaDepth' | 'schemaFields', max: number, actual: number): LimitExceeded {
  return new LimitExceeded(`name mapping passes the limit ${limit} = ${max}`, {
    details: { limit, max, actual },
  })
}

/** The JSON text of a name mapping. */
export function nameMappingText(mapping: NameMapping): string {
  return stringifyJson(levelJson(mapping))
}

function levelJson(mapping: NameMapping): JsonValue {
  return mapping.map((field) =>
    jsonObject([
      ['field-id', field.id === undefined ? undefined : jsonInt(field.id)],
      ['names', field.names],
      ['fields', field.fields.length === 0 ? undefined : levelJson(field.fields)],
    ]),
  )
}

/** The mapping by which every field has its present name. */
export function nameMappingOf(fields: readonly Field[]): NameMapping {
  return fields.map((field) => mapped(field.id, field.name, field.type))
}

function mapped(id: number, name: string, type: Type): MappedField {
  return { id, names: [name], fields: mappedChildren(type) }
}

function mappedChildren(type: Type): NameMapping {
  switch (type.kind) {
    case 'struct':
      return nameMappingOf(type.fields)
    case 'list':
      return [mapped(type.elementId, 'element', type.element)]
    case 'map':
      return [mapped(type.keyId, 'key', type.key), mapped(type.valueId, 'value', type.value)]
    default:
      return []
  }
}

/** The mapping of a name at one level. A dot in a name is part of it. */
export function findMapped(mapping: NameMapping, name: string): MappedField | undefined {
  return mapping.find((field) => field.names.includes(name))
}

/**
 * The mapping after a schema change, as the reference keeps it: renamed fields gain their new name,
 * added fields are mapped, and a name that a field takes is no longer mapped to another, which would
 * read files of the one into the other. Entries of dropped fields stay: their ids are read no more.
 */
export function updateNameMapping(
  mapping: NameMapping,
  before: readonly Field[],
  after: readonly Field[],
): NameMapping {
  const known = new Map(before.map((field) => [field.id, field]))
  const mappedIds = new Set(mapping.map((field) => field.id))
  const added = after.filter((field) => !known.has(field.id) && !mappedIds.has(field.id))
  const owners = new Map<string, number>()
  for (const field of after) {
    const old = known.get(field.id)
    if (old === undefined || old.name !== field.name) owners.set(field.name, field.id)
  }
  const current = new Map(after.map((field) => [field.id, field]))
  const kept = mapping.map((entry): MappedField => {
    const field = entry.id === undefined ? undefined : current.get(entry.id)
    const gained = field !== undefined && owners.get(field.name) === field.id ? [field.name] : []
    const names = [...new Set([...entry.names, ...gained])].filter((name) => {
      const owner = owners.get(name)
      return owner === undefined || owner === entry.id
    })
    const old = field && known.get(field.id)
    if (field === undefined || old === undefined) return { ...entry, names }
    return { id: entry.id, names, fields: updateChildren(entry.fields, old.type, field.type) }
  })
  return [...kept, ...nameMappingOf(added)]
}

function updateChildren(mapping: NameMapping, before: Type, after: Type): NameMapping {
  const fields = asFields(after)
  return fields.length === 0 ? mapping : updateNameMapping(mapping, asFields(before), fields)
}

function asFields(type: Type): readonly Field[] {
  switch (type.kind) {
    case 'struct':
      return type.fields
    case 'list':
      return [{ id: type.elementId, name: 'element', required: true, type: type.element }]
    case 'map':
      return [
        { id: type.keyId, name: 'key', required: true, type: type.key },
        { id: type.valueId, name: 'value', required: true, type: type.value },
      ]
    default:
      return []
  }
}
