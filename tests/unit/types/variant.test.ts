/** Variants as plain values: what reads give, what writes take, and their JSON text. */
import { describe, expect, test } from 'vitest'
import { CorruptData, LimitExceeded, ValidationError } from '../../../src/errors.js'
import { encodeRow } from '../../../src/types/encode-row.js'
import { Variant } from '../../../src/types/variant.js'
import { VariantScalar } from '../../../src/types/variant-scalar.js'
import { toHex } from '../../../src/util/bytes.js'

const back = (value: unknown, options = {}): unknown => Variant.of(value).toValue(options)
const json = (value: unknown): string => Variant.of(value).toJsonText()
const scalar = (type: VariantScalar['type'], value: unknown): VariantScalar =>
  new VariantScalar(type, value)

describe('plain values come back', () => {
  test.each([
    [null],
    [true],
    [false],
    [0],
    [-1],
    [127],
    [128],
    [-32769],
    [2 ** 31],
    [-(2 ** 31)],
    [Number.MAX_SAFE_INTEGER],
    [2n ** 63n - 1n],
    [-(2n ** 63n)],
    [1.5],
    [-0],
    [Number.NaN],
    [Number.NEGATIVE_INFINITY],
    [1e300],
    [2 ** 53],
    [''],
    ['x'.repeat(63)],
    ['é'.repeat(32)],
    ['y'.repeat(70_000)],
    [new Uint8Array([0, 255])],
    [[]],
    [{}],
    [[1, [2, { a: [null] }]]],
    [{ b: 1, a: { z: null, '': [true] }, é: 'x', '😀': 1, '\uff5e': 2 }],
    [scalar('decimal', '12.50')],
    [scalar('decimal', '-12345678901.5')],
    [scalar('decimal', '12345678901234567890123456789.012345678')],
    [scalar('date', '2024-02-29')],
    [scalar('time', '01:02:03.000004')],
    [scalar('timestamp', '2024-02-29T01:02:03.000004')],
    [scalar('timestamptz', '2024-02-29T01:02:03.000004Z')],
    [scalar('timestamp_ns', '2024-02-29T01:02:03.000004005')],
    [scalar('timestamptz_ns', '2024-02-29T01:02:03.000004005Z')],
    [scalar('uuid', '00112233-4455-6677-8899-aabbccddeeff')],
  ])('value %#', (value) => {
    expect(back(value)).toEqual(value)
    expect(Object.is(back(value), -0)).toBe(Object.is(value, -0))
  })

  test.each([
    ['a bigint that is safe', 5n, 5],
    ['a bigint beyond 64 bits', 2n ** 63n, scalar('decimal', '9223372036854775808')],
    ['a Date', new Date(5), scalar('timestamptz', '1970-01-01T00:00:00.005000Z')],
    ['a Map', new Map([['k', 1]]), { k: 1 }],
    ['undefined members', { a: undefined, b: 1 }, { b: 1 }],
    ['a variant inside', [Variant.of({ b: 1, a: Variant.of(null) })], [{ a: null, b: 1 }]],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    [
      'numbers of a width',
      [scalar('int64', 1n), scalar('float', 1.5), scalar('double', 1)],
      [1, 1.5, 1],
    ],
  ])('%s', (_, value, expected) => {
    expect(back(value)).toEqual(expected)
  })

  test('members of any name are own members, and the prototype stays what it is', () => {
    const value = JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3}') as object
    const read = back(value) as Record<string, unknown>
    expect(Object.keys(read)).toEqual(['__proto__', 'constructor', 'toString'])
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
    expect(JSON.stringify(read)).toBe(JSON.stringify(value))
    expect('x' in {}).toBe(false)
  })

  test('integers take the least width, the named ones their own', () => {
    const bytes = (value: unknown): string => toHex(Variant.of(value).value)
    expect(bytes(1)).toBe('0c01')
    expect(bytes(-129)).toBe('107fff')
    expect(bytes(40_000)).toBe('14409c0000')
    expect(bytes(1n)).toBe('0c01')
    expect(bytes(scalar('int32', 1))).toBe('1401000000')
    expect(bytes(scalar('int64', 1n))).toBe('180100000000000000')
    expect(bytes(scalar('double', 1))).toBe('1c000000000000f03f')
    expect(bytes(scalar('decimal', '1.0'))).toBe('20010a000000')
  })
})

describe('options', () => {
  test('integers as numbers, as bigints, and as either', () => {
    expect(back([1, 2n ** 60n])).toEqual([1, 2n ** 60n])
    expect(back([1, 2n ** 40n], { longs: 'bigint' })).toEqual([1n, 2n ** 40n])
    expect(back([1, 2n ** 40n], { longs: 'number' })).toEqual([1, 2 ** 40])
    expect(() => back(2n ** 60n, { longs: 'number' })).toThrow(ValidationError)
  })

  test('decimals as numbers, timestamps with zone as dates, where nothing is lost', () => {
    expect(back(scalar('decimal', '1.25'), { decimals: 'number' })).toBe(1.25)
    const long = scalar('decimal', '1.2345678901234567890')
    expect(() => back(long, { decimals: 'number' })).toThrow(ValidationError)
    expect(back(new Date(5), { timestamps: 'date' })).toEqual(new Date(5))
    const micros = scalar('timestamptz', '1970-01-01T00:00:00.000001Z')
    expect(() => back(micros, { timestamps: 'date' })).toThrow(ValidationError)
  })
})

