/** Merges: target rows matched with source rows by key, and what becomes of either. */
import type { Data, RecordBatch } from 'apache-arrow'
import { rowReader, rowsOf } from '../../arrow/row-reader.js'
import { takeData } from '../../arrow/take.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import type { ScanTask } from '../../scan/contract.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { Field } from '../../types/type.js'
import { type AnyRow, type Assign, changedBatch, type RowArguments } from './assignments.js'
import type { ChangeContext, ChangeCounts, RowChange } from './change-context.js'
import { affectedTasks, rewriteSchema, scanOf } from './change-scan.js'
import { positionsOf } from './delete-rows.js'
import type { MatchedRows } from './matched-rows.js'
import { runChange } from './run-change.js'
import { duplicateError, keyPredicate, type SourceRows } from './source-rows.js'

/** What happens to a row: it goes, it becomes its source row, or columns of it are set. */
export type MergeEffect =
  | { readonly kind: 'delete' }
  | { readonly kind: 'replace' }
  | { readonly kind: 'set'; readonly assign: Assign }

export interface MergeClause {
  /** Gets the target row and, when there is one, the source row. Left out: always. */
  readonly condition?: ((...rows: RowArguments) => unknown) | undefined
  readonly effect: MergeEffect
}

export interface InsertClause {
  readonly condition?: ((source: AnyRow) => unknown) | undefined
}

/** The first clause whose condition holds decides. */
export interface MergeClauses {
  readonly matched: readonly MergeClause[]
  readonly notMatched: readonly InsertClause[]
  readonly notMatchedBySource: readonly MergeClause[]
}

export interface Merge {
  readonly source: SourceRows
  readonly on: readonly Field[]
  readonly clauses: MergeClauses
}

/**
 * Runs a merge.
 *
 * @throws ValidationError, before anything is written, when a row of the table matches two rows of
 *   the source
 */
export async function mergeRows(context: ChangeContext, merge: Merge): Promise<RowChange> {
  const { source, on, clauses } = merge
  const bySource = clauses.notMatchedBySource.length > 0
  const read: BoundPredicate = bySource ? { op: 'true' } : keyPredicate(context, source, on)
  const tasks = await affectedTasks(context, read)
  if (source.duplicate !== undefined && clauses.matched.length > 0) {
    await refuseDoubleMatches(context, merge, tasks)
  }
  const merger = new Merger(context, merge)
  return runChange(context, read, (matched, counts) => merger.run(tasks, matched, counts))
}

/** Rows with a key that several source rows have may not match: that would be up to chance. */
async function refuseDoubleMatches(
  context: ChangeContext,
  { source, on }: Merge,
  tasks: readonly ScanTask[],
): Promise<void> {
  const names = on.map(({ name }) => name)
  for await (const { batch } of scanOf(context, names).readTasks(tasks)) {
    const found = source.match(batch.data.children, batch.numRows)
    if (found.includes(-2)) throw duplicateError(source.duplicate ?? 0, names.join(', '))
  }
}

class Merger {
  readonly #context: ChangeContext
  readonly #merge: Merge
  readonly #width: number
  readonly #names: readonly string[]
  #sourceRow: ((row: number) => AnyRow) | undefined

  constructor(context: ChangeContext, merge: Merge) {
    this.#context = context
    this.#merge = merge
    this.#width = context.schema.fields.length
    this.#names = rewriteSchema(context).fields.map(({ name }) => name)
  }

