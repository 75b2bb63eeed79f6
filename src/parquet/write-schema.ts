/** The Parquet schema of an Iceberg schema, as the specification prescribes ("Parquet", appendix A). */
import type { ThriftStruct } from '../codec/thrift/generic.js'
import { Unsupported } from '../errors.js'
import type { Field, PrimitiveType, Schema, Type } from '../types/type.js'
import { DEFAULT_CRS, DEFAULT_EDGE_ALGORITHM } from '../types/type-text.js'
import { encodeUtf8 } from '../util/utf8.js'
import { binaryField, boolField, byteField, i32Field, struct, structField } from './thrift-build.js'

/** A leaf column of a file being written. */
export interface WrittenLeaf {
  /** Undefined for the two parts of a variant. */
  readonly fieldId: number | undefined
  /** Of the metadata of a variant: the id of the variant, whose counts are the leaf's. */
  readonly variantId: number | undefined
  readonly type: PrimitiveType
  /** Names in the Parquet schema, from the top-level column down. */
  readonly path: readonly string[]
  /** Whether a list or map stands above it: then it has no metrics but its size. */
  readonly repeated: boolean
}

export interface WrittenSchema {
  /** SchemaElements, depth first, the root first. */
  readonly elements: readonly ThriftStruct[]
  readonly leaves: readonly WrittenLeaf[]
  /** The top-level fields that are stored; columns of type unknown are not. */
  readonly fields: readonly Field[]
}

const physical = {
  boolean: 0,
  int32: 1,
  int64: 2,
  float: 4,
  double: 5,
  bytes: 6,
  fixed: 7,
} as const

const repetition = { required: 0, optional: 1, repeated: 2 } as const
type Repetition = keyof typeof repetition

/** ConvertedType values, for readers older than logical types. */
const converted = { utf8: 0, map: 1, list: 3, decimal: 5, date: 6, timestampMicros: 10 } as const

/** Field numbers of SchemaElement in parquet.thrift. */
const element = {
  type: 1,
  typeLength: 2,
  repetition: 3,
  name: 4,
  children: 5,
  converted: 6,
  scale: 7,
  precision: 8,
  fieldId: 9,
  logical: 10,
} as const

/**
 * The Parquet schema for files of a table.
 *
 * @throws Unsupported when a struct, list or map would hold nothing that Parquet can store
 */
export function writtenSchema(schema: Schema): WrittenSchema {
  const elements: ThriftStruct[] = []
  const leaves: WrittenLeaf[] = []
  const fields = schema.fields.filter((field) => field.type.kind !== 'unknown')
  if (fields.length === 0) {
    throw new Unsupported(
      'parquet-without-columns',
      'a Parquet file needs a column, and the schema has none that is stored',
    )
  }
  elements.push(groupElement('table', undefined, fields.length, undefined, []))
  const out = { elements, leaves }
  for (const field of fields) addField(out, field, [], false)
  return { elements, leaves, fields }
}

interface Out {
  readonly elements: ThriftStruct[]
  readonly leaves: WrittenLeaf[]
}

interface Node {
  readonly name: string
  readonly id: number | undefined
  readonly type: Type
  readonly required: boolean
}

function addField(out: Out, field: Field, path: readonly string[], repeated: boolean): void {
  const { name, id, type, required } = field
  addNode(out, { name, id, type, required }, path, repeated)
}

function addNode(out: Out, node: Node, above: readonly string[], repeated: boolean): void {
  const path = [...above, node.name]
  const rep = node.required ? 'required' : 'optional'
  const { type, id, name } = node
  switch (type.kind) {
    case 'struct': {
      const members = type.fields.filter((field) => field.type.kind !== 'unknown')
      if (members.length === 0) refuseEmpty(path)
      out.elements.push(groupElement(name, rep, members.length, id, []))
      for (const member of members) addField(out, member, path, repeated)
      return
    }
    case 'list': {
      if (type.element.kind === 'unknown') refuseEmpty(path)
      out.elements.push(groupElement(name, rep, 1, id, annotation(converted.list, 3, [])))
      out.elements.push(groupElement('list', 'repeated', 1, undefined, []))
      addNode(
        out,
        { name: 'element', id: type.elementId, type: type.element, required: type.elementRequired },
        [...path, 'list'],
        true,
      )
      return
    }
    case 'map': {
      if (type.value.kind === 'unknown' || type.key.kind === 'unknown') refuseEmpty(path)
      out.elements.push(groupElement(name, rep, 1, id, annotation(converted.map, 2, [])))
      out.elements.push(groupElement('key_value', 'repeated', 2, undefined, []))
      const inner = [...path, 'key_value']
      addNode(out, { name: 'key', id: type.keyId, type: type.key, required: true }, inner, true)
      addNode(
        out,
        { name: 'value', id: type.valueId, type: type.value, required: type.valueRequired },
        inner,
        true,
      )
      return
    }
    case 'variant': {
      addVariant(out, node, path, repeated)
      return
    }
    default:
      out.leaves.push({ fieldId: id, variantId: undefined, type, path, repeated })
      out.elements.push(leafElement(name, rep, id, type))
  }
}

/** The version of the Variant encoding that is written. */
const variantVersion = 1

