/** A caller's Arrow batches as batches of a table's schema: matched by name, cast, validated. */
import {
  type Field as ArrowField,
  type Schema as ArrowSchema,
  type Data,
  type DataType,
  RecordBatch,
  Struct,
} from 'apache-arrow'
import type { VariantLimits } from '../codec/variant/layout.js'
import { defaultLimits } from '../env/limits.js'
import { InvalidArgument, ValidationError } from '../errors.js'
import { writeDefault } from '../types/project-columns.js'
import type { Field, Schema } from '../types/type.js'
import { describeValue } from '../types/value-error.js'
import { BadValue } from './build/column-builder.js'
import { conformColumn, type Place } from './conform-column.js'
import { nullData, repeatedData } from './constant.js'
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

/** The members of a struct, or the columns of a batch. */
export interface SourceMembers {
  readonly fields: readonly ArrowField[]
  readonly columns: readonly Data[]
  readonly length: number
}

/** The members that the schema wants, out of those there are. */
export function conformMembers(
  wanted: readonly Field[],
  targets: readonly ArrowField[],
  source: SourceMembers,
  place: Place,
): Data[] {
  const byName = new Map<string, number>()
  source.fields.forEach((field, index) => {
    if (byName.has(field.name)) {
      const column = [...place.path, field.name].join('.')
      throw new InvalidArgument(`the Arrow data has two columns '${column}'`, {
        details: { column },
      })
    }
    byName.set(field.name, index)
  })
  const members = wanted.map((field, at) => {
    const type = (targets[at] as ArrowField).type
    const path = [...place.path, field.name]
    const index = byName.get(field.name)
    byName.delete(field.name)
    const column = index === undefined ? undefined : source.columns[index]
    if (column === undefined) return missingMember(field, type, source.length, path, place)
    const here = { ...place, path, metadata: source.fields[index as number]?.metadata }
    return conformColumn(field.type, field.required, column, type, here)
  })
  for (const name of byName.keys()) {
    const column = [...place.path, name].join('.')
    throw new ValidationError(`the Arrow data has a column '${column}' that the schema has not`, {
      details: { column },
    })
  }
  return members
}

function missingMember(
  field: Field,
  type: DataType,
  length: number,
  path: readonly string[],
  place: Place,
): Data {
  const value = writeDefault(field)
  if (value !== null) return repeatedData(field.type, value, length, place.form)
  if (field.required && length > 0) {
    const column = path.join('.')
    throw new ValidationError(`the Arrow data lacks the required column '${column}'`, {
      details: { column },
    })
  }
  return nullData(type, length)
}
