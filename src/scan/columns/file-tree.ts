/** The columns of a data file as the scan sees them: Arrow types and Iceberg field ids. */
import {
  type Field as ArrowField,
  type Schema as ArrowSchema,
  type DataType,
  Type,
} from 'apache-arrow'
import { fieldIdOf } from '../../arrow/schema.js'
import { findMapped, type NameMapping } from '../../types/name-mapping.js'
import type { Field, Type as IcebergType } from '../../types/type.js'

/** One column of a file. Lists have one child (the element), maps two (key and value). */
export interface FileColumn {
  readonly name: string
  /** Iceberg field id: the file's own, or from the name mapping. */
  readonly id: number | undefined
  readonly type: DataType
  readonly children: readonly FileColumn[]
}

export function fileTree(schema: ArrowSchema): readonly FileColumn[] {
  return schema.fields.map(fileColumn)
}

function fileColumn(field: ArrowField): FileColumn {
  return {
    name: field.name,
    id: fieldIdOf(field),
    type: field.type,
    children: childFields(field.type).map(fileColumn),
  }
}

function childFields(type: DataType): readonly ArrowField[] {
  const children = (type.children ?? []) as readonly ArrowField[]
  // A map's one child is its entries struct, which has no id of its own.
  return type.typeId === Type.Map ? ((children[0]?.type.children ?? []) as ArrowField[]) : children
}

/** Whether any column of the file has a field id. */
export function hasFieldIds(columns: readonly FileColumn[]): boolean {
  return columns.some((column) => column.id !== undefined || hasFieldIds(column.children))
}

/**
 * Index of the column that holds a field, or -1. A list or map may lack an id of its own where its
 * element or key has one.
 */
export function findColumn(
  columns: readonly FileColumn[],
  field: Pick<Field, 'id' | 'type'>,
): number {
  const at = columns.findIndex((column) => column.id === field.id)
  if (at >= 0) return at
  const inner = innerId(field.type)
  if (inner === undefined) return -1
  return columns.findIndex(
    (column) =>
      column.id === undefined &&
      column.type.typeId !== Type.Struct &&
      column.children[0]?.id === inner,
  )
}

function innerId(type: IcebergType): number | undefined {
  if (type.kind === 'list') return type.elementId
  return type.kind === 'map' ? type.keyId : undefined
}

/** The columns with the ids that a name mapping gives to their names (spec: "Column Projection"). */
export function mapNames(
  columns: readonly FileColumn[],
  mapping: NameMapping,
): readonly FileColumn[] {
  return columns.map((column) => {
    const mapped = findMapped(mapping, column.name)
    const names = childNames(column)
    const children = column.children.map((child, at) => ({ ...child, name: names[at]! }))
    const ids = mapNames(children, mapped?.fields ?? [])
    return {
      ...column,
      id: mapped?.id,
      children: ids.map((child, at) => ({ ...child, name: column.children[at]!.name })),
    }
  })
}

/** The names by which a mapping knows the parts of lists and maps. */
function childNames(column: FileColumn): readonly string[] {
  switch (column.type.typeId) {
    case Type.List:
      return ['element']
    case Type.Map:
      return ['key', 'value']
    default:
      return column.children.map((child) => child.name)
  }
}
