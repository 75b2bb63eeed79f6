/**
 * Iceberg's metrics of a file just written: sizes, counts and bounds from the chunk statistics of
 * its row groups, and from the values where those do not say enough (NaN, long bounds).
 */
import type { RecordBatch } from 'apache-arrow'
import type { ThriftStruct } from '../codec/thrift/generic.js'
import type { MetricsConfig, MetricsMode } from '../format/metrics-config.js'
import type { FileMetrics } from '../format/model.js'
import { truncateLowerBound, truncateUpperBound } from '../types/bounds.js'
import { datumComparator } from '../types/compare.js'
import type { Datum } from '../types/datum.js'
import { encodeSingleValue, fromTwosComplement } from '../types/single-value.js'
import type { PrimitiveType, Schema } from '../types/type.js'
import { decodeUtf8 } from '../util/utf8.js'
import { getI64, optBinary, optI64, optStruct } from './thrift-build.js'
import { ValueMetrics } from './value-metrics.js'
import type { WrittenLeaf, WrittenSchema } from './write-schema.js'

/** Field numbers of ColumnMetaData and Statistics. */
const meta = { values: 5, compressed: 7, statistics: 12 } as const
const statistic = { nullCount: 3, max: 5, min: 6 } as const

interface Bounds {
  readonly lower: Datum | undefined
  readonly upper: Datum | undefined
}

/** Collects what the footer will not tell, then puts it together with what it does. */
export class MetricsCollector {
  readonly #written: WrittenSchema
  readonly #config: MetricsConfig
  readonly #values: ValueMetrics

  constructor(schema: Schema, written: WrittenSchema, config: MetricsConfig) {
    this.#written = written
    this.#config = config
    this.#values = new ValueMetrics(schema, (leaf) => needsWholeBounds(leaf.type, config(leaf.id)))
  }

  /** Looks at rows that are about to be written. */
  add(batch: RecordBatch): void {
    this.#values.add(batch)
  }

  /** The metrics, given the ColumnMetaData of every chunk by row group. */
  finish(chunks: readonly (readonly ThriftStruct[])[]): FileMetrics {
    const columnSizes = new Map<number, bigint>()
    const valueCounts = new Map<number, bigint>()
    const nullValueCounts = new Map<number, bigint>()
    const nanValueCounts = new Map<number, bigint>()
    const lowerBounds = new Map<number, Uint8Array>()
    const upperBounds = new Map<number, Uint8Array>()
    this.#written.leaves.forEach((leaf, index) => {
      const fieldId = leaf.fieldId ?? leaf.variantId
      if (fieldId === undefined) return
      const mine = chunks.map((rowGroup) => rowGroup[index] as ThriftStruct)
      const mode = this.#config(fieldId)
      if (mode.kind === 'none') return
      // A variant has counts only, as in the reference.
      if (leaf.variantId === undefined) {
        columnSizes.set(
          fieldId,
          sum(mine, (chunk) => getI64(chunk, meta.compressed)),
        )
      }
      // Members of lists and maps have their size and nothing else, as in the reference.
      if (leaf.repeated) return
      valueCounts.set(
        fieldId,
        sum(mine, (chunk) => getI64(chunk, meta.values)),
      )
      const nulls = mine.map(nullCount)
      if (nulls.every((count) => count !== undefined)) {
        nullValueCounts.set(
          fieldId,
          nulls.reduce<bigint>((total, count) => total + (count ?? 0n), 0n),
        )
      }
      const nans = this.#values.nanCount(fieldId)
      if (nans !== undefined) nanValueCounts.set(fieldId, nans)
      if (mode.kind === 'counts' || !hasBounds(leaf)) return
      const bounds = this.#values.bounds(fieldId) ?? chunkBounds(leaf.type, mine)
      setBounds(leaf.type, fieldId, mode, bounds, lowerBounds, upperBounds)
    })
    return { columnSizes, valueCounts, nullValueCounts, nanValueCounts, lowerBounds, upperBounds }
  }
}

