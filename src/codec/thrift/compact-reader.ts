import type { Limits } from '../../env/limits.js'
import { CorruptData, LimitExceeded } from '../../errors.js'
import { decodeUtf8 } from '../../util/utf8.js'

/** Wire types of the compact protocol. */
export const T = {
  STOP: 0,
  TRUE: 1,
  FALSE: 2,
  BYTE: 3,
  I16: 4,
  I32: 5,
  I64: 6,
  DOUBLE: 7,
  BINARY: 8,
  LIST: 9,
  SET: 10,
  MAP: 11,
  STRUCT: 12,
  UUID: 13,
} as const

export interface CompactReaderOptions {
  readonly limits: Limits
  readonly path?: string | undefined
  readonly offset?: number
  readonly end?: number
}

/** A cursor over thrift compact data. It makes no objects but those that the caller asks for. */
export class CompactReader {
  /** Offset of the next byte. */
  pos: number
  /** Of the field that `nextField` found. */
  fieldId = 0
  fieldType = 0
  /** Of the list that `listBegin` found. */
  listType = 0
  listSize = 0
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  readonly #path: string | undefined
  readonly #maxDepth: number
  readonly #ids: number[] = []

  constructor(bytes: Uint8Array, options: CompactReaderOptions) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.pos = options.offset ?? 0
    this.#end = options.end ?? bytes.length
    this.#path = options.path
    this.#maxDepth = options.limits.thriftDepth
  }

  #fail(what: string): never {
    const file = this.#path === undefined ? '' : ` in ${this.#path}`
    throw new CorruptData(`bad thrift data${file} at byte ${this.pos}: ${what}`, {
      details: { path: this.#path, offset: this.pos },
    })
  }

  structBegin(): void {
    if (this.#ids.length >= this.#maxDepth) {
      throw new LimitExceeded(`thrift data is nested deeper than thriftDepth allows`, {
        details: { limit: 'thriftDepth', max: this.#maxDepth, actual: this.#ids.length + 1 },
      })
    }
    this.#ids.push(0)
  }

  structEnd(): void {
    this.#ids.pop()
  }

  /** Reads the header of the next field of the current struct; false at the struct's end. */
  nextField(): boolean {
    const header = this.#byte()
    if (header === 0) return false
    const depth = this.#ids.length - 1
    const delta = header >>> 4
    this.fieldType = header & 15
    this.fieldId = delta === 0 ? this.readI16() : (this.#ids[depth] as number) + delta
    this.#ids[depth] = this.fieldId
    return true
  }

  #byte(): number {
    if (this.pos >= this.#end) this.#fail('it is cut off')
    return this.#bytes[this.pos++] as number
  }

  readBoolElement(): boolean {
    return this.#byte() === T.TRUE
  }

  readByte(): number {
    return (this.#byte() << 24) >> 24
  }

  readI16(): number {
    const value = this.readI32()
    if (value !== (value << 16) >> 16) this.#fail('an i16 is out of range')
    return value
  }

  readI32(): number {
    const raw = this.#varint(5)
    if (raw > 0xffffffff) this.#fail('an i32 is out of range')
    return (raw >>> 1) ^ -(raw & 1)
  }

  readI64(): bigint {
    let result = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      result |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        if (result > 0xffff_ffff_ffff_ffffn) this.#fail('an i64 is out of range')
        return BigInt.asIntN(64, (result >> 1n) ^ -(result & 1n))
      }
    }
    return this.#fail('a varint does not end')
  }

  /** An i64 that a number holds exactly. */
  readI64AsNumber(): number {
    const start = this.pos
    const raw = this.#varint(10)
    if (raw <= Number.MAX_SAFE_INTEGER) return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2
    this.pos = start
    const value = Number(this.readI64())
    if (!Number.isSafeInteger(value)) this.#fail('an i64 is beyond 2^53')
    return value
  }

  #varint(most: number): number {
    let result = 0
    let scale = 1
    for (let i = 0; i < most; i++) {
      const byte = this.#byte()
      result += (byte & 0x7f) * scale
      if (byte < 0x80) return result
      scale *= 128
    }
    return this.#fail('a varint does not end')
  }

  readDouble(): number {
    if (this.pos + 8 > this.#end) this.#fail('it is cut off')
    const value = this.#view.getFloat64(this.pos, true)
    this.pos += 8
    return value
  }

  /** A view of the bytes, not a copy. */
  readBinary(): Uint8Array {
    const length = this.#varint(5)
    if (length > this.#end - this.pos) this.#fail('a string is longer than the data')
    const start = this.pos
    this.pos += length
    return this.#bytes.subarray(start, this.pos)
  }

  readString(): string {
    const bytes = this.readBinary()
    return decodeUtf8(bytes) ?? this.#fail('a string is not valid UTF-8')
  }

  /** Reads a list's header into `listType` and `listSize`. */
  listBegin(): void {
    const header = this.#byte()
    const size = header >>> 4
    this.listType = header & 15
    this.listSize = size === 15 ? this.#varint(5) : size
    // The least element takes a byte, so a longer list cannot be there.
    if (this.listSize > this.#end - this.pos) this.#fail('a list is longer than the data')
  }

  /** A view of what was read since `start`. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.pos)
  }

  /** Steps over a value of a type. */
  skip(type: number): void {
    if (type === T.TRUE || type === T.FALSE) return
    if (type === T.BYTE) this.#byte()
    else if (type >= T.I16 && type <= T.I64) this.#varint(10)
    else if (type === T.DOUBLE) this.#advance(8)
    else if (type === T.UUID) this.#advance(16)
    else if (type === T.BINARY) this.readBinary()
    else if (type === T.LIST || type === T.SET) this.#skipList()
    else if (type === T.MAP) this.#skipMap()
    else if (type === T.STRUCT) this.#skipStruct()
    else this.#fail(`there is no thrift type ${type}`)
  }

  #advance(bytes: number): void {
    if (bytes > this.#end - this.pos) this.#fail('it is cut off')
    this.pos += bytes
  }

  #skipElement(type: number): void {
    this.skip(type === T.TRUE || type === T.FALSE ? T.BYTE : type)
  }

  #skipList(): void {
    this.structBegin()
    this.listBegin()
    const type = this.listType
    for (let left = this.listSize; left > 0; left--) this.#skipElement(type)
    this.structEnd()
  }

  #skipMap(): void {
    this.structBegin()
    const size = this.#varint(5)
    if (size > this.#end - this.pos) this.#fail('a map is longer than the data')
    if (size > 0) {
      const types = this.#byte()
      for (let left = size; left > 0; left--) {
        this.#skipElement(types >>> 4)
        this.#skipElement(types & 15)
      }
    }
    this.structEnd()
  }

  #skipStruct(): void {
    this.structBegin()
    while (this.nextField()) this.skip(this.fieldType)
    this.structEnd()
  }
}
