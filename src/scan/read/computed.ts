/** Metadata columns of a data file: values that are not stored but known (spec: "Reserved Field IDs"). */
import type { Data } from 'apache-arrow'
import { bitmapBytes, setBit } from '../../arrow/bits.js'
import { makeColumn } from '../../arrow/layout.js'
import { type ArrowForm, arrowTypeOf } from '../../arrow/schema.js'
import { specById } from '../../format/lookup.js'
import type { TableMetadata } from '../../format/model.js'
import { isLineage, METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { NestedDatum } from '../../types/single-value-json.js'
import type { Field } from '../../types/type.js'
import type { ComputedColumn, RowPositions } from '../columns/assemble.js'
import { fillData } from '../columns/fill.js'
import type { ScanTask } from '../contract.js'
import { coerceDatum } from '../plan/partition-filters.js'
import { lineageColumn } from './lineage.js'

type Computed = ReadonlyMap<number, ComputedColumn>

/** Makers of the metadata columns among `fields`. */
export function computedColumns(
  fields: readonly Field[],
  task: ScanTask,
  metadata: TableMetadata,
  form: ArrowForm,
): Computed {
  const makers = new Map<number, ComputedColumn>()
  for (const field of fields) {
    const value = constantOf(field, task, metadata)
    if (field.id === METADATA_COLUMNS.pos.id) makers.set(field.id, positionColumn)
    else if (field.id === METADATA_COLUMNS.deleted.id) makers.set(field.id, deletedColumn)
    else if (isLineage(field.id)) makers.set(field.id, lineageColumn(field.id, task))
    else if (value !== undefined) {
      makers.set(field.id, (rows) => fillData(field.type, value, rows.length, form))
    }
  }
  return makers
}

function constantOf(
  field: Field,
  task: ScanTask,
  metadata: TableMetadata,
): NestedDatum | undefined {
  switch (field.id) {
    case METADATA_COLUMNS.file.id:
      return task.file.path
    case METADATA_COLUMNS.specId.id:
      return task.file.specId
    case METADATA_COLUMNS.partition.id:
      return partitionValue(field, task, metadata)
    default:
      return undefined
  }
}

/** The partition tuple as a struct of all partition fields of the table. */
function partitionValue(field: Field, task: ScanTask, metadata: TableMetadata): NestedDatum {
  const spec = specById(metadata, task.file.specId)
  const members = new Map<number, NestedDatum>()
  if (field.type.kind !== 'struct') return members
  const types = new Map(field.type.fields.map((member) => [member.id, member.type]))
  spec.fields.forEach((part, index) => {
    const value = task.file.partition[index] ?? null
    members.set(part.fieldId, value === null ? null : coerceDatum(value, types.get(part.fieldId)))
  })
  return members
}

function deletedColumn({ length, deleted }: RowPositions): Data {
  const values = new Uint8Array(bitmapBytes(length))
  if (deleted !== undefined) {
    for (let row = 0; row < length; row += 1) if (deleted[row] === 1) setBit(values, row)
  }
  return makeColumn(arrowTypeOf({ kind: 'boolean' }), length, 0, { values })
}

function positionColumn(rows: RowPositions): Data {
  const values = new BigInt64Array(rows.length)
  const words = new Int32Array(values.buffer)
  const positions = rows.positions()
  for (let row = 0; row < rows.length; row += 1) {
    const position = positions[row]!
    words[2 * row] = position | 0
    words[2 * row + 1] = Math.floor(position / 4294967296)
  }
  return makeColumn(arrowTypeOf({ kind: 'long' }), rows.length, 0, { values })
}
