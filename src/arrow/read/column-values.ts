/** Columns to arrays of public values (design: "Values"), a window of rows at a time. */
import { Type as ArrowType, type Data } from 'apache-arrow'
import type { VariantLimits } from '../../codec/variant/layout.js'
import { InvalidArgument, ValidationError } from '../../errors.js'
import type { Datum } from '../../types/datum.js'
import { type ConversionOptions, fromDatumFn } from '../../types/from-datum.js'
import { formatDate } from '../../types/time-text.js'
import type { Field, MapType, PrimitiveType, StructType, Type } from '../../types/type.js'
import { locateError } from '../../types/value-error.js'
import { Variant, variantReader } from '../../types/variant.js'
import { assert } from '../../util/assert.js'
import { castToPlain } from '../concat.js'
import { datumReader } from '../datum-reader.js'
import { offsets32, validAt, validityOf, valueBytes } from '../layout.js'
import { textsBetween } from './text.js'

/** Gives the values of rows `[start, start + count)`, null for null. */
export type ValueReader = (start: number, count: number) => unknown[]

/** The reader of a column. `path` names it in errors. */
export function valueReader(
  type: Type,
  data: Data,
  path: readonly string[],
  options: ReadOptions,
): ValueReader {
  const plain = castToPlain(data)
  if (plain.typeId === ArrowType.Null) return (_, count) => new Array(count).fill(null)
  switch (type.kind) {
    case 'struct':
      return structReader(type, plain, path, options)
    case 'list':
      return listReader(
        plain,
        valueReader(type.element, childOf(plain), [...path, 'element'], options),
      )
    case 'map':
      return mapReader(type, plain, path, options)
    case 'variant':
      return variants(plain, path, options)
    default:
      return primitiveReader(type, plain, path, options)
  }
}

/** What rows show, with the bounds of the variants among them. */
export interface ReadOptions extends ConversionOptions {
  /** Default: the defaults. */
  readonly limits?: VariantLimits | undefined
}

function variants(data: Data, path: readonly string[], options: ReadOptions): ValueReader {
  const metadataAt = datumReader({ kind: 'binary' }, childOf(data))
  const valueAt = datumReader({ kind: 'binary' }, childOf(data, 1))
  const valid = validAt(data)
  const decode =
    options.variants === 'binary'
      ? (metadata: Uint8Array, value: Uint8Array) => new Variant(metadata.slice(), value.slice())
      : variantReader(options, options.limits)
  return (start, count) => {
    const values = new Array<unknown>(count).fill(null)
    for (let i = 0; i < count; i++) {
      if (!valid(start + i)) continue
      try {
        const metadata = metadataAt(start + i) as Uint8Array
        values[i] = decode(metadata, valueAt(start + i) as Uint8Array)
      } catch (error) {
        throw lossAt(error, start + i, path)
      }
    }
    return values
  }
}

function childOf(data: Data, index = 0): Data {
  const child = data.children[index]
  assert(child !== undefined, 'a nested column lacks a child')
  return child
}

/** Puts null where the column is null. */
function withNulls(data: Data, read: ValueReader): ValueReader {
  if (validityOf(data) === undefined) return read
  const valid = validAt(data)
  return (start, count) => {
    const values = read(start, count)
    for (let i = 0; i < count; i++) if (!valid(start + i)) values[i] = null
    return values
  }
}

function primitiveReader(
  type: PrimitiveType,
  data: Data,
  path: readonly string[],
  options: ReadOptions,
): ValueReader {
  if (type.kind === 'string' && data.typeId === ArrowType.Utf8) {
    const bytes = valueBytes(data)
    const offsets = offsets32(data)
    return withNulls(data, (start, count) => textsBetween(bytes, offsets, start, count))
  }
  const datumAt = datumReader(type, data)
  const convert = converter(type, options)
  return (start, count) => {
    const values = new Array<unknown>(count)
    for (let i = 0; i < count; i++) {
      const datum = datumAt(start + i)
      if (datum === null) values[i] = null
      else {
        try {
          values[i] = convert(datum)
        } catch (error) {
          throw lossAt(error, start + i, path)
        }
      }
    }
    return values
  }
}

