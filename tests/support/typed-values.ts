/** Small domains of public values by Iceberg type, with the corners that comparisons trip over. */
import type { Type } from '../../src/types/type.js'

/** Primitive types to filter and prune by. */
export const sampleTypes: readonly Type[] = [
  { kind: 'boolean' },
  { kind: 'int' },
  { kind: 'long' },
  { kind: 'float' },
  { kind: 'double' },
  { kind: 'decimal', precision: 9, scale: 2 },
  { kind: 'decimal', precision: 18, scale: 0 },
  { kind: 'decimal', precision: 38, scale: 4 },
  { kind: 'date' },
  { kind: 'time' },
  { kind: 'timestamp' },
  { kind: 'timestamptz' },
  { kind: 'string' },
  { kind: 'uuid' },
  { kind: 'fixed', length: 3 },
  { kind: 'binary' },
]

const bytes = (...items: number[]): Uint8Array => Uint8Array.from(items)

/** Values of a type: equal ones are likely to meet, and the extremes are there. */
export function sampleValues(type: Type): readonly unknown[] {
  switch (type.kind) {
    case 'boolean':
      return [false, true]
    case 'int':
      return [-2147483648, -7, -1, 0, 1, 7, 100, 2147483647]
    case 'long':
      return [
        -(2n ** 63n),
        -(2n ** 53n) - 1n,
        -4294967296n,
        -1n,
        0n,
        1n,
        4294967295n,
        4294967296n,
        2n ** 53n,
        2n ** 53n + 1n,
        2n ** 63n - 1n,
      ]
    case 'float':
      return [Number.NaN, -0, 0, 1.5, -1.5, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3]
    case 'double':
      return [Number.NaN, -0, 0, 0.1, -0.1, 1e300, Number.POSITIVE_INFINITY, -1e-300]
    case 'decimal':
      return decimals(type.precision, type.scale)
    case 'date':
      return ['0001-01-01', '1969-12-31', '1970-01-01', '2024-02-29', '2024-03-01', '9999-12-31']
    case 'time':
      return ['00:00:00.000000', '00:00:00.000001', '12:34:56.789012', '23:59:59.999999']
    case 'timestamp':
      return [
        '0001-01-01T00:00:00.000000',
        '1969-12-31T23:59:59.999999',
        '1970-01-01T00:00:00.000000',
        '2024-02-29T12:00:00.000001',
        '2024-02-29T13:00:00.000000',
        '9999-12-31T23:59:59.999999',
      ]
    case 'timestamptz':
      return sampleValues({ kind: 'timestamp' }).map((value) => `${value}Z`)
    case 'string':
      return [
        '',
        'a',
        'ab',
        'abc',
        'b',
        'é',
        'z',
        '\uffff',
        '😀',
        '日本',
        '日本語テキスト'.repeat(4),
      ]
    case 'uuid':
      return [
        '00000000-0000-0000-0000-000000000000',
        '7fffffff-0000-4000-8000-000000000000',
        '80000000-0000-4000-8000-000000000000',
        'ffffffff-ffff-ffff-ffff-ffffffffffff',
      ]
    case 'fixed':
      return [
        bytes(0, 0, 0),
        bytes(0, 0, 1),
        bytes(127, 255, 0),
        bytes(128, 0, 0),
        bytes(255, 255, 255),
      ]
    case 'binary':
      return [bytes(), bytes(0), bytes(0, 0), bytes(127), bytes(128, 1), bytes(255, 255)]
    default:
      return []
  }
}

function decimals(precision: number, scale: number): readonly string[] {
  const largest = '9'.repeat(precision)
  return [
    `-${largest}`,
    '-100',
    '-1',
    '0',
    '1',
    '2',
    '100',
    '4294967296'.slice(0, precision),
    largest,
  ].map((digits) => placePoint(digits, scale))
}

function placePoint(digits: string, scale: number): string {
  if (scale === 0) return digits
  const sign = digits.startsWith('-') ? '-' : ''
  const plain = digits.slice(sign.length).padStart(scale + 1, '0')
  return `${sign}${plain.slice(0, -scale)}.${plain.slice(-scale)}`
}
