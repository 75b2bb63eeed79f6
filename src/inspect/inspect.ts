import { entriesTable, filesTable, manifestsTable, partitionsTable } from './file-tables.js'
import { historyTable, metadataLogTable, refsTable, snapshotsTable } from './history-tables.js'
import type { InspectSource, MetadataTable } from './metadata-table.js'
import { type ShapeVersion, shapeHistory } from './shape-history.js'

/** The metadata tables of a table, named and shaped as the reference shows them. */
export class Inspect {
  readonly #source: InspectSource & { readonly metadataLocation: string }

  /** @internal Use `table.inspect`. */
  constructor(source: InspectSource & { readonly metadataLocation: string }) {
    this.#source = source
  }

  /** Every snapshot that the table holds. */
  snapshots(): MetadataTable {
    return snapshotsTable(this.#source)
  }
  /** What was current when. */
  history(): MetadataTable {
    return historyTable(this.#source)
  }
  /** Branches and tags. */
  refs(): MetadataTable {
    return refsTable(this.#source)
  }
  /** Earlier metadata files. */
  metadataLog(): MetadataTable {
    return metadataLogTable(this.#source)
  }
  /**
   * What changed of schema, partitioning, sort order and format version, oldest first, as far back as
   * the metadata log goes. Reads the metadata files of the log.
   */
  shapeHistory(): Promise<readonly ShapeVersion[]> {
    return shapeHistory(this.#source)
  }
  /** Live data and delete files of the current snapshot, with their metrics. */
  files(): MetadataTable {
    return filesTable(this.#source)
  }
  /** Manifest entries of the current snapshot, removed files too. */
  entries(): MetadataTable {
    return entriesTable(this.#source)
  }
  /** Manifests of the current snapshot. */
  manifests(): MetadataTable {
    return manifestsTable(this.#source)
  }
  /** Counts and sizes by partition. */
  partitions(): MetadataTable {
    return partitionsTable(this.#source)
  }
}
