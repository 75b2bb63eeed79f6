import { schemaIndex } from '../types/schema-index.js'
import type { Schema, StructType, Type } from '../types/type.js'
import type { PartitionField, PartitionSpec } from './model.js'
import { transformOps } from './ops.js'

const UNKNOWN: Type = { kind: 'unknown' }

/**
 * The type of a partition field's values. When the source column is not in the schema any more,
 * transforms with a fixed result type keep it and the others are `unknown`.
 */
export function partitionFieldType(field: PartitionField, schema: Pick<Schema, 'fields'>): Type {
  const [sourceId] = field.sourceIds
  const source = sourceId === undefined ? undefined : schemaIndex(schema).byId.get(sourceId)?.type
  return transformOps(field.transform, source ?? UNKNOWN).resultType
}

const types = new WeakMap<PartitionSpec, { readonly schema: object; readonly type: StructType }>()

/** The struct of a spec's partition tuples: optional fields with the partition field ids. */
export function partitionType(spec: PartitionSpec, schema: Pick<Schema, 'fields'>): StructType {
  const known = types.get(spec)
  if (known !== undefined && known.schema === schema) return known.type
  const type: StructType = {
    kind: 'struct',
    fields: spec.fields.map((field) => ({
      id: field.fieldId,
      name: field.name,
      required: false,
      type: partitionFieldType(field, schema),
    })),
  }
  types.set(spec, { schema, type })
  return type
}
