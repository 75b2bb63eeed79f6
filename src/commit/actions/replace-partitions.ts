import { InvalidArgument } from '../../errors.js'
import { currentSchema } from '../../format/lookup.js'
import type { DataFile, TableMetadata } from '../../format/model.js'
import { partitionKey } from '../../format/partition-key.js'
import type { Action } from '../action.js'
import {
  checkConflicts,
  idsOf,
  othersSince,
  type Validation,
  validationConflicts,
} from '../conflicts.js'
import { type FileFilter, sparing } from '../filter-manifests.js'
import { partitionsOf } from '../partition-rows.js'
import { FileReplacer } from '../replace-files.js'
import { RowFilter, removeMatching } from '../row-filter.js'
import { type SnapshotOptions, snapshotAction } from '../snapshot-action.js'

export interface ReplacePartitions extends SnapshotOptions {
  /** New files, all of one partition spec. Every partition they touch is replaced. */
  readonly files: readonly DataFile[]
  /**
   * Checks commits since the snapshot that was read, in the partitions that are replaced, and leaves
   * alone what they added.
   */
  readonly validate?: Validation
}

/**
 * Replaces the partitions of the new files; an unpartitioned table altogether. Files of other specs
 * go when all their rows lie in those partitions and stay when none does; where that cannot be told
 * the action fails with `Unsupported`, and their rows have to be looked at. (The reference leaves them
 * all, and their rows beside the new.)
 */
export function replacePartitions(options: ReplacePartitions): Action {
  const { files, validate } = options
  const specId = files[0]?.specId
  const other = files.find((file) => file.specId !== specId)
  if (other !== undefined) {
    throw new InvalidArgument(`file ${other.path} has spec ${other.specId}, not ${specId}`)
  }
  const partitions = new Set(files.map((file) => partitionKey(file.specId, file.partition)))
  const rowsOf = (base: TableMetadata): RowFilter | undefined => {
    if (files.length === 0 || base.partitionSpecs.length === 1) return undefined
    const schema = currentSchema(base)
    return new RowFilter(base, schema, partitionsOf(base, schema, files))
  }
  const replacer = new FileReplacer()
  return snapshotAction(
    'replace-partitions',
    validationConflicts(validate),
    options,
    async (attempt) => {
      const spec = attempt.base.partitionSpecs.find((item) => item.specId === specId)
      const whole = spec?.fields.every((field) => field.transform.kind === 'void') === true
      const rows = whole ? undefined : rowsOf(attempt.base)
      if (validate !== undefined) {
        const scope = rows === undefined ? { partitions } : { rows }
        await checkConflicts(attempt, validate, whole ? 'everything' : scope)
      }
      const later = validate && idsOf(othersSince(attempt, validate))
      attempt.summary.set('replace-partitions', 'true')
      const others = rows && removeMatching(rows)
      const remove: FileFilter = {
        mayRemoveFrom: (manifest) =>
          whole || manifest.specId === specId || others?.mayRemoveFrom(manifest) === true,
        removes: (entry) => {
          const { file } = entry
          if (whole) return true
          if (file.specId === specId) return partitions.has(partitionKey(specId, file.partition))
          return others?.removes(entry) === true
        },
      }
      return replacer.apply(attempt, {
        operation: 'overwrite',
        added: files,
        remove: later === undefined ? remove : sparing(later, remove),
      })
    },
  )
}
