/** What a scan gives: the selected columns as a schema, nested picks pruned, metadata columns added. */
import { InvalidArgument } from '../errors.js'
import type { TableMetadata } from '../format/model.js'
import { METADATA_COLUMNS } from '../types/metadata-columns.js'
import { schemaIndex } from '../types/schema-index.js'
import type { Field, Schema, Type } from '../types/type.js'
import { partitionColumn } from './partition-column.js'

/** A column by name (dots separate, or are part of a name) or by its path. */
export type ColumnPath = string | readonly string[]

/** Row lineage: v3 tables have it. */
const LINEAGE_FIELDS: readonly Field[] = [
  METADATA_COLUMNS.rowId,
  METADATA_COLUMNS.lastUpdatedSequenceNumber,
]

/** The metadata columns that can be asked for by name, apart from `_partition`. */
const METADATA_FIELDS: readonly Field[] = [
  METADATA_COLUMNS.file,
  METADATA_COLUMNS.pos,
  METADATA_COLUMNS.specId,
  METADATA_COLUMNS.deleted,
]

function metadataFields(formatVersion: number): readonly Field[] {
  return formatVersion >= 3 ? [...METADATA_FIELDS, ...LINEAGE_FIELDS] : METADATA_FIELDS
}

/** The schema that predicates are bound to: the table's columns and the metadata columns. */
export function withMetadataColumns(schema: Schema, formatVersion: number): Schema {
  const taken = new Set(schema.fields.map((field) => field.name))
  const added = metadataFields(formatVersion).filter((field) => !taken.has(field.name))
  return { ...schema, fields: [...schema.fields, ...added] }
}

/**
 * The schema of the output: the columns of `select` in its order, every column when it is left out.
 * A nested path keeps its structs around it; picks of one struct are merged.
 *
 * Throws `NotFound('column')`, and `InvalidArgument` for an ambiguous path or one selected twice.
 */
export function projectSchema(
  metadata: TableMetadata,
  schema: Schema,
  select: readonly ColumnPath[] | undefined,
  caseSensitive: boolean,
): Schema {
  if (select === undefined) return schema
  const index = schemaIndex(schema)
  const order: number[] = []
  const picked = new Set<number>()
  const extra = new Map<number, Field>()
  for (const path of select) {
    const metadataField = index.find(path, { caseSensitive })
      ? undefined
      : metadataColumn(metadata, schema, path)
    const id = metadataField?.id ?? index.require(path, { caseSensitive }).id
    if (picked.has(id)) {
      const text = typeof path === 'string' ? path : path.join('.')
      throw new InvalidArgument(`column \`${text}\` is selected twice`, {
        details: { column: text },
      })
    }
    picked.add(id)
    if (metadataField !== undefined) extra.set(id, metadataField)
    const top = metadataField?.id ?? topLevelId(schema, id)
    if (!order.includes(top)) order.push(top)
  }
  const byId = new Map(schema.fields.map((field) => [field.id, field]))
  const fields = order.map((id) => extra.get(id) ?? pruneField(byId.get(id)!, picked)!)
  return { ...schema, fields, identifierFieldIds: [] }
}

/** The parts of a schema that hold the given fields: whole subtrees of ids that are in the set. */
export function pruneFields(fields: readonly Field[], ids: ReadonlySet<number>): readonly Field[] {
  return fields.flatMap((field) => pruneField(field, ids) ?? [])
}

/**
 * The fields of all lists, each once, by id: members of a struct that is in several are joined. The
 * first list that has a field says what its type is.
 */
export function mergeFields(...lists: readonly (readonly Field[])[]): readonly Field[] {
  const merged = new Map<number, Field>()
  for (const field of lists.flat()) {
    const known = merged.get(field.id)
    if (known === undefined) merged.set(field.id, field)
    else if (known.type.kind === 'struct' && field.type.kind === 'struct') {
      const fields = mergeFields(known.type.fields, field.type.fields)
      merged.set(field.id, { ...known, type: { ...known.type, fields } })
    }
  }
  return [...merged.values()]
}

function pruneField(field: Field, ids: ReadonlySet<number>): Field | undefined {
  if (ids.has(field.id)) return field
  const type = pruneType(field.type, ids)
  return type === undefined ? undefined : { ...field, type }
}

function pruneType(type: Type, ids: ReadonlySet<number>): Type | undefined {
  switch (type.kind) {
    case 'struct': {
      const fields = pruneFields(type.fields, ids)
      return fields.length === 0 ? undefined : { ...type, fields }
    }
    case 'list': {
      if (ids.has(type.elementId)) return type
      const element = pruneType(type.element, ids)
      return element === undefined ? undefined : { ...type, element }
    }
    case 'map': {
      if (ids.has(type.keyId) || ids.has(type.valueId)) return type
      const value = pruneType(type.value, ids)
      return value === undefined ? undefined : { ...type, value }
    }
    default:
      return undefined
  }
}

function metadataColumn(
  metadata: TableMetadata,
  schema: Schema,
  path: ColumnPath,
): Field | undefined {
  const name = typeof path === 'string' ? path : path.length === 1 ? path[0] : undefined
  if (name === METADATA_COLUMNS.partition.name) return partitionColumn(metadata, schema)
  return metadataFields(metadata.formatVersion).find((field) => field.name === name)
}

function topLevelId(schema: Schema, id: number): number {
  const { byId } = schemaIndex(schema)
  let current = id
  for (;;) {
    const parent = byId.get(current)?.parentId
    if (parent === undefined) return current
    current = parent
  }
}
