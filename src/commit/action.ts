/**
 * What a change to a table is to the committer: something that can be applied to any base, again
 * and again until one attempt is published (spec/protocol/commit.md). Actions never publish.
 */
import type { Env } from '../env/env.js'
import type { ConflictKind } from '../errors.js'
import type { Snapshot, TableMetadata } from '../format/model.js'
import type { MetadataUpdate, Requirement } from '../format/update.js'
import type { Store } from '../store/store.js'

/** What actions may touch while they are applied. One per logical commit, kept over its attempts. */
export interface ActionContext {
  readonly env: Env
  readonly store: Store
  readonly signal?: AbortSignal
  /** A UUID of the logical commit: names its manifests and manifest lists. */
  readonly commitUuid: string
  /** 1 for the first attempt, one more for each re-application. */
  readonly attempt: number
  /** Position of the action in its commit; file names contain it, so that they never collide. */
  readonly actionIndex: number
  /**
   * Told the path of every file *before* an action creates it. Whatever was told and is not in the
   * `files` of the published attempt may be deleted once that attempt is surely committed; all of
   * it once the commit has surely failed; nothing while the outcome is unknown.
   */
  readonly creating: (path: string) => void
}

/** What an action makes of a base. */
export interface ActionResult {
  /** In order; empty when there is nothing to do (then nothing need be published). */
  readonly updates: readonly MetadataUpdate[]
  /** Conditions beyond those that follow from the updates themselves (`requirementsFor`). */
  readonly requirements: readonly Requirement[]
  /** Every file this result refers to that the action created, in this attempt or an earlier one. */
  readonly files: readonly string[]
  /** The snapshot made; or, with no updates, the one that had done the same work before. */
  readonly snapshot?: Snapshot
}

/**
 * One change. `apply` reads `base` (which may hold changes of earlier actions of the same commit)
 * and describes the change; it is called again with a newer base after each conflict and must then
 * reuse its data files, its unchanged manifests and its snapshot id.
 *
 * `apply` rejects with `CommitConflict` when the change is no longer valid on the base: the commit
 * has then surely failed and must not be retried. Other errors (`Unsupported`, `StoreUnavailable`,
 * `Aborted`, …) mean the same for this attempt: nothing was published.
 */
export interface Action {
  readonly kind: string
  /**
   * What other writers may do between the first attempt and the published one that makes the change
   * invalid: the only kinds of `CommitConflict` that `apply` rejects with. Empty for a change that
   * fits on any base. Beside these every commit conflicts with `head-moved` when it names
   * `ifSnapshot`, with `table-replaced`, and with being `outpaced` (spec/protocol/isolation.md).
   */
  readonly conflictsWith: readonly ConflictKind[]
  /** Whether data files depend on it: such an action has a snapshot id, see `snapshotId`. */
  readonly apply: (base: TableMetadata, ctx: ActionContext) => Promise<ActionResult>
  /**
   * The id its snapshot has in every attempt, once `apply` was called: when a reloaded base holds
   * that snapshot, the commit had happened. Undefined for changes that make no snapshot.
   */
  readonly snapshotId: () => bigint | undefined
}

/** Isolation of an overwrite or row-level change against commits since the snapshot it read. */
export type IsolationLevel = 'serializable' | 'snapshot'
