/** Which Arrow columns of a file are read as which Iceberg types (spec: "Schema Evolution"). */
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
  LargeBinary,
  LargeUtf8,
  Null,
  TimeMicrosecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  Uint8,
  Uint32,
  Uint64,
  Utf8,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { CorruptData } from '../../../src/errors.js'
import { checkReadable } from '../../../src/scan/columns/compatible.js'
import { parseTypeText } from '../../../src/types/type-text.js'

const columns: Readonly<Record<string, DataType>> = {
  null: new Null(),
  bool: new Bool(),
  i8: new Int8(),
  i16: new Int16(),
  i32: new Int32(),
  i64: new Int64(),
  u8: new Uint8(),
  u32: new Uint32(),
  u64: new Uint64(),
  f16: new Float16(),
  f32: new Float32(),
  f64: new Float64(),
  date: new DateDay(),
  time: new TimeMicrosecond(),
  us: new TimestampMicrosecond(),
  ns: new TimestampNanosecond(),
  'd9.2': new Decimal(2, 9, 128),
  'd38.2': new Decimal(2, 38, 128),
  utf8: new Utf8(),
  binary: new Binary(),
  large: new LargeBinary(),
  largeText: new LargeUtf8(),
  dictionary: new Dictionary(new Utf8(), new Int32()),
  numbers: new Dictionary(new Int32(), new Int32()),
  f3: new FixedSizeBinary(3),
  f16b: new FixedSizeBinary(16),
}
const texts = ['utf8', 'binary', 'large', 'largeText', 'dictionary']

const readable: Readonly<Record<string, readonly string[]>> = {
  boolean: ['bool'],
  int: ['i8', 'i16', 'i32', 'u8'],
  long: ['i8', 'i16', 'i32', 'i64', 'u8', 'u32'],
  float: ['f16', 'f32'],
  double: ['f16', 'f32', 'f64'],
  // As integers: unscaled values, when decimals are asked for as int64.
  'decimal(9, 2)': ['i8', 'i16', 'i32', 'i64', 'u8', 'u32', 'd9.2'],
  'decimal(38, 2)': ['i8', 'i16', 'i32', 'i64', 'u8', 'u32', 'd9.2', 'd38.2'],
  'decimal(38, 3)': ['i8', 'i16', 'i32', 'i64', 'u8', 'u32'],
  date: ['date'],
  time: ['time'],
  timestamp: ['date', 'us'],
  timestamptz: ['us'],
  timestamp_ns: ['date', 'us', 'ns'],
  timestamptz_ns: ['us', 'ns'],
  string: texts,
  binary: texts,
  geometry: texts,
  geography: texts,
  uuid: ['f16b'],
  'fixed[3]': ['binary', 'f3'],
  'fixed[16]': ['binary', 'f16b'],
  variant: [],
}

describe('columns of a file', () => {
  test.each(Object.keys(readable))('%s', (text) => {
    const type = parseTypeText(text)
    const accepted = Object.keys(columns).filter((name) => {
      try {
        checkReadable(type, columns[name] as DataType, ['s', 'c'], 'a.parquet')
        return true
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptData)
        expect((error as CorruptData).message).toMatch(/^column `s\.c` of type .* in a\.parquet/)
        return false
      }
    })
    expect(accepted).toEqual(['null', ...(readable[text] ?? [])])
  })
})
