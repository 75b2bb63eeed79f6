import type { Data, RecordBatch } from 'apache-arrow'
import { rowsOf } from '../../arrow/row-reader.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import { type Assign, changedBatch } from './assignments.js'
import type { ChangeContext, RowChange } from './change-context.js'
import { affectedTasks, rewriteSchema, scanOf } from './change-scan.js'
import { positionsOf } from './delete-rows.js'
import { runChange } from './run-change.js'

/** Gives the rows of a predicate new values in some columns. */
export async function updateMatching(
  context: ChangeContext,
  where: BoundPredicate,
  assign: Assign,
): Promise<RowChange> {
  const { schema } = context
  const width = schema.fields.length
  const names = rewriteSchema(context).fields.map(({ name }) => name)
  return runChange(context, where, async function* (matched, counts) {
    const tasks = await affectedTasks(context, where)
    const scan = scanOf(context, [...names, METADATA_COLUMNS.pos.name])
    for await (const { task, batch } of scan.readTasks(tasks)) {
      matched.mark(task, positionsOf(batch, names.length))
      const count = batch.numRows
      const columns = batch.data.children.slice(0, width)
      const changed = assign({
        count,
        target: { columns },
        objects: once(() => targetRows(context, columns, batch).map((row) => [row] as const)),
      })
      counts.updated += count
      const rowIds = names.length > width ? batch.data.children[width] : undefined
      yield changedBatch(schema, changed, count, rowIds && { rowIds })
    }
  })
}

/** The table's columns of a batch as rows. */
export function targetRows(
  { schema }: ChangeContext,
  columns: readonly Data[],
  batch: RecordBatch,
): Record<string, unknown>[] {
  const only = changedBatch(schema, columns, batch.numRows, undefined)
  return rowsOf(schema, only)
}

/** Gives what it gave the first time. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
