/** Upserts and deletes by key through equality deletes: one commit, and the table is not read. */
import type { Action } from '../commit/action.js'
import { addSpec } from '../commit/actions/add-spec.js'
import { equalityDelta } from '../commit/actions/equality-delta.js'
import { InvalidArgument } from '../errors.js'
import { branchHead, currentSchema } from '../format/lookup.js'
import type { TableMetadata } from '../format/model.js'
import { checkChoice } from '../util/check-options.js'
import type { Duplicates, EqualityChange, EqualityContext } from '../write/equality-rows.js'
import type { WriteInput } from '../write/write-data-files.js'
import { type CommitResult, commitResult } from './commit-result.js'
import { type Kept, keeping, retrying, type TransactionBase, validationOf } from './isolation.js'
import { forJob } from './job.js'
import { identifierNames } from './merge.js'
import { checkRowOptions, type RowLevelOptions } from './row-level.js'
import { assertWritable, commit, requireBranch, type TableState } from './state.js'
import { actionOptions, checkWriteOptions, type WriteOptions } from './write-options.js'
import type { RowsInput } from './writes.js'

/** Options of an upsert. */
export interface UpsertOptions<Column extends string = string>
  extends Omit<RowLevelOptions, 'mode'> {
  /** The columns of the key; a dotted path leads into structs. Default: the identifier fields. */
  readonly on?: readonly (Column | `${Column}.${string}`)[]
  /**
   * As for any change of rows; or `equality-deletes`: the rows are added together with deletes of
   * their keys, and nothing of the table is read. Cheap to write, dear to read until the table is
   * compacted; the way of streams. Null equals null then, and row ids are not kept.
   */
  readonly mode?: RowLevelOptions['mode'] | 'equality-deletes'
  /**
   * With `equality-deletes`: of two rows with one key, refuse both (the default), or let the last
   * win, which holds the rows in memory.
   */
  readonly duplicates?: Duplicates
}

/** Options of `deleteKeys`. */
export interface DeleteKeysOptions<Column extends string = string> extends WriteOptions {
  /** The columns of the key; a dotted path leads into structs. Default: the identifier fields. */
  readonly on?: readonly (Column | `${Column}.${string}`)[]
  /** Match column names exactly. Default true. */
  readonly caseSensitive?: boolean
}

/** Checks the options of an upsert; tells those of one by equality deletes from the others. */
export function upsertMode(options: UpsertOptions | undefined): 'rows' | 'equality-deletes' {
  const { mode, ...rest } = options ?? {}
  const isEquality = mode === 'equality-deletes'
  checkRowOptions(isEquality ? rest : (options as RowLevelOptions | undefined), 'upsert', [
    'on',
    ...(isEquality ? ['duplicates'] : []),
  ])
  if (isEquality) checkChoice(options?.duplicates, 'duplicates', ['refuse', 'last'], 'upsert')
  checkOn(options?.on, 'upsert')
  return isEquality ? 'equality-deletes' : 'rows'
}

export function checkDeleteKeys(options: DeleteKeysOptions | undefined): void {
  checkWriteOptions(options, 'deleteKeys', ['on', 'caseSensitive'])
  checkChoice(options?.caseSensitive, 'caseSensitive', [true, false], 'deleteKeys')
  checkOn(options?.on, 'deleteKeys')
}

function checkOn(on: unknown, where: string): void {
  if (on === undefined || Array.isArray(on)) return
  throw new InvalidArgument(`${where}: option \`on\` must be an array of column names`)
}

/** Writes the files of a change; they are nobody's until they are committed. */
export type WriteEqualityChange = (
  state: Pick<TableState, 'context'>,
  metadata: TableMetadata,
) => Promise<EqualityChange>

export function upsertChange(
  rows: RowsInput<unknown>,
  options: UpsertOptions | undefined,
): WriteEqualityChange {
  return async (state, metadata) => {
    const { upsertByDeletes } = await import('../write/equality-rows.js')
    const context = contextOf(state, metadata, options)
    return upsertByDeletes(rows as WriteInput, options?.duplicates ?? 'refuse', context)
  }
}

export function deleteKeysChange(
  rows: RowsInput<unknown>,
  options: DeleteKeysOptions | undefined,
): WriteEqualityChange {
  return async (state, metadata) => {
    const { deleteByKeys } = await import('../write/equality-rows.js')
    return deleteByKeys(rows as WriteInput, contextOf(state, metadata, options))
  }
}

function contextOf(
  { context }: Pick<TableState, 'context'>,
  metadata: TableMetadata,
  options: DeleteKeysOptions | undefined,
): EqualityContext {
  const { store, env, pool, memoryLimit } = context
  return {
    metadata,
    snapshot: branchHead(metadata, options?.branch ?? 'main'),
    store,
    env,
    encoder: pool,
    memoryLimit,
    signal: options?.signal,
    onProgress: options?.onProgress,
    on: options?.on ?? identifierNames(currentSchema(metadata)),
    caseSensitive: options?.caseSensitive ?? true,
  }
}

/** The actions that commit a change; none when it deletes and adds nothing. */
export function equalityActions(
  metadata: TableMetadata,
  change: EqualityChange,
  options: WriteOptions | undefined,
  transaction?: TransactionBase,
): readonly Action[] {
  const { addedFiles, addedDeletes, scope } = change
  if (addedFiles.length + addedDeletes.length === 0) return []
  // It has read nothing: only a level that is named makes it mind what others do.
  const validate = options?.isolation && validationOf(metadata, 'merge', options, transaction)
  const delta = equalityDelta({
    ...actionOptions(options),
    addedFiles,
    addedDeletes,
    specs: scope.isGlobal ? undefined : new Set(scope.specs.map(({ specId }) => specId)),
    ...(validate && { validate }),
  })
  return scope.newSpec === undefined ? [delta] : [addSpec(scope.newSpec), delta]
}

/** Options that say what a change by key is for. */
export function keyedBy<O extends { readonly on?: readonly string[] } | undefined>(
  call: 'upsert' | 'deleteKeys',
  options: O,
): O {
  return forJob(options, call, () => options?.on?.join() ?? '')
}

/** Writes a change and commits it. */
export async function commitEqualityChange(
  state: TableState,
  options: WriteOptions | undefined,
  write: WriteEqualityChange,
): Promise<CommitResult> {
  assertWritable(state)
  await requireBranch(state, options?.branch)
  const change = await write(state, state.loaded.metadata)
  const once = async ({ tried, uncommitted }: Kept): Promise<CommitResult> => {
    const actions = equalityActions(state.loaded.metadata, change, options)
    if (actions.length === 0) {
      const table = state.loaded
      return commitResult({ table, snapshot: undefined, published: false, attempts: 0 })
    }
    tried()
    return commit(state, actions, options, { onUncommitted: uncommitted })
  }
  return keeping(change, (kept) => retrying(state, options, () => once(kept)))
}
