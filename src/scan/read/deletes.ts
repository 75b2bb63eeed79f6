/**
 * The seam for row-level deletes. A task's delete files become one {@link TaskDeletes}, which clears
 * deleted rows from the mask of a unit; the rest of the scan knows nothing else of deletes.
 */
import { Unsupported } from '../../errors.js'
import type { ScanTask } from '../contract.js'
import type { Mask } from '../filter/mask.js'
import { deleteKind } from '../plan/delete-index.js'

/** The rows of one data file that are deleted. */
export interface TaskDeletes {
  /** Clears the rows whose position in the file is deleted; `positions` has one for each row. */
  clear(mask: Mask, positions: Float64Array): void
}

/**
 * The deletes of a task, or `undefined` when none apply.
 *
 * @throws Unsupported('row-level-deletes') for every kind of delete: none is applied yet, and rows
 * that were deleted must never be given.
 */
export async function openDeletes(task: ScanTask): Promise<TaskDeletes | undefined> {
  if (task.deletes.length === 0) return undefined
  const kinds = [...new Set(task.deletes.map(deleteKind))].sort().join(', ')
  throw new Unsupported(
    'row-level-deletes',
    `data file ${task.file.path} has rows deleted by ${kinds}, which cannot be read yet`,
    { details: { path: task.file.path, kinds } },
  )
}
