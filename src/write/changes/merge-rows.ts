/** Merges: target rows matched with source rows by key, and what becomes of either. */
import type { Data, RecordBatch } from 'apache-arrow'
import { rowReader, rowsOf } from '../../arrow/row-reader.js'
import { takeData } from '../../arrow/take.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import type { ScanTask } from '../../scan/contract.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { Field, Schema } from '../../types/type.js'
import { type Assign, changedBatch } from './assignments.js'
import type { ChangeContext, ChangeCounts, RowChange } from './change-context.js'
import { memoryBeside } from './change-memory.js'
import { affectedTasks, rewriteSchema, scanOf } from './change-scan.js'
import type { ConditionTest } from './conditions.js'
import { positionsOf } from './delete-rows.js'
import { keyPredicate } from './key-predicate.js'
import type { MatchedRows } from './matched-rows.js'
import { type AnyRow, type ClauseRows, chainTo, type RowArguments } from './row-columns.js'
import { runChange } from './run-change.js'
import { duplicateError, type KeyField, type SourceRows } from './source-rows.js'
import { once } from './update-rows.js'

/** What happens to a row of the table: it goes, it becomes its source row, or columns of it are set. */
export type MergeEffect =
  | { readonly kind: 'delete' }
  | { readonly kind: 'replace' }
  | { readonly kind: 'set'; readonly assign: Assign }

export interface MergeClause {
  /** The rows that it takes. Left out: all. */
  readonly test?: ConditionTest | undefined
  readonly effect: MergeEffect
}

export interface InsertClause {
  readonly test?: ConditionTest | undefined
  /** The columns of the new rows. Left out: those of the source row, whose schema is the table's. */
  readonly assign?: Assign | undefined
}

/** The first clause whose condition holds decides. */
export interface MergeClauses {
  readonly matched: readonly MergeClause[]
  readonly notMatched: readonly InsertClause[]
  readonly notMatchedBySource: readonly MergeClause[]
}

export interface Merge {
  readonly source: SourceRows
  readonly on: readonly KeyField[]
  readonly clauses: MergeClauses
}

/**
 * Runs a merge.
 *
 * @throws ValidationError, before anything is written, when a row of the table matches two rows of
 *   the source
 */
export async function mergeRows(given: ChangeContext, merge: Merge): Promise<RowChange> {
  const { source, on, clauses } = merge
  const context = memoryBeside(given, source.heldBytes)
  const bySource = clauses.notMatchedBySource.length > 0
  const read: BoundPredicate = bySource ? { op: 'true' } : keyPredicate(source, on)
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
  const fields = keyColumns(context.schema, on)
  const names = fields.map(({ name }) => name)
  for await (const { batch } of scanOf(context, names).readTasks(tasks)) {
    const chains = on.map(({ target }) => chainTo({ fields }, batch.data.children, target.path))
    if (!source.match(chains, batch.numRows).includes(-2)) continue
    throw duplicateError(source.duplicate ?? 0, on.map(({ name }) => name).join(', '))
  }
}

/** The top-level columns that hold the keys. */
function keyColumns(schema: Schema, on: readonly KeyField[]): readonly Field[] {
  return schema.fields.filter(({ name }) => on.some(({ target }) => target.path[0] === name))
}

/** The columns that matching reads, and where they are. */
interface ReadColumns {
  readonly names: readonly string[]
  /** The key columns, each with the structs around it. */
  readonly keys: (batch: RecordBatch) => readonly (readonly Data[])[]
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
    ({ test, effect }) => test !== undefined || effect.kind === 'set',
  )
  const wanted = seesRow ? fields : keyColumns(context.schema, on)
  const names = wanted.map(({ name }) => name)
  const hasLineage = rewriteSchema(context) !== context.schema
  const rowId = hasLineage ? names.push(METADATA_COLUMNS.rowId.name) - 1 : undefined
  const position = names.push(METADATA_COLUMNS.pos.name) - 1
  return {
    names,
    keys: (batch) =>
      on.map(({ target }) => chainTo({ fields: wanted }, batch.data.children, target.path)),
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
    const found = source.match(keys(batch), batch.numRows)
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
    { test }: MergeClause,
    batch: RecordBatch,
    rows: Int32Array,
    found: Int32Array,
  ): readonly [chosen: Int32Array, rest: Int32Array] {
    if (test === undefined) return [rows, new Int32Array(0)]
    return parted(rows, test(this.#rows(batch, rows, found)))
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
    const changed = effect.assign(this.#rows(batch, rows, found))
    return changedBatch(schema, changed, rows.length, lineage)
  }

  /** Rows of the table, and those of the source that they match. */
  #rows(batch: RecordBatch, rows: Int32Array, found: Int32Array): ClauseRows {
    const { schema } = this.#context
    const columns = takeAll(this.#read.row(batch), rows)
    const from = rows.map((row) => found[row]!)
    const objects = once(() => {
      const targets = rowsOf(schema, changedBatch(schema, columns, rows.length, undefined))
      return targets.map((target, at): RowArguments => {
        const matched = from[at]!
        return matched < 0 ? [target] : [target, this.#source(matched)]
      })
    })
    const source = { columns: this.#merge.source.batch.data.children, rows: from }
    return { count: rows.length, target: { columns }, source, objects }
  }

  #source(row: number): AnyRow {
    const { source } = this.#merge
    this.#sourceRow ??= rowReader(source.schema, source.batch)
    return this.#sourceRow(row)
  }

  /** Source rows that matched nothing, as the first clause that takes them makes them. */
  *#inserts(counts: ChangeCounts): Generator<RecordBatch, void, void> {
    const { source, clauses } = this.#merge
    let left: Int32Array = clauses.notMatched.length === 0 ? new Int32Array(0) : source.unmatched()
    for (const { test, assign } of clauses.notMatched) {
      let rows = left
      left = new Int32Array(0)
      if (test !== undefined && rows.length > 0) {
        ;[rows, left] = parted(rows, test(this.#sourceRows(rows)))
      }
      if (rows.length === 0) continue
      counts.inserted += rows.length
      const columns = assign?.(this.#sourceRows(rows)) ?? takeAll(source.batch.data.children, rows)
      yield changedBatch(this.#context.schema, columns, rows.length, undefined)
    }
  }

  #sourceRows(rows: Int32Array): ClauseRows {
    const objects = once(() => Array.from(rows, (row): RowArguments => [this.#source(row)]))
    const source = { columns: this.#merge.source.batch.data.children, rows }
    return { count: rows.length, source, objects }
  }
}

/** The rows whose flag is set, and the others. */
function parted(rows: Int32Array, flags: Uint8Array): readonly [Int32Array, Int32Array] {
  return [rows.filter((_, at) => flags[at] === 1), rows.filter((_, at) => flags[at] === 0)]
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
