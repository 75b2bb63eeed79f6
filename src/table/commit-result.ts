import type { LoadedTable } from '../commit/contract.js'
import type { Snapshot } from '../format/model.js'

/** What a call that changed a table resolves to. It resolves only once the change is committed. */
export interface CommitResult {
  /** The snapshot that the call made; undefined when it made none (a schema change, a no-op). */
  readonly snapshotId: bigint | undefined
  readonly sequenceNumber: bigint | undefined
  readonly operation: string | undefined
  /** The snapshot's summary: counts as decimal strings under the specification's keys. */
  readonly summary: Readonly<Record<string, string>>
  /** False when nothing had to be published: no change, or the idempotency key was used before. */
  readonly published: boolean
  /** Publishing attempts, 1 when there was no conflict; 0 when nothing was published. */
  readonly attempts: number
  /** Appends that share the snapshot: more than 1 only with `groupCommit`. */
  readonly groupSize: number
  readonly metadataLocation: string
  /** Metadata version, where the catalog numbers them. */
  readonly version: number | undefined
}

export interface CommitFacts {
  readonly table: LoadedTable
  readonly snapshot: Snapshot | undefined
  readonly published: boolean
  readonly attempts: number
  /** Default 1. */
  readonly groupSize?: number
}

/** Builds the public result from what the committer reports. */
export function commitResult(facts: CommitFacts): CommitResult {
  const { snapshot, table } = facts
  return Object.freeze({
    snapshotId: snapshot?.snapshotId,
    sequenceNumber: snapshot?.sequenceNumber,
    operation: snapshot?.summary?.get('operation'),
    summary: summaryRecord(snapshot),
    published: facts.published,
    attempts: facts.attempts,
    groupSize: facts.groupSize ?? 1,
    metadataLocation: table.metadataLocation,
    version: table.version,
  })
}

/** A snapshot's summary as a plain record without a prototype, so that any key is only a key. */
export function summaryRecord(snapshot: Snapshot | undefined): Readonly<Record<string, string>> {
  const record: Record<string, string> = Object.create(null)
  for (const [key, value] of snapshot?.summary ?? []) record[key] = value
  return Object.freeze(record)
}
