/** What clauses of a merge say, how that is checked, and how it is compiled for a schema. */
import { InvalidArgument } from '../errors.js'
import { col, type TermBuilder } from '../expr/build.js'
import { type Condition, checkCondition } from '../expr/condition.js'
import type { Predicate } from '../expr/predicate.js'
import type { Expression } from '../expr/value.js'
import type { InputOf, RowOf, UnknownSchema } from '../types/infer.js'
import type { Schema } from '../types/type.js'
import { checkOptions } from '../util/check-options.js'
import type { Assign, SetValues } from '../write/changes/assignments.js'
import type { InsertClause, MergeClause, MergeEffect } from '../write/changes/merge-rows.js'
import type { RowScope } from '../write/changes/row-columns.js'

/** What an expression may stand for: another column (`col('x')`), or `expr('x + 1')`. */
export type ValueExpression = TermBuilder | Expression

/** What a member of a struct may be set to; whether it fits the member is checked when it is run. */
type MemberValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | ReadonlyMap<unknown, unknown>
  | readonly unknown[]
  | { readonly [name: string]: unknown }

/** Members of structs, by their path. */
type MemberValues<S, Rows extends readonly unknown[]> = {
  readonly [Path in `${keyof InputOf<S> & string}.${string}`]?:
    | MemberValue
    | ValueExpression
    | ((...rows: Rows) => unknown)
}

/**
 * New values by column, or by the path of a struct's member: a value, another column of the row
 * (`col('x')`), an expression (`expr('x + 1')`), or a function of the row.
 */
export type SetOf<S> = S extends UnknownSchema
  ? Readonly<Record<string, unknown>>
  : {
      readonly [K in keyof InputOf<S>]?:
        | InputOf<S>[K]
        | ValueExpression
        | ((row: RowOf<S>) => InputOf<S>[K])
    } & MemberValues<S, readonly [row: RowOf<S>]>

/** The same in a merge, whose functions get the row of the table and that of the source. */
export type MergeSetOf<S, Source = S> = S extends UnknownSchema
  ? Readonly<Record<string, unknown>>
  : {
      readonly [K in keyof InputOf<S>]?:
        | InputOf<S>[K]
        | ValueExpression
        | ((row: RowOf<S>, source: RowOf<Source>) => InputOf<S>[K])
    } & MemberValues<S, readonly [row: RowOf<S>, source: RowOf<Source>]>

/** Columns of a new row of a merge, whose functions get the row of the source. */
export type InsertOf<S, Source = S> = S extends UnknownSchema
  ? Readonly<Record<string, unknown>>
  : {
      readonly [K in keyof InputOf<S>]?:
        | InputOf<S>[K]
        | ValueExpression
        | ((source: RowOf<Source>) => InputOf<S>[K])
    }

/** A condition besides a function: SQL text or a predicate, with `source.` and `target.` names. */
export type ConditionText = string | Expression | Predicate

/** What becomes of a row of the table that matches a row of the source. */
export type WhenMatched<S, Source = S> = {
  /** Only rows for which this holds; other clauses may take the rest. */
  readonly if?: ConditionText | ((row: RowOf<S>, source: RowOf<Source>) => boolean)
} & (
  | { readonly delete: true; readonly update?: never }
  /** `'all'`: the row becomes the source's. */
  | { readonly update: 'all' | MergeSetOf<S, Source>; readonly delete?: never }
)

/** What becomes of a row of the table that no row of the source matches. */
export type WhenNotMatchedBySource<S> = {
  readonly if?: ConditionText | ((row: RowOf<S>) => boolean)
} & (
  | { readonly delete: true; readonly update?: never }
  | { readonly update: SetOf<S>; readonly delete?: never }
)

/**
 * Which rows of the source that match no row of the table are added. Rows of one key that are twice in
 * the source are added twice: a merge matches with the table alone. `upsert` refuses them.
 */
export interface WhenNotMatched<S, Source = S> {
  /** `'all'`: the row of the source; else values by column, the others getting their default or null. */
  readonly insert: 'all' | InsertOf<S, Source>
  readonly if?: ConditionText | ((source: RowOf<Source>) => boolean)
}