/** Bounds are for types that have an order. */
function hasBounds({ type, variantId }: WrittenLeaf): boolean {
  return variantId === undefined && type.kind !== 'geometry' && type.kind !== 'geography'
}

/** The encoder cuts statistics of bytes to 64; wider bounds need the values themselves. */
function needsWholeBounds(type: PrimitiveType, mode: MetricsMode): boolean {
  const bytes = type.kind === 'string' || type.kind === 'binary' || type.kind === 'fixed'
  // 16 code points take at most 64 bytes.
  return bytes && (mode.kind === 'full' || (mode.kind === 'truncate' && mode.length > 16))
}

function sum(chunks: readonly ThriftStruct[], of: (chunk: ThriftStruct) => bigint): bigint {
  return chunks.reduce((total, chunk) => total + of(chunk), 0n)
}

function nullCount(chunk: ThriftStruct): bigint | undefined {
  const statistics = optStruct(chunk, meta.statistics)
  return statistics === undefined ? undefined : optI64(statistics, statistic.nullCount)
}

/** The least and the greatest of all chunks; undefined when one of them does not say. */
function chunkBounds(type: PrimitiveType, chunks: readonly ThriftStruct[]): Bounds {
  const compare = datumComparator(type)
  let lower: Datum | undefined
  let upper: Datum | undefined
  for (const chunk of chunks) {
    const statistics = optStruct(chunk, meta.statistics)
    const min = statistics && optBinary(statistics, statistic.min)
    const max = statistics && optBinary(statistics, statistic.max)
    if (min === undefined || max === undefined) {
      if (allNull(chunk) || isFloating(type)) continue
      return { lower: undefined, upper: undefined }
    }
    const low = plainDatum(type, min)
    const high = plainDatum(type, max)
    if (lower === undefined || compare(low, lower) < 0) lower = low
    if (upper === undefined || compare(high, upper) > 0) upper = high
  }
  return { lower, upper }
}

function allNull(chunk: ThriftStruct): boolean {
  return nullCount(chunk) === getI64(chunk, meta.values)
}

function isFloating(type: PrimitiveType): boolean {
  return type.kind === 'float' || type.kind === 'double'
}

/** A statistic in Parquet's plain encoding as a datum. */
function plainDatum(type: PrimitiveType, bytes: Uint8Array): Datum {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (type.kind) {
    case 'boolean':
      return bytes[0] === 1
    case 'int':
    case 'date':
      return view.getInt32(0, true)
    case 'float':
      return view.getFloat32(0, true)
    case 'double':
      return view.getFloat64(0, true)
    case 'decimal':
      if (type.precision <= 9) return BigInt(view.getInt32(0, true))
      return type.precision <= 18 ? view.getBigInt64(0, true) : fromTwosComplement(bytes)
    case 'string':
      return decodeUtf8(bytes) ?? ''
    case 'uuid':
    case 'fixed':
    case 'binary':
    case 'geometry':
    case 'geography':
    case 'unknown':
      return bytes
    default:
      return view.getBigInt64(0, true)
  }
}

function setBounds(
  type: PrimitiveType,
  fieldId: number,
  mode: MetricsMode,
  bounds: Bounds,
  lowerBounds: Map<number, Uint8Array>,
  upperBounds: Map<number, Uint8Array>,
): void {
  let { lower, upper } = bounds
  if (lower === undefined || upper === undefined) return
  if (mode.kind === 'truncate') {
    lower = truncateLowerBound(type, lower, mode.length)
    upper = truncateUpperBound(type, upper, mode.length)
  }
  // A zero bound covers both zeros (spec: "Data File Fields", note on -0.0).
  if (lower === 0 && isFloating(type)) lower = -0
  if (upper === 0 && isFloating(type)) upper = 0
  lowerBounds.set(fieldId, encodeSingleValue(type, lower))
  if (upper !== undefined) upperBounds.set(fieldId, encodeSingleValue(type, upper))
}
