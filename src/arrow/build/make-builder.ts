/** The builder of a column, by its Iceberg type and its Arrow form. */
import type { DataType } from 'apache-arrow'
import type { VariantLimits } from '../../codec/variant/layout.js'
import { defaultLimits } from '../../env/limits.js'
import { InternalBug } from '../../errors.js'
import { toDatumFn } from '../../types/to-datum.js'
import type { Field, PrimitiveType, StructType, Type } from '../../types/type.js'
import { type ArrowForm, arrowTypeOf } from '../schema.js'
import { BytesBuilder, FixedBytesBuilder } from './bytes.js'
import type { BuilderColumn, ColumnBuilder } from './column-builder.js'
import { defaultValue } from './default-value.js'
import * as fast from './fast-paths.js'
import {
  BooleanBuilder,
  Decimal128Builder,
  LongBuilder,
  NullBuilder,
  NumberBuilder,
} from './fixed-width.js'
import { ListBuilder, MapBuilder } from './repeated.js'
import { StructBuilder } from './struct.js'
import { VariantBuilder } from './variant.js'

/** A builder for a column, or a member of one. Dictionaries are built by nobody: use plain text. */
export function makeBuilder(
  column: BuilderColumn,
  form: ArrowForm,
  limits: VariantLimits = defaultLimits,
): ColumnBuilder {
  const { type, path } = column
  const arrowType = arrowTypeOf(type, { ...form, strings: 'utf8' })
  switch (type.kind) {
    case 'struct':
      return structBuilder(arrowType, column, type, form, limits)
    case 'list': {
      const element = member(path, 'element', type.element, type.elementRequired)
      return new ListBuilder(arrowType, column, makeBuilder(element, form, limits))
    }
    case 'map': {
      const key = makeBuilder(member(path, 'key', type.key, true), form, limits)
      const part = member(path, 'value', type.value, type.valueRequired)
      const value = makeBuilder(part, form, limits)
      return new MapBuilder(arrowType, column, key, value)
    }
    case 'variant':
      return new VariantBuilder(arrowType, column, limits)
    default:
      return primitiveBuilder(arrowType, column, type)
  }
}

function structBuilder(
  arrowType: DataType,
  column: BuilderColumn,
  type: StructType,
  form: ArrowForm,
  limits: VariantLimits,
): StructBuilder {
  return new StructBuilder(
    arrowType,
    column,
    type.fields.map((field) => structMember(column.path, field, form, limits)),
  )
}

/** One member of a struct or a row. */
function structMember(
  path: readonly string[],
  field: Field,
  form: ArrowForm,
  limits: VariantLimits,
): { name: string; builder: ColumnBuilder; whenOmitted: unknown } {
  const column = member(path, field.name, field.type, field.required)
  return {
    name: field.name,
    builder: makeBuilder(column, form, limits),
    whenOmitted: defaultValue(field),
  }
}

function member(
  path: readonly string[],
  name: string,
  type: Type,
  required: boolean,
): BuilderColumn {
  return { path: [...path, name], type, required }
}

function primitiveBuilder(
  arrowType: DataType,
  column: BuilderColumn,
  type: PrimitiveType,
): ColumnBuilder {
  const slow = toDatumFn(type)
  switch (type.kind) {
    case 'boolean':
      return new BooleanBuilder(arrowType, column)
    case 'int':
      return new NumberBuilder(arrowType, column, fast.fastInt, slow)
    case 'float':
      return new NumberBuilder(arrowType, column, fast.fastFloat, slow)
    case 'double':
      return new NumberBuilder(arrowType, column, fast.fastDouble, slow)
    case 'date':
      return new NumberBuilder(arrowType, column, fast.fastDate, slow)
    case 'long':
      return new LongBuilder(arrowType, column, fast.fastLong, slow)
    case 'timestamp':
      return new LongBuilder(arrowType, column, fast.fastTimestamp, slow)
    case 'timestamptz':
      return new LongBuilder(arrowType, column, fast.fastTimestamptz, slow)
    case 'time':
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return new LongBuilder(arrowType, column, fast.noFastPath, slow)
    case 'decimal':
      return decimalBuilder(arrowType, column, type)
    case 'string':
    case 'binary':
    case 'geometry':
    case 'geography':
      return new BytesBuilder(arrowType, column, slow)
    case 'uuid':
      return new FixedBytesBuilder(arrowType, column, 16, slow)
    case 'fixed':
      return new FixedBytesBuilder(arrowType, column, type.length, slow)
    case 'unknown':
      return new NullBuilder(arrowType, column)
  }
}

function decimalBuilder(
  arrowType: DataType,
  column: BuilderColumn,
  type: Extract<PrimitiveType, { kind: 'decimal' }>,
): ColumnBuilder {
  const slow = toDatumFn(type)
  const quick = fast.fastDecimal(type.precision, type.scale)
  switch (arrowType.ArrayType) {
    case Int32Array:
      return new NumberBuilder(arrowType, column, quick, (value) => Number(slow(value)))
    case BigInt64Array:
      return new LongBuilder(arrowType, column, quick, slow)
    case Uint32Array:
      return new Decimal128Builder(arrowType, column, quick, slow)
    default:
      throw new InternalBug(`no decimal builder for Arrow type ${String(arrowType)}`)
  }
}
