import type { Action } from '../commit/action.js'
import { deleteUncommitted, provenByNotPublishing } from '../commit/cleanup.js'
import type { CommitTarget } from '../commit/commit-target.js'
import {
  type CommitReport,
  type CommitOptions as CommitterOptions,
  commitActions,
} from '../commit/committer.js'
import type { LoadedTable, TableIdentifier } from '../commit/contract.js'
import { newerOf, type Turns } from '../commit/turns.js'
import { NotFound, Unsupported } from '../errors.js'
import { MAIN_BRANCH } from '../format/constants.js'
import { branchHead } from '../format/lookup.js'
import { type CommitResult, commitResult } from './commit-result.js'
import type { TableContextFor } from './context.js'
import type { CommitOptions } from './write-options.js'

/** What a live table handle holds. `loaded` moves forward; everything else stays. */
export interface TableState {
  readonly identifier: TableIdentifier
  readonly target: CommitTarget
  readonly context: TableContextFor
  /** One older version of the metadata, by number. Throws `NotFound('file')`. */
  readonly loadVersion: (version: number) => Promise<LoadedTable>
  /** Set where the handle owns its connection: frees it. */
  readonly close?: () => Promise<void>
  /** Set when the table may be read but not written: why, for the error. */
  readonly readOnlyReason: string | undefined
  loaded: LoadedTable
}

/** Throws `Unsupported('read-only-table')` when this handle must not write. */
export function assertWritable(state: TableState): void {
  if (state.readOnlyReason !== undefined) {
    throw new Unsupported(
      'read-only-table',
      `this table is read-only here: ${state.readOnlyReason}`,
    )
  }
}

/**
 * Throws `NotFound('ref')` for a branch that the table does not have: a slip of the pen must not begin
 * a history of its own.
 */
export async function requireBranch(state: TableState, branch: string | undefined): Promise<void> {
  const has = (): boolean => state.loaded.metadata.refs.has(branch ?? MAIN_BRANCH)
  if (branch === undefined || branch === MAIN_BRANCH || has()) return
  advance(state, await state.target.load())
  if (has()) return
  throw new NotFound('ref', `there is no branch '${branch}'; create it with createBranch first`)
}

/** Commits actions on top of the handle's metadata and advances the handle. */
export async function commit(
  state: TableState,
  actions: readonly Action[],
  options: CommitOptions | undefined,
  cleanup: Pick<CommitterOptions, 'created' | 'onUncommitted' | 'ifSnapshot'> = {},
): Promise<CommitResult> {
  assertWritable(state)
  const { env, store } = state.context
  const turns = state.context.turnsOf(state.loaded.metadata.location)
  let began = false
  const job = (): Promise<CommitReport> => {
    began = true
    return commitActions(state.target, actions, {
      env,
      store,
      base: baseFor(state, actions, turns),
      ...(options?.signal && { signal: options.signal }),
      ...expectedHead(options),
      ...cleanup,
    })
  }
  let report: CommitReport
  try {
    report = await turns.run(options?.signal, job)
  } catch (error) {
    if (!began) await abandon(state, cleanup)
    throw error
  }
  turns.saw(report.table)
  advance(state, report.table)
  const last = report.results.findLast((result) => result.snapshot !== undefined)?.snapshot
  return commitResult({
    table: report.table,
    snapshot: last,
    published: report.published,
    attempts: report.attempts,
  })
}

/** What fits on any base starts from the newest that this process knows, the rest from the handle's. */
function baseFor(state: TableState, actions: readonly Action[], turns: Turns): LoadedTable {
  const { loaded } = state
  if (turns.latest === undefined || actions.some((a) => a.conflictsWith.length > 0)) return loaded
  return newerOf(loaded, turns.latest)
}

/** Given up while it waited for its turn: nothing was published. */
async function abandon(
  state: TableState,
  { created, onUncommitted }: Pick<CommitterOptions, 'created' | 'onUncommitted'>,
): Promise<void> {
  const proof = provenByNotPublishing('before-publishing')
  await deleteUncommitted(state.context.store, proof, created ?? [])
  await onUncommitted?.()
}

/**
 * Moves the handle forward; a slower concurrent call never moves it back. Throws `NotFound('table')`
 * when another table has taken the place of the handle's own (spec: "Table Metadata Fields").
 */
export function advance(state: TableState, table: LoadedTable): void {
  const before = state.loaded.metadata
  const now = table.metadata
  if (before.tableUuid !== '' && before.tableUuid !== now.tableUuid) {
    throw new NotFound(
      'table',
      `the table that this handle was opened for (uuid ${before.tableUuid}) was dropped, and another ` +
        `one (uuid ${now.tableUuid}) is in its place; load it anew`,
      { details: { path: now.location } },
    )
  }
  if (now.lastUpdatedMs >= before.lastUpdatedMs) state.loaded = table
}

/** The snapshot that reads of the table see: the head of `main`. */
export function currentHead(state: TableState) {
  return branchHead(state.loaded.metadata, 'main')
}

/**
 * What every attempt looks at first. Work with a key looks at the head itself, after it has looked for
 * the key: a run of it before is what moved the head.
 */
function expectedHead(options: CommitOptions | undefined): Pick<CommitterOptions, 'ifSnapshot'> {
  if (options?.ifSnapshot === undefined || options.idempotencyKey !== undefined) return {}
  return {
    ifSnapshot: {
      ...(options.branch !== undefined && { branch: options.branch }),
      snapshotId: options.ifSnapshot ?? undefined,
    },
  }
}
