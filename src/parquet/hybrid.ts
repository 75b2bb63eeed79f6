import { unpackBits } from './bit-unpack.js'
import { badPage } from './page-errors.js'

/**
 * Parquet's RLE / bit-packing hybrid (Encodings.md, "RLE = 3"), read in pieces of any size so that
 * consumers can work in cache-sized blocks.
 */
export class HybridReader {
  #bytes: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  #at = 0
  #end = 0
  #width = 0
  /** Values left of the current run, and of which kind it is. */
  #left = 0
  #packed = false
  #value = 0
  /** Start of the current bit-packed run, and how many of its values were read. */
  #runStart = 0
  #runRead = 0

  /** Begins at byte `start` of `bytes`; `width` is the number of bits of a value, 0 to 32. */
  reset(bytes: Uint8Array, view: DataView, start: number, end: number, width: number): void {
    if (width > 32) badPage(`a bit width of ${width}`)
    this.#bytes = bytes
    this.#view = view
    this.#at = start
    this.#end = end
    this.#width = width
    this.#left = 0
  }

  /** Reads `count` values into `out[at..]`. Throws CorruptData when there are not so many. */
  read(out: Int32Array, at: number, count: number): void {
    if (this.#width === 0) {
      out.fill(0, at, at + count)
      return
    }
    let o = at
    const stop = at + count
    while (o < stop) {
      if (this.#left === 0) this.nextRun()
      const now = Math.min(this.#left, stop - o)
      if (this.#packed) {
        unpackBits(this.#view, this.#runStart, this.#runRead, this.#width, out, o, now)
        this.#runRead += now
      } else {
        out.fill(this.#value, o, o + now)
      }
      this.#left -= now
      o += now
    }
  }

  /** Values left of the current run; reads the next run's header when none are. */
  get left(): number {
    return this.#left
  }

  /** Whether the current run repeats {@link value}; otherwise it is bit-packed. */
  get repeats(): boolean {
    return !this.#packed
  }

  get value(): number {
    return this.#value
  }

  /** Bytes of the current bit-packed run at which the next value begins, with the value's index. */
  get packedStart(): number {
    return this.#runStart
  }

  get packedRead(): number {
    return this.#runRead
  }

  /** Steps over values of the current run that the caller took itself. */
  take(count: number): void {
    this.#left -= count
    this.#runRead += count
  }

  /** Whether the next `count` values are all 1, as far as runs and whole bytes show it cheaply. */
  skipOnes(count: number): boolean {
    for (let seen = 0; seen < count; ) {
      if (this.#left === 0) this.nextRun()
      const now = Math.min(this.#left, count - seen)
      if (this.#packed ? !this.#packedOnes(now) : this.#value !== 1) return false
      this.take(now)
      seen += now
    }
    return true
  }

  /** Whether the next `count` one-bit values of a bit-packed run are all 1. */
  #packedOnes(count: number): boolean {
    if (this.#runRead % 8 !== 0) return false
    const first = this.#runStart + this.#runRead / 8
    const whole = first + (count >> 3)
    for (let at = first; at < whole; at++) if (this.#bytes[at] !== 0xff) return false
    const rest = (1 << (count & 7)) - 1
    return rest === 0 || ((this.#bytes[whole] as number) & rest) === rest
  }

  /** Reads the header of the next run. */
  nextRun(): void {
    const header = this.#varint()
    const width = this.#width
    if ((header & 1) === 1) {
      const groups = Math.floor(header / 2)
      const length = groups * width
      this.#packed = true
      this.#runStart = this.#at
      this.#runRead = 0
      this.#at += length
      this.#left = groups * 8
      if (this.#at > this.#end) this.#shorten(groups)
    } else {
      this.#packed = false
      this.#left = header / 2
      const valueBytes = (width + 7) >> 3
      if (this.#at + valueBytes > this.#end) badPage('a run is cut off')
      let value = 0
      for (let k = 0; k < valueBytes; k++) {
        value |= (this.#bytes[this.#at++] as number) << (8 * k)
      }
      this.#value = value
    }
    if (this.#left === 0) this.#countEmptyRun()
  }

  /** Some writers leave out the padding of the last group: only whole values count then. */
  #shorten(groups: number): void {
    const have = this.#end - this.#runStart
    this.#left = Math.min(groups * 8, Math.floor((have * 8) / this.#width))
    this.#at = this.#end
    if (have <= 0) badPage('a bit-packed run is cut off')
  }

  /** An empty run is allowed, but reading on must make progress. */
  #countEmptyRun(): void {
    if (this.#at >= this.#end) badPage('it has fewer values than its header says')
  }

  #varint(): number {
    let result = 0
    let scale = 1
    for (let i = 0; i < 5; i++) {
      if (this.#at >= this.#end) badPage('it has fewer values than its header says')
      const byte = this.#bytes[this.#at++] as number
      result += (byte & 0x7f) * scale
      if (byte < 0x80) return result
      scale *= 128
    }
    return badPage('a run length does not end')
  }
}
