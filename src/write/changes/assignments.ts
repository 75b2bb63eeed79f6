/** `set` of an update or a merge, and the named columns of an insert: what each column becomes. */
import {
  Field as ArrowField,
  Schema as ArrowSchema,
  type Data,
  RecordBatch,
  Struct,
} from 'apache-arrow'
import { castData } from '../../arrow/cast.js'
import { nullData } from '../../arrow/constant.js'
import { makeColumn } from '../../arrow/layout.js'
import { arrowTypeOf } from '../../arrow/schema.js'
import { takeData } from '../../arrow/take.js'
import { InvalidArgument } from '../../errors.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import { type IndexedField, schemaIndex } from '../../types/schema-index.js'
import type { Field, Schema } from '../../types/type.js'
import { built, type NewValues, newValues } from './new-values.js'
import type { AnyRow, ClauseRows, RowScope } from './row-columns.js'

/** Values by column, or by the path of a struct's member: a literal, an expression, or a function. */
export type SetValues = Readonly<Record<string, unknown>>

/** Makes the columns of changed or new rows, in the order of the schema. */
export type Assign = (rows: ClauseRows) => readonly Data[]

type MakeColumn = (rows: ClauseRows) => Data

/** A member of a struct that is set, and the way to it from the top-level column. */
interface Member {
  readonly path: readonly string[]
  readonly made: NewValues
}

/**
 * Compiles `set` for the rows of a schema; columns that are not set stay as they are.
 *
 * @throws NotFound('column'); InvalidArgument for an empty set, for what is set twice, and for what lies
 *   in a list or map; ValidationError for a literal that does not fit its column
 */
export function compileAssignments(schema: Schema, set: SetValues, scope: RowScope): Assign {
  const makers = makersOf(schema, set, scope)
  return (rows) =>
    schema.fields.map((_, index) => makers.get(index)?.(rows) ?? rows.target!.columns[index]!)
}

/**
 * Compiles the columns of new rows: those that are not named get their default, or null.
 *
 * @throws InvalidArgument also for a required column without a default that is left out
 */
export function compileInsert(schema: Schema, set: SetValues, scope: RowScope): Assign {
  const makers = makersOf(schema, set, scope)
  const parts = schema.fields.map((field, index): MakeColumn => {
    const maker = makers.get(index)
    if (maker !== undefined) return maker
    if (field.required && field.writeDefault === undefined) {
      throw new InvalidArgument(
        `${scope.where}: column '${field.name}' is required and has no default: insert a value for it`,
        { details: { column: field.name } },
      )
    }
    const one = built(field, [undefined])
    return ({ count }) => takeData(one, new Int32Array(count))
  })
  return (rows) => parts.map((make) => make(rows))
}

function makersOf(
  schema: Schema,
  set: SetValues,
  scope: RowScope,
): ReadonlyMap<number, MakeColumn> {
  const { where, caseSensitive } = scope
  const entries = Object.entries(set)
  if (entries.length === 0) throw new InvalidArgument(`${where}: nothing is set`)
  const makers = new Map<number, MakeColumn>()
  const members = new Map<number, Member[]>()
  for (const [name, value] of entries) {
    const found = fieldToSet(schema, name, where, caseSensitive)
    const index = schema.fields.findIndex((field) => field.name === found.path[0])
    const field = found.field as Field
    if (found.path.length === 1) {
      if (makers.has(index)) throw setTwice(name, where)
      makers.set(index, newValues(field, value, scope).column)
      continue
    }
    const list = members.get(index) ?? []
    const path = found.path.slice(1)
    if (list.some((other) => overlap(other.path, path))) throw setTwice(name, where)
    list.push({ path, made: newValues(field, value, scope) })
    members.set(index, list)
  }
  for (const [index, list] of members) {
    const field = schema.fields[index]!
    if (makers.has(index)) throw setTwice(field.name, where)
    makers.set(index, structMaker(field, list))
  }
  return makers
}

function setTwice(name: string, where: string): InvalidArgument {
  return new InvalidArgument(`${where}: \`${name}\` is set twice`, { details: { column: name } })
}

function overlap(a: readonly string[], b: readonly string[]): boolean {
  return a.slice(0, b.length).every((name, at) => name === b[at])
}

function fieldToSet(
  schema: Schema,
  name: string,
  where: string,
  caseSensitive: boolean,
): IndexedField {
  if (Object.values(METADATA_COLUMNS).some((column) => column.name === name)) {
    if (!schema.fields.some((field) => field.name === name)) {
      throw new InvalidArgument(`${where}: \`${name}\` is a metadata column, which cannot be set`, {
        details: { column: name },
      })
    }
  }
  const found = schemaIndex(schema).require(name, { caseSensitive })
  if (!found.inRepeated) return found
  throw new InvalidArgument(
    `${where}: \`${name}\` lies inside a list or map; set the whole column \`${found.path[0]}\``,
    { details: { column: name } },
  )
}

/** A struct with some members set; one that is null comes to be, its other members null. */
function structMaker(field: Field, members: readonly Member[]): MakeColumn {
  return (rows) => {
    const values = members.map(({ made }) => made.values(rows))
    // The rows that a function sees must not change under it: the new structs are copies.
    const before = rows.target === undefined ? undefined : rows.objects()
    return built(
      field,
      Array.from({ length: rows.count }, (_, row) =>
        members.reduce<unknown>(
          (whole, { path }, at) => withMember(whole, path, values[at]![row]),
          before?.[row]?.[0][field.name] ?? null,
        ),
      ),
    )
  }
}

function withMember(whole: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  const members = (whole ?? {}) as AnyRow
  return { ...members, [name]: withMember(members[name] ?? null, rest, value) }
}

/** Row lineage of changed rows: the id is kept, the sequence number is that of this change. */
export interface Lineage {
  readonly rowIds: Data
}

/** Columns as a batch of the names of a schema, and the lineage of its rows where there is one. */
export function changedBatch(
  schema: Schema,
  columns: readonly Data[],
  rows: number,
  lineage: Lineage | undefined,
): RecordBatch {
  const names = schema.fields.map(({ name }) => name)
  // In one form: what was built to be written holds decimals as integers.
  const all = columns.map((data, at) => {
    const { type, name } = schema.fields[at]!
    return castData(data, arrowTypeOf(type), { path: name })
  })
  if (lineage !== undefined) {
    names.push(METADATA_COLUMNS.rowId.name, METADATA_COLUMNS.lastUpdatedSequenceNumber.name)
    all.push(lineage.rowIds, nullData(arrowTypeOf({ kind: 'long' }), rows))
  }
  const fields = all.map((data, at) => new ArrowField(names[at]!, data.type, true))
  const arrow = new ArrowSchema(fields)
  const data = makeColumn(new Struct(fields), rows, 0, { children: all })
  return new RecordBatch(arrow, data as RecordBatch['data'])
}
