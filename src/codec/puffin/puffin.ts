import type { Limits } from '../../env/limits.js'
import { CorruptData, LimitExceeded, Unsupported } from '../../errors.js'
import { ByteWriter } from '../../util/byte-writer.js'
import type { DecodeBounds } from '../bounds.js'
import { decompress } from '../compression.js'
import { ObjectReader } from '../json/object-reader.js'
import { parseJson } from '../json/parse.js'
import { encodeJson } from '../json/stringify.js'
import { type JsonObject, jsonInt, jsonLong, jsonObject } from '../json/value.js'

/** `PFA1`, read big-endian. */
const MAGIC = 0x50464131
/** Payload size, flags and magic. */
export const PUFFIN_TAIL_BYTES = 12
const FLAG_COMPRESSED = 1

export interface PuffinBlob {
  readonly type: string
  /** Ids of the fields that the blob was computed for. */
  readonly fields: readonly number[]
  readonly snapshotId: bigint
  readonly sequenceNumber: bigint
  readonly offset: number
  readonly length: number
  /** `lz4` or `zstd`; absent for a blob that is stored as it is. */
  readonly compressionCodec?: string
  readonly properties: ReadonlyMap<string, string>
}

export interface PuffinFooter {
  readonly blobs: readonly PuffinBlob[]
  readonly properties: ReadonlyMap<string, string>
}

export interface PuffinOptions {
  readonly limits: Limits
  /** Named in errors. */
  readonly path?: string
}

/**
 * The size of the whole footer, from the last 12 bytes of the file.
 *
 * @throws CorruptData, LimitExceeded (`metadataBytes`), Unsupported for unknown flags.
 */
export function puffinFooterBytes(tail: Uint8Array, options: PuffinOptions): number {
  if (tail.length !== PUFFIN_TAIL_BYTES) return fail('it is cut off', options)
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length)
  if (view.getUint32(8) !== MAGIC) return fail('no magic number at the end', options)
  const size = view.getInt32(0, true)
  if (size < 0) return fail('a negative footer size', options)
  const { limits, path } = options
  if (size > limits.metadataBytes) {
    throw new LimitExceeded(`the puffin footer passes the limit metadataBytes`, {
      details: { limit: 'metadataBytes', max: limits.metadataBytes, actual: size, path },
    })
  }
  if ((view.getUint32(4, true) & ~FLAG_COMPRESSED) !== 0) {
    throw new Unsupported('puffin-flags', 'the puffin footer has flags that are not known', {
      details: { path },
    })
  }
  return 4 + size + PUFFIN_TAIL_BYTES
}

/**
 * Reads a footer: the last {@link puffinFooterBytes} bytes of a file of `fileBytes` bytes. Blobs
 * that reach outside the file are refused.
 *
 * @throws CorruptData, LimitExceeded, Unsupported.
 */
export function parsePuffinFooter(
  footer: Uint8Array,
  fileBytes: number,
  options: PuffinOptions,
): PuffinFooter {
  const { limits, path } = options
  const expected = puffinFooterBytes(footer.subarray(-PUFFIN_TAIL_BYTES), options)
  if (footer.length !== expected) return fail('the footer does not have its size', options)
  const view = new DataView(footer.buffer, footer.byteOffset, footer.length)
  if (view.getUint32(0) !== MAGIC) return fail('no magic number before the footer', options)
  let payload = footer.subarray(4, footer.length - PUFFIN_TAIL_BYTES)
  if ((view.getUint8(footer.length - 8) & FLAG_COMPRESSED) !== 0) {
    const bounds: DecodeBounds = { limit: limits.metadataBytes, limitName: 'metadataBytes', path }
    payload = decompress('lz4_frame', payload, bounds)
  }
  const reader = new ObjectReader(parseJson(payload, options), { path })
  const blobsEnd = fileBytes - footer.length
  const blobs = reader.objects('blobs', (blob) => readBlob(blob, blobsEnd))
  return { blobs, properties: reader.optStringMap('properties') ?? new Map() }
}

function readBlob(reader: ObjectReader, blobsEnd: number): PuffinBlob {
  const offset = Number(reader.long('offset'))
  const length = Number(reader.long('length'))
  if (offset < 4 || length < 0 || offset + length > blobsEnd) {
    reader.fail('a blob that reaches outside the file', 'offset')
  }
  const compressionCodec = reader.optString('compression-codec')
  return {
    type: reader.string('type'),
    fields: reader.ints('fields'),
    snapshotId: reader.long('snapshot-id'),
    sequenceNumber: reader.long('sequence-number'),
    offset,
    length,
    ...(compressionCodec === undefined ? {} : { compressionCodec }),
    properties: reader.optStringMap('properties') ?? new Map(),
  }
}

/**
 * The contents of a blob from its stored bytes. For zstd, `loadZstd()` must have been awaited.
 *
 * @throws CorruptData, LimitExceeded past `limit`, Unsupported for another codec.
 */
export function unpackPuffinBlob(
  blob: Pick<PuffinBlob, 'compressionCodec'>,
  stored: Uint8Array,
  bounds: DecodeBounds,
): Uint8Array {
  const codec = blob.compressionCodec
  if (codec === undefined) return decompress('uncompressed', stored, bounds)
  if (codec === 'zstd') return decompress('zstd', stored, bounds)
  if (codec === 'lz4') return decompress('lz4_frame', stored, bounds)
  throw new Unsupported('puffin-codec', `puffin codec '${codec.slice(0, 40)}' is not known`, {
    details: { path: bounds.path },
  })
}

export interface PuffinBlobInput {
  readonly type: string
  readonly fields: readonly number[]
  readonly snapshotId: bigint
  readonly sequenceNumber: bigint
  readonly properties?: ReadonlyMap<string, string>
  /** Stored as they are. */
  readonly data: Uint8Array
}

/** Writes a Puffin file with an uncompressed footer; returns it with where the blobs are. */
export function encodePuffin(
  blobs: readonly PuffinBlobInput[],
  properties: ReadonlyMap<string, string>,
): { readonly bytes: Uint8Array; readonly blobs: readonly PuffinBlob[] } {
  const out = new ByteWriter()
  out.u32be(MAGIC)
  const placed: PuffinBlob[] = []
  for (const { data, ...blob } of blobs) {
    placed.push({
      ...blob,
      properties: blob.properties ?? new Map(),
      offset: out.length,
      length: data.length,
    })
    out.bytes(data)
  }
  const payload = encodeJson(
    jsonObject([
      ['blobs', placed.map(blobJson)],
      ['properties', properties],
    ]),
  )
  out.u32be(MAGIC)
  out.bytes(payload)
  out.u32le(payload.length)
  out.u32le(0)
  out.u32be(MAGIC)
  return { bytes: out.toBytes(), blobs: placed }
}

function blobJson(blob: PuffinBlob): JsonObject {
  return jsonObject([
    ['type', blob.type],
    ['fields', blob.fields.map((id) => jsonInt(id))],
    ['snapshot-id', jsonLong(blob.snapshotId)],
    ['sequence-number', jsonLong(blob.sequenceNumber)],
    ['offset', jsonInt(blob.offset)],
    ['length', jsonInt(blob.length)],
    ['properties', blob.properties.size === 0 ? undefined : blob.properties],
  ])
}

function fail(what: string, options: PuffinOptions): never {
  const file = options.path === undefined ? '' : ` in ${options.path}`
  throw new CorruptData(`bad puffin file: ${what}${file}`, { details: { path: options.path } })
}
