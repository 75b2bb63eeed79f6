import { nativeZlib } from '../env/native-zlib.js'
import { Unsupported } from '../errors.js'
import type { DecodeBounds } from './bounds.js'
import { checked, deflateRaw, gunzip, gzip, inflateRaw, plain, viaZlib } from './gzip.js'
import { lz4FrameDecode, lz4HadoopDecode, lz4RawDecode, lz4RawEncode } from './lz4.js'
import { snappyDecode, snappyEncode } from './snappy.js'
import { zstdDecode, zstdEncode } from './zstd.js'

export type Codec =
  | 'uncompressed'
  | 'snappy'
  | 'gzip'
  | 'deflate'
  | 'zstd'
  | 'lz4_raw'
  | 'lz4_hadoop'
  | 'lz4_frame'
  | 'brotli'

/**
 * Unpacks bytes of any codec. `deflate` is a raw stream, `snappy` unframed. For `zstd`, `loadZstd()`
 * must have been awaited.
 *
 * @throws CorruptData, LimitExceeded past `bounds.limit`, or Unsupported('brotli') outside Node.
 */
export function decompress(codec: Codec, bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  switch (codec) {
    case 'uncompressed':
      return checked(codec, bytes, bounds)
    case 'snappy':
      return snappyDecode(bytes, bounds)
    case 'gzip':
      return gunzip(bytes, bounds)
    case 'deflate':
      return inflateRaw(bytes, bounds)
    case 'zstd':
      return zstdDecode(bytes, bounds)
    case 'lz4_raw':
      return lz4RawDecode(bytes, bounds)
    case 'lz4_hadoop':
      return lz4HadoopDecode(bytes, bounds)
    case 'lz4_frame':
      return lz4FrameDecode(bytes, bounds)
    case 'brotli': {
      const zlib = nativeZlib()
      if (zlib === undefined) {
        throw new Unsupported('brotli', 'reading brotli needs node:zlib (Node 20.16 or later)')
      }
      return viaZlib('brotli', zlib.brotliDecompressSync, bytes, bounds)
    }
  }
}

/**
 * Packs bytes. `level` is in the codec's own scale, for `gzip`, `deflate` and `zstd`.
 *
 * @throws Unsupported for what this platform or this library cannot write.
 */
export function compress(codec: Codec, bytes: Uint8Array, level?: number): Uint8Array {
  switch (codec) {
    case 'uncompressed':
      return bytes
    case 'snappy':
      return snappyEncode(bytes)
    case 'gzip':
      return gzip(bytes, level)
    case 'deflate':
      return deflateRaw(bytes, level)
    case 'zstd':
      return zstdEncode(bytes, level)
    case 'lz4_raw':
      return lz4RawEncode(bytes)
    case 'brotli': {
      const zlib = nativeZlib()
      if (zlib === undefined) {
        throw new Unsupported('brotli', 'writing brotli needs node:zlib (Node 20.16 or later)')
      }
      return plain(zlib.brotliCompressSync(bytes))
    }
    case 'lz4_hadoop':
    case 'lz4_frame':
      throw new Unsupported(codec, `${codec} is only read; write lz4_raw`)
  }
}
