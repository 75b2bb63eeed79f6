import type { Datum } from './datum.js'
import { type NestedDatum, type NestedMap, parseSingleValueJson } from './single-value-json.js'
import type { Field, Type } from './type.js'

/** Where the values of a wanted column come from. */
export type ColumnSource =
  /** The data file has the column; nested fields are in `children`. */
  | { readonly kind: 'file' }
  /** One value for every row: from the partition tuple. */
  | { readonly kind: 'constant'; readonly datum: Datum | null }
  /** The field's initial default, for rows written before it was added. */
  | { readonly kind: 'default'; readonly value: NestedDatum }
  | { readonly kind: 'null' }

/** How to make one wanted column. */
export interface ColumnPlan {
  readonly field: Field
  readonly source: ColumnSource
  /**
   * Plans of what the column holds, when it is read from the file and nested: the fields of a
   * struct in order, the element of a list, the key and the value of a map.
   */
  readonly children?: readonly ColumnPlan[]
}

/** What a data file holds, by field id; ids from a name mapping are already filled in. */
export interface FileFields {
  has(fieldId: number): boolean
}

/**
 * Resolves wanted columns against a data file, strictly by field id (spec: "Column Projection").
 * A field that the file lacks is taken from the identity partition values, then its initial
 * default, then null.
 *
 * @param constants identity partition values by source field id.
 */
export function projectColumns(
  wanted: readonly Field[],
  file: FileFields,
  constants: ReadonlyMap<number, Datum | null>,
): readonly ColumnPlan[] {
  return wanted.map((field) => planField(field, file, constants))
}

function planField(
  field: Field,
  file: FileFields,
  constants: ReadonlyMap<number, Datum | null>,
): ColumnPlan {
  // Unknown is not stored; a column of that name in the file is ignored (spec: Appendix A).
  if (field.type.kind === 'unknown') return { field, source: { kind: 'null' } }
  if (isInFile(field.id, field.type, file)) {
    const children = childFields(field.type)
    const source = { kind: 'file' } as const
    if (children === undefined) return { field, source }
    return { field, source, children: children.map((c) => planField(c, file, constants)) }
  }
  const constant = constants.get(field.id)
  if (constant !== undefined) return { field, source: { kind: 'constant', datum: constant } }
  const value = initialDefault(field)
  return { field, source: value === null ? { kind: 'null' } : { kind: 'default', value } }
}

/**
 * Whether the file holds a field, or, since a group may carry no id of its own in files that were
 * mapped by name, any field inside it.
 */
function isInFile(id: number, type: Type, file: FileFields): boolean {
  if (file.has(id)) return true
  if (type.kind === 'list') return isInFile(type.elementId, type.element, file)
  if (type.kind === 'map') return file.has(type.keyId) || file.has(type.valueId)
  return false
}

function childFields(type: Type): readonly Field[] | undefined {
  switch (type.kind) {
    case 'struct':
      return type.fields
    case 'list':
      return [
        { id: type.elementId, name: 'element', required: type.elementRequired, type: type.element },
      ]
    case 'map':
      return [
        { id: type.keyId, name: 'key', required: true, type: type.key },
        { id: type.valueId, name: 'value', required: type.valueRequired, type: type.value },
      ]
    default:
      return undefined
  }
}

/**
 * The value of a field for rows older than the field. A struct whose default is `{}` is made of its
 * fields' own defaults (spec: "Default values").
 */
export function initialDefault(field: Field): NestedDatum {
  return fillDefault(field, field.initialDefault, (child) => child.initialDefault)
}

/** The value that a writer uses when a row leaves the field out; null when it has no default. */
export function writeDefault(field: Field): NestedDatum {
  return fillDefault(field, field.writeDefault, (child) => child.writeDefault)
}

type DefaultOf = (field: Field) => Field['initialDefault']

function fillDefault(
  field: Field,
  json: Field['initialDefault'],
  defaultOf: DefaultOf,
): NestedDatum {
  if (json === undefined) return null
  return fillMembers(field.type, parseSingleValueJson(field.type, json), defaultOf)
}

/** Struct members that a default leaves out have their own (spec: "Schema Evolution"). */
function fillMembers(type: Type, value: NestedDatum, defaultOf: DefaultOf): NestedDatum {
  if (value === null) return null
  switch (type.kind) {
    case 'struct': {
      const given = value as ReadonlyMap<number, NestedDatum>
      const filled = new Map<number, NestedDatum>()
      for (const child of type.fields) {
        const member = given.get(child.id)
        filled.set(
          child.id,
          member === undefined
            ? fillDefault(child, defaultOf(child), defaultOf)
            : fillMembers(child.type, member, defaultOf),
        )
      }
      return filled
    }
    case 'list':
      return (value as readonly NestedDatum[]).map((item) =>
        fillMembers(type.element, item, defaultOf),
      )
    case 'map':
      return {
        entries: (value as NestedMap).entries.map(
          ([key, item]) =>
            [
              fillMembers(type.key, key, defaultOf),
              fillMembers(type.value, item, defaultOf),
            ] as const,
        ),
      }
    default:
      return value
  }
}
