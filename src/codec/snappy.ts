import { checkSize, corrupt, type DecodeBounds } from './bounds.js'

/** A match or literal longer than this is moved by the platform instead of byte by byte. */
const BULK_BYTES = 64
/** Short pieces are moved in whole steps, over bytes that the next element overwrites. */
const STEP_BYTES = 16
const HASH_BITS = 14
const MAX_BLOCK = 65536
/** The last bytes of a block are always literals, so that loads of four bytes stay inside. */
const TAIL_BYTES = 15

/** The size that raw snappy data says it unpacks to, with the offset of what follows. */
function readLength(bytes: Uint8Array, bounds: DecodeBounds): { size: number; at: number } {
  let size = 0
  for (let at = 0; at < 5; at++) {
    if (at >= bytes.length) return corrupt('snappy', 'the length is cut off', bounds)
    const byte = bytes[at] as number
    size += (byte & 0x7f) * 2 ** (7 * at)
    if (byte < 0x80) return { size, at: at + 1 }
  }
  return corrupt('snappy', 'the length has more than five bytes', bounds)
}

/**
 * Unpacks raw (unframed) snappy data.
 *
 * @throws CorruptData, or LimitExceeded when the recorded size is past `bounds.limit`.
 */
export function snappyDecode(bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  const { size, at } = readLength(bytes, bounds)
  checkSize('snappy', size, bounds)
  if (bounds.expectedSize !== undefined && bounds.expectedSize !== size) {
    return corrupt('snappy', `says ${size} bytes instead of ${bounds.expectedSize}`, bounds)
  }
  // One copy makes at most 64 bytes of 3: a larger claim is a bomb, caught before allocating.
  if (size > (bytes.length - at) * 64) return corrupt('snappy', 'too short for its length', bounds)
  const out = new Uint8Array(size)
  const problem = decodeInto(bytes, at, out)
  if (problem !== undefined) return corrupt('snappy', problem, bounds)
  return out
}

/** Unpacks elements from `at` and fills `out` exactly; returns what is wrong, if anything. */
function decodeInto(src: Uint8Array, at: number, out: Uint8Array): string | undefined {
  const srcEnd = src.length
  const outEnd = out.length
  const from = new DataView(src.buffer, src.byteOffset, srcEnd)
  const to = new DataView(out.buffer, out.byteOffset, outEnd)
  // Before these places a step stays inside its array.
  const srcSafe = srcEnd - BULK_BYTES - STEP_BYTES
  const outSafe = outEnd - BULK_BYTES - STEP_BYTES
  let i = at
  let o = 0
  while (i < srcEnd) {
    const tag = src[i++] as number
    let length = (tag >>> 2) + 1
    if ((tag & 3) === 0) {
      if (length > 60) {
        const extra = length - 60
        if (i + extra > srcEnd) return 'a literal length is cut off'
        length = 0
        for (let k = extra - 1; k >= 0; k--) length = length * 256 + (src[i + k] as number)
        length += 1
        i += extra
      }
      if (i + length > srcEnd) return 'a literal is cut off'
      if (o + length > outEnd) return 'more data than its length says'
      if (length > BULK_BYTES) out.set(src.subarray(i, i + length), o)
      else if (i <= srcSafe && o <= outSafe) {
        for (let k = 0; k < length; k += STEP_BYTES) step(from, i + k, to, o + k)
      } else for (let k = 0; k < length; k++) out[o + k] = src[i + k] as number
      i += length
      o += length
      continue
    }
    let offset: number
    if ((tag & 3) === 1) {
      if (i >= srcEnd) return 'a copy is cut off'
      length = ((tag >>> 2) & 7) + 4
      offset = ((tag >>> 5) << 8) | (src[i++] as number)
    } else if ((tag & 3) === 2) {
      if (i + 2 > srcEnd) return 'a copy is cut off'
      offset = (src[i] as number) | ((src[i + 1] as number) << 8)
      i += 2
    } else {
      if (i + 4 > srcEnd) return 'a copy is cut off'
      offset =
        ((src[i] as number) |
          ((src[i + 1] as number) << 8) |
          ((src[i + 2] as number) << 16) |
          ((src[i + 3] as number) << 24)) >>>
        0
      i += 4
    }
    if (offset === 0 || offset > o) return 'a copy reaches before the start'
    if (o + length > outEnd) return 'more data than its length says'
    if (offset >= STEP_BYTES && o <= outSafe) {
      for (let k = 0; k < length; k += STEP_BYTES) step(to, o - offset + k, to, o + k)
      o += length
    } else if (offset >= 4 && o <= outSafe) {
      for (let k = 0; k < length; k += 4) {
        to.setInt32(o + k, to.getInt32(o - offset + k, true), true)
      }
      o += length
    } else {
      // Byte by byte, because a copy may overlap what it writes.
      for (const end = o + length; o < end; o++) out[o] = out[o - offset] as number
    }
  }
  return o === outEnd ? undefined : 'less data than its length says'
}

