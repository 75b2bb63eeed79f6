/** Columns cast to another Arrow type, exactly or not at all. */
import { type Data, type DataType, Type, util } from 'apache-arrow'
import { ValidationError } from '../errors.js'
import { describeValue } from '../types/value-error.js'
import { BadValue } from './build/column-builder.js'
import { toBytes, toDictionary, toFixed } from './cast/bytes.js'
import { toDecimal } from './cast/decimals.js'
import { toList } from './cast/lists.js'
import { toFloat32, toFloat64, toInt32, toInt64 } from './cast/numbers.js'
import { toDate, toTime, toTimestamp } from './cast/times.js'
import { castToPlain } from './concat.js'
import { nullData } from './constant.js'
import { retype } from './layout.js'
import { typeName } from './type-name.js'

/**
 * The column as Arrow type `to`. Members of structs and lists are cast by position. Integers and
 * decimals of the same column are each other's unscaled values.
 *
 * @throws ValidationError naming `where.path`, and the row and value when one value does not fit
 */
export function castData(data: Data, to: DataType, where: { readonly path: string }): Data {
  try {
    const cast = castOrNot(data, to)
    if (cast !== undefined) return cast
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    throw new ValidationError(`column '${where.path}', row ${error.index}: ${error.reason}`, {
      details: { column: where.path, row: error.index, value: describeValue(error.value) },
    })
  }
  throw new ValidationError(
    `column '${where.path}': ${typeName(data.type)} cannot become ${typeName(to)}`,
    { details: { column: where.path } },
  )
}

/** As `castData`; undefined when the types do not go together, `BadValue` when a value does not. */
export function castOrNot(data: Data, to: DataType): Data | undefined {
  if (sameType(data.type, to)) return data
  if (data.typeId === Type.Null) return nullData(to, data.length)
  if (data.typeId === Type.Dictionary) return castOrNot(castToPlain(data), to)
  const type = to as unknown as CastTarget
  switch (to.typeId) {
    case Type.Int:
      return castInteger(data, to, type.bitWidth)
    case Type.Float:
      return type.precision === 1 ? toFloat32(data, to) : toFloat64(data, to)
    case Type.Decimal:
      return toDecimal(data, to, type.precision, type.scale, true)
    case Type.Date:
      return toDate(data, to)
    case Type.Time:
      return toTime(data, to)
    case Type.Timestamp:
      return toTimestamp(data, to)
    case Type.Utf8:
    case Type.Binary:
      return toBytes(data, to)
    case Type.FixedSizeBinary:
      return toFixed(data, to, type.byteWidth)
    case Type.Dictionary:
      return toDictionary(data, to)
    case Type.List:
    case Type.Map:
    case Type.Struct:
      return castNested(data, to)
    default:
      return undefined
  }
}

/** `compareTypes` is a type guard, which would leave `never` behind. */
function sameType(a: DataType, b: DataType): boolean {
  return util.compareTypes(a, b)
}

interface CastTarget {
  readonly bitWidth: number
  readonly precision: number
  readonly scale: number
  readonly byteWidth: number
}

function castInteger(data: Data, to: DataType, bits: number): Data | undefined {
  if (data.typeId === Type.Decimal) {
    const { scale } = data.type as unknown as CastTarget
    return toDecimal(data, to, bits === 32 ? 9 : 18, scale, true)
  }
  return bits === 32 ? toInt32(data, to) : toInt64(data, to)
}

function castNested(data: Data, to: DataType): Data | undefined {
  const source = to.typeId === Type.List ? toList(data) : data
  if (source === undefined || source.typeId !== to.typeId) return undefined
  const targets = to.children ?? []
  if (source.children.length !== targets.length) return undefined
  const children: Data[] = []
  for (const [index, target] of targets.entries()) {
    const child = castOrNot(source.children[index] as Data, target.type)
    if (child === undefined) return undefined
    children.push(child)
  }
  return retype(source, to, children)
}
