import type { Snapshot } from '../../table/snapshot.js'
import { microsOf, monthOf } from './months.js'

/** Fewer rows than this make no meaningful mean: the first minutes of a month that has just begun. */
const ROWS_MIN = 1000

/** Mean of a whole-number column for each month of some size, in order of time. */
export async function meanByMonth(
  snapshot: Snapshot<unknown>,
  column: string,
  where?: string,
): Promise<ReadonlyMap<string, number>> {
  const totals = new Map<string, { sum: number; count: number }>()
  const scan = snapshot.scan({ select: ['date', column], ...(where !== undefined && { where }) })
  for await (const batch of scan.batches()) {
    const micros = microsOf(batch, 'date')
    const value = microsOf(batch, column)
    for (let row = 0; row < batch.numRows; row++) {
      const month = monthOf(micros(row))
      const total = totals.get(month) ?? { sum: 0, count: 0 }
      total.sum += value(row)
      total.count++
      totals.set(month, total)
    }
  }
  const sorted = [...totals]
    .filter(([, { count }]) => count >= ROWS_MIN)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return new Map(sorted.map(([month, { sum, count }]) => [month, sum / count]))
}
