/** What others may not have done to the files of a row-level change since it read them. */
import type { DataFile, ManifestEntry, Snapshot } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'
import { deleteKind, deleteScope, referencedPath } from '../scan/plan/delete-index.js'
import {
  type CheckedAttempt,
  changedEntries,
  checkNewDeletes,
  conflict,
  idsOf,
  inScope,
  othersSince,
  type Validation,
} from './conflicts.js'
import type { RowFilter } from './row-filter.js'

/**
 * Rejects with `CommitConflict` when commits since the snapshot that was read have removed a file
 * that the change rewrites or deletes rows of, or have added deletes to one (which would be lost, or
 * would bring back a row). Under `serializable` the same goes for every row that was read, changed or not,
 * and for rows that were added and might have been read.
 */
export async function checkRowDelta(
  attempt: CheckedAttempt,
  validation: Validation,
  files: readonly DataFile[],
  rows: RowFilter,
): Promise<void> {
  const snapshots = othersSince(attempt, validation)
  if (snapshots.length === 0) return
  const own = idsOf(snapshots)
  const paths = new Set(files.map(({ path }) => path))
  for await (const entry of changedEntries(attempt, snapshots, 'data', own)) {
    if (entry.status === 'deleted' && paths.has(entry.file.path)) {
      throw conflict('files-removed', 'removed', entry)
    }
  }
  const mayApply = deletesOf(attempt, files, paths)
  // A data file has one vector at most, so one that a rewrite made is in the way as well.
  const isVector = (entry: ManifestEntry): boolean => deleteKind(entry) === 'deletion-vector'
  for await (const entry of changedEntries(attempt, snapshots, 'deletes', own, isVector)) {
    // Deletes in other files change nothing of what was done to these.
    if (entry.status === 'added' && mayApply(entry)) {
      throw conflict('deletes-added', 'added deletes', entry)
    }
  }
  if (validation.isolation === 'serializable') await checkReads(attempt, snapshots, rows)
}

/**
 * Rejects with `CommitConflict` when snapshots of others have added, removed or deleted rows that match.
 * What keeps the rows (operation `replace`) does not matter.
 */
export async function checkReads(
  attempt: CheckedAttempt,
  others: readonly Snapshot[],
  rows: RowFilter,
): Promise<void> {
  const snapshots = others.filter(({ summary }) => summary?.get('operation') !== 'replace')
  const own = idsOf(snapshots)
  for await (const entry of changedEntries(attempt, snapshots, 'data', own)) {
    if (!inScope({ rows }, entry)) continue
    if (entry.status === 'deleted') throw conflict('files-removed', 'removed', entry)
    throw conflict('rows-added', 'added', entry)
  }
  await checkNewDeletes(attempt, snapshots, { rows })
}

/** Whether a new delete file may apply to one of the files. */
export function deletesOf(
  attempt: Pick<CheckedAttempt, 'base'>,
  files: readonly DataFile[],
  paths: ReadonlySet<string>,
): (entry: ManifestEntry) => boolean {
  const partitions = new Set(files.map(({ specId, partition }) => partitionKey(specId, partition)))
  return (entry) => {
    if (files.length === 0) return false
    if (deleteKind(entry) === 'equality-deletes') {
      const scope = deleteScope(entry, attempt.base)
      return scope === 'global' || partitions.has(scope)
    }
    const path = referencedPath(entry)
    if (path !== undefined) return paths.has(path)
    return partitions.has(partitionKey(entry.file.specId, entry.file.partition))
  }
}
