/** What a change is based on, how strictly it is checked, and its being done anew. */
import type { IsolationLevel } from '../commit/action.js'
import type { Validation } from '../commit/conflicts.js'
import { otherWork, snapshotsWithKeys } from '../commit/idempotency.js'
import { CommitConflict, type ConflictKind } from '../errors.js'
import { branchHead } from '../format/lookup.js'
import type { TableMetadata } from '../format/model.js'
import { type RowLevelOperation, tableProperties } from '../format/properties.js'
import { type CommitResult, commitResult } from './commit-result.js'
import { jobOf } from './job.js'
import { advance, type TableState } from './state.js'
import type { CommitOptions } from './write-options.js'

/** What a change in a transaction is checked against: the heads that it began with. */
export interface TransactionBase {
  readonly headOf: (branch: string) => bigint | null
  /** The snapshots that it has made itself so far. */
  readonly own: ReadonlySet<bigint>
  /** The level of the transaction, where it names one. */
  readonly isolation?: IsolationLevel | undefined
}

/** The level of a change: that of the call, of its transaction, of the table. */
export function levelOf(
  { properties }: TableMetadata,
  operation: RowLevelOperation,
  options: CommitOptions | undefined,
  transaction?: TransactionBase,
): IsolationLevel {
  const named = options?.isolation ?? transaction?.isolation
  return named ?? tableProperties(properties).isolationLevel(operation)
}

/**
 * How a change that was worked out from `base` is checked: at the level of the call, else of the table,
 * against everything since the head that `base` shows.
 */
export function validationOf(
  base: TableMetadata,
  operation: RowLevelOperation,
  options: CommitOptions | undefined,
  transaction?: TransactionBase,
): Validation {
  const isolation = levelOf(base, operation, options, transaction)
  const branch = options?.branch ?? 'main'
  if (transaction === undefined) return { since: headOf(base, branch), isolation }
  return { since: transaction.headOf(branch), isolation, own: transaction.own }
}

/** The head of a branch; `null` while it is empty. */
export function headOf(metadata: TableMetadata, branch: string): bigint | null {
  return branchHead(metadata, branch)?.snapshotId ?? null
}

const DONE_ANEW: ReadonlySet<ConflictKind> = new Set([
  'files-removed',
  'rows-added',
  'deletes-added',
  'history-rewritten',
])

/**
 * Runs a change on the version that the handle shows, and as often as `retryConflicts` says again on the
 * newest one, when others had changed what it is about. `once` must work everything out anew.
 */
export async function retrying(
  state: TableState,
  options: CommitOptions | undefined,
  once: () => Promise<CommitResult>,
): Promise<CommitResult> {
  const done = await doneBefore(state, options)
  if (done !== undefined) return done
  await showExpected(state, options)
  const { currentSchemaId } = state.loaded.metadata
  for (let left = options?.retryConflicts ?? 0; ; left -= 1) {
    try {
      return await once()
    } catch (error) {
      if (left <= 0 || !(error instanceof CommitConflict)) throw error
      if (error.conflict === undefined || !DONE_ANEW.has(error.conflict)) throw error
      advance(state, await state.target.load(options?.signal))
      // The rows that were given, and the columns that were named, are those of another schema.
      if (state.loaded.metadata.currentSchemaId !== currentSchemaId) throw error
    }
  }
}

/** The result of the same job, where its key is in the history already. */
export async function doneBefore(
  state: TableState,
  options: CommitOptions | undefined,
): Promise<CommitResult | undefined> {
  const key = options?.idempotencyKey
  if (key === undefined) return undefined
  const table = await state.target.load(options?.signal)
  const { limits } = state.context.env
  const branch = options?.branch ?? 'main'
  const snapshot = snapshotsWithKeys(table.metadata, branch, new Set([key]), limits).get(key)
  if (snapshot === undefined) return undefined
  const wrong = otherWork(snapshot, key, jobOf(options))
  if (wrong !== undefined) throw wrong
  advance(state, table)
  return commitResult({ table, snapshot, published: false, attempts: 0 })
}

/** Files that several tries may publish. */
export interface Kept {
  /** Says that from now on they may be in the table. */
  readonly tried: () => void
  /** Says that surely they are not. */
  readonly uncommitted: () => Promise<void>
}

/** Runs tries that share files, and discards these in the end unless they may be in the table. */
export async function keeping<R>(
  files: { discard(): Promise<void> },
  run: (kept: Kept) => Promise<R>,
): Promise<R> {
  let mayBeIn = false
  const tried = (): void => {
    mayBeIn = true
  }
  const uncommitted = async (): Promise<void> => {
    mayBeIn = false
  }
  try {
    return await run({ tried, uncommitted })
  } finally {
    if (!mayBeIn) await files.discard()
  }
}

/** Who names the head that there must be means that version, not the one before it. */
async function showExpected(state: TableState, options: CommitOptions | undefined): Promise<void> {
  if (options?.ifSnapshot === undefined) return
  const head = headOf(state.loaded.metadata, options.branch ?? 'main')
  if (head === options.ifSnapshot) return
  advance(state, await state.target.load(options.signal))
}
