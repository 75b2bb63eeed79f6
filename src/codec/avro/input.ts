import { CorruptData } from '../../errors.js'
import { decodeUtf8 } from '../../util/utf8.js'

const scratch = new DataView(new ArrayBuffer(8))
/** Up to here a byte loop is cheaper than a platform call, and the copy needs no buffer of its own. */
const SHORT_COPY_BYTES = 64

/** A cursor over Avro's binary encoding. Every read is checked; all failures are `CorruptData`. */
export class AvroInput {
  readonly bytes: Uint8Array
  readonly end: number
  pos: number
  readonly #view: DataView
  readonly #path: string | undefined
  /** Offset of `bytes[0]` for error messages: in the file, or 0 in an inflated block. */
  readonly #origin: number

  constructor(bytes: Uint8Array, path: string | undefined, pos = 0, origin = 0) {
    this.bytes = bytes
    this.end = bytes.length
    this.pos = pos
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#path = path
    this.#origin = origin
  }

  fail(what: string): never {
    const offset = this.#origin + this.pos
    const file = this.#path === undefined ? '' : ` in ${this.#path}`
    throw new CorruptData(`bad avro data: ${what} at offset ${offset}${file}`, {
      details: { path: this.#path, offset },
    })
  }

  /** A zig-zag varint of at most five bytes. */
  readInt(): number {
    const { bytes, end } = this
    let pos = this.pos
    let result = 0
    for (let shift = 0; shift < 35; shift += 7) {
      if (pos >= end) this.fail('an int is cut off')
      const byte = bytes[pos++] as number
      if (shift === 28 && byte > 0x0f) this.fail('an int has more than 32 bits')
      result |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.pos = pos
        return (result >>> 1) ^ -(result & 1)
      }
    }
    return this.fail('an int has more than five bytes')
  }

  /** A zig-zag varint of at most ten bytes. */
  readLong(): bigint {
    const { bytes, end } = this
    let pos = this.pos
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      if (pos >= end) this.fail('a long is cut off')
      const byte = bytes[pos++] as number
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.pos = pos
        return BigInt((low >>> 1) ^ -(low & 1))
      }
    }
    return this.#longTail(low, pos)
  }

  /** The rest of a long after its first 28 bits. */
  #longTail(low28: number, from: number): bigint {
    const { bytes, end } = this
    let pos = from
    let low = low28
    let high = 0
    for (let index = 4; index < 10; index++) {
      if (pos >= end) this.fail('a long is cut off')
      const byte = bytes[pos++] as number
      const bits = byte & 0x7f
      if (index === 4) {
        low |= bits << 28
        high = bits >>> 4
      } else {
        if (index === 9 && byte > 1) this.fail('a long has more than 64 bits')
        high |= bits << (index * 7 - 32)
      }
      if (byte < 0x80) {
        this.pos = pos
        const sign = -(low & 1)
        scratch.setInt32(0, ((low >>> 1) | (high << 31)) ^ sign, true)
        scratch.setInt32(4, (high >>> 1) ^ sign, true)
        return scratch.getBigInt64(0, true)
      }
    }
    return this.fail('a long has more than ten bytes')
  }

  skipVarint(bytesMax: number): void {
    const { bytes, end } = this
    let pos = this.pos
    const last = pos + bytesMax
    for (;;) {
      if (pos >= end) this.fail('a number is cut off')
      if ((bytes[pos++] as number) < 0x80) break
      if (pos >= last) this.fail(`a number has more than ${bytesMax} bytes`)
    }
    this.pos = pos
  }

  /** A long that is a number of bytes still to come. */
  readLength(what: string): number {
    const first = this.pos < this.end ? (this.bytes[this.pos] as number) : 0x80
    // One byte without its continuation bit and without its sign: the common short length.
    if (first < 0x80 && (first & 1) === 0) {
      this.pos++
      const length = first >>> 1
      if (length > this.end - this.pos) this.fail(`${what} is longer than the data`)
      return length
    }
    const length = Number(this.readLong())
    if (length < 0) this.fail(`${what} has a negative length`)
    if (length > this.end - this.pos) this.fail(`${what} is longer than the data`)
    return length
  }

  /**
   * The item count of the next block of an array or map, 0 at its end. Each item takes a byte or
   * more (schemas with emptier items are refused), so the count is bounded by what is left.
   */
  readBlockCount(): number {
    const count = Number(this.readLong())
    if (count >= 0) return this.#checkCount(count)
    const size = this.readLength('a block')
    this.#checkCount(-count)
    if (-count > size) this.fail('a block has more items than bytes')
    return -count
  }

  /** Like {@link readBlockCount}, but jumps over blocks that record their size. */
  skipBlocks(): number {
    for (;;) {
      const count = Number(this.readLong())
      if (count >= 0) return this.#checkCount(count)
      this.skip(this.readLength('a block'), 'a block')
    }
  }

  #checkCount(count: number): number {
    if (count > this.end - this.pos) this.fail('a block has more items than bytes')
    return count
  }

  readBoolean(): boolean {
    if (this.pos >= this.end) this.fail('a boolean is cut off')
    const byte = this.bytes[this.pos++] as number
    if (byte > 1) {
      this.pos--
      this.fail('a boolean is neither 0 nor 1')
    }
    return byte === 1
  }

  readFloat(): number {
    const at = this.#take(4, 'a float')
    return this.#view.getFloat32(at, true)
  }

  readDouble(): number {
    const at = this.#take(8, 'a double')
    return this.#view.getFloat64(at, true)
  }

  readString(): string {
    const length = this.readLength('a string')
    const start = this.pos
    const text = decodeUtf8(this.bytes, start, start + length)
    if (text === undefined) return this.fail('a string is not valid utf-8')
    this.pos = start + length
    return text
  }

  /** A copy of `length` bytes, so that a small value does not keep its whole file in memory. */
  readBytes(length: number, what: string): Uint8Array {
    const at = this.#take(length, what)
    if (length > SHORT_COPY_BYTES) return this.bytes.slice(at, at + length)
    const copy = new Uint8Array(length)
    for (let k = 0; k < length; k++) copy[k] = this.bytes[at + k] as number
    return copy
  }

  skip(length: number, what: string): void {
    this.#take(length, what)
  }

  #take(length: number, what: string): number {
    const at = this.pos
    if (length > this.end - at) this.fail(`${what} is cut off`)
    this.pos = at + length
    return at
  }
}