/** Moves `STEP_BYTES` bytes. */
function step(from: DataView, at: number, to: DataView, target: number): void {
  to.setInt32(target, from.getInt32(at, true), true)
  to.setInt32(target + 4, from.getInt32(at + 4, true), true)
  to.setInt32(target + 8, from.getInt32(at + 8, true), true)
  to.setInt32(target + 12, from.getInt32(at + 12, true), true)
}

/** Packs bytes as raw snappy data. */
export function snappyEncode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(32 + bytes.length + Math.ceil(bytes.length / 6))
  let o = 0
  let rest = bytes.length
  while (rest >= 0x80) {
    out[o++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  out[o++] = rest
  const table = new Uint16Array(1 << HASH_BITS)
  for (let start = 0; start < bytes.length; start += MAX_BLOCK) {
    table.fill(0)
    o = encodeBlock(bytes, start, Math.min(start + MAX_BLOCK, bytes.length), out, o, table)
  }
  return out.slice(0, o)
}

/** Greedy matching with a hash of four bytes, within one block of 64 KiB. */
function encodeBlock(
  src: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  outAt: number,
  table: Uint16Array,
): number {
  let o = outAt
  let literal = start
  let i = start + 1
  const last = end - TAIL_BYTES
  let misses = 32
  while (i < last) {
    const word = load32(src, i)
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const candidate = start + (table[hash] as number)
    table[hash] = i - start
    if (candidate >= i || load32(src, candidate) !== word) {
      // Steps grow over incompressible data.
      i += misses++ >>> 5
      continue
    }
    misses = 32
    o = emitLiteral(src, literal, i, out, o)
    let length = 4
    while (i + length < end && src[candidate + length] === src[i + length]) length++
    o = emitCopy(i - candidate, length, out, o)
    i += length
    literal = i
  }
  return emitLiteral(src, literal, end, out, o)
}

function load32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}

function emitLiteral(
  src: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
): number {
  let o = outAt
  const length = to - from
  if (length === 0) return o
  const n = length - 1
  if (n < 60) {
    out[o++] = n << 2
  } else if (n < 0x100) {
    out[o++] = 60 << 2
    out[o++] = n
  } else {
    out[o++] = 61 << 2
    out[o++] = n & 0xff
    out[o++] = n >>> 8
  }
  out.set(src.subarray(from, to), o)
  return o + length
}

function emitCopy(offset: number, length: number, out: Uint8Array, outAt: number): number {
  let o = outAt
  let rest = length
  while (rest > 0) {
    // Never leave fewer than four: a short copy cannot say one to three.
    const now = rest > 64 ? (rest < 68 ? 60 : 64) : rest
    if (now >= 4 && now < 12 && offset < 2048) {
      out[o++] = 1 | ((now - 4) << 2) | ((offset >>> 8) << 5)
      out[o++] = offset & 0xff
    } else {
      out[o++] = 2 | ((now - 1) << 2)
      out[o++] = offset & 0xff
      out[o++] = offset >>> 8
    }
    rest -= now
  }
  return o
}
