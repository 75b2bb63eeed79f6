import type { FieldUse } from '../types/schema-editor.js'
import type { Type } from '../types/type.js'
import type { PartitionSpec, SortOrder } from './model.js'

/**
 * The columns that the default partition spec and sort order need: they may not be dropped, and not
 * be promoted where that changes what a transform computes (spec: "Schema Evolution").
 */
export function fieldUses(spec: PartitionSpec, order: SortOrder): ReadonlyMap<number, FieldUse> {
  const uses = new Map<number, FieldUse>()
  for (const field of order.fields) {
    for (const id of field.sourceIds) uses.set(id, { description: 'the sort order' })
  }
  for (const field of spec.fields) {
    if (field.transform.kind === 'void') continue
    for (const id of field.sourceIds) {
      uses.set(id, { description: `partition field '${field.name}'`, allowsPromotion })
    }
  }
  return uses
}

/** A date that becomes a timestamp has other partition values. */
function allowsPromotion(from: Type, _to: Type): boolean {
  return from.kind !== 'date'
}
