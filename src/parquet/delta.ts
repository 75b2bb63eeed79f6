import { unpackBits } from './bit-unpack.js'
import { badPage } from './page-errors.js'

/** Most values of a block that are believed: writers use 128. */
const maxBlockValues = 1 << 20

/**
 * DELTA_BINARY_PACKED (Encodings.md): a first value, then blocks of bit-packed differences. Values
 * are 64 bits wide in two halves; 32-bit columns take the low ones.
 */
export class DeltaReader {
  /** Values in the whole encoded run, from its header. */
  readonly total: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  readonly #miniBlocks: number
  readonly #perMiniBlock: number
  #at: number
  #low = 0
  #high = 0
  /** Read so far, the first value included. */
  #read = 0
  #minLow = 0
  #minHigh = 0
  #widths = 0
  #miniBlock = 0
  #deltasLow: Int32Array
  #deltasHigh: Int32Array
  #deltaAt = 0
  #deltaCount = 0

  constructor(bytes: Uint8Array, view: DataView, start: number, end: number) {
    this.#bytes = bytes
    this.#view = view
    this.#at = start
    this.#end = end
    const blockValues = this.#smallVarint()
    this.#miniBlocks = this.#smallVarint()
    this.total = this.#smallVarint()
    const perMiniBlock = this.#miniBlocks === 0 ? 0 : blockValues / this.#miniBlocks
    if (blockValues > maxBlockValues || perMiniBlock % 8 !== 0 || perMiniBlock === 0) {
      badPage(`delta blocks of ${blockValues} values in ${this.#miniBlocks} parts`)
    }
    this.#perMiniBlock = perMiniBlock
    this.#zigzag64()
    this.#low = this.#minLow
    this.#high = this.#minHigh
    this.#miniBlock = this.#miniBlocks
    this.#deltasLow = new Int32Array(perMiniBlock)
    this.#deltasHigh = new Int32Array(perMiniBlock)
  }

  /** Offset after the last value, once all were read: trailing mini-blocks hold no bytes. */
  get end(): number {
    return this.#at
  }

  /** Reads 32-bit values; sums wrap, as the format asks. */
  read32(out: Int32Array, at: number, count: number): void {
    let o = at
    const stop = at + count
    if (o < stop && this.#read === 0) {
      out[o++] = this.#low
      this.#read = 1
    }
    while (o < stop) {
      if (this.#deltaAt === this.#deltaCount) this.#nextMiniBlock()
      const now = Math.min(stop - o, this.#deltaCount - this.#deltaAt)
      const deltas = this.#deltasLow
      const min = this.#minLow
      let value = this.#low
      for (let i = 0, d = this.#deltaAt; i < now; i++, d++) {
        value = (value + min + (deltas[d] as number)) | 0
        out[o++] = value
      }
      this.#low = value
      this.#deltaAt += now
      this.#read += now
    }
  }

  /** Reads 64-bit values as pairs of halves: `out[2 * (at + i)]` is the low one. */
  read64(out: Int32Array, at: number, count: number): void {
    let o = at
    const stop = at + count
    if (o < stop && this.#read === 0) {
      out[2 * o] = this.#low
      out[2 * o + 1] = this.#high
      this.#read = 1
      o++
    }
    while (o < stop) {
      if (this.#deltaAt === this.#deltaCount) this.#nextMiniBlock()
      const now = Math.min(stop - o, this.#deltaCount - this.#deltaAt)
      this.#sum64(out, o, now)
      o += now
    }
  }

  #sum64(out: Int32Array, at: number, count: number): void {
    const lows = this.#deltasLow
    const highs = this.#deltasHigh
    const minLow = this.#minLow >>> 0
    const minHigh = this.#minHigh
    let low = this.#low >>> 0
    let high = this.#high
    for (let i = 0, d = this.#deltaAt, w = 2 * at; i < count; i++, d++, w += 2) {
      const sum = low + minLow + ((lows[d] as number) >>> 0)
      const carry = sum >= 0x100000000 ? (sum >= 0x200000000 ? 2 : 1) : 0
      low = sum >>> 0
      high = (high + minHigh + (highs[d] as number) + carry) | 0
      out[w] = low
      out[w + 1] = high
    }
    this.#low = low | 0
    this.#high = high
    this.#deltaAt += count
    this.#read += count
  }

  #nextMiniBlock(): void {
    if (this.#read >= this.total) badPage('it has fewer values than its header says')
    if (this.#miniBlock === this.#miniBlocks) this.#nextBlock()
    const width = this.#bytes[this.#widths + this.#miniBlock] as number
    this.#miniBlock++
    const count = Math.min(this.#perMiniBlock, this.total - this.#read)
    // Every mini-block is whole, though only values up to the total count; a short last one is
    // padded, and some writers leave the padding out.
    const whole = (this.#perMiniBlock / 8) * width
    const needed = Math.ceil((count * width) / 8)
    if (width > 64 || this.#at + needed > this.#end) badPage('a delta block is cut off')
    if (width <= 32) {
      unpackBits(this.#view, this.#at, 0, width, this.#deltasLow, 0, count)
      this.#deltasHigh.fill(0)
    } else {
      this.#unpackWide(width, count)
    }
    this.#at = Math.min(this.#at + whole, this.#end)
    this.#deltaAt = 0
    this.#deltaCount = count
  }

  /** Differences of 33 to 64 bits: rare, so bit by bit through a few bytes. */
  #unpackWide(width: number, count: number): void {
    for (let i = 0; i < count; i++) {
      this.#deltasLow[i] = this.#bits(i * width, 32)
      this.#deltasHigh[i] = this.#bits(i * width + 32, width - 32)
    }
  }

  #bits(bit: number, width: number): number {
    let value = 0
    for (let got = 0; got < width; ) {
      const position = bit + got
      const shift = position & 7
      value |= ((this.#bytes[this.#at + (position >>> 3)] as number) >>> shift) << got
      got += 8 - shift
    }
    return width === 32 ? value : value & ((1 << width) - 1)
  }

  #nextBlock(): void {
    this.#zigzag64()
    this.#widths = this.#at
    this.#at += this.#miniBlocks
    if (this.#at > this.#end) badPage('a delta block is cut off')
    this.#miniBlock = 0
  }

  #byte(): number {
    if (this.#at >= this.#end) badPage('it has fewer values than its header says')
    return this.#bytes[this.#at++] as number
  }

  #smallVarint(): number {
    let result = 0
    let scale = 1
    for (let i = 0; i < 5; i++) {
      const byte = this.#byte()
      result += (byte & 0x7f) * scale
      if (byte < 0x80) return result
      scale *= 128
    }
    return badPage('a count does not end')
  }

  /** A zig-zag varint of up to 64 bits, left in the two halves of the block's minimum. */
  #zigzag64(): void {
    let low = 0
    let high = 0
    for (let shift = 0; ; shift += 7) {
      if (shift > 63) badPage('a delta does not end')
      const byte = this.#byte()
      const bits = byte & 0x7f
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high |= bits >>> 4
      } else high |= bits << (shift - 32)
      if (byte < 0x80) break
    }
    const sign = -(low & 1)
    this.#minLow = ((low >>> 1) | (high << 31)) ^ sign
    this.#minHigh = (high >>> 1) ^ sign
  }
}
