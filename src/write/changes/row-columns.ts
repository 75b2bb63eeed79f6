/** Columns of the rows at hand, as expressions name and read them. */
import type { Data } from 'apache-arrow'
import { castToPlain } from '../../arrow/concat.js'
import { datumReader } from '../../arrow/datum-reader.js'
import { validAt, validityOf } from '../../arrow/layout.js'
import { InternalBug, InvalidArgument } from '../../errors.js'
import type { Term } from '../../expr/predicate.js'
import type { ReadColumn, ReadRow, ResolveColumn, ValueColumn } from '../../expr/value-compile.js'
import { shapeOf } from '../../expr/value-shape.js'
import { schemaIndex } from '../../types/schema-index.js'
import type { Field, Schema, Type } from '../../types/type.js'

export type AnyRow = Record<string, unknown>
/** Rows that a function gets: the table's, and in a merge the source's; that of an insert alone. */
export type RowArguments = readonly [first: AnyRow, source?: AnyRow]

/** Some rows of a table's schema, or the source's. */
export interface SideRows {
  /** The columns, in the order of the schema. */
  readonly columns: readonly Data[]
  /** Which row of the columns each row is; undefined when they are the same. */
  readonly rows?: Int32Array
}

/** Rows that a clause is about. */
export interface ClauseRows {
  readonly count: number
  /** The table's rows; undefined for rows that it does not have yet. */
  readonly target?: SideRows
  readonly source?: SideRows
  /** The same as objects, made when they are asked for. */
  readonly objects: () => readonly RowArguments[]
}

/** Which rows an expression sees, and what its names mean. */
export interface RowScope {
  /** What the caller calls it, for messages. */
  readonly where: string
  readonly caseSensitive: boolean
  readonly target?: Schema | undefined
  readonly source?: Schema | undefined
  /** In a merge, `source.` and `target.` at the front of a name say which row is meant. */
  readonly isMerge: boolean
}

/** Finds columns: those without `source.` or `target.` are the table's, in an insert the source's. */
export function columnsOfScope(scope: RowScope): ResolveColumn {
  const { caseSensitive, isMerge, target, where } = scope
  return (term) => {
    const named = isMerge ? sideOf(term) : undefined
    const side = named?.side ?? (target === undefined ? 'source' : 'target')
    const path = named?.path ?? plainPath(term)
    const schema = scope[side]
    if (schema === undefined) {
      const rows = side === 'source' ? 'row of the source' : 'row of the table'
      throw new InvalidArgument(
        `${where}: \`${shown(term)}\` means a ${rows}, and there is none here`,
      )
    }
    const field = schemaIndex(schema).require(path, { caseSensitive })
    if (field.inRepeated) {
      throw new InvalidArgument(
        `${where}: column '${field.path.join('.')}' lies inside a list or map and has many values a row`,
        { details: { column: field.path.join('.') } },
      )
    }
    return { side, field }
  }
}

function shown({ path }: Term): string {
  return path.join('.')
}

function plainPath({ path, dotted }: Term): string | readonly string[] {
  return dotted === true ? (path[0] ?? '') : path
}

function sideOf(
  term: Term,
): { readonly side: 'source' | 'target'; readonly path: string | readonly string[] } | undefined {
  const [first = '', ...rest] = term.path
  if (term.dotted === true) {
    const dot = first.indexOf('.')
    const side = first.slice(0, Math.max(0, dot))
    return isSide(side) ? { side, path: first.slice(dot + 1) } : undefined
  }
  return isSide(first) && rest.length > 0 ? { side: first, path: rest } : undefined
}

function isSide(name: string): name is 'source' | 'target' {
  return name === 'source' || name === 'target'
}

/** A column and the structs around it, from the top level down. */
export function chainTo(
  schema: Pick<Schema, 'fields'>,
  columns: readonly Data[],
  path: readonly string[],
): readonly Data[] {
  const chain: Data[] = []
  let fields: readonly Field[] = schema.fields
  let data = columns
  for (const name of path) {
    const at = fields.findIndex((field) => field.name === name)
    const field = fields[at]
    const next = data[at]
    if (field === undefined || next === undefined) {
      throw new InternalBug(`column ${path.join('.')} is not among those that were read`)
    }
    chain.push(next)
    fields = field.type.kind === 'struct' ? field.type.fields : []
    data = next.children
  }
  return chain
}

/** Reads the columns of some rows. */
export function columnReader(scope: RowScope, rows: ClauseRows): ReadColumn {
  return ({ side, field }: ValueColumn) => {
    const given = rows[side]
    const schema = scope[side]
    if (given === undefined || schema === undefined) {
      throw new InternalBug(`an expression reads a ${side} row where there is none`)
    }
    const chain = chainTo(schema, given.columns, field.path)
    const read = chainReader(field.type, chain)
    const { rows: at } = given
    return at === undefined ? read : (row) => read(at[row]!)
  }
}

function chainReader(type: Type, chain: readonly Data[]): ReadRow {
  const leaf = castToPlain(chain.at(-1)!)
  const read = leafReader(type, leaf)
  const around = chain
    .slice(0, -1)
    .filter((data) => validityOf(data) !== undefined)
    .map(validAt)
  if (around.length === 0) return read
  return (row) => (around.every((valid) => valid(row)) ? read(row) : null)
}

function leafReader(type: Type, data: Data): ReadRow {
  const { kind } = shapeOf(type)
  if (kind !== 'opaque' && kind !== 'null') {
    const read = datumReader(type, data)
    // Whole numbers are worked with as bigints, whatever their width.
    return type.kind === 'int' ? intReader(read) : read
  }
  if (kind === 'null' || data.typeId === 1) return () => null
  if (validityOf(data) === undefined) return () => true
  const valid = validAt(data)
  return (row) => (valid(row) ? true : null)
}

function intReader(read: ReadRow): ReadRow {
  return (row) => {
    const value = read(row)
    return value === null ? null : BigInt(value as number)
  }
}
