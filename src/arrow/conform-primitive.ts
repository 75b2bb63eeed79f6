/** A column of one value a row, cast where the cast keeps every value. */
import { Type as ArrowType, type Data, type DataType } from 'apache-arrow'
import type { PrimitiveType } from '../types/type.js'
import { parseUuid } from '../types/uuid-text.js'
import { BadValue } from './build/column-builder.js'
import { checkText } from './cast/bytes.js'
import { toDecimal } from './cast/decimals.js'
import { refuse } from './cast/map-values.js'
import { castOrNot } from './cast.js'
import { copyValidity } from './compact.js'
import { isBinary, mismatch, type Place } from './conform-place.js'
import { nullData } from './constant.js'
import { makeColumn, offsets32, validAt, valueBytes } from './layout.js'
import { textAt } from './read/text.js'
import { DECIMAL_KEY } from './schema.js'

/** Throws `BadValue` for a value that no exact cast can keep. */
export function conformPrimitive(
  type: PrimitiveType,
  data: Data,
  target: DataType,
  place: Place,
): Data {
  try {
    const cast = accepts(type, data) ? castPrimitive(type, data, target, place) : undefined
    if (cast !== undefined) return cast
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    throw new BadValue(error.index, place.path, error.value, error.reason)
  }
  return mismatch(type, data, place)
}

/** Which Arrow types may fill a column. What is not here would change meaning, exact or not. */
function accepts(type: PrimitiveType, data: Data): boolean {
  const { typeId } = data
  switch (type.kind) {
    case 'boolean':
      return typeId === ArrowType.Bool
    case 'int':
    case 'long':
    case 'float':
    case 'double':
      return typeId === ArrowType.Int || typeId === ArrowType.Float
    case 'decimal':
      return typeId === ArrowType.Decimal || typeId === ArrowType.Int
    case 'date':
      return typeId === ArrowType.Date
    case 'time':
      return typeId === ArrowType.Time
    case 'timestamp':
    case 'timestamp_ns':
      return typeId === ArrowType.Timestamp && !hasZone(data)
    case 'timestamptz':
    case 'timestamptz_ns':
      return typeId === ArrowType.Timestamp && hasZone(data)
    case 'string':
      return typeId === ArrowType.Utf8 || typeId === ArrowType.LargeUtf8
    case 'uuid':
      return isBinary(typeId) || typeId === ArrowType.Utf8 || typeId === ArrowType.LargeUtf8
    case 'fixed':
    case 'binary':
    case 'geometry':
    case 'geography':
      return isBinary(typeId)
    case 'unknown':
      return data.nullCount === data.length
  }
}

/** A timestamp with a zone is an instant; the zone itself is only how to show it. */
function hasZone(data: Data): boolean {
  const { timezone } = data.type as unknown as { timezone?: string | null }
  return timezone !== undefined && timezone !== null && timezone !== ''
}

function castPrimitive(
  type: PrimitiveType,
  data: Data,
  target: DataType,
  place: Place,
): Data | undefined {
  switch (type.kind) {
    case 'unknown':
      return nullData(target, data.length)
    case 'decimal': {
      const unscaled = place.metadata?.get(DECIMAL_KEY)?.split(',')[1] === String(type.scale)
      return toDecimal(data, target, type.precision, type.scale, unscaled)
    }
    case 'string':
      checkText(data)
      return castOrNot(data, target)
    case 'uuid':
      return isBinary(data.typeId) ? castOrNot(data, target) : uuidsFromText(data, target)
    default:
      return castOrNot(data, target)
  }
}

function uuidsFromText(data: Data, target: DataType): Data {
  const values = new Uint8Array(data.length * 16)
  const bytes = valueBytes(data)
  const offsets = offsets32(data)
  const valid = validAt(data)
  checkText(data)
  for (let i = 0; i < data.length; i++) {
    if (!valid(i)) continue
    const text = textAt(bytes, offsets[i]!, offsets[i + 1]!)
    const uuid = parseUuid(text)
    if (uuid === undefined) refuse(i, text, 'uuid')
    values.set(uuid, i * 16)
  }
  const validity = copyValidity(data)
  return makeColumn(target, data.length, data.nullCount, { validity, values })
}
