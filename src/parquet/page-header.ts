import { CorruptData } from '../errors.js'

/** PageType of parquet.thrift. */
export const PAGE_DATA = 0
export const PAGE_INDEX = 1
export const PAGE_DICTIONARY = 2
export const PAGE_DATA_V2 = 3

/** Longest run of nested structs that {@link PageHeaderReader} steps over. */
const maxDepth = 16

/**
 * Reads page headers (PageHeader of parquet.thrift) one after the other into its own fields. A scan
 * reads millions of these, so nothing is allocated and only the fields in use are kept.
 */
export class PageHeaderReader {
  /** Offset just after the header that was read last. */
  end = 0
  type = -1
  uncompressedBytes = -1
  compressedBytes = -1
  crc: number | undefined = undefined
  values = -1
  nulls = 0
  rows = -1
  /** Encoding of the values, by its number. */
  encoding = -1
  definitionEncoding = 3
  repetitionEncoding = 3
  definitionBytes = 0
  repetitionBytes = 0
  /** Data page v2 only: whether the values are compressed. */
  compressed = true

  readonly #bytes: Uint8Array
  readonly #path: string
  #at = 0
  #fieldType = 0
  #fieldId = 0

  constructor(bytes: Uint8Array, path: string) {
    this.#bytes = bytes
    this.#path = path
  }

  /** Reads the header at `offset`. Throws CorruptData when there is none. */
  read(offset: number): void {
    this.#at = offset
    this.type = -1
    this.uncompressedBytes = -1
    this.compressedBytes = -1
    this.crc = undefined
    this.values = -1
    this.nulls = 0
    this.rows = -1
    this.encoding = -1
    this.definitionEncoding = 3
    this.repetitionEncoding = 3
    this.definitionBytes = 0
    this.repetitionBytes = 0
    this.compressed = true
    let id = 0
    while (this.#nextField(id)) {
      id = this.#fieldId
      this.#readMember(id)
    }
    this.end = this.#at
    this.#check()
  }

  #readMember(id: number): void {
    if (id === 1) this.type = this.#i32()
    else if (id === 2) this.uncompressedBytes = this.#i32()
    else if (id === 3) this.compressedBytes = this.#i32()
    else if (id === 4) this.crc = this.#i32() >>> 0
    else if (id === 5 || id === 7 || id === 8) this.#readInner(id)
    else this.#skip(this.#fieldType, 0)
  }

  /** The header of the page's own kind: data (5), dictionary (7) or data v2 (8). */
  #readInner(kind: number): void {
    if (this.#fieldType !== 12) this.#fail('a header is not a struct')
    let id = 0
    while (this.#nextField(id)) {
      id = this.#fieldId
      if (id === 1) this.values = this.#i32()
      else if (kind === 8) this.#readInnerV2(id)
      else if (id === 2) this.encoding = this.#i32()
      else if (kind === 5 && id === 3) this.definitionEncoding = this.#i32()
      else if (kind === 5 && id === 4) this.repetitionEncoding = this.#i32()
      else this.#skip(this.#fieldType, 0)
    }
  }

  #readInnerV2(id: number): void {
    if (id === 2) this.nulls = this.#i32()
    else if (id === 3) this.rows = this.#i32()
    else if (id === 4) this.encoding = this.#i32()
    else if (id === 5) this.definitionBytes = this.#i32()
    else if (id === 6) this.repetitionBytes = this.#i32()
    else if (id === 7) this.compressed = this.#bool()
    else this.#skip(this.#fieldType, 0)
  }

  #check(): void {
    const sizes = Math.min(this.uncompressedBytes, this.compressedBytes)
    if (this.type < 0 || sizes < 0) this.#fail('it lacks its type or sizes')
    if (this.type === PAGE_INDEX || this.type > PAGE_DATA_V2) return
    if (this.values < 0 || this.encoding < 0) this.#fail('it lacks its value count or encoding')
    const levels = this.definitionBytes + this.repetitionBytes
    if (Math.min(this.definitionBytes, this.repetitionBytes) < 0 || this.nulls < 0) {
      this.#fail('it has a negative length')
    }
    if (levels > Math.min(this.compressedBytes, this.uncompressedBytes)) {
      this.#fail('its levels are longer than the page')
    }
  }

  #fail(what: string): never {
    throw new CorruptData(
      `bad page header at byte ${this.#at} of a column in ${this.#path}: ${what}`,
      {
        details: { path: this.#path, offset: this.#at },
      },
    )
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    return byte === undefined ? this.#fail('it is cut off') : byte
  }

  #nextField(previousId: number): boolean {
    const head = this.#byte()
    if (head === 0) return false
    this.#fieldType = head & 15
    const delta = head >>> 4
    this.#fieldId = delta === 0 ? this.#zigzag() : previousId + delta
    return true
  }

  #i32(): number {
    if (this.#fieldType !== 5) this.#fail(`field ${this.#fieldId} is not an i32`)
    return this.#zigzag()
  }

  #bool(): boolean {
    if (this.#fieldType > 2) this.#fail(`field ${this.#fieldId} is not a boolean`)
    return this.#fieldType === 1
  }

  #zigzag(): number {
    const raw = this.#varint()
    if (raw > 0xffffffff) this.#fail('a number is too large')
    return (raw >>> 1) ^ -(raw & 1)
  }

  /** An unsigned varint of at most ten bytes; large ones lose precision and are refused by callers. */
  #varint(): number {
    let result = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte()
      result += (byte & 0x7f) * scale
      if (byte < 0x80) return result
      scale *= 128
    }
    return this.#fail('a number does not end')
  }

  #skip(type: number, depth: number): void {
    if (depth > maxDepth) this.#fail('it is nested too deep')
    if (type === 1 || type === 2) return
    if (type === 3) this.#at += 1
    else if (type >= 4 && type <= 6) this.#varint()
    else if (type === 7) this.#at += 8
    else if (type === 8) this.#skipBytes()
    else if (type === 9 || type === 10) this.#skipList(depth)
    else if (type === 12) this.#skipStruct(depth)
    else this.#fail(`thrift type ${type} cannot be here`)
    if (this.#at > this.#bytes.length) this.#fail('it is cut off')
  }

  #skipBytes(): void {
    // Read the length first: `at += varint()` would add to where it stood before.
    const length = this.#varint()
    this.#at += length
  }

  #skipStruct(depth: number): void {
    let id = 0
    while (this.#nextField(id)) {
      id = this.#fieldId
      this.#skip(this.#fieldType, depth + 1)
    }
  }

  #skipList(depth: number): void {
    const head = this.#byte()
    const type = head & 15
    const count = head >>> 4 === 15 ? this.#varint() : head >>> 4
    if (count > this.#bytes.length - this.#at) this.#fail('a list is longer than the page')
    // Booleans in a list take a byte each, unlike boolean fields.
    for (let i = 0; i < count; i++) this.#skip(type === 1 || type === 2 ? 3 : type, depth + 1)
  }
}
