import { InvalidArgument } from '../../errors.js'
import type { DataFile } from '../../format/model.js'
import { partitionKey } from '../../format/partition-key.js'
import type { Action } from '../action.js'
import { checkConflicts, type Validation, validationConflicts } from '../conflicts.js'
import type { FileFilter } from '../filter-manifests.js'
import { FileReplacer } from '../replace-files.js'
import { type SnapshotOptions, snapshotAction } from '../snapshot-action.js'

export interface ReplacePartitions extends SnapshotOptions {
  /** New files, all of one partition spec. Every partition they touch is replaced. */
  readonly files: readonly DataFile[]
  /** Checks commits since the snapshot that was read, in the partitions that are replaced. */
  readonly validate?: Validation
}

/**
 * Replaces the partitions of the new files; an unpartitioned table altogether. Files of other specs
 * stay as they are, as in the reference.
 */
export function replacePartitions(options: ReplacePartitions): Action {
  const { files, validate } = options
  const specId = files[0]?.specId
  const other = files.find((file) => file.specId !== specId)
  if (other !== undefined) {
    throw new InvalidArgument(`file ${other.path} has spec ${other.specId}, not ${specId}`)
  }
  const partitions = new Set(files.map((file) => partitionKey(file.specId, file.partition)))
  const replacer = new FileReplacer()
  return snapshotAction(
    'replace-partitions',
    validationConflicts(validate),
    options,
    async (attempt) => {
      const spec = attempt.base.partitionSpecs.find((item) => item.specId === specId)
      const whole = spec?.fields.every((field) => field.transform.kind === 'void') === true
      if (validate !== undefined) {
        await checkConflicts(attempt, validate, whole ? 'everything' : { partitions })
      }
      attempt.summary.set('replace-partitions', 'true')
      const remove: FileFilter = {
        mayRemoveFrom: (manifest) => whole || manifest.specId === specId,
        removes: ({ file }) => whole || partitions.has(partitionKey(file.specId, file.partition)),
      }
      return replacer.apply(attempt, { operation: 'overwrite', added: files, remove })
    },
  )
}
