import {
  type DataType,
  type Decimal,
  type FixedSizeBinary,
  type FixedSizeList,
  type Float,
  type Int,
  type List,
  type Map_,
  Precision,
  type Struct,
  type Timestamp,
  TimeUnit,
  Type as TypeId,
} from 'apache-arrow'
import { EXTENSION_KEY, UUID_EXTENSION, VARIANT_EXTENSION } from '../../arrow/schema.js'
import { Unsupported } from '../../errors.js'
import type { StructType, Type } from '../../types/type.js'
import type { NextId } from './shape.js'

/** Where in a file a type was found, and what its field says beyond the type. */
interface Place {
  readonly path: string
  readonly extension?: string | undefined
}

/** The Iceberg type that holds every value of an Arrow type exactly. */
export function icebergTypeOf(type: DataType, place: Place, nextId: NextId): Type {
  switch (type.typeId) {
    case TypeId.Null:
    case TypeId.Utf8:
    case TypeId.LargeUtf8:
      return { kind: 'string' }
    case TypeId.Dictionary:
      return icebergTypeOf((type as DataType & { dictionary: DataType }).dictionary, place, nextId)
    case TypeId.Bool:
      return { kind: 'boolean' }
    case TypeId.Int:
      return intType(type as Int)
    case TypeId.Float:
      return { kind: (type as Float).precision === Precision.DOUBLE ? 'double' : 'float' }
    case TypeId.Decimal:
      return {
        kind: 'decimal',
        precision: (type as Decimal).precision,
        scale: (type as Decimal).scale,
      }
    case TypeId.Binary:
    case TypeId.LargeBinary:
      return { kind: 'binary' }
    case TypeId.FixedSizeBinary:
      return fixedType(type as FixedSizeBinary, place)
    case TypeId.Date:
      return { kind: 'date' }
    case TypeId.Time:
      return { kind: 'time' }
    case TypeId.Timestamp:
      return timestampType(type as Timestamp)
    default:
      return nestedType(type, place, nextId)
  }
}

function intType({ bitWidth, isSigned }: Int): Type {
  if (bitWidth < 32 || (bitWidth === 32 && isSigned)) return { kind: 'int' }
  if (bitWidth === 32 || isSigned) return { kind: 'long' }
  return { kind: 'decimal', precision: 20, scale: 0 }
}

function fixedType({ byteWidth }: FixedSizeBinary, { extension }: Place): Type {
  return byteWidth === 16 && extension === UUID_EXTENSION
    ? { kind: 'uuid' }
    : { kind: 'fixed', length: byteWidth }
}

function timestampType({ unit, timezone }: Timestamp): Type {
  const zoned = timezone !== null && timezone !== undefined && timezone !== ''
  if (unit === TimeUnit.NANOSECOND) return { kind: zoned ? 'timestamptz_ns' : 'timestamp_ns' }
  return { kind: zoned ? 'timestamptz' : 'timestamp' }
}

function nestedType(type: DataType, { path, extension }: Place, nextId: NextId): Type {
  if (extension === VARIANT_EXTENSION) return variantType(type, path)
  const child = (name: string, index: number): Type => {
    const field = type.children[index]!
    const extension = field.metadata.get(EXTENSION_KEY)
    return icebergTypeOf(field.type, { path: `${path}.${name}`, extension }, nextId)
  }
  switch (type.typeId) {
    case TypeId.List:
    case TypeId.FixedSizeList:
      return listType(
        (type as List | FixedSizeList).children[0]!.nullable,
        child('element', 0),
        nextId,
      )
    case TypeId.Struct:
      return {
        kind: 'struct',
        fields: (type as Struct).children.map((field, index) => ({
          id: nextId(),
          name: field.name,
          required: false,
          type: child(field.name, index),
        })),
      }
    case TypeId.Map: {
      const entries = nestedType((type as Map_).children[0]!.type, { path }, nextId) as StructType
      const [key, value] = entries.fields.map((field) => field.type) as [Type, Type]
      return { kind: 'map', keyId: nextId(), key, valueId: nextId(), valueRequired: false, value }
    }
    default:
      throw new Unsupported(
        'import-type',
        `column ${path} has type ${String(type)}, which no Iceberg type holds`,
      )
  }
}

/** Variants of which parts are stored in columns of their own are put together by scans alone. */
function variantType(type: DataType, path: string): Type {
  const names = type.children.map((child) => child.name).sort()
  if (names.join() === 'metadata,value') return { kind: 'variant' }
  throw new Unsupported(
    'import-shredded-variant',
    `column ${path} is a shredded variant, which import does not put together; adopt the file with addFiles`,
    { details: { column: path } },
  )
}

function listType(nullable: boolean, element: Type, nextId: NextId): Type {
  return { kind: 'list', elementId: nextId(), elementRequired: !nullable, element }
}
