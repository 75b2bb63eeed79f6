/** Parquet statistics and literals ↔ Iceberg's values, promotions included. */

import type { SchemaNode, TimeUnit } from '../../parquet/model.js'
import { decodeStatistic } from '../../parquet/statistics.js'
import type { Datum } from '../../types/datum.js'
import { fromTwosComplement, twosComplement } from '../../types/single-value.js'
import type { Type } from '../../types/type.js'
import { decodeUtf8, encodeUtf8 } from '../../util/utf8.js'

const MICROS_PER_DAY = 86_400_000_000n

/**
 * A bound of a column chunk or page as a value of the column's Iceberg type, or `undefined` when it
 * says nothing reliable about it.
 */
export function statisticDatum(
  bytes: Uint8Array | undefined,
  leaf: SchemaNode,
  type: Type,
): Datum | undefined {
  const value = bytes === undefined ? undefined : decodeStatistic(bytes, leaf)
  if (value === undefined) return undefined
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'int':
      return typeof value === 'number' && isInteger(leaf) ? value : undefined
    case 'long':
      return isInteger(leaf) ? toLong(value) : undefined
    case 'date':
      return typeof value === 'number' && leaf.logical?.kind === 'date' ? value : undefined
    case 'float':
    case 'double':
      return typeof value === 'number' && isFloating(leaf) ? value : undefined
    case 'decimal':
      return decimalOf(value, leaf, type.scale)
    case 'time':
      return leaf.logical?.kind === 'time'
        ? scaled(toLong(value), leaf.logical.unit, 'micros')
        : undefined
    case 'timestamp':
    case 'timestamptz':
      return instantOf(value, leaf, 'micros')
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return instantOf(value, leaf, 'nanos')
    case 'string':
      return value instanceof Uint8Array ? decodeUtf8(value) : undefined
    case 'binary':
      return value instanceof Uint8Array && leaf.physical === 'BYTE_ARRAY' ? value : undefined
    case 'uuid':
    case 'fixed':
      return value instanceof Uint8Array && leaf.physical === 'FIXED_LEN_BYTE_ARRAY'
        ? value
        : undefined
    default:
      return undefined
  }
}

function isInteger(leaf: SchemaNode): boolean {
  return leaf.logical === undefined || leaf.logical.kind === 'integer'
}

function isFloating(leaf: SchemaNode): boolean {
  return leaf.physical === 'FLOAT' || leaf.physical === 'DOUBLE'
}

function toLong(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  return typeof value === 'number' ? BigInt(value) : undefined
}

function decimalOf(value: unknown, leaf: SchemaNode, scale: number): bigint | undefined {
  if (leaf.logical?.kind !== 'decimal' || leaf.logical.scale !== scale) return undefined
  return value instanceof Uint8Array ? fromTwosComplement(value) : toLong(value)
}

function instantOf(value: unknown, leaf: SchemaNode, to: 'micros' | 'nanos'): bigint | undefined {
  const long = toLong(value)
  if (long === undefined) return undefined
  if (leaf.logical?.kind === 'date') {
    return long * MICROS_PER_DAY * (to === 'nanos' ? 1000n : 1n)
  }
  return leaf.logical?.kind === 'timestamp' ? scaled(long, leaf.logical.unit, to) : undefined
}

const PER_SECOND: Readonly<Record<TimeUnit, bigint>> = {
  millis: 1000n,
  micros: 1_000_000n,
  nanos: 1_000_000_000n,
}

/** To the same or a finer unit; a coarser one would lose digits. */
function scaled(value: bigint | undefined, from: TimeUnit, to: TimeUnit): bigint | undefined {
  if (value === undefined || PER_SECOND[from] > PER_SECOND[to]) return undefined
  return value * (PER_SECOND[to] / PER_SECOND[from])
}

/** What a bloom filter must be asked: the PLAIN bytes, that no value fits, or nothing. */
export type PlainLiteral = Uint8Array | 'absent' | undefined

/**
 * A literal as the PLAIN bytes that the file would hold. `'absent'`: no value of the file's type
 * equals it; `undefined`: it cannot be told.
 */
export function plainLiteral(datum: Datum, leaf: SchemaNode, type: Type): PlainLiteral {
  switch (type.kind) {
    case 'int':
    case 'long':
    case 'date':
      return integerBytes(BigInt(datum as number | bigint), leaf)
    case 'float':
    case 'double':
      return floatBytes(datum as number, leaf)
    case 'decimal':
      if (leaf.logical?.kind !== 'decimal' || leaf.logical.scale !== type.scale) return undefined
      return decimalBytes(datum as bigint, leaf)
    case 'timestamp':
    case 'timestamptz':
    case 'time':
      return isUnit(leaf, 'micros') ? integerBytes(datum as bigint, leaf) : undefined
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return isUnit(leaf, 'nanos') ? integerBytes(datum as bigint, leaf) : undefined
    case 'string':
      return leaf.physical === 'BYTE_ARRAY' ? encodeUtf8(datum as string) : undefined
    case 'binary':
    case 'uuid':
    case 'fixed':
      return datum as Uint8Array
    default:
      return undefined
  }
}

function isUnit(leaf: SchemaNode, unit: TimeUnit): boolean {
  const { logical } = leaf
  return (logical?.kind === 'time' || logical?.kind === 'timestamp') && logical.unit === unit
}

function integerBytes(value: bigint, leaf: SchemaNode): PlainLiteral {
  if (leaf.physical !== 'INT32' && leaf.physical !== 'INT64') return undefined
  const width = leaf.physical === 'INT32' ? 4 : 8
  if (leaf.logical?.kind === 'integer' && !leaf.logical.signed) return undefined
  if (BigInt.asIntN(width * 8, value) !== value) return 'absent'
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigInt64(0, value, true)
  return bytes.subarray(0, width)
}

function floatBytes(value: number, leaf: SchemaNode): PlainLiteral {
  // Both zeros are equal, yet hash differently.
  if (value === 0) return undefined
  const bytes = new Uint8Array(leaf.physical === 'FLOAT' ? 4 : 8)
  const view = new DataView(bytes.buffer)
  if (leaf.physical === 'FLOAT') {
    if (Math.fround(value) !== value) return 'absent'
    view.setFloat32(0, value, true)
    return bytes
  }
  if (leaf.physical !== 'DOUBLE') return undefined
  view.setFloat64(0, value, true)
  return bytes
}

function decimalBytes(unscaled: bigint, leaf: SchemaNode): PlainLiteral {
  if (leaf.physical !== 'FIXED_LEN_BYTE_ARRAY') return integerBytes(unscaled, leaf)
  const width = leaf.typeLength ?? 0
  if (BigInt.asIntN(width * 8, unscaled) !== unscaled) return 'absent'
  return twosComplement(unscaled, width)
}
