/** Columns and batches laid end to end; dictionaries that differ are decoded for it. */
import {
  type Data,
  type DataType,
  RecordBatch,
  type Schema,
  Struct,
  Type,
  Vector,
} from 'apache-arrow'
import { LimitExceeded } from '../errors.js'
import { assert } from '../util/assert.js'
import { bitmapBytes, copyBits, setBits } from './bits.js'
import { layoutOf, makeColumn, offsets32, validAt, validityOf, valueBytes } from './layout.js'
import { takeData, typedValues, widen } from './take.js'

/** Largest value a 32-bit Arrow offset can hold. */
const offsetMax = 0x7fffffff

/** The rows of all batches as one. Every batch must have the columns of `schema`, in order. */
export function concatBatches(schema: Schema, batches: readonly RecordBatch[]): RecordBatch {
  const first = batches[0]
  if (batches.length === 1 && first !== undefined && first.schema === schema) return first
  const length = batches.reduce((sum, batch) => sum + batch.numRows, 0)
  const children = schema.fields.map((field, index) =>
    concatData(
      field.type,
      batches.map((batch) => columnOf(batch, index)),
    ),
  )
  const data = makeColumn(new Struct(schema.fields), length, 0, { children })
  return new RecordBatch(schema, data as RecordBatch['data'])
}

function columnOf(batch: RecordBatch, index: number): Data {
  const column = batch.data.children[index]
  assert(column !== undefined, `batch has no column ${index}`)
  return column
}

/** The values of all parts as one column of `type`. Dictionaries that differ are decoded first. */
export function concatData(type: Data['type'], parts: readonly Data[]): Data {
  const first = parts[0]
  if (parts.length === 1 && first !== undefined) return first
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const layout = layoutOf(type)
  if (layout.kind === 'null') return makeColumn(type, length, length, {})
  if (first === undefined) return emptyData(type)
  if (parts.some((part) => part.dictionary !== first.dictionary)) {
    const plain = parts.map(castToPlain)
    return concatData(plain[0]?.type ?? type, plain)
  }
  const { validity, nullCount } = concatValidity(parts, length)
  switch (layout.kind) {
    case 'bool': {
      const values = new Uint8Array(bitmapBytes(length))
      let at = 0
      for (const part of parts) {
        copyBits(valueBytes(part), part.offset, values, at, part.length)
        at += part.length
      }
      return makeColumn(type, length, nullCount, { validity, values })
    }
    case 'fixed': {
      const bytes = new Uint8Array(length * layout.width)
      let at = 0
      for (const part of parts) {
        bytes.set(valueBytes(part).subarray(0, part.length * layout.width), at)
        at += part.length * layout.width
      }
      const values = typedValues(first, bytes)
      return makeColumn(type, length, nullCount, { validity, values, dictionary: first.dictionary })
    }
    case 'bytes': {
      const joined = concatBytes(parts, length)
      const offsets = layout.large ? widen(joined.offsets) : joined.offsets
      return makeColumn(type, length, nullCount, { validity, offsets, values: joined.values })
    }
    case 'list': {
      const joined = concatLists(parts, length)
      const offsets = layout.large ? widen(joined.offsets) : joined.offsets
      return makeColumn(type, length, nullCount, { validity, offsets, children: [joined.child] })
    }
    case 'fixed-list': {
      const child = concatChild(parts, 0, (part) => part.length * layout.size)
      return makeColumn(type, length, nullCount, { validity, children: [child] })
    }
    case 'struct': {
      const children = first.children.map((_, index) =>
        concatChild(parts, index, (part) => part.length),
      )
      return makeColumn(type, length, nullCount, { validity, children })
    }
  }
}

