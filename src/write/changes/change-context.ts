/** What a row-level change begins with, and what it hands to the commit. */
import type { Env } from '../../env/env.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import type { DataFile, Snapshot, TableMetadata } from '../../format/model.js'
import type { RowLevelMode } from '../../format/properties.js'
import type { DecodePool } from '../../parquet/decode-pool.js'
import type { Store } from '../../store/store.js'
import type { Schema } from '../../types/type.js'
import type { WriteProgress } from '../write-data-files.js'

export interface ChangeContext {
  readonly metadata: TableMetadata
  /** Head of the branch that is changed; undefined while it is empty. */
  readonly snapshot: Snapshot | undefined
  /** The table's current schema. */
  readonly schema: Schema
  readonly store: Store
  readonly env: Env
  readonly pool: () => Promise<DecodePool>
  readonly mode: RowLevelMode
  /** Bytes that all parts of the change may hold together: see `change-memory.ts`. Default 512 MiB. */
  readonly memoryLimit?: number | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: WriteProgress) => void) | undefined
}

/** How many rows a change touched. */
export interface ChangeCounts {
  deleted: number
  updated: number
  inserted: number
}

/** Files that nobody knows yet, and the live ones whose place they take. */
export interface RowChange {
  readonly addedFiles: readonly DataFile[]
  readonly addedDeletes: readonly DataFile[]
  readonly removedFiles: readonly DataFile[]
  /** Delete files (a vector by its offset) that the added ones replace. */
  readonly removedDeletes: readonly DataFile[]
  /** Data files in which rows were deleted by the added deletes. */
  readonly touched: readonly DataFile[]
  /** The rows that the change has read, and depends on. */
  readonly read: BoundPredicate
  readonly counts: ChangeCounts
  /** Deletes the files. Only for when they are surely not committed. Never rejects. */
  discard(): Promise<void>
}
