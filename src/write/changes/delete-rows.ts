import type { RecordBatch } from 'apache-arrow'
import type { BoundPredicate } from '../../expr/predicate.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { ChangeContext, ChangeCounts, RowChange } from './change-context.js'
import { affectedTasks, scanOf } from './change-scan.js'
import type { MatchedRows } from './matched-rows.js'
import { runChange } from './run-change.js'

/** Deletes the rows of a predicate. Files whose rows all match go by their metadata alone. */
export async function deleteMatching(
  context: ChangeContext,
  where: BoundPredicate,
): Promise<RowChange> {
  // biome-ignore lint/correctness/useYield: a delete has no new rows
  return runChange(context, where, async function* (matched, counts) {
    await markMatching(context, where, matched, counts)
  })
}

async function markMatching(
  context: ChangeContext,
  where: BoundPredicate,
  matched: MatchedRows,
  counts: ChangeCounts,
): Promise<void> {
  const tasks = await affectedTasks(context, where)
  for (const task of tasks) if (task.residual.op === 'true') matched.whole.add(task)
  const partly = tasks.filter((task) => task.residual.op !== 'true')
  const scan = scanOf(context, [METADATA_COLUMNS.pos.name])
  for await (const { task, batch } of scan.readTasks(partly)) {
    matched.mark(task, positionsOf(batch, 0))
    counts.deleted += batch.numRows
  }
}

/** The `_pos` column of a batch. */
export function positionsOf(batch: RecordBatch, column: number): BigInt64Array {
  return batch.data.children[column]!.values as unknown as BigInt64Array
}
