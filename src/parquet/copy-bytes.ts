import { badPage } from './page-errors.js'

/** Values longer than this are moved by the platform instead of word by word. */
const bulkBytes = 128
/** Up to this length a fixed number of words is copied, so that no branch depends on the length. */
const stepBytes = 16
/** Room that must follow a target and a dictionary: steps are written whole, over what follows. */
export const copySlack = 32

/**
 * Copies PLAIN byte arrays (a 4-byte length before each value) to `data` from `at` on and writes the
 * end of each to `offsets[index + 1 + i]`. `data` has room for them all and `copySlack` more.
 *
 * @returns the end of the last value
 */
export function copyPlain(
  source: DataView,
  start: number,
  end: number,
  count: number,
  data: Uint8Array,
  at: number,
  offsets: Int32Array,
  index: number,
): number {
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  const target = new DataView(data.buffer, data.byteOffset, data.length)
  const safe = source.byteLength - stepBytes
  let q = start
  let t = at
  for (let i = 0; i < count; i++) {
    if (q + 4 > end) badPage('its values are cut off')
    const length = source.getInt32(q, true)
    q += 4
    if (length < 0 || length > end - q) badPage('a value is longer than its page')
    if (length > bulkBytes) {
      data.set(bytes.subarray(q, q + length), t)
    } else if (q + length <= safe) {
      for (let k = 0; k < length; k += stepBytes) copyStep(source, q + k, target, t + k)
    } else {
      for (let k = 0; k < length; k++) data[t + k] = bytes[q + k] as number
    }
    q += length
    t += length
    offsets[index + 1 + i] = t
  }
  return t
}

/** Copies `stepBytes` bytes. */
function copyStep(source: DataView, q: number, target: DataView, t: number): void {
  target.setInt32(t, source.getInt32(q, true), true)
  target.setInt32(t + 4, source.getInt32(q + 4, true), true)
  target.setInt32(t + 8, source.getInt32(q + 8, true), true)
  target.setInt32(t + 12, source.getInt32(q + 12, true), true)
}

/** Sum of the lengths of the dictionary values that `count` indices name. */
export function lengthOfIndexed(
  indices: Int32Array,
  count: number,
  dictionaryOffsets: Int32Array,
): number {
  let total = 0
  for (let i = 0; i < count; i++) {
    const k = indices[i] as number
    total += (dictionaryOffsets[k + 1] as number) - (dictionaryOffsets[k] as number)
  }
  return total
}

/**
 * Copies dictionary values to `data` from `at` on, like {@link copyPlain}. The dictionary's bytes
 * have `copySlack` bytes of room after them too.
 */
export function copyIndexed(
  indices: Int32Array,
  count: number,
  dictionary: DataView,
  dictionaryOffsets: Int32Array,
  data: Uint8Array,
  at: number,
  offsets: Int32Array,
  index: number,
): number {
  const bytes = new Uint8Array(dictionary.buffer, dictionary.byteOffset, dictionary.byteLength)
  const target = new DataView(data.buffer, data.byteOffset, data.length)
  let t = at
  for (let i = 0; i < count; i++) {
    const k = indices[i] as number
    const q = dictionaryOffsets[k] as number
    const length = (dictionaryOffsets[k + 1] as number) - q
    if (length > bulkBytes) {
      data.set(bytes.subarray(q, q + length), t)
    } else {
      for (let b = 0; b < length; b += stepBytes) copyStep(dictionary, q + b, target, t + b)
    }
    t += length
    offsets[index + 1 + i] = t
  }
  return t
}
