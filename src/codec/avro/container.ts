import type { Limits } from '../../env/limits.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../errors.js'
import { bytesEqual } from '../../util/bytes.js'
import { decodeUtf8 } from '../../util/utf8.js'
import type { DecodeBounds } from '../bounds.js'
import { crc32 } from '../crc32.js'
import { inflateRaw } from '../gzip.js'
import { snappyDecode } from '../snappy.js'
import { loadZstd, zstdDecode } from '../zstd.js'
import { type AvroDecoder, type AvroProjection, compileDecoder } from './decoder.js'
import { AvroInput } from './input.js'
import { recentDecoder, recentSchema } from './recent.js'
import type { AvroRecord, AvroRow } from './schema.js'
import { parseAvroSchema } from './schema-json.js'

export type AvroCodec = 'null' | 'deflate' | 'snappy' | 'zstandard'

export interface OpenAvroOptions {
  readonly limits: Limits
  /** Named in errors. */
  readonly path?: string
}

export const AVRO_MAGIC: Uint8Array = Uint8Array.of(0x4f, 0x62, 0x6a, 0x01)
export const SYNC_BYTES = 16
const BATCH_ROWS = 1024
const CODECS: ReadonlySet<string> = new Set<AvroCodec>(['null', 'deflate', 'snappy', 'zstandard'])

/**
 * Reads the header of an Avro object container file (Avro 1.11, "Object Container Files").
 *
 * @throws CorruptData, LimitExceeded (`avroHeaderEntries`, `avroSchemaBytes`, …), or Unsupported for
 *   a codec or schema that Iceberg does not have.
 */
export function openAvro(bytes: Uint8Array, options: OpenAvroOptions): AvroFile {
  return new AvroFile(bytes, options)
}

/** Loads what decoding the blocks of this file needs. Await it once before `batches`. */
export async function prepareAvro(file: AvroFile): Promise<void> {
  if (file.codec === 'zstandard') await loadZstd()
}

/** An open container file. Its rows are decoded lazily, block by block. */
export class AvroFile {
  readonly schema: AvroRecord
  readonly codec: AvroCodec
  /** The file's key-value metadata, `avro.schema` and `avro.codec` included. */
  readonly metadata: ReadonlyMap<string, Uint8Array>
  readonly #bytes: Uint8Array
  readonly #limits: Limits
  readonly #path: string | undefined
  readonly #sync: Uint8Array
  readonly #blocksAt: number

