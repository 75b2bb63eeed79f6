/** Arrow batches to rows: plain objects with the values that the README promises. */
import type { RecordBatch } from 'apache-arrow'
import type { Schema } from '../types/type.js'
import { objectReader, type ReadOptions, type ValueReader } from './read/column-values.js'

/** How rows show their values; see `ConversionOptions`. */
export type RowOptions = ReadOptions

/** Rows converted at a time: columns are read one after the other within such a window. */
const windowRows = 1024

function batchReader(schema: Schema, batch: RecordBatch, options: RowOptions): ValueReader {
  return objectReader(schema.fields, batch.data.children, [], options)
}

/**
 * All rows of a batch, or those of `[start, end)`. The columns of the batch must be the fields of
 * `schema`, by position.
 *
 * @throws ValidationError when an option would lose digits of a value
 */
export function rowsOf(
  schema: Schema,
  batch: RecordBatch,
  options: RowOptions = {},
  start = 0,
  end: number = batch.numRows,
): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = []
  for (const row of iterateRows(schema, batch, options, start, end)) rows.push(row)
  return rows
}

/** The rows of a batch one by one, converted a window at a time. */
export function* iterateRows(
  schema: Schema,
  batch: RecordBatch,
  options: RowOptions = {},
  start = 0,
  end: number = batch.numRows,
): Generator<Record<string, unknown>> {
  const read = batchReader(schema, batch, options)
  for (let at = start; at < end; at += windowRows) {
    yield* read(at, Math.min(windowRows, end - at)) as Record<string, unknown>[]
  }
}

/** Rows by number, in any order. Close numbers are cheap; each far one converts a window. */
export function rowReader(
  schema: Schema,
  batch: RecordBatch,
  options: RowOptions = {},
): (index: number) => Record<string, unknown> {
  const read = batchReader(schema, batch, options)
  let from = 0
  let window: unknown[] = []
  return (index) => {
    if (index < from || index >= from + window.length) {
      from = index
      window = read(from, Math.min(windowRows, batch.numRows - from))
    }
    return window[index - from] as Record<string, unknown>
  }
}
