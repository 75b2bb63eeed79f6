import { type Conversion, convertValues, fixedTarget, inputWidth, outputWidth } from './convert.js'
import { DeltaReader } from './delta.js'
import { decodeDeltaByteArray } from './delta-bytes.js'
import { encodingOf } from './footer-row-group.js'
import { gather } from './gather.js'
import { HybridReader } from './hybrid.js'
import { badPage, unsupportedEncoding } from './page-errors.js'
import type { RowRange } from './raw-column.js'
import { spreadFixed } from './spread.js'
import {
  BYTE_STREAM_SPLIT,
  blockValues,
  DELTA_BINARY_PACKED,
  DELTA_BYTE_ARRAY,
  type PageValues,
  PLAIN,
  PLAIN_DICTIONARY,
  RLE_DICTIONARY,
  type SinkContext,
  type SinkResult,
  type ValueSink,
} from './value-sink.js'

const indices = new Int32Array(blockValues)
const hybrid = new HybridReader()
const noTarget = fixedTarget(new ArrayBuffer(0))

/** Collects values of a fixed width: numbers, dates, times, decimals, fixed byte arrays. */
export class FixedSink implements ValueSink {
  length = 0
  readonly #conversion: Conversion
  readonly #physical: string
  readonly #width: number
  readonly #context: SinkContext
  #capacity = 0
  #target = noTarget
  #dictionary = noTarget
  #dictionaryCount = 0

  constructor(conversion: Conversion, physical: string, context: SinkContext) {
    this.#conversion = conversion
    this.#physical = physical
    this.#width = outputWidth(conversion)
    this.#context = context
  }

  reserve(slots: number): void {
    const needed = this.length + slots
    if (needed <= this.#capacity) return
    const expected = Math.max(this.#context.expected, needed)
    const capacity = this.#capacity === 0 ? expected : Math.max(needed, this.#capacity * 2)
    const grown = fixedTarget(this.#context.supply.take(capacity * this.#width))
    grown.bytes.set(this.#target.bytes.subarray(0, this.length * this.#width))
    this.#target = grown
    this.#capacity = Math.floor(grown.bytes.length / this.#width)
  }

  setDictionary(page: PageValues, count: number, encoding: number): void {
    if (encoding !== PLAIN && encoding !== PLAIN_DICTIONARY) {
      unsupportedEncoding(encodingOf(encoding), `a dictionary of ${this.#physical}`)
    }
    const available = Math.floor((page.end - page.start) / inputWidth(this.#conversion))
    if (count > available) badPage('its dictionary is cut off')
    this.#dictionary = fixedTarget(new ArrayBuffer((count * this.#width + 7) & ~7))
    this.#dictionaryCount = count
    convertValues(this.#conversion, page.view, page.start, this.#dictionary, 0, count)
  }

  append(page: PageValues, count: number, encoding: number): void {
    this.reserve(count)
    if (encoding === PLAIN) this.#appendPlain(page.view, page.start, page.end, count)
    else if (encoding === RLE_DICTIONARY || encoding === PLAIN_DICTIONARY) {
      this.#appendIndices(page, count)
    } else if (encoding === DELTA_BINARY_PACKED) this.#appendDelta(page, count)
    else if (encoding === BYTE_STREAM_SPLIT) this.#appendSplit(page, count)
    else if (encoding === DELTA_BYTE_ARRAY && this.#physical === 'FIXED_LEN_BYTE_ARRAY') {
      this.#appendDeltaBytes(page, count)
    } else unsupportedEncoding(encodingOf(encoding), this.#physical)
    this.length += count
  }

  #appendPlain(view: DataView, start: number, end: number, count: number): void {
    if (start + count * inputWidth(this.#conversion) > end) badPage('its values are cut off')
    convertValues(this.#conversion, view, start, this.#target, this.length, count)
  }

  #appendIndices(page: PageValues, count: number): void {
    if (count === 0) return
    if (page.start >= page.end) badPage('its values are cut off')
    const bitWidth = page.bytes[page.start] as number
    hybrid.reset(page.bytes, page.view, page.start + 1, page.end, bitWidth)
    for (let done = 0; done < count; done += blockValues) {
      const block = Math.min(blockValues, count - done)
      hybrid.read(indices, 0, block)
      gather(
        indices,
        block,
        this.#dictionary,
        this.#dictionaryCount,
        this.#width,
        this.#target,
        this.length + done,
      )
    }
  }

  #appendDelta(page: PageValues, count: number): void {
    const wide = this.#physical === 'INT64'
    if (!wide && this.#physical !== 'INT32')
      unsupportedEncoding('DELTA_BINARY_PACKED', this.#physical)
    const reader = new DeltaReader(page.bytes, page.view, page.start, page.end)
    if (reader.total < count) badPage('it has fewer values than its header says')
    if (this.#conversion.kind === 'copy') {
      if (wide) reader.read64(this.#target.words, this.length, count)
      else reader.read32(this.#target.words, this.length, count)
      return
    }
    const scratch = new Int32Array(blockValues * 2)
    const view = new DataView(scratch.buffer)
    for (let done = 0; done < count; done += blockValues) {
      const block = Math.min(blockValues, count - done)
      if (wide) reader.read64(scratch, 0, block)
      else reader.read32(scratch, 0, block)
      convertValues(this.#conversion, view, 0, this.#target, this.length + done, block)
    }
  }

  /** BYTE_STREAM_SPLIT: the first bytes of all values, then all second bytes, and so on. */
  #appendSplit(page: PageValues, count: number): void {
    const width = inputWidth(this.#conversion)
    if (count * width > page.end - page.start) badPage('its values are cut off')
    const plain = new Uint8Array(count * width)
    for (let k = 0; k < width; k++) {
      const from = page.start + k * count
      for (let i = 0; i < count; i++) plain[i * width + k] = page.bytes[from + i] as number
    }
    this.#appendPlain(new DataView(plain.buffer), 0, plain.length, count)
  }

  #appendDeltaBytes(page: PageValues, count: number): void {
    const width = inputWidth(this.#conversion)
    const decoded = decodeDeltaByteArray(page, count, count * width)
    for (let i = 0; i <= count; i++) {
      if (decoded.offsets[i] !== i * width) badPage('a value has not the length of its type')
    }
    const view = new DataView(decoded.data.buffer, decoded.data.byteOffset, decoded.data.length)
    this.#appendPlain(view, 0, decoded.data.length, count)
  }

  spread(dense: number, slots: number, valid: Uint8Array, bit: number): void {
    this.reserve(slots - dense)
    spreadFixed(this.#target, this.#width, this.length - dense, dense, slots, valid, bit)
    this.length += slots - dense
  }

  compact(ranges: readonly RowRange[]): void {
    let kept = 0
    const { bytes } = this.#target
    for (const { start, end } of ranges) {
      if (kept !== start)
        bytes.copyWithin(kept * this.#width, start * this.#width, end * this.#width)
      kept += end - start
    }
    this.length = kept
  }

  finish(): SinkResult {
    this.reserve(0)
    const used = this.length * this.#width
    const { bytes } = this.#target
    // A selection of few rows must not keep the memory of all.
    const values =
      bytes.length > 4096 && used < bytes.length / 2 ? this.#shrink(used) : bytes.subarray(0, used)
    return { values, offsets: undefined, dictionary: undefined }
  }

  #shrink(used: number): Uint8Array {
    const { supply } = this.#context
    const small = new Uint8Array(supply.take(used), 0, used)
    small.set(this.#target.bytes.subarray(0, used))
    supply.give(this.#target.bytes.buffer as ArrayBuffer)
    return small
  }
}
