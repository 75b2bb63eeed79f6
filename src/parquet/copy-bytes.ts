import { badPage } from './page-errors.js'

/** Values longer than this are moved by the platform instead of word by word. */
const bulkBytes = 96
/** Room that must follow a target: words are written whole, over what comes next. */
export const copySlack = 8

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
  const safe = source.byteLength - 4
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
      for (let k = 0; k < length; k += 4) target.setInt32(t + k, source.getInt32(q + k, true), true)
    } else {
      for (let k = 0; k < length; k++) data[t + k] = bytes[q + k] as number
    }
    q += length
    t += length
    offsets[index + 1 + i] = t
  }
  return t
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
      for (let b = 0; b < length; b += 4) {
        target.setInt32(t + b, dictionary.getInt32(q + b, true), true)
      }
    }
    t += length
    offsets[index + 1 + i] = t
  }
  return t
}