  constructor(bytes: Uint8Array, options: OpenAvroOptions) {
    this.#bytes = bytes
    this.#limits = options.limits
    this.#path = options.path
    const input = new AvroInput(bytes, this.#path)
    if (!bytesEqual(bytes.subarray(0, 4), AVRO_MAGIC)) input.fail('no avro header')
    input.pos = 4
    this.metadata = readMetadata(input, this.#limits, this.#path)
    this.#sync = input.readBytes(SYNC_BYTES, 'the sync marker')
    this.#blocksAt = input.pos
    this.codec = this.#readCodec()
    this.schema = this.#readSchema()
  }

  /** A metadata value as text, `undefined` when missing. Throws `CorruptData` for invalid UTF-8. */
  text(key: string): string | undefined {
    const value = this.metadata.get(key)
    if (value === undefined) return undefined
    const text = decodeUtf8(value)
    if (text === undefined) this.#corrupt(`the metadata value '${key}' is not valid utf-8`)
    return text
  }

  /**
   * The rows in arrays of up to `maxRows`; without a projection all fields in the writer's order.
   * Throws while iterating; the rows given until then are right.
   */
  *batches(projection?: AvroProjection, maxRows = BATCH_ROWS): IterableIterator<AvroRow[]> {
    const compile = (): AvroDecoder => compileDecoder(this.schema, projection ?? {}, this.#path)
    const decode = projection ? recentDecoder(this.schema, projection, compile) : compile()
    for (const block of this.#blocks()) {
      const { input } = block
      for (let left = block.count; left > 0; ) {
        const size = Math.min(left, maxRows)
        const rows: AvroRow[] = []
        for (let k = 0; k < size; k++) rows.push(decode(input) as AvroRow)
        left -= size
        if (left === 0) endOf(input)
        yield rows
      }
      endOf(input)
    }
  }

  /** Every row, decoded as asked for. */
  *rows(projection?: AvroProjection): IterableIterator<AvroRow> {
    for (const batch of this.batches(projection)) yield* batch
  }

  *#blocks(): IterableIterator<{ readonly count: number; readonly input: AvroInput }> {
    const file = new AvroInput(this.#bytes, this.#path, this.#blocksAt)
    while (file.pos < file.end) {
      const count = Number(file.readLong())
      if (count < 0) file.fail('a block has a negative row count')
      const size = file.readLength('a block')
      const start = file.pos
      file.skip(size, 'a block')
      const marker = this.#bytes.subarray(file.pos, file.pos + SYNC_BYTES)
      if (!bytesEqual(marker, this.#sync)) file.fail('no sync marker after a block')
      file.skip(SYNC_BYTES, 'the sync marker')
      const data = this.#inflate(this.#bytes.subarray(start, start + size))
      const input = new AvroInput(data, this.#path, 0, this.codec === 'null' ? start : 0)
      // Each row takes a byte or more, or a short file could claim any number of rows.
      if (count > data.length) input.fail('a block has more rows than bytes')
      yield { count, input }
    }
  }

  #inflate(block: Uint8Array): Uint8Array {
    const bounds: DecodeBounds = {
      limit: this.#limits.avroBlockBytes,
      limitName: 'avroBlockBytes',
      path: this.#path,
    }
    switch (this.codec) {
      case 'null':
        if (block.length > bounds.limit) this.#limit('avroBlockBytes', block.length)
        return block
      case 'deflate':
        return inflateRaw(block, bounds)
      case 'zstandard':
        return zstdDecode(block, bounds)
      case 'snappy':
        return this.#snappy(block, bounds)
    }
  }

  /** Snappy data is followed by the big-endian CRC-32 of what it unpacks to. */
  #snappy(block: Uint8Array, bounds: DecodeBounds): Uint8Array {
    if (block.length < 4) return this.#corrupt('a snappy block is shorter than its checksum')
    const end = block.length - 4
    const data = snappyDecode(block.subarray(0, end), bounds)
    const stored = new DataView(block.buffer, block.byteOffset + end, 4).getUint32(0, false)
    if (crc32(data) !== stored) this.#corrupt('a snappy block has the wrong checksum')
    return data
  }

  #readCodec(): AvroCodec {
    const codec = this.text('avro.codec') ?? 'null'
    if (CODECS.has(codec)) return codec as AvroCodec
    throw new Unsupported(
      'avro-codec',
      `avro codec '${codec.slice(0, 40)}' cannot be read; known are ${[...CODECS].join(', ')}`,
      { details: { path: this.#path } },
    )
  }

  #readSchema(): AvroRecord {
    const json = this.metadata.get('avro.schema')
    if (json === undefined) return this.#corrupt('the header has no avro.schema')
    return recentSchema(json, this.#limits, () => {
      const schema = parseAvroSchema(json, { limits: this.#limits, path: this.#path })
      if (schema.kind !== 'record') return this.#corrupt('the rows are not records')
      return schema
    })
  }

  #corrupt(what: string): never {
    const file = this.#path === undefined ? '' : ` in ${this.#path}`
    throw new CorruptData(`bad avro file: ${what}${file}`, { details: { path: this.#path } })
  }

  #limit(name: keyof Limits, actual: number): never {
    limitExceeded(name, this.#limits[name], actual, this.#path)
  }
}

function endOf(input: AvroInput): void {
  if (input.pos !== input.end) input.fail('bytes are left over after the rows of a block')
}

function limitExceeded(
  limit: keyof Limits,
  max: number,
  actual: number,
  path: string | undefined,
): never {
  const file = path === undefined ? '' : ` in ${path}`
  throw new LimitExceeded(`the avro file passes the limit ${limit} = ${max}${file}`, {
    details: { limit, max, actual, path },
  })
}

function readMetadata(
  input: AvroInput,
  limits: Limits,
  path: string | undefined,
): ReadonlyMap<string, Uint8Array> {
  const metadata = new Map<string, Uint8Array>()
  let entries = 0
  for (let count = input.readBlockCount(); count > 0; count = input.readBlockCount()) {
    entries += count
    if (entries > limits.avroHeaderEntries) {
      limitExceeded('avroHeaderEntries', limits.avroHeaderEntries, entries, path)
    }
    for (let k = 0; k < count; k++) {
      const key = input.readString()
      if (metadata.has(key)) input.fail('a metadata key appears twice')
      // No copy: the open file keeps its bytes anyway.
      const length = input.readLength('a metadata value')
      input.skip(length, 'a metadata value')
      metadata.set(key, input.bytes.subarray(input.pos - length, input.pos))
    }
  }
  return metadata
}
