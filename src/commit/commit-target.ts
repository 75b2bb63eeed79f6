import type { TableMetadata } from '../format/model.js'
import type { MetadataUpdate, Requirement } from '../format/update.js'
import type { CommitOutcome, LoadedTable } from './contract.js'

/** A change as it is handed to a catalog: the whole result, and what it is made of. */
export interface CommitRequest {
  /** The metadata after the updates. */
  readonly metadata: TableMetadata
  readonly updates: readonly MetadataUpdate[]
  readonly requirements: readonly Requirement[]
}

/** Where the commits of one table go. */
export interface CommitTarget {
  /** The table as it is now. Throws `NotFound('table')` when it is gone. */
  load(signal?: AbortSignal): Promise<LoadedTable>
  /**
   * Whether the table has moved on from `base`, where that is cheap to find out: then an attempt on it is
   * not worth its while. A wrong answer, either way, costs time and nothing else.
   */
  hasMovedOn?(base: LoadedTable, signal?: AbortSignal): Promise<boolean>
  /**
   * Publishes one attempt on top of `base`. Rejects only when surely nothing was published and
   * nothing will be; every other ending is one of the outcomes.
   */
  publish(base: LoadedTable, request: CommitRequest): Promise<CommitOutcome>
}
