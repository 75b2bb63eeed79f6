/** The outcome of a schema change, checked as a whole. */

import { InvalidArgument } from '../errors.js'
import { newSchemaProblem } from './new-schema.js'
import type { SchemaDraft } from './schema-draft.js'
import { refused } from './schema-edit.js'
import { type IndexedField, type SchemaIndex, schemaIndex } from './schema-index.js'
import type { Field, Schema } from './type.js'
import { schemasEqual } from './type-equal.js'
import { checkSchema } from './type-version.js'

export interface SchemaChange {
  /** The new schema, with the schema id of the base: whoever adds it to a table gives it one. */
  readonly schema: Schema
  readonly lastColumnId: number
  /** False when the changes came to nothing. */
  readonly changed: boolean
  /** Paths of the base that are called otherwise now, and those that are gone. */
  readonly renamed: ReadonlyMap<string, string>
  readonly dropped: readonly string[]
}

/**
 * What a draft has become.
 *
 * @throws InvalidArgument naming the column of a struct left empty, a dropped or unfit identifier
 *   field, a path that two columns share, a name that a partition field or a metadata column has,
 *   what no file can hold.
 * @throws Unsupported for types and defaults that need a higher format version.
 */
export function schemaChange(base: Schema, draft: SchemaDraft): SchemaChange {
  const { schema, ids, options } = draft
  if (schemasEqual(base, schema)) {
    const { lastColumnId } = options
    return { schema: base, lastColumnId, changed: false, renamed: new Map(), dropped: [] }
  }
  const before = schemaIndex(base)
  const after = schemaIndex(schema)
  checkIdentifiers(schema, before, after)
  checkStructs(schema.fields, before, after)
  checkProblem(schema, base)
  checkSchema(schema, options.formatVersion)
  checkReservedNames(options.reservedNames ?? new Map(), before, after)
  return { schema, lastColumnId: ids.last, changed: true, ...movedPaths(before, after) }
}

function movedPaths(before: SchemaIndex, after: SchemaIndex) {
  const renamed = new Map<string, string>()
  const dropped: string[] = []
  for (const field of before.byId.values()) {
    const path = field.path.join('.')
    const now = after.byId.get(field.id)?.path.join('.')
    if (now === undefined) dropped.push(path)
    else if (now !== path) renamed.set(path, now)
  }
  return { renamed, dropped }
}

function checkIdentifiers(schema: Schema, before: SchemaIndex, after: SchemaIndex): void {
  for (const id of schema.identifierFieldIds) {
    if (after.byId.has(id)) continue
    throw refused(before.pathText(id), 'it is an identifier field; change the identifier too')
  }
}

/** No struct is left without members, and `{}` as a default has a value for each that needs one. */
function checkStructs(fields: readonly Field[], before: SchemaIndex, after: SchemaIndex): void {
  if (fields.length === 0) {
    const [dropped] = before.byId.values()
    throw refused(dropped?.path.join('.') ?? '', 'a table needs a column')
  }
  for (const field of after.byId.values()) {
    if (field.type.kind !== 'struct') continue
    const text = field.path.join('.')
    const was = before.byId.get(field.id)?.type
    if (field.type.fields.length === 0 && !(was?.kind === 'struct' && was.fields.length === 0)) {
      throw refused(text, 'a struct needs a member')
    }
    if (!before.byId.has(field.id)) checkStructDefault(field, text)
  }
}

function checkStructDefault({ field, type }: IndexedField, text: string): void {
  if (type.kind !== 'struct' || (field?.initialDefault ?? null) === null) return
  for (const member of type.fields) {
    if (!member.required || (member.initialDefault ?? null) !== null) continue
    throw refused(`${text}.${member.name}`, `the default of '${text}' needs one of its own`)
  }
}

function checkProblem(schema: Schema, base: Schema): void {
  const problem = newSchemaProblem(schema, base)
  if (problem === undefined) return
  if (problem.column !== '') throw refused(problem.column, problem.reason)
  throw new InvalidArgument(`cannot change the schema: ${problem.reason}`)
}

/** The reference cannot read a table whose partition field has the name of another column. */
function checkReservedNames(
  reserved: ReadonlyMap<string, number>,
  before: SchemaIndex,
  after: SchemaIndex,
): void {
  for (const [name, sourceId] of reserved) {
    const column = after.find(name)
    if (column === undefined || column.id === sourceId || !after.byId.has(sourceId)) continue
    if (before.find(name)?.id === column.id) continue
    throw refused(name, `partition field '${name}' of '${after.pathText(sourceId)}' has this name`)
  }
}
