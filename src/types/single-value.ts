import { CorruptData, InvalidArgument, ValidationError } from '../errors.js'
import { decodeUtf8, encodeUtf8 } from '../util/utf8.js'
import type { Datum } from './datum.js'
import { promoteDatum } from './promote.js'
import type { Type } from './type.js'
import { formatType } from './type-text.js'

/** Binary single values (spec: Appendix D): bounds in manifests and partition summaries. */

/** A decimal of 38 digits needs 16 bytes; the reference writes a few more at times. */
const DECIMAL_BYTES_MAX = 32

/**
 * The binary single-value form.
 *
 * @throws InvalidArgument for types that have none: nested, variant, unknown.
 */
export function encodeSingleValue(type: Type, datum: Datum): Uint8Array {
  switch (type.kind) {
    case 'boolean':
      return Uint8Array.of(datum === true ? 1 : 0)
    case 'int':
    case 'date':
      return withView(4, (view) => view.setInt32(0, datum as number, true))
    case 'float':
      return withView(4, (view) => view.setFloat32(0, datum as number, true))
    case 'double':
      return withView(8, (view) => view.setFloat64(0, datum as number, true))
    case 'long':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return withView(8, (view) => view.setBigInt64(0, datum as bigint, true))
    case 'string':
      return encodeUtf8(datum as string)
    case 'uuid':
    case 'fixed':
    case 'binary':
    case 'geometry':
    case 'geography':
      return datum as Uint8Array
    case 'decimal':
      return minimalTwosComplement(datum as bigint)
    default:
      throw new InvalidArgument(`type ${formatType(type)} has no binary single-value form`)
  }
}

function withView(length: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length)
  write(new DataView(bytes.buffer))
  return bytes
}

/** Big-endian two's complement in as few bytes as hold the value; 0 is one byte. */
export function minimalTwosComplement(value: bigint): Uint8Array {
  let length = 1
  while (BigInt.asIntN(length * 8, value) !== value) length++
  return twosComplement(value, length)
}

/** Big-endian two's complement in `length` bytes, which must hold the value. */
export function twosComplement(value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let rest = value
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(BigInt.asUintN(8, rest))
    rest >>= 8n
  }
  return bytes
}

/** The integer of a big-endian two's complement of any length; no bytes are 0. */
export function fromTwosComplement(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  return BigInt.asIntN(bytes.length * 8, value)
}

/**
 * Reads a binary single value. A value that was written before its column was widened is read by
 * its length (spec: "Schema Evolution", the table of inferred types). The bytes of binary types are
 * not copied.
 *
 * @throws CorruptData when the length or the UTF-8 is wrong, or the promoted value is out of range.
 */
export function decodeSingleValue(type: Type, bytes: Uint8Array): Datum {
  const datum = tryDecodeSingleValue(type, bytes)
  if (datum !== undefined) return datum
  throw new CorruptData(`${bytes.length} bytes are no single value of type ${formatType(type)}`)
}

/** Like {@link decodeSingleValue}, with `undefined` for what cannot be read: a bound to ignore. */
export function tryDecodeSingleValue(type: Type, bytes: Uint8Array): Datum | undefined {
  switch (type.kind) {
    case 'boolean':
      return bytes.length === 1 ? bytes[0] !== 0 : undefined
    case 'int':
    case 'date':
      return bytes.length === 4 ? viewOf(bytes).getInt32(0, true) : undefined
    case 'float':
      return bytes.length === 4 ? viewOf(bytes).getFloat32(0, true) : undefined
    case 'double':
      if (bytes.length === 4) return viewOf(bytes).getFloat32(0, true)
      return bytes.length === 8 ? viewOf(bytes).getFloat64(0, true) : undefined
    case 'long':
      if (bytes.length === 4) return BigInt(viewOf(bytes).getInt32(0, true))
      return long(bytes)
    case 'timestamp':
    case 'timestamp_ns':
      return bytes.length === 4 ? dateAs(type, bytes) : long(bytes)
    case 'time':
    case 'timestamptz':
    case 'timestamptz_ns':
      return long(bytes)
    case 'string':
      return decodeUtf8(bytes)
    case 'uuid':
      return bytes.length === 16 ? bytes : undefined
    case 'decimal':
      if (bytes.length === 0 || bytes.length > DECIMAL_BYTES_MAX) return undefined
      return fromTwosComplement(bytes)
    case 'fixed':
      // Bounds may be cut short, so a shorter value is not corrupt.
      return bytes.length <= type.length ? bytes : undefined
    case 'binary':
    case 'geometry':
    case 'geography':
      return bytes
    default:
      return undefined
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}

function long(bytes: Uint8Array): bigint | undefined {
  return bytes.length === 8 ? viewOf(bytes).getBigInt64(0, true) : undefined
}

function dateAs(type: Type, bytes: Uint8Array): Datum | undefined {
  try {
    return promoteDatum({ kind: 'date' }, type, viewOf(bytes).getInt32(0, true))
  } catch (error) {
    if (error instanceof ValidationError) return undefined
    throw error
  }
}
