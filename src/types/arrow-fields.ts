/**
 * Arrow schemas as Iceberg fields, by their shape: any copy of apache-arrow will do, and none has to
 * be loaded.
 */
import { InvalidArgument, Unsupported } from '../errors.js'
import type { NextFieldId } from './assign-ids.js'
import type { Field, Type } from './type.js'

/** The part of an Arrow field that is looked at. */
export interface ArrowFieldLike {
  readonly name: string
  readonly type: ArrowTypeLike
  readonly nullable: boolean
  readonly metadata?: ReadonlyMap<string, string>
}

/** The part of an Arrow type that is looked at; what else there is depends on `typeId`. */
export interface ArrowTypeLike {
  readonly typeId: number
  readonly children?: readonly ArrowFieldLike[] | null
}

/** An Arrow schema of the package apache-arrow. */
export interface ArrowSchemaLike {
  readonly fields: readonly ArrowFieldLike[]
  readonly metadata: ReadonlyMap<string, string>
}

/** What some types have beside their id (the names of apache-arrow). */
interface TypeFacts extends ArrowTypeLike {
  readonly bitWidth?: number
  readonly isSigned?: boolean
  readonly precision?: number
  readonly scale?: number
  readonly byteWidth?: number
  readonly unit?: number
  readonly timezone?: string | null
  readonly dictionary?: ArrowTypeLike
}

/** Arrow's type ids (its format: `Type` in Schema.fbs; a dictionary is -1 in apache-arrow). */
const ARROW = {
  dictionary: -1,
  null: 1,
  int: 2,
  float: 3,
  binary: 4,
  utf8: 5,
  bool: 6,
  decimal: 7,
  date: 8,
  time: 9,
  timestamp: 10,
  list: 12,
  struct: 13,
  fixedBinary: 15,
  fixedList: 16,
  map: 17,
  largeBinary: 19,
  largeUtf8: 20,
  largeList: 21,
} as const

const EXTENSION_KEY = 'ARROW:extension:name'
const DOUBLE_PRECISION = 2
const NANOSECONDS = 3

export function isArrowSchema(value: object): value is ArrowSchemaLike {
  const { fields } = value as Partial<ArrowSchemaLike>
  return Array.isArray(fields) && fields.every((field) => typeof field?.type?.typeId === 'number')
    ? !('schemaId' in value)
    : false
}

/**
 * The fields of an Arrow schema, numbered by `nextId`.
 *
 * @throws Unsupported naming the column for a type that no Iceberg type holds.
 */
export function fieldsOfArrow(schema: ArrowSchemaLike, nextId: NextFieldId): readonly Field[] {
  return schema.fields.map((field) => fieldOf(field, field.name, nextId))
}

function fieldOf(field: ArrowFieldLike, path: string, nextId: NextFieldId): Field {
  const id = nextId()
  if (typeof field.name !== 'string') throw new InvalidArgument('an Arrow field has no name')
  const extension = field.metadata?.get(EXTENSION_KEY)
  const type = typeOf(field.type, path, extension, nextId)
  return { id, name: field.name, required: field.nullable === false, type }
}

function typeOf(
  type: TypeFacts,
  path: string,
  extension: string | undefined,
  nextId: NextFieldId,
): Type {
  switch (type.typeId) {
    case ARROW.null:
      return { kind: 'unknown' }
    case ARROW.utf8:
    case ARROW.largeUtf8:
      return { kind: 'string' }
    case ARROW.bool:
      return { kind: 'boolean' }
    case ARROW.int:
      return intType(type)
    case ARROW.float:
      return { kind: type.precision === DOUBLE_PRECISION ? 'double' : 'float' }
    case ARROW.decimal:
      return { kind: 'decimal', precision: type.precision ?? 0, scale: type.scale ?? 0 }
    case ARROW.binary:
    case ARROW.largeBinary:
      return { kind: 'binary' }
    case ARROW.fixedBinary:
      return type.byteWidth === 16 && extension === 'arrow.uuid'
        ? { kind: 'uuid' }
        : { kind: 'fixed', length: type.byteWidth ?? 0 }
    case ARROW.date:
      return { kind: 'date' }
    case ARROW.time:
      return { kind: 'time' }
    case ARROW.timestamp:
      return timestampType(type)
    case ARROW.dictionary:
      return typeOf(type.dictionary ?? fail(type, path), path, extension, nextId)
    case ARROW.struct:
      if (extension === 'arrow.parquet.variant') return { kind: 'variant' }
      return nestedType(type, path, nextId)
    default:
      return nestedType(type, path, nextId)
  }
}

function intType({ bitWidth = 64, isSigned = true }: TypeFacts): Type {
  if (bitWidth < 32 || (bitWidth === 32 && isSigned)) return { kind: 'int' }
  if (bitWidth === 32 || isSigned) return { kind: 'long' }
  return { kind: 'decimal', precision: 20, scale: 0 }
}

function timestampType({ unit, timezone }: TypeFacts): Type {
  const zoned = typeof timezone === 'string' && timezone !== ''
  if (unit === NANOSECONDS) return { kind: zoned ? 'timestamptz_ns' : 'timestamp_ns' }
  return { kind: zoned ? 'timestamptz' : 'timestamp' }
}

function nestedType(type: ArrowTypeLike, path: string, nextId: NextFieldId): Type {
  const children = type.children ?? []
  const [first] = children
  switch (type.typeId) {
    case ARROW.struct:
      return {
        kind: 'struct',
        fields: children.map((child) => fieldOf(child, `${path}.${child.name}`, nextId)),
      }
    case ARROW.list:
    case ARROW.largeList:
    case ARROW.fixedList: {
      const {
        id,
        required,
        type: element,
      } = fieldOf(first ?? fail(type, path), `${path}.element`, nextId)
      return { kind: 'list', elementId: id, elementRequired: required, element }
    }
    case ARROW.map: {
      const [key, value] = (first?.type.children ?? []).map((child, index) =>
        fieldOf(child, `${path}.${index === 0 ? 'key' : 'value'}`, nextId),
      )
      if (key === undefined || value === undefined) return fail(type, path)
      return {
        kind: 'map',
        keyId: key.id,
        key: key.type,
        valueId: value.id,
        valueRequired: value.required,
        value: value.type,
      }
    }
    default:
      return fail(type, path)
  }
}

function fail(type: ArrowTypeLike, path: string): never {
  throw new Unsupported(
    'arrow-type',
    `column '${path}' has the Arrow type ${String(type)}, which no Iceberg type holds`,
    { details: { column: path } },
  )
}
