/**
 * Makes the wanted columns out of what a file has (spec: "Column Projection"): matched by field id
 * at every level, renamed by position, promoted by a cast, filled where the file lacks them.
 */
import { type Data, type DataType, Type, util } from 'apache-arrow'
import { castData } from '../../arrow/cast.js'
import { nullData } from '../../arrow/constant.js'
import { retype } from '../../arrow/layout.js'
import { arrowTypeOf } from '../../arrow/schema.js'
import { variantData } from '../../arrow/shredded-variant.js'
import type { VariantLimits } from '../../codec/variant/layout.js'
import { CorruptData, ValidationError } from '../../errors.js'
import type { Datum } from '../../types/datum.js'
import { isLineage } from '../../types/metadata-columns.js'
import { initialDefault } from '../../types/project-columns.js'
import type { Field, Type as IcebergType } from '../../types/type.js'
import { formatType } from '../../types/type-text.js'
import { checkReadable, isFixedInBytes } from './compatible.js'
import { type FileColumn, findColumn } from './file-tree.js'
import { fillData } from './fill.js'
import type { ScanForm } from './scan-form.js'

/** What the assembly of one file depends on. */
export interface AssemblyContext {
  /** Of the data file, for messages. */
  readonly path: string
  readonly form: ScanForm
  readonly limits: VariantLimits
  /** Identity partition values by source field id, in the column's present type. */
  readonly constants: ReadonlyMap<number, Datum | null>
  /** Columns that are made for each batch, by field id: metadata columns. */
  readonly computed: ReadonlyMap<number, ComputedColumn>
}

/** Makes a metadata column; some complete the column of that id that the file `stored`. */
export type ComputedColumn = (rows: RowPositions, stored: Data | undefined) => Data

/** The rows of a batch. */
export interface RowPositions {
  readonly length: number
  /** Their positions in the file, ascending. */
  readonly positions: () => Float64Array
  /** 1 for each row that is deleted; left out when none is. */
  readonly deleted?: Uint8Array | undefined
}

/** Makes one column of the output from the columns of the file that were read. */
export type ColumnMaker = (columns: readonly Data[], rows: RowPositions) => Data

/** Compiles the makers of the wanted columns from the given columns of the file. */
export function columnMakers(
  fields: readonly Field[],
  columns: readonly FileColumn[],
  context: AssemblyContext,
): readonly ColumnMaker[] {
  return fields.map((field) => {
    const computed = context.computed.get(field.id)
    const at = findColumn(columns, field)
    if (computed !== undefined) {
      if (at < 0 || !isLineage(field.id)) return (_columns, rows) => computed(rows, undefined)
      const convert = converter(field.type, columns[at]!, [field.name], context)
      return (data, rows) => computed(rows, convert(data[at]!))
    }
    if (at < 0) {
      const fill = filler(field, context)
      return (_columns, rows) => fill(rows.length)
    }
    const convert = converter(field.type, columns[at]!, [field.name], context)
    return (data) => convert(data[at]!)
  })
}

type Convert = (data: Data) => Data

/** A field that the file lacks: partition value, else initial default, else null. */
function filler(field: Field, context: AssemblyContext): (length: number) => Data {
  const { form, constants } = context
  const constant = constants.get(field.id)
  const value = constant !== undefined ? constant : initialDefault(field)
  return (length) => fillData(field.type, value, length, form)
}

function converter(
  type: IcebergType,
  column: FileColumn,
  path: readonly string[],
  context: AssemblyContext,
): Convert {
  const target = arrowTypeOf(type, context.form)
  switch (type.kind) {
    case 'struct':
      return structConverter(type.fields, column, target, path, context)
    case 'list': {
      checkShape(type, column, Type.List, path, context)
      const element = converter(type.element, column.children[0]!, [...path, 'element'], context)
      return (data) => {
        const list = castContainer(data, Type.List)
        return retype(list, target, [element(list.children[0]!)])
      }
    }
    case 'map':
      return mapConverter(type, column, target, path, context)
    case 'variant':
      return variantConverter(column, target, path, context)
    default:
      return primitiveConverter(type, column, target, path, context)
  }
}

