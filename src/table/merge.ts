import { InvalidArgument } from '../errors.js'
import type { TermBuilder } from '../expr/build.js'
import type { InputOf, RowOf, UnknownSchema } from '../types/infer.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import { checkOptions } from '../util/check-options.js'
import type { SetValues } from '../write/changes/assignments.js'
import type { ChangeContext, RowChange } from '../write/changes/change-context.js'
import type { InsertClause, MergeClause, MergeEffect } from '../write/changes/merge-rows.js'
import type { WriteInput } from '../write/write-data-files.js'
import type { CommitResult } from './commit-result.js'
import { forJob, valuesText } from './job.js'
import { type ChangeRunner, checkRowOptions, type RowLevelOptions } from './row-level.js'
import type { RowsInput } from './writes.js'

/** New values by column: a value, another column of the row (`col('x')`), or a function of the row. */
export type SetOf<S> = S extends UnknownSchema
  ? Readonly<Record<string, unknown>>
  : {
      readonly [K in keyof InputOf<S>]?:
        | InputOf<S>[K]
        | TermBuilder
        | ((row: RowOf<S>) => InputOf<S>[K])
    }

/** The same in a merge, whose functions get the row of the table and that of the source. */
export type MergeSetOf<S> = S extends UnknownSchema
  ? Readonly<Record<string, unknown>>
  : {
      readonly [K in keyof InputOf<S>]?:
        | InputOf<S>[K]
        | TermBuilder
        | ((row: RowOf<S>, source: RowOf<S>) => InputOf<S>[K])
    }

/** What becomes of a row of the table that matches a row of the source. */
export type WhenMatched<S> = {
  /** Only rows for which this holds; other clauses may take the rest. */
  readonly if?: (row: RowOf<S>, source: RowOf<S>) => boolean
} & (
  | { readonly delete: true; readonly update?: never }
  /** `'all'`: the row becomes the source's. */
  | { readonly update: 'all' | MergeSetOf<S>; readonly delete?: never }
)

/** What becomes of a row of the table that no row of the source matches. */
export type WhenNotMatchedBySource<S> = { readonly if?: (row: RowOf<S>) => boolean } & (
  | { readonly delete: true; readonly update?: never }
  | { readonly update: SetOf<S>; readonly delete?: never }
)

/**
 * Which rows of the source that match no row of the table are added. Rows of one key that are twice in
 * the source are added twice: a merge matches with the table alone. `upsert` refuses them.
 */
export interface WhenNotMatched<S> {
  readonly insert: 'all'
  readonly if?: (source: RowOf<S>) => boolean
}

interface AnyClause {
  readonly if?: (...rows: never[]) => boolean
  readonly delete?: true
  readonly update?: 'all' | SetValues
}

/**
 * A merge being described: `on` says how rows match, the clauses what becomes of them (the first
 * whose condition holds decides), `run` does it in one commit. The source has the table's columns
 * and is held in memory.
 */
export class Merge<S, R = CommitResult> {
  readonly #run: ChangeRunner<R>
  #source: RowsInput<unknown>
  #on: readonly string[] | undefined
  readonly #matched: AnyClause[] = []
  readonly #notMatched: InsertClause[] = []
  readonly #bySource: AnyClause[] = []
  #isRun = false

  /** @internal Use `table.merge`. */
  constructor(run: ChangeRunner<R>, source: RowsInput<unknown>) {
    this.#run = run
    this.#source = source
  }

  /** The columns whose values must be equal. Null equals nothing. Default: the identifier fields. */
  on(...columns: readonly (keyof InputOf<S> & string)[]): this {
    if (this.#on !== undefined || columns.length === 0) {
      throw new InvalidArgument('merge: `on` takes the names of the columns to match by, once')
    }
    this.#on = columns
    return this
  }

  whenMatched(clause: WhenMatched<S>): this {
    this.#matched.push(checkedClause(clause, 'whenMatched'))
    return this
  }

  whenNotMatched(clause: WhenNotMatched<S>): this {
    checkOptions(clause, ['insert', 'if'], 'whenNotMatched')
    if (clause?.insert !== 'all') {
      throw new InvalidArgument("whenNotMatched: say { insert: 'all' }")
    }
    checkCondition(clause.if, 'whenNotMatched')
    const condition = clause.if as InsertClause['condition']
    this.#notMatched.push({ name: 'whenNotMatched', condition })
    return this
  }

  whenNotMatchedBySource(clause: WhenNotMatchedBySource<S>): this {
    if ((clause?.update as unknown) === 'all') {
      throw new InvalidArgument(
        'whenNotMatchedBySource: there is no source row to take values from',
      )
    }
    this.#bySource.push(checkedClause(clause, 'whenNotMatchedBySource'))
    return this
  }