/** A group of two binaries without field ids (spec: Appendix A, "Parquet"). */
function addVariant(out: Out, node: Node, path: readonly string[], repeated: boolean): void {
  const rep = node.required ? 'required' : 'optional'
  const version = annotation(undefined, 16, [[1, byteField(variantVersion)]])
  out.elements.push(groupElement(node.name, rep, 2, node.id, version))
  const type = { kind: 'binary' } as const
  for (const name of ['metadata', 'value']) {
    const variantId = name === 'metadata' ? node.id : undefined
    out.leaves.push({ fieldId: undefined, variantId, type, path: [...path, name], repeated })
    out.elements.push(leafElement(name, 'required', undefined, type))
  }
}

function refuseEmpty(path: readonly string[]): never {
  throw new Unsupported(
    'parquet-empty-group',
    `column \`${path.join('.')}\` holds nothing that Parquet can store: its members are of type unknown`,
  )
}

type Fields = [number, ReturnType<typeof i32Field>][]

function groupElement(
  name: string,
  rep: Repetition | undefined,
  children: number,
  id: number | undefined,
  more: Fields,
): ThriftStruct {
  return struct([
    [element.repetition, rep === undefined ? undefined : i32Field(repetition[rep])],
    [element.name, binaryField(encodeUtf8(name))],
    [element.children, i32Field(children)],
    [element.fieldId, id === undefined ? undefined : i32Field(id)],
    ...more,
  ])
}

function leafElement(
  name: string,
  rep: Repetition,
  id: number | undefined,
  type: PrimitiveType,
): ThriftStruct {
  return struct([
    [element.repetition, i32Field(repetition[rep])],
    [element.name, binaryField(encodeUtf8(name))],
    [element.fieldId, id === undefined ? undefined : i32Field(id)],
    ...leafType(type),
  ])
}

/** Annotation fields: the older converted type, and the member of LogicalType with its parameters. */
function annotation(
  convertedType: number | undefined,
  logicalId: number,
  parameters: Parameters<typeof struct>[0],
): Fields {
  const logical = struct([[logicalId, structField(struct(parameters))]])
  const fields: Fields = [[element.logical, structField(logical)]]
  if (convertedType !== undefined) fields.push([element.converted, i32Field(convertedType)])
  return fields
}

function typed(type: number, more: Fields = []): Fields {
  return [[element.type, i32Field(type)], ...more]
}

function fixed(length: number, more: Fields = []): Fields {
  return typed(physical.fixed, [[element.typeLength, i32Field(length)], ...more])
}

function leafType(type: PrimitiveType): Fields {
  switch (type.kind) {
    case 'boolean':
      return typed(physical.boolean)
    case 'int':
      return typed(physical.int32)
    case 'long':
      return typed(physical.int64)
    case 'float':
      return typed(physical.float)
    case 'double':
      return typed(physical.double)
    case 'date':
      return typed(physical.int32, annotation(converted.date, 6, []))
    case 'time':
      // Not adjusted to UTC, which has no converted type (parquet-format, LogicalTypes.md).
      return typed(physical.int64, annotation(undefined, 7, timeParameters(false, 2)))
    case 'timestamp':
      return typed(physical.int64, annotation(undefined, 8, timeParameters(false, 2)))
    case 'timestamptz':
      return typed(
        physical.int64,
        annotation(converted.timestampMicros, 8, timeParameters(true, 2)),
      )
    case 'timestamp_ns':
      return typed(physical.int64, annotation(undefined, 8, timeParameters(false, 3)))
    case 'timestamptz_ns':
      return typed(physical.int64, annotation(undefined, 8, timeParameters(true, 3)))
    case 'string':
      return typed(physical.bytes, annotation(converted.utf8, 1, []))
    case 'uuid':
      return fixed(16, annotation(undefined, 14, []))
    case 'fixed':
      return fixed(type.length)
    case 'binary':
      return typed(physical.bytes)
    case 'decimal':
      return decimalType(type.precision, type.scale)
    case 'geometry':
      return typed(physical.bytes, annotation(undefined, 17, [crsParameter(type.crs)]))
    case 'geography':
      return typed(
        physical.bytes,
        annotation(undefined, 18, [
          crsParameter(type.crs),
          [2, i32Field(edgeAlgorithms.indexOf(type.algorithm ?? DEFAULT_EDGE_ALGORITHM))],
        ]),
      )
    case 'unknown':
      throw new Unsupported('parquet-unknown', 'columns of type unknown are not stored in files')
  }
}

function decimalType(precision: number, scale: number): Fields {
  const parameters = annotation(converted.decimal, 5, [
    [1, i32Field(scale)],
    [2, i32Field(precision)],
  ])
  parameters.push([element.scale, i32Field(scale)], [element.precision, i32Field(precision)])
  if (precision <= 9) return typed(physical.int32, parameters)
  if (precision <= 18) return typed(physical.int64, parameters)
  return fixed(decimalBytes(precision), parameters)
}

/** The fewest bytes whose two's complement holds every value of a precision. */
export function decimalBytes(precision: number): number {
  return Math.ceil((precision * Math.log2(10) + 1) / 8)
}

/** TimeType and TimestampType: adjusted to UTC, and the unit (1 ms, 2 µs, 3 ns). */
function timeParameters(utc: boolean, unit: 1 | 2 | 3): Parameters<typeof struct>[0] {
  return [
    [1, boolField(utc)],
    [2, structField(struct([[unit, structField(struct([]))]]))],
  ]
}

const edgeAlgorithms = ['spherical', 'vincenty', 'thomas', 'andoyer', 'karney']

/** The CRS is written out even when it is the default, as the reference does. */
function crsParameter(crs: string | undefined): Parameters<typeof struct>[0][number] {
  return [1, binaryField(encodeUtf8(crs ?? DEFAULT_CRS))]
}
