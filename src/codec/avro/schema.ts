import { InvalidArgument } from '../../errors.js'
import type { JsonValue } from '../json/value.js'

export type AvroPrimitiveKind =
  | 'null'
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'bytes'
  | 'string'

/** The annotations by which Iceberg's types are told apart (spec: Appendix A, Avro). */
export interface AvroLogical {
  readonly logicalType?: string
  /** Only for timestamps; the default is `false`. */
  readonly adjustToUtc?: boolean
  readonly precision?: number
  readonly scale?: number
}

export interface AvroPrimitive extends AvroLogical {
  readonly kind: AvroPrimitiveKind
}

export interface AvroFixed extends AvroLogical {
  readonly kind: 'fixed'
  readonly name: string
  readonly size: number
}

export interface AvroEnum {
  readonly kind: 'enum'
  readonly name: string
  readonly symbols: readonly string[]
}

export interface AvroField {
  readonly name: string
  readonly type: AvroSchema
  /** Iceberg's `field-id`. */
  readonly fieldId?: number
  /** Iceberg's name of the field, where Avro's rules do not allow it as `name`. */
  readonly icebergName?: string
  readonly default?: JsonValue
  readonly doc?: string
}

export interface AvroRecord {
  readonly kind: 'record'
  readonly name: string
  readonly fields: readonly AvroField[]
}

export interface AvroArray {
  readonly kind: 'array'
  readonly items: AvroSchema
  readonly elementId?: number
  /** `map` when the items are key-value records that make up a map. */
  readonly logicalType?: string
}

export interface AvroMap {
  readonly kind: 'map'
  readonly values: AvroSchema
  readonly keyId?: number
  readonly valueId?: number
}

export interface AvroUnion {
  readonly kind: 'union'
  readonly branches: readonly AvroSchema[]
}

export type AvroSchema =
  | AvroPrimitive
  | AvroFixed
  | AvroEnum
  | AvroRecord
  | AvroArray
  | AvroMap
  | AvroUnion

/**
 * A decoded or encodable value. A record is an array with one slot per field (see `AvroProjection`),
 * never an object: that is fast, and no name from a file can reach a prototype. `undefined` stands
 * for a field that the writer's schema does not have.
 */
export type AvroValue =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly AvroValue[]
  | ReadonlyMap<AvroValue, AvroValue>

export type AvroRow = readonly AvroValue[]

/** The plain primitive schemas. */
export const AVRO = Object.freeze({
  null: Object.freeze({ kind: 'null' }),
  boolean: Object.freeze({ kind: 'boolean' }),
  int: Object.freeze({ kind: 'int' }),
  long: Object.freeze({ kind: 'long' }),
  float: Object.freeze({ kind: 'float' }),
  double: Object.freeze({ kind: 'double' }),
  bytes: Object.freeze({ kind: 'bytes' }),
  string: Object.freeze({ kind: 'string' }),
}) satisfies Readonly<Record<AvroPrimitiveKind, AvroPrimitive>>

export function avroRecord(name: string, fields: readonly AvroField[]): AvroRecord {
  return { kind: 'record', name, fields }
}

/** A field with its Iceberg id; an optional type gets the default `null` that Iceberg requires. */
export function avroField(
  id: number,
  name: string,
  type: AvroSchema,
  options: { readonly doc?: string } = {},
): AvroField {
  const optional = optionalBranch(type) !== undefined
  return {
    name,
    type,
    fieldId: id,
    ...(optional ? { default: null } : {}),
    ...(options.doc === undefined ? {} : { doc: options.doc }),
  }
}

/** `null` or the type: the only union that Iceberg writes. */
export function avroOptional(type: AvroSchema): AvroUnion {
  if (type.kind === 'union') throw new InvalidArgument('an avro union cannot hold a union')
  return { kind: 'union', branches: [AVRO.null, type] }
}

export function avroArray(elementId: number, items: AvroSchema): AvroArray {
  return { kind: 'array', items, elementId }
}

/** A map as an array of `k<id>_v<id>` records: the form for keys that are not strings. */
export function avroKeyValueMap(
  keyId: number,
  key: AvroSchema,
  valueId: number,
  value: AvroSchema,
): AvroArray {
  const items = avroRecord(`k${keyId}_v${valueId}`, [
    avroField(keyId, 'key', key),
    avroField(valueId, 'value', value),
  ])
  return { kind: 'array', items, logicalType: 'map' }
}

export interface OptionalBranch {
  /** Index of `null`, 0 when Iceberg's rules were followed. */
  readonly nullIndex: 0 | 1
  readonly type: AvroSchema
}

/** What an optional union holds besides `null`, or `undefined` when the type is not such a union. */
export function optionalBranch(type: AvroSchema): OptionalBranch | undefined {
  if (type.kind !== 'union' || type.branches.length !== 2) return undefined
  const [first, second] = type.branches as [AvroSchema, AvroSchema]
  if (first.kind === 'null' && second.kind !== 'null') return { nullIndex: 0, type: second }
  if (second.kind === 'null' && first.kind !== 'null') return { nullIndex: 1, type: first }
  return undefined
}

/** Whether an array is a map in disguise: items of exactly two fields, marked as `map`. */
export function isKeyValueArray(type: AvroArray): type is AvroArray & { items: AvroRecord } {
  return (
    type.logicalType === 'map' && type.items.kind === 'record' && type.items.fields.length === 2
  )
}
