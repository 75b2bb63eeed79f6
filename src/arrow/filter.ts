/** Rows of a batch by a selection bitmap: one bit a row, least significant first. */
import type { Data, RecordBatch } from 'apache-arrow'
import { bitAt, countBits } from './bits.js'
import { sliceBatch } from './compact.js'
import { takeBatch, takeData } from './take.js'

/**
 * The selected rows, in order. All rows selected gives `batch` itself; one run of rows gives a
 * slice that shares its buffers; anything else is copied.
 */
export function filterBatch(
  batch: RecordBatch,
  selection: Uint8Array,
  selected: number = countBits(selection, 0, batch.numRows),
): RecordBatch {
  if (selected === batch.numRows) return batch
  const first = firstSelected(selection, batch.numRows)
  if (selected === 0) return sliceBatch(batch, 0, 0)
  if (countBits(selection, first, first + selected) === selected) {
    return sliceBatch(batch, first, first + selected)
  }
  return takeBatch(batch, selectionToIndices(selection, batch.numRows, selected))
}

/** The selected values of one column, copied. */
export function filterData(
  data: Data,
  selection: Uint8Array,
  selected: number = countBits(selection, 0, data.length),
): Data {
  if (selected === data.length) return data
  return takeData(data, selectionToIndices(selection, data.length, selected))
}

/** The row numbers whose bit is set. */
export function selectionToIndices(
  selection: Uint8Array,
  length: number,
  selected: number = countBits(selection, 0, length),
): Int32Array {
  const indices = new Int32Array(selected)
  let at = 0
  for (let byte = 0; byte << 3 < length; byte++) {
    const bits = selection[byte]!
    if (bits === 0) continue
    const base = byte << 3
    const end = Math.min(8, length - base)
    for (let bit = 0; bit < end; bit++) if ((bits & (1 << bit)) !== 0) indices[at++] = base + bit
  }
  return indices
}

function firstSelected(selection: Uint8Array, length: number): number {
  let byte = 0
  while (byte << 3 < length && selection[byte] === 0) byte++
  let index = byte << 3
  while (index < length && !bitAt(selection, index)) index++
  return index
}
