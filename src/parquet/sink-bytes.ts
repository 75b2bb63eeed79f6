import { isUtf8 } from '../env/native-utf8.js'
import { maxColumnBytes } from './buffer-supply.js'
import { copyIndexed, copyPlain, copySlack, lengthOfIndexed } from './copy-bytes.js'
import { type DecodedBytes, decodeDeltaByteArray, decodeDeltaLength } from './delta-bytes.js'
import { encodingOf } from './footer-row-group.js'
import { checkIndices } from './gather.js'
import { HybridReader } from './hybrid.js'
import { badPage, unsupportedEncoding } from './page-errors.js'
import type { RowRange } from './raw-column.js'
import { copyShort, type ShortStrings, shortStrings } from './short-strings.js'
import { spreadOffsets } from './spread.js'
import {
  blockValues,
  DELTA_BYTE_ARRAY,
  DELTA_LENGTH_BYTE_ARRAY,
  type PageValues,
  PLAIN,
  PLAIN_DICTIONARY,
  RLE_DICTIONARY,
  type SinkContext,
  type SinkResult,
  type ValueSink,
} from './value-sink.js'

const hybrid = new HybridReader()
const indices = new Int32Array(blockValues)

/** Collects strings and binary values. */
export class BytesSink implements ValueSink {
  length = 0
  readonly #utf8: boolean
  readonly #context: SinkContext
  #offsets = new Int32Array(1)
  #data = new Uint8Array(0)
  #bytes = 0
  #dictionary: BytesSink | undefined
  #short: ShortStrings | undefined
  #dictionaryView: DataView = new DataView(new ArrayBuffer(0))

  constructor(utf8: boolean, context: SinkContext) {
    this.#utf8 = utf8
    this.#context = context
  }

  get offsets(): Int32Array {
    return this.#offsets
  }

  get data(): Uint8Array {
    return this.#data
  }

