import type { FieldUse } from '../types/schema-draft.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Schema, Type } from '../types/type.js'
import type { PartitionField, PartitionSpec, SortOrder, Transform } from './model.js'

export interface TableShape {
  readonly schema: Schema
  /** All specs of the table: old ones still describe old files. */
  readonly specs: readonly PartitionSpec[]
  readonly defaultSpecId: number
  readonly order: SortOrder
}

/**
 * What the partition specs and the sort order need of columns (spec: "Schema Evolution"): those of
 * the default spec and of the sort order may not be dropped; those of any spec not be promoted where
 * that changes what a transform computes. A column that only old specs use may be dropped.
 */
export function fieldUses(shape: TableShape): ReadonlyMap<number, readonly FieldUse[]> {
  const uses = new Map<number, FieldUse[]>()
  const add = (id: number, use: FieldUse): void => {
    uses.set(id, [...(uses.get(id) ?? []), use])
  }
  for (const spec of shape.specs) {
    const needsColumn = spec.specId === shape.defaultSpecId
    for (const field of spec.fields) {
      for (const id of field.sourceIds) addPartitionUse(add, id, field, needsColumn)
    }
  }
  for (const field of shape.order.fields) {
    for (const id of field.sourceIds) add(id, { description: 'the sort order' })
  }
  return uses
}

function addPartitionUse(
  add: (id: number, use: FieldUse) => void,
  id: number,
  { name, transform }: PartitionField,
  needsColumn: boolean,
): void {
  if (transform.kind === 'void') return
  add(id, {
    description: `partition field '${name}'`,
    needsColumn,
    allowsPromotion: (from) => keepsValues(transform, from),
  })
}

/**
 * Whether a column that is promoted keeps its partition values. Only a date is stored and hashed
 * otherwise as a timestamp; its year, month and day are the same.
 */
function keepsValues(transform: Transform, from: Type): boolean {
  if (from.kind !== 'date') return true
  return transform.kind === 'year' || transform.kind === 'month' || transform.kind === 'day'
}

/**
 * The names of the default spec's fields with their source columns: no other column may have one,
 * or the reference cannot read the table.
 */
export function partitionNames({
  specs,
  defaultSpecId,
  schema,
}: TableShape): ReadonlyMap<string, number> {
  const names = new Map<string, number>()
  const { byId } = schemaIndex(schema)
  for (const field of specs.find((spec) => spec.specId === defaultSpecId)?.fields ?? []) {
    const [source] = field.sourceIds
    if (source !== undefined && byId.has(source)) names.set(field.name, source)
  }
  return names
}
