import type { FixedTarget } from './convert.js'
import { badPage } from './page-errors.js'

/**
 * Looks `count` dictionary indices up and writes the values from value `index` of the target on. An
 * index outside the dictionary is corrupt data; it must never read as some other value.
 */
export function gather(
  indices: Int32Array,
  count: number,
  dictionary: FixedTarget,
  dictionaryCount: number,
  width: number,
  target: FixedTarget,
  index: number,
): void {
  checkIndices(indices, count, dictionaryCount)
  if (width === 4) gather4(indices, count, dictionary.words, target.words, index)
  else if (width === 8) gather8(indices, count, dictionary.longs, target.longs, index)
  else if (width === 16) gather16(indices, count, dictionary.longs, target.longs, index)
  else gatherBytes(indices, count, dictionary.bytes, width, target.bytes, index)
}

/** Throws unless all of the first `count` indices are in `[0, size)`. */
export function checkIndices(indices: Int32Array, count: number, size: number): void {
  let bad = 0
  for (let i = 0; i < count; i++) {
    const index = indices[i] as number
    // Negative when the index is negative or not below the size; no branch, so the loop stays fast.
    bad |= index | (size - 1 - index)
  }
  if (bad < 0) badPage(`an index is outside the dictionary of ${size} values`)
}

function gather4(
  indices: Int32Array,
  count: number,
  from: Int32Array,
  to: Int32Array,
  at: number,
): void {
  for (let i = 0; i < count; i++) to[at + i] = from[indices[i] as number] as number
}

function gather8(
  indices: Int32Array,
  count: number,
  from: BigInt64Array,
  to: BigInt64Array,
  at: number,
): void {
  for (let i = 0; i < count; i++) to[at + i] = from[indices[i] as number] as bigint
}

function gather16(
  indices: Int32Array,
  count: number,
  from: BigInt64Array,
  to: BigInt64Array,
  at: number,
): void {
  for (let i = 0, o = at * 2; i < count; i++, o += 2) {
    const k = (indices[i] as number) << 1
    to[o] = from[k] as bigint
    to[o + 1] = from[k + 1] as bigint
  }
}

function gatherBytes(
  indices: Int32Array,
  count: number,
  from: Uint8Array,
  width: number,
  to: Uint8Array,
  at: number,
): void {
  let o = at * width
  for (let i = 0; i < count; i++) {
    const k = (indices[i] as number) * width
    for (let b = 0; b < width; b++) to[o + b] = from[k + b] as number
    o += width
  }
}
