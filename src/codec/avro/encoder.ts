import { InvalidArgument, Unsupported } from '../../errors.js'
import type { ByteWriter } from '../../util/byte-writer.js'
import { encodeUtf8 } from '../../util/utf8.js'
import {
  type AvroArray,
  type AvroEnum,
  type AvroFixed,
  type AvroPrimitiveKind,
  type AvroRecord,
  type AvroSchema,
  type AvroValue,
  isKeyValueArray,
  optionalBranch,
} from './schema.js'

export type AvroEncoder = (out: ByteWriter, value: AvroValue) => void

const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

/**
 * Builds the encoder of a schema. It takes what a decoder of the same schema gives, in the schema's
 * order, and throws `InvalidArgument` naming the field for anything else.
 *
 * @throws Unsupported('avro-union') for unions other than of null and one type.
 */
export function compileEncoder(schema: AvroSchema, place = ''): AvroEncoder {
  switch (schema.kind) {
    case 'record':
      return recordEncoder(schema, place)
    case 'array':
      return isKeyValueArray(schema)
        ? keyValueEncoder(schema.items, place)
        : arrayEncoder(schema, place)
    case 'map':
      return mapEncoder(
        primitiveEncoder('string', `${place}/key`),
        compileEncoder(schema.values, `${place}/value`),
        place,
      )
    case 'union':
      return optionalEncoder(schema, place)
    case 'fixed':
      return fixedEncoder(schema, place)
    case 'enum':
      return enumEncoder(schema, place)
    default:
      return primitiveEncoder(schema.kind, place)
  }
}

function wrong(place: string, wanted: string, value: AvroValue): never {
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
  throw new InvalidArgument(`avro field ${place} needs ${wanted}, was given ${found}`, {
    details: { field: place },
  })
}

function recordEncoder(schema: AvroRecord, place: string): AvroEncoder {
  const fields = schema.fields.map((field) =>
    compileEncoder(field.type, place === '' ? field.name : `${place}/${field.name}`),
  )
  return (out, value) => {
    if (!Array.isArray(value) || value.length !== fields.length) {
      wrong(place === '' ? 'of the row' : place, `an array of ${fields.length} fields`, value)
    }
    const row = value as readonly AvroValue[]
    for (let i = 0; i < fields.length; i++) (fields[i] as AvroEncoder)(out, row[i])
  }
}

function arrayEncoder(schema: AvroArray, place: string): AvroEncoder {
  const item = compileEncoder(schema.items, `${place}/element`)
  return (out, value) => {
    if (!Array.isArray(value)) wrong(place, 'an array', value)
    const items = value as readonly AvroValue[]
    if (items.length > 0) {
      out.zigzag32(items.length)
      for (const one of items) item(out, one)
    }
    out.u8(0)
  }
}

function keyValueEncoder(items: AvroRecord, place: string): AvroEncoder {
  const [key, value] = items.fields as [AvroRecord['fields'][0], AvroRecord['fields'][0]]
  return mapEncoder(
    compileEncoder(key.type, `${place}/key`),
    compileEncoder(value.type, `${place}/value`),
    place,
  )
}

function mapEncoder(key: AvroEncoder, item: AvroEncoder, place: string): AvroEncoder {
  return (out, value) => {
    if (!(value instanceof Map)) wrong(place, 'a Map', value)
    const map = value as ReadonlyMap<AvroValue, AvroValue>
    if (map.size > 0) {
      out.zigzag32(map.size)
      for (const [k, v] of map) {
        key(out, k)
        item(out, v)
      }
    }
    out.u8(0)
  }
}

function optionalEncoder(schema: AvroSchema, place: string): AvroEncoder {
  const optional = optionalBranch(schema)
  if (optional === undefined) {
    throw new Unsupported(
      'avro-union',
      `avro field ${place} is a union other than of null and one type, which iceberg does not allow`,
    )
  }
  const { nullIndex } = optional
  const encode = compileEncoder(optional.type, place)
  return (out, value) => {
    if (value === null || value === undefined) {
      out.zigzag32(nullIndex)
    } else {
      out.zigzag32(1 - nullIndex)
      encode(out, value)
    }
  }
}

function fixedEncoder(schema: AvroFixed, place: string): AvroEncoder {
  const { size } = schema
  return (out, value) => {
    if (!(value instanceof Uint8Array) || value.length !== size) {
      wrong(place, `exactly ${size} bytes`, value)
    }
    out.bytes(value)
  }
}

function enumEncoder(schema: AvroEnum, place: string): AvroEncoder {
  const indexes = new Map(schema.symbols.map((symbol, index) => [symbol, index]))
  return (out, value) => {
    const index = typeof value === 'string' ? indexes.get(value) : undefined
    if (index === undefined) wrong(place, `one of ${schema.symbols.join(', ')}`, value)
    out.zigzag32(index)
  }
}

function primitiveEncoder(kind: AvroPrimitiveKind, place: string): AvroEncoder {
  switch (kind) {
    case 'null':
      return (_out, value) => {
        if (value !== null && value !== undefined) wrong(place, 'null', value)
      }
    case 'boolean':
      return (out, value) => {
        if (typeof value !== 'boolean') wrong(place, 'a boolean', value)
        out.u8(value ? 1 : 0)
      }
    case 'int':
      return (out, value) => {
        if (typeof value !== 'number' || value !== (value | 0)) wrong(place, 'a 32-bit int', value)
        out.zigzag32(value)
      }
    case 'long':
      return (out, value) => {
        if (typeof value !== 'bigint' || value < LONG_MIN || value > LONG_MAX) {
          wrong(place, 'a 64-bit bigint', value)
        }
        out.zigzag64(value)
      }
    case 'float':
    case 'double':
      return (out, value) => {
        if (typeof value !== 'number') wrong(place, 'a number', value)
        if (kind === 'float') out.f32le(value)
        else out.f64le(value)
      }
    case 'bytes':
      return (out, value) => {
        if (!(value instanceof Uint8Array)) wrong(place, 'a Uint8Array', value)
        out.zigzag32(value.length)
        out.bytes(value)
      }
    case 'string':
      return (out, value) => {
        if (typeof value !== 'string') wrong(place, 'a string', value)
        const bytes = encodeUtf8(value)
        out.zigzag32(bytes.length)
        out.bytes(bytes)
      }
  }
}
