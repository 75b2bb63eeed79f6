/** Iceberg schemas as Arrow schemas: types, field ids in metadata, nullability. */
import {
  Field as ArrowField,
  Schema as ArrowSchema,
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  FixedSizeBinary,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Map_,
  Null,
  Struct,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  Utf8,
} from 'apache-arrow'
import type { Field, Schema, Type } from '../types/type.js'

/**
 * How values that Arrow can hold in several ways are laid out.
 *
 * - `decimals`: `'decimal128'` (default); `'int64'`: the unscaled value of precision up to 18 as
 *   Int64; `'physical'`: what Parquet stores, Int32 up to 9 digits, Int64 up to 18 (writers only).
 * - `strings`: `'utf8'` (default) or `'dictionary'` of Utf8 with Int32 keys.
 */
export interface ArrowForm {
  readonly decimals?: 'decimal128' | 'int64' | 'physical'
  readonly strings?: 'utf8' | 'dictionary'
}

/** Field metadata key of the Iceberg field id, as Parquet libraries spell it. */
export const FIELD_ID_KEY = 'PARQUET:field_id'
/** Field metadata key on a decimal delivered as integers: `precision,scale`. */
export const DECIMAL_KEY = 'moraine:decimal'
/** Field metadata key of Arrow's extension types. */
export const EXTENSION_KEY = 'ARROW:extension:name'
/** Marks a fixed-size binary column of 16 bytes as a UUID. */
export const UUID_EXTENSION = 'arrow.uuid'
/** Marks a struct of two binaries, `metadata` and `value`, as a variant. */
export const VARIANT_EXTENSION = 'arrow.parquet.variant'

/** Arrow's largest decimal precision that fits 32 and 64 bits. */
const precisionInt32Max = 9
const precisionInt64Max = 18

/** The Arrow schema of an Iceberg schema: every column, in order. */
export function arrowSchemaOf(schema: Schema, form: ArrowForm = {}): ArrowSchema {
  return new ArrowSchema(schema.fields.map((field) => arrowFieldOf(field, form)))
}

/** The Arrow field of a column or a struct member. */
export function arrowFieldOf(field: Field, form: ArrowForm = {}): ArrowField {
  return arrowField(field.name, field.id, field.type, !field.required, form)
}

/** The Arrow type of an Iceberg type. */
export function arrowTypeOf(type: Type, form: ArrowForm = {}): DataType {
  switch (type.kind) {
    case 'struct':
      return new Struct(type.fields.map((field) => arrowFieldOf(field, form)))
    case 'list':
      return new List(
        arrowField('element', type.elementId, type.element, !type.elementRequired, form),
      )
    case 'map': {
      const key = arrowField('key', type.keyId, type.key, false, form)
      const value = arrowField('value', type.valueId, type.value, !type.valueRequired, form)
      // apache-arrow names the entries itself; Parquet's `key_value` is the writer's doing.
      const entries: Struct<{ key: DataType; value: DataType }> = new Struct([key, value])
      return new Map_(new ArrowField('entries', entries, false))
    }
    case 'variant':
      return new Struct([
        new ArrowField('metadata', new Binary(), false),
        new ArrowField('value', new Binary(), false),
      ])
    case 'decimal':
      return arrowDecimal(type.precision, type.scale, form)
    case 'fixed':
      return new FixedSizeBinary(type.length)
    default:
      return simpleType(type.kind, form)
  }
}

function simpleType(
  kind: Exclude<Type['kind'], 'struct' | 'list' | 'map' | 'variant' | 'decimal' | 'fixed'>,
  form: ArrowForm,
): DataType {
  switch (kind) {
    case 'boolean':
      return new Bool()
    case 'int':
      return new Int32()
    case 'long':
      return new Int64()
    case 'float':
      return new Float32()
    case 'double':
      return new Float64()
    case 'date':
      return new DateDay()
    case 'time':
      return new TimeMicrosecond()
    case 'timestamp':
      return new TimestampMicrosecond()
    case 'timestamptz':
      return new TimestampMicrosecond('UTC')
    case 'timestamp_ns':
      return new TimestampNanosecond()
    case 'timestamptz_ns':
      return new TimestampNanosecond('UTC')
    case 'string':
      return form.strings === 'dictionary' ? new Dictionary(new Utf8(), new Int32()) : new Utf8()
    case 'uuid':
      return new FixedSizeBinary(16)
    case 'binary':
    case 'geometry':
    case 'geography':
      return new Binary()
    case 'unknown':
      return new Null()
  }
}

function arrowDecimal(precision: number, scale: number, form: ArrowForm): DataType {
  const decimals = form.decimals ?? 'decimal128'
  if (decimals === 'physical' && precision <= precisionInt32Max) return new Int32()
  if (decimals !== 'decimal128' && precision <= precisionInt64Max) return new Int64()
  return new Decimal(scale, precision, 128)
}

function arrowField(
  name: string,
  id: number,
  type: Type,
  nullable: boolean,
  form: ArrowForm,
): ArrowField {
  const arrowType = arrowTypeOf(type, form)
  const metadata = new Map([[FIELD_ID_KEY, String(id)]])
  if (type.kind === 'uuid') metadata.set(EXTENSION_KEY, UUID_EXTENSION)
  if (type.kind === 'variant') metadata.set(EXTENSION_KEY, VARIANT_EXTENSION)
  if (type.kind === 'decimal' && !(arrowType instanceof Decimal)) {
    metadata.set(DECIMAL_KEY, `${type.precision},${type.scale}`)
  }
  return new ArrowField(name, arrowType, nullable || type.kind === 'unknown', metadata)
}

/** The field id in an Arrow field's metadata; undefined when there is none or it is no id. */
export function fieldIdOf(field: ArrowField): number | undefined {
  const text = field.metadata.get(FIELD_ID_KEY)
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined
  const id = Number(text)
  return id <= 2147483647 ? id : undefined
}
