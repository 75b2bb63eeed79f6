import type { AvroField, AvroRecord, AvroSchema } from '../../codec/avro/schema.js'
import { findMapped, type NameMapping } from '../../types/name-mapping.js'

/** Whether any field of a record has a field id. */
export function hasAvroIds(record: AvroRecord): boolean {
  return record.fields.some((field) => field.fieldId !== undefined)
}

/** The record with the ids that a name mapping gives to its names (spec: "Column Projection"). */
export function mapAvroNames(record: AvroRecord, mapping: NameMapping): AvroRecord {
  const fields = record.fields.map(({ fieldId: _none, ...field }): AvroField => {
    const mapped = findMapped(mapping, field.icebergName ?? field.name)
    const type = mapType(field.type, mapped?.fields ?? [])
    return { ...field, type, ...(mapped?.id !== undefined && { fieldId: mapped.id }) }
  })
  return { ...record, fields }
}

function mapType(type: AvroSchema, mapping: NameMapping): AvroSchema {
  const below = (name: string): NameMapping => findMapped(mapping, name)?.fields ?? []
  switch (type.kind) {
    case 'record':
      return mapAvroNames(type, mapping)
    case 'array':
      return type.logicalType === 'map' && type.items.kind === 'record'
        ? { ...type, items: mapAvroNames(type.items, mapping) }
        : { ...type, items: mapType(type.items, below('element')) }
    case 'map':
      return { ...type, values: mapType(type.values, below('value')) }
    case 'union':
      return { ...type, branches: type.branches.map((branch) => mapType(branch, mapping)) }
    default:
      return type
  }
}
