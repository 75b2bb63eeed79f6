import type { PositionBitmap } from '../../codec/roaring/position-bitmap.js'
import type { DecodePool } from '../../parquet/decode-pool.js'
import type { DeleteLoader } from '../deletes/delete-loader.js'
import type { OutputShape } from './file-reader.js'
import type { OpenContext } from './open-file.js'
import type { ReadCounter } from './read-counter.js'

/** How the tasks of a scan are read. */
export interface ReadContext extends OpenContext {
  readonly shape: OutputShape
  readonly pool: () => DecodePool | Promise<DecodePool>
  /** Bytes of row groups in work, as far as footers tell. */
  readonly memoryBytes: number
  /** Batches in the order of tasks and rows. */
  readonly ordered: boolean
  readonly limit?: number | undefined
  readonly counter?: ReadCounter
  /** Shared by the reads of one scan. Left out: made for this read. */
  readonly deletes?: DeleteLoader
  /** More deleted positions, by the path of the data file. */
  readonly alsoDeleted?: ReadonlyMap<string, PositionBitmap>
  readonly signal?: AbortSignal | undefined
}
