import { checkSize, corrupt, type DecodeBounds } from './bounds.js'
import { checked } from './gzip.js'
import { xxhash32 } from './xxhash32.js'

const FRAME_MAGIC = 0x184d2204
const MIN_MATCH = 4
/** A literal or match longer than this is moved by the platform instead of byte by byte. */
const BULK_BYTES = 24
const HASH_BITS = 14
/** LZ4 ends every block with at least this many literals, and starts no match in the last twelve. */
const LAST_LITERALS = 5
const MATCH_LIMIT = 12
const MAX_OFFSET = 65535

/**
 * Unpacks one raw LZ4 block (Parquet's `LZ4_RAW`). Without `bounds.expectedSize` the tokens are
 * walked once to find the size.
 *
 * @throws CorruptData, or LimitExceeded before anything past `bounds.limit` is allocated.
 */
export function lz4RawDecode(bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  const size = bounds.expectedSize ?? blockSize(bytes)
  if (size === undefined) return corrupt('lz4', 'the block is cut off', bounds)
  checkSize('lz4', size, bounds)
  // A byte of a length adds at most 255: a larger claim is a bomb, caught before allocating.
  if (size > bytes.length * 255) return corrupt('lz4', 'too short for its size', bounds)
  const out = new Uint8Array(size)
  const end = decodeBlock(bytes, 0, bytes.length, out, 0)
  if (typeof end === 'string') return corrupt('lz4', end, bounds)
  if (end !== size) return corrupt('lz4', `unpacks to ${end} bytes instead of ${size}`, bounds)
  return out
}

/**
 * Unpacks what Parquet's deprecated `LZ4` codec may hold: Hadoop's framing (big-endian sizes before
 * each block), an LZ4 frame, or, as older writers did, a bare block.
 */
export function lz4HadoopDecode(bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  if (isFrame(bytes)) return lz4FrameDecode(bytes, bounds)
  return hadoopFrames(bytes, bounds) ?? lz4RawDecode(bytes, bounds)
}

interface Chunk {
  readonly from: number
  readonly to: number
}

/** The result of Hadoop's framing, or `undefined` when the bytes are not framed so. */
function hadoopFrames(bytes: Uint8Array, bounds: DecodeBounds): Uint8Array | undefined {
  const plan = hadoopChunks(bytes)
  if (plan === undefined) return undefined
  if (bounds.expectedSize !== undefined && bounds.expectedSize !== plan.size) return undefined
  checkSize('lz4', plan.size, bounds)
  const out = new Uint8Array(plan.size)
  let o = 0
  for (const chunk of plan.chunks) {
    const end = decodeBlock(bytes, chunk.from, chunk.to, out, o)
    if (typeof end === 'string') return undefined
    o = end
  }
  return out
}

/** Hadoop's framing: a size, then the chunks (each after its length) that make up that size. */
function hadoopChunks(bytes: Uint8Array): { chunks: Chunk[]; size: number } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const chunks: Chunk[] = []
  let at = 0
  let total = 0
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined
    let left = view.getUint32(at)
    at += 4
    total += left
    while (left > 0) {
      if (at + 4 > bytes.length) return undefined
      const length = view.getUint32(at)
      at += 4
      if (length === 0 || length > bytes.length - at) return undefined
      left -= blockSize(bytes.subarray(at, at + length)) ?? Number.POSITIVE_INFINITY
      chunks.push({ from: at, to: at + length })
      at += length
    }
    if (left < 0) return undefined
  }
  return { chunks, size: total }
}

function isFrame(bytes: Uint8Array): boolean {
  if (bytes.length < 7) return false
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true) === FRAME_MAGIC
}

/** Unpacks one LZ4 frame (LZ4 Frame Format 1.6), as in Puffin; its checksums are checked. */
export function lz4FrameDecode(bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  if (!isFrame(bytes)) return corrupt('lz4', 'no frame header', bounds)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const flags = view.getUint8(4)
  if (flags >>> 6 !== 1) return corrupt('lz4', 'an unknown frame version', bounds)
  if ((flags & 1) !== 0) return corrupt('lz4', 'a frame that needs a dictionary', bounds)
  const blockSums = (flags & 0x10) !== 0
  const hasSize = (flags & 8) !== 0
  const header = 6 + (hasSize ? 8 : 0)
  if (header + 1 > bytes.length) return corrupt('lz4', 'the frame header is cut off', bounds)
  const headerSum = (xxhash32(bytes.subarray(4, header)) >>> 8) & 0xff
  if (view.getUint8(header) !== headerSum) {
    return corrupt('lz4', 'the frame header has the wrong checksum', bounds)
  }
  const blocks = frameBlocks(view, header + 1, blockSums, bounds)
  const declared = hasSize ? Number(view.getBigUint64(6, true)) : undefined
  if (declared !== undefined) checkSize('lz4', declared, bounds)
  if (declared !== undefined && declared !== blocks.size) {
    return corrupt('lz4', 'the recorded size is not that of the blocks', bounds)
  }
  const out = new Uint8Array(blocks.size)
  let o = 0
  for (const { from, to, stored } of blocks.blocks) {
    if (stored) {
      out.set(bytes.subarray(from, to), o)
      o += to - from
    } else {
      const end = decodeBlock(bytes, from, to, out, o)
      if (typeof end === 'string') return corrupt('lz4', end, bounds)
      o = end
    }
  }
  if ((flags & 4) !== 0) {
    if (blocks.end + 4 > bytes.length) return corrupt('lz4', 'the checksum is cut off', bounds)
    if (view.getUint32(blocks.end, true) !== xxhash32(out)) {
      return corrupt('lz4', 'the content has the wrong checksum', bounds)
    }
  }
  return checked('lz4', out, bounds)
}

