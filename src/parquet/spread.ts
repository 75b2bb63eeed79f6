import { getBit } from './bitmap.js'
import type { FixedTarget } from './convert.js'

/**
 * Moves `dense` values that begin at value `start` apart to `slots`, in place and from the end: the
 * set bits of `valid` from `bit` on say which slots have a value. The others become zero.
 */
export function spreadFixed(
  target: FixedTarget,
  width: number,
  start: number,
  dense: number,
  slots: number,
  valid: Uint8Array,
  bit: number,
): void {
  if (width === 4) spread4(target.words, start, dense, slots, valid, bit)
  else if (width === 8) spread8(target.words, start, dense, slots, valid, bit)
  else spreadBytes(target.bytes, width, start, dense, slots, valid, bit)
}

export function spread4(
  words: Int32Array,
  start: number,
  dense: number,
  slots: number,
  valid: Uint8Array,
  bit: number,
): void {
  let from = start + dense
  // Once the gap is closed, what is left is in place already.
  for (let i = slots - 1; i >= 0 && from !== start + i + 1; i--) {
    words[start + i] = getBit(valid, bit + i) ? (words[--from] as number) : 0
  }
}

function spread8(
  words: Int32Array,
  start: number,
  dense: number,
  slots: number,
  valid: Uint8Array,
  bit: number,
): void {
  let from = 2 * (start + dense)
  for (let i = slots - 1; i >= 0; i--) {
    const to = 2 * (start + i)
    if (from === to + 2) break
    if (getBit(valid, bit + i)) {
      from -= 2
      words[to] = words[from] as number
      words[to + 1] = words[from + 1] as number
    } else {
      words[to] = 0
      words[to + 1] = 0
    }
  }
}

function spreadBytes(
  bytes: Uint8Array,
  width: number,
  start: number,
  dense: number,
  slots: number,
  valid: Uint8Array,
  bit: number,
): void {
  let from = start + dense
  for (let i = slots - 1; i >= 0 && from !== start + i + 1; i--) {
    const to = (start + i) * width
    if (getBit(valid, bit + i)) {
      from--
      bytes.copyWithin(to, from * width, (from + 1) * width)
    } else {
      bytes.fill(0, to, to + width)
    }
  }
}

/**
 * The same for positions of variable-length values: `offsets[start + i + 1]` is the end of value
 * `i`. A slot without a value ends where it begins.
 */
export function spreadOffsets(
  offsets: Int32Array,
  start: number,
  dense: number,
  slots: number,
  valid: Uint8Array,
  bit: number,
): void {
  let from = start + dense
  for (let i = slots; i > 0 && from !== start + i; i--) {
    // The end of slot i-1 is the end of the last value at or before it.
    offsets[start + i] = offsets[from] as number
    if (getBit(valid, bit + i - 1)) from--
  }
}
