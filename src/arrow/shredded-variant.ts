/** Variant columns of files as the struct of two binaries that Arrow output has. */
import { type Field as ArrowField, Type as ArrowType, type Data, type DataType } from 'apache-arrow'
import type { VariantDatum } from '../codec/variant/fold.js'
import type { VariantLimits, VariantScalarKind } from '../codec/variant/layout.js'
import { MetadataReader } from '../codec/variant/metadata.js'
import {
  type ShreddedColumn,
  type TypedColumn,
  VariantAssembler,
} from '../codec/variant/shredded.js'
import { writeScalar } from '../codec/variant/writer.js'
import { CorruptData, Unsupported } from '../errors.js'
import type { PrimitiveType } from '../types/type.js'
import { BytesBuilder } from './build/bytes.js'
import { ABSENT } from './build/column-builder.js'
import { castToPlain } from './concat.js'
import { datumReader } from './datum-reader.js'
import { offsets32, retype, validAt, validityOf } from './layout.js'

interface Place {
  /** The column and the file, for messages. */
  readonly text: string
}

/**
 * A variant group of a file as a struct of `metadata` and `value`. Parts are found by name; what was
 * shredded is put together again (VariantShredding.md).
 *
 * @param place names column and file in messages
 * @throws CorruptData for groups that are no variant, and for variants that cannot be put together
 */
export function variantData(
  group: Data,
  target: DataType,
  place: string,
  limits: VariantLimits,
): Data {
  const where = { text: place }
  const parts = partsOf(group, where)
  const metadata = parts.get('metadata')
  if (metadata === undefined) bad(where, 'it has no metadata')
  checkBytes(metadata.data, where)
  const column = shreddedColumn(parts, where)
  const value = parts.get('value')?.data
  const isWhole = column.typed === undefined && value !== undefined && hasAll(group, value)
  const values = isWhole ? plain(value) : assembled(group, metadata.data, column, limits, where)
  return retype(group, target, [plain(metadata.data), values])
}

function plain(data: Data): Data {
  return castToPlain(data)
}

/** Whether the value is there wherever the variant is. */
function hasAll(group: Data, value: Data): boolean {
  if (validityOf(value) === undefined) return true
  const there = validAt(group)
  const has = validAt(value)
  for (let i = 0; i < group.length; i++) if (there(i) && !has(i)) return false
  return true
}

interface Part {
  readonly data: Data
  readonly field: ArrowField
}

function partsOf(group: Data, place: Place): ReadonlyMap<string, Part> {
  const parts = new Map<string, Part>()
  if (group.typeId !== ArrowType.Struct) bad(place, `it is ${group.type}`)
  const fields = (group.type.children ?? []) as readonly ArrowField[]
  fields.forEach((field, at) => {
    if (parts.has(field.name)) bad(place, `it has two columns \`${field.name}\``)
    const data = group.children[at]
    if (data !== undefined) parts.set(field.name, { data, field })
  })
  return parts
}

function bad(place: Place, what: string): never {
  throw new CorruptData(`variant ${place.text} cannot be read: ${what}`)
}

function checkBytes(data: Data, place: Place): void {
  if (data.typeId !== ArrowType.Binary && data.typeId !== ArrowType.Utf8) {
    bad(place, `a part that must be binary is ${data.type}`)
  }
}

function assembled(
  group: Data,
  metadata: Data,
  column: ShreddedColumn,
  limits: VariantLimits,
  place: Place,
): Data {
  const there = validAt(group)
  const metadataAt = datumReader({ kind: 'binary' }, metadata)
  const reader = new MetadataReader(limits)
  const assembler = new VariantAssembler()
  const type = { kind: 'binary' } as const
  const out = new BytesBuilder(binaryOf(metadata), { path: [], type, required: true }, neverSlow)
  for (let row = 0; row < group.length; row++) {
    if (there(row)) {
      const bytes = metadataAt(row)
      if (bytes === null) bad(place, `row ${row} has no metadata`)
      out.append([assembler.assemble(reader.read(bytes as Uint8Array), column, row)], 1)
    } else out.append([ABSENT], 1)
  }
  return out.finish()
}

function binaryOf(metadata: Data): DataType {
  return castToPlain(metadata).type
}

const neverSlow = (value: unknown): Uint8Array => value as Uint8Array

/** The `value` and `typed_value` of a group that stands for a variant, or for a part of one. */
function shreddedColumn(parts: ReadonlyMap<string, Part>, place: Place): ShreddedColumn {
  const value = parts.get('value')
  const typed = parts.get('typed_value')
  if (value === undefined && typed === undefined) {
    bad(place, 'a group has neither `value` nor `typed_value`')
  }
  return {
    value: value && valueColumn(value.data, place),
    typed: typed && typedColumn(typed, place),
  }
}

