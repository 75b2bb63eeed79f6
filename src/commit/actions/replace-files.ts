import { CommitConflict, type ConflictKind } from '../../errors.js'
import type { DataFile, ManifestFile, SnapshotOperation } from '../../format/model.js'
import { partitionKey } from '../../format/partition-key.js'
import type { Action } from '../action.js'
import {
  type ConflictScope,
  checkConflicts,
  type Validation,
  validationConflicts,
} from '../conflicts.js'
import type { FileFilter } from '../filter-manifests.js'
import { FileReplacer } from '../replace-files.js'
import { type SnapshotOptions, snapshotAction } from '../snapshot-action.js'

export interface ReplaceFiles extends SnapshotOptions {
  /** Data files to remove; each must still be there when the commit is published. */
  readonly remove: readonly Pick<DataFile, 'path' | 'specId' | 'partition'>[]
  readonly add: readonly DataFile[]
  /** Checks commits since the snapshot that was read, in `scope` (default everything). */
  readonly validate?: Validation
  readonly scope?: ConflictScope
}

/** Removes given data files and adds others: overwrite and delete by file. */
export function replaceFiles(options: ReplaceFiles): Action {
  const { remove, add, validate, scope } = options
  const operation: SnapshotOperation = add.length === 0 ? 'delete' : 'overwrite'
  const filter = removeByPath(remove)
  const replacer = new FileReplacer()
  const conflicts = new Set<ConflictKind>(['files-removed', ...validationConflicts(validate)])
  return snapshotAction(operation, [...conflicts], options, async (attempt) => {
    if (validate !== undefined) await checkConflicts(attempt, validate, scope ?? 'everything')
    return replacer.apply(
      attempt,
      { operation, added: add, remove: filter },
      (removed, content) => {
        if (content === 'data') checkAllFound(remove, removed)
      },
    )
  })
}

export function removeByPath(files: ReplaceFiles['remove']): FileFilter {
  const paths = new Set(files.map((file) => file.path))
  const specs = new Set(files.map((file) => file.specId))
  return {
    mayRemoveFrom: (manifest: ManifestFile) => specs.has(manifest.specId),
    removes: (entry) => paths.has(entry.file.path),
  }
}

export function checkAllFound(wanted: ReplaceFiles['remove'], removed: readonly DataFile[]): void {
  const found = new Set(removed.map((file) => file.path))
  const missing = wanted.find((file) => !found.has(file.path))
  if (missing === undefined) return
  throw new CommitConflict(`a file to be replaced is no longer in the table: ${missing.path}`, {
    conflict: 'files-removed',
    details: { path: missing.path, partition: partitionKey(missing.specId, missing.partition) },
  })
}