  async *run(
    tasks: readonly ScanTask[],
    matched: MatchedRows,
    counts: ChangeCounts,
  ): AsyncGenerator<RecordBatch, void, void> {
    const scan = scanOf(this.#context, [...this.#names, METADATA_COLUMNS.pos.name])
    for await (const { task, batch } of scan.readTasks(tasks)) {
      yield* this.#target(task, batch, matched, counts)
    }
    yield* this.#inserts(counts)
  }

  /** Rows of the table: those that a clause takes are marked and, unless they go, given anew. */
  *#target(
    task: ScanTask,
    batch: RecordBatch,
    matched: MatchedRows,
    counts: ChangeCounts,
  ): Generator<RecordBatch, void, void> {
    const { source, on, clauses } = this.#merge
    const rows = batch.numRows
    const { fields } = this.#context.schema
    const keys = on.map((field) => batch.data.children[fields.indexOf(field)]!)
    const found = source.match(keys, rows)
    const positions = positionsOf(batch, this.#names.length)
    const some = [
      { clauses: clauses.matched, taken: rowsWhere(found, true) },
      { clauses: clauses.notMatchedBySource, taken: rowsWhere(found, false) },
    ]
    for (const { clauses: list, taken } of some) {
      let left = taken
      for (const clause of list) {
        if (left.length === 0) break
        const [chosen, rest] = this.#choose(clause, batch, left, found)
        left = rest
        if (chosen.length === 0) continue
        matched.mark(task, positions, chosen)
        if (clause.effect.kind === 'delete') counts.deleted += chosen.length
        else {
          counts.updated += chosen.length
          yield this.#changed(clause.effect, batch, chosen, found)
        }
      }
    }
  }

  #choose(
    clause: MergeClause,
    batch: RecordBatch,
    rows: Int32Array,
    found: Int32Array,
  ): readonly [chosen: Int32Array, rest: Int32Array] {
    const { condition } = clause
    if (condition === undefined) return [rows, new Int32Array(0)]
    const columns = takeAll(batch.data.children.slice(0, this.#width), rows)
    const args = this.#arguments(columns, rows, found)
    const holds = Uint8Array.from(args, (one) => (condition(...one) === true ? 1 : 0))
    return [rows.filter((_, at) => holds[at] === 1), rows.filter((_, at) => holds[at] === 0)]
  }

  #changed(
    effect: Exclude<MergeEffect, { readonly kind: 'delete' }>,
    batch: RecordBatch,
    rows: Int32Array,
    found: Int32Array,
  ): RecordBatch {
    const { schema } = this.#context
    const lineage =
      this.#names.length > this.#width
        ? { rowIds: takeData(batch.data.children[this.#width]!, rows) }
        : undefined
    if (effect.kind === 'replace') {
      const from = rows.map((row) => found[row]!)
      const columns = takeAll(this.#merge.source.batch.data.children, from)
      return changedBatch(schema, columns, rows.length, lineage)
    }
    const columns = takeAll(batch.data.children.slice(0, this.#width), rows)
    const changed = effect.assign({
      count: rows.length,
      columns,
      rows: () => this.#arguments(columns, rows, found),
    })
    return changedBatch(schema, changed, rows.length, lineage)
  }

  #arguments(
    columns: readonly Data[],
    rows: Int32Array,
    found: Int32Array,
  ): readonly RowArguments[] {
    const { schema } = this.#context
    const targets = rowsOf(schema, changedBatch(schema, columns, rows.length, undefined))
    return targets.map((target, at): RowArguments => {
      const from = found[rows[at]!]!
      return from < 0 ? [target] : [target, this.#source(from)]
    })
  }

  #source(row: number): AnyRow {
    this.#sourceRow ??= rowReader(this.#context.schema, this.#merge.source.batch)
    return this.#sourceRow(row)
  }

  /** Source rows that matched nothing and that a clause takes. */
  *#inserts(counts: ChangeCounts): Generator<RecordBatch, void, void> {
    const { source, clauses } = this.#merge
    if (clauses.notMatched.length === 0) return
    let rows = source.unmatched()
    if (clauses.notMatched.every(({ condition }) => condition !== undefined)) {
      rows = rows.filter((row) =>
        clauses.notMatched.some(({ condition }) => condition?.(this.#source(row)) === true),
      )
    }
    counts.inserted += rows.length
    if (rows.length === 0) return
    const columns = takeAll(source.batch.data.children, rows)
    yield changedBatch(this.#context.schema, columns, rows.length, undefined)
  }
}

function rowsWhere(found: Int32Array, hasMatch: boolean): Int32Array {
  const rows: number[] = []
  for (let row = 0; row < found.length; row += 1) {
    if ((found[row]! !== -1) === hasMatch) rows.push(row)
  }
  return Int32Array.from(rows)
}

function takeAll(columns: readonly Data[], rows: Int32Array): readonly Data[] {
  return columns.map((column) => takeData(column, rows))
}