/** A clause as it was given, checked. */
export interface Clause {
  readonly if?: Condition
  readonly delete?: true
  readonly update?: 'all' | SetValues
  readonly insert?: 'all' | SetValues
}

/** Checks what a clause about rows of the table says. Throws `InvalidArgument`. */
export function checkedClause(clause: object | undefined, where: string): Clause {
  checkOptions(clause, ['if', 'delete', 'update'], where)
  const { delete: removes, update, if: condition } = (clause ?? {}) as Clause
  if ((removes === true) === (update !== undefined)) {
    throw new InvalidArgument(`${where}: say either { delete: true } or { update }`)
  }
  checkCondition(condition, where)
  checkValues(update, 'update', where)
  return clause as Clause
}

/** Checks what a clause about new rows says. Throws `InvalidArgument`. */
export function checkedInsert(clause: object | undefined): Clause {
  const where = 'whenNotMatched'
  checkOptions(clause, ['insert', 'if'], where)
  const { insert, if: condition } = (clause ?? {}) as Clause
  if (insert === undefined) {
    throw new InvalidArgument(`${where}: say { insert: 'all' } or { insert: { column: value } }`)
  }
  checkCondition(condition, where)
  checkValues(insert, 'insert', where)
  return clause as Clause
}

function checkValues(values: unknown, option: string, where: string): void {
  if (values === undefined || values === 'all') return
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) return
  throw new InvalidArgument(`${where}: \`${option}\` must be 'all' or new values by column`)
}

/** What clauses are compiled for. */
export interface ClauseSchemas {
  readonly target: Schema
  readonly source: Schema
  readonly caseSensitive: boolean
}

export interface ClauseCompiler {
  readonly matched: (clause: Clause) => MergeClause
  readonly notMatched: (clause: Clause) => InsertClause
  readonly bySource: (clause: Clause) => MergeClause
}

/** Compiles clauses for the schemas of a merge; loads what that needs. */
export async function clauseCompiler(schemas: ClauseSchemas): Promise<ClauseCompiler> {
  const { compileAssignments, compileInsert } = await import('../write/changes/assignments.js')
  const { compileCondition } = await import('../write/changes/conditions.js')
  const { target, source, caseSensitive } = schemas
  const common = { caseSensitive, isMerge: true }
  const own = source === target ? undefined : allOf(schemas)
  const test = (clause: Clause, scope: RowScope): MergeClause['test'] =>
    clause.if === undefined ? undefined : compileCondition(clause.if, scope)
  const assign = (set: SetValues, scope: RowScope): MergeEffect => ({
    kind: 'set',
    assign: compileAssignments(target, set, scope),
  })
  const effect = ({ update }: Clause, scope: RowScope): MergeEffect => {
    if (update === undefined) return { kind: 'delete' }
    if (update !== 'all') return assign(update, scope)
    return own === undefined ? { kind: 'replace' } : assign(own, scope)
  }
  const inserted = ({ insert }: Clause, scope: RowScope): Assign | undefined => {
    const set = insert === 'all' || insert === undefined ? own : insert
    return set && compileInsert(target, set, scope)
  }
  return {
    matched(clause) {
      const scope = { ...common, where: 'whenMatched', target, source }
      return { test: test(clause, scope), effect: effect(clause, scope) }
    },
    notMatched(clause) {
      const scope = { ...common, where: 'whenNotMatched', source }
      return { test: test(clause, scope), assign: inserted(clause, scope) }
    },
    bySource(clause) {
      const scope = { ...common, where: 'whenNotMatchedBySource', target }
      return { test: test(clause, scope), effect: effect(clause, scope) }
    },
  }
}

/** `'all'` of a source with a schema of its own: the columns that the table has by the same name. */
function allOf({ target, source, caseSensitive }: ClauseSchemas): SetValues {
  const folded = (name: string): string => (caseSensitive ? name : name.toLowerCase())
  const has = new Set(source.fields.map(({ name }) => folded(name)))
  const shared = target.fields.filter(({ name }) => has.has(folded(name)))
  return Object.fromEntries(shared.map(({ name }) => [name, col(['source', name])]))
}
