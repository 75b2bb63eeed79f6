import { CommitConflict, type ConflictKind } from '../../errors.js'
import type { DataFile, FormatVersion, ManifestEntry } from '../../format/model.js'
import { deleteKind, deleteScope } from '../../scan/plan/delete-index.js'
import type { Action } from '../action.js'
import { changedEntries, conflict, newSnapshots } from '../conflicts.js'
import { eitherRemoves, type FileFilter } from '../filter-manifests.js'
import { FileReplacer } from '../replace-files.js'
import { deletesOf } from '../row-delta-checks.js'
import { type SnapshotAttempt, type SnapshotOptions, snapshotAction } from '../snapshot-action.js'
import { checkAllFound, removeByPath } from './replace-files.js'
import { checkDeletesFound, removeDeletes } from './row-delta.js'

/** A delete file that takes the place of others. */
export interface RewrittenDeletes {
  readonly file: DataFile
  /** The latest data sequence number of those. */
  readonly sequenceNumber: bigint
}

export interface RewriteFiles extends SnapshotOptions {
  /** Data files whose live rows are in `addData`; each must still be there. */
  readonly removeData: readonly DataFile[]
  readonly addData: readonly DataFile[]
  /**
   * Data sequence number of the added data files: that of the snapshot that was read, so that
   * equality deletes committed since still apply to them. Left out: that of the commit.
   */
  readonly sequenceNumber?: bigint | undefined
  /** Delete files whose deletes are in `addDeletes`; each must still be there. */
  readonly removeDeletes: readonly DataFile[]
  readonly addDeletes: readonly RewrittenDeletes[]
  /** Delete files that applied to nothing that is left; they go if they are still there. */
  readonly dangling: readonly DataFile[]
  /** The branch head that was read. */
  readonly since: bigint
  /** Version of the table that was read: rows of version 3 have ids, and its deletes are vectors. */
  readonly formatVersion: FormatVersion
}

/**
 * Files in the place of others with the same rows (operation `replace`). What others append or
 * delete elsewhere does not matter; deletes of rows that were rewritten meanwhile are a conflict.
 */
export function rewriteFiles(options: RewriteFiles): Action {
  const { removeData, addData, addDeletes, dangling, formatVersion } = options
  const conflicts: readonly ConflictKind[] = [
    'schema-changed',
    'files-removed',
    'deletes-added',
    'history-rewritten',
  ]
  const replacer = new FileReplacer()
  const sequences = new Map(addDeletes.map(({ file, sequenceNumber }) => [file, sequenceNumber]))
  const gone = eitherRemoves(removeDeletes(options.removeDeletes), removeDeletes(dangling))
  return snapshotAction('rewrite-files', conflicts, options, async (attempt) => {
    if (attempt.base.formatVersion !== formatVersion) {
      throw new CommitConflict('the table was upgraded since its files were read', {
        conflict: 'schema-changed',
        details: { formatVersion: attempt.base.formatVersion },
      })
    }
    await checkRewrite(attempt, options)
    const replacement = {
      operation: 'replace',
      added: [...addData, ...sequences.keys()],
      remove: removeData.length === 0 ? undefined : removeByPath(removeData),
      removeDeletes: gone satisfies FileFilter,
      sequenceOf: (file: DataFile) =>
        file.content === 'data' ? options.sequenceNumber : sequences.get(file),
    } as const
    return replacer.apply(attempt, replacement, (removed, content) => {
      if (content === 'data') checkAllFound(removeData, removed)
      else checkDeletesFound(options.removeDeletes, removed)
    })
  })
}

async function checkRewrite(attempt: SnapshotAttempt, options: RewriteFiles): Promise<void> {
  const { removeData, addDeletes, since } = options
  const snapshots = newSnapshots(attempt.base, since, attempt.parent)
  if (snapshots.length === 0) return
  const own = new Set(snapshots.map(({ snapshotId }) => snapshotId))
  const paths = new Set(removeData.map(({ path }) => path))
  const mayApply = deletesOf(attempt, removeData, paths)
  for await (const entry of changedEntries(attempt, snapshots, 'deletes', own)) {
    if (entry.status !== 'added' || !mayApply(entry)) continue
    if (!stillApplies(attempt, options, entry)) {
      throw conflict('deletes-added', 'added deletes', entry)
    }
  }
  const vectors = new Set<string | undefined>(
    addDeletes.flatMap(({ file }) => vectorOf(file) ?? []),
  )
  if (vectors.size === 0) return
  const isVector = (entry: ManifestEntry): boolean => vectorOf(entry.file) !== undefined
  for await (const entry of changedEntries(attempt, snapshots, 'deletes', own, isVector)) {
    if (entry.status === 'added' && vectors.has(vectorOf(entry.file))) {
      throw conflict('deletes-added', 'added deletes', entry)
    }
  }
  for await (const entry of changedEntries(attempt, snapshots, 'data', own)) {
    if (entry.status === 'deleted' && vectors.has(entry.file.path)) {
      throw conflict('files-removed', 'removed', entry)
    }
  }
}

/** The data file that a deletion vector is about. */
function vectorOf(file: DataFile): string | undefined {
  return file.format === 'puffin' ? file.referencedDataFile : undefined
}

/**
 * Whether deletes that were committed since reach the rows in their new files as they did before:
 * equality deletes, where the new files are older than these and in the same partition.
 */
function stillApplies(
  { base }: SnapshotAttempt,
  { addData, sequenceNumber }: RewriteFiles,
  entry: ManifestEntry,
): boolean {
  if (sequenceNumber === undefined || deleteKind(entry) !== 'equality-deletes') return false
  if (deleteScope(entry, base) === 'global') return true
  return addData.every(({ specId }) => specId === entry.file.specId)
}
