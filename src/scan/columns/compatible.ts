/** Which column types of a file may hold the values of an Iceberg type. */
import { type DataType, Type } from 'apache-arrow'
import { CorruptData } from '../../errors.js'
import type { Type as IcebergType } from '../../types/type.js'
import { formatType } from '../../types/type-text.js'

interface IntType {
  readonly bitWidth: number
  readonly isSigned: boolean
}

/**
 * Throws `CorruptData` when a file's column cannot hold the table's type, promotions included
 * (spec: "Schema Evolution").
 */
export function checkReadable(
  type: IcebergType,
  column: DataType,
  path: readonly string[],
  file: string,
): void {
  if (fits(type, column)) return
  const name = path.join('.')
  throw new CorruptData(
    `column \`${name}\` of type ${column} in ${file} cannot be read as ${formatType(type)}`,
    { details: { path: file, column: name } },
  )
}

function fits(type: IcebergType, column: DataType): boolean {
  // A column of type unknown was always null.
  if (column.typeId === Type.Null) return true
  switch (type.kind) {
    case 'boolean':
      return column.typeId === Type.Bool
    case 'int':
      return isInt(column, 32)
    case 'long':
      return isInt(column, 64)
    case 'float':
      return isFloat(column, 1)
    case 'double':
      return isFloat(column, 2)
    case 'decimal':
      return isDecimal(column, type.precision, type.scale)
    case 'date':
      return column.typeId === Type.Date
    case 'time':
      return column.typeId === Type.Time
    case 'timestamp':
    case 'timestamp_ns':
    case 'timestamptz':
    case 'timestamptz_ns':
      return isTimestamp(type.kind, column)
    case 'string':
    case 'binary':
    case 'geometry':
    case 'geography':
      return isBytes(column)
    case 'uuid':
      return isFixed(column, 16)
    case 'fixed':
      // Some writers leave the length out: then each value is held to it (`isFixedInBytes`).
      return isFixed(column, type.length) || isFixedInBytes(type, column)
    default:
      return false
  }
}

/** Fixed values in a column of byte arrays of any length, as DuckDB writes them and Spark reads them. */
export function isFixedInBytes(type: IcebergType, column: DataType): boolean {
  return type.kind === 'fixed' && column.typeId === Type.Binary
}

function isInt(column: DataType, bits: number): boolean {
  if (column.typeId !== Type.Int) return false
  const { bitWidth, isSigned } = column as unknown as IntType
  return isSigned ? bitWidth <= bits : bitWidth < bits
}

function isFloat(column: DataType, precision: number): boolean {
  return (
    column.typeId === Type.Float &&
    (column as unknown as { precision: number }).precision <= precision
  )
}

function isDecimal(column: DataType, precision: number, scale: number): boolean {
  // As integers: the unscaled value, when decimals are asked for as int64.
  if (column.typeId === Type.Int) return isInt(column, 64)
  if (column.typeId !== Type.Decimal) return false
  const decimal = column as unknown as { precision: number; scale: number }
  return decimal.scale === scale && decimal.precision <= precision
}

/** Nanoseconds are not read as microseconds: digits would be lost. */
function isTimestamp(kind: IcebergType['kind'], column: DataType): boolean {
  if (column.typeId === Type.Date) return kind === 'timestamp' || kind === 'timestamp_ns'
  if (column.typeId !== Type.Timestamp) return false
  const isNanos = (column as unknown as { unit: number }).unit === 3
  return !isNanos || kind === 'timestamp_ns' || kind === 'timestamptz_ns'
}

function isBytes(column: DataType): boolean {
  switch (column.typeId) {
    case Type.Utf8:
    case Type.Binary:
    case Type.LargeUtf8:
    case Type.LargeBinary:
      return true
    case Type.Dictionary:
      return isBytes((column as unknown as { dictionary: DataType }).dictionary)
    default:
      return false
  }
}

function isFixed(column: DataType, width: number): boolean {
  return (
    column.typeId === Type.FixedSizeBinary &&
    (column as unknown as { byteWidth: number }).byteWidth === width
  )
}
