import { InvalidArgument } from '../../errors.js'
import type { DataFile } from '../../format/model.js'
import type { Action } from '../action.js'
import { FileReplacer } from '../replace-files.js'
import { type SnapshotOptions, snapshotAction } from '../snapshot-action.js'

export interface AppendFiles extends SnapshotOptions {
  readonly files: readonly DataFile[]
  /** Never merges manifests: the cheapest commit. Default: as `commit.manifest-merge.*` say. */
  readonly fast?: boolean
}

/** Adds data files. Valid on every base: an append never conflicts. */
export function appendFiles(options: AppendFiles): Action {
  const { files, fast } = options
  const other = files.find((file) => file.content !== 'data')
  if (other !== undefined) {
    throw new InvalidArgument(`${other.path} holds ${other.content}: an append adds data only`)
  }
  const replacer = new FileReplacer()
  return snapshotAction('append', [], options, (attempt) =>
    replacer.apply(attempt, {
      operation: 'append',
      added: files,
      remove: undefined,
      ...(fast !== undefined && { fast }),
    }),
  )
}
