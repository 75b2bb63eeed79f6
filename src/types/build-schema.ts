import { InvalidArgument } from '../errors.js'
import { assignFreshIds, FieldIdSequence, type NextFieldId } from './assign-ids.js'
import { asColumn, type Column, type DraftType, shapeEntries } from './builder.js'
import { checkSchemaParts } from './check-parts.js'
import type { ColumnTag, SchemaShape } from './infer.js'
import { defaultJson } from './schema-edit.js'
import { schemaIndex } from './schema-index.js'
import type { Field, Schema, Type } from './type.js'

/** Whether defaults are also those of rows that exist already. */
type DefaultUse = 'new-table' | 'added-column'

function buildFields(
  entries: readonly (readonly [string, Column])[],
  nextId: NextFieldId,
  use: DefaultUse,
  path: readonly string[],
): readonly Field[] {
  // All fields of a struct are numbered before any of their types (see assignFreshIds).
  const ids = entries.map(() => nextId())
  return entries.map(([name, column], index) =>
    finishField(ids[index] as number, name, column, nextId, use, path),
  )
}

function finishField(
  id: number,
  name: string,
  column: Column,
  nextId: NextFieldId,
  use: DefaultUse,
  parents: readonly string[],
): Field {
  const path = [...parents, name]
  const type = buildType(column.draft, nextId, use, path)
  const { docText, defaultValue, isRequired } = column.state
  const value =
    (defaultValue ?? null) === null ? undefined : defaultJson(type, defaultValue, path.join('.'))
  return {
    id,
    name,
    required: isRequired,
    type,
    ...(docText === undefined ? {} : { doc: docText }),
    ...(value === undefined || use === 'new-table' ? {} : { initialDefault: value }),
    ...(value === undefined ? {} : { writeDefault: value }),
  }
}

function buildType(
  draft: DraftType,
  nextId: NextFieldId,
  use: DefaultUse,
  path: readonly string[],
): Type {
  switch (draft.kind) {
    case 'struct':
      return { kind: 'struct', fields: buildFields(draft.fields, nextId, use, path) }
    case 'list': {
      const elementId = nextId()
      const element = buildType(draft.element.draft, nextId, use, [...path, 'element'])
      return { kind: 'list', elementId, elementRequired: draft.element.isRequired, element }
    }
    case 'map': {
      const keyId = nextId()
      const valueId = nextId()
      const key = buildType(draft.key.draft, nextId, use, [...path, 'key'])
      const value = buildType(draft.value.draft, nextId, use, [...path, 'value'])
      return { kind: 'map', keyId, key, valueId, valueRequired: draft.value.isRequired, value }
    }
    default:
      return draft
  }
}

/** The field for a column that is added to a table: its id first, then those inside its type. */
export function buildAddedField(name: string, column: ColumnTag, nextId: NextFieldId): Field {
  return finishField(nextId(), name, asColumn(column, name), nextId, 'added-column', [])
}

/** The type of a column, with ids from `nextId` inside. */
export function buildColumnType(column: ColumnTag, nextId: NextFieldId): Type {
  return buildType(asColumn(column, 'type').draft, nextId, 'added-column', [])
}

/** What `createTable` takes as a schema. */
export type SchemaInput = SchemaShape | Schema

export interface BuildSchemaOptions {
  /** Paths of the columns that identify a row. */
  readonly identifier?: readonly (string | readonly string[])[]
}

/**
 * The first schema of a table, field ids from 1 in the reference's order. A ready `Schema` is
 * numbered anew too.
 *
 * @throws InvalidArgument for unnamed, doubled or foreign columns.
 */
export function buildSchema(
  input: SchemaInput,
  options: BuildSchemaOptions = {},
): { readonly schema: Schema; readonly lastColumnId: number } {
  const ids = new FieldIdSequence(0)
  if (isSchema(input)) checkSchemaParts(input)
  const fields = isSchema(input)
    ? assignFreshIds(input.fields, ids.next)
    : buildFields(shapeEntries(input), ids.next, 'new-table', [])
  const index = schemaIndex({ fields })
  const identifiers = options.identifier ?? (isSchema(input) ? identifierPaths(input) : [])
  const identifierFieldIds = identifiers.map((path) => index.require(path).id)
  return { schema: { schemaId: 0, fields, identifierFieldIds }, lastColumnId: ids.last }
}

function identifierPaths(schema: Schema): readonly (readonly string[])[] {
  const index = schemaIndex(schema)
  return schema.identifierFieldIds.map((id) => {
    const field = index.byId.get(id)
    if (field !== undefined) return field.path
    throw new InvalidArgument(`identifierFieldIds names the field id ${id}, which no column has`)
  })
}

/** Tells a ready schema from columns by name. */
export function isSchema(input: unknown): input is Schema {
  return (
    typeof input === 'object' &&
    input !== null &&
    !Array.isArray(input) &&
    typeof (input as Partial<Schema>).schemaId === 'number' &&
    Array.isArray((input as Partial<Schema>).fields)
  )
}
