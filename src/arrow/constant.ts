/** Columns that hold one value, or nothing. */
import { Type as ArrowType, type Data, type DataType, Struct, Vector } from 'apache-arrow'
import { Unsupported } from '../errors.js'
import type { Datum } from '../types/datum.js'
import type { NestedDatum } from '../types/single-value-json.js'
import type { Type } from '../types/type.js'
import { encodeUtf8 } from '../util/utf8.js'
import { bitmapBytes } from './bits.js'
import { concatData, emptyData } from './concat.js'
import { layoutOf, makeColumn } from './layout.js'
import { type ArrowForm, arrowTypeOf } from './schema.js'
import { takeData } from './take.js'

/** `length` nulls of any type. */
export function nullData(type: DataType, length: number): Data {
  const layout = layoutOf(type)
  if (layout.kind === 'null') return makeColumn(type, length, length, {})
  const validity = new Uint8Array(bitmapBytes(length))
  switch (layout.kind) {
    case 'bool': {
      const values = new Uint8Array(bitmapBytes(length))
      return makeColumn(type, length, length, { validity, values })
    }
    case 'fixed': {
      const empty = emptyData(type)
      const ArrayType = (empty.values as object).constructor as new (
        length: number,
      ) => ArrayBufferView
      const perElement = (empty.values as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT
      const values = new ArrayType((length * layout.width) / perElement)
      return makeColumn(type, length, length, { validity, values, dictionary: empty.dictionary })
    }
    case 'bytes': {
      const offsets = layout.large ? new BigInt64Array(length + 1) : new Int32Array(length + 1)
      return makeColumn(type, length, length, { validity, offsets, values: new Uint8Array(0) })
    }
    case 'list': {
      const offsets = layout.large ? new BigInt64Array(length + 1) : new Int32Array(length + 1)
      const children = (type.children ?? []).map((field) => emptyData(field.type))
      return makeColumn(type, length, length, { validity, offsets, children })
    }
    default: {
      const each = layout.kind === 'fixed-list' ? length * layout.size : length
      const children = (type.children ?? []).map((field) => nullData(field.type, each))
      return makeColumn(type, length, length, { validity, children })
    }
  }
}

/** `length` times one datum of a primitive Iceberg type, or null. */
export function constantData(
  type: Type,
  datum: Datum | null,
  length: number,
  form: ArrowForm = {},
): Data {
  return repeatedData(type, datum, length, form)
}

/**
 * `length` times one value of any Iceberg type (a default value, say).
 *
 * @throws Unsupported for variant
 */
export function repeatedData(
  type: Type,
  value: NestedDatum,
  length: number,
  form: ArrowForm = {},
): Data {
  if (value === null) return nullData(arrowTypeOf(type, form), length)
  const one = singleData(type, value, form)
  return length === 1 ? one : takeData(one, new Int32Array(length))
}

/** One row holding the value. */
function singleData(type: Type, value: NestedDatum, form: ArrowForm): Data {
  const arrowType = arrowTypeOf(type, form)
  switch (type.kind) {
    case 'struct': {
      const members = value as ReadonlyMap<number, NestedDatum>
      const children = type.fields.map((field) =>
        repeatedData(field.type, members.get(field.id) ?? null, 1, form),
      )
      return makeColumn(arrowType, 1, 0, { children })
    }
    case 'list':
      return singleList(arrowType, type.element, value as readonly NestedDatum[], form)
    case 'map': {
      const { entries } = value as { entries: readonly (readonly [NestedDatum, NestedDatum])[] }
      const entriesType = arrowType.children?.[0]?.type ?? new Struct([])
      const keys = manyData(
        type.key,
        entries.map(([key]) => key),
        form,
      )
      const values = manyData(
        type.value,
        entries.map(([, item]) => item),
        form,
      )
      const child = makeColumn(entriesType, entries.length, 0, { children: [keys, values] })
      return makeColumn(arrowType, 1, 0, {
        offsets: Int32Array.of(0, entries.length),
        children: [child],
      })
    }
    case 'variant':
      throw new Unsupported('variant', 'a variant has no constant form')
    default:
      return singleDatum(type, arrowType, value as Datum)
  }
}

function singleList(
  arrowType: DataType,
  element: Type,
  values: readonly NestedDatum[],
  form: ArrowForm,
): Data {
  const children = [manyData(element, values, form)]
  return makeColumn(arrowType, 1, 0, { offsets: Int32Array.of(0, values.length), children })
}

/** One value after the other; meant for the few of a default. */
function manyData(type: Type, values: readonly NestedDatum[], form: ArrowForm): Data {
  const parts = values.map((value) => repeatedData(type, value, 1, form))
  return concatData(arrowTypeOf(type, form), parts)
}

function singleDatum(type: Type, arrowType: DataType, datum: Datum): Data {
  if (arrowType.typeId === ArrowType.Dictionary) {
    const plain = singleDatum(
      type,
      (arrowType as unknown as { dictionary: DataType }).dictionary,
      datum,
    )
    const dictionary = new Vector([plain])
    return makeColumn(arrowType, 1, 0, { values: new Int32Array(1), dictionary })
  }
  if (typeof datum === 'boolean') {
    return makeColumn(arrowType, 1, 0, {
      values: Uint8Array.of(datum ? 1 : 0, 0, 0, 0, 0, 0, 0, 0),
    })
  }
  if (typeof datum === 'string') return singleBytes(arrowType, encodeUtf8(datum))
  if (datum instanceof Uint8Array) {
    if (layoutOf(arrowType).kind === 'bytes') return singleBytes(arrowType, datum)
    return makeColumn(arrowType, 1, 0, { values: datum.slice() })
  }
  return makeColumn(arrowType, 1, 0, { values: numberValues(arrowType, datum) })
}

function numberValues(arrowType: DataType, datum: number | bigint): ArrayBufferView {
  if (arrowType.typeId === ArrowType.Decimal) {
    const value = BigInt(datum)
    return new Uint32Array(BigInt64Array.of(BigInt.asIntN(64, value), value >> 64n).buffer)
  }
  const ArrayType = arrowType.ArrayType as
    | typeof Int32Array
    | typeof Float32Array
    | typeof Float64Array
    | typeof BigInt64Array
  if (ArrayType === BigInt64Array) return BigInt64Array.of(BigInt(datum))
  return (ArrayType as typeof Int32Array).of(Number(datum))
}

function singleBytes(arrowType: DataType, bytes: Uint8Array): Data {
  const values = bytes.slice()
  return makeColumn(arrowType, 1, 0, { offsets: Int32Array.of(0, bytes.length), values })
}
