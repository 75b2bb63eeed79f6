/** Sets of keys find what a Map finds, whether the keys lie close together or far apart. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KeyColumn } from '../../../src/scan/deletes/key-columns.js'
import { KeySet } from '../../../src/scan/deletes/key-set.js'

type Key = bigint | null

function longs(keys: readonly Key[]): KeyColumn {
  const values = BigInt64Array.from(keys, (key) => key ?? 0n)
  const valid = keys.includes(null)
    ? Uint8Array.from(keys, (key) => (key === null ? 0 : 1))
    : undefined
  return { kind: 'words', words: new Int32Array(values.buffer), width: 2, valid }
}

function ints(keys: readonly Key[]): KeyColumn {
  const valid = keys.includes(null)
    ? Uint8Array.from(keys, (key) => (key === null ? 0 : 1))
    : undefined
  const words = Int32Array.from(keys, (key) => Number(key ?? 0n))
  return { kind: 'words', words, width: 1, valid }
}

const near = fc.bigInt({ min: -70n, max: 70n })
const far = fc.constantFrom(
  -(2n ** 63n),
  2n ** 63n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  -(2n ** 53n) - 1n,
  2n ** 32n,
  -1n,
  0n,
)
const keysOf = (value: fc.Arbitrary<bigint>) =>
  fc.array(fc.option(value, { freq: 9, nil: null }), { minLength: 1, maxLength: 40 })
const shifted = fc
  .tuple(fc.constantFrom(0n, 2n ** 40n, -(2n ** 52n), 2n ** 53n - 40n), keysOf(near))
  .map(([by, keys]) => keys.map((key) => (key === null ? null : key + by)))

/** Delete files in turn with data files that ask. */
const programs = (keys: fc.Arbitrary<Key[]>) =>
  fc.array(fc.record({ isAdd: fc.boolean(), keys, sequence: fc.integer({ min: 1, max: 5 }) }), {
    minLength: 1,
    maxLength: 8,
  })

type Step = { readonly isAdd: boolean; readonly keys: readonly Key[]; readonly sequence: number }

function check(steps: readonly Step[], column: (keys: readonly Key[]) => KeyColumn): void {
  const set = new KeySet(12345)
  const numbers = new Map<Key, number>()
  const latest = new Map<Key, number>()
  for (const { isAdd, keys, sequence } of steps) {
    if (isAdd) {
      set.add([column(keys)], keys.length, sequence)
      for (const key of keys) {
        if (!numbers.has(key)) numbers.set(key, numbers.size)
        latest.set(key, Math.max(latest.get(key) ?? 0, sequence))
      }
      continue
    }
    const mask = new Uint8Array(keys.length).fill(1)
    set.clear([column(keys)], mask, sequence)
    expect([...mask]).toEqual(keys.map((key) => ((latest.get(key) ?? 0) > sequence ? 0 : 1)))
    expect([...set.find([column(keys)], keys.length)]).toEqual(
      keys.map((key) => numbers.get(key) ?? -1),
    )
  }
  expect(set.size).toBe(numbers.size)
}

describe('a set of keys', () => {
  test('close together', () => {
    fc.assert(fc.property(programs(shifted), (steps) => check(steps, longs)))
  })

  test('far apart', () => {
    fc.assert(fc.property(programs(keysOf(fc.oneof(far, near))), (steps) => check(steps, longs)))
  })

  test('of 32 bits', () => {
    const edges = fc.constantFrom(-(2n ** 31n), 2n ** 31n - 1n)
    fc.assert(fc.property(programs(keysOf(near)), (steps) => check(steps, ints)))
    fc.assert(fc.property(programs(keysOf(fc.oneof(edges, near))), (steps) => check(steps, ints)))
  })

  test('many keys that come later lie elsewhere', () => {
    const run = (from: number, length: number, step = 1): bigint[] =>
      Array.from({ length }, (_, i) => BigInt(from + i * step))
    const steps = [
      { isAdd: true, keys: run(1000, 500), sequence: 3 },
      { isAdd: false, keys: run(900, 700), sequence: 2 },
      { isAdd: true, keys: run(-5_000_000, 400, 7919), sequence: 4 },
      { isAdd: false, keys: [...run(-5_000_000, 500, 7919), ...run(900, 700)], sequence: 3 },
      { isAdd: true, keys: run(2000, 3000), sequence: 5 },
      { isAdd: false, keys: [...run(-5_000_000, 500, 7919), ...run(900, 5000)], sequence: 2 },
    ]
    check(steps, longs)
  })
})