/** A column of no rows. */
export function emptyData(type: Data['type']): Data {
  const layout = layoutOf(type)
  const children = (type.children ?? []).map((field) => emptyData(field.type))
  if (layout.kind === 'bytes' || layout.kind === 'list') {
    const offsets = layout.large ? new BigInt64Array(1) : new Int32Array(1)
    return makeColumn(type, 0, 0, { offsets, values: new Uint8Array(0), children })
  }
  if (type.typeId === Type.Dictionary) {
    const { indices, dictionary } = type as unknown as { indices: DataType; dictionary: DataType }
    const values = new (indices.ArrayType as new (length: number) => ArrayBufferView)(0)
    return makeColumn(type, 0, 0, { values, dictionary: new Vector([emptyData(dictionary)]) })
  }
  if (layout.kind !== 'fixed' && layout.kind !== 'bool') return makeColumn(type, 0, 0, { children })
  const values = new (type.ArrayType as new (length: number) => ArrayBufferView)(0)
  return makeColumn(type, 0, 0, { values })
}

function concatChild(parts: readonly Data[], index: number, rows: (part: Data) => number): Data {
  const children = parts.map((part) => {
    const child = part.children[index]
    assert(child !== undefined, 'columns to concatenate differ in shape')
    return child.length === rows(part) ? child : child.slice(0, rows(part))
  })
  return concatData((children[0] as Data).type, children)
}

function concatValidity(
  parts: readonly Data[],
  length: number,
): { validity?: Uint8Array; nullCount: number } {
  const nullCount = parts.reduce((sum, part) => sum + part.nullCount, 0)
  if (nullCount === 0) return { nullCount }
  const validity = new Uint8Array(bitmapBytes(length))
  let at = 0
  for (const part of parts) {
    const bits = validityOf(part)
    if (bits === undefined) setBits(validity, at, part.length)
    else copyBits(bits, part.offset, validity, at, part.length)
    at += part.length
  }
  return { validity, nullCount }
}

function concatBytes(
  parts: readonly Data[],
  length: number,
): { offsets: Int32Array; values: Uint8Array } {
  const { offsets, starts, total } = joinOffsets(parts, length)
  const values = new Uint8Array(total)
  parts.forEach((part, index) => {
    const from = offsets32(part)
    values.set(valueBytes(part).subarray(from[0]!, from[part.length]!), starts[index])
  })
  return { offsets, values }
}

function concatLists(parts: readonly Data[], length: number): { offsets: Int32Array; child: Data } {
  const { offsets } = joinOffsets(parts, length)
  const children = parts.map((part) => {
    const from = offsets32(part)
    const start = from[0]!
    const child = part.children[0]
    assert(child !== undefined, 'a list column without a child')
    return child.slice(start, from[part.length]! - start)
  })
  return { offsets, child: concatData((children[0] as Data).type, children) }
}

function joinOffsets(
  parts: readonly Data[],
  length: number,
): { offsets: Int32Array; starts: number[]; total: number } {
  const offsets = new Int32Array(length + 1)
  const starts: number[] = []
  let total = 0
  let at = 0
  for (const part of parts) {
    const from = offsets32(part)
    const shift = total - from[0]!
    starts.push(total)
    for (let i = 0; i < part.length; i++) offsets[at++] = from[i]! + shift
    total = from[part.length]! + shift
    if (total > offsetMax) {
      throw new LimitExceeded('a column of one batch holds more than 2 GiB; use smaller batches', {
        details: { limit: 'arrowOffsets', max: offsetMax, actual: total },
      })
    }
  }
  offsets[length] = total
  return { offsets, starts, total }
}

/** The same values without dictionary encoding, at the top level; other columns as they are. */
export function castToPlain(data: Data): Data {
  if (data.typeId !== Type.Dictionary || data.dictionary === undefined) return data
  const dictionary = dictionaryValues(data.dictionary)
  const keys = data.values as ArrayLike<number | bigint>
  const valid = validAt(data)
  const indices = new Int32Array(data.length)
  for (let i = 0; i < data.length; i++) indices[i] = valid(i) ? Number(keys[i]) : -1
  return takeData(dictionary, indices)
}

/** The dictionary's values as one chunk. */
export function dictionaryValues(dictionary: Vector<DataType>): Data {
  const chunks = dictionary.data as readonly Data[]
  if (chunks.length === 0) return emptyData(dictionary.type)
  const values = concatData(dictionary.type, chunks)
  return values.typeId === Type.Dictionary ? castToPlain(values) : values
}
