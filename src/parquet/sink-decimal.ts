import { putBigEndian } from './convert.js'
import type { RowRange } from './raw-column.js'
import { BytesSink } from './sink-bytes.js'
import type { PageValues, SinkContext, SinkResult, ValueSink } from './value-sink.js'

/**
 * Decimals stored as BYTE_ARRAY: big-endian integers of any length. They are collected as byte
 * strings and become fixed-width at the end; nulls are empty strings until then, and so become zero.
 */
export class DecimalSink implements ValueSink {
  readonly #bytes: BytesSink
  readonly #width: 8 | 16
  readonly #context: SinkContext

  constructor(width: 8 | 16, context: SinkContext) {
    this.#bytes = new BytesSink(false, context)
    this.#width = width
    this.#context = context
  }

  get length(): number {
    return this.#bytes.length
  }

  reserve(slots: number): void {
    this.#bytes.reserve(slots)
  }

  setDictionary(page: PageValues, count: number, encoding: number): void {
    this.#bytes.setDictionary(page, count, encoding)
  }

  append(page: PageValues, count: number, encoding: number): void {
    this.#bytes.append(page, count, encoding)
  }

  spread(dense: number, slots: number, valid: Uint8Array, bit: number): void {
    this.#bytes.spread(dense, slots, valid, bit)
  }

  compact(ranges: readonly RowRange[]): void {
    this.#bytes.compact(ranges)
  }

  finish(): SinkResult {
    const { length, offsets, data } = this.#bytes
    const buffer = this.#context.supply.take(length * this.#width)
    const words = new Int32Array(buffer)
    const view = new DataView(data.buffer, data.byteOffset, data.length)
    for (let i = 0; i < length; i++) {
      const start = offsets[i] as number
      putBigEndian(view, start, (offsets[i + 1] as number) - start, words, i, this.#width)
    }
    const values = new Uint8Array(buffer, 0, length * this.#width)
    return { values, offsets: undefined, dictionary: undefined }
  }
}
