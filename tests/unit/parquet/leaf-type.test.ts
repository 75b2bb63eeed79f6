/** The Arrow type of every physical type with every annotation (LogicalTypes.md). */
import { describe, expect, test } from 'vitest'
import { CorruptData, Unsupported } from '../../../src/errors.js'
import { type ArrowChoice, leafTypeOf } from '../../../src/parquet/leaf-type.js'
import type { LogicalType, PhysicalType, SchemaNode } from '../../../src/parquet/model.js'
import { decodeStatistic, usableStatistics } from '../../../src/parquet/statistics.js'

function leaf(physical: PhysicalType, logical?: LogicalType, typeLength?: number): SchemaNode {
  return {
    name: 'c',
    path: ['s', 'c'],
    repetition: 'optional',
    fieldId: 1,
    physical,
    typeLength,
    logical,
    children: [],
    leafIndex: 0,
    leafCount: 1,
    maxDefinition: 1,
    maxRepetition: 0,
  }
}
const integer = (bits: 8 | 16 | 32 | 64, signed: boolean): LogicalType => ({
  kind: 'integer',
  bits,
  signed,
})
const time = (unit: 'millis' | 'micros' | 'nanos'): LogicalType => ({
  kind: 'time',
  unit,
  utc: true,
})
const stamp = (unit: 'millis' | 'micros' | 'nanos', utc: boolean): LogicalType => ({
  kind: 'timestamp',
  unit,
  utc,
})
const decimal = (precision: number, scale: number): LogicalType => ({
  kind: 'decimal',
  precision,
  scale,
})
const other: LogicalType = { kind: 'other', thriftId: 40 }

/** The types of Arrow as it prints them, with the conversion. */
function shown(node: SchemaNode, choice: ArrowChoice = {}): string {
  const { type, output } = leafTypeOf(node, choice)
  const how = output.kind === 'fixed' ? output.conversion.kind : output.kind
  return `${type} ${how}`
}

describe('leaves', () => {
  test.each<[PhysicalType, LogicalType | undefined, number | undefined, string]>([
    ['INT32', { kind: 'unknown' }, undefined, 'Null null'],
    ['BOOLEAN', undefined, undefined, 'Bool bits'],
    ['INT32', undefined, undefined, 'Int32 copy'],
    ['INT32', other, undefined, 'Int32 copy'],
    ['INT32', { kind: 'date' }, undefined, 'Date32<DAY> copy'],
    ['INT32', time('millis'), undefined, 'Time64<MICROSECOND> time-millis'],
    ['INT32', integer(8, true), undefined, 'Int8 narrow'],
    ['INT32', integer(8, false), undefined, 'Uint8 narrow'],
    ['INT32', integer(16, true), undefined, 'Int16 narrow'],
    ['INT32', integer(16, false), undefined, 'Uint16 narrow'],
    ['INT32', integer(32, true), undefined, 'Int32 copy'],
    ['INT32', integer(32, false), undefined, 'Uint32 copy'],
    ['INT64', undefined, undefined, 'Int64 copy'],
    ['INT64', other, undefined, 'Int64 copy'],
    ['INT64', integer(64, true), undefined, 'Int64 copy'],
    ['INT64', integer(64, false), undefined, 'Uint64 copy'],
    ['INT64', time('micros'), undefined, 'Time64<MICROSECOND> copy'],
    ['INT64', time('nanos'), undefined, 'Time64<NANOSECOND> copy'],
    ['INT64', stamp('millis', true), undefined, 'Timestamp<MICROSECOND, UTC> timestamp-millis'],
    ['INT64', stamp('micros', false), undefined, 'Timestamp<MICROSECOND> copy'],
    ['INT64', stamp('nanos', true), undefined, 'Timestamp<NANOSECOND, UTC> copy'],
    ['INT96', undefined, undefined, 'Timestamp<MICROSECOND, UTC> int96'],
    ['FLOAT', undefined, undefined, 'Float32 copy'],
    ['DOUBLE', undefined, undefined, 'Float64 copy'],
    ['FIXED_LEN_BYTE_ARRAY', undefined, 3, 'FixedSizeBinary[3] copy'],
    ['FIXED_LEN_BYTE_ARRAY', { kind: 'interval' }, 12, 'FixedSizeBinary[12] copy'],
    ['FIXED_LEN_BYTE_ARRAY', { kind: 'float16' }, 2, 'Float16 copy'],
    ['FIXED_LEN_BYTE_ARRAY', { kind: 'uuid' }, 16, 'FixedSizeBinary[16] copy'],
    ['BYTE_ARRAY', undefined, undefined, 'Binary bytes'],
    ['BYTE_ARRAY', { kind: 'bson' }, undefined, 'Binary bytes'],
    ['BYTE_ARRAY', { kind: 'geometry' }, undefined, 'Binary bytes'],
    ['BYTE_ARRAY', { kind: 'string' }, undefined, 'Utf8 bytes'],
    ['BYTE_ARRAY', { kind: 'enum' }, undefined, 'Utf8 bytes'],
    ['BYTE_ARRAY', { kind: 'json' }, undefined, 'Utf8 bytes'],
    ['INT32', decimal(9, 2), undefined, 'Decimal[9e+2] decimal'],
    ['INT64', decimal(18, 2), undefined, 'Decimal[18e+2] decimal'],
    ['FIXED_LEN_BYTE_ARRAY', decimal(38, 0), 16, 'Decimal[38e0] decimal'],
    ['BYTE_ARRAY', decimal(38, 38), undefined, 'Decimal[38e+38] byte-decimals'],
  ])('%s as %j of %s bytes', (physical, logical, length, expected) => {
    expect(shown(leaf(physical, logical, length))).toBe(expected)
  })

  test('other forms, when they are asked for', () => {
    expect(shown(leaf('BYTE_ARRAY', { kind: 'string' }), { strings: 'dictionary' })).toMatch(
      / dictionary$/,
    )
    const int64 = { decimals: 'int64' } as const
    expect(shown(leaf('INT64', decimal(18, 2)), int64)).toBe('Int64 copy')
    expect(shown(leaf('INT32', decimal(9, 2)), int64)).toBe('Int64 decimal')
    expect(shown(leaf('FIXED_LEN_BYTE_ARRAY', decimal(19, 2), 9), int64)).toBe(
      'Decimal[19e+2] decimal',
    )
    const uuid = leafTypeOf(leaf('FIXED_LEN_BYTE_ARRAY', { kind: 'uuid' }, 16), {})
    expect([...uuid.metadata.values()]).toEqual(['arrow.uuid'])
  })

  test.each<[PhysicalType, LogicalType, number | undefined]>([
    ['INT32', time('micros'), undefined],
    ['INT32', integer(64, true), undefined],
    ['INT32', { kind: 'string' }, undefined],
    ['INT32', stamp('millis', true), undefined],
    ['INT64', time('millis'), undefined],
    ['INT64', integer(32, true), undefined],
    ['INT64', { kind: 'date' }, undefined],
    ['FIXED_LEN_BYTE_ARRAY', { kind: 'float16' }, 4],
    ['FIXED_LEN_BYTE_ARRAY', { kind: 'uuid' }, 15],
    ['DOUBLE', decimal(9, 2), undefined],
    ['INT32', decimal(0, 0), undefined],
    ['INT32', decimal(9, -1), undefined],
    ['INT32', decimal(9, 10), undefined],
  ])('%s as %j of %s bytes is corrupt', (physical, logical, length) => {
    expect(() => leafTypeOf(leaf(physical, logical, length), {})).toThrow(CorruptData)
  })

  test('a decimal of 39 digits is refused by name', () => {
    expect(() => leafTypeOf(leaf('FIXED_LEN_BYTE_ARRAY', decimal(39, 2), 17), {})).toThrow(
      Unsupported,
    )
  })
})

