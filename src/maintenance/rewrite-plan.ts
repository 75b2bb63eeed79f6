/** Which data files a compaction rewrites, and which of them together. */
import type { BoundPredicate } from '../expr/predicate.js'
import type { PartitionTuple } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'
import type { ScanTask } from '../scan/contract.js'
import { deleteKind, referencedPath } from '../scan/plan/delete-index.js'
import { planFiles } from '../scan/plan/plan-files.js'
import type { RewriteContext } from './rewrite-context.js'

/** When files are worth a rewrite. Sizes in bytes. */
export interface RewriteLimits {
  readonly targetFileBytes: number
  /** Smaller files are rewritten. */
  readonly minFileBytes: number
  /** Larger files are rewritten. */
  readonly maxFileBytes: number
  /** Files of a group that are worth a rewrite by their number alone. */
  readonly minInputFiles: number
  /** Files with as many delete files are rewritten. */
  readonly maxDeleteFiles: number
  /** Files of whose rows such a part is deleted, 0 to 1, are rewritten. */
  readonly deleteRatio: number
  /** Rewrite every file, whatever its size. */
  readonly rewriteAll: boolean
  /** A group reads at most about as much. */
  readonly maxGroupBytes: number
}

/** Files of one partition that become one set of new files. */
export interface FileGroup {
  readonly specId: number
  readonly partition: PartitionTuple
  readonly tasks: readonly ScanTask[]
  readonly bytes: number
  readonly rows: bigint
}

/** The groups to rewrite, in the order of the table's manifests. */
export async function planRewrite(
  context: RewriteContext,
  where: BoundPredicate,
  limits: RewriteLimits,
): Promise<readonly FileGroup[]> {
  const partitions = new Map<string, ScanTask[]>()
  for await (const task of planFiles({ ...context, where, ordered: true, fullEntries: true })) {
    if (!limits.rewriteAll && !isCandidate(task, limits)) continue
    const key = partitionKey(task.file.specId, task.file.partition)
    const tasks = partitions.get(key)
    if (tasks === undefined) partitions.set(key, [task])
    else tasks.push(task)
  }
  return [...partitions.values()]
    .flatMap((tasks) => packed(tasks, limits.maxGroupBytes))
    .filter((group) => isWorthwhile(group, limits))
}

function isCandidate(task: ScanTask, limits: RewriteLimits): boolean {
  const bytes = Number(task.file.sizeBytes)
  return bytes < limits.minFileBytes || bytes > limits.maxFileBytes || hasManyDeletes(task, limits)
}

function hasManyDeletes(task: ScanTask, limits: RewriteLimits): boolean {
  if (task.deletes.length >= limits.maxDeleteFiles) return true
  const { path, recordCount } = task.file
  let deleted = 0n
  for (const entry of task.deletes) {
    // Only of deletes of this file alone the number of its rows is known.
    const isOwn =
      deleteKind(entry) === 'deletion-vector' ||
      (deleteKind(entry) === 'position-deletes' && referencedPath(entry) === path)
    if (isOwn) deleted += entry.file.recordCount
  }
  return deleted > 0n && Number(deleted) >= Number(recordCount) * limits.deleteRatio
}

function isWorthwhile(group: FileGroup, limits: RewriteLimits): boolean {
  const { tasks, bytes } = group
  if (limits.rewriteAll) return true
  if (tasks.length >= limits.minInputFiles) return true
  if (tasks.length > 1 && bytes > limits.targetFileBytes) return true
  return (
    tasks.some((task) => Number(task.file.sizeBytes) > limits.maxFileBytes) ||
    tasks.some((task) => hasManyDeletes(task, limits))
  )
}

/** Files in order, in groups of at most `maxBytes`; one that is larger is a group of its own. */
function packed(tasks: readonly ScanTask[], maxBytes: number): readonly FileGroup[] {
  const groups: ScanTask[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const task of tasks) {
    const size = Number(task.file.sizeBytes)
    if (bytes + size > maxBytes) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(task)
    bytes += size
  }
  return groups.map(groupOf)
}

function groupOf(tasks: readonly ScanTask[]): FileGroup {
  const { specId, partition } = tasks[0]!.file
  let bytes = 0
  let rows = 0n
  for (const { file } of tasks) {
    bytes += Number(file.sizeBytes)
    rows += file.recordCount
  }
  return { specId, partition, tasks, bytes, rows }
}