  reserve(slots: number): void {
    const needed = this.length + slots + 1
    if (needed <= this.#offsets.length) return
    const expected = Math.max(this.#context.expected + 1, needed)
    const capacity = this.length === 0 ? expected : Math.max(needed, this.#offsets.length * 2)
    const grown = new Int32Array(this.#context.supply.take(capacity * 4), 0, capacity)
    grown.set(this.#offsets.subarray(0, this.length + 1))
    if (this.length === 0) grown[0] = 0
    this.#offsets = grown
  }

  /** Makes room for `more` bytes; `count` values come with them. */
  #reserveBytes(more: number, count: number): void {
    const needed = this.#bytes + more + copySlack
    if (needed <= this.#data.length) return
    if (needed > maxColumnBytes) this.#context.supply.take(needed)
    const seen = this.length + count
    // The rest of the column is taken to be like what came so far, and a bit more.
    const guess = seen === 0 ? needed : needed * (this.#context.expected / seen) * 1.05
    const whole = seen >= this.#context.expected ? needed : Math.ceil(guess) + copySlack
    // Growth by a factor, so that a wrong guess does not copy everything for every page.
    const capacity = Math.min(Math.max(needed, whole, this.#data.length * 1.5), maxColumnBytes)
    const grown = new Uint8Array(this.#context.supply.take(capacity))
    grown.set(this.#data.subarray(0, this.#bytes))
    this.#context.supply.give(this.#data.buffer as ArrayBuffer)
    this.#data = grown
  }

  setDictionary(page: PageValues, count: number, encoding: number): void {
    if (encoding !== PLAIN && encoding !== PLAIN_DICTIONARY) {
      unsupportedEncoding(encodingOf(encoding), 'a dictionary of BYTE_ARRAY')
    }
    if (count > (page.end - page.start) / 4) badPage('its dictionary is cut off')
    const { supply } = this.#context
    this.#dictionary = new BytesSink(this.#utf8, { supply, expected: count })
    this.#dictionary.append(page, count, PLAIN)
    const { data, offsets } = this.#dictionary
    this.#short = shortStrings(data, offsets, count)
    this.#dictionaryView = new DataView(data.buffer, data.byteOffset, data.length)
  }

  append(page: PageValues, count: number, encoding: number): void {
    this.reserve(count)
    if (encoding === PLAIN) this.#appendPlain(page, count)
    else if (encoding === RLE_DICTIONARY || encoding === PLAIN_DICTIONARY) {
      this.#appendIndices(page, count)
    } else if (encoding === DELTA_LENGTH_BYTE_ARRAY) {
      this.#appendDecoded(decodeDeltaLength(page, page.start, count), count)
    } else if (encoding === DELTA_BYTE_ARRAY) {
      this.#appendDecoded(decodeDeltaByteArray(page, count, maxColumnBytes - this.#bytes), count)
    } else unsupportedEncoding(encodingOf(encoding), 'BYTE_ARRAY')
    this.length += count
  }

  #appendPlain(page: PageValues, count: number): void {
    const room = page.end - page.start - 4 * count
    if (room < 0) badPage('its values are cut off')
    this.#reserveBytes(room, count)
    const from = this.#bytes
    const { view, start, end } = page
    this.#bytes = copyPlain(view, start, end, count, this.#data, from, this.#offsets, this.length)
    this.#checkText(from, count)
  }

  #appendIndices(page: PageValues, count: number): void {
    if (count === 0) return
    if (page.start >= page.end) badPage('its values are cut off')
    const dictionary = this.#dictionary ?? badPage('it needs a dictionary, and there is none')
    hybrid.reset(page.bytes, page.view, page.start + 1, page.end, page.bytes[page.start] as number)
    for (let done = 0; done < count; done += blockValues) {
      const block = Math.min(blockValues, count - done)
      hybrid.read(indices, 0, block)
      checkIndices(indices, block, dictionary.length)
      this.#reserveBytes(lengthOfIndexed(indices, block, dictionary.offsets), done + block)
      this.#copyIndexed(dictionary, block, this.length + done)
    }
  }

  /** Copies the values that the first indices of the block name; there is room for them. */
  #copyIndexed(dictionary: BytesSink, count: number, index: number): void {
    const data = this.#data
    const offsets = this.#offsets
    this.#bytes =
      this.#short === undefined
        ? copyIndexed(
            indices,
            count,
            this.#dictionaryView,
            dictionary.offsets,
            data,
            this.#bytes,
            offsets,
            index,
          )
        : copyShort(indices, count, this.#short, data, this.#bytes, offsets, index)
  }

  #appendDecoded(decoded: DecodedBytes, count: number): void {
    const { data, offsets } = decoded
    this.#reserveBytes(data.length, count)
    const from = this.#bytes
    this.#data.set(data, from)
    for (let i = 1; i <= count; i++) {
      this.#offsets[this.length + i] = from + (offsets[i] as number)
    }
    this.#bytes = from + data.length
    this.#checkText(from, count)
  }

  /**
   * Strings must be UTF-8. The values are checked as one text, which is right if in addition none
   * of them begins inside a character.
   */
  #checkText(from: number, count: number): void {
    if (!this.#utf8) return
    if (!isUtf8(this.#data.subarray(from, this.#bytes))) badPage('a string is not valid UTF-8')
    const data = this.#data
    const end = this.length + count
    let start = from
    for (let i = this.length; i < end; i++) {
      const next = this.#offsets[i + 1] as number
      if (next > start && ((data[start] as number) & 0xc0) === 0x80) {
        badPage('a string is not valid UTF-8')
      }
      start = next
    }
  }

  spread(dense: number, slots: number, valid: Uint8Array, bit: number): void {
    this.reserve(slots - dense)
    spreadOffsets(this.#offsets, this.length - dense, dense, slots, valid, bit)
    this.length += slots - dense
  }

  compact(ranges: readonly RowRange[]): void {
    let kept = 0
    let bytes = 0
    const offsets = this.#offsets
    for (const { start, end } of ranges) {
      const first = offsets[start] as number
      const last = offsets[end] as number
      if (bytes !== first) this.#data.copyWithin(bytes, first, last)
      for (let i = start; i < end; i++) {
        offsets[++kept] = (offsets[i + 1] as number) - first + bytes
      }
      bytes += last - first
    }
    this.length = kept
    this.#bytes = bytes
  }

  finish(): SinkResult {
    this.reserve(0)
    const offsets = this.#shrinkOffsets()
    const wasteful = this.#data.length > 65_536 && this.#bytes < this.#data.length * 0.75
    const values = wasteful ? this.#shrinkData() : this.#data.subarray(0, this.#bytes)
    return { values, offsets, dictionary: undefined }
  }

  #shrinkOffsets(): Int32Array {
    const used = this.length + 1
    const { buffer, length } = this.#offsets
    if (length < 1024 || used >= length / 2) return this.#offsets.subarray(0, used)
    const small = new Int32Array(this.#context.supply.take(used * 4), 0, used)
    small.set(this.#offsets.subarray(0, used))
    this.#context.supply.give(buffer as ArrayBuffer)
    return small
  }

  #shrinkData(): Uint8Array {
    const small = new Uint8Array(this.#context.supply.take(this.#bytes), 0, this.#bytes)
    small.set(this.#data.subarray(0, this.#bytes))
    this.#context.supply.give(this.#data.buffer as ArrayBuffer)
    return small
  }
}
