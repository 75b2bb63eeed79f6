/** Row lineage columns: what a data file stores of them, completed by inheritance (spec: "Row Lineage"). */
import type { Data } from 'apache-arrow'
import { nullData } from '../../arrow/constant.js'
import { makeColumn, validAt } from '../../arrow/layout.js'
import { arrowTypeOf } from '../../arrow/schema.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { ComputedColumn, RowPositions } from '../columns/assemble.js'
import type { ScanTask } from '../contract.js'

const LONG = arrowTypeOf({ kind: 'long' })

/**
 * The maker of `_row_id` or `_last_updated_sequence_number`. Where the file has no value the row id
 * is the file's first row id plus the position, the sequence number that of the file's data. A file
 * without a first row id has null for both (spec: appendix E, "Version 3").
 */
export function lineageColumn(fieldId: number, task: ScanTask): ComputedColumn {
  const { firstRowId } = task.file
  if (firstRowId === undefined) return (rows) => nullData(LONG, rows.length)
  const isRowId = fieldId === METADATA_COLUMNS.rowId.id
  const inherited = isRowId
    ? (rows: RowPositions): BigInt64Array => rowIds(firstRowId, rows)
    : (rows: RowPositions): BigInt64Array =>
        new BigInt64Array(rows.length).fill(task.sequenceNumber)
  return (rows, stored) => {
    const values = inherited(rows)
    if (stored !== undefined) copyStored(stored, values)
    return makeColumn(LONG, rows.length, 0, { values })
  }
}

function rowIds(first: bigint, rows: RowPositions): BigInt64Array {
  const values = new BigInt64Array(rows.length)
  const words = new Int32Array(values.buffer)
  const positions = rows.positions()
  const high = Number(first >> 32n)
  const low = Number(first & 0xffff_ffffn)
  for (let row = 0; row < rows.length; row += 1) {
    // Below 2^53: a low word and the position of a row.
    const sum = low + positions[row]!
    words[2 * row] = sum | 0
    words[2 * row + 1] = high + Math.floor(sum / 4294967296)
  }
  return values
}

/** Puts the values that the file has in the place of the inherited ones. */
function copyStored(stored: Data, values: BigInt64Array): void {
  const from = stored.values as unknown as BigInt64Array
  if (stored.nullCount === 0) {
    values.set(from.subarray(0, values.length))
    return
  }
  const valid = validAt(stored)
  const source = new Int32Array(from.buffer, from.byteOffset, values.length * 2)
  const target = new Int32Array(values.buffer)
  for (let row = 0; row < values.length; row += 1) {
    if (!valid(row)) continue
    target[2 * row] = source[2 * row]!
    target[2 * row + 1] = source[2 * row + 1]!
  }
}
