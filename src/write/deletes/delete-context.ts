import type { Env } from '../../env/env.js'
import { currentSchema } from '../../format/lookup.js'
import type { PartitionTuple, TableMetadata } from '../../format/model.js'
import type { PartitionSpec } from '../../partition/model.js'
import type { Store } from '../../store/store.js'
import { dataFilePaths } from '../data-file-paths.js'

/** What writing delete files needs. */
export interface DeleteContext {
  readonly metadata: TableMetadata
  readonly store: Store
  readonly env: Env
  readonly signal?: AbortSignal | undefined
  /** Told of every path before it is created, so that a failed job can remove it. */
  readonly onCreate: (path: string) => void
}

/** Gives paths for delete files of a spec, beside the data: `…-deletes.<extension>`. */
export function deleteFilePaths(
  context: DeleteContext,
  spec: PartitionSpec,
  extension: 'parquet' | 'puffin',
): (tuple: PartitionTuple) => string {
  const { metadata, env } = context
  const next = dataFilePaths(metadata, currentSchema(metadata), spec, env)
  return (tuple) => next(tuple).replace(/\.parquet$/, `-deletes.${extension}`)
}
