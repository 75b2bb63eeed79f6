/** Columns that a data file does not have: one value for every row. */
import { type Data, Type } from 'apache-arrow'
import { concatData } from '../../arrow/concat.js'
import { constantData, nullData } from '../../arrow/constant.js'
import { makeColumn } from '../../arrow/layout.js'
import { type ArrowForm, arrowTypeOf } from '../../arrow/schema.js'
import { takeData } from '../../arrow/take.js'
import type { Datum } from '../../types/datum.js'
import type { NestedDatum, NestedMap } from '../../types/single-value-json.js'
import type { Type as IcebergType, ListType, MapType } from '../../types/type.js'

/** A column of `length` rows that all hold `value`. */
export function fillData(
  type: IcebergType,
  value: NestedDatum,
  length: number,
  form: ArrowForm,
): Data {
  if (value === null) return nullData(arrowTypeOf(type, form), length)
  switch (type.kind) {
    case 'struct': {
      const members = value as ReadonlyMap<number, NestedDatum>
      const children = type.fields.map((field) =>
        fillData(field.type, members.get(field.id) ?? null, length, form),
      )
      return makeColumn(arrowTypeOf(type, form), length, 0, { children })
    }
    case 'list':
    case 'map':
      return repeatData(one(type, value, form), length)
    default:
      return constantData(type, value as Datum, length, form)
  }
}

/** A list or map column of one row. */
function one(type: ListType | MapType, value: NestedDatum, form: ArrowForm): Data {
  const arrowType = arrowTypeOf(type, form)
  if (type.kind === 'list') {
    const items = value as readonly NestedDatum[]
    const child = column(type.element, items, form)
    return makeColumn(arrowType, 1, 0, {
      offsets: Int32Array.of(0, items.length),
      children: [child],
    })
  }
  const { entries } = value as NestedMap
  const keys = column(
    type.key,
    entries.map(([key]) => key),
    form,
  )
  const values = column(
    type.value,
    entries.map(([, item]) => item),
    form,
  )
  const entriesType = arrowType.children[0]!.type
  const child = makeColumn(entriesType, entries.length, 0, { children: [keys, values] })
  return makeColumn(arrowType, 1, 0, {
    offsets: Int32Array.of(0, entries.length),
    children: [child],
  })
}

function column(type: IcebergType, items: readonly NestedDatum[], form: ArrowForm): Data {
  const parts = items.map((item) => fillData(type, item, 1, form))
  return concatData(arrowTypeOf(type, form), parts)
}

/** The one row of a column, `length` times. */
function repeatData(data: Data, length: number): Data {
  return data.typeId === Type.Null ? data : takeData(data, new Int32Array(length))
}
