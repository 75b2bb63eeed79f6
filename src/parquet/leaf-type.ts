import {
  Binary,
  Bool,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  FixedSizeBinary,
  Float16,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Null,
  TimeMicrosecond,
  TimeNanosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  Uint8,
  Uint16,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import { DECIMAL_KEY, EXTENSION_KEY, UUID_EXTENSION } from '../arrow/schema.js'
import { CorruptData, Unsupported } from '../errors.js'
import type { Conversion } from './convert.js'
import type { LogicalType, SchemaNode } from './model.js'
import type { LeafOutput } from './read-node.js'

/** In what Arrow form the caller wants values that have more than one. */
export interface ArrowChoice {
  /** `dictionary`: strings as indices into their distinct values. Default `utf8`. */
  readonly strings?: 'utf8' | 'dictionary' | undefined
  /** `int64`: decimals of up to 18 digits as unscaled 64-bit integers. Default `decimal128`. */
  readonly decimals?: 'decimal128' | 'int64' | undefined
}

/** The Arrow type of a leaf, and how its values get there. */
export interface LeafType {
  readonly type: DataType
  readonly output: LeafOutput
  /** Further metadata of the field: extension names, the decimal behind an int64. */
  readonly metadata: ReadonlyMap<string, string>
}

const none: ReadonlyMap<string, string> = new Map()
let dictionaryIds = 0

/** Arrow's type and the conversion of a leaf, by its physical and logical type. */
export function leafTypeOf(leaf: SchemaNode, choice: ArrowChoice): LeafType {
  const { logical } = leaf
  if (logical?.kind === 'unknown')
    return { type: new Null(), output: { kind: 'null' }, metadata: none }
  if (logical?.kind === 'decimal') return decimalType(leaf, logical, choice)
  switch (leaf.physical) {
    case 'BOOLEAN':
      return { type: new Bool(), output: { kind: 'bits' }, metadata: none }
    case 'INT32':
      return int32Type(leaf)
    case 'INT64':
      return int64Type(leaf)
    case 'INT96':
      return fixed(new TimestampMicrosecond('UTC'), { kind: 'int96' })
    case 'FLOAT':
      return copied(new Float32(), 4)
    case 'DOUBLE':
      return copied(new Float64(), 8)
    case 'FIXED_LEN_BYTE_ARRAY':
      return fixedBytesType(leaf)
    default:
      return bytesType(logical, choice)
  }
}

function fixed(type: DataType, conversion: Conversion, metadata = none): LeafType {
  return { type, output: { kind: 'fixed', conversion }, metadata }
}

function copied(type: DataType, width: number, metadata = none): LeafType {
  return fixed(type, { kind: 'copy', width }, metadata)
}

/** An annotation that does not fit the physical type would make values up. */
function misfit(leaf: SchemaNode): never {
  const column = leaf.path.join('.')
  throw new CorruptData(
    `column \`${column}\` is ${leaf.physical} annotated as ${leaf.logical?.kind}, which do not fit`,
    { details: { column } },
  )
}

function int32Type(leaf: SchemaNode): LeafType {
  const { logical } = leaf
  switch (logical?.kind) {
    case 'date':
      return copied(new DateDay(), 4)
    case 'time':
      return logical.unit === 'millis'
        ? fixed(new TimeMicrosecond(), { kind: 'time-millis' })
        : misfit(leaf)
    case 'integer': {
      const { bits, signed } = logical
      if (bits === 64) return misfit(leaf)
      if (bits === 32) return copied(signed ? new Int32() : new Uint32(), 4)
      const width = bits === 16 ? 2 : 1
      const type =
        bits === 16 ? (signed ? new Int16() : new Uint16()) : signed ? new Int8() : new Uint8()
      return fixed(type, { kind: 'narrow', width })
    }
    case undefined:
    case 'other':
      return copied(new Int32(), 4)
    default:
      return misfit(leaf)
  }
}

function int64Type(leaf: SchemaNode): LeafType {
  const { logical } = leaf
  switch (logical?.kind) {
    case 'time':
      if (logical.unit === 'micros') return copied(new TimeMicrosecond(), 8)
      return logical.unit === 'nanos' ? copied(new TimeNanosecond(), 8) : misfit(leaf)
    case 'timestamp': {
      const zone = logical.utc ? 'UTC' : null
      if (logical.unit === 'nanos') return copied(new TimestampNanosecond(zone), 8)
      const type = new TimestampMicrosecond(zone)
      return logical.unit === 'micros' ? copied(type, 8) : fixed(type, { kind: 'timestamp-millis' })
    }
    case 'integer':
      if (logical.bits !== 64) return misfit(leaf)
      return copied(logical.signed ? new Int64() : new Uint64(), 8)
    case undefined:
    case 'other':
      return copied(new Int64(), 8)
    default:
      return misfit(leaf)
  }
}

function fixedBytesType(leaf: SchemaNode): LeafType {
  const width = leaf.typeLength as number
  if (leaf.logical?.kind === 'float16') {
    return width === 2 ? copied(new Float16(), 2) : misfit(leaf)
  }
  if (leaf.logical?.kind === 'uuid') {
    if (width !== 16) return misfit(leaf)
    const metadata = new Map([[EXTENSION_KEY, UUID_EXTENSION]])
    return copied(new FixedSizeBinary(16), 16, metadata)
  }
  return copied(new FixedSizeBinary(width), width)
}

function bytesType(logical: LogicalType | undefined, choice: ArrowChoice): LeafType {
  const text = logical?.kind === 'string' || logical?.kind === 'enum' || logical?.kind === 'json'
  if (!text) return { type: new Binary(), output: { kind: 'bytes', utf8: false }, metadata: none }
  if (choice.strings === 'dictionary') {
    // Batches have dictionaries of their own, so ids only have to differ between columns.
    const type = new Dictionary(new Utf8(), new Int32(), dictionaryIds++)
    return { type, output: { kind: 'dictionary' }, metadata: none }
  }
  return { type: new Utf8(), output: { kind: 'bytes', utf8: true }, metadata: none }
}

function decimalType(
  leaf: SchemaNode,
  logical: LogicalType & { readonly kind: 'decimal' },
  choice: ArrowChoice,
): LeafType {
  const { precision, scale } = logical
  const column = leaf.path.join('.')
  if (precision < 1 || scale < 0 || scale > precision) {
    throw new CorruptData(`column \`${column}\` is decimal(${precision}, ${scale})`, {
      details: { column },
    })
  }
  if (precision > 38) {
    throw new Unsupported(
      'parquet-decimal-precision',
      `column \`${column}\` has ${precision} decimal digits, more than 38`,
      { details: { column } },
    )
  }
  const asInt64 = choice.decimals === 'int64' && precision <= 18
  const width = asInt64 ? 8 : 16
  const type = asInt64 ? new Int64() : new Decimal(scale, precision, 128)
  const metadata = asInt64 ? new Map([[DECIMAL_KEY, `${precision},${scale}`]]) : none
  if (leaf.physical === 'BYTE_ARRAY') {
    return { type, output: { kind: 'byte-decimals', width }, metadata }
  }
  return fixed(type, decimalConversion(leaf, width), metadata)
}

function decimalConversion(leaf: SchemaNode, width: 8 | 16): Conversion {
  switch (leaf.physical) {
    case 'INT32':
      return { kind: 'decimal', from: 'INT32', fromWidth: 4, width }
    case 'INT64':
      return width === 8
        ? { kind: 'copy', width }
        : { kind: 'decimal', from: 'INT64', fromWidth: 8, width }
    case 'FIXED_LEN_BYTE_ARRAY':
      return {
        kind: 'decimal',
        from: 'FIXED_LEN_BYTE_ARRAY',
        fromWidth: leaf.typeLength as number,
        width,
      }
    default:
      return misfit(leaf)
  }
}
