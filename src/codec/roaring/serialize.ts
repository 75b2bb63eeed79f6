import { CorruptData } from '../../errors.js'
import { ByteWriter } from '../../util/byte-writer.js'
import {
  ARRAY_MAX,
  BITMAP_WORDS,
  type Container,
  cardinalityOf,
  fromWords,
  popCount,
  toWords,
} from './container.js'
import { PositionBitmap } from './position-bitmap.js'

const COOKIE_RUNS = 12347
const COOKIE_PLAIN = 12346
/** With runs, offsets are written from this many containers on. */
const OFFSETS_FROM = 4
/** Keys of 32-bit bitmaps above this give positions beyond 2^53, which no file has. */
const KEY_MAX = 2 ** 21 - 1
const CONTAINERS_PER_KEY = 65536

/**
 * Reads a set of 64-bit positions in Roaring's portable format: a count, then a 32-bit bitmap for
 * each value of the high four bytes. Everything is checked: order, cardinalities, bounds, the end.
 *
 * @throws CorruptData with the offset.
 */
export function decodePositions(bytes: Uint8Array, path?: string): PositionBitmap {
  return new Decoder(bytes, path).decode()
}

class Decoder {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #path: string | undefined
  #pos = 0

  constructor(bytes: Uint8Array, path: string | undefined) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#path = path
  }

  decode(): PositionBitmap {
    const bitmap = new PositionBitmap()
    this.#need(8)
    const count = this.#view.getBigUint64(0, true)
    this.#pos = 8
    // The smallest bitmap has a key and a cookie.
    if (count * 8n > BigInt(this.#bytes.length - 8)) this.#fail('more bitmaps than bytes')
    let last = -1
    for (let left = Number(count); left > 0; left--) {
      const key = this.#u32()
      if (key <= last) this.#fail('the keys are not ascending')
      if (key > KEY_MAX) this.#fail('a position is beyond 2^53')
      last = key
      this.#bitmap32(key * CONTAINERS_PER_KEY, bitmap)
    }
    if (this.#pos !== this.#bytes.length) this.#fail('bytes are left over')
    return bitmap
  }

  #bitmap32(base: number, into: PositionBitmap): void {
    const start = this.#pos
    const cookie = this.#u32()
    const withRuns = (cookie & 0xffff) === COOKIE_RUNS
    if (!withRuns && cookie !== COOKIE_PLAIN) this.#fail('an unknown cookie')
    const count = withRuns ? (cookie >>> 16) + 1 : this.#u32()
    if (count > CONTAINERS_PER_KEY) this.#fail('more than 65536 containers')
    const flags = this.#pos
    if (withRuns) this.#skip((count + 7) >>> 3)
    const headers = this.#pos
    this.#skip(4 * count)
    const hasOffsets = !withRuns || count >= OFFSETS_FROM
    const offsets = this.#pos
    if (hasOffsets) this.#skip(4 * count)
    let last = -1
    for (let i = 0; i < count; i++) {
      const key = this.#view.getUint16(headers + 4 * i, true)
      const cardinality = this.#view.getUint16(headers + 4 * i + 2, true) + 1
      if (key <= last) this.#fail('the container keys are not ascending')
      last = key
      if (hasOffsets && this.#view.getUint32(offsets + 4 * i, true) !== this.#pos - start) {
        this.#fail('a container is not where its offset says')
      }
      const isRun = withRuns && ((this.#view.getUint8(flags + (i >>> 3)) >>> (i & 7)) & 1) === 1
      into.setContainer(base + key, this.#container(isRun, cardinality))
    }
  }

  #container(isRun: boolean, cardinality: number): Container {
    let container: Container
    if (isRun) container = this.#runs()
    else if (cardinality <= ARRAY_MAX) container = this.#array(cardinality)
    else container = this.#words()
    if (cardinalityOf(container) !== cardinality) this.#fail('a wrong cardinality')
    return container
  }

  #array(length: number): Container {
    const at = this.#skip(2 * length)
    const values = new Uint16Array(length)
    for (let i = 0; i < length; i++) {
      values[i] = this.#view.getUint16(at + 2 * i, true)
      if (i > 0 && (values[i] as number) <= (values[i - 1] as number)) {
        this.#fail('the values are not ascending')
      }
    }
    return { kind: 'array', values }
  }

  #words(): Container {
    const at = this.#skip(4 * BITMAP_WORDS)
    const words = new Uint32Array(BITMAP_WORDS)
    let cardinality = 0
    for (let i = 0; i < BITMAP_WORDS; i++) {
      const word = this.#view.getUint32(at + 4 * i, true)
      words[i] = word
      cardinality += popCount(word)
    }
    return { kind: 'bitmap', words, cardinality }
  }

  #runs(): Container {
    const at = this.#skip(2)
    const count = this.#view.getUint16(at, true)
    const from = this.#skip(4 * count)
    const bounds = new Uint16Array(2 * count)
    let last = -1
    for (let i = 0; i < count; i++) {
      const first = this.#view.getUint16(from + 4 * i, true)
      const end = first + this.#view.getUint16(from + 4 * i + 2, true)
      if (first <= last || end > 65535) this.#fail('the runs are not ascending')
      bounds[2 * i] = first
      bounds[2 * i + 1] = end
      last = end
    }
    return { kind: 'run', bounds }
  }

  #u32(): number {
    return this.#view.getUint32(this.#skip(4), true)
  }

  #skip(length: number): number {
    this.#need(length)
    const at = this.#pos
    this.#pos += length
    return at
  }

  #need(length: number): void {
    if (length > this.#bytes.length - this.#pos) this.#fail('it is cut off')
  }

  #fail(what: string): never {
    const file = this.#path === undefined ? '' : ` in ${this.#path}`
    throw new CorruptData(`bad roaring bitmap: ${what} at offset ${this.#pos}${file}`, {
      details: { path: this.#path, offset: this.#pos },
    })
  }
}