function lossAt(error: unknown, row: number, path: readonly string[]): unknown {
  return error instanceof ValidationError
    ? locateError(error, { row, column: path.join('.') })
    : error
}

/** Days remembered as text: dates repeat. */
const dateCacheMax = 4096

function converter(type: PrimitiveType, options: ConversionOptions): (datum: Datum) => unknown {
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'float':
    case 'double':
    case 'string':
      return (datum) => datum
    case 'binary':
    case 'fixed':
    case 'geometry':
    case 'geography':
      // A copy: the batch's memory is not handed out.
      return (datum) => (datum as Uint8Array).slice()
    case 'date': {
      const cache = new Map<number, string>()
      return (datum) => {
        const known = cache.get(datum as number)
        if (known !== undefined) return known
        const text = formatDate(datum as number)
        if (cache.size < dateCacheMax) cache.set(datum as number, text)
        return text
      }
    }
    default:
      return fromDatumFn(type, options)
  }
}

function structReader(
  type: StructType,
  data: Data,
  path: readonly string[],
  options: ReadOptions,
): ValueReader {
  return withNulls(data, objectReader(type.fields, data.children, path, options))
}

/** Rows or structs as plain objects; a column may even be called `__proto__`. */
export function objectReader(
  fields: readonly Field[],
  columns: readonly Data[],
  path: readonly string[],
  options: ReadOptions,
): ValueReader {
  const readers = fields.map((field, index) => {
    const column = columns[index]
    assert(column !== undefined, `no Arrow column for '${field.name}'`)
    return valueReader(field.type, column, [...path, field.name], options)
  })
  const names = fields.map((field) => field.name)
  // Copies of one object have all members as their own from the start, and in order.
  const template = Object.fromEntries(names.map((name) => [name, null])) as Record<string, unknown>
  return (start, count) => {
    const rows = new Array<Record<string, unknown>>(count)
    for (let i = 0; i < count; i++) rows[i] = { ...template }
    readers.forEach((read, index) => {
      putMember(rows, names[index] as string, read(start, count))
    })
    return rows
  }
}

function putMember(rows: Record<string, unknown>[], name: string, values: unknown[]): void {
  for (let i = 0; i < rows.length; i++) (rows[i] as Record<string, unknown>)[name] = values[i]
}

function listReader(data: Data, element: ValueReader): ValueReader {
  if (data.typeId === ArrowType.FixedSizeList) {
    const size = data.stride
    return withNulls(data, (start, count) => {
      const flat = element(start * size, count * size)
      return Array.from({ length: count }, (_, i) => flat.slice(i * size, (i + 1) * size))
    })
  }
  const offsets = offsets32(data)
  return withNulls(data, (start, count) => {
    const from = offsets[start]!
    const flat = element(from, offsets[start + count]! - from)
    const lists = new Array<unknown>(count)
    for (let i = 0; i < count; i++) {
      const at = start + i
      lists[i] = flat.slice(offsets[at]! - from, offsets[at + 1]! - from)
    }
    return lists
  })
}

function mapReader(
  type: MapType,
  data: Data,
  path: readonly string[],
  options: ReadOptions,
): ValueReader {
  const asObject = options.maps === 'object'
  if (asObject && type.key.kind !== 'string') {
    throw new InvalidArgument(
      `column '${path.join('.')}': maps: 'object' needs string keys, and these are of type ${type.key.kind}`,
      { details: { column: path.join('.') } },
    )
  }
  const entries = childOf(data)
  const keys = valueReader(type.key, childOf(entries), [...path, 'key'], options)
  const values = valueReader(type.value, childOf(entries, 1), [...path, 'value'], options)
  const offsets = offsets32(data)
  return withNulls(data, (start, count) => {
    const from = offsets[start]!
    const total = offsets[start + count]! - from
    const flatKeys = keys(from, total)
    const flatValues = values(from, total)
    const maps = new Array<unknown>(count)
    for (let i = 0; i < count; i++) {
      const map = new Map<unknown, unknown>()
      const end = offsets[start + i + 1]! - from
      for (let k = offsets[start + i]! - from; k < end; k++) map.set(flatKeys[k], flatValues[k])
      maps[i] = asObject ? Object.fromEntries(map as Map<string, unknown>) : map
    }
    return maps
  })
}
