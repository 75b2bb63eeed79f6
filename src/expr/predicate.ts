import type { Transform } from '../partition/model.js'
import type { Datum } from '../types/datum.js'
import type { Type } from '../types/type.js'

/** Comparison operators with one literal. */
export type CompareOp = 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'startsWith' | 'notStartsWith'
export type UnaryOp = 'isNull' | 'notNull' | 'isNaN' | 'notNaN'
export type SetOp = 'in' | 'notIn'

/** What a predicate compares: a column path, or a transform of one (`day(at)`). */
export interface Term {
  /** Path segments: names, not ids. */
  readonly path: readonly string[]
  /** Set when `path` is one text whose dots may separate names: resolved against the schema. */
  readonly dotted?: boolean
  readonly transform?: Transform
}

/** A predicate as written: names and public values, not yet checked against a schema. */
export type Predicate =
  | { readonly op: 'true' | 'false' }
  | { readonly op: 'and' | 'or'; readonly args: readonly Predicate[] }
  | { readonly op: 'not'; readonly arg: Predicate }
  | { readonly op: UnaryOp; readonly term: Term }
  | { readonly op: CompareOp; readonly term: Term; readonly value: unknown }
  | { readonly op: SetOp; readonly term: Term; readonly values: readonly unknown[] }

/** A term resolved against a schema. */
export interface BoundTerm {
  readonly fieldId: number
  /** Path of names from the schema root, for messages and nested access. */
  readonly path: readonly string[]
  /** Type of the column. */
  readonly sourceType: Type
  /** Type of the comparison: the column's, or the transform's result. */
  readonly type: Type
  readonly transform?: Transform
  /** True when neither the column nor any struct around it can be null. */
  readonly required: boolean
}

/**
 * A predicate bound to a schema: ids and exact datums, `not` pushed down and eliminated, literals
 * converted (a literal that no column value can equal has become `true` or `false`).
 * Semantics are SQL's three-valued logic: a comparison with null is unknown, and a row passes only
 * when the whole is true; `ne`, `notIn` and `notStartsWith` do not match null.
 */
export type BoundPredicate =
  | { readonly op: 'true' | 'false' }
  | { readonly op: 'and' | 'or'; readonly args: readonly BoundPredicate[] }
  | { readonly op: UnaryOp; readonly term: BoundTerm }
  | { readonly op: CompareOp; readonly term: BoundTerm; readonly value: Datum }
  | { readonly op: SetOp; readonly term: BoundTerm; readonly values: readonly Datum[] }
