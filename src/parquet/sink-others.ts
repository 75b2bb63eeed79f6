import { copyBits, fillBits, getBit, putBit } from './bitmap.js'
import { encodingOf } from './footer-row-group.js'
import { checkIndices } from './gather.js'
import { HybridReader } from './hybrid.js'
import { badPage, unsupportedEncoding } from './page-errors.js'
import type { RowRange } from './raw-column.js'
import { BytesSink } from './sink-bytes.js'
import { spread4 } from './spread.js'
import {
  type PageValues,
  PLAIN,
  PLAIN_DICTIONARY,
  RLE,
  RLE_DICTIONARY,
  type SinkContext,
  type SinkResult,
  type ValueSink,
} from './value-sink.js'

const hybrid = new HybridReader()

/** Collects booleans as bits, which is how PLAIN pages hold them too. */
export class BitSink implements ValueSink {
  length = 0
  readonly #context: SinkContext
  #bits = new Uint8Array(0)

  constructor(context: SinkContext) {
    this.#context = context
  }

  reserve(slots: number): void {
    const needed = (this.length + slots + 7) >> 3
    if (needed <= this.#bits.length) return
    const expected = Math.max((this.#context.expected + 7) >> 3, needed)
    const capacity = this.length === 0 ? expected : Math.max(needed, this.#bits.length * 2)
    const grown = new Uint8Array(this.#context.supply.take(capacity))
    grown.set(this.#bits.subarray(0, (this.length + 7) >> 3))
    this.#bits = grown
  }

  setDictionary(): void {
    unsupportedEncoding('RLE_DICTIONARY', 'BOOLEAN')
  }

  append(page: PageValues, count: number, encoding: number): void {
    this.reserve(count)
    if (encoding === PLAIN) {
      if (count > (page.end - page.start) * 8) badPage('its values are cut off')
      copyBits(page.bytes, page.start * 8, this.#bits, this.length, count)
    } else if (encoding === RLE) {
      // The runs come after their length in four bytes.
      if (page.start + 4 > page.end) badPage('its values are cut off')
      const length = page.view.getUint32(page.start, true)
      if (length > page.end - page.start - 4) badPage('its values are cut off')
      const start = page.start + 4
      hybrid.reset(page.bytes, page.view, start, start + length, 1)
      readBits(hybrid, page.bytes, this.#bits, this.length, count)
    } else unsupportedEncoding(encodingOf(encoding), 'BOOLEAN')
    this.length += count
  }

  spread(dense: number, slots: number, valid: Uint8Array, bit: number): void {
    this.reserve(slots - dense)
    const start = this.length - dense
    let from = this.length
    for (let i = slots - 1; i >= 0; i--) {
      putBit(this.#bits, start + i, getBit(valid, bit + i) ? getBit(this.#bits, --from) : false)
    }
    this.length += slots - dense
  }

  compact(ranges: readonly RowRange[]): void {
    this.length = compactBits(this.#bits, ranges)
  }

  finish(): SinkResult {
    const values = this.#bits.subarray(0, (this.length + 7) >> 3)
    return { values, offsets: undefined, dictionary: undefined }
  }
}

/** Moves ranges of bits together, in place; returns how many bits are left. */
export function compactBits(bits: Uint8Array, ranges: readonly RowRange[]): number {
  let kept = 0
  for (const { start, end } of ranges) {
    if (kept !== start) copyBits(bits, start, bits, kept, end - start)
    kept += end - start
  }
  return kept
}

/** Reads `count` one-bit values of a hybrid run into a bitmap; returns how many are set at least. */
export function readBits(
  reader: HybridReader,
  bytes: Uint8Array,
  bits: Uint8Array,
  at: number,
  count: number,
): void {
  for (let done = 0; done < count; ) {
    if (reader.left === 0) reader.nextRun()
    const now = Math.min(reader.left, count - done)
    if (reader.repeats) {
      if (reader.value > 1) badPage('a level is above its maximum')
      fillBits(bits, at + done, now, reader.value === 1)
    } else {
      copyBits(bytes, reader.packedStart * 8 + reader.packedRead, bits, at + done, now)
    }
    reader.take(now)
    done += now
  }
}

/** Collects strings as indices into a dictionary: no string is copied but the distinct ones. */
export class DictionarySink implements ValueSink {
  length = 0
  readonly #context: SinkContext
  readonly #values: BytesSink
  #indices = new Int32Array(0)

  constructor(context: SinkContext) {
    this.#context = context
    this.#values = new BytesSink(true, { supply: context.supply, expected: 0 })
  }

  reserve(slots: number): void {
    const needed = this.length + slots
    if (needed <= this.#indices.length) return
    const expected = Math.max(this.#context.expected, needed)
    const capacity = this.length === 0 ? expected : Math.max(needed, this.#indices.length * 2)
    const grown = new Int32Array(this.#context.supply.take(capacity * 4))
    grown.set(this.#indices.subarray(0, this.length))
    this.#indices = grown
  }

  setDictionary(page: PageValues, count: number, encoding: number): void {
    if (encoding !== PLAIN && encoding !== PLAIN_DICTIONARY) {
      unsupportedEncoding(encodingOf(encoding), 'a dictionary of BYTE_ARRAY')
    }
    if (count > (page.end - page.start) / 4) badPage('its dictionary is cut off')
    this.#values.append(page, count, PLAIN)
  }

  append(page: PageValues, count: number, encoding: number): void {
    this.reserve(count)
    if (encoding === RLE_DICTIONARY || encoding === PLAIN_DICTIONARY) {
      if (count > 0 && page.start >= page.end) badPage('its values are cut off')
      const width = count === 0 ? 0 : (page.bytes[page.start] as number)
      hybrid.reset(page.bytes, page.view, page.start + 1, page.end, width)
      hybrid.read(this.#indices, this.length, count)
      const read = this.#indices.subarray(this.length, this.length + count)
      checkIndices(read, count, this.#values.length)
    } else {
      // The writer gave its dictionary up: these values are appended, one entry for each.
      const first = this.#values.length
      this.#values.append(page, count, encoding)
      for (let i = 0; i < count; i++) this.#indices[this.length + i] = first + i
    }
    this.length += count
  }

  spread(dense: number, slots: number, valid: Uint8Array, bit: number): void {
    this.reserve(slots - dense)
    spread4(this.#indices, this.length - dense, dense, slots, valid, bit)
    this.length += slots - dense
  }

  compact(ranges: readonly RowRange[]): void {
    let kept = 0
    for (const { start, end } of ranges) {
      if (kept !== start) this.#indices.copyWithin(kept, start, end)
      kept += end - start
    }
    this.length = kept
  }

  finish(): SinkResult {
    const values = this.#values
    const { buffer, byteOffset } = this.#indices
    return {
      values: new Uint8Array(buffer, byteOffset, this.length * 4),
      offsets: undefined,
      dictionary: {
        ...values.finish(),
        length: values.length,
        nullCount: 0,
        validity: undefined,
        children: [],
      },
    }
  }
}

/** For a column whose every value is null (logical type UNKNOWN): nothing is kept. */
export class NullSink implements ValueSink {
  length = 0

  reserve(): void {}

  setDictionary(): void {}

  append(_page: PageValues, count: number): void {
    this.length += count
  }

  spread(dense: number, slots: number): void {
    this.length += slots - dense
  }

  compact(ranges: readonly RowRange[]): void {
    this.length = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
  }

  finish(): SinkResult {
    return { values: undefined, offsets: undefined, dictionary: undefined }
  }
}
