import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { CorruptData, NotFound, StoreUnavailable } from '../errors.js'
import type { FileBytes } from './leaf-decoder.js'
import type { ByteSpan } from './read-node.js'

/** Memory for the bytes in hand: it grows to the largest column chunk and is kept. */
let scratch = new Uint8Array(0)

/** A local file that a worker reads by itself, so that its bytes never cross threads. */
export class LocalFile {
  readonly #fd: number
  readonly #path: string

  constructor(localPath: string, path: string, sizeBytes: number) {
    this.#path = path
    this.#fd = open(localPath, path)
    const found = fstatSync(this.#fd).size
    if (found === sizeBytes) return
    this.close()
    throw new CorruptData(`${path} has ${found} bytes, not ${sizeBytes}: it was replaced`, {
      details: { path },
    })
  }

  /** Reads spans into memory that the next call overwrites. */
  readSpans(spans: readonly ByteSpan[]): FileBytes[] {
    const total = spans.reduce((sum, span) => sum + span.end - span.start, 0)
    // Room after the end lets decoders load whole words up to the last value.
    if (scratch.length < total + 16) scratch = new Uint8Array(Math.ceil(total * 1.25) + 65_536)
    let at = 0
    return spans.map(({ start, end }) => {
      const bytes = scratch.subarray(at, at + end - start)
      this.#fill(bytes, start)
      at += bytes.length
      return { start, bytes }
    })
  }

  #fill(into: Uint8Array, start: number): void {
    for (let done = 0; done < into.length; ) {
      const read = this.#readSome(into, done, start + done)
      if (read === 0) {
        throw new CorruptData(`${this.#path} ends at byte ${start + done}`, {
          details: { path: this.#path, offset: start + done },
        })
      }
      done += read
    }
  }

  #readSome(into: Uint8Array, at: number, position: number): number {
    try {
      return readSync(this.#fd, into, at, into.length - at, position)
    } catch (cause) {
      throw new StoreUnavailable(`reading ${this.#path} failed: ${String(cause)}`, {
        cause,
        details: { path: this.#path },
      })
    }
  }

  close(): void {
    closeSync(this.#fd)
  }
}

function open(localPath: string, path: string): number {
  try {
    return openSync(localPath, 'r')
  } catch (cause) {
    const details = { path }
    if ((cause as { code?: unknown }).code === 'ENOENT') {
      throw new NotFound('file', `there is no file ${path}`, { cause, details })
    }
    throw new StoreUnavailable(`opening ${path} failed: ${String(cause)}`, { cause, details })
  }
}
