import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sameData } from '../../../src/util/same.js'

test('copies are the same, whatever they hold', () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withTypedArray: false,
        withMap: true,
        withNullPrototype: false,
      }),
      (value) => sameData(value, structuredClone(value)),
    ),
    { examples: [[new Uint8Array([1, 2])], [[Number.NaN, -0]], [new Map([['a', { b: 1n }]])]] },
  )
})

test.each([
  [1, 2],
  [0, -0],
  [1, 1n],
  ['1', 1],
  [null, undefined],
  [null, {}],
  [[], {}],
  [[1], [1, 2]],
  [
    [1, 2],
    [2, 1],
  ],
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ a: 1, b: 2 }, { a: 1 }],
  [new Map([['a', 1]]), new Map([['a', 2]])],
  [new Map([['a', 1]]), new Map([['b', 1]])],
  [new Map([['a', 1]]), new Map()],
  [
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
    new Map([
      ['b', 2],
      ['a', 1],
    ]),
  ],
  [Uint8Array.of(1), Uint8Array.of(2)],
  [Uint8Array.of(1), [1]],
  [new Date(1), new Date(2)],
])('%o and %o differ', (a, b) => {
  expect(sameData(a, b)).toBe(false)
  expect(sameData({ in: [a] }, { in: [b] })).toBe(false)
})

test('a member that is undefined is as good as missing', () => {
  expect(sameData({ a: 1, b: undefined }, { a: 1 })).toBe(true)
  expect(sameData({ a: 1 }, { a: 1, b: undefined })).toBe(true)
})
