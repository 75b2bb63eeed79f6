/** Values survive every form they have: public, binary, JSON, canonical; and keep their order. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../src/codec/json/parse.js'
import { stringifyJson } from '../../src/codec/json/stringify.js'
import { defaultLimits } from '../../src/env/limits.js'
import { civilFromDays, daysFromCivil } from '../../src/types/calendar.js'
import { datumComparator, datumsEqual } from '../../src/types/compare.js'
import type { Datum } from '../../src/types/datum.js'
import { fromDatum } from '../../src/types/from-datum.js'
import { decodeSingleValue, encodeSingleValue } from '../../src/types/single-value.js'
import { parseSingleValueJson, singleValueJson } from '../../src/types/single-value-json.js'
import { toDatum } from '../../src/types/to-datum.js'
import type { Type } from '../../src/types/type.js'
import { parseTypeText } from '../../src/types/type-text.js'

const long = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 51n), max: 2n ** 51n }),
)
const int = fc.oneof(fc.integer(), fc.integer({ min: -1_000_000, max: 100_000 }))
const bytes = fc.uint8Array({ maxLength: 20 })
const digits = (n: number) =>
  fc.bigInt({ min: -(10n ** BigInt(n)) + 1n, max: 10n ** BigInt(n) - 1n })

const TYPES: readonly (readonly [string, fc.Arbitrary<Datum>])[] = [
  ['boolean', fc.boolean()],
  ['int', int],
  ['long', long],
  ['float', fc.float()],
  ['double', fc.double()],
  ['decimal(9,2)', digits(9)],
  ['decimal(38,10)', digits(38)],
  ['decimal(18,0)', digits(18)],
  ['date', int],
  ['time', fc.bigInt({ min: 0n, max: 86_399_999_999n })],
  ['timestamp', long],
  ['timestamptz', long],
  ['timestamp_ns', long],
  ['timestamptz_ns', long],
  ['string', fc.string({ unit: 'binary' })],
  ['uuid', fc.uint8Array({ minLength: 16, maxLength: 16 })],
  ['fixed[3]', fc.uint8Array({ minLength: 3, maxLength: 3 })],
  ['binary', bytes],
]
const anyTyped: fc.Arbitrary<readonly [Type, Datum, Datum]> = fc
  .constantFrom(...TYPES)
  .chain(([text, arbitrary]) => fc.tuple(fc.constant(parseTypeText(text)), arbitrary, arbitrary))

describe('property: values', () => {
  test('public and binary forms give the value back', () => {
    fc.assert(
      fc.property(anyTyped, ([type, datum]) => {
        expect(datumsEqual(toDatum(type, fromDatum(type, datum)), datum)).toBe(true)
        const decoded = decodeSingleValue(type, encodeSingleValue(type, datum))
        expect(datumsEqual(decoded, datum)).toBe(true)
      }),
      { numRuns: 5000 },
    )
  })

  test('the JSON form gives the value back, where JSON has one', () => {
    fc.assert(
      fc.property(anyTyped, ([type, datum]) => {
        fc.pre(typeof datum !== 'number' || Number.isFinite(datum))
        const text = stringifyJson(singleValueJson(type, datum))
        const read = parseSingleValueJson(type, parseJson(text, { limits: defaultLimits }))
        expect(datumsEqual(read as Datum, datum)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  test('conversions keep or lose openly: never another value', () => {
    fc.assert(
      fc.property(anyTyped, ([type, datum]) => {
        const options = { longs: 'number', decimals: 'number', timestamps: 'date' } as const
        let shown: unknown
        try {
          shown = fromDatum(type, datum, options)
        } catch {
          return
        }
        expect(datumsEqual(toDatum(type, shown), datum)).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  test('a timestamp text is read alike in its usual layout and in others', () => {
    fc.assert(
      fc.property(long, fc.boolean(), (micros, utc) => {
        const type: Type = { kind: utc ? 'timestamptz' : 'timestamp' }
        const text = String(fromDatum(type, micros))
        expect(toDatum(type, text.replace('T', ' '))).toBe(micros)
        if (utc) expect(toDatum(type, text.replace('Z', '+00:00'))).toBe(micros)
      }),
    )
  })

  test('dates follow the calendar of the platform', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (days) => {
        const date = new Date(days * 86_400_000)
        const civil = {
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
        }
        expect(civilFromDays(days)).toEqual(civil)
        expect(daysFromCivil(civil.year, civil.month, civil.day)).toBe(days)
      }),
      { numRuns: 3000 },
    )
  })

  test('texts of dates and timestamps within four-digit years keep the order', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Type>(
          { kind: 'timestamp' },
          { kind: 'timestamptz' },
          { kind: 'timestamp_ns' },
        ),
        fc.bigInt({ min: -(2n ** 55n), max: 2n ** 56n }),
        fc.bigInt({ min: -(2n ** 55n), max: 2n ** 56n }),
        (type, a, b) => {
          const [x, y] = [String(fromDatum(type, a)), String(fromDatum(type, b))]
          expect(Math.sign(datumComparator(type)(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0)
        },
      ),
    )
  })

  test('the order of values is total', () => {
    fc.assert(
      fc.property(anyTyped, ([type, a, b]) => {
        const compare = datumComparator(type)
        expect(Math.sign(compare(a, b))).toBe(0 - Math.sign(compare(b, a)))
        expect(compare(a, b) === 0).toBe(datumsEqual(a, b))
      }),
      { numRuns: 3000 },
    )
  })
})
