import type { BufferSupply } from './buffer-supply.js'
import type { RawColumn, RowRange } from './raw-column.js'

/** The encoded values of one page, between its levels and its end. */
export interface PageValues {
  readonly bytes: Uint8Array
  /** Covers at least `bytes`. */
  readonly view: DataView
  readonly start: number
  readonly end: number
}

/** What a sink has made: the parts of a RawColumn that depend on the type of the values. */
export type SinkResult = Pick<RawColumn, 'values' | 'offsets' | 'dictionary'>

/**
 * Collects the values of one column chunk, page by page, in Arrow's layout. Values come dense (nulls
 * are not stored in Parquet); `spread` then makes room for the nulls of the last page.
 */
export interface ValueSink {
  /** Values so far, room for nulls included. */
  readonly length: number
  /** Makes room for `slots` more values than there are now. */
  reserve(slots: number): void
  /** Takes in the dictionary page. */
  setDictionary(page: PageValues, count: number, encoding: number): void
  /** Appends `count` values. */
  append(page: PageValues, count: number, encoding: number): void
  /** Moves the last `dense` values apart to `slots`, where the bits of `valid` from `bit` say. */
  spread(dense: number, slots: number, valid: Uint8Array, bit: number): void
  /** Keeps only these ranges of values, ascending and disjoint. */
  compact(ranges: readonly RowRange[]): void
  finish(): SinkResult
}

export interface SinkContext {
  readonly supply: BufferSupply
  /** How many values will come, as far as it is known: a hint for the first allocation. */
  readonly expected: number
}

/** Encodings by their number in parquet.thrift. */
export const PLAIN = 0
export const PLAIN_DICTIONARY = 2
export const RLE = 3
export const BIT_PACKED = 4
export const DELTA_BINARY_PACKED = 5
export const DELTA_LENGTH_BYTE_ARRAY = 6
export const DELTA_BYTE_ARRAY = 7
export const RLE_DICTIONARY = 8
export const BYTE_STREAM_SPLIT = 9

/** How many values the loops work on at a time, so that their scratch stays in the cache. */
export const blockValues = 2048
