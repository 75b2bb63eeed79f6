import type { Table as ArrowTable, RecordBatch } from 'apache-arrow'
import type { Action } from '../commit/action.js'
import { appendFiles } from '../commit/actions/append-files.js'
import { overwriteFiles } from '../commit/actions/overwrite-files.js'
import { replacePartitions } from '../commit/actions/replace-partitions.js'
import { defaultGroupLimits } from '../commit/group-commit.js'
import { APPEND_JOB } from '../commit/idempotency.js'
import { partitionsOf } from '../commit/partition-rows.js'
import { InvalidArgument, Unsupported } from '../errors.js'
import { bind } from '../expr/bind.js'
import { alwaysTrue } from '../expr/build.js'
import type { Predicate } from '../expr/predicate.js'
import { formatPredicate } from '../expr/predicate-text.js'
import { toPredicate, type WhereInput } from '../expr/where.js'
import { currentSchema } from '../format/lookup.js'
import type { DataFile, TableMetadata } from '../format/model.js'
import type { SetValues } from '../write/changes/assignments.js'
import type { RowChange } from '../write/changes/change-context.js'
import type { WriteInput, WrittenFiles } from '../write/write-data-files.js'
import { countedBytes } from '../write/write-memory.js'
import { type CommitResult, commitResult } from './commit-result.js'
import { type Kept, keeping, retrying, type TransactionBase, validationOf } from './isolation.js'
import { forJob, valuesText } from './job.js'
import {
  boundTo,
  type ChangeRunner,
  changeOnce,
  type MakeChange,
  type RowLevelOptions,
} from './row-level.js'
import type { Where } from './scan.js'
import { advance, assertWritable, commit, requireBranch, type TableState } from './state.js'
import {
  type AppendOptions,
  actionOptions,
  type CommitOptions,
  type WriteOptions,
} from './write-options.js'

/** A batch of rows in one of the forms that writes take. */
export type RowsBatch = ArrowTable | RecordBatch | Uint8Array

/** What `append` and `overwrite` take: rows, Arrow, Arrow IPC bytes, or iterables of them. */
export type RowsInput<Row> =
  | readonly Row[]
  | readonly RecordBatch[]
  | RowsBatch
  | Iterable<Row | RowsBatch>
  | AsyncIterable<Row | RowsBatch>

/** Which rows an overwrite replaces: one of the two must be said. */
export type OverwriteTarget<S> =
  | { readonly where: Where<S>; readonly all?: never }
  | { readonly all: true; readonly where?: never }

export async function appendRows(
  state: TableState,
  rows: RowsInput<unknown>,
  options: AppendOptions | undefined,
): Promise<CommitResult> {
  // What is wrong with the options is said before anything is written.
  appendAction([], options)
  const grouped = options?.groupCommit ?? state.context.groupCommit !== undefined
  if (grouped && options?.ifSnapshot === undefined) return appendGrouped(state, rows, options)
  return writeAndCommit(state, rows, options, (files) => appendAction(files, options))
}

/** Joins the appends of this connection to the table that come at the same time. */
async function appendGrouped(
  state: TableState,
  rows: RowsInput<unknown>,
  options: AppendOptions | undefined,
): Promise<CommitResult> {
  const { context, target } = state
  const queue = context.groupQueue(state.loaded.metadata.location, target, context.store)
  const report = await queue.append(context.groupCommit ?? defaultGroupLimits, async () => {
    const written = await writeFiles(state, rows, options)
    return {
      ...actionOptions(options),
      files: written.files,
      base: state.loaded,
      discard: () => written.discard(),
      ...(options?.signal && { signal: options.signal }),
    }
  })
  advance(state, report.table)
  return commitResult(report)
}

export async function overwriteRows<S>(
  state: TableState,
  rows: RowsInput<unknown>,
  options: OverwriteTarget<S> & RowLevelOptions,
): Promise<CommitResult> {
  const where = overwritten(options)
  const own = forJob(options, 'overwrite', () => formatPredicate(where))
  return replaceRows(state, rows, own, {
    whole: (base, files) => overwriteAction(base, files, where, own),
    change: (written) => overwriteChange(where, written, own),
  })
}

/** How rows are replaced: whole files by metadata alone, or by looking at the rows of files. */
interface ReplaceRows {
  readonly whole: (base: TableMetadata, files: readonly DataFile[]) => Action
  readonly change: (written: WrittenFiles) => MakeChange
}

/** Writes the new rows once, and replaces the old ones, again where `retryConflicts` says so. */
async function replaceRows(
  state: TableState,
  rows: RowsInput<unknown>,
  options: RowLevelOptions | undefined,
  { whole, change }: ReplaceRows,
): Promise<CommitResult> {
  const written = await writeFiles(state, rows, options)
  const once = async ({ tried, uncommitted }: Kept): Promise<CommitResult> => {
    try {
      const action = whole(state.loaded.metadata, written.files)
      tried()
      return await commit(state, [action], options, { onUncommitted: uncommitted })
    } catch (error) {
      if (!isPartial(error)) throw error
    }
    return changeOnce(state, 'delete', options, async (context) => {
      const made = await change(written)(context)
      tried()
      const discard = async (): Promise<void> => {
        await uncommitted()
        await made.discard()
      }
      return { ...made, discard }
    })
  }
  return keeping(written, (kept) => retrying(state, options, () => once(kept)))
}

/** A change that adds files besides. They are not discarded with it. */
function withFiles(change: RowChange, written: WrittenFiles): RowChange {
  return { ...change, addedFiles: [...change.addedFiles, ...written.files] }
}

