/** Rows moved together in place are the rows that were to stay. */
import {
  Bool,
  Dictionary,
  Float64,
  Int16,
  Int32,
  Int64,
  Utf8,
  Vector,
  vectorFromArray,
} from 'apache-arrow'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keptRuns, squeezeData } from '../../../src/scan/read/squeeze.js'

const columns = {
  long: (i: number, isNull: boolean) => (isNull ? null : BigInt(i) * 3_000_000_000n),
  int: (i: number, isNull: boolean) => (isNull ? null : i),
  short: (i: number, isNull: boolean) => (isNull ? null : i),
  double: (i: number, isNull: boolean) => (isNull ? null : i === 3 ? Number.NaN : i / 3),
  text: (i: number, isNull: boolean) => (isNull ? null : 'ab'.repeat((i * 7) % 5) + i),
  flag: (i: number, isNull: boolean) => (isNull ? null : i % 3 === 0),
  word: (i: number, isNull: boolean) => (isNull ? null : `w${i % 4}`),
}
const types = {
  long: new Int64(),
  int: new Int32(),
  short: new Int16(),
  double: new Float64(),
  text: new Utf8(),
  flag: new Bool(),
  word: new Dictionary(new Utf8(), new Int32()),
}

test('every kind of column, with and without nulls', () => {
  const kinds = fc.constantFrom(...(Object.keys(columns) as (keyof typeof columns)[]))
  const rows = fc.array(fc.record({ stays: fc.boolean(), isNull: fc.boolean() }), {
    minLength: 1,
    maxLength: 300,
  })
  let moved = 0
  fc.assert(
    fc.property(kinds, rows, fc.boolean(), fc.nat(3), (kind, given, hasNulls, thin) => {
      // Most rows must stay, or nothing is moved in place.
      const mask = Uint8Array.from(given, ({ stays }, i) => (stays || i % (5 + thin) !== 0 ? 1 : 0))
      const values = given.map(({ isNull }, i) => columns[kind](i, hasNulls && isNull))
      const count = mask.reduce((sum, flag) => sum + flag, 0)
      const runs = keptRuns(mask, count)
      if (runs === undefined) return
      moved += 1
      const kept = values.filter((_, i) => mask[i] === 1)
      const data = vectorFromArray(values, types[kind]).data[0]!
      const squeezed = squeezeData(data, runs)
      expect(squeezed.length).toBe(kept.length)
      const again = vectorFromArray(kept, types[kind])
      expect([...new Vector([squeezed])]).toEqual([...again])
      expect([...runs.indices]).toEqual([...mask.keys()].filter((i) => mask[i] === 1))
    }),
  )
  expect(moved).toBeGreaterThan(50)
})
