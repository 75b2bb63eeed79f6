import { type Codec, decompress } from '../codec/compression.js'
import { crc32 } from '../codec/crc32.js'
import type { Limits } from '../env/limits.js'
import { CorruptData, LimitExceeded, Unsupported } from '../errors.js'
import type { ParquetCodec } from './model.js'
import { badPage } from './page-errors.js'
import { PAGE_DATA, PAGE_DATA_V2, PAGE_DICTIONARY, PageHeaderReader } from './page-header.js'
import type { PageValues } from './value-sink.js'

const codecs: Readonly<Record<Exclude<ParquetCodec, 'lzo'>, Codec>> = {
  uncompressed: 'uncompressed',
  snappy: 'snappy',
  gzip: 'gzip',
  brotli: 'brotli',
  // The codec that the format calls LZ4 is Hadoop's framing of it.
  lz4: 'lz4_hadoop',
  zstd: 'zstd',
  lz4_raw: 'lz4_raw',
}

export interface PageStreamOptions {
  readonly path: string
  readonly pageBytesMax: number
  readonly pageValuesMax: number
  readonly checksums: boolean
}

/** Walks the pages of one contiguous piece of a column chunk. */
export class PageStream {
  readonly header: PageHeaderReader
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #options: PageStreamOptions
  readonly #codec: Codec
  #bodyStart = 0
  #next = 0

  constructor(bytes: Uint8Array, codec: ParquetCodec, options: PageStreamOptions) {
    if (codec === 'lzo') {
      throw new Unsupported('parquet-lzo', `${options.path} is compressed with LZO`)
    }
    this.#codec = codecs[codec]
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#options = options
    this.header = new PageHeaderReader(bytes, options.path)
  }

  /** Where the next page begins. */
  get offset(): number {
    return this.#next
  }

  /** Reads the header at `offset`, or of the next page; false at the end of the bytes. */
  next(offset: number = this.#next): boolean {
    if (offset >= this.#bytes.length) return false
    const { header } = this
    header.read(offset)
    this.#bodyStart = header.end
    this.#next = header.end + header.compressedBytes
    if (this.#next > this.#bytes.length) badPage('it is cut off')
    const { pageBytesMax, pageValuesMax } = this.#options
    if (header.uncompressedBytes > pageBytesMax) {
      this.#tooLarge('parquetPageBytes', pageBytesMax, header.uncompressedBytes)
    }
    if (header.values > pageValuesMax) {
      this.#tooLarge('parquetPageValues', pageValuesMax, header.values)
    }
    return true
  }

  get isData(): boolean {
    return this.header.type === PAGE_DATA || this.header.type === PAGE_DATA_V2
  }

  get isDictionary(): boolean {
    return this.header.type === PAGE_DICTIONARY
  }

  /** The levels of a data page v2, which are never compressed. */
  levels(): PageValues {
    const start = this.#bodyStart
    const end = start + this.header.repetitionBytes + this.header.definitionBytes
    return { bytes: this.#bytes, view: this.#view, start, end }
  }

  /** The rest of the page, decompressed: all of it but the levels of a data page v2. */
  body(): PageValues {
    const { header } = this
    if (this.#options.checksums && header.crc !== undefined) this.#verify(header.crc)
    const levels = header.repetitionBytes + header.definitionBytes
    const start = this.#bodyStart + levels
    const size = header.uncompressedBytes - levels
    if (this.#codec === 'uncompressed' || !header.compressed) {
      if (this.#next - start < size) badPage('it is cut off')
      return { bytes: this.#bytes, view: this.#view, start, end: start + size }
    }
    const bytes =
      size === 0
        ? new Uint8Array(0)
        : decompress(this.#codec, this.#bytes.subarray(start, this.#next), {
            limit: this.#options.pageBytesMax,
            limitName: 'parquetPageBytes',
            expectedSize: size,
            path: this.#options.path,
          })
    return { bytes, view: viewOf(bytes), start: 0, end: size }
  }

  #tooLarge(limit: keyof Limits, max: number, actual: number): never {
    const { path } = this.#options
    throw new LimitExceeded(`a page of ${path} is larger than ${limit} = ${max} allows`, {
      details: { limit, max, actual, path },
    })
  }

  #verify(expected: number): void {
    const found = crc32(this.#bytes.subarray(this.#bodyStart, this.#next))
    if (found === expected) return
    throw new CorruptData(`a page of ${this.#options.path} has the wrong checksum`, {
      details: { path: this.#options.path },
    })
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
