import type { DecodedLeaf } from './leaf-decoder.js'
import type { Levels } from './levels.js'
import type { RowRange } from './raw-column.js'
import { compactBits } from './sink-others.js'

/** Drops what was decoded of a column but lies outside the wanted rows. */
export function selectRows(
  leaf: DecodedLeaf,
  wanted: readonly RowRange[],
  maxDefinition: number,
): void {
  const kept = intersect(leaf.rows, wanted)
  if (leaf.levels === undefined) {
    if (leaf.validity !== undefined) compactBits(leaf.validity, kept)
    leaf.sink.compact(kept)
    return
  }
  leaf.sink.compact(compactLevels(leaf.levels, kept, maxDefinition))
}

/** The wanted rows as positions among the decoded ones, which follow each other without gaps. */
function intersect(decoded: readonly RowRange[], wanted: readonly RowRange[]): RowRange[] {
  const out: RowRange[] = []
  let base = 0
  let w = 0
  for (const { start, end } of decoded) {
    while (w < wanted.length && (wanted[w] as RowRange).end <= start) w++
    for (let k = w; k < wanted.length; k++) {
      const range = wanted[k] as RowRange
      if (range.start >= end) break
      const from = Math.max(range.start, start) - start + base
      const to = Math.min(range.end, end) - start + base
      const last = out[out.length - 1]
      if (last !== undefined && last.end === from)
        out[out.length - 1] = { start: last.start, end: to }
      else out.push({ start: from, end: to })
    }
    base += end - start
  }
  return out
}

/** Keeps the entries of some rows; returns which of the dense values belong to them. */
function compactLevels(levels: Levels, rows: readonly RowRange[], max: number): RowRange[] {
  const { definitions, repetitions, length } = levels
  const flat = repetitions.length === 0
  const values: RowRange[] = []
  let row = -1
  let value = 0
  let kept = 0
  let range = 0
  let from = -1
  for (let i = 0; i < length; i++) {
    if (flat || repetitions[i] === 0) {
      row++
      while (range < rows.length && (rows[range] as RowRange).end <= row) range++
      const inside = range < rows.length && (rows[range] as RowRange).start <= row
      if (inside && from < 0) from = value
      if (!inside && from >= 0) {
        values.push({ start: from, end: value })
        from = -1
      }
    }
    if (from >= 0) {
      definitions[kept] = definitions[i] as number
      if (!flat) repetitions[kept] = repetitions[i] as number
      kept++
    }
    if (definitions[i] === max) value++
  }
  if (from >= 0) values.push({ start: from, end: value })
  levels.length = kept
  levels.present = values.reduce((sum, { start, end }) => sum + end - start, 0)
  return values
}
