import { InvalidArgument } from '../errors.js'
import { checkOptions } from '../util/check-options.js'
import type { WriteProgress } from '../write/write-data-files.js'
import { jobOf } from './job.js'

/** Taken by every call that changes a table. */
export interface CommitOptions {
  /** Extra summary entries of the snapshot (strings). */
  readonly summary?: Readonly<Record<string, string>>
  /** Commit only if the branch head is this snapshot (`null`: no snapshot yet); else `CommitConflict`. */
  readonly ifSnapshot?: bigint | null
  /**
   * Makes a re-run of the same job a no-op that gives the first result. Kept in the summary, and
   * looked up in the branch's history. It names the job, whatever rows that brings: the same call with
   * the same predicate, columns and values. Anything else under a key that was used is `InvalidArgument`.
   */
  readonly idempotencyKey?: string
  /** Branch to commit to. Default `main`. */
  readonly branch?: string
  /**
   * What a change minds of others since the version that this handle shows: under `snapshot` that rows
   * which it changes were changed or removed, under `serializable` that any row which it has read was,
   * or that rows were added which it would have read. Refused with `CommitConflict` then. Default: the
   * table's `write.{delete,update,merge}.isolation-level`, else `serializable`; an append minds nothing,
   * nor do equality deletes unless a level is given here.
   */
  readonly isolation?: 'serializable' | 'snapshot'
  /**
   * How often a change that is refused because of what others have done to its rows is done anew, on the
   * newest version. Default 0: it rejects, so that the caller decides. Not for changes whose values
   * were worked out from an earlier read. A change of the schema is never passed over.
   */
  readonly retryConflicts?: number
  /** Obeyed until publishing starts, and again once its outcome is known; never in between. */
  readonly signal?: AbortSignal
}

export interface WriteOptions extends CommitOptions {
  readonly onProgress?: (progress: WriteProgress) => void
}

export interface AppendOptions extends WriteOptions {
  /**
   * Share a snapshot with other appends of this connection that come at the same time. Default: as
   * `connect` was told. An append with `ifSnapshot` always has a snapshot of its own.
   */
  readonly groupCommit?: boolean
}

/** Taken by changes that make no snapshot of their own. */
export type ShapeOptions = Pick<CommitOptions, 'ifSnapshot' | 'branch' | 'signal'>

const COMMIT_OPTIONS = [
  'summary',
  'ifSnapshot',
  'idempotencyKey',
  'branch',
  'isolation',
  'retryConflicts',
  'signal',
] as const
const WRITE_OPTIONS = [...COMMIT_OPTIONS, 'onProgress'] as const

/** Options as the actions take them. */
export interface ActionOptions {
  readonly branch: string
  readonly summary?: ReadonlyMap<string, string>
  readonly isolation?: 'serializable' | 'snapshot'
  readonly ifSnapshot?: bigint | null
  readonly idempotencyKey?: string
  readonly idempotencyJob?: string
}

/** Checks the options of a write; `extra` names the ones that only this call takes. */
export function checkWriteOptions(
  options: unknown,
  where: string,
  extra: readonly string[] = [],
): void {
  checkOptions(options, [...WRITE_OPTIONS, ...extra], where)
  if (options !== undefined) checkValues(options as WriteOptions, where)
}

/** Checks the options of a change that makes no snapshot. */
export function checkShapeOptions(options: unknown, where: string): void {
  checkOptions(options, ['ifSnapshot', 'branch', 'signal'], where)
  if (options !== undefined) checkValues(options as WriteOptions, where)
}

/** The part of the options that goes into the action. */
export function actionOptions(options: CommitOptions | undefined): ActionOptions {
  const job = jobOf(options)
  return {
    branch: options?.branch ?? 'main',
    ...(options?.summary !== undefined && { summary: new Map(Object.entries(options.summary)) }),
    ...(options?.isolation !== undefined && { isolation: options.isolation }),
    ...(options?.ifSnapshot !== undefined && { ifSnapshot: options.ifSnapshot }),
    ...(options?.idempotencyKey !== undefined && { idempotencyKey: options.idempotencyKey }),
    ...(job !== undefined && { idempotencyJob: job }),
  }
}

function checkValues(options: AppendOptions, where: string): void {
  const bad = (option: string, want: string): never => {
    throw new InvalidArgument(`${where}: option \`${option}\` must be ${want}`, {
      details: { where, option },
    })
  }
  const { summary, ifSnapshot, idempotencyKey, branch, isolation, signal, onProgress } = options
  const { retryConflicts: retries } = options
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0 && retries <= 1000)) {
    bad('retryConflicts', 'a whole number from 0 to 1000')
  }
  if (options.groupCommit !== undefined && typeof options.groupCommit !== 'boolean') {
    bad('groupCommit', 'true or false')
  }
  if (summary !== undefined && !Object.values(summary).every((v) => typeof v === 'string')) {
    bad('summary', 'an object of strings')
  }
  if (ifSnapshot !== undefined && ifSnapshot !== null && typeof ifSnapshot !== 'bigint') {
    bad('ifSnapshot', 'a snapshot id (bigint) or null')
  }
  if (
    idempotencyKey !== undefined &&
    (typeof idempotencyKey !== 'string' || idempotencyKey === '')
  ) {
    bad('idempotencyKey', 'a non-empty string')
  }
  if (branch !== undefined && (typeof branch !== 'string' || branch === '')) {
    bad('branch', 'a non-empty string')
  }
  if (isolation !== undefined && isolation !== 'serializable' && isolation !== 'snapshot') {
    bad('isolation', "'serializable' or 'snapshot'")
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) bad('signal', 'an AbortSignal')
  if (onProgress !== undefined && typeof onProgress !== 'function') bad('onProgress', 'a function')
}
