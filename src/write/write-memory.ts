/** How a job that writes shares out the memory it may hold (docs/row-level.md, "Memory"). */

/** Of a connection that names no `memoryLimit`: 512 MiB. */
export const MEMORY_LIMIT_BYTES = 512 * 1024 * 1024

/**
 * What a row group takes on its way through an encoder, over its Arrow bytes: the stream that is
 * handed over, its copy in wasm, the columns made of that, the pages, and what is not collected yet.
 * Measured at 4 to 6. Wasm memory never shrinks, so every encoder that was used keeps its share.
 */
export const ENCODING_COPIES = 6
/** Rather fewer encoders than smaller row groups: those would be read slowly by everybody. */
const ROW_GROUP_BYTES_MIN = 4 * 1024 * 1024

/** Set aside for what nobody counts: pages on their way, wasm's own needs, what is not collected yet. */
const UNCOUNTED_BYTES = 64 * 1024 * 1024

/** What may be held by count, so that the process as a whole stays within a memory limit. */
export function countedBytes(memoryLimit: number = MEMORY_LIMIT_BYTES): number {
  return Math.max(memoryLimit / 2, memoryLimit - UNCOUNTED_BYTES)
}

export interface WriteMemory {
  /** Of rows that wait for their row groups, in all open files together. */
  readonly waitingBytes: number
  /** Of row groups in encoders, all their copies counted. */
  readonly encodingBytes: number
  /** Of the Arrow data of one row group. */
  readonly rowGroupBytes: number
  /** How many encoders are used. */
  readonly encoders: number
}

/** Half for rows that wait, half for those that are being encoded; at least one row group is. */
export function writeMemory(memoryBytes: number, encoders: number): WriteMemory {
  const half = memoryBytes / 2
  const shared = half / ENCODING_COPIES
  const rowGroupBytes = Math.max(
    1,
    Math.min(shared, Math.max(shared / Math.max(2, encoders), ROW_GROUP_BYTES_MIN)),
  )
  return {
    waitingBytes: half,
    encodingBytes: half,
    rowGroupBytes: Math.floor(rowGroupBytes),
    encoders: Math.min(encoders, Math.max(1, Math.floor(shared / rowGroupBytes))),
  }
}
