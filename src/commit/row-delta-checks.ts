/** What others may not have done to the files of a row-level change since it read them. */
import type { DataFile, ManifestEntry } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'
import { deleteKind, deleteScope, referencedPath } from '../scan/plan/delete-index.js'
import { changedEntries, conflict, inScope, newSnapshots, type Validation } from './conflicts.js'
import type { RowFilter } from './row-filter.js'
import type { SnapshotAttempt } from './snapshot-action.js'

/**
 * Rejects with `CommitConflict` when commits since the snapshot that was read have removed a file
 * that the change rewrites or deletes rows of, have added deletes to one (which would be lost, or
 * would bring back a row), or, under `serializable`, have added rows that the change might have read.
 */
export async function checkRowDelta(
  attempt: SnapshotAttempt,
  validation: Validation,
  files: readonly DataFile[],
  rows: RowFilter,
): Promise<void> {
  const snapshots = newSnapshots(attempt.base, validation.since, attempt.parent)
  if (snapshots.length === 0) return
  const own = new Set(snapshots.map((snapshot) => snapshot.snapshotId))
  const paths = new Set(files.map(({ path }) => path))
  for await (const entry of changedEntries(attempt, snapshots, 'data', own)) {
    if (entry.status === 'deleted' && paths.has(entry.file.path)) {
      throw conflict('files-removed', 'removed', entry)
    }
    if (entry.status !== 'added' || validation.isolation !== 'serializable') continue
    if (inScope({ rows }, entry)) throw conflict('rows-added', 'added', entry)
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
}

/** Whether a new delete file may apply to one of the files. */
export function deletesOf(
  attempt: SnapshotAttempt,
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