/** Gives rows new values: literals, other columns, or what a function makes of the row. */
export async function updateRows<S, R>(
  run: ChangeRunner<R>,
  where: Where<S>,
  set: SetValues,
  options: RowLevelOptions | undefined,
): Promise<R> {
  const predicate = toPredicate(where as WhereInput)
  const what = (): string => `${formatPredicate(predicate)}; ${valuesText(set)}`
  return run('update', forJob(options, 'update', what), async (context) => {
    const { compileAssignments } = await import('../write/changes/assignments.js')
    const { updateMatching } = await import('../write/changes/update-rows.js')
    const caseSensitive = options?.caseSensitive ?? true
    const assign = compileAssignments(context.schema, set, {
      where: 'update',
      caseSensitive,
      target: context.schema,
      isMerge: false,
    })
    return updateMatching(context, boundTo(context.metadata, predicate, options), assign)
  })
}

/**
 * Files of other specs may hold rows of the replaced partitions and others: where the metadata cannot
 * tell, their rows are looked at.
 */
export async function replacePartitionRows(
  state: TableState,
  rows: RowsInput<unknown>,
  options: WriteOptions | undefined,
): Promise<CommitResult> {
  const own = forJob(options, 'replacePartitions', () => '')
  return replaceRows(state, rows, own, {
    whole: (base, files) => replaceAction(base, files, own),
    change: (written) => async (context) => {
      const { deleteMatching } = await import('../write/changes/delete-rows.js')
      const replaced = partitionsOf(context.metadata, context.schema, written.files)
      return withFiles(await deleteMatching(context, replaced), written)
    },
  })
}

/** Whole files go by their metadata alone; where a file matches in part, its rows are looked at. */
export async function deleteRows<S>(
  state: TableState,
  where: Where<S>,
  options: RowLevelOptions | undefined,
): Promise<CommitResult> {
  const predicate = toPredicate(where as WhereInput)
  const own = forJob(options, 'delete', () => formatPredicate(predicate))
  assertWritable(state)
  await requireBranch(state, options?.branch)
  return retrying(state, own, async () => {
    try {
      const action = overwriteAction(state.loaded.metadata, [], predicate, own)
      return await commit(state, [action], own)
    } catch (error) {
      if (!isPartial(error)) throw error
    }
    return changeOnce(state, 'delete', own, deleteChange(predicate, own))
  })
}

/** Deletes the rows of files that match in part. */
export function deleteChange(
  predicate: Predicate,
  options: RowLevelOptions | undefined,
): MakeChange {
  return async (context) => {
    const { deleteMatching } = await import('../write/changes/delete-rows.js')
    return deleteMatching(context, boundTo(context.metadata, predicate, options))
  }
}

/** The same, and adds files, which stay the caller's to discard. */
export function overwriteChange(
  predicate: Predicate,
  written: WrittenFiles,
  options: RowLevelOptions | undefined,
): MakeChange {
  return async (context) => withFiles(await deleteChange(predicate, options)(context), written)
}

/** Whether only a part of a file's rows was to go. */
export function isPartial(error: unknown): boolean {
  return error instanceof Unsupported && error.feature === 'row-level-overwrite'
}

export function appendAction(
  files: readonly DataFile[],
  options: CommitOptions | undefined,
): Action {
  return appendFiles({ files, ...actionOptions(options), idempotencyJob: APPEND_JOB })
}

/** Removes the files that match `where` as a whole in `base`, and adds the given ones. */
export function overwriteAction(
  base: TableMetadata,
  files: readonly DataFile[],
  where: Predicate,
  options: (CommitOptions & { readonly caseSensitive?: boolean }) | undefined,
  transaction?: TransactionBase,
): Action {
  const schema = currentSchema(base)
  const caseSensitive = options?.caseSensitive ?? true
  return overwriteFiles({
    files,
    schema,
    where: bind(where, schema, { caseSensitive }),
    validate: validationOf(base, 'delete', options, transaction),
    ...actionOptions(options),
  })
}

function replaceAction(
  base: TableMetadata,
  files: readonly DataFile[],
  options: CommitOptions | undefined,
): Action {
  const validate = validationOf(base, 'delete', options)
  return replacePartitions({ files, validate, ...actionOptions(options) })
}

/** The predicate of an overwrite. Every row must be said as `{ all: true }`. */
export function overwritten<S>(options: OverwriteTarget<S> | undefined): Predicate {
  const all = options?.all === true
  const where = options?.where
  if (all === (where !== undefined)) {
    throw new InvalidArgument(
      'overwrite takes exactly one of { where } and { all: true }: it never replaces everything by default',
    )
  }
  return where === undefined ? alwaysTrue : toPredicate(where as WhereInput)
}

/** Writes data files for the handle's schema and spec. They are nobody's until they are committed. */
export async function writeFiles(
  state: TableState,
  rows: RowsInput<unknown>,
  options: WriteOptions | undefined,
): Promise<WrittenFiles> {
  assertWritable(state)
  await requireBranch(state, options?.branch)
  const { writeDataFiles } = await import('../write/write-data-files.js')
  const { env, store, pool, memoryLimit } = state.context
  return writeDataFiles(rows as WriteInput, {
    metadata: state.loaded.metadata,
    store,
    env,
    encoder: pool,
    memoryBytes: countedBytes(memoryLimit),
    ...(options?.signal && { signal: options.signal }),
    ...(options?.onProgress && { onProgress: options.onProgress }),
  })
}

async function writeAndCommit(
  state: TableState,
  rows: RowsInput<unknown>,
  options: WriteOptions | undefined,
  actionOf: (files: readonly DataFile[]) => Action,
): Promise<CommitResult> {
  const written = await writeFiles(state, rows, options)
  let action: Action
  try {
    action = actionOf(written.files)
  } catch (error) {
    await written.discard()
    throw error
  }
  return commit(state, [action], options, { onUncommitted: () => written.discard() })
}
