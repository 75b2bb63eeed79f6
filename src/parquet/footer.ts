import type { Limits } from '../env/limits.js'
import { CorruptData, LimitExceeded } from '../errors.js'
import type { ByteSource } from './contract.js'
import { parseFooter } from './footer-decode.js'
import { refuseEncrypted } from './footer-row-group.js'
import type { ParquetFooter } from './model.js'

/** One read of this many bytes from the end holds the footer of nearly every file. */
const TAIL_BYTES = 64 * 1024
/** Footer length (4 bytes, little-endian) and the magic number. */
const TRAILER_BYTES = 8
/** Leading magic, an empty footer and the trailer. */
const FILE_MIN_BYTES = 12

export interface ReadFooterOptions {
  readonly limits: Limits
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads and checks the footer of a Parquet file, with one read of the file's tail in most cases and
 * two when the footer is longer than 64 KiB.
 *
 * @throws CorruptData for anything that is not a sound Parquet file, LimitExceeded for a footer
 *   above `parquetFooterBytes`, Unsupported for encrypted files, and what the source throws
 */
export async function readFooter(
  source: ByteSource,
  options: ReadFooterOptions,
): Promise<ParquetFooter> {
  const { path, sizeBytes } = source
  if (sizeBytes < FILE_MIN_BYTES) {
    throw new CorruptData(`${path} is not a parquet file: it has only ${sizeBytes} bytes`, {
      details: { path },
    })
  }
  const tailStart = Math.max(0, sizeBytes - TAIL_BYTES)
  const tail = await source.read(tailStart, sizeBytes, options.signal)
  const footerBytes = footerLength(tail, path, sizeBytes, options.limits)
  const footerEnd = sizeBytes - TRAILER_BYTES
  const footerStart = footerEnd - footerBytes
  const footer =
    footerStart >= tailStart
      ? tail.subarray(footerStart - tailStart, tail.length - TRAILER_BYTES)
      : await source.read(footerStart, footerEnd, options.signal)
  return parseFooter(footer, { limits: options.limits, path, fileSizeBytes: sizeBytes })
}

/** The footer's length from the trailer: checked against the magic, the file and the limit. */
function footerLength(tail: Uint8Array, path: string, sizeBytes: number, limits: Limits): number {
  const at = tail.length - TRAILER_BYTES
  const magic = String.fromCharCode(...tail.subarray(at + 4))
  if (magic === 'PARE') refuseEncrypted(path)
  if (magic !== 'PAR1') {
    throw new CorruptData(`${path} is not a parquet file: it does not end in PAR1`, {
      details: { path, offset: sizeBytes - 4 },
    })
  }
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length)
  const length = view.getUint32(at, true)
  if (length === 0 || length > sizeBytes - FILE_MIN_BYTES) {
    throw new CorruptData(`${path} claims a footer of ${length} bytes in ${sizeBytes}`, {
      details: { path, offset: sizeBytes - TRAILER_BYTES },
    })
  }
  if (length > limits.parquetFooterBytes) {
    throw new LimitExceeded(`the footer of ${path} is larger than parquetFooterBytes allows`, {
      details: {
        limit: 'parquetFooterBytes',
        max: limits.parquetFooterBytes,
        actual: length,
        path,
      },
    })
  }
  return length
}
