/** What catalogs hold and how an attempt to publish ends (spec/protocol/commit.md). */
import type { TableMetadata } from '../format/model.js'

/** A table as a catalog holds it. */
export interface LoadedTable {
  readonly metadata: TableMetadata
  /** Where the metadata file is. */
  readonly metadataLocation: string
  /** Slot number in the file catalog; undefined elsewhere. */
  readonly version: number | undefined
  /** Content hash of the metadata file, for base checks; undefined where the catalog checks. */
  readonly contentHash: string | undefined
}

/** What one attempt to publish came to. Switched exhaustively; never a boolean. */
export type CommitOutcome =
  | { readonly outcome: 'committed'; readonly table: LoadedTable }
  /** `taken`: a slot that was read with other content than ours, where there are slots. */
  | { readonly outcome: 'conflict'; readonly reason: string; readonly taken?: number }
  | { readonly outcome: 'unknown'; readonly token: string; readonly cause: unknown }

/** A table's name: namespace levels and the name. */
export interface TableIdentifier {
  readonly namespace: readonly string[]
  readonly name: string
}
