import { fromConvertedType, type LogicalParameters, logicalTypeOf } from './logical-type.js'
import type { LogicalType, PhysicalType, Repetition, TimeUnit } from './model.js'
import type { SchemaElement } from './schema-tree.js'
import type { FieldReader } from './thrift-fields.js'

export const physicalTypes: readonly PhysicalType[] = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
]

const repetitions: readonly Repetition[] = ['required', 'optional', 'repeated']
const timeUnits: readonly (TimeUnit | undefined)[] = [undefined, 'millis', 'micros', 'nanos']

/** SchemaElement (parquet.thrift). */
export function readSchemaElement(reader: FieldReader): SchemaElement {
  let physical: PhysicalType | undefined
  let typeLength: number | undefined
  let repetition: Repetition | undefined
  let name: string | undefined
  let childCount = 0
  let converted: number | undefined
  let scale = 0
  let precision = 0
  let fieldId: number | undefined
  let logical: LogicalType | undefined
  reader.struct((id) => {
    if (id === 1) physical = oneOf(reader, physicalTypes, 'physical type')
    else if (id === 2) typeLength = reader.i32()
    else if (id === 3) repetition = oneOf(reader, repetitions, 'repetition')
    else if (id === 4) name = reader.string()
    else if (id === 5) childCount = reader.size32()
    else if (id === 6) converted = reader.i32()
    else if (id === 7) scale = reader.i32()
    else if (id === 8) precision = reader.i32()
    else if (id === 9) fieldId = reader.i32()
    else if (id === 10) logical = readLogicalType(reader)
    else return false
    return true
  })
  if (name === undefined) return reader.fail('a schema element has no name')
  if (logical === undefined && converted !== undefined) {
    logical = fromConvertedType(converted, precision, scale)
  }
  return { name, physical, typeLength, repetition, childCount, fieldId, logical }
}

function oneOf<Value>(reader: FieldReader, values: readonly Value[], what: string): Value {
  const index = reader.i32()
  return values[index] ?? reader.fail(`${what} ${index} does not exist`)
}

/** The union LogicalType: exactly one member, most of them empty structs. */
function readLogicalType(reader: FieldReader): LogicalType | undefined {
  const union = {
    id: 0,
    precision: 0,
    scale: 0,
    utc: false,
    unit: undefined as TimeUnit | undefined,
    bits: 0,
    signed: true,
  }
  reader.member((id) => {
    union.id = id
    reader.member((member) => readLogicalMember(reader, union, member))
    return true
  })
  return logicalTypeOf(union)
}

type LogicalDraft = { -readonly [Key in keyof LogicalParameters]: LogicalParameters[Key] }

function readLogicalMember(reader: FieldReader, union: LogicalDraft, member: number): boolean {
  if (union.id === 5) {
    if (member === 1) union.scale = reader.i32()
    else if (member === 2) union.precision = reader.i32()
    else return false
    return true
  }
  if (union.id === 7 || union.id === 8) {
    if (member === 1) union.utc = reader.bool()
    else if (member === 2) union.unit = readTimeUnit(reader)
    else return false
    return true
  }
  if (union.id === 10) {
    if (member === 1) union.bits = reader.byte()
    else if (member === 2) union.signed = reader.bool()
    else return false
    return true
  }
  return false
}

function readTimeUnit(reader: FieldReader): TimeUnit | undefined {
  let unit: TimeUnit | undefined
  reader.member((id) => {
    unit = timeUnits[id]
    return false
  })
  return unit
}
