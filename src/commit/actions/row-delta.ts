import { CommitConflict, type ConflictKind } from '../../errors.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import type { DataFile, ManifestEntry, SnapshotOperation } from '../../format/model.js'
import type { Schema } from '../../types/type.js'
import type { Action } from '../action.js'
import { type Validation, validationConflicts } from '../conflicts.js'
import type { FileFilter } from '../filter-manifests.js'
import { FileReplacer } from '../replace-files.js'
import { checkRowDelta } from '../row-delta-checks.js'
import { RowFilter } from '../row-filter.js'
import { type SnapshotOptions, snapshotAction } from '../snapshot-action.js'
import { checkAllFound, removeByPath } from './replace-files.js'

export interface RowDelta extends SnapshotOptions {
  readonly addedFiles: readonly DataFile[]
  /** Delete files and deletion vectors. */
  readonly addedDeletes: readonly DataFile[]
  /** Data files that were rewritten or lost every row; each must still be there. */
  readonly removedFiles: readonly DataFile[]
  /** Delete files that the added ones replace; each must still be there. */
  readonly removedDeletes: readonly DataFile[]
  /** Data files that the added deletes are about; each must still be there. */
  readonly touched: readonly DataFile[]
  /** The rows that were read, bound to `schema`. */
  readonly read: BoundPredicate
  readonly schema: Schema
  readonly validate: Validation
}

/**
 * A row-level change: data files added and removed, deletes added and replaced, as one snapshot.
 * It is re-applied after commits that did not touch what it has read; anything else is a conflict.
 */
export function rowDelta(options: RowDelta): Action {
  const { addedFiles, addedDeletes, removedFiles, removedDeletes, touched, validate } = options
  const operation = operationOf(options)
  const conflicts = new Set<ConflictKind>([
    'schema-changed',
    'files-removed',
    ...validationConflicts(validate),
  ])
  const replacer = new FileReplacer()
  return snapshotAction('row-delta', [...conflicts], options, async (attempt) => {
    const { schema, read } = options
    // The predicate's ids and the columns of rewritten rows are those of this schema.
    if (attempt.base.currentSchemaId !== schema.schemaId) {
      throw new CommitConflict('the schema has changed since the rows were read', {
        conflict: 'schema-changed',
        details: { schemaId: schema.schemaId, currentSchemaId: attempt.base.currentSchemaId },
      })
    }
    const rows = new RowFilter(attempt.base, schema, read)
    await checkRowDelta(attempt, validate, [...removedFiles, ...touched], rows)
    const replacement = {
      operation,
      added: [...addedFiles, ...addedDeletes],
      remove: removedFiles.length === 0 ? undefined : removeByPath(removedFiles),
      ...(removedDeletes.length > 0 && { removeDeletes: removeDeletes(removedDeletes) }),
    }
    return replacer.apply(attempt, replacement, (removed, content) => {
      if (content === 'data') checkAllFound(removedFiles, removed)
      else checkDeletesFound(removedDeletes, removed)
    })
  })
}

/** As the reference names it: by what is added. */
function operationOf(options: RowDelta): SnapshotOperation {
  const { addedFiles, addedDeletes, removedFiles } = options
  if (addedFiles.length === 0) return 'delete'
  return addedDeletes.length === 0 && removedFiles.length === 0 ? 'append' : 'overwrite'
}

/** Deletion vectors share their Puffin file: each is told by its place in it. */
function keyOf(file: DataFile): string {
  return `${file.contentOffset ?? ''} ${file.path}`
}

export function removeDeletes(files: readonly DataFile[]): FileFilter {
  const keys = new Set(files.map(keyOf))
  const specs = new Set(files.map(({ specId }) => specId))
  return {
    mayRemoveFrom: (manifest) => specs.has(manifest.specId),
    removes: ({ file }: ManifestEntry) => keys.has(keyOf(file)),
  }
}

export function checkDeletesFound(wanted: readonly DataFile[], removed: readonly DataFile[]): void {
  const found = new Set(removed.map(keyOf))
  const missing = wanted.find((file) => !found.has(keyOf(file)))
  if (missing === undefined) return
  throw new CommitConflict(`deletes to be replaced are no longer in the table: ${missing.path}`, {
    conflict: 'files-removed',
    details: { path: missing.path },
  })
}
