import { CompactReader } from '../codec/thrift/compact-reader.js'
import { xxhash64 } from '../codec/xxhash64.js'
import type { Limits } from '../env/limits.js'
import { LimitExceeded, Unsupported } from '../errors.js'
import type { ByteSource } from './contract.js'
import type { ColumnChunk } from './model.js'
import { FieldReader } from './thrift-fields.js'

/** The header takes a few dozen bytes; this many are read when the footer does not say. */
const headerBytesMax = 256
const blockBytes = 32
/** The odd constants that pick one bit in each of a block's eight words (BloomFilter.md). */
const salts = Uint32Array.of(
  0x47b6137b,
  0x44974d91,
  0x8824ad5b,
  0xa2b7289d,
  0x705495c7,
  0x2df1424b,
  0x9efc4947,
  0x5c6bfb31,
)

/** A split-block Bloom filter of one column chunk: it says which values are surely not there. */
export class BloomFilter {
  readonly #words: Uint32Array
  readonly #blocks: bigint

  /** `bits` is a multiple of 32 bytes long, little-endian as in the file. */
  constructor(bits: Uint8Array) {
    const view = new DataView(bits.buffer, bits.byteOffset, bits.length)
    this.#words = Uint32Array.from({ length: bits.length >> 2 }, (_, i) =>
      view.getUint32(i * 4, true),
    )
    this.#blocks = BigInt(bits.length / blockBytes)
  }

  /**
   * False when no value of the chunk has these bytes. The value is given as PLAIN encodes it, but
   * without the length that precedes byte arrays there.
   */
  mightContain(plainBytes: Uint8Array): boolean {
    return this.mightContainHash(xxhash64(plainBytes))
  }

  mightContainHash(hash: bigint): boolean {
    const block = Number(((hash >> 32n) * this.#blocks) >> 32n)
    const key = Number(hash & 0xffff_ffffn) | 0
    for (let i = 0; i < 8; i++) {
      const bit = Math.imul(key, salts[i] as number) >>> 27
      if ((((this.#words[block * 8 + i] as number) >>> bit) & 1) === 0) return false
    }
    return true
  }
}

/**
 * Reads the Bloom filter of a chunk; undefined when it has none.
 *
 * @throws CorruptData, LimitExceeded (`parquetFooterBytes`), or Unsupported for another algorithm,
 *   hash or compression than the only ones that the format defines
 */
export async function readBloomFilter(
  source: ByteSource,
  chunk: ColumnChunk,
  options: { readonly limits: Limits; readonly signal?: AbortSignal | undefined },
): Promise<BloomFilter | undefined> {
  if (chunk.bloomFilter === undefined) return undefined
  const { offset, length } = chunk.bloomFilter
  const { limits, signal } = options
  const most = Math.min(source.sizeBytes, offset + (length ?? headerBytesMax))
  checkSize(most - offset, source.path, limits)
  const head = await source.read(offset, most, signal)
  const { path } = source
  const reader = new FieldReader(new CompactReader(head, { limits, path }), path)
  const bytes = readHeader(reader)
  const start = reader.thrift.pos
  checkSize(bytes, path, limits)
  if (offset + start + bytes > source.sizeBytes) return reader.fail('a bloom filter is cut off')
  const bits =
    start + bytes <= head.length
      ? head.subarray(start, start + bytes)
      : await source.read(offset + start, offset + start + bytes, signal)
  return new BloomFilter(bits)
}

function checkSize(bytes: number, path: string, limits: Limits): void {
  const max = limits.parquetFooterBytes
  if (bytes <= max) return
  throw new LimitExceeded(`a bloom filter of ${path} is larger than parquetFooterBytes allows`, {
    details: { limit: 'parquetFooterBytes', max, actual: bytes, path },
  })
}

/** BloomFilterHeader: the size in bytes; everything else can have one value only. */
function readHeader(reader: FieldReader): number {
  let bytes = -1
  reader.struct((id) => {
    if (id === 1) bytes = reader.size32()
    else if (id >= 2 && id <= 4) readOnlyChoice(reader, id)
    else return false
    return true
  })
  if (bytes < blockBytes || bytes % blockBytes !== 0) {
    return reader.fail(`a bloom filter has ${bytes} bytes`)
  }
  return bytes
}

const choices = ['', '', 'algorithm', 'hash', 'compression']

/** A union whose member 1 (block, xxHash, uncompressed) is the only one there is. */
function readOnlyChoice(reader: FieldReader, id: number): void {
  reader.member((member) => {
    if (member === 1) return false
    throw new Unsupported(
      'parquet-bloom-filter',
      `a bloom filter of ${reader.path} uses ${choices[id]} ${member}, which is not known`,
    )
  })
}
