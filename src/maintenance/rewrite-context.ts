import type { Env } from '../env/env.js'
import type { Snapshot, TableMetadata } from '../format/model.js'
import type { DecodePool } from '../parquet/decode-pool.js'
import type { Store } from '../store/store.js'
import type { Schema } from '../types/type.js'

/** What a rewrite of files begins with. */
export interface RewriteContext {
  readonly metadata: TableMetadata
  /** Head of the branch that is rewritten. */
  readonly snapshot: Snapshot
  /** The table's current schema. */
  readonly schema: Schema
  readonly store: Store
  readonly env: Env
  readonly pool: () => Promise<DecodePool>
  readonly memoryLimit?: number | undefined
  readonly signal?: AbortSignal | undefined
}
