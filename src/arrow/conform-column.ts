/** The columns of a caller's Arrow data as those of a table's schema. */
import {
  type Field as ArrowField,
  Type as ArrowType,
  type Data,
  type DataType,
  type Map_,
} from 'apache-arrow'
import { InvalidArgument, ValidationError } from '../errors.js'
import { writeDefault } from '../types/project-columns.js'
import type { Field, ListType, MapType, StructType, Type } from '../types/type.js'
import { BadValue } from './build/column-builder.js'
import { toList, withoutHiddenMembers } from './cast/lists.js'
import { compactData } from './compact.js'
import { castToPlain } from './concat.js'
import { mismatch, type Place } from './conform-place.js'
import { conformPrimitive } from './conform-primitive.js'
import { conformVariant } from './conform-variant.js'
import { nullData, repeatedData } from './constant.js'
import { offsets32, retype, validAt, validityOf } from './layout.js'

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
    while (row < list.length - 1 && offsets[row + 1]! <= error.index) row++
    throw error.at(row)
  }
}

/** The members of a struct, or the columns of a batch. */
interface SourceMembers {
  readonly fields: readonly ArrowField[]
  readonly columns: readonly Data[]
  readonly length: number
}

/** The members that the schema wants, out of those there are. */
export function conformMembers(
  wanted: readonly Field[],
  targets: readonly ArrowField[],
  source: SourceMembers,
  place: Place,
): Data[] {
  const byName = new Map<string, number>()
  source.fields.forEach((field, index) => {
    if (byName.has(field.name)) {
      const column = [...place.path, field.name].join('.')
      throw new InvalidArgument(`the Arrow data has two columns '${column}'`, {
        details: { column },
      })
    }
    byName.set(field.name, index)
  })
  const members = wanted.map((field, at) => {
    const type = (targets[at] as ArrowField).type
    const path = [...place.path, field.name]
    const index = byName.get(field.name)
    byName.delete(field.name)
    const column = index === undefined ? undefined : source.columns[index]
    if (column === undefined) return missingMember(field, type, source.length, path, place)
    const here = { ...place, path, metadata: source.fields[index as number]?.metadata }
    return conformColumn(field.type, field.required, column, type, here)
  })
  for (const name of byName.keys()) {
    const column = [...place.path, name].join('.')
    throw new ValidationError(`the Arrow data has a column '${column}' that the schema has not`, {
      details: { column },
    })
  }
  return members
}

function missingMember(
  field: Field,
  type: DataType,
  length: number,
  path: readonly string[],
  place: Place,
): Data {
  const value = writeDefault(field)
  if (value !== null) return repeatedData(field.type, value, length, place.form)
  if (field.required && length > 0) {
    const column = path.join('.')
    throw new ValidationError(`the Arrow data lacks the required column '${column}'`, {
      details: { column },
    })
  }
  return nullData(type, length)
}
