/** `set` of an update: columns that get a value, another column's values, or those of a function. */
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
import { RowBatchBuilder } from '../../arrow/row-builder.js'
import { arrowTypeOf } from '../../arrow/schema.js'
import { takeData } from '../../arrow/take.js'
import { InvalidArgument } from '../../errors.js'
import { TermBuilder } from '../../expr/build.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import { type FindOptions, schemaIndex } from '../../types/schema-index.js'
import type { Field, Schema } from '../../types/type.js'
import { writeForm } from '../input.js'

export type AnyRow = Record<string, unknown>
/** Rows that a function of `set` or a condition gets: the table's, and in a merge the source's. */
export type RowArguments = readonly [target: AnyRow, source?: AnyRow]

/** Values by column: a literal, `col('other')`, or a function of the row. */
export type SetValues = Readonly<Record<string, unknown>>

/** Rows to be changed: the table's columns and, when they are asked for, the rows themselves. */
export interface TargetRows {
  readonly count: number
  /** The table's columns, in the order of its schema. */
  readonly columns: readonly Data[]
  readonly rows: () => readonly RowArguments[]
}

/** Makes the changed columns, in the order of the schema. */
export type Assign = (target: TargetRows) => readonly Data[]

type MakeColumn = (target: TargetRows) => Data

/**
 * Compiles `set` for a schema.
 *
 * @throws NotFound('column'); InvalidArgument for a nested column, an empty set or a transform;
 *   ValidationError for a literal that does not fit its column
 */
export function compileAssignments(
  schema: Schema,
  set: SetValues,
  options: FindOptions & { readonly where: string },
): Assign {
  const entries = Object.entries(set)
  if (entries.length === 0) throw new InvalidArgument(`${options.where}: nothing is set`)
  const makers = new Map<number, MakeColumn>()
  for (const [name, value] of entries) {
    const { field, index } = topLevel(schema, [name], options)
    if (makers.has(index)) throw new InvalidArgument(`${options.where}: \`${name}\` is set twice`)
    makers.set(index, maker(schema, field, value, options))
  }
  return (target) => target.columns.map((column, index) => makers.get(index)?.(target) ?? column)
}

function topLevel(
  schema: Schema,
  path: readonly string[],
  options: FindOptions & { readonly where: string },
): { readonly field: Field; readonly index: number } {
  const found = schemaIndex(schema).require(path.length === 1 ? path[0]! : path, options)
  const index = schema.fields.findIndex((field) => field.id === found.id)
  if (index >= 0) return { field: schema.fields[index]!, index }
  throw new InvalidArgument(
    `${options.where}: \`${path.join('.')}\` lies inside a column; set the whole column`,
  )
}

function maker(
  schema: Schema,
  field: Field,
  value: unknown,
  options: FindOptions & { readonly where: string },
): MakeColumn {
  if (value instanceof TermBuilder) {
    if (value.transform !== undefined) {
      throw new InvalidArgument(`${options.where}: \`${field.name}\` is set to a transform`)
    }
    const { index } = topLevel(schema, value.path, options)
    return ({ columns }) => columns[index]!
  }
  if (typeof value === 'function') {
    const compute = value as (...rows: RowArguments) => unknown
    const values = (rows: readonly RowArguments[]): readonly unknown[] =>
      rows.map((row) => defined(compute(...row), field, 'the function gave', options.where))
    return ({ rows }) => built(field, values(rows()))
  }
  defined(value, field, 'the value is', options.where)
  // Built at once: a literal that does not fit is an error before anything is read.
  const one = built(field, [value])
  return ({ count }) => takeData(one, new Int32Array(count))
}

/** A forgotten `return` or a misspelt member must not empty a column. */
function defined(value: unknown, field: Field, what: string, where: string): unknown {
  if (value !== undefined) return value
  throw new InvalidArgument(
    `${where}: ${what} undefined for \`${field.name}\`; give null to empty it, or leave the column out`,
    { details: { column: field.name } },
  )
}

/** A column of values. */
function built(field: Field, values: readonly unknown[]): Data {
  const schema: Schema = { schemaId: 0, identifierFieldIds: [], fields: [field] }
  const limits = { maxRows: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY }
  const builder = new RowBatchBuilder(schema, { form: writeForm, ...limits })
  builder.append(values.map((value) => Object.fromEntries([[field.name, value]])))
  return builder.finish().data.children[0]!
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
