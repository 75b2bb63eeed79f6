import { deflateSync, Gunzip, gzipSync, Inflate } from 'fflate'
import { type NativeZlib, nativeZlib } from '../env/native-zlib.js'
import { MoraineError } from '../errors.js'
import { concatBytes } from '../util/bytes.js'
import { checkSize, corrupt, type DecodeBounds, tooLarge } from './bounds.js'
import { crc32 } from './crc32.js'

/** Input given to the portable inflater at a time: at most about 4 MiB come out before a check. */
const PORTABLE_STEP_BYTES = 4096
const CHUNK_MIN_BYTES = 1024
const CHUNK_MAX_BYTES = 16 * 1024 * 1024

type Level = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9

/** Whether the bytes begin like a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b
}

/**
 * Unpacks gzip (RFC 1952), several members included.
 *
 * @throws CorruptData, or LimitExceeded before more than `bounds.limit` bytes are kept.
 */
export function gunzip(bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  const zlib = nativeZlib()
  if (zlib !== undefined) return viaZlib('gzip', zlib.gunzipSync, bytes, bounds)
  return checked('gzip', gunzipPortable(bytes, bounds), bounds)
}

/** Unpacks a raw deflate stream (RFC 1951), as in Avro blocks. Throws like {@link gunzip}. */
export function inflateRaw(bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  const zlib = nativeZlib()
  if (zlib !== undefined) return viaZlib('deflate', zlib.inflateRawSync, bytes, bounds)
  const out: Uint8Array[] = []
  const inflate = new Inflate(collect('deflate', out, bounds))
  pushAll('deflate', inflate, bytes, bounds)
  return checked('deflate', concatBytes(out), bounds)
}

export function gzip(bytes: Uint8Array, level = 6): Uint8Array {
  const zlib = nativeZlib()
  if (zlib !== undefined) return plain(zlib.gzipSync(bytes, { level }))
  // A fixed time stamp, so that equal input gives equal files.
  return gzipSync(bytes, { level: level as Level, mtime: 0 })
}

export function deflateRaw(bytes: Uint8Array, level = 6): Uint8Array {
  const zlib = nativeZlib()
  if (zlib !== undefined) return plain(zlib.deflateRawSync(bytes, { level }))
  return deflateSync(bytes, { level: level as Level })
}

/** The same bytes without the subclass: `Buffer` changes what `slice` means. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

type ZlibSync = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number; readonly chunkSize: number },
) => Uint8Array

/** Runs one of zlib's bounded decoders, and gives its errors their names. */
export function viaZlib(
  codec: string,
  decode: ZlibSync | NativeZlib['gunzipSync'],
  bytes: Uint8Array,
  bounds: DecodeBounds,
): Uint8Array {
  const { limit, expectedSize } = bounds
  if (expectedSize !== undefined) checkSize(codec, expectedSize, bounds)
  // Room for one byte more than the result, or zlib would start another chunk to find the end.
  const room = Math.min(expectedSize ?? bytes.length * 4, limit) + 64
  const chunkSize = Math.min(Math.max(room, CHUNK_MIN_BYTES), CHUNK_MAX_BYTES)
  let out: Uint8Array
  try {
    out = (decode as ZlibSync)(bytes, { maxOutputLength: Math.max(1, limit), chunkSize })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
      return tooLarge(codec, bounds)
    return corrupt(codec, (error as Error).message, bounds, error)
  }
  return checked(codec, plain(out), bounds)
}

/** The result, if it has the size that it must have. */
export function checked(codec: string, out: Uint8Array, bounds: DecodeBounds): Uint8Array {
  checkSize(codec, out.length, bounds)
  const { expectedSize } = bounds
  if (expectedSize !== undefined && expectedSize !== out.length) {
    return corrupt(codec, `inflates to ${out.length} bytes instead of ${expectedSize}`, bounds)
  }
  return out
}

function gunzipPortable(bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  if (!isGzip(bytes) || bytes.length < 18) return corrupt('gzip', 'no gzip header', bounds)
  const parts: Uint8Array[] = []
  const gunzipper = new Gunzip(collect('gzip', parts, bounds))
  let members = 1
  gunzipper.onmember = () => {
    members++
  }
  pushAll('gzip', gunzipper, bytes, bounds)
  const out = concatBytes(parts)
  // The decoder does not look at the trailer; with one member its place is known.
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8)
  if (members === 1) {
    if (trailer.getUint32(0, true) !== crc32(out)) return corrupt('gzip', 'wrong checksum', bounds)
    if (trailer.getUint32(4, true) !== out.length) return corrupt('gzip', 'wrong length', bounds)
  }
  return out
}

function collect(
  codec: string,
  parts: Uint8Array[],
  bounds: DecodeBounds,
): (data: Uint8Array) => void {
  let total = 0
  return (data) => {
    total += data.length
    checkSize(codec, total, bounds)
    parts.push(data)
  }
}

function pushAll(
  codec: string,
  stream: Inflate | Gunzip,
  bytes: Uint8Array,
  bounds: DecodeBounds,
): void {
  try {
    let at = 0
    do {
      const end = Math.min(at + PORTABLE_STEP_BYTES, bytes.length)
      stream.push(bytes.subarray(at, end), end === bytes.length)
      at = end
    } while (at < bytes.length)
  } catch (error) {
    // Typed errors come from the callback that counts; all others are the decoder's own.
    if (error instanceof MoraineError) throw error
    corrupt(codec, (error as Error).message, bounds, error)
  }
}
