import { appendFiles } from '../commit/actions/append-files.js'
import { updateProperties } from '../commit/actions/update-properties.js'
import { AlreadyExists, InvalidArgument } from '../errors.js'
import { TRUE } from '../expr/simplify.js'
import { currentSchema } from '../format/lookup.js'
import { planFiles } from '../scan/plan/plan-files.js'
import { NAME_MAPPING_PROPERTY } from '../types/name-mapping.js'
import type { CommitResult } from './commit-result.js'
import { doneBefore } from './isolation.js'
import { forJob } from './job.js'
import { localFolder } from './local-path.js'
import { assertWritable, commit, currentHead, requireBranch, type TableState } from './state.js'
import { actionOptions, type CommitOptions } from './write-options.js'

/** Checks the files, describes them, and commits them as one append. */
export async function addExistingFiles(
  state: TableState,
  paths: readonly string[],
  options: CommitOptions | undefined,
): Promise<CommitResult> {
  assertWritable(state)
  await requireBranch(state, options?.branch)
  if (!Array.isArray(paths) || paths.some((path) => typeof path !== 'string' || path === '')) {
    throw new InvalidArgument('addFiles takes an array of file paths')
  }
  if (paths.length === 0) throw new InvalidArgument('addFiles takes at least one file path')
  const { metadata } = state.loaded
  const absolute = await Promise.all(paths.map((path) => recorded(path, metadata.location)))
  const own = forJob(options, 'addFiles', () => absolute.join('\n'))
  const done = await doneBefore(state, own)
  if (done !== undefined) return done
  await refuseKnown(state, new Set(absolute))
  const { adoptFiles } = await import('../write/adopt/adopt-files.js')
  const { env, store } = state.context
  const signal = options?.signal
  const adopted = await adoptFiles(absolute, { metadata, store, env, ...(signal && { signal }) })
  const append = appendFiles({ files: adopted.files, ...actionOptions(own) })
  const mapping = adopted.nameMapping
  const actions =
    mapping === undefined
      ? [append]
      : [updateProperties({ set: new Map([[NAME_MAPPING_PROPERTY, mapping]]) }), append]
  return commit(state, actions, options)
}

/** Metadata holds absolute locations: local paths are resolved, those of other stores stand. */
async function recorded(path: string, tableLocation: string): Promise<string> {
  const isLocal = tableLocation.startsWith('/') || /^file:/i.test(tableLocation)
  return isLocal ? localFolder(path) : path
}

/** The same file twice would give its rows twice. */
async function refuseKnown(state: TableState, paths: ReadonlySet<string>): Promise<void> {
  const { metadata } = state.loaded
  const { store, env } = state.context
  const snapshot = currentHead(state)
  if (snapshot === undefined) return
  const schema = currentSchema(metadata)
  for await (const { file } of planFiles({ metadata, snapshot, schema, store, env, where: TRUE })) {
    if (!paths.has(file.path)) continue
    throw new AlreadyExists(`${file.path} is a data file of this table already`, {
      details: { path: file.path },
    })
  }
}
