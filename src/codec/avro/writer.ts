import { InvalidArgument } from '../../errors.js'
import { ByteWriter } from '../../util/byte-writer.js'
import { concatBytes } from '../../util/bytes.js'
import { encodeUtf8 } from '../../util/utf8.js'
import { crc32 } from '../crc32.js'
import { deflateRaw } from '../gzip.js'
import { snappyEncode } from '../snappy.js'
import { zstdEncode } from '../zstd.js'
import { AVRO_MAGIC, type AvroCodec, SYNC_BYTES } from './container.js'
import type { AvroEncoder } from './encoder.js'
import { recentEncoder, recentSchemaText } from './recent.js'
import type { AvroRecord, AvroRow } from './schema.js'

export interface AvroWriterOptions {
  readonly schema: AvroRecord
  /** Default `'deflate'`, as in Java. */
  readonly codec?: AvroCodec
  /** The file's key-value metadata besides `avro.schema` and `avro.codec`. */
  readonly metadata?: ReadonlyMap<string, string | Uint8Array>
  /** The sync marker: 16 bytes from `Env.randomBytes`. */
  readonly sync: Uint8Array
  /** Encoded size at which a block is closed, before compression. Default 64 KiB. */
  readonly blockBytes?: number
  /** Compression level, in the codec's own scale. */
  readonly level?: number
}

const BLOCK_BYTES = 64 * 1024
/** Room for a length. */
const LENGTH_BYTES = 5
/** Most manifests are small: room for a block is made when there is one. */
const FIRST_BYTES = 2 * 1024

/** Writes an Avro object container file, a block at a time. */
export class AvroWriter {
  readonly #codec: AvroCodec
  readonly #sync: Uint8Array
  readonly #level: number | undefined
  readonly #blockBytes: number
  readonly #encode: AvroEncoder
  readonly #block = new ByteWriter(FIRST_BYTES)
  #blockRows = 0
  #rows = 0
  #closedBytes = 0
  #ready: Uint8Array[] = []

  /**
   * @throws InvalidArgument for a wrong sync marker, Unsupported('zstd-write') where zstd cannot be
   *   written, Unsupported('avro-union').
   */
  constructor(options: AvroWriterOptions) {
    if (options.sync.length !== SYNC_BYTES) {
      throw new InvalidArgument(`an avro sync marker has 16 bytes, not ${options.sync.length}`)
    }
    this.#codec = options.codec ?? 'deflate'
    this.#sync = options.sync
    this.#level = options.level
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES
    this.#encode = recentEncoder(options.schema)
    // Fails now rather than after the first block.
    if (this.#codec === 'zstandard') zstdEncode(new Uint8Array(0))
    this.#push(header(options, this.#codec))
  }

  /** Rows appended so far. */
  get rows(): number {
    return this.#rows
  }

  /** Bytes of the file so far; the open block counts with its size before compression. */
  get sizeEstimate(): number {
    return this.#closedBytes + this.#block.length
  }

  /** Adds one row, or throws `InvalidArgument` and adds nothing. */
  append(row: AvroRow): void {
    const before = this.#block.length
    try {
      this.#encode(this.#block, row)
    } catch (error) {
      this.#block.truncate(before)
      throw error
    }
    this.#rows++
    this.#blockRows++
    if (this.#block.length >= this.#blockBytes) this.#closeBlock()
  }

  /** Takes the finished blocks out, for a file that is written while it is made. */
  drain(): Uint8Array[] {
    const ready = this.#ready
    this.#ready = []
    return ready
  }

  /** Closes the last block and returns everything that was not drained. */
  finish(): Uint8Array {
    this.#closeBlock('last')
    return concatBytes(this.drain())
  }

  #closeBlock(place?: 'last'): void {
    if (this.#blockRows === 0) return
    const rows = this.#block.peek()
    // The buffer is used again, but for the last block, which is copied when the file is joined.
    const isShared = this.#codec === 'null' && place !== 'last'
    const data = isShared ? rows.slice() : this.#compress(rows)
    const head = new ByteWriter(2 * LENGTH_BYTES)
    head.zigzag64(BigInt(this.#blockRows))
    head.zigzag64(BigInt(data.length))
    this.#push(head.peek())
    this.#push(data)
    this.#push(this.#sync)
    this.#block.reset()
    this.#blockRows = 0
  }

  #push(bytes: Uint8Array): void {
    this.#closedBytes += bytes.length
    this.#ready.push(bytes)
  }

  #compress(block: Uint8Array): Uint8Array {
    switch (this.#codec) {
      case 'null':
        return block
      case 'deflate':
        return deflateRaw(block, this.#level)
      case 'zstandard':
        return zstdEncode(block, this.#level)
      case 'snappy': {
        const checksum = new ByteWriter(16)
        checksum.u32be(crc32(block))
        return concatBytes([snappyEncode(block), checksum.peek()])
      }
    }
  }
}

function header(options: AvroWriterOptions, codec: AvroCodec): Uint8Array {
  const metadata = new Map<string, string | Uint8Array>(options.metadata)
  metadata.set('avro.schema', recentSchemaText(options.schema))
  metadata.set('avro.codec', codec)
  const parts: Uint8Array[] = []
  let length = AVRO_MAGIC.length + SYNC_BYTES + LENGTH_BYTES
  for (const entry of metadata) {
    for (const part of entry) {
      const bytes = typeof part === 'string' ? encodeUtf8(part) : part
      parts.push(bytes)
      length += bytes.length + LENGTH_BYTES
    }
  }
  const out = new ByteWriter(length)
  out.bytes(AVRO_MAGIC)
  out.zigzag64(BigInt(metadata.size))
  for (const bytes of parts) {
    out.zigzag64(BigInt(bytes.length))
    out.bytes(bytes)
  }
  out.u8(0)
  out.bytes(options.sync)
  return out.peek()
}
