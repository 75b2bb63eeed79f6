/** Comparisons of 64 and 128 bits by their words, against bigints. */
import { describe, expect, test } from 'vitest'
import { ByteSet, bytesIn, compareBytesColumn } from '../../../src/scan/filter/bytes.js'
import { fullMask } from '../../../src/scan/filter/mask.js'
import { compareNumbers, numbersIn } from '../../../src/scan/filter/numbers.js'
import { compareInt64, compareInt128, int64In, int128In } from '../../../src/scan/filter/wide.js'
import { compareBytes } from '../../../src/util/bytes.js'

const meaning = {
  eq: (order: number) => order === 0,
  ne: (order: number) => order !== 0,
  lt: (order: number) => order < 0,
  lte: (order: number) => order <= 0,
  gt: (order: number) => order > 0,
  gte: (order: number) => order >= 0,
} as const
const ops = Object.keys(meaning) as (keyof typeof meaning)[]

function edges(bits: number): bigint[] {
  const max = 2n ** BigInt(bits - 1) - 1n
  const inner = [0n, 1n, -1n, 2n ** 31n, 2n ** 32n, -(2n ** 32n), 2n ** 53n + 1n]
  return [-max - 1n, -max, ...inner, max - 1n, max]
}
const orderOf = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

function words(values: readonly bigint[]): Uint32Array {
  const all = values.flatMap((value) =>
    [0n, 32n, 64n, 96n].map((shift) => Number((value >> shift) & 0xffffffffn)),
  )
  return Uint32Array.from(all)
}

describe.each([64, 128] as const)('integers of %i bits', (bits) => {
  const values = edges(bits)
  const beyond = [2n ** BigInt(bits - 1), -(2n ** BigInt(bits - 1)) - 1n, 2n ** 200n]

  test.each(ops)('%s', (op) => {
    for (const to of [...values, ...beyond]) {
      const mask = fullMask(values.length)
      if (bits === 64) compareInt64(op, BigInt64Array.from(values), to, mask)
      else compareInt128(op, words(values), to, mask)
      const expected = values.map((value) => Number(meaning[op](orderOf(value, to))))
      expect([...mask], `${op} ${to}`).toEqual(expected)
    }
  })

  test.each([0, 1] as const)('in a set, wanted %i, of rows that are left', (wanted) => {
    const set = new Set([values[0] as bigint, 1n, 2n ** 53n + 1n, ...beyond])
    const mask = fullMask(values.length)
    mask[1] = 0
    mask[3] = 0
    if (bits === 64) int64In(BigInt64Array.from(values), set, wanted, mask)
    else int128In(words(values), set, wanted, mask)
    const expected = values.map((value, at) =>
      at === 1 || at === 3 ? 0 : Number(set.has(value) === (wanted === 1)),
    )
    expect([...mask]).toEqual(expected)
  })
})

describe('bytes', () => {
  const texts = ['', 'a', 'ab', 'abc', 'b', 'ba'].map((text) => new TextEncoder().encode(text))
  const offsets = Int32Array.of(0, 0, 1, 3, 6, 7, 9)
  const column = { bytes: new TextEncoder().encode('aababcbba'), offsets, width: 0 }
  const fixed = { bytes: Uint8Array.of(1, 2, 1, 3, 2, 0), offsets: undefined, width: 2 }

  test.each(ops)('%s by unsigned bytes, shorter ones first', (op) => {
    for (const to of texts) {
      const mask = fullMask(texts.length)
      mask[5] = 0
      compareBytesColumn(op, column, to, mask)
      const expected = texts.map((text, at) =>
        at === 5 ? 0 : Number(meaning[op](compareBytes(text, to))),
      )
      expect([...mask]).toEqual(expected)
    }
  })

  test('prefixes, sets and fixed widths', () => {
    const run = (work: (mask: Uint8Array) => void, rows = 6): number[] => {
      const mask = fullMask(rows)
      mask[0] = 0
      work(mask)
      return [...mask]
    }
    const ab = Uint8Array.of(97, 98)
    expect(run((mask) => compareBytesColumn('startsWith', column, ab, mask))).toEqual([
      0, 0, 1, 1, 0, 0,
    ])
    expect(run((mask) => compareBytesColumn('notStartsWith', column, ab, mask))).toEqual([
      0, 1, 0, 0, 1, 1,
    ])
    const set = new ByteSet([ab, ab, Uint8Array.of(98)])
    expect(run((mask) => bytesIn(column, set, 1, mask))).toEqual([0, 0, 1, 0, 1, 0])
    expect(run((mask) => bytesIn(column, set, 0, mask))).toEqual([0, 1, 0, 1, 0, 1])
    const pairs = new ByteSet([Uint8Array.of(1, 3)])
    expect(run((mask) => bytesIn(fixed, pairs, 1, mask), 3)).toEqual([0, 1, 0])
    expect(run((mask) => compareBytesColumn('gt', fixed, Uint8Array.of(1, 3), mask), 3)).toEqual([
      0, 0, 1,
    ])
  })
})

test('NaN compares as IEEE 754 says', () => {
  const values = Float64Array.of(Number.NaN, 1, 2, -0)
  const run = (op: keyof typeof meaning, to: number): number[] => {
    const mask = fullMask(4)
    compareNumbers(op, values, to, mask)
    return [...mask]
  }
  expect(ops.map((op) => run(op, 1)[0])).toEqual([0, 1, 0, 0, 0, 0])
  expect(ops.map((op) => run(op, 0).slice(1))).toEqual([
    [0, 0, 1],
    [1, 1, 0],
    [0, 0, 0],
    [0, 0, 1],
    [1, 1, 0],
    [1, 1, 1],
  ])
  const mask = Uint8Array.of(1, 1, 0, 1)
  numbersIn(values, new Set([2, 0]), 0, mask)
  expect([...mask]).toEqual([1, 1, 0, 0])
})
