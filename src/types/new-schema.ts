/**
 * What moraine asks of the schemas that it makes, beyond what a valid schema must keep: tables of
 * other writers that break these rules are read, but nothing that breaks them is made anew.
 */
import { InvalidArgument } from '../errors.js'
import { METADATA_COLUMNS } from './metadata-columns.js'
import { type IndexedField, schemaIndex } from './schema-index.js'
import type { Field, Schema, Type } from './type.js'

/** Columns that every table has by these names; the reference refuses to scan tables that do too. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(
  Object.values(METADATA_COLUMNS)
    .map((column) => column.name)
    .filter((name) => name.startsWith('_')),
)

/** One thing that stands against a schema. */
export interface SchemaProblem {
  /** Path of the column; empty for the table as a whole. */
  readonly column: string
  readonly reason: string
}

/**
 * Checks the schema of a new table.
 *
 * @throws InvalidArgument naming the column.
 */
export function checkNewSchema(schema: Pick<Schema, 'fields'>): void {
  const problem = newSchemaProblem(schema, undefined)
  if (problem === undefined) return
  const { column, reason } = problem
  const what = column === '' ? 'the table' : `column '${column}'`
  throw new InvalidArgument(`${what} cannot be created: ${reason}`, {
    details: column === '' ? {} : { column },
  })
}

/** What stands against a schema, in as far as it was not so before. */
export function newSchemaProblem(
  schema: Pick<Schema, 'fields'>,
  before: Pick<Schema, 'fields'> | undefined,
): SchemaProblem | undefined {
  const old = before === undefined ? undefined : schemaIndex(before).byId
  for (const field of schemaIndex(schema).byId.values()) {
    const reason = fieldProblem(field, old?.get(field.id))
    if (reason !== undefined) return { column: field.path.join('.'), reason }
  }
  if (storesAny(schema.fields) || (before !== undefined && !storesAny(before.fields))) return
  const reason = 'a table needs a column that is stored in files, and type unknown is not'
  return { column: '', reason: schema.fields.length === 0 ? 'a table needs a column' : reason }
}

function fieldProblem(field: IndexedField, was: IndexedField | undefined): string | undefined {
  if (field.parentId === undefined && field.name !== was?.name) {
    const reserved = field.name.toLowerCase()
    if (RESERVED_NAMES.has(reserved)) {
      return `'${reserved}' is the name of a metadata column, which every table has; choose another`
    }
  }
  const { type } = field
  if (type.kind === 'map' && holdsVariant(type.key)) {
    const isNew = was?.type.kind !== 'map' || !holdsVariant(was.type.key)
    if (isNew) return 'map keys cannot be variants or hold any, since those are not compared'
  }
  if (type.kind === 'unknown' || stores(type) || (was !== undefined && !stores(was.type))) return
  if (type.kind === 'struct') {
    return type.fields.length === 0
      ? 'a struct needs a member'
      : 'a struct needs a member that is stored in files, and type unknown is not'
  }
  const part = type.kind === 'list' ? 'elements' : 'values'
  return `${part} of type unknown are not stored in files; give them the type that they will have`
}

/** Whether a file has anything for a type: `unknown` is left out (spec: "Primitive Types"). */
function stores(type: Type): boolean {
  switch (type.kind) {
    case 'unknown':
      return false
    case 'struct':
      return storesAny(type.fields)
    case 'list':
      return stores(type.element)
    case 'map':
      return stores(type.key) && stores(type.value)
    default:
      return true
  }
}

function storesAny(fields: readonly Field[]): boolean {
  return fields.some((field) => stores(field.type))
}

function holdsVariant(type: Type): boolean {
  switch (type.kind) {
    case 'variant':
      return true
    case 'struct':
      return type.fields.some((field) => holdsVariant(field.type))
    case 'list':
      return holdsVariant(type.element)
    case 'map':
      return holdsVariant(type.key) || holdsVariant(type.value)
    default:
      return false
  }
}
