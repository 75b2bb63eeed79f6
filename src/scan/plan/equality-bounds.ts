/** Whether an equality delete can match any row of a data file, by the metrics of both. */
import { metricsBounds } from '../../expr/bounds-source.js'
import type { DataFile } from '../../format/model.js'
import { datumComparator } from '../../types/compare.js'
import { schemaIndex } from '../../types/schema-index.js'
import type { Schema, Type } from '../../types/type.js'

export type MayDelete = (data: DataFile) => boolean

/** Types whose bounds are used. Those of floats leave NaN out, which equals NaN in a delete. */
const COMPARABLE: ReadonlySet<Type['kind']> = new Set([
  'int',
  'long',
  'decimal',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'timestamp_ns',
  'timestamptz_ns',
  'string',
  'uuid',
  'fixed',
  'binary',
] as const)

/** A test of data files for one equality delete file. Missing metrics mean that it may match. */
export function equalityBounds(deletes: DataFile, schema: Schema): MayDelete {
  const tests = (deletes.equalityIds ?? []).map((id) => columnTest(id, deletes, schema))
  return (data) => tests.every((test) => test(data))
}

function columnTest(id: number, deletes: DataFile, schema: Schema): MayDelete {
  const field = schemaIndex(schema).byId.get(id)
  // Columns that are not in the schema have no type; null counts of nested ones differ by writer.
  if (field === undefined || field.parentId !== undefined) return () => true
  if (!COMPARABLE.has(field.type.kind)) return () => true
  // A file without the column has its default in every row, whatever metrics say.
  if (field.field?.initialDefault !== undefined) return () => true
  const compare = datumComparator(field.type)
  const theirs = metricsBounds(schema, deletes).column(id)
  const deletesNull = theirs?.nullCount === undefined || theirs.nullCount > 0
  return (data) => {
    const ours = metricsBounds(schema, data).column(id)
    const hasNull = ours?.nullCount === undefined || ours.nullCount > 0
    if (hasNull && deletesNull) return true
    if (ours?.lower === undefined || ours.upper === undefined) return true
    if (theirs?.lower === undefined || theirs.upper === undefined) return true
    return compare(ours.lower, theirs.upper) <= 0 && compare(theirs.lower, ours.upper) <= 0
  }
}
