import { CommitConflict, type ConflictKind } from '../../errors.js'
import type { DataFile } from '../../format/model.js'
import { partitionKey } from '../../format/partition-key.js'
import type { Action } from '../action.js'
import {
  type ConflictScope,
  checkConflicts,
  type Validation,
  validationConflicts,
} from '../conflicts.js'
import { mayHaveLiveFiles } from '../manifest-store.js'
import { FileReplacer } from '../replace-files.js'
import { type SnapshotAttempt, type SnapshotOptions, snapshotAction } from '../snapshot-action.js'

export interface EqualityDelta extends SnapshotOptions {
  readonly addedFiles: readonly DataFile[]
  /** Equality delete files. They delete every older row that equals one of theirs. */
  readonly addedDeletes: readonly DataFile[]
  /**
   * The specs whose data files the deletes reach, because there are deletes for each; undefined when
   * they reach the whole table.
   */
  readonly specs: ReadonlySet<number> | undefined
  /** Checks commits since a snapshot, in the partitions of the deletes. Left out: nothing is. */
  readonly validate?: Validation
}

/**
 * Rows deleted by their values, and rows added. Nothing was read, and the deletes are about whatever
 * older rows there are by then: like an append it fits on any base, where its specs cover it.
 */
export function equalityDelta(options: EqualityDelta): Action {
  const { addedFiles, addedDeletes, specs, validate } = options
  const conflicts = new Set<ConflictKind>(validationConflicts(validate))
  if (specs !== undefined) conflicts.add('spec-changed')
  const scope: ConflictScope =
    specs === undefined
      ? 'everything'
      : {
          partitions: new Set(
            addedDeletes.map(({ specId, partition }) => partitionKey(specId, partition)),
          ),
        }
  const replacer = new FileReplacer()
  return snapshotAction('equality-delta', [...conflicts], options, async (attempt) => {
    if (specs !== undefined) checkSpecs(attempt, specs)
    if (validate !== undefined) await checkConflicts(attempt, validate, scope)
    return replacer.apply(attempt, {
      operation: addedFiles.length === 0 ? 'delete' : 'overwrite',
      added: [...addedFiles, ...addedDeletes],
      remove: undefined,
    })
  })
}

/** Deletes in a partition reach the files of the same spec alone (spec: "Scan Planning"). */
function checkSpecs({ manifests }: SnapshotAttempt, specs: ReadonlySet<number>): void {
  const missed = manifests.find(
    (manifest) =>
      manifest.content === 'data' && mayHaveLiveFiles(manifest) && !specs.has(manifest.specId),
  )
  if (missed === undefined) return
  throw new CommitConflict(
    `the table has files of partition spec ${missed.specId}, which the equality deletes do not reach`,
    { conflict: 'spec-changed', details: { specId: missed.specId } },
  )
}
