/** Changes of rows inside data files: the change is worked out, then committed as one snapshot. */
import type { Action } from '../commit/action.js'
import { checkReadsAction } from '../commit/actions/check-reads.js'
import { rowDelta } from '../commit/actions/row-delta.js'
import { commitActions } from '../commit/committer.js'
import { CommitConflict, InvalidArgument, NotFound } from '../errors.js'
import { bind } from '../expr/bind.js'
import type { BoundPredicate, Predicate } from '../expr/predicate.js'
import { branchHead, currentSchema } from '../format/lookup.js'
import type { TableMetadata } from '../format/model.js'
import { type RowLevelMode, type RowLevelOperation, tableProperties } from '../format/properties.js'
import type { ChangeContext, RowChange } from '../write/changes/change-context.js'
import { type CommitResult, commitResult } from './commit-result.js'
import { headOf, levelOf, retrying, type TransactionBase, validationOf } from './isolation.js'
import { advance, assertWritable, commit, requireBranch, type TableState } from './state.js'
import { actionOptions, checkWriteOptions, type WriteOptions } from './write-options.js'

/** Options of a change of rows. */
export interface RowLevelOptions extends WriteOptions {
  /**
   * `copy-on-write` rewrites the data files that hold changed rows; `merge-on-read` writes deletes
   * beside them: position deletes in format 2, deletion vectors in format 3. Default: the table's
   * `write.delete.mode`, `write.update.mode` or `write.merge.mode`, else copy-on-write.
   */
  readonly mode?: RowLevelMode
  /** Match column names exactly. Default true. */
  readonly caseSensitive?: boolean
}

/** Checks the options of a change of rows; `extra` names the ones that only this call takes. */
export function checkRowOptions(
  options: RowLevelOptions | undefined,
  where: string,
  extra: readonly string[] = [],
): void {
  checkWriteOptions(options, where, ['mode', 'caseSensitive', ...extra])
  const { mode, caseSensitive } = options ?? {}
  if (mode !== undefined && mode !== 'copy-on-write' && mode !== 'merge-on-read') {
    throw new InvalidArgument(
      `${where}: option \`mode\` must be 'copy-on-write' or 'merge-on-read'`,
    )
  }
  if (caseSensitive !== undefined && typeof caseSensitive !== 'boolean') {
    throw new InvalidArgument(`${where}: option \`caseSensitive\` must be true or false`)
  }
}

/** Works out a change of the rows that the base has. */
export type MakeChange = (context: ChangeContext) => Promise<RowChange>

/** Runs a change: commits it at once, or stages it in a transaction. */
export type ChangeRunner<R> = (
  operation: RowLevelOperation,
  options: RowLevelOptions | undefined,
  make: MakeChange,
) => Promise<R>

/** The surroundings of a change on one base. */
export function changeContext(
  state: Pick<TableState, 'context'>,
  metadata: TableMetadata,
  operation: RowLevelOperation,
  options: RowLevelOptions | undefined,
): ChangeContext {
  const { store, env, pool, memoryLimit } = state.context
  return {
    metadata,
    snapshot: branchHead(metadata, options?.branch ?? 'main'),
    schema: currentSchema(metadata),
    store,
    env,
    pool,
    mode: options?.mode ?? tableProperties(metadata.properties).mode(operation),
    memoryLimit,
    signal: options?.signal,
    onProgress: options?.onProgress,
  }
}

/** A predicate bound to the table's current schema. */
export function boundTo(
  metadata: TableMetadata,
  where: Predicate,
  options: { readonly caseSensitive?: boolean } | undefined,
): BoundPredicate {
  return bind(where, currentSchema(metadata), { caseSensitive: options?.caseSensitive ?? true })
}

/** The action that commits a change; undefined when nothing changed. */
export function changeAction(
  context: ChangeContext,
  change: RowChange,
  operation: RowLevelOperation,
  options: RowLevelOptions | undefined,
  transaction?: TransactionBase,
): Action | undefined {
  const { addedFiles, addedDeletes, removedFiles } = change
  if (addedFiles.length + addedDeletes.length + removedFiles.length === 0) return undefined
  const { metadata, schema } = context
  return rowDelta({
    ...actionOptions(options),
    ...change,
    schema,
    validate: validationOf(metadata, operation, options, transaction),
  })
}

/** Works out a change on the version that the handle shows, and commits it. */
export async function commitChange(
  state: TableState,
  operation: RowLevelOperation,
  options: RowLevelOptions | undefined,
  make: MakeChange,
): Promise<CommitResult> {
  assertWritable(state)
  await requireBranch(state, options?.branch)
  return retrying(state, options, () => changeOnce(state, operation, options, make))
}

/** The same, once: a conflict is the caller's. */
export async function changeOnce(
  state: TableState,
  operation: RowLevelOperation,
  options: RowLevelOptions | undefined,
  make: MakeChange,
): Promise<CommitResult> {
  const context = changeContext(state, state.loaded.metadata, operation, options)
  const change = await make(context).catch((error) => refuseExpired(state, context, error))
  const action = changeAction(context, change, operation, options)
  if (action === undefined) {
    await change.discard()
    return nothingChanged(state, context, change.read, operation, options)
  }
  return commit(state, [action], options, { onUncommitted: () => change.discard() })
}

/** That no row is to be changed must be so on the newest version, too, under `serializable`. */
async function nothingChanged(
  state: TableState,
  { metadata, schema }: ChangeContext,
  read: BoundPredicate,
  operation: RowLevelOperation,
  options: RowLevelOptions | undefined,
): Promise<CommitResult> {
  const branch = options?.branch ?? 'main'
  const since = headOf(metadata, branch)
  if (levelOf(metadata, operation, options) === 'serializable') {
    const newest = await state.target.load(options?.signal)
    if (headOf(newest.metadata, branch) !== since) {
      const check = checkReadsAction({ branch, since, reads: [read], schema })
      const { env, store } = state.context
      const signal = options?.signal
      await commitActions(state.target, [check], { env, store, base: newest, signal })
    }
    advance(state, newest)
  }
  const table = state.loaded
  return commitResult({ table, snapshot: undefined, published: false, attempts: 0 })
}

/** A file of the version that the handle shows is gone: the snapshot may have been expired meanwhile. */
async function refuseExpired(
  state: TableState,
  { snapshot }: ChangeContext,
  error: unknown,
): Promise<never> {
  if (snapshot === undefined || !(error instanceof NotFound) || error.kind !== 'file') throw error
  const { metadata } = await state.target.load()
  if (metadata.snapshots.some(({ snapshotId }) => snapshotId === snapshot.snapshotId)) throw error
  throw new CommitConflict(
    `snapshot ${snapshot.snapshotId}, which this handle shows, has been expired: refresh the handle`,
    { conflict: 'history-rewritten', cause: error },
  )
}
