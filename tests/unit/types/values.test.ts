import { describe, expect, test } from 'vitest'
import { InvalidArgument, ValidationError } from '../../../src/errors.js'
import type { Datum } from '../../../src/types/datum.js'
import { fromDatum } from '../../../src/types/from-datum.js'
import { toDatum } from '../../../src/types/to-datum.js'
import { parseTypeText } from '../../../src/types/type-text.js'
import { locateError } from '../../../src/types/value-error.js'

const bytes = (...values: number[]) => Uint8Array.of(...values)

/** Type, public value, datum: exact both ways. */
const EXACT: readonly [string, unknown, Datum][] = [
  ['boolean', true, true],
  ['int', -2147483648, -2147483648],
  ['long', 9223372036854775807n, 9223372036854775807n],
  ['float', 0.10000000149011612, 0.10000000149011612],
  ['double', -0, -0],
  ['double', Number.NaN, Number.NaN],
  ['decimal(9,2)', '12.50', 1250n],
  ['decimal(9,2)', '-0.05', -5n],
  [
    'decimal(38,0)',
    '-99999999999999999999999999999999999999',
    -99999999999999999999999999999999999999n,
  ],
  ['decimal(3,3)', '0.011', 11n],
  ['date', '1970-01-01', 0],
  ['date', '2017-11-16', 17486],
  ['date', '1969-12-31', -1],
  ['date', '0001-01-01', -719162],
  ['date', '0000-02-29', -719469],
  ['date', '-0001-12-31', -719529],
  ['date', '+10000-01-01', 2932897],
  ['date', '+5881580-07-11', 2147483647],
  ['date', '-5877641-06-23', -2147483648],
  ['time', '22:31:08.000001', 81068000001n],
  ['time', '23:59:59.999999', 86399999999n],
  ['timestamp', '2017-11-16T22:31:08.000001', 1510871468000001n],
  ['timestamp', '1969-12-31T23:59:59.999999', -1n],
  ['timestamp', '-290308-12-21T19:59:05.224192', -9223372036854775808n],
  ['timestamp', '+294247-01-10T04:00:54.775807', 9223372036854775807n],
  ['timestamptz', '2017-11-16T22:31:08.000000Z', 1510871468000000n],
  ['timestamp_ns', '1677-09-21T00:12:43.145224192', -9223372036854775808n],
  ['timestamp_ns', '2262-04-11T23:47:16.854775807', 9223372036854775807n],
  ['timestamptz_ns', '1969-12-31T23:59:59.999999999Z', -1n],
  ['string', 'ß 😀 \u0000', 'ß 😀 \u0000'],
  [
    'uuid',
    'f79c3e09-677c-4bbd-a479-3f349cb785e7',
    bytes(
      0xf7,
      0x9c,
      0x3e,
      9,
      0x67,
      0x7c,
      0x4b,
      0xbd,
      0xa4,
      0x79,
      0x3f,
      0x34,
      0x9c,
      0xb7,
      0x85,
      0xe7,
    ),
  ],
  ['fixed[2]', bytes(1, 255), bytes(1, 255)],
  ['binary', bytes(), bytes()],
  ['geometry', bytes(1, 2), bytes(1, 2)],
]