describe('refused', () => {
  class Point {
    x = 1
  }
  const loop: unknown[] = []
  loop.push(loop)
  test.each([
    ['a function', () => 1, ValidationError],
    ['a symbol', Symbol('s'), ValidationError],
    ['undefined in an array', [undefined], ValidationError],
    ['an instance of a class', new Point(), ValidationError],
    ['a Set', new Set([1]), ValidationError],
    ['another typed array', new Float64Array(1), ValidationError],
    ['half of a surrogate pair', 'a\ud800', ValidationError],
    ['half of a surrogate pair as a name', { '\ud800': 1 }, ValidationError],
    ['a key that is no text', new Map([[1, 2]]), ValidationError],
    ['more than 38 digits', 10n ** 38n, ValidationError],
    ['an invalid Date', new Date(Number.NaN), ValidationError],
    ['what holds itself', loop, LimitExceeded],
    ['a broken variant inside', [new Variant(new Uint8Array(0), new Uint8Array(0))], CorruptData],
  ])('%s', (_, value, error) => {
    expect(() => Variant.of(value)).toThrow(error)
  })

  test.each([
    ['decimal', '1e40'],
    ['decimal', 'x'],
    ['decimal', 1.5],
    ['decimal', `0.${'0'.repeat(38)}1`],
    ['int8', 128],
    ['int16', 1.5],
    ['int32', -0],
    ['int64', 2n ** 63n],
    ['date', '2024-02-30'],
    ['timestamp', '2024-02-29T01:02:03Z'],
    ['uuid', 'x'],
    ['float', '1'],
    ['text', 'x'],
    ['constructor', 'x'],
  ])('a scalar of type %s of %s', (type, value) => {
    expect(() => scalar(type as VariantScalar['type'], value)).toThrow(ValidationError)
  })
})

describe('JSON text', () => {
  // What Spark's to_json prints for the same values.
  test.each([
    [null, 'null'],
    [-300, '-300'],
    [2n ** 60n, '1152921504606846976'],
    [scalar('float', Math.fround(1.1)), '1.1'],
    [scalar('float', Math.fround(1e20)), '1.0E20'],
    [scalar('float', 3.4028234663852886e38), '3.4028235E38'],
    [scalar('float', 1.401298464324817e-45), '1.4E-45'],
    [0.1, '0.1'],
    [scalar('double', 100), '100.0'],
    [scalar('double', 0), '0.0'],
    [-0, '-0.0'],
    [scalar('double', 1e7), '1.0E7'],
    [9999999.5, '9999999.5'],
    [0.001, '0.001'],
    [1e-4, '1.0E-4'],
    [123456789.123, '1.23456789123E8'],
    [5e-324, '4.9E-324'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [Number.NaN, '"NaN"'],
    [Number.NEGATIVE_INFINITY, '"-Infinity"'],
    [scalar('decimal', '12.50'), '12.5'],
    [scalar('decimal', '100.00'), '100'],
    [scalar('decimal', '100'), '100'],
    [scalar('decimal', '0.00'), '0'],
    [scalar('date', '0001-01-01'), '"0001-01-01"'],
    [scalar('timestamptz', '2024-02-29T12:34:56.5Z'), '"2024-02-29 12:34:56.5+00:00"'],
    [scalar('timestamptz', '2024-02-29T12:34:00Z'), '"2024-02-29 12:34:00+00:00"'],
    [scalar('timestamp', '2024-02-29T12:34:56.123456'), '"2024-02-29 12:34:56.123456"'],
    [scalar('timestamp_ns', '2024-02-29T12:34:56.000000001'), '"2024-02-29 12:34:56.000000001"'],
    [scalar('time', '12:30:00'), '"12:30:00"'],
    [
      scalar('uuid', '00112233-4455-6677-8899-AABBCCDDEEFF'),
      '"00112233-4455-6677-8899-aabbccddeeff"',
    ],
    [new Uint8Array([0, 255, 16]), '"AP8Q"'],
    ['q"\\ \n \u001f \u2028 é😀 / \u007f', '"q\\"\\\\ \\n \\u001F \u2028 é😀 / \u007f"'],
    [[1, { b: [], a: null }], '[1,{"a":null,"b":[]}]'],
  ])('%s', (value, expected) => {
    expect(json(value)).toBe(expected)
  })

  test('canonical rows hold the two binaries and the text', () => {
    const schema = {
      fields: [{ id: 1, name: 'v', required: false, type: { kind: 'variant' } as const }],
    }
    expect(encodeRow(schema, { v: { a: 'x' } })).toBe(
      '{"v":{"metadata":"0x1101000161","value":"0x02010000020578","json":"{\\"a\\":\\"x\\"}"}}',
    )
    expect(encodeRow(schema, { v: Variant.of(null) })).toContain('"json":"null"')
    expect(encodeRow(schema, { v: null })).toBe('{"v":null}')
  })

  test('scalars print as their text', () => {
    const row = {
      price: scalar('decimal', '12.50'),
      n: scalar('double', 1),
      id: scalar('int64', 5n),
    }
    expect(JSON.stringify(row)).toBe('{"price":"12.50","n":1,"id":"5"}')
    expect(`${row.price}`).toBe('12.50')
  })
})
