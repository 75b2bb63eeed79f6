import type { ByteSource } from './contract.js'
import type { RawColumn } from './raw-column.js'
import type { DecodeTask } from './read-node.js'
import type { RowGroupEncoder } from './write-encode.js'

/** Where Parquet is decoded and encoded: in worker threads, or in the calling one. */
export interface DecodePool extends RowGroupEncoder {
  /** How many tasks run at the same time: keep this many row groups in flight. At least 1. */
  readonly size: number
  /** Decodes a task; the buffers of the result belong to the caller. */
  decode(source: ByteSource, task: DecodeTask, signal?: AbortSignal): Promise<RawColumn[]>
  /**
   * Takes buffers back, to decode into them again. The caller must hold nothing that looks at them:
   * they may be detached or overwritten at once.
   */
  recycle(buffers: readonly ArrayBuffer[]): void
  /** Stops the workers. What is under way is rejected with `Aborted`. */
  close(): Promise<void>
}
