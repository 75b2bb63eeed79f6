/** Arrow types and values as messages show them: by Iceberg's names, where it has one. */
import { type Field as ArrowField, type DataType, type Map_, TimeUnit, Type } from 'apache-arrow'
import { formatDate, formatTimestampMicros, formatTimestampNanos } from '../types/time-text.js'
import { describeValue } from '../types/value-error.js'

interface Parameters {
  readonly bitWidth: number
  readonly isSigned: boolean
  readonly precision: number
  readonly scale: number
  readonly byteWidth: number
  readonly unit: TimeUnit
  readonly timezone: string | null | undefined
  readonly dictionary: DataType
}

/** `timestamp_ns`, `decimal(9,2)`, `list<long>`; Arrow's own name for types that Iceberg lacks. */
export function typeName(type: DataType): string {
  const { bitWidth, isSigned, precision, scale, byteWidth } = type as unknown as Parameters
  switch (type.typeId) {
    case Type.Null:
      return 'unknown'
    case Type.Bool:
      return 'boolean'
    case Type.Int:
      if (!isSigned || bitWidth < 32) return `Arrow ${String(type)}`
      return bitWidth === 32 ? 'int' : 'long'
    case Type.Float:
      return precision === 0 ? `Arrow ${String(type)}` : precision === 1 ? 'float' : 'double'
    case Type.Decimal:
      return `decimal(${precision},${scale})`
    case Type.Date:
      return 'date'
    case Type.Time:
      return 'time'
    case Type.Timestamp:
      return timestampName(type)
    case Type.Utf8:
    case Type.LargeUtf8:
      return 'string'
    case Type.Binary:
    case Type.LargeBinary:
      return 'binary'
    case Type.FixedSizeBinary:
      return `fixed[${byteWidth}]`
    default:
      return nestedName(type)
  }
}

function timestampName(type: DataType): string {
  const { unit, timezone } = type as unknown as Parameters
  const nanos = unit === TimeUnit.NANOSECOND ? '_ns' : ''
  return `${(timezone ?? '') === '' ? 'timestamp' : 'timestamptz'}${nanos}`
}

function nestedName(type: DataType): string {
  const children = type.children as readonly ArrowField[]
  switch (type.typeId) {
    case Type.Dictionary:
      return typeName((type as unknown as Parameters).dictionary)
    case Type.List:
      return `list<${typeNames(children)[0]}>`
    case Type.Struct: {
      const names = typeNames(children)
      return `struct<${children.map(({ name }, at) => `${name}: ${names[at]}`).join(', ')}>`
    }
    case Type.Map:
      return `map<${typeNames((type as Map_).children[0]!.type.children).join(', ')}>`
    default:
      return `Arrow ${String(type)}`
  }
}

function typeNames(members: readonly ArrowField[]): readonly string[] {
  return members.map((member) => typeName(member.type))
}

/** A raw value of a column: dates and timestamps as text, not as what they count. */
export function rawText(type: DataType, raw: unknown): string {
  const { unit, timezone } = type as unknown as Parameters
  if (type.typeId === Type.Date && typeof raw === 'number') return `date ${formatDate(raw)}`
  if (type.typeId === Type.Timestamp && typeof raw === 'bigint') {
    const utc = (timezone ?? '') !== ''
    if (unit === TimeUnit.MICROSECOND) return `timestamp ${formatTimestampMicros(raw, utc)}`
    if (unit === TimeUnit.NANOSECOND) return `timestamp ${formatTimestampNanos(raw, utc)}`
  }
  return describeValue(raw)
}

/** What a type can hold, where that is narrower than it looks. */
export function rangeHint(type: DataType): string {
  const { unit } = type as unknown as Parameters
  const isNanos = type.typeId === Type.Timestamp && unit === TimeUnit.NANOSECOND
  return isNanos ? ', which holds 1677-09-21 to 2262-04-11' : ''
}
