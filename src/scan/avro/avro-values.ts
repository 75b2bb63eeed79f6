/** How the values of an Avro data file become public values of Iceberg types (spec: appendix A, "Avro"). */
import type { AvroTypeProjection } from '../../codec/avro/decoder.js'
import {
  type AvroField,
  type AvroLogical,
  type AvroRecord,
  type AvroRow,
  type AvroSchema,
  type AvroValue,
  isKeyValueArray,
  optionalBranch,
} from '../../codec/avro/schema.js'
import { CorruptData, Unsupported } from '../../errors.js'
import type { Datum } from '../../types/datum.js'
import { fromDatumFn } from '../../types/from-datum.js'
import { setOwnValue } from '../../types/own-value.js'
import { fromTwosComplement } from '../../types/single-value.js'
import type { Field, MapType, Type } from '../../types/type.js'
import { formatType } from '../../types/type-text.js'
import { Variant } from '../../types/variant.js'

/** What to decode of a type, what it becomes, and the type that comes out. */
interface Plan {
  readonly projection: AvroTypeProjection
  /** The wanted type without the struct members that the file lacks. */
  readonly type: Type
  /** Never given null. */
  readonly convert: (value: AvroValue) => unknown
}

/** The plan of a record: the wanted fields that it has, matched by id. */
export interface RecordPlan {
  readonly fields: readonly Field[]
  readonly projection: AvroTypeProjection
  readonly convert: (row: AvroRow) => object
}

/** Throws `CorruptData` when a field's Avro type cannot hold its Iceberg type. */
export function planRecord(
  fields: readonly Field[],
  record: AvroRecord,
  where: readonly string[],
): RecordPlan {
  const members: { readonly field: Field; readonly name: string; readonly plan: Plan }[] = []
  for (const field of fields) {
    const written = record.fields.find((candidate) => candidate.fieldId === field.id)
    if (written === undefined || field.type.kind === 'unknown') continue
    const plan = planType(field.type, written.type, [...where, field.name])
    members.push({ field: { ...field, type: plan.type }, name: written.name, plan })
  }
  const makers = members.map(({ field, plan }) => ({
    name: field.name,
    convert: orNull(plan.convert),
  }))
  return {
    fields: members.map(({ field }) => field),
    projection: {
      // The name finds the field in files whose ids come from a name mapping.
      fields: members.map(({ field, name, plan }) => ({
        id: field.id,
        name,
        type: plan.projection,
      })),
    },
    convert: (row) => {
      const object = {}
      for (const [at, { name, convert }] of makers.entries()) {
        setOwnValue(object, name, convert(row[at]))
      }
      return object
    },
  }
}

function orNull(convert: (value: AvroValue) => unknown): (value: AvroValue) => unknown {
  return (value) => (value === null || value === undefined ? null : convert(value))
}

function planType(type: Type, written: AvroSchema, where: readonly string[]): Plan {
  const schema = optionalBranch(written)?.type ?? written
  switch (type.kind) {
    case 'struct': {
      if (schema.kind !== 'record') return mismatch(type, schema, where)
      const record = planRecord(type.fields, schema, where)
      return {
        projection: record.projection,
        type: { ...type, fields: record.fields },
        convert: (value) => record.convert(value as AvroRow),
      }
    }
    case 'list': {
      if (schema.kind !== 'array') return mismatch(type, schema, where)
      const element = planType(type.element, schema.items, [...where, 'element'])
      const convert = orNull(element.convert)
      return {
        projection: { element: element.projection },
        type: { ...type, element: element.type },
        convert: (value) => (value as AvroRow).map(convert),
      }
    }
    case 'map':
      return planMap(type, schema, where)
    case 'variant':
      return planVariant(type, schema, where)
    default: {
      const convert = primitive(type, schema)
      return convert === undefined
        ? mismatch(type, schema, where)
        : { projection: {}, type, convert }
    }
  }
}

/** A record of two binaries without field ids, found by their names (spec: appendix A, "Avro"). */
function planVariant(type: Type, schema: AvroSchema, where: readonly string[]): Plan {
  const parts = ['metadata', 'value']
  const isBytes = (name: string): boolean =>
    schema.kind === 'record' &&
    schema.fields.some((field) => field.name === name && field.type.kind === 'bytes')
  if (!parts.every(isBytes)) return mismatch(type, schema, where)
  return {
    projection: { fields: parts.map((name) => ({ name })) },
    type,
    convert: (value) => {
      const [metadata, bytes] = value as readonly Uint8Array[]
      return new Variant(metadata as Uint8Array, bytes as Uint8Array)
    },
  }
}

