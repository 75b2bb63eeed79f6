/** Sets of rows as ascending, disjoint, half-open ranges. */
import type { Mask } from '../filter/mask.js'

export interface RowRange {
  readonly start: number
  readonly end: number
}

export function countRanges(ranges: readonly RowRange[]): number {
  let rows = 0
  for (const range of ranges) rows += range.end - range.start
  return rows
}

/** Rows in both. */
export function intersectRanges(
  a: readonly RowRange[],
  b: readonly RowRange[],
): readonly RowRange[] {
  const out: RowRange[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) {
    const start = Math.max(a[i]!.start, b[j]!.start)
    const end = Math.min(a[i]!.end, b[j]!.end)
    if (start < end) out.push({ start, end })
    if (a[i]!.end < b[j]!.end) i += 1
    else j += 1
  }
  return out
}

/** Rows in any. */
export function uniteRanges(parts: readonly (readonly RowRange[])[]): readonly RowRange[] {
  const sorted = parts.flat().sort((a, b) => a.start - b.start)
  const out: { start: number; end: number }[] = []
  for (const range of sorted) {
    const last = out.at(-1)
    if (last !== undefined && range.start <= last.end) last.end = Math.max(last.end, range.end)
    else out.push({ start: range.start, end: range.end })
  }
  return out
}

/** The first `rows` rows of the ranges. */
export function limitRanges(ranges: readonly RowRange[], rows: number): readonly RowRange[] {
  const out: RowRange[] = []
  let left = rows
  for (const range of ranges) {
    if (left <= 0) break
    const end = Math.min(range.end, range.start + left)
    out.push({ start: range.start, end })
    left -= end - range.start
  }
  return out
}

/** Splits ranges into parts of at most `rows` rows. */
export function splitRanges(
  ranges: readonly RowRange[],
  rows: number,
): readonly (readonly RowRange[])[] {
  const parts: RowRange[][] = []
  let part: RowRange[] = []
  let room = rows
  for (const range of ranges) {
    let start = range.start
    while (start < range.end) {
      const end = Math.min(range.end, start + room)
      part.push({ start, end })
      room -= end - start
      start = end
      if (room === 0) {
        parts.push(part)
        part = []
        room = rows
      }
    }
  }
  if (part.length > 0) parts.push(part)
  return parts
}

/** Where the passing rows of `ranges` lie, and the mask of the rows that these coarse parts hold. */
export interface CoarseSelection {
  readonly ranges: readonly RowRange[]
  readonly mask: Mask
}

/**
 * Narrows `ranges` to the passing rows, bridging gaps of up to `gap` rows: many small ranges cost
 * more than they save.
 */
export function coarseSelection(
  ranges: readonly RowRange[],
  mask: Mask,
  gap: number,
): CoarseSelection {
  const out: RowRange[] = []
  const kept: Mask[] = []
  let base = 0
  for (const range of ranges) {
    const rows = range.end - range.start
    let row = 0
    while (row < rows) {
      const first = mask.indexOf(1, base + row) - base
      if (first < row || first >= rows) break
      const end = runEnd(mask, base, first, rows, gap)
      out.push({ start: range.start + first, end: range.start + end })
      kept.push(mask.subarray(base + first, base + end))
      row = end
    }
    base += rows
  }
  const joined = new Uint8Array(countRanges(out))
  let at = 0
  for (const part of kept) {
    joined.set(part, at)
    at += part.length
  }
  return { ranges: out, mask: joined }
}

/** One past the last passing row before a gap longer than `gap`. */
function runEnd(mask: Mask, base: number, first: number, rows: number, gap: number): number {
  let last = first
  for (let row = first + 1; row < rows && row - last <= gap; row += 1) {
    if (mask[base + row] === 1) last = row
  }
  return last + 1
}

/** Positions in the file of the rows of `ranges` that pass, ascending. */
export function positionsOf(
  firstRow: number,
  ranges: readonly RowRange[],
  mask: Mask | undefined,
): Float64Array {
  const total = countRanges(ranges)
  const positions = new Float64Array(total)
  let from = 0
  let at = 0
  for (const range of ranges) {
    for (let row = range.start; row < range.end; row += 1) {
      if (mask === undefined || mask[from] === 1) {
        positions[at] = firstRow + row
        at += 1
      }
      from += 1
    }
  }
  return at === total ? positions : positions.subarray(0, at)
}
