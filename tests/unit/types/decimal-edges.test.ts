/** Decimals at the edges of their texts. */
import { describe, expect, test } from 'vitest'
import {
  fitsPrecision,
  formatDecimal,
  parseDecimal,
  parseExactNumber,
  powerOfTen,
  rescale,
} from '../../../src/types/decimal-text.js'

describe('texts', () => {
  test.each<[string, number, number, bigint | undefined]>([
    ['12.50', 4, 2, 1250n],
    ['-12.50', 4, 2, -1250n],
    ['12.5', 4, 2, 1250n],
    ['+12.5', 4, 2, 1250n],
    ['.5', 4, 2, 50n],
    ['5.', 4, 2, 500n],
    ['1e2', 4, 0, 100n],
    ['1.5e-1', 4, 2, 15n],
    ['0e99999', 4, 2, 0n],
    ['12.505', 5, 2, undefined],
    ['12.500', 5, 2, 1250n],
    ['12345', 4, 0, undefined],
    ['123.45', 4, 2, undefined],
    ['1e99999', 38, 0, undefined],
    ['1e-99999', 38, 2, undefined],
    ['.', 4, 2, undefined],
    ['', 4, 2, undefined],
    ['-', 4, 0, undefined],
    ['1x.50', 4, 2, undefined],
    ['12,50', 4, 2, undefined],
    ['0'.repeat(401), 4, 0, undefined],
    ['9'.repeat(38), 38, 0, BigInt('9'.repeat(38))],
    ['9'.repeat(39), 38, 0, undefined],
  ])('%s as decimal(%i, %i)', (text, precision, scale, value) => {
    expect(parseDecimal(text, precision, scale)).toBe(value)
  })

  test('are written with all their fraction digits', () => {
    expect([formatDecimal(5n, 0), formatDecimal(-5n, 3), formatDecimal(1250n, 2)]).toEqual([
      ...['5', '-0.005', '12.50'],
    ])
  })
})

describe('another scale', () => {
  const number = (text: string) => parseExactNumber(text) as { unscaled: bigint; scale: number }

  test.each<[string, number, bigint, boolean]>([
    ['1.25', 2, 125n, true],
    ['1.25', 1, 12n, false],
    ['-1.25', 1, -13n, false],
    ['-1.2', 1, -12n, true],
    ['1e-900', 2, 0n, false],
    ['-1e-900', 2, -1n, false],
    ['0e-900', 2, 0n, true],
  ])('%s at scale %i', (text, scale, floor, exact) => {
    expect(rescale(number(text), scale)).toEqual({ floor, exact })
  })

  test('that nobody could hold is none', () => {
    expect(rescale(number('1e500'), 2)).toBeUndefined()
  })

  test('powers beyond those kept ready are right too', () => {
    expect(powerOfTen(80)).toBe(10n ** 80n)
    expect(fitsPrecision(10n ** 38n - 1n, 38)).toBe(true)
    expect(fitsPrecision(-(10n ** 38n), 38)).toBe(false)
  })
})
