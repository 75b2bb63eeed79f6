import {
  Data,
  type DataType,
  type Dictionary,
  type Field,
  makeData,
  RecordBatch,
  type Schema,
  Struct,
  Type,
  Vector,
} from 'apache-arrow'
import { InternalBug } from '../errors.js'
import type { RawColumn } from './raw-column.js'

/** A record batch over decoded columns: their buffers are used as they are, nothing is copied. */
export function toRecordBatch(
  schema: Schema,
  columns: readonly RawColumn[],
  rows: number,
): RecordBatch {
  const children = schema.fields.map((field, index) =>
    toData(field.type, columns[index] as RawColumn),
  )
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children }),
  )
}

/** Arrow data of a decoded column. */
export function toData(type: DataType, column: RawColumn): Data {
  const { length, nullCount, offsets } = column
  const validity = nullCount === 0 ? undefined : column.validity
  switch (type.typeId) {
    case Type.Null:
      return new Data(type, 0, length, length, {})
    case Type.Struct:
      return new Data(type, 0, length, nullCount, nulls(validity), childData(type, column))
    case Type.List:
    case Type.Map:
      return new Data(
        type,
        0,
        length,
        nullCount,
        { ...nulls(validity), [bufferOffset]: offsets },
        childData(type, column),
      )
    case Type.Utf8:
    case Type.Binary:
      return new Data(type, 0, length, nullCount, {
        ...nulls(validity),
        [bufferOffset]: offsets,
        [bufferData]: column.values,
      })
    case Type.Dictionary: {
      const { dictionary, indices } = type as Dictionary
      const values = column.dictionary ?? missing('a dictionary')
      return new Data(
        type,
        0,
        length,
        nullCount,
        { ...nulls(validity), [bufferData]: typed(indices, column) },
        [],
        new Vector([toData(dictionary, values)]),
      )
    }
    default:
      return new Data(type, 0, length, nullCount, {
        ...nulls(validity),
        [bufferData]: typed(type, column),
      })
  }
}

/** Positions of buffers in Arrow JS (BufferType of its C++ and JS enums alike). */
const bufferOffset = 0
const bufferData = 1
const bufferValidity = 2

type Buffers = ConstructorParameters<typeof Data>[4]

function nulls(validity: Uint8Array | undefined): NonNullable<Buffers> {
  return validity === undefined ? {} : ({ [bufferValidity]: validity } as NonNullable<Buffers>)
}

function childData(type: DataType, column: RawColumn): Data[] {
  return (type.children as Field[]).map((field, index) =>
    toData(field.type, column.children[index] ?? missing('a child')),
  )
}

/** The values as the typed array that Arrow JS expects for the type. */
function typed(type: DataType, column: RawColumn): ArrayBufferView {
  const values = column.values ?? missing('values')
  const ArrayType = type.ArrayType as TypedArrayConstructor
  if (type.typeId === Type.Bool || type.typeId === Type.FixedSizeBinary) return values
  const length = values.byteLength / ArrayType.BYTES_PER_ELEMENT
  return new ArrayType(values.buffer as ArrayBuffer, values.byteOffset, length)
}

interface TypedArrayConstructor {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBuffer, offset: number, length: number): ArrayBufferView
}

function missing(what: string): never {
  throw new InternalBug(`a decoded column lacks ${what}`)
}
