/** Which columns of a file must be read for a projection. */
import { Type } from 'apache-arrow'
import type { Field } from '../../types/type.js'
import { type FileColumn, findColumn } from './file-tree.js'

export type FilePath = readonly string[]

/**
 * Paths in the file's schema, matched strictly by field id (spec: "Column Projection"). Structs are
 * pruned; lists and maps are read whole.
 */
export function columnPaths(
  fields: readonly Field[],
  columns: readonly FileColumn[],
): readonly FilePath[] {
  return fields.flatMap((field) => pathsOf(field, columns, []))
}

function pathsOf(
  field: Field,
  columns: readonly FileColumn[],
  parents: FilePath,
): readonly FilePath[] {
  // Values of type unknown are never stored; a column that claims the id is ignored.
  if (field.type.kind === 'unknown') return []
  const column = columns[findColumn(columns, field)]
  if (column === undefined) return []
  const path = [...parents, column.name]
  if (field.type.kind !== 'struct' || !isStruct(column)) return [path]
  const below = field.type.fields.flatMap((child) => pathsOf(child, column.children, path))
  // No wanted member is in the file, but whether the struct is null must be known.
  return below.length === 0 ? [leanPath(column, parents)] : below
}

/** A path below a struct that costs little to read. */
function leanPath(column: FileColumn, parents: FilePath): FilePath {
  const path = [...parents, column.name]
  const flat = column.children.find((child) => child.children.length === 0)
  if (flat !== undefined) return [...path, flat.name]
  const first = column.children[0]
  return first === undefined
    ? path
    : isStruct(first)
      ? leanPath(first, path)
      : [...path, first.name]
}

function isStruct(column: FileColumn): boolean {
  return column.children.length > 0 && column.type.typeId === Type.Struct
}
