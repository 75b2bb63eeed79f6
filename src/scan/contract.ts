import type { BoundPredicate } from '../expr/predicate.js'
import type { DataFile, ManifestEntry } from '../format/model.js'

/** One data file to read, with the delete files that apply to it and what is left to filter. */
export interface ScanTask {
  readonly file: DataFile
  /** Data sequence number of the file. */
  readonly sequenceNumber: bigint
  /** File sequence number and snapshot that added it, for metadata columns and lineage. */
  readonly fileSequenceNumber: bigint
  readonly addedSnapshotId: bigint
  readonly deletes: readonly ManifestEntry[]
  /**
   * What rows must still be tested for after partition values and column bounds have been taken
   * into account. `true`: every row of the file matches.
   */
  readonly residual: BoundPredicate
}

/** Counts of what planning considered and skipped, by level. Shown by `explain()`. */
export interface PlanStatistics {
  readonly manifestsTotal: number
  readonly manifestsSkipped: number
  /** Of those skipped: the ones that the list says have no live file. */
  readonly manifestsEmpty: number
  /** Manifests of delete files among `manifestsTotal`, and the live delete files in those read. */
  readonly deleteManifests: number
  readonly deleteFiles: number
  /** Live data files in skipped manifests, as far as the manifest list says. */
  readonly filesInSkippedManifests: number
  /** Live data files in the manifests that were read. */
  readonly filesTotal: number
  readonly filesSkippedByPartition: number
  readonly filesSkippedByBounds: number
  readonly filesPlanned: number
  readonly filesWithDeletes: number
  /** Of the files in the manifests that were read. */
  readonly bytesTotal: bigint
  readonly bytesPlanned: bigint
  readonly rowsTotal: bigint
  readonly rowsPlanned: bigint
}
