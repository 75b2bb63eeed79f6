const encoder = new TextEncoder()

/** Up to this many characters a loop beats the platform's encoder. */
const SHORT_TEXT = 48

/** A growing byte buffer. All numbers are little-endian unless the name says otherwise. */
export class ByteWriter {
  #bytes: Uint8Array
  #view: DataView
  #length = 0

  constructor(initialCapacity = 1024) {
    this.#bytes = new Uint8Array(Math.max(16, initialCapacity))
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length
  }

  u8(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1)
    this.#bytes[this.#length++] = value
  }

  u16le(value: number): void {
    const at = this.#claim(2)
    this.#view.setUint16(at, value, true)
  }

  u32le(value: number): void {
    const at = this.#claim(4)
    this.#view.setUint32(at, value, true)
  }

  u32be(value: number): void {
    const at = this.#claim(4)
    this.#view.setUint32(at, value, false)
  }

  u64le(value: bigint): void {
    const at = this.#claim(8)
    this.#view.setBigUint64(at, value, true)
  }

  f32le(value: number): void {
    const at = this.#claim(4)
    this.#view.setFloat32(at, value, true)
  }

  f64le(value: number): void {
    const at = this.#claim(8)
    this.#view.setFloat64(at, value, true)
  }

  bytes(value: Uint8Array): void {
    const at = this.#claim(value.length)
    this.#bytes.set(value, at)
  }

  /** UTF-8 of a text without lone surrogates. */
  utf8(text: string): void {
    const start = this.#length
    // UTF-8 takes at most three bytes for a UTF-16 unit.
    if (start + text.length * 3 > this.#bytes.length) this.#grow(text.length * 3)
    const bytes = this.#bytes
    if (text.length <= SHORT_TEXT) {
      let i = 0
      for (; i < text.length; i++) {
        const unit = text.charCodeAt(i)
        if (unit >= 0x80) break
        bytes[start + i] = unit
      }
      if (i === text.length) {
        this.#length = start + i
        return
      }
    }
    this.#length = start + encoder.encodeInto(text, bytes.subarray(start)).written
  }

  /** Unsigned LEB128 of a non-negative integer below 2^53. */
  varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.u8(rest)
  }

  /** Zig-zag LEB128 of a 32-bit integer (Avro int, thrift i16 and i32). */
  zigzag32(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.u8(rest)
  }

  /** Zig-zag LEB128 of a 64-bit integer (Avro long, thrift i64). */
  zigzag64(value: bigint): void {
    if (value >= -0x4000_0000n && value < 0x4000_0000n) {
      this.zigzag32(Number(value))
      return
    }
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
    while (rest >= 0x80n) {
      this.u8(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.u8(Number(rest))
  }

  /** Overwrites four bytes written before. */
  patchU32le(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  /** Makes room for `length` bytes before what stands at `at`; they hold anything until written. */
  insert(at: number, length: number): void {
    const end = this.#length
    this.#claim(length)
    this.#bytes.copyWithin(at + length, at, end)
  }

  /** Overwrites `width` bytes written before with an unsigned integer below 2^32. */
  patchUint(at: number, value: number, width: number): void {
    for (let i = 0; i < width; i++) this.#bytes[at + i] = value >>> (8 * i)
  }

  /** A view of what was written, valid until the next write. */
  peek(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** Forgets what was written from `length` on. */
  truncate(length: number): void {
    this.#length = Math.min(length, this.#length)
  }

  /** Forgets what was written and keeps the buffer. */
  reset(): void {
    this.#length = 0
  }

  /** Makes room. It may replace buffer and view, so call it before either is read. */
  #claim(length: number): number {
    const at = this.#length
    if (at + length > this.#bytes.length) this.#grow(length)
    this.#length = at + length
    return at
  }

  #grow(needed: number): void {
    const capacity = Math.max(this.#bytes.length * 2, this.#length + needed)
    const grown = new Uint8Array(capacity)
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
    this.#view = new DataView(grown.buffer)
  }
}
