import { InvalidArgument, NotFound } from '../errors.js'
import type { PathOf } from '../types/infer.js'
import { type IndexedField, schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import { describeValue } from '../types/value-error.js'
import type { Transform } from './model.js'
import { checkTransform } from './transform.js'

/** A column, or a transform of one, and optionally the name of the partition field it makes. */
export interface TransformTerm<P = string | readonly string[]> {
  /** Only for the types: the path as it was written. Never there. */
  readonly columnPath?: P
  readonly path: readonly string[]
  /** True when `path[0]` is text whose dots separate names. */
  readonly dotted?: boolean
  /** Identity when it is left out. */
  readonly transform?: Transform
  readonly name?: string
}

/** What `partitionBy` takes: a column (identity), or a term such as `day('at')`. */
export type PartitionTerm = string | TransformTerm

/** The terms that columns of a schema can make. */
export type PartitionTermOf<S> = PathOf<S> | TransformTerm<PathOf<S> | readonly string[]>

export type SortDirection = 'asc' | 'desc'
export type NullOrder = 'nulls-first' | 'nulls-last'

/** What `sortBy` takes: a column or term (ascending), or one of `asc(…)` and `desc(…)`. */
export type SortTerm = PartitionTerm | DirectedTerm

/** The sort terms that columns of a schema can make. */
export type SortTermOf<S> = PartitionTermOf<S> | DirectedTerm<PartitionTermOf<S>>

export interface DirectedTerm<T extends PartitionTerm = PartitionTerm> {
  readonly term: T
  readonly direction: SortDirection
  /** Nulls come first when ascending and last when descending, unless given. */
  readonly nullOrder?: NullOrder
}

/** Ascending order of a column or term. */
export function asc<const T extends PartitionTerm>(
  term: T,
  nullOrder?: NullOrder,
): DirectedTerm<T> {
  return nullOrder === undefined
    ? { term, direction: 'asc' }
    : { term, direction: 'asc', nullOrder }
}

/** Descending order of a column or term. */
export function desc<const T extends PartitionTerm>(
  term: T,
  nullOrder?: NullOrder,
): DirectedTerm<T> {
  return nullOrder === undefined
    ? { term, direction: 'desc' }
    : { term, direction: 'desc', nullOrder }
}

export interface ResolvedTerm {
  readonly source: IndexedField
  readonly transform: Transform
  readonly name: string | undefined
}

/**
 * A term against a schema.
 *
 * @throws NotFound for a missing column.
 * @throws InvalidArgument when the column lies in a list or map, or the transform does not take it.
 */
export function resolveTerm(schema: Pick<Schema, 'fields'>, term: PartitionTerm): ResolvedTerm {
  checkTerm(term)
  const parts: TransformTerm = typeof term === 'string' ? { path: [term], dotted: true } : term
  const path = parts.dotted === true ? (parts.path[0] ?? '') : parts.path
  checkFieldName(parts.name, parts.path.join('.'))
  const source = findSource(schema, path)
  const column = source.path.join('.')
  if (source.inRepeated) {
    throw new InvalidArgument(`column '${column}' lies in a list or map`, { details: { column } })
  }
  const transform = parts.transform ?? { kind: 'identity' }
  checkTransform(transform, source.type, column)
  return { source, transform, name: parts.name }
}

/** A column by its path; text that looks like more than a name is told how that is said. */
function findSource(schema: Pick<Schema, 'fields'>, path: string | readonly string[]) {
  try {
    return schemaIndex(schema).require(path)
  } catch (error) {
    const text = typeof path === 'string' ? path : ''
    const hint = termHint(text)
    if (!(error instanceof NotFound) || hint === undefined) throw error
    throw new NotFound('column', `no column '${text}'; ${hint}`, { details: { column: text } })
  }
}

/** What to write for `bucket(16, id)` or `id desc` in quotes. */
function termHint(text: string): string | undefined {
  const call = /^\s*(\w+)\s*([([].*[)\]])\s*$/.exec(text)
  const column = /(\w[\w.]*)\s*[)\]]?\s*$/.exec(text)?.[1] ?? 'id'
  switch (call?.[1]?.toLowerCase().replace(/s$/, '')) {
    case 'bucket':
    case 'truncate': {
      const name = call?.[1]?.toLowerCase()
      const width = /\d+/.exec(text)?.[0] ?? '16'
      return `a transform is a function: ${name}(${width}, '${column}')`
    }
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
    case 'identity':
      return `a transform is a function: ${call?.[1]?.toLowerCase().replace(/s$/, '')}('${column}')`
    default: {
      const order = /^\s*(\S+)\s+(asc|desc)\b/i.exec(text)
      if (order === null) return undefined
      return `an order is a function: ${order[2]?.toLowerCase()}('${order[1]}')`
    }
  }
}

/** @throws InvalidArgument for the name of a partition field that is none */
export function checkFieldName(name: unknown, term: string): void {
  if (name === undefined || (typeof name === 'string' && name !== '')) return
  throw new InvalidArgument(
    `the partition field of '${term}' needs a name that is a text, not ${describeValue(name)}`,
    { details: { field: term } },
  )
}

/** Refuses what is neither a column nor a term. */
function checkTerm(term: unknown): void {
  if (typeof term === 'string') return
  const path = typeof term === 'object' && term !== null && 'path' in term ? term.path : undefined
  if (Array.isArray(path) && path.every((name) => typeof name === 'string')) return
  throw new InvalidArgument(
    `a partition or sort term is a column or a transform of one, such as day('at'), not ${describeValue(term)}`,
    { details: { term: describeValue(term) } },
  )
}

/** A term as messages show it. */
export function termText(term: PartitionTerm): string {
  if (typeof term === 'string') return term
  checkTerm(term)
  return term.path.join('.')
}

/** The name of a partition field when a table is created: `id_bucket`, `at_day`, `name_trunc`. */
export function nameAtCreation(source: IndexedField, transform: Transform): string {
  const column = source.path.join('.')
  switch (transform.kind) {
    case 'identity':
      return column
    case 'truncate':
      return `${column}_trunc`
    case 'void':
      return `${column}_null`
    default:
      return `${column}_${transform.kind}`
  }
}

/** The name when the field is added later: `id_bucket_16`, `name_trunc_4`, others as at creation. */
export function nameWhenAdded(source: IndexedField, transform: Transform): string {
  const name = nameAtCreation(source, transform)
  if (transform.kind === 'bucket') return `${name}_${transform.buckets}`
  return transform.kind === 'truncate' ? `${name}_${transform.width}` : name
}
