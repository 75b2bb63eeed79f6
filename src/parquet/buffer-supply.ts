import { LimitExceeded } from '../errors.js'

/** Most bytes of one decoded column of one row group: what 32-bit Arrow offsets can address. */
export const maxColumnBytes = 2 ** 31 - 1

/** Buffers that were handed back, kept for the next results. */
const keptBytesMax = 512 * 1024 * 1024
/** Below this size a fresh buffer costs less than looking for an old one. */
const recycleMinBytes = 32 * 1024

/**
 * Where decoded columns get their memory. Faulting in fresh pages costs as much as decoding, so
 * buffers whose consumer is done with them come back here. Their contents are arbitrary: whoever
 * takes one writes every byte that is read later.
 */
export class BufferSupply {
  readonly #free: ArrayBuffer[] = []
  #freeBytes = 0

  /** A buffer of at least `bytes` bytes, 8-byte aligned. */
  take(bytes: number): ArrayBuffer {
    if (bytes > maxColumnBytes) {
      throw new LimitExceeded(
        `a column of one row group decodes to ${bytes} bytes, more than Arrow can address; read fewer rows at a time`,
        { details: { limit: 'maxColumnBytes', max: maxColumnBytes, actual: bytes } },
      )
    }
    const size = Math.max(64, (bytes + 63) & ~63)
    if (size < recycleMinBytes || this.#free.length === 0) return new ArrayBuffer(size)
    let best = -1
    let bestSize = Number.POSITIVE_INFINITY
    for (let i = 0; i < this.#free.length; i++) {
      const have = (this.#free[i] as ArrayBuffer).byteLength
      if (have >= size && have < bestSize) {
        best = i
        bestSize = have
      }
    }
    // A far larger buffer would hold memory that somebody else could use.
    if (best < 0 || bestSize > size * 2) return new ArrayBuffer(size)
    const [found] = this.#free.splice(best, 1) as [ArrayBuffer]
    this.#freeBytes -= found.byteLength
    return found
  }

  /** Hands a buffer back. The caller must not touch it again. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength < recycleMinBytes) return
    if (this.#freeBytes + buffer.byteLength > keptBytesMax) return
    this.#free.push(buffer)
    this.#freeBytes += buffer.byteLength
  }

  /** Takes out every free buffer, to move them to another thread. */
  drain(): ArrayBuffer[] {
    this.#freeBytes = 0
    return this.#free.splice(0)
  }

  get freeBytes(): number {
    return this.#freeBytes
  }
}
