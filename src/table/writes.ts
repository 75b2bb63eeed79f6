import type { Table as ArrowTable, RecordBatch } from 'apache-arrow'
import type { Action } from '../commit/action.js'
import { appendFiles } from '../commit/actions/append-files.js'
import { overwriteFiles } from '../commit/actions/overwrite-files.js'
import { replacePartitions } from '../commit/actions/replace-partitions.js'
import { defaultGroupLimits } from '../commit/group-commit.js'
import { partitionsOf } from '../commit/partition-rows.js'
import { InvalidArgument, Unsupported } from '../errors.js'
import { bind } from '../expr/bind.js'
import { alwaysTrue } from '../expr/build.js'
import type { Predicate } from '../expr/predicate.js'
import { toPredicate, type WhereInput } from '../expr/where.js'
import { branchHead, currentSchema } from '../format/lookup.js'
import type { DataFile, TableMetadata } from '../format/model.js'
import type { SetValues } from '../write/changes/assignments.js'
import type { RowChange } from '../write/changes/change-context.js'
import type { WriteInput, WrittenFiles } from '../write/write-data-files.js'
import { type CommitResult, commitResult } from './commit-result.js'
import {
  boundTo,
  type ChangeRunner,
  commitChange,
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
  const base = state.loaded.metadata
  const written = await writeFiles(state, rows, options)
  let isUncommitted = true
  try {
    const action = overwriteAction(base, written.files, where, options)
    isUncommitted = false
    return await commit(state, [action], options, {
      onUncommitted: async () => {
        isUncommitted = true
      },
    })
  } catch (error) {
    if (!isPartial(error)) {
      if (isUncommitted) await written.discard()
      throw error
    }
  }
  return commitChange(state, 'delete', options, overwriteChange(where, written, options))
}

/** A change that adds files besides. */
function withFiles(change: RowChange, written: WrittenFiles): RowChange {
  return {
    ...change,
    addedFiles: [...change.addedFiles, ...written.files],
    discard: async () => {
      await change.discard()
      await written.discard()
    },
  }
}

/** Gives rows new values: literals, other columns, or what a function makes of the row. */
export async function updateRows<S, R>(
  run: ChangeRunner<R>,
  where: Where<S>,
  set: SetValues,
  options: RowLevelOptions | undefined,
): Promise<R> {
  const predicate = toPredicate(where as WhereInput)
  return run('update', options, async (context) => {
    const { compileAssignments } = await import('../write/changes/assignments.js')
    const { updateMatching } = await import('../write/changes/update-rows.js')
    const caseSensitive = options?.caseSensitive ?? true
    const assign = compileAssignments(context.schema, set, { where: 'update', caseSensitive })
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
  const base = state.loaded.metadata
  const written = await writeFiles(state, rows, options)
  let isUncommitted = true
  try {
    const action = replaceAction(base, written.files, options)
    isUncommitted = false
    return await commit(state, [action], options, {
      onUncommitted: async () => {
        isUncommitted = true
      },
    })
  } catch (error) {
    if (!isPartial(error)) {
      if (isUncommitted) await written.discard()
      throw error
    }
  }
  return commitChange(state, 'delete', options, async (context) => {
    try {
      const { deleteMatching } = await import('../write/changes/delete-rows.js')
      const replaced = partitionsOf(context.metadata, context.schema, written.files)
      return withFiles(await deleteMatching(context, replaced), written)
    } catch (error) {
      await written.discard()
      throw error
    }
  })
}

/** Whole files go by their metadata alone; where a file matches in part, its rows are looked at. */
export async function deleteRows<S>(
  state: TableState,
  where: Where<S>,
  options: RowLevelOptions | undefined,
): Promise<CommitResult> {
  const predicate = toPredicate(where as WhereInput)
  await requireBranch(state, options?.branch)
  try {
    const action = overwriteAction(state.loaded.metadata, [], predicate, options)
    return await commit(state, [action], options)
  } catch (error) {
    if (!isPartial(error)) throw error
  }
  return commitChange(state, 'delete', options, deleteChange(predicate, options))
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

/** The same, and adds files; these are discarded with the change, or when it cannot be made. */
export function overwriteChange(
  predicate: Predicate,
  written: WrittenFiles,
  options: RowLevelOptions | undefined,
): MakeChange {
  return async (context) => {
    try {
      return withFiles(await deleteChange(predicate, options)(context), written)
    } catch (error) {
      await written.discard()
      throw error
    }
  }
}

/** Whether only a part of a file's rows was to go. */
export function isPartial(error: unknown): boolean {
  return error instanceof Unsupported && error.feature === 'row-level-overwrite'
}

export function appendAction(
  files: readonly DataFile[],
  options: CommitOptions | undefined,
): Action {
  return appendFiles({ files, ...actionOptions(options) })
}

/** Removes what matches `where` on whatever the head is by then, and adds the files. */
export function overwriteAction(
  base: TableMetadata,
  files: readonly DataFile[],
  where: Predicate,
  options: (CommitOptions & { readonly caseSensitive?: boolean }) | undefined,
): Action {
  const schema = currentSchema(base)
  const caseSensitive = options?.caseSensitive ?? true
  return overwriteFiles({
    files,
    schema,
    where: bind(where, schema, { caseSensitive }),
    ...validation(base, options),
    ...actionOptions(options),
  })
}

export function replaceAction(
  base: TableMetadata,
  files: readonly DataFile[],
  options: CommitOptions | undefined,
): Action {
  return replacePartitions({ files, ...validation(base, options), ...actionOptions(options) })
}

/**
 * An overwrite depends on nothing it has read, so by default it takes its turn after whatever others
 * have committed. Naming an isolation level makes it refuse instead, when what it replaces has
 * changed since this handle saw it.
 */
function validation(base: TableMetadata, options: CommitOptions | undefined) {
  const isolation = options?.isolation
  if (isolation === undefined) return {}
  const since = branchHead(base, options?.branch ?? 'main')?.snapshotId ?? null
  return { validate: { since, isolation } }
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
    // Row groups on their way to be encoded take about as much again.
    ...(memoryLimit !== undefined && { memoryBytes: memoryLimit / 2 }),
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