/** Writes a set in the format of {@link decodePositions}, each container in its smallest form. */
export function encodePositions(bitmap: PositionBitmap): Uint8Array {
  const groups = new Map<number, (readonly [number, Container])[]>()
  for (const [key, stored] of bitmap.containers()) {
    const container = fromWords(toWords(stored))
    const high = Math.floor(key / CONTAINERS_PER_KEY)
    const group = groups.get(high) ?? []
    group.push([key % CONTAINERS_PER_KEY, container])
    groups.set(high, group)
  }
  const out = new ByteWriter()
  out.u64le(BigInt(groups.size))
  for (const [high, group] of groups) {
    out.u32le(high)
    writeBitmap32(out, group)
  }
  return out.toBytes()
}

function writeBitmap32(out: ByteWriter, group: readonly (readonly [number, Container])[]): void {
  const withRuns = group.some(([, container]) => container.kind === 'run')
  const count = group.length
  let offset: number
  if (withRuns) {
    out.u32le(COOKIE_RUNS | ((count - 1) << 16))
    const flags = new Uint8Array((count + 7) >>> 3)
    for (const [i, [, container]] of group.entries()) {
      if (container.kind === 'run') flags[i >>> 3] = (flags[i >>> 3] as number) | (1 << (i & 7))
    }
    out.bytes(flags)
    offset = 4 + flags.length
  } else {
    out.u32le(COOKIE_PLAIN)
    out.u32le(count)
    offset = 8
  }
  for (const [key, container] of group) {
    out.u16le(key)
    out.u16le(cardinalityOf(container) - 1)
  }
  if (!withRuns || count >= OFFSETS_FROM) {
    offset += 8 * count
    for (const [, container] of group) {
      out.u32le(offset)
      offset += sizeOf(container)
    }
  }
  for (const [, container] of group) writeContainer(out, container)
}

function sizeOf(container: Container): number {
  if (container.kind === 'array') return 2 * container.values.length
  return container.kind === 'bitmap' ? 4 * BITMAP_WORDS : 2 + 2 * container.bounds.length
}

function writeContainer(out: ByteWriter, container: Container): void {
  if (container.kind === 'array') {
    for (const value of container.values) out.u16le(value)
  } else if (container.kind === 'bitmap') {
    for (const word of container.words) out.u32le(word)
  } else {
    const { bounds } = container
    out.u16le(bounds.length / 2)
    for (let i = 0; i < bounds.length; i += 2) {
      out.u16le(bounds[i] as number)
      out.u16le((bounds[i + 1] as number) - (bounds[i] as number))
    }
  }
}
