/** One column of a caller's Arrow data as one of a table's schema. */
import {
  type Field as ArrowField,
  Type as ArrowType,
  type Data,
  type DataType,
  type Map_,
} from 'apache-arrow'
import { checkVariant } from '../codec/variant/fold.js'
import type { VariantLimits } from '../codec/variant/layout.js'
import { MetadataReader } from '../codec/variant/metadata.js'
import { ValidationError } from '../errors.js'
import type { ListType, MapType, PrimitiveType, StructType, Type } from '../types/type.js'
import { formatType } from '../types/type-text.js'
import { parseUuid } from '../types/uuid-text.js'
import { BadValue } from './build/column-builder.js'
import { isValueError } from './build/variant.js'
import { checkText } from './cast/bytes.js'
import { toDecimal } from './cast/decimals.js'
import { toList, withoutHiddenMembers } from './cast/lists.js'
import { refuse } from './cast/map-values.js'
import { castOrNot } from './cast.js'
import { compactData, copyValidity } from './compact.js'
import { conformMembers } from './conform.js'
import { nullData } from './constant.js'
import { datumReader } from './datum-reader.js'
import { castToPlain } from './dictionary.js'
import { makeColumn, offsets32, retype, validAt, validityOf, valueBytes } from './layout.js'
import { textAt } from './read/text.js'
import { type ArrowForm, DECIMAL_KEY } from './schema.js'
import { takeData } from './take.js'
import { typeName } from './type-name.js'

/** Where a column stands. */
export interface Place {
  readonly path: readonly string[]
  readonly form: ArrowForm
  readonly limits: VariantLimits
  /** Whether the struct around a row's value is there; undefined: always. */
  readonly valid: ((index: number) => boolean) | undefined
  readonly metadata?: ReadonlyMap<string, string> | undefined
}

/** Casts and validates a column. Throws `BadValue` with the row within this column. */
export function conformColumn(
  type: Type,
  required: boolean,
  data: Data,
  target: DataType,
  place: Place,
): Data {
  const plain = castToPlain(data)
  if (required) refuseNulls(plain, place)
  if (plain.typeId === ArrowType.Null) return nullData(target, plain.length)
  switch (type.kind) {
    case 'struct':
      return conformStruct(type, plain, target, place)
    case 'list':
      return conformList(type, plain, target, place)
    case 'map':
      return conformMap(type, plain, target, place)
    case 'variant':
      return conformVariant(type, plain, target, place)
    default:
      return conformPrimitive(type, plain, target, place)
  }
}

function refuseNulls(data: Data, place: Place): void {
  if (data.nullCount === 0) return
  const valid = validAt(data)
  for (let i = 0; i < data.length; i++) {
    if (valid(i) || place.valid?.(i) === false) continue
    throw new BadValue(i, place.path, null, 'it is required but null')
  }
}

function mismatch(type: Type, data: Data, place: Place): never {
  const column = place.path.join('.')
  throw new ValidationError(
    `column '${column}' is of type ${formatType(type)}, which Arrow data of type ${typeName(data.type)} does not fit`,
    { details: { column } },
  )
}

function conformPrimitive(type: PrimitiveType, data: Data, target: DataType, place: Place): Data {
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

function isBinary(typeId: ArrowType): boolean {
  return (
    typeId === ArrowType.Binary ||
    typeId === ArrowType.LargeBinary ||
    typeId === ArrowType.FixedSizeBinary
  )
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
    const text = textAt(bytes, offsets[i] ?? 0, offsets[i + 1] ?? 0)
    const uuid = parseUuid(text)
    if (uuid === undefined) refuse(i, text, 'uuid')
    values.set(uuid, i * 16)
  }
  const validity = copyValidity(data)
  return makeColumn(target, data.length, data.nullCount, { validity, values })
}

function conformStruct(type: StructType, data: Data, target: DataType, place: Place): Data {
  if (data.typeId !== ArrowType.Struct) return mismatch(type, data, place)
  const own = validityOf(data) === undefined ? undefined : validAt(data)
  const valid = and(place.valid, own)
  const source = {
    fields: data.type.children as readonly ArrowField[],
    columns: data.children.map((child) => child.slice(0, data.length)),
    length: data.length,
  }
  const children = conformMembers(type.fields, target.children as ArrowField[], source, {
    ...place,
    valid,
  })
  return retype(data, target, children)
}