interface FrameBlocks {
  readonly blocks: readonly { from: number; to: number; stored: boolean }[]
  readonly size: number
  /** Past the end mark. */
  readonly end: number
}

function frameBlocks(
  view: DataView,
  start: number,
  blockSums: boolean,
  bounds: DecodeBounds,
): FrameBlocks {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  const blocks: { from: number; to: number; stored: boolean }[] = []
  let at = start
  let size = 0
  for (;;) {
    if (at + 4 > view.byteLength) return corrupt('lz4', 'a frame is cut off', bounds)
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) return { blocks, size, end: at }
    const length = word & 0x7fff_ffff
    const stored = word >>> 31 === 1
    if (length > view.byteLength - at) return corrupt('lz4', 'a block is cut off', bounds)
    blocks.push({ from: at, to: at + length, stored })
    const unpacked = stored ? length : blockSize(bytes.subarray(at, at + length))
    if (unpacked === undefined) return corrupt('lz4', 'a block is cut off', bounds)
    size += unpacked
    checkSize('lz4', size, bounds)
    at += length + (blockSums ? 4 : 0)
  }
}

/** What a raw block unpacks to, from its tokens alone; `undefined` when it is cut off. */
function blockSize(bytes: Uint8Array): number | undefined {
  let i = 0
  let size = 0
  const run = (nibble: number): number => {
    let length = nibble
    if (nibble !== 15) return length
    for (;;) {
      const more = bytes[i++] ?? 0
      length += more
      if (more !== 255) return length
    }
  }
  while (i < bytes.length) {
    const token = bytes[i++] as number
    const literals = run(token >>> 4)
    size += literals
    i += literals
    if (i >= bytes.length) break
    i += 2
    size += run(token & 15) + MIN_MATCH
  }
  return i === bytes.length ? size : undefined
}

/** Unpacks one block to `out` from `outAt`; returns where it ended, or what is wrong. */
function decodeBlock(
  src: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
): number | string {
  const outEnd = out.length
  let i = from
  let o = outAt
  while (i < to) {
    const token = src[i++] as number
    let literals = token >>> 4
    if (literals === 15) {
      let more: number
      do {
        if (i >= to) return 'a length is cut off'
        more = src[i++] as number
        literals += more
      } while (more === 255)
    }
    if (literals > to - i) return 'a literal is cut off'
    if (literals > outEnd - o) return 'more data than its size says'
    if (literals > BULK_BYTES) out.set(src.subarray(i, i + literals), o)
    else for (let k = 0; k < literals; k++) out[o + k] = src[i + k] as number
    i += literals
    o += literals
    if (i === to) return o
    if (i + 2 > to) return 'a match is cut off'
    const offset = (src[i] as number) | ((src[i + 1] as number) << 8)
    i += 2
    let length = token & 15
    if (length === 15) {
      let more: number
      do {
        if (i >= to) return 'a length is cut off'
        more = src[i++] as number
        length += more
      } while (more === 255)
    }
    length += MIN_MATCH
    if (offset === 0 || offset > o) return 'a match reaches before the start'
    if (length > outEnd - o) return 'more data than its size says'
    if (length > BULK_BYTES && offset >= length) {
      out.copyWithin(o, o - offset, o - offset + length)
      o += length
    } else {
      // Byte by byte, because a match may overlap what it writes.
      for (const end = o + length; o < end; o++) out[o] = out[o - offset] as number
    }
  }
  return from === to ? o : 'the last literals are missing'
}

/** Packs bytes as one raw LZ4 block. */
export function lz4RawEncode(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length + Math.ceil(bytes.length / 255) + 16)
  const table = new Int32Array(1 << HASH_BITS).fill(-1)
  const matchEnd = bytes.length - LAST_LITERALS
  let o = 0
  let literal = 0
  let i = 0
  while (i < bytes.length - MATCH_LIMIT) {
    const word = load32(bytes, i)
    const hash = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
    const candidate = table[hash] as number
    table[hash] = i
    if (candidate < 0 || i - candidate > MAX_OFFSET || load32(bytes, candidate) !== word) {
      i++
      continue
    }
    let length = MIN_MATCH
    while (i + length < matchEnd && bytes[candidate + length] === bytes[i + length]) length++
    o = emit(bytes, literal, i, i - candidate, length, out, o)
    i += length
    literal = i
  }
  o = emit(bytes, literal, bytes.length, 0, 0, out, o)
  return out.slice(0, o)
}

function load32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}

/** One sequence: literals, then a match unless `length` is 0. */
function emit(
  src: Uint8Array,
  from: number,
  to: number,
  offset: number,
  length: number,
  out: Uint8Array,
  outAt: number,
): number {
  const literals = to - from
  const match = length === 0 ? 0 : length - MIN_MATCH
  let o = outAt
  out[o++] = (Math.min(literals, 15) << 4) | Math.min(match, 15)
  if (literals >= 15) o = emitLength(literals - 15, out, o)
  out.set(src.subarray(from, to), o)
  o += literals
  if (length === 0) return o
  out[o++] = offset & 0xff
  out[o++] = offset >>> 8
  return match >= 15 ? emitLength(match - 15, out, o) : o
}

function emitLength(length: number, out: Uint8Array, outAt: number): number {
  let o = outAt
  let rest = length
  for (; rest >= 255; rest -= 255) out[o++] = 255
  out[o++] = rest
  return o
}
