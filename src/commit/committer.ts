/**
 * The retry loop: actions are applied to a base, the result is published, and after a conflict the
 * same actions are applied to what is there by then (rules C14, C15, C23 of spec/protocol/commit.md).
 */

import type { Env } from '../env/env.js'
import { randomUuid } from '../env/ids.js'
import { throwIfAborted } from '../env/system-env.js'
import {
  CommitConflict,
  CommitStateUnknown,
  InternalBug,
  MoraineError,
  NotFound,
} from '../errors.js'
import { MAIN_BRANCH } from '../format/constants.js'
import { snapshotById } from '../format/lookup.js'
import type { TableMetadata } from '../format/model.js'
import type { Store } from '../store/store.js'
import type { Action, ActionContext, ActionResult } from './action.js'
import { type AppliedActions, applyActions } from './apply-actions.js'
import { Pauses } from './backoff.js'
import { commitRetryBudget, lostRacesBudget } from './budgets.js'
import {
  type DefinitelyUncommitted,
  deleteUncommitted,
  provenByConflict,
  provenByNotPublishing,
  provenBySuccess,
} from './cleanup.js'
import type { CommitTarget } from './commit-target.js'
import type { CommitOutcome, LoadedTable } from './contract.js'

export interface CommitOptions {
  readonly env: Env
  /** The table's store, confined: manifests are written to it and cleaned up from it. */
  readonly store: Store
  /** The table the actions were planned on; loaded when left out. */
  readonly base?: LoadedTable
  readonly signal?: AbortSignal | undefined
  /** Commit only while this is the head of the branch (`undefined`: while the branch is empty). */
  readonly ifSnapshot?: { readonly branch?: string; readonly snapshotId: bigint | undefined }
  /** Files that were created while the actions were tried out; cleaned up like those of attempts. */
  readonly created?: Iterable<string>
  /** Removes the data files of the commit. Called once, only when it has surely failed. */
  readonly onUncommitted?: () => Promise<void>
}

export interface CommitReport {
  /** The table after the commit. */
  readonly table: LoadedTable
  /** One for each action, in order. */
  readonly results: readonly ActionResult[]
  readonly attempts: number
  /** False when there was nothing to publish: no change, or a re-run of a job that was done. */
  readonly published: boolean
}

/**
 * Commits the actions, all or none, as one version of the table.
 *
 * @throws CommitConflict when an action is not valid on the newest version, or retries ran out;
 *   CommitStateUnknown when nobody can say; Aborted; and what an action throws. In every case but
 *   CommitStateUnknown nothing was committed, and what had been written for it is deleted.
 */
export async function commitActions(
  target: CommitTarget,
  actions: readonly Action[],
  options: CommitOptions,
): Promise<CommitReport> {
  const commit = new LogicalCommit(target, actions, options)
  try {
    return await commit.run()
  } catch (error) {
    await commit.cleanUpAfter(error)
    throw error
  }
}

class LogicalCommit {
  readonly #target: CommitTarget
  readonly #actions: readonly Action[]
  readonly #options: CommitOptions
  readonly #uuid: string
  /** Every file that was, or may have been, created for this commit. */
  readonly #created: Set<string>
  /** Set while no attempt can be in the table; the only key to deleting anything (C15). */
  #proof: DefinitelyUncommitted | undefined = provenByNotPublishing('before-publishing')

  constructor(target: CommitTarget, actions: readonly Action[], options: CommitOptions) {
    this.#target = target
    this.#actions = actions
    this.#options = options
    this.#uuid = randomUuid(options.env)
    this.#created = new Set(options.created)
  }

  async run(): Promise<CommitReport> {
    const { signal, env } = this.#options
    throwIfAborted(signal)
    const first = await this.#firstBase(signal)
    let { base } = first
    const { tableUuid } = (this.#options.base ?? base).metadata
    checkSameTable(tableUuid, base.metadata)
    const pauses = new Pauses(env, lostRacesBudget(base.metadata))
    const outages = new Pauses(env, commitRetryBudget(base.metadata))
    for (let attempt = 1; ; attempt++) {
      throwIfAborted(signal)
      const beganMs = env.monotonicMs()
      checkIfSnapshot(base.metadata, this.#options.ifSnapshot)
      const applied = await this.#applyOrReload(base, attempt)
      if ('newer' in applied) {
        base = applied.newer
        checkSameTable(tableUuid, base.metadata)
        continue
      }
      if (applied.updates.length === 0) return this.#nothingToDo(base, applied, attempt)
      throwIfAborted(signal)
      const outcome = await this.#publish(base, applied)
      if (outcome.outcome === 'committed') return this.#committed(outcome, applied, attempt)
      if (outcome.outcome === 'unknown') throw stateUnknown(outcome)
      // On a base that was not seen to be the newest, the first conflict mostly means that the handle
      // was a while old, not that writers collide.
      const tookMs = env.monotonicMs() - beganMs
      if (!(await pauses.next(signal, attempt === 1 && !first.newest, tookMs)))
        throw retriesExhausted(outcome.reason, attempt)
      base = await this.#reload(outages, signal)
      checkSameTable(tableUuid, base.metadata)
      if (this.#hasLanded(base.metadata)) this.#proof = undefined
    }
  }

  /** A change that fits on any base need not lose its first try on one that was left behind. */
  async #firstBase(
    signal: AbortSignal | undefined,
  ): Promise<{ readonly base: LoadedTable; readonly newest: boolean }> {
    const { base } = this.#options
    const load = async () => ({ base: await this.#target.load(signal), newest: true })
    if (base === undefined) return load()
    if (this.#actions.some((action) => action.conflictsWith.length > 0)) {
      return { base, newest: false }
    }
    const movedOn = await this.#target.hasMovedOn?.(base, signal)
    return movedOn === true ? load() : { base, newest: movedOn === false }
  }

  /**
   * A base that others have left behind may name manifests that expiry or a purge has deleted: then
   * the table as it is now takes its place.
   */
  async #applyOrReload(
    base: LoadedTable,
    attempt: number,
  ): Promise<AppliedActions | { readonly newer: LoadedTable }> {
    try {
      return await this.#apply(base, attempt)
    } catch (error) {
      if (!(error instanceof NotFound) || error.kind !== 'file') throw error
      const newer = await this.#target.load(this.#options.signal)
      if (newer.metadataLocation === base.metadataLocation) throw error
      return { newer }
    }
  }

  async #apply(base: LoadedTable, attempt: number): Promise<AppliedActions> {
    const { env, store, signal } = this.#options
    const contextOf = (actionIndex: number): ActionContext => ({
      env,
      store,
      commitUuid: this.#uuid,
      attempt,
      actionIndex,
      creating: (path) => this.#created.add(path),
      ...(signal !== undefined && { signal }),
    })
    return applyActions(this.#actions, base.metadata, contextOf, {
      nowMs: env.nowMs(),
      previousMetadataLocation: base.metadataLocation,
    })
  }

  /** From the first request until its outcome is known there is no proof, and no signal (C23). */
  async #publish(base: LoadedTable, applied: AppliedActions): Promise<CommitOutcome> {
    const proof = this.#proof
    this.#proof = undefined
    try {
      const outcome = await this.#target.publish(base, applied)
      if (outcome.outcome === 'conflict') this.#proof = provenByConflict(outcome)
      return outcome
    } catch (error) {
      // A target rejects only when nothing was published; a fault of ours promises nothing.
      if (error instanceof MoraineError && !(error instanceof InternalBug)) this.#proof = proof
      throw error
    }
  }

