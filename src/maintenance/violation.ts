/** What can be wrong with a table, as `verify` reports it. */

export type ViolationCode =
  | 'metadata-reference'
  | 'snapshot-log'
  | 'sequence-number'
  | 'manifest-list-missing'
  | 'manifest-list-corrupt'
  | 'manifest-missing'
  | 'manifest-corrupt'
  | 'manifest-length'
  | 'manifest-counts'
  | 'manifest-summary'
  | 'duplicate-file'
  | 'file-missing'
  | 'file-size'
  | 'file-corrupt'
  | 'record-count'
  | 'column-bounds'
  | 'column-counts'
  | 'snapshot-summary'

export interface Violation {
  readonly code: ViolationCode
  /** What is wrong, in one sentence. */
  readonly message: string
  /** The file that is wrong, or that names what is wrong. */
  readonly path?: string
  readonly snapshotId?: bigint
}

/** The outcome of a walk over a table. */
export interface VerifyReport {
  readonly ok: boolean
  readonly violations: readonly Violation[]
  /** True when more were found than are listed. */
  readonly truncated: boolean
  readonly checked: {
    readonly snapshots: number
    readonly manifests: number
    readonly files: number
    readonly rows: bigint
  }
}

const LISTED_MAX = 1000

/** Collects violations up to a bound, so that a wholly broken table does not fill memory. */
export class Violations {
  readonly list: Violation[] = []
  truncated = false

  add(violation: Violation): void {
    if (this.list.length < LISTED_MAX) this.list.push(violation)
    else this.truncated = true
  }
}
