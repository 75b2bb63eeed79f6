/**
 * Row masks: one byte per row, 1 = the row still passes. Kernels only ever clear rows, so a mask
 * starts as all ones and every test of a conjunction narrows it.
 */
import type { Data } from 'apache-arrow'

export type Mask = Uint8Array

export function fullMask(length: number): Mask {
  return new Uint8Array(length).fill(1)
}

/** How many rows pass. */
export function countMask(mask: Mask): number {
  let count = 0
  for (let i = 0; i < mask.length; i += 1) count += mask[i]!
  return count
}

/** Numbers of the `count` rows that pass, ascending. */
export function maskIndices(mask: Mask, count: number): Int32Array {
  // One slot more than needed lets the loop store without a branch.
  const indices = new Int32Array(count + 1)
  let at = 0
  for (let i = 0; i < mask.length; i += 1) {
    indices[at] = i
    at += mask[i]!
  }
  return indices.subarray(0, count)
}

/** True when a column has no null at all. */
export function hasNoNulls(data: Data): boolean {
  const bitmap = data.nullBitmap
  return bitmap === undefined || bitmap.length === 0 || data.nullCount === 0
}

/** Clears the rows where the column is null. */
export function clearNulls(data: Data, mask: Mask): void {
  if (data.typeId === 1) {
    mask.fill(0)
    return
  }
  if (hasNoNulls(data)) return
  const bitmap = data.nullBitmap!
  const offset = data.offset
  for (let i = 0; i < mask.length; i += 1) {
    const bit = offset + i
    mask[i]! &= (bitmap[bit >> 3]! >> (bit & 7)) & 1
  }
}

/** Clears the rows where none of the columns is null: what is left is null at some level. */
export function clearNonNulls(path: readonly Data[], mask: Mask): void {
  const valid = fullMask(mask.length)
  for (const data of path) clearNulls(data, valid)
  for (let i = 0; i < mask.length; i += 1) mask[i]! &= valid[i]! ^ 1
}

/** `into |= from`. */
export function orMask(into: Mask, from: Mask): void {
  for (let i = 0; i < into.length; i += 1) into[i]! |= from[i]!
}