  /**
   * Runs the merge: one commit.
   *
   * @throws ValidationError when a row of the table matches two rows of the source, before anything
   *   is written; CommitConflict; CommitStateUnknown
   */
  async run(options?: RowLevelOptions): Promise<R> {
    checkRowOptions(options, 'merge')
    if (this.#isRun) throw new InvalidArgument('merge: it has been run; describe another')
    if (this.#matched.length + this.#notMatched.length + this.#bySource.length === 0) {
      throw new InvalidArgument('merge: say with whenMatched or whenNotMatched what is to be done')
    }
    this.#isRun = true
    return this.#run(
      'merge',
      forJob(options, 'merge', () => this.#text()),
      (context) => this.#make(context, options),
    )
  }

  /** What is to be done, in words. */
  #text(): string {
    const said = ({ delete: removes, update }: AnyClause): string =>
      removes ? 'delete' : update === 'all' ? update : valuesText(update ?? {})
    const lists = [this.#matched, this.#bySource].map((list) => list.map(said).join('; '))
    return [this.#on?.join() ?? '', ...lists, this.#notMatched.length].join(' | ')
  }

  async #make(context: ChangeContext, options: RowLevelOptions | undefined): Promise<RowChange> {
    const { readSource, keyFields } = await import('../write/changes/source-rows.js')
    const { mergeRows } = await import('../write/changes/merge-rows.js')
    const caseSensitive = options?.caseSensitive ?? true
    const names = this.#on ?? identifierNames(context.schema)
    const on = keyFields(context, names, 'merge', caseSensitive)
    const compile = await clauseCompiler(context, caseSensitive)
    const clauses = {
      matched: this.#matched.map(compile('whenMatched')),
      notMatched: this.#notMatched,
      notMatchedBySource: this.#bySource.map(compile('whenNotMatchedBySource')),
    }
    const source = await readSource(context, this.#source as WriteInput, on)
    // Should the merge be done anew: an iterable gives its rows only once.
    this.#source = [source.batch]
    return mergeRows(context, { source, on, clauses })
  }
}

function checkedClause(clause: AnyClause | undefined, where: string): AnyClause {
  checkOptions(clause, ['if', 'delete', 'update'], where)
  const { delete: removes, update, if: condition } = clause ?? {}
  if ((removes === true) === (update !== undefined)) {
    throw new InvalidArgument(`${where}: say either { delete: true } or { update }`)
  }
  checkCondition(condition, where)
  if (update !== undefined && update !== 'all' && (typeof update !== 'object' || update === null)) {
    throw new InvalidArgument(`${where}: \`update\` must be 'all' or new values by column`)
  }
  return clause as AnyClause
}

function checkCondition(condition: unknown, where: string): void {
  if (condition === undefined || typeof condition === 'function') return
  throw new InvalidArgument(`${where}: \`if\` must be a function of the row`)
}

async function clauseCompiler(
  context: ChangeContext,
  caseSensitive: boolean,
): Promise<(name: string) => (clause: AnyClause) => MergeClause> {
  const { compileAssignments } = await import('../write/changes/assignments.js')
  return (name) => (clause) => {
    const condition = clause.if as MergeClause['condition']
    let effect: MergeEffect = { kind: 'delete' }
    if (clause.update === 'all') effect = { kind: 'replace' }
    else if (clause.update !== undefined) {
      const options = { where: 'merge', caseSensitive }
      effect = { kind: 'set', assign: compileAssignments(context.schema, clause.update, options) }
    }
    return { name, condition, effect }
  }
}

/** Names of the identifier fields of a schema. */
export function identifierNames(schema: Schema): readonly string[] {
  const index = schemaIndex(schema)
  return schema.identifierFieldIds.map((id) => index.pathText(id))
}

/** Updates the rows whose key the table has, and adds the others. */
export async function upsertRows<R>(
  run: ChangeRunner<R>,
  rows: RowsInput<unknown>,
  on: readonly string[] | undefined,
  options: RowLevelOptions | undefined,
): Promise<R> {
  let input: RowsInput<unknown> = rows
  const own = forJob(options, 'upsert', () => on?.join() ?? '')
  return run('merge', own, async (context) => {
    const names = on ?? identifierNames(context.schema)
    const { readSource, keyFields, checkUpsertKeys } = await import(
      '../write/changes/source-rows.js'
    )
    const { mergeRows } = await import('../write/changes/merge-rows.js')
    const key = keyFields(context, names, 'upsert', options?.caseSensitive ?? true)
    const source = await readSource(context, input as WriteInput, key)
    // Should it be done anew: an iterable gives its rows only once.
    input = [source.batch]
    checkUpsertKeys(source, key)
    const clauses = {
      matched: [{ name: 'upsert', effect: { kind: 'replace' } as const }],
      notMatched: [{ name: 'upsert' }],
      notMatchedBySource: [],
    }
    return mergeRows(context, { source, on: key, clauses })
  })
}

/** Throws `InvalidArgument` unless it may be the new values of an update. */
export function checkSet(set: unknown): void {
  if (typeof set === 'object' && set !== null && !Array.isArray(set)) return
  throw new InvalidArgument('update: new values must be given by column, as { name: value }')
}