/** A struct of the two binaries, as reads give it; what they hold is checked. */
function conformVariant(type: Type, data: Data, target: DataType, place: Place): Data {
  if (data.typeId !== ArrowType.Struct || data.children.length !== 2) {
    return mismatch(type, data, place)
  }
  const names = (data.type.children as readonly ArrowField[]).map((field) => field.name)
  const parts = (target.children as readonly ArrowField[]).map(({ name, type: binary }) => {
    const part = data.children[names.indexOf(name)]
    const bytes = part === undefined ? undefined : castToPlain(part.slice(0, data.length))
    if (bytes === undefined || !isBinary(bytes.typeId)) return mismatch(type, data, place)
    return castOrNot(bytes, binary) as Data
  })
  const [metadata, value] = parts as [Data, Data]
  checkVariants(data, metadata, value, place)
  return withoutHidden(retype(data, target, parts), place)
}

/** Below a null struct there may be anything, which was not looked at: nobody may read it. */
function withoutHidden(data: Data, place: Place): Data {
  const { valid } = place
  if (valid === undefined) return data
  const rows = Int32Array.from({ length: data.length }, (_, index) => (valid(index) ? index : -1))
  return takeData(data, rows)
}

function checkVariants(data: Data, metadata: Data, value: Data, place: Place): void {
  const valid = validAt(data)
  const metadataAt = datumReader({ kind: 'binary' }, metadata)
  const valueAt = datumReader({ kind: 'binary' }, value)
  const reader = new MetadataReader(place.limits)
  for (let i = 0; i < data.length; i++) {
    if (!valid(i) || place.valid?.(i) === false) continue
    const names = metadataAt(i)
    const bytes = valueAt(i)
    if (names === null || bytes === null) {
      throw new BadValue(i, place.path, null, 'a variant needs both metadata and value')
    }
    try {
      checkVariant(reader.read(names as Uint8Array), bytes as Uint8Array, place.limits)
    } catch (error) {
      if (!isValueError(error)) throw error
      throw new BadValue(i, place.path, bytes, error.message)
    }
  }
}

function and(
  above: ((index: number) => boolean) | undefined,
  own: ((index: number) => boolean) | undefined,
): ((index: number) => boolean) | undefined {
  if (above === undefined || own === undefined) return above ?? own
  return (index) => above(index) && own(index)
}

function conformList(type: ListType, data: Data, target: DataType, place: Place): Data {
  const list = data.typeId === ArrowType.Map ? undefined : toList(data)
  if (list === undefined) return mismatch(type, data, place)
  const compact = compactData(withoutHiddenMembers(list))
  const child = conformRepeated(compact, () =>
    conformColumn(
      type.element,
      type.elementRequired,
      compact.children[0] as Data,
      childType(target, 0),
      { ...place, path: [...place.path, 'element'], valid: undefined, metadata: undefined },
    ),
  )
  return retype(compact, target, [child])
}

function conformMap(type: MapType, data: Data, target: DataType, place: Place): Data {
  if (data.typeId !== ArrowType.Map) return mismatch(type, data, place)
  const compact = compactData(withoutHiddenMembers(data))
  const entries = compact.children[0] as Data
  const entriesType = (target as Map_).childType as DataType
  const part = (name: 'key' | 'value', index: number, of: Type, required: boolean): Data =>
    conformColumn(of, required, entries.children[index] as Data, childType(entriesType, index), {
      ...place,
      path: [...place.path, name],
      valid: undefined,
      metadata: undefined,
    })
  return conformRepeated(compact, () => {
    const key = part('key', 0, type.key, true)
    const value = part('value', 1, type.value, type.valueRequired)
    return retype(compact, target, [retype(entries, entriesType, [key, value])])
  })
}

function childType(type: DataType, index: number): DataType {
  return (type.children as readonly ArrowField[])[index]!.type
}

/** Runs a conversion of members and moves what it complains of to the row that owns the member. */
function conformRepeated(list: Data, convert: () => Data): Data {
  try {
    return convert()
  } catch (error) {
    if (!(error instanceof BadValue)) throw error
    const offsets = offsets32(list)
    let row = 0
    while (row < list.length - 1 && (offsets[row + 1] ?? 0) <= error.index) row++
    throw error.at(row)
  }
}
