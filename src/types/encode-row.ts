import { quoteJson } from '../codec/json/stringify.js'
import { ValidationError } from '../errors.js'
import { toHex } from '../util/bytes.js'
import { compareUtf8 } from '../util/utf8.js'
import type { Datum } from './datum.js'
import { fromDatumFn } from './from-datum.js'
import { isInheritedName, ownValue } from './own-value.js'
import { toDatumFn } from './to-datum.js'
import type { Field, MapType, Schema, Type } from './type.js'
import { locateError, valueError } from './value-error.js'
import { Variant } from './variant.js'

/**
 * The canonical JSON form of rows: one lossless text for each value, the same for every engine that
 * we compare with. Longs and decimals are strings, binary is `0x…`, maps are arrays of pairs sorted
 * by the canonical text of their keys, floating-point numbers always have a point or an exponent. A
 * variant is an object of its two binaries and its JSON text.
 */

type Encoder = (value: unknown) => string

/**
 * The canonical JSON text of one row of public values (the default conversions of reads, or
 * anything that a write accepts). A missing column is null.
 *
 * @throws ValidationError naming the column when a value does not fit.
 */
export function encodeRow(schema: Pick<Schema, 'fields'>, row: object): string {
  return rowEncoder(schema)(row)
}

const encoders = new WeakMap<object, (row: object) => string>()

/** The encoder of a schema's rows, made once per schema object. */
export function rowEncoder(schema: Pick<Schema, 'fields'>): (row: object) => string {
  let encoder = encoders.get(schema)
  if (encoder === undefined) {
    encoder = structEncoder(schema.fields, [], canonicalVariant)
    encoders.set(schema, encoder)
  }
  return encoder
}

/** Like {@link rowEncoder}, but variants are shown as the JSON they stand for. */
export function readableRowEncoder(schema: Pick<Schema, 'fields'>): (row: object) => string {
  return structEncoder(schema.fields, [], (variant) => variant.toJsonText())
}

/** The text of a variant. */
type VariantEncoder = (variant: Variant) => string

function canonicalVariant(variant: Variant): string {
  const { metadata, value } = variant
  const json = quoteJson(variant.toJsonText())
  return `{"metadata":"0x${toHex(metadata)}","value":"0x${toHex(value)}","json":${json}}`
}

/** The order of canonical texts: by code point. */
export function compareCanonical(a: string, b: string): number {
  return compareUtf8(a, b)
}

/** The canonical JSON text of one datum of a primitive type. */
export function encodeDatum(type: Type, datum: Datum | null): string {
  return datum === null ? 'null' : encodeDatumFn(type)(datum)
}

function structEncoder(
  fields: readonly Field[],
  path: readonly string[],
  variants: VariantEncoder,
): Encoder {
  const members = fields.map((field, index) => ({
    name: field.name,
    isInherited: isInheritedName(field.name),
    prefix: `${index === 0 ? '{' : ','}${quoteJson(field.name)}:`,
    encode: valueEncoder(field.type, [...path, field.name], variants),
  }))
  if (members.length === 0) return () => '{}'
  return (row) => {
    if (typeof row !== 'object' || row === null) throw valueError('struct as an object', row)
    let text = ''
    for (const member of members) {
      const value = member.isInherited
        ? ownValue(row, member.name)
        : (row as Readonly<Record<string, unknown>>)[member.name]
      text += member.prefix + member.encode(value)
    }
    return `${text}}`
  }
}

function valueEncoder(type: Type, path: readonly string[], variants: VariantEncoder): Encoder {
  const encode = nonNullEncoder(type, path, variants)
  const column = path.join('.')
  return (value) => {
    if (value === null || value === undefined) return 'null'
    try {
      return encode(value)
    } catch (error) {
      if (error instanceof ValidationError && error.details.column !== undefined) throw error
      throw locateError(error, { column })
    }
  }
}

function nonNullEncoder(type: Type, path: readonly string[], variants: VariantEncoder): Encoder {
  switch (type.kind) {
    case 'struct':
      return structEncoder(type.fields, path, variants)
    case 'list': {
      const element = valueEncoder(type.element, [...path, 'element'], variants)
      return (value) => {
        if (!Array.isArray(value)) throw valueError('list as an array', value)
        return `[${value.map(element).join(',')}]`
      }
    }
    case 'map':
      return mapEncoder(type, path, variants)
    case 'variant':
      return (value) => variants(Variant.of(value))
    default:
      return checked(type)
  }
}

function checked(type: Type): Encoder {
  const convert = toDatumFn(type)
  const encode = encodeDatumFn(type)
  return (value) => encode(convert(value))
}

function mapEncoder(type: MapType, path: readonly string[], variants: VariantEncoder): Encoder {
  const encodeKey = valueEncoder(type.key, [...path, 'key'], variants)
  const encodeValue = valueEncoder(type.value, [...path, 'value'], variants)
  return (value) => {
    const pairs: [string, string][] = []
    for (const [key, item] of mapEntries(value)) pairs.push([encodeKey(key), encodeValue(item)])
    pairs.sort((a, b) => compareUtf8(a[0], b[0]))
    return `[${pairs.map(([key, item]) => `[${key},${item}]`).join(',')}]`
  }
}

/** The entries of a map value in any of its public forms: a `Map`, or an object. */
export function mapEntries(value: unknown): Iterable<readonly [unknown, unknown]> {
  if (value instanceof Map) return value as ReadonlyMap<unknown, unknown>
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value)
  }
  throw valueError('map as a Map or an object', value)
}

/** The canonical JSON text of non-null datums of a primitive type: made once, called per value. */
export function encodeDatumFn(type: Type): (datum: Datum) => string {
  switch (type.kind) {
    case 'boolean':
    case 'int':
      return String
    case 'long':
      return (datum) => `"${datum}"`
    case 'float':
    case 'double':
      return (datum) => encodeDouble(datum as number)
    case 'string':
      return (datum) => quoteJson(datum as string)
    case 'fixed':
    case 'binary':
    case 'geometry':
    case 'geography':
      return (datum) => `"0x${toHex(datum as Uint8Array)}"`
    case 'unknown':
      return () => 'null'
    default: {
      const text = fromDatumFn(type)
      return (datum) => `"${text(datum) as string}"`
    }
  }
}

/**
 * The shortest digits that read back equal, laid out as Python and Java tools print them: a point
 * or an exponent always, an exponent below 1e-4 and from 1e16.
 */
export function encodeDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '"NaN"' : `"${value}"`
  if (Object.is(value, -0)) return '"-0.0"'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string]
    const padded = exponent.slice(1).padStart(2, '0')
    return `${digits}e${exponent[0]}${padded}`
  }
  return Number.isInteger(value) ? `${value}.0` : String(value)
}