  async #committed(
    outcome: Extract<CommitOutcome, { outcome: 'committed' }>,
    applied: AppliedActions,
    attempts: number,
  ): Promise<CommitReport> {
    await this.#deleteUnused(provenBySuccess(outcome), applied)
    return { table: outcome.table, results: applied.results, attempts, published: true }
  }

  async #nothingToDo(
    base: LoadedTable,
    applied: AppliedActions,
    attempts: number,
  ): Promise<CommitReport> {
    const proof = this.#proof
    this.#proof = undefined
    if (proof !== undefined) {
      await this.#deleteUnused(proof, applied)
      await this.#options.onUncommitted?.()
    }
    const published = this.#hasLanded(base.metadata)
    return { table: base, results: applied.results, attempts, published }
  }

  async #deleteUnused(proof: DefinitelyUncommitted, applied: AppliedActions): Promise<void> {
    const used = new Set(applied.files)
    const unused = [...this.#created].filter((path) => !used.has(path))
    await deleteUncommitted(this.#options.store, proof, unused)
  }

  /** A store that is briefly away does not fail a commit that can still be tried. */
  async #reload(outages: Pauses, signal: AbortSignal | undefined): Promise<LoadedTable> {
    for (;;) {
      try {
        return await this.#target.load(signal)
      } catch (error) {
        const passing = error instanceof MoraineError && error.retry === 'later'
        if (!passing || !(await outages.next(signal))) throw error
      }
    }
  }

  /**
   * C14: whether the history holds the commit after all. Our own catalogs never say conflict then;
   * one that does must not make us delete what is in the table.
   */
  #hasLanded(metadata: TableMetadata): boolean {
    return this.#actions.some((action) => {
      const id = action.snapshotId()
      return id !== undefined && snapshotById(metadata, id) !== undefined
    })
  }

  /** Deletes what the failed commit wrote, if it is proven that none of it is in the table. */
  async cleanUpAfter(error: unknown): Promise<void> {
    const proof = this.#proof
    if (proof === undefined || error instanceof CommitStateUnknown) return
    await deleteUncommitted(this.#options.store, proof, this.#created)
    await this.#options.onUncommitted?.()
  }
}

function checkIfSnapshot(metadata: TableMetadata, wanted: CommitOptions['ifSnapshot']): void {
  if (wanted === undefined) return
  const branch = wanted.branch ?? MAIN_BRANCH
  const head = metadata.refs.get(branch)?.snapshotId
  if (head === wanted.snapshotId) return
  throw new CommitConflict(
    `the head of ${branch} is ${head ?? 'empty'}, not ${wanted.snapshotId ?? 'empty'} as asked for`,
    { conflict: 'head-moved', details: { branch, head, wanted: wanted.snapshotId } },
  )
}

function checkSameTable(tableUuid: string, metadata: TableMetadata): void {
  if (tableUuid === '' || tableUuid === metadata.tableUuid) return
  throw new CommitConflict(
    'the table was dropped and made again while this commit was on its way; load it anew',
    { conflict: 'table-replaced', details: { before: tableUuid, now: metadata.tableUuid } },
  )
}

function stateUnknown(outcome: Extract<CommitOutcome, { outcome: 'unknown' }>): CommitStateUnknown {
  return new CommitStateUnknown(
    'it is unknown whether the commit happened: the store cannot be reached to find out; nothing ' +
      'was deleted; settle it with catalog.resolveCommit(error.token) before trying again',
    outcome.token,
    { cause: outcome.cause },
  )
}

function retriesExhausted(reason: string, attempts: number): CommitConflict {
  return new CommitConflict(
    `not committed after ${attempts} attempts (commit.retry.*): ${reason}; try again`,
    { conflict: 'outpaced', details: { attempts, reason } },
  )
}
