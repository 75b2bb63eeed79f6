import type { PositionBitmap } from '../../codec/roaring/position-bitmap.js'
import type { DataFile } from '../../format/model.js'

/** The deleted rows of one data file, to be written. */
export interface FileDeletes {
  readonly file: DataFile
  readonly positions: PositionBitmap
}
