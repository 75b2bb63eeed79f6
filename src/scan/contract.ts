import type { BoundPredicate } from '../expr/predicate.js'
import type { DataFile, ManifestEntry } from '../format/model.js'
import type { Schema } from '../types/type.js'

/** One data file to read, with the delete files that apply to it and what is left to filter. */
export interface ScanTask {
  readonly file: DataFile
  /** Data sequence number of the file. */
  readonly sequenceNumber: bigint
  /** File sequence number and snapshot that added it, for metadata columns and lineage. */
  readonly fileSequenceNumber: bigint
  readonly addedSnapshotId: bigint
  readonly deletes: readonly ManifestEntry[]
  /** What rows must still be tested for after the partition has been taken into account. */
  readonly residual: BoundPredicate
}

/** Counts of what planning considered and skipped, by level. Shown by `explain()`. */
export interface PlanStatistics {
  readonly manifestsTotal: number
  readonly manifestsSkipped: number
  readonly filesTotal: number
  readonly filesSkippedByPartition: number
  readonly filesSkippedByBounds: number
  readonly filesPlanned: number
  readonly bytesPlanned: bigint
  readonly rowsPlanned: bigint
}

/** What a scan reads: pinned metadata, chosen schema, columns and predicate. */
export interface ScanProjection {
  readonly schema: Schema
  /** Field ids of the wanted leaves and structs, in output order at the top level. */
  readonly selected: Schema
}
