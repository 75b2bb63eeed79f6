import type { ZSTDDecoder } from 'zstddec'
import { nativeZlib } from '../env/native-zlib.js'
import { InternalBug, Unsupported } from '../errors.js'
import { checkSize, corrupt, type DecodeBounds, tooLarge } from './bounds.js'
import { checked, plain, viaZlib } from './gzip.js'

const MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const BLOCK_MAX_BYTES = 128 * 1024
/** The wasm decoder does not notice when its memory cannot grow, so it is never asked for more. */
const WASM_MAX_BYTES = 1024 * 1024 * 1024
const COMPRESSION_LEVEL_PARAMETER = 100

let decoder: ZSTDDecoder | undefined
let loading: Promise<void> | undefined

/**
 * Makes `zstdDecode` usable. Await it once before decoding; it does nothing where the platform has
 * zstd itself (Node 22.15 and later).
 */
export function loadZstd(): Promise<void> {
  if (zstdReady()) return Promise.resolve()
  loading ??= startDecoder()
  return loading
}

async function startDecoder(): Promise<void> {
  // Loaded only when needed: it carries its wasm.
  const library = await import('zstddec')
  const fresh = new library.ZSTDDecoder()
  await fresh.init()
  decoder = fresh
}

/** Whether `zstdDecode` can be called now. */
export function zstdReady(): boolean {
  return decoder !== undefined || nativeZlib()?.zstdDecompressSync !== undefined
}

/** Whether this platform can write zstd. */
export function canWriteZstd(): boolean {
  return nativeZlib()?.zstdCompressSync !== undefined
}

/**
 * Unpacks zstd frames (RFC 8878). The frames are walked first, so that truncated data and bombs are
 * refused before anything is allocated.
 *
 * @throws CorruptData, LimitExceeded, or Unsupported('zstd-dictionary').
 */
export function zstdDecode(bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  const most = outputBound(bytes, bounds)
  if (most.exact) checkSize('zstd', most.size, bounds)
  if (bounds.expectedSize !== undefined) checkSize('zstd', bounds.expectedSize, bounds)
  const native = nativeZlib()?.zstdDecompressSync
  if (native !== undefined) return viaZlib('zstd', native, bytes, bounds)
  if (decoder === undefined) throw new InternalBug('loadZstd() was not awaited before decoding')
  const { limit, expectedSize } = bounds
  if (most.size === 0) return checked('zstd', new Uint8Array(0), bounds)
  // One byte more than expected, so that a longer result shows.
  const capacity = Math.min(most.size, expectedSize === undefined ? limit : expectedSize + 1)
  if (capacity + bytes.length > WASM_MAX_BYTES) return tooLarge('zstd', bounds, capacity)
  let out: Uint8Array
  try {
    out = decoder.decode(bytes, Math.max(1, capacity))
  } catch (error) {
    return corrupt('zstd', 'the decoder failed', bounds, error)
  }
  // The decoder answers every error with no bytes.
  if (out.length === 0) {
    if (expectedSize === undefined && most.size > limit) return tooLarge('zstd', bounds)
    return corrupt('zstd', 'the blocks do not decode to the expected size', bounds)
  }
  return checked('zstd', out, bounds)
}

/** Packs bytes as one zstd frame, or throws `Unsupported('zstd-write')` where nothing can. */
export function zstdEncode(bytes: Uint8Array, level = 3): Uint8Array {
  const native = nativeZlib()?.zstdCompressSync
  if (native === undefined) {
    throw new Unsupported(
      'zstd-write',
      'writing zstd needs Node 22.15 or later; choose another codec',
    )
  }
  return plain(native(bytes, { params: { [COMPRESSION_LEVEL_PARAMETER]: level } }))
}

interface OutputBound {
  /** Most bytes that can come out. */
  size: number
  /** Whether every frame recorded its size. */
  exact: boolean
}

/** Walks frame and block headers without decoding, and adds up what can come out. */
function outputBound(bytes: Uint8Array, bounds: DecodeBounds): OutputBound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const total: OutputBound = { size: 0, exact: true }
  if (bytes.length === 0) return corrupt('zstd', 'no frame', bounds)
  let at = 0
  while (at < bytes.length) {
    if (at + 8 > bytes.length) return corrupt('zstd', 'a frame is cut off', bounds)
    const magic = view.getUint32(at, true)
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      at += 8 + view.getUint32(at + 4, true)
      if (at > bytes.length) return corrupt('zstd', 'a skippable frame is cut off', bounds)
    } else if (magic === MAGIC) {
      at = frameBound(view, at + 4, total, bounds)
    } else {
      return corrupt('zstd', 'no frame begins where one must', bounds)
    }
  }
  return total
}

/** One frame, from after its magic number. Returns the offset after it (RFC 8878 §3.1.1). */
function frameBound(
  view: DataView,
  start: number,
  total: OutputBound,
  bounds: DecodeBounds,
): number {
  const descriptor = view.getUint8(start)
  const singleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >>> 6
  if ((descriptor & 0x08) !== 0) return corrupt('zstd', 'a reserved bit is set', bounds)
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag
  let at = start + 1 + (singleSegment ? 0 : 1)
  if (at + dictionaryBytes + sizeBytes > view.byteLength) {
    return corrupt('zstd', 'a frame header is cut off', bounds)
  }
  for (let k = 0; k < dictionaryBytes; k++) {
    if (view.getUint8(at++) !== 0) {
      throw new Unsupported('zstd-dictionary', 'zstd data that needs a dictionary cannot be read')
    }
  }
  const contentSize = readContentSize(view, at, sizeBytes)
  const blocks = walkBlocks(view, at + sizeBytes, bounds)
  at = blocks.end + ((descriptor & 4) !== 0 ? 4 : 0)
  if (at > view.byteLength) return corrupt('zstd', 'a checksum is cut off', bounds)
  if (contentSize !== undefined && contentSize > blocks.most) {
    return corrupt('zstd', 'the recorded size is more than the blocks can hold', bounds)
  }
  if (contentSize === undefined) total.exact = false
  total.size += contentSize ?? blocks.most
  return at
}

function readContentSize(view: DataView, at: number, sizeBytes: number): number | undefined {
  if (sizeBytes === 0) return undefined
  if (sizeBytes === 1) return view.getUint8(at)
  if (sizeBytes === 2) return view.getUint16(at, true) + 256
  if (sizeBytes === 4) return view.getUint32(at, true)
  return Number(view.getBigUint64(at, true))
}

/** Past the last block of a frame, with the most bytes that the blocks can unpack to. */
function walkBlocks(
  view: DataView,
  start: number,
  bounds: DecodeBounds,
): { readonly end: number; readonly most: number } {
  let at = start
  let most = 0
  for (;;) {
    if (at + 3 > view.byteLength) return corrupt('zstd', 'a block is cut off', bounds)
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
    const type = (header >>> 1) & 3
    const size = header >>> 3
    if (type === 3) return corrupt('zstd', 'a block has the reserved type', bounds)
    if (size > BLOCK_MAX_BYTES) return corrupt('zstd', 'a block is too large', bounds)
    at += 3 + (type === 1 ? 1 : size)
    if (at > view.byteLength) return corrupt('zstd', 'a block is cut off', bounds)
    most += type === 2 ? BLOCK_MAX_BYTES : size
    if ((header & 1) === 1) return { end: at, most }
  }
}
