import type { ScanTask } from './contract.js'
import type { ReadContext } from './read/read-context.js'
import { readTasks } from './read/read-tasks.js'

/**
 * Counts the rows of tasks. A file of which every row matches and none is deleted counts by its
 * recorded row count; of the others the tested columns are read. `context` must have an output
 * without columns.
 */
export async function countRows(
  tasks: AsyncIterable<ScanTask>,
  context: ReadContext,
  limit: number | undefined,
): Promise<number> {
  const most = limit ?? Number.POSITIVE_INFINITY
  let known = 0
  const rest: ScanTask[] = []
  for await (const task of tasks) {
    // A recorded row count says nothing of the rows that are deleted.
    const isWhole = task.deletes.length === 0 || context.shape.keepDeleted
    if (task.residual.op === 'true' && isWhole) {
      known += Number(task.file.recordCount)
    } else rest.push(task)
    if (known >= most) return most
  }
  async function* left(): AsyncGenerator<ScanTask, void, void> {
    yield* rest
  }
  const counted = { ...context, limit: Number.isFinite(most) ? most - known : undefined }
  let read = 0
  for await (const batch of readTasks(left(), counted)) read += batch.numRows
  return known + read
}
