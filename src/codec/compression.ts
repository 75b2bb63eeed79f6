import { nativeZlib } from '../env/native-zlib.js'
import { Unsupported } from '../errors.js'
import { checkSize, type DecodeBounds } from './bounds.js'
import { gunzip, inflateRaw, viaZlib } from './gzip.js'
import { snappyDecode } from './snappy.js'
import { zstdDecode } from './zstd.js'

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

export function decompress(codec: Codec, bytes: Uint8Array, bounds: DecodeBounds): Uint8Array {
  switch (codec) {
    case 'uncompressed':
      checkSize(codec, bytes.length, bounds)
      return bytes
    case 'snappy':
      return snappyDecode(bytes, bounds)
    case 'gzip':
      return gunzip(bytes, bounds)
    case 'deflate':
      return inflateRaw(bytes, bounds)
    case 'zstd':
      return zstdDecode(bytes, bounds)
    case 'brotli': {
      const zlib = nativeZlib()
      if (zlib !== undefined) return viaZlib('brotli', zlib.brotliDecompressSync, bytes, bounds)
      throw new Unsupported('brotli', 'brotli needs Node')
    }
    default:
      throw new Unsupported('lz4', `${codec} is not there yet`)
  }
}
