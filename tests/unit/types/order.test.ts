import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { truncateLowerBound, truncateUpperBound } from '../../../src/types/bounds.js'
import { datumComparator, datumsEqual } from '../../../src/types/compare.js'
import type { Datum } from '../../../src/types/datum.js'
import { canPromote, promoteDatum } from '../../../src/types/promote.js'
import { parseTypeText } from '../../../src/types/type-text.js'
import { compareBytes } from '../../../src/util/bytes.js'
import { compareUtf8, encodeUtf8 } from '../../../src/util/utf8.js'

const STRING = parseTypeText('string')
const BINARY = parseTypeText('binary')
const text = fc.string({ unit: 'binary', maxLength: 12 })

describe('order of values', () => {
  test('spec: Sorting, floating point: -Infinity < … < -0 < 0 < … < Infinity < NaN', () => {
    const ordered = [
      Number.NEGATIVE_INFINITY,
      -1,
      -5e-324,
      -0,
      0,
      5e-324,
      1,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]
    const compare = datumComparator({ kind: 'double' })
    for (const [i, a] of ordered.entries()) {
      for (const [j, b] of ordered.entries()) {
        expect(Math.sign(compare(a, b)), `${a} and ${b}`).toBe(Math.sign(i - j))
      }
    }
  })

  test('strings are ordered by UTF-8 bytes, not by UTF-16 units', () => {
    expect(compareUtf8('\u{1f600}', '\uff5e')).toBeGreaterThan(0)
    expect('\u{1f600}' < '\uff5e').toBe(true)
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(
          Math.sign(compareBytes(encodeUtf8(a), encodeUtf8(b))),
        )
      }),
    )
  })

  test('uuids and bytes are unsigned', () => {
    expect(
      datumComparator({ kind: 'uuid' })(Uint8Array.of(0x80), Uint8Array.of(0x7f)),
    ).toBeGreaterThan(0)
    expect(datumComparator(BINARY)(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0)
  })

  test('booleans, integers, bigints', () => {
    expect(datumComparator({ kind: 'boolean' })(false, true)).toBeLessThan(0)
    expect(datumComparator({ kind: 'int' })(2, 10)).toBeLessThan(0)
    expect(datumComparator({ kind: 'long' })(2n ** 60n, 2n ** 60n + 1n)).toBeLessThan(0)
  })

  test('geometry and nested types have no order', () => {
    expect(() => datumComparator(parseTypeText('geometry'))).toThrow('have no order')
    expect(() => datumComparator({ kind: 'struct', fields: [] })).toThrow('have no order')
  })

  test('equality: bytes by content, NaN equals itself, -0 is not 0', () => {
    expect(datumsEqual(Uint8Array.of(1), Uint8Array.of(1))).toBe(true)
    expect(datumsEqual(Number.NaN, Number.NaN)).toBe(true)
    expect(datumsEqual(-0, 0)).toBe(false)
  })
})

describe('truncated bounds', () => {
  test('strings are cut by code points, and the last is raised for the upper bound', () => {
    expect(truncateLowerBound(STRING, 'iceberg', 3)).toBe('ice')
    expect(truncateUpperBound(STRING, 'iceberg', 3)).toBe('icf')
    expect(truncateUpperBound(STRING, 'ice', 3)).toBe('ice')
    expect(truncateLowerBound(STRING, '😀😀😀', 2)).toBe('😀😀')
    expect(truncateUpperBound(STRING, '😀😀😀', 2)).toBe('😀😁')
    expect(truncateUpperBound(STRING, 'a\ud7ffx', 2)).toBe('a\ue000')
    expect(truncateUpperBound(STRING, 'a\u{10ffff}x', 2)).toBe('b')
    expect(truncateUpperBound(STRING, '\u{10ffff}\u{10ffff}x', 2)).toBeUndefined()
  })

  test('binary is cut by bytes', () => {
    expect(truncateUpperBound(BINARY, Uint8Array.of(1, 0xff, 3), 2)).toEqual(Uint8Array.of(2))
    expect(truncateUpperBound(BINARY, Uint8Array.of(0xff, 0xff, 3), 2)).toBeUndefined()
    expect(truncateLowerBound(BINARY, Uint8Array.of(1, 2, 3), 2)).toEqual(Uint8Array.of(1, 2))
    expect(truncateUpperBound({ kind: 'long' }, 5n, 1)).toBe(5n)
  })

  test('property: the bounds enclose the value', () => {
    const lower = (type: typeof STRING, value: Datum, width: number) =>
      datumComparator(type)(truncateLowerBound(type, value, width), value)
    const upper = (type: typeof STRING, value: Datum, width: number) => {
      const bound = truncateUpperBound(type, value, width)
      return bound === undefined ? 1 : datumComparator(type)(bound, value)
    }
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 6 }), (value, width) => {
        expect(lower(STRING, value, width)).toBeLessThanOrEqual(0)
        expect(upper(STRING, value, width)).toBeGreaterThanOrEqual(0)
      }),
    )
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 8 }),
        fc.integer({ min: 1, max: 6 }),
        (value, width) => {
          expect(lower(BINARY, value, width)).toBeLessThanOrEqual(0)
          expect(upper(BINARY, value, width)).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })
})

describe('spec: Schema Evolution, promotions', () => {
  test.each<[string, string, boolean, boolean]>([
    ['int', 'long', true, true],
    ['float', 'double', true, true],
    ['decimal(9,2)', 'decimal(10,2)', true, true],
    ['decimal(9,2)', 'decimal(8,2)', false, false],
    ['decimal(9,2)', 'decimal(10,3)', false, false],
    ['date', 'timestamp', false, true],
    ['date', 'timestamp_ns', false, true],
    ['date', 'timestamptz', false, false],
    ['unknown', 'string', false, true],
    ['long', 'int', false, false],
    ['int', 'string', false, false],
    ['int', 'int', true, true],
  ])('%s to %s: v2 %s, v3 %s', (from, to, v2, v3) => {
    expect(canPromote(parseTypeText(from), parseTypeText(to), 2)).toBe(v2)
    expect(canPromote(parseTypeText(from), parseTypeText(to), 3)).toBe(v3)
  })

  test('values are carried over, or refused beyond the range of the new type', () => {
    expect(promoteDatum({ kind: 'int' }, { kind: 'long' }, 5)).toBe(5n)
    expect(promoteDatum({ kind: 'date' }, { kind: 'timestamp' }, -1)).toBe(-86400000000n)
    expect(() => promoteDatum({ kind: 'date' }, { kind: 'timestamp_ns' }, 200000)).toThrow(
      'date 2517-08-01 is out of the range of timestamp_ns',
    )
  })
})
