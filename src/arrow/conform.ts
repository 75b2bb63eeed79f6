/** A caller's Arrow batches as batches of a table's schema: matched by name, cast, validated. */
import { type Schema as ArrowSchema, type Data, RecordBatch, Struct } from 'apache-arrow'
import type { VariantLimits } from '../codec/variant/layout.js'
import { defaultLimits } from '../env/limits.js'
import { ValidationError } from '../errors.js'
import type { Schema } from '../types/type.js'
import { describeValue } from '../types/value-error.js'
import { BadValue } from './build/column-builder.js'
import { conformMembers } from './conform-column.js'
import { makeColumn } from './layout.js'
import { type ArrowForm, arrowSchemaOf } from './schema.js'
import { checkArrowData } from './validate.js'

export interface ConformOptions {
  readonly form?: ArrowForm
  /** Number of the first row, for messages. Default 0. */
  readonly firstRow?: number
  /** Bounds of variants. Default: the defaults. */
  readonly limits?: VariantLimits
}

/**
 * The batch with the columns of `schema`, in its order and Arrow types. Columns are matched by name:
 * field ids in Arrow metadata may be those of another table, so they are not trusted. A column that
 * is missing becomes null or its write default.
 *
 * @throws ValidationError naming row, column and value: a null in a required column, a value that
 *   no exact cast can keep, a type that does not go with the column's
 * @throws InvalidArgument for damaged Arrow data
 */
export function conformBatch(
  schema: Schema,
  batch: RecordBatch,
  options: ConformOptions = {},
): RecordBatch {
  const form = options.form ?? {}
  const target = arrowSchemaOf(schema, form)
  const source = batch.data
  const fields = batch.schema.fields
  for (const [index, column] of source.children.entries()) {
    checkArrowData(column, fields[index]?.name ?? '')
  }
  try {
    const children = conformMembers(
      schema.fields,
      target.fields,
      { fields, columns: source.children, length: batch.numRows },
      { path: [], form, limits: options.limits ?? defaultLimits, valid: undefined },
    )
    return batchOf(target, children, batch.numRows)
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    const row = (options.firstRow ?? 0) + error.index
    const column = error.path.join('.')
    throw new ValidationError(`row ${row}, column '${column}': ${error.reason}`, {
      details: { row, column, value: describeValue(error.value) },
    })
  }
}

function batchOf(schema: ArrowSchema, children: readonly Data[], rows: number): RecordBatch {
  const data = makeColumn(new Struct(schema.fields), rows, 0, { children })
  return new RecordBatch(schema, data as RecordBatch['data'])
}
