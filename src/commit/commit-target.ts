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
   * Publishes one attempt on top of `base`. Rejects only when surely nothing was published and
   * nothing will be; every other ending is one of the outcomes.
   */
  publish(base: LoadedTable, request: CommitRequest): Promise<CommitOutcome>
}
