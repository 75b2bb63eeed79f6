import { PositionBitmap } from '../../codec/roaring/position-bitmap.js'
import type { ScanTask } from '../../scan/contract.js'

/** The rows of one data file that a change deletes. */
export interface MatchedFile {
  readonly task: ScanTask
  readonly positions: PositionBitmap
  count: number
}

/** Rows that a change deletes, by data file: marked while the files are read. */
export class MatchedRows {
  readonly #files = new Map<string, MatchedFile>()
  /** Files that go as a whole, without having been read. */
  readonly whole = new Set<ScanTask>()

  get files(): readonly MatchedFile[] {
    return [...this.#files.values()]
  }

  /** Marks rows by the `_pos` column of a batch: all of them, or those of the indices. */
  mark(task: ScanTask, positions: BigInt64Array, rows?: Int32Array): void {
    const { path } = task.file
    let file = this.#files.get(path)
    if (file === undefined) {
      file = { task, positions: new PositionBitmap(), count: 0 }
      this.#files.set(path, file)
    }
    const words = new Int32Array(positions.buffer, positions.byteOffset, positions.length * 2)
    const count = rows?.length ?? positions.length
    for (let at = 0; at < count; at += 1) {
      const row = rows === undefined ? at : rows[at]!
      file.positions.add(words[2 * row + 1]! * 4294967296 + (words[2 * row]! >>> 0))
    }
    file.count += count
  }
}
