import { CorruptData } from '../../errors.js'
import { ByteWriter } from '../../util/byte-writer.js'
import { crc32 } from '../crc32.js'
import type { PositionBitmap } from '../roaring/position-bitmap.js'
import { decodePositions, encodePositions } from '../roaring/serialize.js'

/** `D1 D3 39 64`, read big-endian. */
const MAGIC = 0xd1d33964
const FRAME_BYTES = 12

/**
 * Reads a `deletion-vector-v1` blob (Puffin spec): length and checksum big-endian, the bitmap
 * little-endian between them.
 *
 * @throws CorruptData
 */
export function decodeDeletionVector(bytes: Uint8Array, path?: string): PositionBitmap {
  const fail = (what: string): never => {
    const file = path === undefined ? '' : ` in ${path}`
    throw new CorruptData(`bad deletion vector: ${what}${file}`, { details: { path } })
  }
  if (bytes.length < FRAME_BYTES) return fail('it is shorter than its frame')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (view.getInt32(0) !== bytes.length - 8) return fail('its length is not that of the blob')
  if (view.getUint32(4) !== MAGIC) return fail('no magic number')
  const checked = bytes.subarray(4, bytes.length - 4)
  if (view.getUint32(bytes.length - 4) !== crc32(checked)) return fail('a wrong checksum')
  return decodePositions(checked.subarray(4), path)
}

/** Writes a `deletion-vector-v1` blob. */
export function encodeDeletionVector(positions: PositionBitmap): Uint8Array {
  const bitmap = encodePositions(positions)
  const out = new ByteWriter(bitmap.length + FRAME_BYTES)
  out.u32be(bitmap.length + 4)
  out.u32be(MAGIC)
  out.bytes(bitmap)
  out.u32be(crc32(out.peek().subarray(4)))
  return out.toBytes()
}