describe('bounds', () => {
  const raw = (min: Uint8Array, max: Uint8Array, legacy = false) => ({
    legacyMin: legacy ? min : undefined,
    legacyMax: legacy ? max : undefined,
    min: legacy ? undefined : min,
    max: legacy ? undefined : max,
    minExact: undefined,
    maxExact: undefined,
    nullCount: 1,
    distinctCount: undefined,
  })
  const used = (node: SchemaNode, legacy: boolean, size: number) => {
    const bytes = new Uint8Array(size).fill(1)
    return usableStatistics(raw(bytes, bytes, legacy), node, true).min !== undefined
  }

  test.each<[PhysicalType, LogicalType | undefined, number, now: boolean, legacy: boolean]>([
    ['BOOLEAN', undefined, 1, true, true],
    ['INT32', undefined, 4, true, true],
    ['INT32', integer(32, false), 4, true, false],
    ['INT64', stamp('micros', true), 8, true, true],
    ['INT64', integer(64, false), 8, true, false],
    ['FLOAT', undefined, 4, true, true],
    ['DOUBLE', undefined, 8, true, true],
    ['BYTE_ARRAY', { kind: 'string' }, 5, true, false],
    ['FIXED_LEN_BYTE_ARRAY', { kind: 'uuid' }, 16, true, false],
    ['FIXED_LEN_BYTE_ARRAY', { kind: 'interval' }, 12, false, false],
    ['FIXED_LEN_BYTE_ARRAY', { kind: 'float16' }, 2, false, false],
    ['BYTE_ARRAY', { kind: 'variant' }, 5, false, false],
    ['BYTE_ARRAY', { kind: 'geometry' }, 5, false, false],
    ['BYTE_ARRAY', { kind: 'geography' }, 5, false, false],
    ['INT32', { kind: 'unknown' }, 4, false, false],
    ['INT32', other, 4, false, false],
    ['INT96', undefined, 12, false, false],
    // Bounds of the wrong length are dropped.
    ['INT32', undefined, 8, false, false],
    ['BOOLEAN', undefined, 4, false, false],
  ])('of %s as %j in %i bytes: %s, of old writers %s', (physical, logical, size, now, legacy) => {
    expect(used(leaf(physical, logical), false, size)).toBe(now)
    expect(used(leaf(physical, logical), true, size)).toBe(legacy)
  })

  test('unsigned values stay so, and byte strings may be truncated', () => {
    const ones = new Uint8Array(8).fill(0xff)
    expect(decodeStatistic(ones, leaf('INT64', integer(64, false)))).toBe(2n ** 64n - 1n)
    expect(decodeStatistic(ones, leaf('INT64', integer(64, true)))).toBe(-1n)
    expect(decodeStatistic(ones, leaf('INT32'))).toBeUndefined()
    expect(decodeStatistic(Uint8Array.of(0), leaf('BOOLEAN'))).toBe(false)
    const text = usableStatistics(raw(ones, ones), leaf('BYTE_ARRAY'), true)
    expect([text.minExact, text.maxExact]).toEqual([false, false])
    const long = usableStatistics(raw(ones, ones), leaf('INT64'), true)
    expect([long.minExact, long.maxExact]).toEqual([true, true])
  })
})
