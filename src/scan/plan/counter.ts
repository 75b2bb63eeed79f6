import type { DataFile } from '../../format/model.js'
import type { PlanStatistics } from '../contract.js'

/** Counts what planning looks at and leaves out. One per plan; read it when the plan is done. */
export class PlanCounter {
  manifestsTotal = 0
  manifestsSkipped = 0
  manifestsEmpty = 0
  deleteManifests = 0
  deleteFiles = 0
  filesInSkippedManifests = 0
  filesTotal = 0
  filesSkippedByPartition = 0
  filesSkippedByBounds = 0
  filesPlanned = 0
  filesWithDeletes = 0
  bytesTotal = 0n
  bytesPlanned = 0n
  rowsTotal = 0n
  rowsPlanned = 0n

  /** A live data file was considered. */
  considered(file: DataFile): void {
    this.filesTotal += 1
    this.bytesTotal += file.sizeBytes
    this.rowsTotal += file.recordCount
  }

  planned(file: DataFile, deletes: number): void {
    this.filesPlanned += 1
    this.bytesPlanned += file.sizeBytes
    this.rowsPlanned += file.recordCount
    if (deletes > 0) this.filesWithDeletes += 1
  }

  snapshot(): PlanStatistics {
    return {
      manifestsTotal: this.manifestsTotal,
      manifestsSkipped: this.manifestsSkipped,
      manifestsEmpty: this.manifestsEmpty,
      deleteManifests: this.deleteManifests,
      deleteFiles: this.deleteFiles,
      filesInSkippedManifests: this.filesInSkippedManifests,
      filesTotal: this.filesTotal,
      filesSkippedByPartition: this.filesSkippedByPartition,
      filesSkippedByBounds: this.filesSkippedByBounds,
      filesPlanned: this.filesPlanned,
      filesWithDeletes: this.filesWithDeletes,
      bytesTotal: this.bytesTotal,
      bytesPlanned: this.bytesPlanned,
      rowsTotal: this.rowsTotal,
      rowsPlanned: this.rowsPlanned,
    }
  }
}
