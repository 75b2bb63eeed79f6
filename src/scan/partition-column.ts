import type { TableMetadata } from '../format/model.js'
import { partitionFieldType } from '../partition/partition-type.js'
import { METADATA_COLUMNS } from '../types/metadata-columns.js'
import type { Field, Schema } from '../types/type.js'

/**
 * The `_partition` column: a struct of every partition field that any spec of the table has, by
 * field id, each null where a file's spec lacks it. Names come from the newest spec; a field whose
 * transform was replaced by `void` (v1) keeps its former type.
 */
export function partitionColumn(metadata: TableMetadata, schema: Schema): Field {
  const fields = new Map<number, { readonly field: Field; readonly isVoid: boolean }>()
  const newestFirst = [...metadata.partitionSpecs].sort((a, b) => b.specId - a.specId)
  for (const spec of newestFirst) {
    for (const part of spec.fields) {
      const known = fields.get(part.fieldId)
      const isVoid = part.transform.kind === 'void'
      if (known !== undefined && !(known.isVoid && !isVoid)) continue
      const type = partitionFieldType(part, schema)
      const name = known?.field.name ?? part.name
      fields.set(part.fieldId, { field: { id: part.fieldId, name, required: false, type }, isVoid })
    }
  }
  const sorted = [...fields.values()].map(({ field }) => field).sort((a, b) => a.id - b.id)
  return { ...METADATA_COLUMNS.partition, type: { kind: 'struct', fields: sorted } }
}
