import { InvalidArgument } from '../errors.js'
import type { Field, Type } from './type.js'

/** Changes of one field deep inside a schema, the rest shared. */

/** The struct member with an id replaced; `undefined` from `change` removes it. */
export function changeField(
  fields: readonly Field[],
  id: number,
  change: (field: Field) => Field | undefined,
): readonly Field[] {
  return mapFields(fields, (field) => (field.id === id ? change(field) : field))
}

/** The members of the struct that is the type of a field (or of a list element, map value …). */
export function changeMembers(
  fields: readonly Field[],
  structId: number | undefined,
  change: (members: readonly Field[]) => readonly Field[],
): readonly Field[] {
  if (structId === undefined) return change(fields)
  return changeTypeOf(fields, structId, (type) => {
    if (type.kind !== 'struct') throw new InvalidArgument('a column is no struct')
    return { ...type, fields: change(type.fields) }
  })
}

/** The type of the field, element, key or value with an id replaced. */
export function changeTypeOf(
  fields: readonly Field[],
  id: number,
  change: (type: Type) => Type,
): readonly Field[] {
  return mapFields(fields, (field) =>
    field.id === id
      ? { ...field, type: change(field.type) }
      : withType(field, changeInType(field.type, id, change)),
  )
}

function withType(field: Field, type: Type): Field {
  return type === field.type ? field : { ...field, type }
}

function changeInType(type: Type, id: number, change: (type: Type) => Type): Type {
  switch (type.kind) {
    case 'struct': {
      const fields = changeTypeOf(type.fields, id, change)
      return fields === type.fields ? type : { ...type, fields }
    }
    case 'list': {
      const element =
        type.elementId === id ? change(type.element) : changeInType(type.element, id, change)
      return element === type.element ? type : { ...type, element }
    }
    case 'map': {
      const key = type.keyId === id ? change(type.key) : changeInType(type.key, id, change)
      const value = type.valueId === id ? change(type.value) : changeInType(type.value, id, change)
      return key === type.key && value === type.value ? type : { ...type, key, value }
    }
    default:
      return type
  }
}

/** The list element or map value with an id made required or optional. */
export function setPartRequired(
  fields: readonly Field[],
  id: number,
  required: boolean,
): readonly Field[] {
  return mapFields(fields, (field) => withType(field, withPart(field.type, id, required)))
}

function withPart(type: Type, id: number, required: boolean): Type {
  switch (type.kind) {
    case 'struct': {
      const fields = setPartRequired(type.fields, id, required)
      return fields === type.fields ? type : { ...type, fields }
    }
    case 'list':
      if (type.elementId === id) return { ...type, elementRequired: required }
      return changed(type, { element: withPart(type.element, id, required) })
    case 'map':
      if (type.valueId === id) return { ...type, valueRequired: required }
      return changed(type, {
        key: withPart(type.key, id, required),
        value: withPart(type.value, id, required),
      })
    default:
      return type
  }
}

function changed<T extends object>(base: T, changes: Partial<T>): T {
  const keys = Object.keys(changes) as (keyof T)[]
  return keys.every((key) => base[key] === changes[key]) ? base : { ...base, ...changes }
}

/** Applies a change to every struct member, however deep; unchanged lists keep their identity. */
function mapFields(
  fields: readonly Field[],
  change: (field: Field) => Field | undefined,
): readonly Field[] {
  const result: Field[] = []
  let same = true
  for (const field of fields) {
    const changedField = change(field)
    const next =
      changedField === field ? withType(field, mapTypeFields(field.type, change)) : changedField
    if (next !== field) same = false
    if (next !== undefined) result.push(next)
  }
  return same ? fields : result
}

function mapTypeFields(type: Type, change: (field: Field) => Field | undefined): Type {
  switch (type.kind) {
    case 'struct': {
      const fields = mapFields(type.fields, change)
      return fields === type.fields ? type : { ...type, fields }
    }
    case 'list':
      return changed(type, { element: mapTypeFields(type.element, change) })
    case 'map':
      return changed(type, {
        key: mapTypeFields(type.key, change),
        value: mapTypeFields(type.value, change),
      })
    default:
      return type
  }
}
