/** Delete files of a good number and kind in the place of others; those without work go. */
import { rewriteFiles } from '../commit/actions/rewrite-files.js'
import { rewriteContext } from './compact.js'
import {
  type CompactOptions,
  deleteLimits,
  type RewriteDeletesResult,
  type RewriteOptions,
} from './compact-options.js'
import { commit, type TableState } from './state.js'
import { actionOptions } from './write-options.js'

export async function rewriteTableDeletes(
  state: TableState,
  options: RewriteOptions | undefined,
): Promise<RewriteDeletesResult> {
  deleteLimits(state.loaded.metadata, options)
  const context = await rewriteContext(state, options as CompactOptions | undefined)
  const nothing = { commit: undefined, rewrittenFiles: 0, addedFiles: 0, danglingFiles: 0 }
  if (context === undefined) return nothing
  const { metadata, snapshot } = context
  const limits = deleteLimits(metadata, options)
  const { planDeleteRewrite, rewriteDeletes } = await import('../maintenance/rewrite-deletes.js')
  const { danglingDeletes } = await import('../maintenance/rewrite-dangling.js')
  const groups = await planDeleteRewrite(context, limits)
  const dangling = options?.removeDangling === false ? [] : await danglingDeletes(context)
  const planned = groups.reduce((sum, { entries }) => sum + entries.length, 0)
  const found = { ...nothing, rewrittenFiles: planned, danglingFiles: dangling.length }
  if (options?.dryRun === true || planned + dangling.length === 0) return found
  const { removed, added, discard } = await rewriteDeletes(context, groups, limits)
  const action = rewriteFiles({
    ...actionOptions(options),
    removeData: [],
    addData: [],
    removeDeletes: removed,
    addDeletes: added,
    dangling,
    since: snapshot.snapshotId,
    formatVersion: metadata.formatVersion,
  })
  const signal = options?.signal
  const done = await commit(state, [action], signal && { signal }, { onUncommitted: discard })
  return { ...found, commit: done, addedFiles: added.length }
}