function planMap(type: MapType, schema: AvroSchema, where: readonly string[]): Plan {
  const parts = mapParts(schema)
  if (parts === undefined) return mismatch(type, schema, where)
  const key = planType(type.key, parts.key, [...where, 'key'])
  const value = planType(type.value, parts.value, [...where, 'value'])
  const convertValue = orNull(value.convert)
  return {
    projection: { key: key.projection, value: value.projection },
    type: { ...type, key: key.type, value: value.type },
    convert: (entries) => {
      const map = new Map<unknown, unknown>()
      for (const [name, item] of entries as ReadonlyMap<AvroValue, AvroValue>) {
        map.set(key.convert(name), convertValue(item))
      }
      return map
    },
  }
}

/** Maps with string keys are Avro maps, others arrays of key-value records. */
function mapParts(
  schema: AvroSchema,
): { readonly key: AvroSchema; readonly value: AvroSchema } | undefined {
  if (schema.kind === 'map') return { key: { kind: 'string' }, value: schema.values }
  if (schema.kind !== 'array' || !isKeyValueArray(schema)) return undefined
  const [key, value] = schema.items.fields as readonly (AvroField | undefined)[]
  return key && value && { key: key.type, value: value.type }
}

function primitive(type: Type, schema: AvroSchema): Plan['convert'] | undefined {
  const { kind } = schema
  const isBytes = kind === 'bytes' || kind === 'fixed'
  switch (type.kind) {
    case 'boolean':
    case 'string':
      return kind === type.kind ? same : undefined
    case 'int':
      return kind === 'int' ? same : undefined
    case 'long':
      return kind === 'long' || kind === 'int'
        ? (value) => BigInt(value as number | bigint)
        : undefined
    case 'float':
      return kind === 'float' ? same : undefined
    case 'double':
      return kind === 'double' || kind === 'float' ? same : undefined
    case 'decimal':
      return isBytes && scaleOf(schema) === type.scale ? through(type, decimalOf) : undefined
    case 'date':
      return kind === 'int' ? through(type, (value) => value as number) : undefined
    case 'time':
      return integerDatum(type, schema, 'micros')
    case 'timestamp':
    case 'timestamptz':
      return integerDatum(type, schema, 'micros')
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return integerDatum(type, schema, 'nanos')
    case 'uuid':
      if (kind === 'string') return same
      return hasLength(schema, 16) ? through(type, (value) => value as Uint8Array) : undefined
    case 'fixed':
      return hasLength(schema, type.length) ? same : undefined
    case 'binary':
    case 'geometry':
    case 'geography':
      return isBytes ? same : undefined
    default:
      throw new Unsupported(type.kind, `a scan cannot read ${formatType(type)} from avro files`)
  }
}

/** Bytes of any length are held to the right one value by value. */
function hasLength(schema: AvroSchema, length: number): boolean {
  return schema.kind === 'bytes' || (schema.kind === 'fixed' && schema.size === length)
}

function same(value: AvroValue): unknown {
  return value
}

/** Through the value's internal form. */
function through(type: Type, datumOf: (value: AvroValue) => Datum): Plan['convert'] {
  const convert = fromDatumFn(type)
  return (value) => convert(datumOf(value))
}

function decimalOf(value: AvroValue): bigint {
  return fromTwosComplement(value as Uint8Array)
}

function scaleOf(schema: AvroSchema): number | undefined {
  const { precision, scale = 0 } = schema as AvroLogical
  return precision === undefined ? undefined : scale
}

const PER_SECOND = { millis: 1000n, micros: 1_000_000n, nanos: 1_000_000_000n } as const
type Unit = keyof typeof PER_SECOND

/** Times and timestamps in the file's unit, which must not be finer than the type's. */
function integerDatum(type: Type, schema: AvroSchema, to: Unit): Plan['convert'] | undefined {
  if (schema.kind !== 'long' && schema.kind !== 'int') return undefined
  const { logicalType: logical = '' } = schema
  if (logical === 'date') {
    // Dates widen to timestamps without a zone alone (spec: "Schema Evolution").
    if (type.kind !== 'timestamp' && type.kind !== 'timestamp_ns') return undefined
    const perDay = 86_400n * PER_SECOND[to]
    return through(type, (value) => BigInt(value as number | bigint) * perDay)
  }
  const unit = (['millis', 'micros', 'nanos'] as const).find((one) => logical.endsWith(one)) ?? to
  if (PER_SECOND[unit] > PER_SECOND[to]) return undefined
  const factor = PER_SECOND[to] / PER_SECOND[unit]
  return through(type, (value) => BigInt(value as number | bigint) * factor)
}

function mismatch(type: Type, schema: AvroSchema, where: readonly string[]): never {
  const column = where.join('.')
  throw new CorruptData(
    `column \`${column}\` is avro ${schema.kind} in the data file, the table has ${formatType(type)}`,
    { details: { column } },
  )
}
