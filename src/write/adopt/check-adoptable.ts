import { CorruptData, InvalidArgument } from '../../errors.js'
import type { PartitionSpec } from '../../partition/model.js'
import { checkReadable, isFixedInBytes } from '../../scan/columns/compatible.js'
import { type FileColumn, findColumn } from '../../scan/columns/file-tree.js'
import type { Field, Schema, Type } from '../../types/type.js'
import type { ExactColumn } from './adopted-metrics.js'

interface Adoptable {
  readonly path: string
  readonly schema: Schema
  readonly tree: readonly FileColumn[]
  readonly spec: PartitionSpec
  /** Columns whose value the path gives. */
  readonly fromPath: ReadonlySet<number>
  readonly metrics: ReadonlyMap<number, ExactColumn>
}

/**
 * Throws `InvalidArgument` naming the column when a file cannot stand for rows of the table: a type
 * that does not fit, a required column that is missing or may be null, a column nobody knows.
 */
export function checkAdoptable(file: Adoptable): void {
  checkFields(file.schema.fields, file.tree, [], file)
}

function checkFields(
  fields: readonly Field[],
  columns: readonly FileColumn[],
  parents: readonly string[],
  file: Adoptable,
): void {
  for (const field of fields) {
    const path = [...parents, field.name]
    const column = columns[findColumn(columns, field)]
    if (column !== undefined) checkField(field, column, path, file)
    else if (field.required && !file.fromPath.has(field.id)) {
      throw misfit(file, path, 'is required, and the file does not have it')
    }
  }
  for (const column of columns) {
    if (fields.some((field) => column === columns[findColumn(columns, field)])) continue
    throw misfit(
      file,
      [...parents, column.name],
      'is in the file and not in the table; add it to the schema first',
    )
  }
}

function checkField(
  field: Field,
  column: FileColumn,
  path: readonly string[],
  file: Adoptable,
): void {
  checkType(field.type, column, path, file)
  const facts = file.metrics.get(field.id)
  if (field.required && facts !== undefined && facts.nullCount !== 0n) {
    throw misfit(file, path, 'is required, and the file may hold nulls in it')
  }
}

function checkType(type: Type, column: FileColumn, path: readonly string[], file: Adoptable): void {
  const { children } = column
  const [first, second] = children
  switch (type.kind) {
    case 'struct':
      if (children.length === 0) throw misfit(file, path, 'is a struct, and the file has none')
      checkFields(type.fields, children, path, file)
      return
    case 'list':
      if (children.length !== 1 || first === undefined) {
        throw misfit(file, path, 'is a list, and the file has none')
      }
      checkType(type.element, first, [...path, 'element'], file)
      return
    case 'map':
      if (children.length !== 2 || first === undefined || second === undefined) {
        throw misfit(file, path, 'is a map, and the file has none')
      }
      checkType(type.key, first, [...path, 'key'], file)
      checkType(type.value, second, [...path, 'value'], file)
      return
    case 'variant':
      if (!isVariantGroup(column)) throw misfit(file, path, 'is a variant, and the file has none')
      return
    default:
      checkPrimitive(type, column, path, file)
  }
}

/** Whether a group has the parts of a variant (spec: Appendix A, "Parquet"). */
function isVariantGroup({ children }: FileColumn): boolean {
  const names = children.map(({ name }) => name)
  return names.includes('metadata') && (names.includes('value') || names.includes('typed_value'))
}

function checkPrimitive(
  type: Type,
  column: FileColumn,
  path: readonly string[],
  file: Adoptable,
): void {
  try {
    checkReadable(type, column.type, path, file.path)
  } catch (error) {
    if (!(error instanceof CorruptData)) throw error
    throw new InvalidArgument(error.message, { cause: error, details: error.details })
  }
  // The footer does not tell whether every value has the length of the type.
  if (isFixedInBytes(type, column.type)) throw misfit(file, path, 'holds bytes of any length')
}

function misfit(file: Adoptable, path: readonly string[], why: string): InvalidArgument {
  const column = path.join('.')
  return new InvalidArgument(`column '${column}' ${why}: ${file.path}`, {
    details: { path: file.path, column },
  })
}
