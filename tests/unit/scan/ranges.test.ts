import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  coarseSelection,
  countRanges,
  intersectRanges,
  limitRanges,
  positionsOf,
  type RowRange,
  splitRanges,
  uniteRanges,
} from '../../../src/scan/read/ranges.js'

const SPACE = 60

/** Ascending, disjoint ranges that do not touch. */
const ranges = fc
  .uniqueArray(fc.nat(SPACE), { maxLength: 12 })
  .map((cuts) => [...cuts].sort((a, b) => a - b))
  .map((cuts) => {
    const out: RowRange[] = []
    for (let i = 0; i + 1 < cuts.length; i += 2) out.push({ start: cuts[i]!, end: cuts[i + 1]! })
    return out
  })

function rowsOf(list: readonly RowRange[]): number[] {
  return list.flatMap(({ start, end }) =>
    Array.from({ length: end - start }, (_, at) => start + at),
  )
}

describe('row ranges', () => {
  test('union and intersection are those of the row sets', () => {
    fc.assert(
      fc.property(ranges, ranges, (a, b) => {
        const inA = new Set(rowsOf(a))
        const inB = new Set(rowsOf(b))
        const both = [...inA].filter((row) => inB.has(row))
        const any = [...new Set([...inA, ...inB])].sort((x, y) => x - y)
        expect(rowsOf(intersectRanges(a, b))).toEqual(both)
        expect(rowsOf(uniteRanges([a, b]))).toEqual(any)
      }),
    )
  })

  test('limits and splits keep the order and every row', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 20 }), (list, size) => {
        const rows = rowsOf(list)
        expect(rowsOf(limitRanges(list, size))).toEqual(rows.slice(0, size))
        const parts = splitRanges(list, size)
        expect(parts.flatMap(rowsOf)).toEqual(rows)
        for (const part of parts) expect(countRanges(part)).toBeLessThanOrEqual(size)
        for (const part of parts.slice(0, -1)) expect(countRanges(part)).toBe(size)
      }),
    )
  })

  test('a coarse selection holds every passing row, with a mask that says which', () => {
    fc.assert(
      fc.property(ranges, fc.infiniteStream(fc.boolean()), fc.nat(5), (list, bits, gap) => {
        const rows = rowsOf(list)
        const mask = Uint8Array.from(rows, () => (bits.next().value === true ? 1 : 0))
        const passing = rows.filter((_row, at) => mask[at] === 1)
        const coarse = coarseSelection(list, mask, gap)
        const covered = rowsOf(coarse.ranges)
        expect(covered.length).toBe(coarse.mask.length)
        expect(covered.filter((_row, at) => coarse.mask[at] === 1)).toEqual(passing)
        expect([...positionsOf(1000, list, mask)]).toEqual(passing.map((row) => row + 1000))
        expect([...positionsOf(0, coarse.ranges, coarse.mask)]).toEqual(passing)
        // Every part starts and ends with a passing row.
        for (const { start, end } of coarse.ranges) {
          expect(passing).toContain(start)
          expect(passing).toContain(end - 1)
        }
      }),
    )
  })
})
