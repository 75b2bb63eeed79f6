import { InvalidArgument } from '../errors.js'
import { buildSchema, type SchemaInput } from '../types/build-schema.js'
import type { InputOf } from '../types/infer.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import { checkOptions } from '../util/check-options.js'
import type { ChangeContext, RowChange } from '../write/changes/change-context.js'
import type { WriteInput } from '../write/write-data-files.js'
import type { CommitResult } from './commit-result.js'
import { forJob, valuesText } from './job.js'
import {
  type Clause,
  checkedClause,
  checkedInsert,
  clauseCompiler,
  type WhenMatched,
  type WhenNotMatched,
  type WhenNotMatchedBySource,
} from './merge-clauses.js'
import { type ChangeRunner, checkRowOptions, type RowLevelOptions } from './row-level.js'
import type { RowsInput } from './writes.js'

/** A column, or the path of a struct's member. */
export type KeyPath<Column extends string> = Column | `${Column}.${string}`

/** What a merge is told of its source. */
export interface MergeSource<Source> {
  /**
   * The columns of the source where they are not the table's: changes that say with a column of their
   * own what is to be done. `'all'` then means the columns that the table has by the same name.
   */
  readonly schema: Source extends SchemaInput ? Source : SchemaInput
}

/**
 * A merge being described: `on` says how rows match, the clauses what becomes of them (the first
 * whose condition holds decides), `run` does it in one commit. The source has the table's columns, or
 * those of its own schema, and is held in memory.
 */
export class Merge<S, R = CommitResult, Source = S> {
  readonly #run: ChangeRunner<R>
  #source: RowsInput<unknown>
  #on: readonly string[] | undefined
  readonly #sourceSchema: Schema | undefined
  readonly #matched: Clause[] = []
  readonly #notMatched: Clause[] = []
  readonly #bySource: Clause[] = []
  #isRun = false

  /** @internal Use `table.merge`. */
  constructor(run: ChangeRunner<R>, source: RowsInput<unknown>, options?: MergeSource<never>) {
    checkOptions(options, ['schema'], 'merge')
    this.#run = run
    this.#source = source
    this.#sourceSchema = options && sourceSchema(options)
  }

  /**
   * The columns whose values must be equal; a dotted path leads into structs. Null equals nothing, NaN
   * equals NaN, and -0 is not 0, as in equality deletes. Default: the identifier fields.
   */
  on(...columns: readonly KeyPath<keyof InputOf<S> & string>[]): this {
    if (this.#on !== undefined || columns.length === 0) {
      throw new InvalidArgument('merge: `on` takes the names of the columns to match by, once')
    }
    this.#on = columns
    return this
  }

  whenMatched(clause: WhenMatched<S, Source>): this {
    this.#matched.push(checkedClause(clause, 'whenMatched'))
    return this
  }

  whenNotMatched(clause: WhenNotMatched<S, Source>): this {
    this.#notMatched.push(checkedInsert(clause))
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
    const said = ({ if: condition, delete: removes, update, insert }: Clause): string => {
      const values = update ?? insert ?? {}
      const what = removes ? 'delete' : values === 'all' ? values : valuesText(values)
      return condition === undefined ? what : `${valuesText({ if: condition })}: ${what}`
    }
    const all = [this.#matched, this.#bySource, this.#notMatched]
    return [this.#on?.join() ?? '', ...all.map((list) => list.map(said).join('; '))].join(' | ')
  }

  async #make(context: ChangeContext, options: RowLevelOptions | undefined): Promise<RowChange> {
    const { readSource, keyFields } = await import('../write/changes/source-rows.js')
    const { mergeRows } = await import('../write/changes/merge-rows.js')
    const caseSensitive = options?.caseSensitive ?? true
    const schemas = { target: context.schema, source: this.#sourceSchema ?? context.schema }
    const names = this.#on ?? identifierNames(context.schema)
    const on = keyFields(schemas, names, 'merge', caseSensitive)
    const compile = await clauseCompiler({ ...schemas, caseSensitive })
    const clauses = {
      matched: this.#matched.map(compile.matched),
      notMatched: this.#notMatched.map(compile.notMatched),
      notMatchedBySource: this.#bySource.map(compile.bySource),
    }
    const source = await readSource(context, this.#source as WriteInput, schemas.source, on)
    // Should the merge be done anew: an iterable gives its rows only once.
    this.#source = [source.batch]
    return mergeRows(context, { source, on, clauses })
  }
}

function sourceSchema(options: MergeSource<never>): Schema {
  if (options.schema !== undefined) return buildSchema(options.schema).schema
  throw new InvalidArgument('merge: { schema } gives the columns of the source')
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
    const { schema } = context
    const schemas = { target: schema, source: schema }
    const key = keyFields(schemas, names, 'upsert', options?.caseSensitive ?? true)
    const source = await readSource(context, input as WriteInput, schema, key)
    // Should it be done anew: an iterable gives its rows only once.
    input = [source.batch]
    checkUpsertKeys(source, key)
    const clauses = {
      matched: [{ effect: { kind: 'replace' } as const }],
      notMatched: [{}],
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
