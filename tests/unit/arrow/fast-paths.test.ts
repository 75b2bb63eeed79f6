/** What a fast path converts is what `toDatum` converts, and what it does not know it leaves alone. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fastDate,
  fastDecimal,
  fastDouble,
  fastFloat,
  fastInt,
  fastLong,
  fastTimestamp,
  fastTimestamptz,
} from '../../../src/arrow/build/fast-paths.js'
import { ValidationError } from '../../../src/errors.js'
import { toDatum } from '../../../src/types/to-datum.js'
import type { Type } from '../../../src/types/type.js'

type Fast = (value: unknown) => number | bigint | undefined

const paths: readonly [string, Type, Fast][] = [
  ['int', { kind: 'int' }, fastInt],
  ['long', { kind: 'long' }, fastLong],
  ['float', { kind: 'float' }, fastFloat],
  ['double', { kind: 'double' }, fastDouble],
  ['date', { kind: 'date' }, fastDate],
  ['timestamp', { kind: 'timestamp' }, fastTimestamp],
  ['timestamptz', { kind: 'timestamptz' }, fastTimestamptz],
  ['decimal(9, 2)', { kind: 'decimal', precision: 9, scale: 2 }, fastDecimal(9, 2)],
  ['decimal(18, 0)', { kind: 'decimal', precision: 18, scale: 0 }, fastDecimal(18, 0)],
  ['decimal(4, 4)', { kind: 'decimal', precision: 4, scale: 4 }, fastDecimal(4, 4)],
]

/** Good values of every kind: each is damaged in every place below. */
const texts = [
  '2024-02-29',
  '2023-02-28',
  '0000-01-01',
  '9999-12-31',
  '2024-02-29T23:59:59',
  '2024-02-29T23:59:59.1',
  '1969-12-31T00:00:00.123456',
  '2254-12-31T00:00:00.123456',
  '2256-01-01T00:00:00',
  '0001-01-01T00:00:00.000001',
  '2024-02-29T23:59:59Z',
  '1969-12-31T00:00:00.123456Z',
  '2024-02-29T23:59:59+01:00',
  '12.34',
  '-0.50',
  '123456789012345',
  '-1234567890123456',
  '1234567.89',
  '-1234567.8',
  '0.1234',
  '00001.5',
]
const plain: readonly unknown[] = [
  ...texts,
  '',
  '-',
  '.',
  '5.',
  '.5',
  '1e3',
  ' 1',
  '+1',
  '1_000',
  0,
  -0,
  1.5,
  0.1,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 53,
  2 ** 53 - 1,
  5n,
  2n ** 63n - 1n,
  2n ** 63n,
  -(2n ** 63n),
  true,
  {},
  new Date(1),
  new Date(-62135596800001),
  new Date(Number.NaN),
  new Date(8.64e15),
]

/** The datum, or undefined where it is refused; anything but a typed refusal fails the test. */
function slow(type: Type, value: unknown): unknown {
  try {
    return toDatum(type, value)
  } catch (error) {
    if (error instanceof ValidationError) return undefined
    throw error
  }
}

function agree(type: Type, fast: Fast, value: unknown): void {
  const found = fast(value)
  if (found === undefined) return
  const expected = slow(type, value)
  // Only floating point has a −0 of its own.
  const isFloat = type.kind === 'float' || type.kind === 'double'
  const number = typeof expected === 'bigint' ? BigInt(found) : found
  const same = isFloat ? Object.is(number, expected) : number === expected
  expect(same, `${String(value)}: ${String(found)}, not ${String(expected)}`).toBe(true)
}

describe.each(paths)('%s', (_, type, fast) => {
  test('agrees on whole values', () => {
    for (const value of plain) agree(type, fast, value)
  })

  test('agrees on texts with any character changed, put in or left out', () => {
    for (const text of texts) {
      for (let at = 0; at < text.length; at += 1) {
        for (const character of ['', '0', '3', '9', '-', '.', ':', 'T', 'Z', ' ', '/', 'é']) {
          agree(type, fast, text.slice(0, at) + character + text.slice(at + 1))
          agree(type, fast, text.slice(0, at) + character + text.slice(at))
        }
      }
    }
  })

  test('agrees on what comes', () => {
    const digit = fc.nat(9).map(String)
    const number = fc.array(fc.oneof(digit, fc.constant('.'), fc.constant('-')), { maxLength: 18 })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double(),
          fc.integer(),
          fc.bigInt(),
          fc.date(),
          number.map((parts) => parts.join('')),
        ),
        (value) => agree(type, fast, value),
      ),
      { numRuns: 300 },
    )
  })
})

test('the common spellings take the fast path', () => {
  expect(fastDate('2024-02-29')).toBe(19782)
  expect(fastDate('2023-02-29')).toBeUndefined()
  expect(fastTimestamp('1970-01-02T00:00:00.5')).toBe(86_400_500_000)
  expect(fastTimestamp('2024-01-01T00:00:00Z')).toBeUndefined()
  expect(fastTimestamptz('1970-01-01T00:00:01Z')).toBe(1_000_000)
  expect(fastTimestamptz(new Date(2))).toBe(2000)
  expect(fastDecimal(9, 2)('-1.5')).toBe(-150)
  expect(fastDecimal(3, 2)('10.00')).toBeUndefined()
})
