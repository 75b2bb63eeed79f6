import type { LogicalType, TimeUnit } from './model.js'

/** Annotations of ConvertedType (parquet.thrift) by their number; decimals need more than a number. */
const convertedTypes: readonly (LogicalType | undefined)[] = [
  { kind: 'string' },
  { kind: 'map' },
  // MAP_KEY_VALUE marks the repeated group of a map; writers that put it on the outer group mean a map.
  { kind: 'map' },
  { kind: 'list' },
  { kind: 'enum' },
  undefined,
  { kind: 'date' },
  { kind: 'time', unit: 'millis', utc: true },
  { kind: 'time', unit: 'micros', utc: true },
  { kind: 'timestamp', unit: 'millis', utc: true },
  { kind: 'timestamp', unit: 'micros', utc: true },
  { kind: 'integer', bits: 8, signed: false },
  { kind: 'integer', bits: 16, signed: false },
  { kind: 'integer', bits: 32, signed: false },
  { kind: 'integer', bits: 64, signed: false },
  { kind: 'integer', bits: 8, signed: true },
  { kind: 'integer', bits: 16, signed: true },
  { kind: 'integer', bits: 32, signed: true },
  { kind: 'integer', bits: 64, signed: true },
  { kind: 'json' },
  { kind: 'bson' },
  { kind: 'interval' },
]

const convertedDecimal = 5

/** Union members of LogicalType (parquet.thrift) that carry nothing but their presence. */
const plainLogicalTypes: ReadonlyMap<number, LogicalType> = new Map<number, LogicalType>([
  [1, { kind: 'string' }],
  [2, { kind: 'map' }],
  [3, { kind: 'list' }],
  [4, { kind: 'enum' }],
  [6, { kind: 'date' }],
  [11, { kind: 'unknown' }],
  [12, { kind: 'json' }],
  [13, { kind: 'bson' }],
  [14, { kind: 'uuid' }],
  [15, { kind: 'float16' }],
  [16, { kind: 'variant' }],
  [17, { kind: 'geometry' }],
  [18, { kind: 'geography' }],
])

/** Facts of one member of the LogicalType union, as far as it has any. */
export interface LogicalParameters {
  readonly id: number
  readonly precision: number
  readonly scale: number
  readonly utc: boolean
  readonly unit: TimeUnit | undefined
  readonly bits: number
  readonly signed: boolean
}

/** The logical type of a union member; `undefined` when its parameters make no sense. */
export function logicalTypeOf(union: LogicalParameters): LogicalType | undefined {
  switch (union.id) {
    case 5:
      return { kind: 'decimal', precision: union.precision, scale: union.scale }
    case 7:
    case 8:
      if (union.unit === undefined) return undefined
      return { kind: union.id === 7 ? 'time' : 'timestamp', unit: union.unit, utc: union.utc }
    case 10:
      if (union.bits !== 8 && union.bits !== 16 && union.bits !== 32 && union.bits !== 64) {
        return undefined
      }
      return { kind: 'integer', bits: union.bits, signed: union.signed }
    default:
      return plainLogicalTypes.get(union.id) ?? { kind: 'other', thriftId: union.id }
  }
}

/** The logical type that a converted type stands for. */
export function fromConvertedType(
  converted: number,
  precision: number,
  scale: number,
): LogicalType | undefined {
  if (converted === convertedDecimal) return { kind: 'decimal', precision, scale }
  return convertedTypes[converted]
}
