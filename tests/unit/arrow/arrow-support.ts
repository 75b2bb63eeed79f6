/** Arrow columns and batches as callers make them. */
import {
  Field as ArrowField,
  Schema as ArrowSchema,
  type Data,
  type DataType,
  RecordBatch,
  Struct,
  vectorFromArray,
} from 'apache-arrow'
import { makeColumn } from '../../../src/arrow/layout.js'

export function column(type: DataType, values: readonly unknown[]): Data {
  return vectorFromArray(values as never[], type).data[0] as Data
}

export function batchOf(columns: Readonly<Record<string, Data>>): RecordBatch {
  const fields = Object.entries(columns).map(
    ([name, data]) => new ArrowField(name, data.type, true),
  )
  const length = Object.values(columns)[0]?.length ?? 0
  const data = makeColumn(new Struct(fields), length, 0, { children: Object.values(columns) })
  return new RecordBatch(new ArrowSchema(fields), data as RecordBatch['data'])
}
