/** One new value of `set`: a literal, an expression, or a function of the row. */
import type { Data } from 'apache-arrow'
import { RowBatchBuilder } from '../../arrow/row-builder.js'
import { takeData } from '../../arrow/take.js'
import { InvalidArgument } from '../../errors.js'
import { TermBuilder } from '../../expr/build.js'
import { nodeOf } from '../../expr/value.js'
import { assignment } from '../../expr/value-assign.js'
import { type CompiledValue, compileValue, type ValueColumn } from '../../expr/value-compile.js'
import type { Field, Schema } from '../../types/type.js'
import { typesEqual } from '../../types/type-equal.js'
import { writeForm } from '../input.js'
import { type ClauseRows, columnReader, columnsOfScope, type RowScope } from './row-columns.js'

/** The new values of a column, one a row. */
export interface NewValues {
  /** As rows hold them. */
  readonly values: (rows: ClauseRows) => readonly unknown[]
  /** As a column. */
  readonly column: (rows: ClauseRows) => Data
}

/**
 * Compiles one new value of a field.
 *
 * @throws ValidationError for a literal that does not fit; InvalidArgument, NotFound for an expression
 *   that cannot be worked out
 */
export function newValues(field: Field, value: unknown, scope: RowScope): NewValues {
  if (value instanceof TermBuilder && value.transform !== undefined) {
    throw new InvalidArgument(`${scope.where}: \`${field.name}\` is set to a transform`)
  }
  const node = nodeOf(value)
  if (node !== undefined)
    return expressionValues(field, compileValue(node, columnsOfScope(scope)), scope)
  if (typeof value === 'function') {
    const compute = value as (...rows: readonly unknown[]) => unknown
    const values = ({ objects }: ClauseRows): readonly unknown[] =>
      objects().map((row) => defined(compute(...row), field, 'the function gave', scope.where))
    return { values, column: (rows) => built(field, values(rows)) }
  }
  defined(value, field, 'the value is', scope.where)
  // Built at once: a literal that does not fit is an error before anything is read.
  const one = built(field, [value])
  return {
    values: ({ count }) => Array.from({ length: count }, () => value),
    column: ({ count }) => takeData(one, new Int32Array(count)),
  }
}

function expressionValues(field: Field, value: CompiledValue, scope: RowScope): NewValues {
  const from = value.column
  if (from !== undefined && value.shape.kind === 'opaque') return wholeColumn(field, from, scope)
  const convert = assignment(value.shape, field.type, field.name)
  const values = (rows: ClauseRows): readonly unknown[] => {
    const read = value.open(columnReader(scope, rows))
    return Array.from({ length: rows.count }, (_, row) => {
      const one = read(row)
      return one === null ? null : convert(one)
    })
  }
  const copy = from && copied(field, from, scope)
  return { values, column: copy ?? ((rows) => built(field, values(rows))) }
}

/** A column of the same type is taken as it is. */
function copied(
  field: Field,
  { side, field: from }: ValueColumn,
  scope: RowScope,
): ((rows: ClauseRows) => Data) | undefined {
  if (from.path.length > 1 || !typesEqual(from.type, field.type)) return undefined
  const at = (scope[side] as Schema).fields.findIndex(({ id }) => id === from.id)
  return (rows) => {
    const { columns, rows: taken } = rows[side]!
    return taken === undefined ? columns[at]! : takeData(columns[at]!, taken)
  }
}

/** Structs, lists, maps and variants: copied where the types are equal, else by their values. */
function wholeColumn(field: Field, from: ValueColumn, scope: RowScope): NewValues {
  const { path, type } = from.field
  if (type.kind !== field.type.kind) {
    throw new InvalidArgument(
      `${scope.where}: \`${field.name}\` is a ${field.type.kind}, and '${path.join('.')}' a ${type.kind}`,
      { details: { column: field.name } },
    )
  }
  const values = ({ objects }: ClauseRows): readonly unknown[] =>
    objects().map((row) => memberOf(row[from.side === 'source' ? row.length - 1 : 0], path))
  return { values, column: copied(field, from, scope) ?? ((rows) => built(field, values(rows))) }
}

function memberOf(row: unknown, path: readonly string[]): unknown {
  let value = row
  for (const name of path) {
    if (value === null || value === undefined) return null
    value = (value as Record<string, unknown>)[name]
  }
  return value ?? null
}

/** A forgotten `return` or a misspelt member must not empty a column. */
function defined(value: unknown, field: Field, what: string, where: string): unknown {
  if (value !== undefined) return value
  throw new InvalidArgument(
    `${where}: ${what} undefined for \`${field.name}\`; give null to empty it, or leave the column out`,
    { details: { column: field.name } },
  )
}

/** A column of values; what is undefined gets the column's default. */
export function built(field: Field, values: readonly unknown[]): Data {
  const schema: Schema = { schemaId: 0, identifierFieldIds: [], fields: [field] }
  const limits = { maxRows: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY }
  const builder = new RowBatchBuilder(schema, { form: writeForm, ...limits })
  builder.append(values.map((value) => Object.fromEntries([[field.name, value]])))
  return builder.finish().data.children[0]!
}
