import type { RecordBatch } from 'apache-arrow'
import { sliceBatch } from '../../arrow/compact.js'
import { civilFromDays } from '../../types/calendar.js'

const MICROS_PER_DAY = 86_400_000_000

/** The flights of one calendar month. */
export interface MonthOfFlights {
  /** `2001-01`. */
  readonly month: string
  readonly batches: readonly RecordBatch[]
  readonly rows: number
}

/** Microseconds since 1970 of a timestamp column, as plain numbers: exact within 285 years. */
export function microsOf(batch: RecordBatch, column: string): (row: number) => number {
  const at = batch.schema.fields.findIndex((field) => field.name === column)
  // The values of a slice begin at its first row.
  const words = batch.data.children[at]!.values as BigInt64Array
  return (row) => Number(words[row])
}

/** The calendar month of a moment, as `2001-01`. */
export function monthOf(micros: number): string {
  const { year, month } = civilFromDays(Math.floor(micros / MICROS_PER_DAY))
  return `${year}-${String(month).padStart(2, '0')}`
}

/**
 * Cuts batches in order of time into calendar months, without copying. A month is handed on as soon
 * as the next one begins.
 */
export async function* byMonth(
  batches: AsyncIterable<RecordBatch>,
  column: string,
): AsyncGenerator<MonthOfFlights> {
  let month = ''
  let parts: RecordBatch[] = []
  let rows = 0
  for await (const batch of batches) {
    for (const run of runsOf(batch, column)) {
      if (run.month !== month && rows > 0) {
        yield { month, batches: parts, rows }
        parts = []
        rows = 0
      }
      month = run.month
      rows += run.end - run.start
      parts.push(sliceBatch(batch, run.start, run.end))
    }
  }
  if (rows > 0) yield { month, batches: parts, rows }
}

/** Stretches of rows of the same month. */
function runsOf(batch: RecordBatch, column: string) {
  const micros = microsOf(batch, column)
  const runs: { month: string; start: number; end: number }[] = []
  let start = 0
  while (start < batch.numRows) {
    const month = monthOf(micros(start))
    const end = endOfRun(batch.numRows, start, (row) => monthOf(micros(row)) === month)
    runs.push({ month, start, end })
    start = end
  }
  return runs
}

/** The first row after `start` that is not of its month; found by halving where the end is. */
function endOfRun(rows: number, start: number, same: (row: number) => boolean): number {
  if (same(rows - 1)) return rows
  let low = start
  let high = rows - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (same(middle)) low = middle
    else high = middle
  }
  return high
}
