import { CommitConflict, type ConflictKind } from '../../errors.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import type { DataFile, SnapshotOperation } from '../../format/model.js'
import type { Schema } from '../../types/type.js'
import type { Action } from '../action.js'
import {
  checkConflicts,
  idsOf,
  othersSince,
  type Validation,
  validationConflicts,
} from '../conflicts.js'
import { sparing } from '../filter-manifests.js'
import { FileReplacer } from '../replace-files.js'
import { RowFilter, removeMatching } from '../row-filter.js'
import { type SnapshotOptions, snapshotAction } from '../snapshot-action.js'

export interface OverwriteFiles extends SnapshotOptions {
  /** Files whose rows all match go; a file of which some may match fails with `Unsupported`. */
  readonly where: BoundPredicate
  /** The schema that `where` is bound to: the table's current one. */
  readonly schema: Schema
  /** New files; none for a delete. */
  readonly files: readonly DataFile[]
  /**
   * Checks commits since the snapshot that was read, and leaves alone what they added. Without it the
   * predicate is simply evaluated anew on whatever the head is: the result is that of running the
   * whole action at that point.
   */
  readonly validate?: Validation
}

/**
 * Replaces the rows that match a predicate, as far as they fill whole files: overwrite, delete,
 * overwrite of everything (`where` true).
 */
export function overwriteFiles(options: OverwriteFiles): Action {
  const { where, schema, files, validate } = options
  const replacer = new FileReplacer()
  const operation: SnapshotOperation = files.length === 0 ? 'delete' : 'overwrite'
  const conflicts: readonly ConflictKind[] = [
    ...(where.op === 'true' ? [] : (['schema-changed'] as const)),
    ...validationConflicts(validate),
  ]
  return snapshotAction(operation, conflicts, options, async (attempt) => {
    // The predicate's ids and literals are those of this schema.
    if (where.op !== 'true' && attempt.base.currentSchemaId !== schema.schemaId) {
      throw new CommitConflict('the schema has changed since the predicate was resolved', {
        conflict: 'schema-changed',
        details: { schemaId: schema.schemaId, currentSchemaId: attempt.base.currentSchemaId },
      })
    }
    const rows = new RowFilter(attempt.base, schema, where)
    let remove = removeMatching(rows)
    if (validate !== undefined) {
      await checkConflicts(attempt, validate, { rows })
      remove = sparing(idsOf(othersSince(attempt, validate)), remove)
    }
    return replacer.apply(attempt, { operation, added: files, remove })
  })
}
