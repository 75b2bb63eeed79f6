/** What a Parquet bound says of an Iceberg column, and what a bloom filter is asked. */
import { describe, expect, test } from 'vitest'
import type { LogicalType, PhysicalType, SchemaNode } from '../../../src/parquet/model.js'
import { plainLiteral, statisticDatum } from '../../../src/scan/read/statistic-datum.js'
import type { Datum } from '../../../src/types/datum.js'
import { parseTypeText } from '../../../src/types/type-text.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'

function leaf(physical: PhysicalType, logical?: LogicalType, typeLength?: number): SchemaNode {
  return {
    name: 'c',
    path: ['c'],
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

function packed(size: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size)
  write(new DataView(bytes.buffer))
  return bytes
}
const i32 = (value: number): Uint8Array => packed(4, (view) => view.setInt32(0, value, true))
const i64 = (value: bigint): Uint8Array => packed(8, (view) => view.setBigInt64(0, value, true))
const f32 = (value: number): Uint8Array => packed(4, (view) => view.setFloat32(0, value, true))
const f64 = (value: number): Uint8Array => packed(8, (view) => view.setFloat64(0, value, true))

const time = (unit: 'millis' | 'micros' | 'nanos'): LogicalType => ({
  kind: 'time',
  unit,
  utc: false,
})
const stamp = (unit: 'millis' | 'micros' | 'nanos'): LogicalType => ({
  kind: 'timestamp',
  unit,
  utc: true,
})
const integer = (bits: 8 | 16 | 32 | 64, signed: boolean): LogicalType => ({
  kind: 'integer',
  bits,
  signed,
})
const decimal = (precision: number, scale: number): LogicalType => ({
  kind: 'decimal',
  precision,
  scale,
})

const INT32 = leaf('INT32')
const INT64 = leaf('INT64')
const FLOAT = leaf('FLOAT')
const DOUBLE = leaf('DOUBLE')
const BYTES = leaf('BYTE_ARRAY')
const DATE = leaf('INT32', { kind: 'date' })
const fixed = (length: number, logical?: LogicalType): SchemaNode =>
  leaf('FIXED_LEN_BYTE_ARRAY', logical, length)

describe('a bound of a file', () => {
  test.each<[string, SchemaNode, Uint8Array, Datum | undefined]>([
    ['boolean', leaf('BOOLEAN'), Uint8Array.of(1), true],
    ['boolean', INT32, i32(1), undefined],
    ['int', INT32, i32(-7), -7],
    ['int', leaf('INT32', integer(16, false)), i32(65535), 65535],
    ['int', DATE, i32(5), undefined],
    ['int', INT64, i64(5n), undefined],
    // Promoted: the file holds the narrower type (spec: "Schema Evolution").
    ['long', INT32, i32(-7), -7n],
    ['long', leaf('INT32', integer(32, false)), i32(-1), 4294967295n],
    ['long', INT64, i64(2n ** 63n - 1n), 2n ** 63n - 1n],
    ['long', leaf('INT64', stamp('micros')), i64(5n), undefined],
    ['long', BYTES, i64(5n), undefined],
    ['date', DATE, i32(-1), -1],
    ['date', INT32, i32(-1), undefined],
    ['float', FLOAT, f32(1.5), 1.5],
    ['float', INT32, i32(1), undefined],
    ['double', FLOAT, f32(0.1), Math.fround(0.1)],
    ['double', DOUBLE, f64(0.1), 0.1],
    ['double', BYTES, f64(0.1), undefined],
    ['decimal(9, 2)', leaf('INT32', decimal(9, 2)), i32(-125), -125n],
    ['decimal(18, 2)', leaf('INT32', decimal(9, 2)), i32(-125), -125n],
    ['decimal(18, 2)', leaf('INT64', decimal(18, 2)), i64(-125n), -125n],
    ['decimal(38, 2)', fixed(3, decimal(5, 2)), Uint8Array.of(0xff, 0xff, 0x83), -125n],
    ['decimal(9, 3)', leaf('INT32', decimal(9, 2)), i32(1), undefined],
    ['decimal(9, 2)', INT32, i32(1), undefined],
    ['time', leaf('INT64', time('micros')), i64(61n), 61n],
    ['time', leaf('INT32', time('millis')), i32(61), 61_000n],
    ['time', leaf('INT64', time('nanos')), i64(61n), undefined],
    ['time', INT64, i64(61n), undefined],
    ['timestamp', leaf('INT64', stamp('millis')), i64(-1n), -1000n],
    ['timestamptz', leaf('INT64', stamp('micros')), i64(-1n), -1n],
    ['timestamp', leaf('INT64', stamp('nanos')), i64(-1n), undefined],
    ['timestamp_ns', leaf('INT64', stamp('nanos')), i64(-1n), -1n],
    ['timestamptz_ns', leaf('INT64', stamp('micros')), i64(-1n), -1000n],
    ['timestamp', DATE, i32(-1), -86_400_000_000n],
    ['timestamp_ns', DATE, i32(2), 172_800_000_000_000n],
    ['timestamp', INT64, i64(5n), undefined],
    ['timestamp', BYTES, i64(5n), undefined],
    ['string', leaf('BYTE_ARRAY', { kind: 'string' }), encodeUtf8('Ø'), 'Ø'],
    ['string', INT32, i32(65), undefined],
    ['binary', BYTES, Uint8Array.of(0, 255), Uint8Array.of(0, 255)],
    ['binary', INT32, i32(65), undefined],
    ['binary', fixed(2), Uint8Array.of(0, 255), undefined],
    ['fixed[2]', fixed(2), Uint8Array.of(0, 255), Uint8Array.of(0, 255)],
    ['fixed[2]', BYTES, Uint8Array.of(0, 255), undefined],
    ['uuid', fixed(16, { kind: 'uuid' }), new Uint8Array(16), new Uint8Array(16)],
    ['uuid', INT64, i64(1n), undefined],
    ['variant', BYTES, Uint8Array.of(0), undefined],
    ['geometry', BYTES, Uint8Array.of(0), undefined],
    // A bound of the wrong length says nothing.
    ['int', INT32, i64(1n), undefined],
    ['long', INT64, i32(1), undefined],
  ])('%s in %o', (text, node, bytes, expected) => {
    expect(statisticDatum(bytes, node, parseTypeText(text))).toStrictEqual(expected)
  })

  test('no bound says nothing', () => {
    expect(statisticDatum(undefined, INT32, { kind: 'int' })).toBeUndefined()
  })
})

describe('what a bloom filter is asked for', () => {
  const two = (low: number): Uint8Array => i64(BigInt(low))
  test.each<[string, Datum, SchemaNode, Uint8Array | 'absent' | undefined]>([
    ['int', 5, INT32, i32(5)],
    ['date', -5, DATE, i32(-5)],
    ['long', 5n, INT64, two(5)],
    ['long', 5n, INT32, i32(5)],
    ['long', 2n ** 31n, INT32, 'absent'],
    ['long', -(2n ** 31n), INT32, i32(-(2 ** 31))],
    ['long', 5n, leaf('INT32', integer(32, false)), undefined],
    ['int', 5, leaf('INT32', integer(16, true)), i32(5)],
    ['long', 5n, BYTES, undefined],
    ['float', 1.5, FLOAT, f32(1.5)],
    ['double', 1.5, FLOAT, f32(1.5)],
    ['double', 0.1, FLOAT, 'absent'],
    ['double', 0.1, DOUBLE, f64(0.1)],
    ['double', 0.1, INT64, undefined],
    // Both zeros are equal, yet their bytes differ.
    ['double', 0, DOUBLE, undefined],
    ['float', -0, FLOAT, undefined],
    ['decimal(9, 2)', -125n, leaf('INT32', decimal(9, 2)), i32(-125)],
    ['decimal(18, 2)', 2n ** 40n, leaf('INT32', decimal(9, 2)), 'absent'],
    ['decimal(18, 2)', 2n ** 40n, leaf('INT64', decimal(18, 2)), i64(2n ** 40n)],
    ['decimal(38, 2)', -2n, fixed(3, decimal(5, 2)), Uint8Array.of(0xff, 0xff, 0xfe)],
    ['decimal(38, 2)', 2n ** 23n, fixed(3, decimal(5, 2)), 'absent'],
    ['decimal(38, 2)', -(2n ** 23n), fixed(3, decimal(5, 2)), Uint8Array.of(0x80, 0, 0)],
    ['decimal(9, 3)', 5n, leaf('INT32', decimal(9, 2)), undefined],
    ['decimal(9, 2)', 5n, INT32, undefined],
    // Any number of leading zeros would be a spelling.
    ['decimal(9, 2)', 5n, leaf('BYTE_ARRAY', decimal(9, 2)), undefined],
    ['time', 5n, leaf('INT64', time('micros')), two(5)],
    ['time', 5n, leaf('INT32', time('millis')), undefined],
    ['timestamp', 5n, leaf('INT64', stamp('micros')), two(5)],
    ['timestamptz', 5n, leaf('INT64', stamp('millis')), undefined],
    ['timestamp', 0n, DATE, undefined],
    ['timestamp_ns', 5n, leaf('INT64', stamp('nanos')), two(5)],
    ['timestamptz_ns', 5n, leaf('INT64', stamp('micros')), undefined],
    ['string', 'Ø', leaf('BYTE_ARRAY', { kind: 'string' }), encodeUtf8('Ø')],
    ['string', 'Ø', fixed(2), undefined],
    ['binary', Uint8Array.of(1), BYTES, Uint8Array.of(1)],
    ['uuid', new Uint8Array(16), fixed(16), new Uint8Array(16)],
    ['fixed[1]', Uint8Array.of(1), fixed(1), Uint8Array.of(1)],
    ['boolean', true, leaf('BOOLEAN'), undefined],
  ])('%s %s in %o', (text, datum, node, expected) => {
    expect(plainLiteral(datum, node, parseTypeText(text))).toStrictEqual(expected)
  })
})