function structConverter(
  fields: readonly Field[],
  column: FileColumn,
  target: DataType,
  path: readonly string[],
  context: AssemblyContext,
): Convert {
  checkShape({ kind: 'struct', fields }, column, Type.Struct, path, context)
  const makers = fields.map((field): ((data: Data) => Data) => {
    const at = findColumn(column.children, field)
    if (at < 0) {
      const fill = filler(field, context)
      return (data) => fill(data.length)
    }
    const convert = converter(field.type, column.children[at]!, [...path, field.name], context)
    return (data) => convert(data.children[at]!)
  })
  return (data) => {
    const children = makers.map((make) => make(data))
    return retype(data, target, children)
  }
}

function mapConverter(
  type: IcebergType & { kind: 'map' },
  column: FileColumn,
  target: DataType,
  path: readonly string[],
  context: AssemblyContext,
): Convert {
  checkShape(type, column, Type.Map, path, context)
  const [keyColumn, valueColumn] = column.children
  const key = converter(type.key, keyColumn!, [...path, 'key'], context)
  const value = converter(type.value, valueColumn!, [...path, 'value'], context)
  const entriesType = target.children[0]!.type as DataType
  return (data) => {
    const entries = data.children[0]!
    const children = [key(entries.children[0]!), value(entries.children[1]!)]
    return retype(data, target, [retype(entries, entriesType, children)])
  }
}

function variantConverter(
  column: FileColumn,
  target: DataType,
  path: readonly string[],
  context: AssemblyContext,
): Convert {
  // A column of type unknown was always null.
  if (column.type.typeId === Type.Null) return (data) => nullData(target, data.length)
  const place = `\`${path.join('.')}\` in ${context.path}`
  return (data) => variantData(data, target, place, context.limits)
}

function primitiveConverter(
  type: IcebergType,
  column: FileColumn,
  target: DataType,
  path: readonly string[],
  context: AssemblyContext,
): Convert {
  if (target.typeId === Type.Null) return (data) => nullData(target, data.length)
  checkReadable(type, column.type, path, context.path)
  if (sameBits(column.type, target)) return (data) => retype(data, target)
  const where = { path: path.join('.') }
  if (isFixedInBytes(type, column.type)) {
    return (data) => fixedFromBytes(data, target, where, context)
  }
  return (data) => castData(data, target, where)
}

/** A value of another length than its type's is the file's fault, not that of who reads it. */
function fixedFromBytes(
  data: Data,
  target: DataType,
  where: { readonly path: string },
  context: AssemblyContext,
): Data {
  try {
    return castData(data, target, where)
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error
    throw new CorruptData(`${error.message}, in ${context.path}`, {
      cause: error,
      details: { ...error.details, path: context.path },
    })
  }
}

/** Not a type guard, unlike apache-arrow's own. */
function isSameType(from: DataType, to: DataType): boolean {
  return util.compareTypes(from, to)
}

/** Whether the bytes of one Arrow type mean the same as the other's. */
function sameBits(from: DataType, to: DataType): boolean {
  if (isSameType(from, to)) return true
  if (from.typeId !== to.typeId) return isBytes(from) && isBytes(to)
  switch (from.typeId) {
    case Type.Timestamp:
      // The zone is Iceberg's to say: INT96, for one, carries none that can be trusted.
      return (from as unknown as Unit).unit === (to as unknown as Unit).unit
    case Type.Decimal:
      return (from as unknown as Scale).scale === (to as unknown as Scale).scale
    case Type.Dictionary:
      return true
    default:
      return false
  }
}

interface Unit {
  readonly unit: number
}
interface Scale {
  readonly scale: number
}

function isBytes(type: DataType): boolean {
  return type.typeId === Type.Utf8 || type.typeId === Type.Binary
}

function castContainer(data: Data, typeId: Type): Data {
  return data.typeId === typeId ? data : castData(data, data.type, { path: '' })
}

function checkShape(
  type: IcebergType,
  column: FileColumn,
  typeId: Type,
  path: readonly string[],
  context: AssemblyContext,
): void {
  if (column.type.typeId === typeId) return
  throw new CorruptData(
    `column \`${path.join('.')}\` is ${column.type} in ${context.path}, the table has ${formatType(type)}`,
    { details: { path: context.path, column: path.join('.') } },
  )
}
