import type { ChunkStatistics, SchemaNode } from './model.js'

/** Statistics as they stand in the footer (parquet.thrift, struct Statistics). */
export interface RawStatistics {
  /** Fields 1 and 2: bounds by an order that old writers got wrong for everything unsigned. */
  readonly legacyMin: Uint8Array | undefined
  readonly legacyMax: Uint8Array | undefined
  readonly min: Uint8Array | undefined
  readonly max: Uint8Array | undefined
  readonly minExact: boolean | undefined
  readonly maxExact: boolean | undefined
  readonly nullCount: number | undefined
  readonly distinctCount: number | undefined
}

/** What a bound decodes to: see {@link decodeStatistic}. */
export type StatisticValue = number | bigint | boolean | Uint8Array

/**
 * Keeps of the statistics what may be believed. Bounds are dropped when their order is not defined
 * (INT96, intervals, unknown annotations), when they are legacy bounds of a type that old writers
 * compared as signed, when one has the wrong length, and when a floating-point bound is NaN.
 */
export function usableStatistics(
  raw: RawStatistics,
  leaf: SchemaNode,
  orderKnown: boolean,
): ChunkStatistics {
  let { min, max } = raw
  if (min === undefined && max === undefined && hasSignedOrder(leaf)) {
    min = raw.legacyMin
    max = raw.legacyMax
  }
  if (!orderKnown || !hasDefinedOrder(leaf) || !isSound(min, leaf) || !isSound(max, leaf)) {
    min = undefined
    max = undefined
  }
  // Truncation is only ever done to byte strings, so other bounds are exact unless told otherwise.
  const exact = leaf.physical !== 'BYTE_ARRAY' && leaf.physical !== 'FIXED_LEN_BYTE_ARRAY'
  return {
    min: widenZero(min, leaf, 0x80),
    max: widenZero(max, leaf, 0),
    minExact: raw.minExact ?? exact,
    maxExact: raw.maxExact ?? exact,
    nullCount: raw.nullCount,
    distinctCount: raw.distinctCount,
  }
}

/** Whether legacy bounds, which compare as signed values, are right for this column. */
function hasSignedOrder(leaf: SchemaNode): boolean {
  switch (leaf.physical) {
    case 'BOOLEAN':
    case 'FLOAT':
    case 'DOUBLE':
      return true
    case 'INT32':
    case 'INT64':
      return !(leaf.logical?.kind === 'integer' && !leaf.logical.signed)
    default:
      return false
  }
}

/** Whether the order of this column's values is defined, so that bounds mean something. */
export function hasDefinedOrder(leaf: SchemaNode): boolean {
  if (leaf.physical === undefined || leaf.physical === 'INT96') return false
  switch (leaf.logical?.kind) {
    case 'interval':
    case 'other':
    case 'variant':
    case 'geometry':
    case 'geography':
    case 'unknown':
    case 'float16':
      return false
    default:
      return true
  }
}

function byteWidth(leaf: SchemaNode): number | undefined {
  switch (leaf.physical) {
    case 'BOOLEAN':
      return 1
    case 'INT32':
    case 'FLOAT':
      return 4
    case 'INT64':
    case 'DOUBLE':
      return 8
    default:
      return undefined
  }
}

/** False for a bound that cannot be one: the wrong length, or not a number. */
export function isSound(bound: Uint8Array | undefined, leaf: SchemaNode): boolean {
  if (bound === undefined) return true
  const width = byteWidth(leaf)
  if (width !== undefined && bound.length !== width) return false
  if (leaf.physical !== 'FLOAT' && leaf.physical !== 'DOUBLE') return true
  return !Number.isNaN(decodeStatistic(bound, leaf) as number)
}

/**
 * A zero bound of a floating-point column stands for both zeros (parquet.thrift, ColumnOrder): a
 * lower bound becomes -0.0, an upper bound +0.0.
 */
export function widenZero(
  bound: Uint8Array | undefined,
  leaf: SchemaNode,
  signByte: 0 | 0x80,
): Uint8Array | undefined {
  if (bound === undefined || (leaf.physical !== 'FLOAT' && leaf.physical !== 'DOUBLE')) return bound
  if (decodeStatistic(bound, leaf) !== 0) return bound
  const zero = new Uint8Array(bound.length)
  zero[bound.length - 1] = signByte
  return zero
}

/**
 * The value of a raw bound by its physical type: INT32 → number (unsigned types unsigned), INT64 →
 * bigint, FLOAT and DOUBLE → number, BOOLEAN → boolean, byte arrays → the bytes. `undefined` when
 * the length does not fit the type.
 */
export function decodeStatistic(bytes: Uint8Array, leaf: SchemaNode): StatisticValue | undefined {
  const width = byteWidth(leaf)
  if (width !== undefined && bytes.length !== width) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const unsigned = leaf.logical?.kind === 'integer' && !leaf.logical.signed
  switch (leaf.physical) {
    case 'BOOLEAN':
      return bytes[0] !== 0
    case 'INT32':
      return unsigned ? view.getUint32(0, true) : view.getInt32(0, true)
    case 'INT64':
      return unsigned ? view.getBigUint64(0, true) : view.getBigInt64(0, true)
    case 'FLOAT':
      return view.getFloat32(0, true)
    case 'DOUBLE':
      return view.getFloat64(0, true)
    default:
      return bytes
  }
}
