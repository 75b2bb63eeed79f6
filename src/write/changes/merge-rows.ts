/** Merges: target rows matched with source rows by key, and what becomes of either. */
import type { Data, RecordBatch } from 'apache-arrow'
import { rowReader, rowsOf } from '../../arrow/row-reader.js'
import { takeData } from '../../arrow/take.js'
import { InvalidArgument } from '../../errors.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import type { ScanTask } from '../../scan/contract.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { Field } from '../../types/type.js'
import { describeValue } from '../../types/value-error.js'
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
  /** What the caller calls it, for messages. */
  readonly name: string
  /** Gets the target row and, when there is one, the source row. Left out: always. */
  readonly condition?: ((...rows: RowArguments) => unknown) | undefined
  readonly effect: MergeEffect
}

export interface InsertClause {
  readonly name: string
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

/** The columns that matching reads, and where they are. */
interface ReadColumns {
  readonly names: readonly string[]
  readonly keys: readonly number[]
  /** The row's columns in the order of the schema; only there when a clause looks at the row. */
  readonly row: (batch: RecordBatch) => readonly Data[]
  /** Only in v3, where a changed row keeps its id. */
  readonly rowId: number | undefined
  readonly position: number
}

/** Rows that are deleted or replaced whole are known by their keys: no other column is read. */
function readColumns(context: ChangeContext, { on, clauses }: Merge): ReadColumns {
  const { fields } = context.schema
  const seesRow = [...clauses.matched, ...clauses.notMatchedBySource].some(
    ({ condition, effect }) => condition !== undefined || effect.kind === 'set',
  )
  const wanted = seesRow ? fields : on
  const names = wanted.map(({ name }) => name)
  const hasLineage = rewriteSchema(context) !== context.schema
  const rowId = hasLineage ? names.push(METADATA_COLUMNS.rowId.name) - 1 : undefined
  const position = names.push(METADATA_COLUMNS.pos.name) - 1
  return {
    names,
    keys: on.map((field) => wanted.indexOf(field)),
    row: (batch) => batch.data.children.slice(0, fields.length),
    rowId,
    position,
  }
}

class Merger {
  readonly #context: ChangeContext
  readonly #merge: Merge
  readonly #read: ReadColumns
  #sourceRow: ((row: number) => AnyRow) | undefined

  constructor(context: ChangeContext, merge: Merge) {
    this.#context = context
    this.#merge = merge
    this.#read = readColumns(context, merge)
  }

  async *run(
    tasks: readonly ScanTask[],
    matched: MatchedRows,
    counts: ChangeCounts,
  ): AsyncGenerator<RecordBatch, void, void> {
    const scan = scanOf(this.#context, this.#read.names)
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
    const { source, clauses } = this.#merge
    const { keys, position } = this.#read
    const found = source.match(
      keys.map((at) => batch.data.children[at]!),
      batch.numRows,
    )
    const positions = positionsOf(batch, position)
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
    const columns = takeAll(this.#read.row(batch), rows)
    const args = this.#arguments(columns, rows, found)
    const holds = Uint8Array.from(args, (one) => (answer(clause, condition(...one)) ? 1 : 0))
    return [rows.filter((_, at) => holds[at] === 1), rows.filter((_, at) => holds[at] === 0)]
  }

  #changed(
    effect: Exclude<MergeEffect, { readonly kind: 'delete' }>,
    batch: RecordBatch,
    rows: Int32Array,
    found: Int32Array,
  ): RecordBatch {
    const { schema } = this.#context
    const { rowId } = this.#read
    const lineage =
      rowId === undefined ? undefined : { rowIds: takeData(batch.data.children[rowId]!, rows) }
    if (effect.kind === 'replace') {
      const from = rows.map((row) => found[row]!)
      const columns = takeAll(this.#merge.source.batch.data.children, from)
      return changedBatch(schema, columns, rows.length, lineage)
    }
    const columns = takeAll(this.#read.row(batch), rows)
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
        clauses.notMatched.some((clause) => answer(clause, clause.condition?.(this.#source(row)))),
      )
    }
    counts.inserted += rows.length
    if (rows.length === 0) return
    const columns = takeAll(source.batch.data.children, rows)
    yield changedBatch(this.#context.schema, columns, rows.length, undefined)
  }
}

/** What a condition said: a promise or a number must not pass for no. */
function answer({ name }: { readonly name: string }, said: unknown): boolean {
  if (typeof said === 'boolean') return said
  const what = said instanceof Promise ? 'a promise' : describeValue(said)
  throw new InvalidArgument(`${name}: \`if\` gave ${what}; it must give true or false, at once`, {
    details: { clause: name },
  })
}

function rowsWhere(found: Int32Array, hasMatch: boolean): Int32Array {
  // One slot more than needed lets the loop store without a branch.
  const rows = new Int32Array(found.length + 1)
  const wanted = hasMatch ? 1 : 0
  let count = 0
  for (let row = 0; row < found.length; row += 1) {
    rows[count] = row
    const has = found[row]! === -1 ? 0 : 1
    if (has === wanted) count += 1
  }
  return rows.slice(0, count)
}

function takeAll(columns: readonly Data[], rows: Int32Array): readonly Data[] {
  return columns.map((column) => takeData(column, rows))
}
