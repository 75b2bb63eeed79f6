import type { JsonValue } from '../codec/json/value.js'
import { isJsonArray, isJsonObject, JsonNumber } from '../codec/json/value.js'
import type { Field, Schema, Type } from './type.js'
import { DEFAULT_CRS, DEFAULT_EDGE_ALGORITHM } from './type-text.js'

/**
 * Whether two types are the same, ids, names and defaults of nested fields included. A missing CRS
 * or edge algorithm equals its default.
 */
export function typesEqual(a: Type, b: Type): boolean {
  if (a === b) return true
  switch (a.kind) {
    case 'decimal':
      return b.kind === 'decimal' && a.precision === b.precision && a.scale === b.scale
    case 'fixed':
      return b.kind === 'fixed' && a.length === b.length
    case 'geometry':
      return b.kind === 'geometry' && (a.crs ?? DEFAULT_CRS) === (b.crs ?? DEFAULT_CRS)
    case 'geography':
      return (
        b.kind === 'geography' &&
        (a.crs ?? DEFAULT_CRS) === (b.crs ?? DEFAULT_CRS) &&
        (a.algorithm ?? DEFAULT_EDGE_ALGORITHM) === (b.algorithm ?? DEFAULT_EDGE_ALGORITHM)
      )
    case 'struct':
      return b.kind === 'struct' && fieldsEqual(a.fields, b.fields)
    case 'list':
      return (
        b.kind === 'list' &&
        a.elementId === b.elementId &&
        a.elementRequired === b.elementRequired &&
        typesEqual(a.element, b.element)
      )
    case 'map':
      return (
        b.kind === 'map' &&
        a.keyId === b.keyId &&
        a.valueId === b.valueId &&
        a.valueRequired === b.valueRequired &&
        typesEqual(a.key, b.key) &&
        typesEqual(a.value, b.value)
      )
    default:
      return a.kind === b.kind
  }
}

/** Whether two lists of fields are the same, in order. */
export function fieldsEqual(a: readonly Field[], b: readonly Field[]): boolean {
  return a.length === b.length && a.every((field, index) => fieldEqual(field, b[index] as Field))
}

function fieldEqual(a: Field, b: Field): boolean {
  return (
    a.id === b.id &&
    a.name === b.name &&
    a.required === b.required &&
    a.doc === b.doc &&
    typesEqual(a.type, b.type) &&
    jsonEqual(a.initialDefault ?? null, b.initialDefault ?? null) &&
    jsonEqual(a.writeDefault ?? null, b.writeDefault ?? null)
  )
}

/**
 * Whether two schemas are the same but for their id: fields in order and identifier fields as a
 * set. The reference reuses the existing schema id then.
 */
export function schemasEqual(a: Schema, b: Schema): boolean {
  const identifiers = new Set(a.identifierFieldIds)
  return (
    fieldsEqual(a.fields, b.fields) &&
    identifiers.size === new Set(b.identifierFieldIds).size &&
    b.identifierFieldIds.every((id) => identifiers.has(id))
  )
}

function jsonEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true
  if (a instanceof JsonNumber) return b instanceof JsonNumber && a.text === b.text
  if (isJsonArray(a)) {
    return (
      isJsonArray(b) &&
      a.length === b.length &&
      a.every((item, index) => jsonEqual(item, b[index] ?? null))
    )
  }
  if (isJsonObject(a) && isJsonObject(b)) {
    if (a.size !== b.size) return false
    for (const [key, value] of a) {
      const other = b.get(key)
      if (other === undefined || !jsonEqual(value, other)) return false
    }
    return true
  }
  return false
}
