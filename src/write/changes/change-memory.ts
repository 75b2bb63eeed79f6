/** How a row-level change shares out the memory it may hold (docs/row-level.md, "Memory"). */
import { countedBytes, MEMORY_LIMIT_BYTES } from '../write-memory.js'
import type { ChangeContext } from './change-context.js'

export interface ChangeMemory {
  /** What the source of an upsert or merge may take, its index included. */
  readonly sourceMaxBytes: number
  /** For row groups that are read, and the deletes of their files. */
  readonly scanBytes: number
  /** For rows that wait to be written, and row groups that are being encoded. */
  readonly writeBytes: number
}

/** Part of the limit that a source leaves to reading and writing. */
const SOURCE_SHARE = 3 / 4
const SCAN_SHARE = 1 / 4

export function changeMemory({ memoryLimit }: Pick<ChangeContext, 'memoryLimit'>): ChangeMemory {
  const limit = memoryLimit ?? MEMORY_LIMIT_BYTES
  const bytes = countedBytes(limit)
  const scanBytes = Math.max(1, bytes * SCAN_SHARE)
  return { sourceMaxBytes: limit * SOURCE_SHARE, scanBytes, writeBytes: bytes - scanBytes }
}

/** What is left of the limit beside something that is held all the time. */
export function memoryBeside<C extends ChangeContext>(context: C, heldBytes: number): C {
  const bytes = context.memoryLimit ?? MEMORY_LIMIT_BYTES
  return { ...context, memoryLimit: Math.max(1, bytes - heldBytes) }
}
