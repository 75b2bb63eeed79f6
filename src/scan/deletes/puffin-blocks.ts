/**
 * Small blobs of Puffin files, read a block at a time: one commit puts the vectors of thousands of
 * data files into one file, and a request for each of them would cost more than all of its bytes.
 */
import { Aborted } from '../../errors.js'
import type { DataFile } from '../../format/model.js'
import type { Store } from '../../store/store.js'
import { SharedLoads } from './shared-loads.js'

const BLOCK_BYTES = 256 * 1024
/** Larger blobs are read by themselves. */
const SMALL_BYTES = BLOCK_BYTES / 4

export interface BlobRange {
  readonly start: number
  readonly end: number
}

export interface BlobOptions {
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

interface Block {
  readonly content: Uint8Array
  readonly bytes: number
}

export class PuffinBlocks {
  readonly #store: Store
  readonly #blocks: SharedLoads<Block>

  /** `maxBytes`: what may be kept for the next blobs. */
  constructor(store: Store, maxBytes: number) {
    this.#store = store
    this.#blocks = new SharedLoads(maxBytes)
  }

  /** The bytes of a blob of a Puffin file, as its manifest entry describes the file. */
  async read(file: DataFile, range: BlobRange, options: BlobOptions): Promise<Uint8Array> {
    const { start, end } = range
    const at = Math.floor(start / BLOCK_BYTES) * BLOCK_BYTES
    const blockEnd = Math.min(at + BLOCK_BYTES, Number(file.sizeBytes))
    const size = end - start
    const isShared =
      size <= Math.min(SMALL_BYTES, options.maxBytes) && end <= blockEnd && blockEnd - at > size
    if (!isShared) return this.#exactly(file.path, range, options)
    try {
      const block = await this.#blocks.get(`${file.path}#${at}`, options.signal, async () => {
        const whole = { ...options, maxBytes: BLOCK_BYTES }
        const content = await this.#exactly(file.path, { start: at, end: blockEnd }, whole)
        return { content, bytes: content.length }
      })
      // A copy, so that a blob does not keep the block in memory.
      return block.content.slice(start - at, end - at)
    } catch (error) {
      if (error instanceof Aborted) throw error
      // The manifest may tell a wrong size of the file: what it says of the blob counts.
      return this.#exactly(file.path, range, options)
    }
  }

  #exactly(path: string, range: BlobRange, options: BlobOptions): Promise<Uint8Array> {
    const { maxBytes, signal } = options
    return this.#store.read(path, range, {
      maxBytes,
      limitName: 'memoryLimit',
      ...(signal ? { signal } : {}),
    })
  }
}
