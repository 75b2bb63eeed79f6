/** Rows put into the order that a table asks for. */
import type { RecordBatch } from 'apache-arrow'
import { datumReader } from '../arrow/datum-reader.js'
import { takeBatch } from '../arrow/take.js'
import type { SortField, SortOrder } from '../partition/model.js'
import { transformOps } from '../partition/ops.js'
import { compareDoubles, datumComparator } from '../types/compare.js'
import type { Datum } from '../types/datum.js'
import type { Schema, Type } from '../types/type.js'
import { sourceReader } from './source-column.js'

/** Compares two rows of the batch it was made for. */
type RowComparator = (a: number, b: number) => number

/** Sorts a batch, stably. */
export type BatchSorter = (batch: RecordBatch) => RecordBatch

/**
 * The sorter of a sort order; undefined when there is nothing to sort by, or when the order has a
 * transform that this version cannot compute: then files are written unsorted, and say so.
 */
export function batchSorter(schema: Schema, order: SortOrder): BatchSorter | undefined {
  const fields = order.fields.filter((field) => field.transform.kind !== 'void')
  const known = fields.every(
    (field) => field.transform.kind !== 'unknown' && field.sourceIds.length === 1,
  )
  if (fields.length === 0 || !known) return undefined
  const makers = fields.map((field) => comparatorMaker(schema, field))
  return (batch) =>
    sorted(
      batch,
      makers.map((make) => make(batch)),
    )
}

function sorted(batch: RecordBatch, comparators: readonly RowComparator[]): RecordBatch {
  const compare = (a: number, b: number): number => {
    for (const comparator of comparators) {
      const order = comparator(a, b)
      if (order !== 0) return order
    }
    return 0
  }
  let inOrder = true
  for (let i = 1; i < batch.numRows && inOrder; i++) inOrder = compare(i - 1, i) <= 0
  if (inOrder) return batch
  const rows = new Int32Array(batch.numRows)
  for (let i = 0; i < rows.length; i++) rows[i] = i
  return takeBatch(batch, rows.sort(compare))
}

function comparatorMaker(schema: Schema, field: SortField): (batch: RecordBatch) => RowComparator {
  const source = sourceReader(schema, field.sourceIds[0] as number)
  const ops = transformOps(field.transform, source.type)
  const type = ops.resultType
  const sign = field.direction === 'desc' ? -1 : 1
  const nullSign = field.nullOrder === 'nulls-first' ? -1 : 1
  return (batch) => {
    const { data, reachable } = source.of(batch)
    const read = datumReader(source.type, data)
    const values = new Array<Datum | null>(batch.numRows)
    for (let i = 0; i < values.length; i++) {
      const datum = reachable?.(i) === false ? null : read(i)
      values[i] = datum === null ? null : ops.apply(datum)
    }
    return compareKeys(type, values, sign, nullSign)
  }
}

function compareKeys(
  type: Type,
  values: readonly (Datum | null)[],
  sign: number,
  nullSign: number,
): RowComparator {
  const numbers = exactNumbers(type, values)
  const compare = datumComparator(type)
  const valueOrder: RowComparator =
    numbers === undefined
      ? (a, b) => compare(values[a] as Datum, values[b] as Datum)
      : (a, b) => compareDoubles(numbers[a]!, numbers[b]!)
  return (a, b) => {
    const aNull = values[a] === null
    const bNull = values[b] === null
    if (aNull || bNull) return aNull === bNull ? 0 : aNull ? nullSign : -nullSign
    return sign * valueOrder(a, b)
  }
}

/** The keys as doubles, where all of them fit exactly: compared many times faster than bigints. */
function exactNumbers(type: Type, values: readonly (Datum | null)[]): Float64Array | undefined {
  if (type.kind === 'string' || type.kind === 'boolean') return undefined
  const numbers = new Float64Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value === null || value === undefined) continue
    if (typeof value === 'number') numbers[i] = value
    else if (typeof value === 'bigint') {
      const number = Number(value)
      if (!Number.isSafeInteger(number)) return undefined
      numbers[i] = number
    } else return undefined
  }
  return numbers
}