describe('values', () => {
  test.each(EXACT)('%s %s is exact both ways', (typeText, value, datum) => {
    const type = parseTypeText(typeText)
    expect(toDatum(type, value)).toEqual(datum)
    expect(fromDatum(type, datum)).toEqual(value)
  })

  test.each<[string, unknown, Datum]>([
    ['long', 5, 5n],
    ['int', 5n, 5],
    ['float', 0.1, Math.fround(0.1)],
    ['float', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['decimal(9,2)', 5, 500n],
    ['decimal(9,2)', 0.1, 10n],
    ['decimal(9,2)', 3n, 300n],
    ['decimal(9,2)', '1e3', 100000n],
    ['decimal(9,2)', '+1.500', 150n],
    ['decimal(9,2)', '.5', 50n],
    ['time', '22:31', 81060000000n],
    ['time', '22:31:08.1', 81068100000n],
    ['timestamp', '2017-11-16 22:31', 1510871460000000n],
    ['timestamp', '2017-11-16T22:31:08.000001000', 1510871468000001n],
    ['timestamp', 5n, 5n],
    ['timestamptz', '2017-11-16T14:31:08-08:00', 1510871468000000n],
    ['timestamptz', '2017-11-16T22:31:08+0000', 1510871468000000n],
    ['timestamptz', new Date(1510871468001), 1510871468001000n],
    ['timestamptz_ns', new Date(-1), -1000000n],
    [
      'uuid',
      'F79C3E09-677C-4BBD-A479-3F349CB785E7',
      EXACT.find(([type]) => type === 'uuid')?.[2] as Datum,
    ],
  ])('%s also takes %s', (typeText, value, datum) => {
    expect(toDatum(parseTypeText(typeText), value)).toEqual(datum)
  })

  test.each<[string, unknown]>([
    ['boolean', 1],
    ['int', 2147483648],
    ['int', 1.5],
    ['int', '1'],
    ['int', Number.NaN],
    ['long', 2 ** 53],
    ['long', 9223372036854775808n],
    ['long', '1'],
    ['float', 1e39],
    ['double', '1'],
    ['decimal(9,2)', '1.005'],
    ['decimal(9,2)', '10000000.00'],
    ['decimal(9,2)', 0.001],
    ['decimal(9,2)', 'abc'],
    ['decimal(9,2)', ''],
    ['decimal(9,2)', '.'],
    ['decimal(9,2)', '-'],
    ['decimal(9,2)', '1e99999'],
    ['date', '2017-11-31'],
    ['date', '2023-02-29'],
    ['date', '2017-1-1'],
    ['date', '2017-11-16T00:00:00'],
    ['date', '2017-13-01'],
    ['date', '+5881580-07-12'],
    ['date', new Date(0)],
    ['time', '24:00:00'],
    ['time', '22:60'],
    ['time', '22:31:08.0000001'],
    ['timestamp', '2017-11-16T22:31:08Z'],
    ['timestamp', '2017-11-16T22:31:08+01:00'],
    ['timestamp', '2017-11-16T22:31:08.0000001'],
    ['timestamp', '2017-11-16'],
    ['timestamp', new Date(0)],
    ['timestamp', '+294247-01-10T04:00:54.775808'],
    ['timestamp_ns', '2262-04-11T23:47:16.854775808'],
    ['timestamptz', '2017-11-16T22:31:08'],
    ['timestamptz', '2017-11-16T22:31:08+25:00'],
    ['timestamptz', new Date(Number.NaN)],
    ['string', 5],
    ['string', 'lone \ud800'],
    ['uuid', 'f79c3e09677c4bbda4793f349cb785e7'],
    ['uuid', 'g79c3e09-677c-4bbd-a479-3f349cb785e7'],
    ['fixed[2]', bytes(1)],
    ['binary', [1, 2]],
    ['unknown', 1],
  ])('%s refuses %s', (typeText, value) => {
    expect(() => toDatum(parseTypeText(typeText), value)).toThrow(ValidationError)
  })

  test('an error names row, column and value', () => {
    let caught: unknown
    try {
      toDatum({ kind: 'long' }, 'x')
    } catch (error) {
      caught = locateError(error, { row: 7, column: 'a.b' })
    }
    expect(caught).toBeInstanceOf(ValidationError)
    expect((caught as ValidationError).message).toMatch(/^row 7, column 'a\.b': expected a?\s?long/)
    expect((caught as ValidationError).details).toMatchObject({ row: 7, column: 'a.b' })
  })

  test('a nested type is no single value', () => {
    expect(() => toDatum({ kind: 'struct', fields: [] }, {})).toThrow(InvalidArgument)
  })

  describe('conversion options', () => {
    test('longs as numbers, unless they would lose', () => {
      expect(fromDatum({ kind: 'long' }, 5n, { longs: 'number' })).toBe(5)
      expect(() => fromDatum({ kind: 'long' }, 2n ** 53n, { longs: 'number' })).toThrow(
        ValidationError,
      )
    })
    test('decimals as numbers, unless they would lose', () => {
      const type = parseTypeText('decimal(20,2)')
      expect(fromDatum(type, 1250n, { decimals: 'number' })).toBe(12.5)
      expect(() => fromDatum(type, 12345678901234567890n, { decimals: 'number' })).toThrow(
        '123456789012345678.90',
      )
    })
    test('timestamps as Date for instants alone, unless they would lose', () => {
      const tz = { kind: 'timestamptz' } as const
      expect(fromDatum(tz, -1000n, { timestamps: 'date' })).toEqual(new Date(-1))
      expect(() => fromDatum(tz, 1n, { timestamps: 'date' })).toThrow(ValidationError)
      expect(fromDatum({ kind: 'timestamp' }, 0n, { timestamps: 'date' })).toBe(
        '1970-01-01T00:00:00.000000',
      )
      expect(fromDatum({ kind: 'timestamp_ns' }, 7n, { timestamps: 'bigint' })).toBe(7n)
    })
  })
})