function valueColumn(data: Data, place: Place): ShreddedColumn['value'] {
  checkBytes(data, place)
  const at = datumReader({ kind: 'binary' }, data)
  return (row) => (at(row) as Uint8Array | null) ?? undefined
}

function typedColumn({ data, field }: Part, place: Place): TypedColumn {
  const valid = validAt(data)
  const isNull = (row: number): boolean => !valid(row)
  if (data.typeId === ArrowType.Struct) {
    const fields = [...partsOf(data, place)].map(([name, part]) => ({
      name,
      column: shreddedColumn(partsOf(part.data, place), place),
    }))
    return { kind: 'object', isNull, fields }
  }
  if (data.typeId === ArrowType.List) {
    const offsets = offsets32(data)
    const element = data.children[0]
    if (element === undefined) bad(place, 'a list has no element')
    return {
      kind: 'array',
      isNull,
      start: (row) => offsets[row]!,
      end: (row) => offsets[row + 1]!,
      element: shreddedColumn(partsOf(element, place), place),
    }
  }
  return scalarColumn(data, field, isNull, place)
}

function scalarColumn(
  data: Data,
  field: ArrowField,
  isNull: (row: number) => boolean,
  place: Place,
): TypedColumn {
  if (data.typeId === ArrowType.Null) {
    return { kind: 'scalar', isNull: () => true, write: (out) => out.null() }
  }
  const { kind, type } = scalarType(field, place)
  const scale = type.kind === 'decimal' ? type.scale : 0
  const at = datumReader(type, data)
  return {
    kind: 'scalar',
    isNull,
    write: (out, row) => writeScalar(out, kind, at(row) as VariantDatum, scale),
  }
}

interface ScalarType {
  readonly kind: VariantScalarKind
  readonly type: PrimitiveType
}

/** What a typed column holds ("Shredded Value Types"). */
function scalarType(field: ArrowField, place: Place): ScalarType {
  const type = field.type as DataType
  const it = type as unknown as {
    bitWidth: number
    isSigned: boolean
    precision: number
    scale: number
    unit: number
    timezone?: string | null
    byteWidth: number
  }
  switch (type.typeId) {
    case ArrowType.Bool:
      return { kind: 'boolean', type: { kind: 'boolean' } }
    case ArrowType.Int:
      return it.isSigned ? intType(it.bitWidth) : unknownType(type, place)
    case ArrowType.Float:
      if (it.precision === 1) return { kind: 'float', type: { kind: 'float' } }
      return it.precision === 2
        ? { kind: 'double', type: { kind: 'double' } }
        : unknownType(type, place)
    case ArrowType.Decimal:
      return {
        kind: 'decimal',
        type: { kind: 'decimal', precision: it.precision, scale: it.scale },
      }
    case ArrowType.Date:
      return { kind: 'date', type: { kind: 'date' } }
    case ArrowType.Time:
      return it.unit === microseconds
        ? { kind: 'time', type: { kind: 'time' } }
        : unknownType(type, place)
    case ArrowType.Timestamp: {
      const kind = timestampKind(it.timezone, it.unit)
      return { kind, type: { kind } }
    }
    case ArrowType.Utf8:
      return { kind: 'string', type: { kind: 'string' } }
    case ArrowType.Binary:
      return { kind: 'binary', type: { kind: 'binary' } }
    case ArrowType.FixedSizeBinary:
      return field.metadata.get('ARROW:extension:name') === 'arrow.uuid'
        ? { kind: 'uuid', type: { kind: 'uuid' } }
        : unknownType(type, place)
    default:
      return unknownType(type, place)
  }
}

/** Arrow's time units. */
const microseconds = 2
const nanoseconds = 3

function timestampKind(
  zone: string | null | undefined,
  unit: number,
): 'timestamp' | 'timestamptz' | 'timestamp_ns' | 'timestamptz_ns' {
  const isNanos = unit === nanoseconds
  if (zone) return isNanos ? 'timestamptz_ns' : 'timestamptz'
  return isNanos ? 'timestamp_ns' : 'timestamp'
}

function intType(bits: number): ScalarType {
  switch (bits) {
    case 8:
      return { kind: 'int8', type: { kind: 'int' } }
    case 16:
      return { kind: 'int16', type: { kind: 'int' } }
    case 32:
      return { kind: 'int32', type: { kind: 'int' } }
    default:
      return { kind: 'int64', type: { kind: 'long' } }
  }
}

function unknownType(type: DataType, place: Place): never {
  throw new Unsupported(
    'variant-typed-value',
    `variant ${place.text} is shredded as ${type}, which the specification does not know`,
  )
}
