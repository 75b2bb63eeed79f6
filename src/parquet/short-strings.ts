/** Values up to this length are copied as so many words as the longest of them takes. */
export const shortBytesMax = 32

/** A dictionary of short strings: each in words of its own, so that one load takes four bytes. */
export interface ShortStrings {
  readonly lengths: Uint8Array
  /** `wordsEach` words for each value. */
  readonly words: Int32Array
  readonly wordsEach: number
}

/** The dictionary in this form; undefined when one of its values is too long. */
export function shortStrings(
  data: Uint8Array,
  offsets: Int32Array,
  count: number,
): ShortStrings | undefined {
  let longest = 0
  for (let i = 0; i < count; i++) {
    const length = (offsets[i + 1] as number) - (offsets[i] as number)
    if (length > longest) longest = length
  }
  if (longest > shortBytesMax) return undefined
  const wordsEach = Math.max(1, (longest + 3) >> 2)
  const words = new Int32Array(count * wordsEach)
  const bytes = new Uint8Array(words.buffer)
  const lengths = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const start = offsets[i] as number
    const end = offsets[i + 1] as number
    bytes.set(data.subarray(start, end), i * wordsEach * 4)
    lengths[i] = end - start
  }
  return { lengths, words, wordsEach }
}

/**
 * Copies the values that `count` indices name to `data` from `at` on, where there is room for them
 * and `shortBytesMax` bytes more, and writes the end of each to `offsets[index + 1 + i]`.
 *
 * @returns the end of the last value
 */
export function copyShort(
  indices: Int32Array,
  count: number,
  from: ShortStrings,
  data: Uint8Array,
  at: number,
  offsets: Int32Array,
  index: number,
): number {
  const target = new DataView(data.buffer, data.byteOffset, data.length)
  if (from.wordsEach === 1) return copy1(indices, count, from, target, at, offsets, index)
  if (from.wordsEach === 2) return copy2(indices, count, from, target, at, offsets, index)
  return copyWords(indices, count, from, target, at, offsets, index)
}

function copy1(
  indices: Int32Array,
  count: number,
  { words, lengths }: ShortStrings,
  target: DataView,
  at: number,
  offsets: Int32Array,
  index: number,
): number {
  let t = at
  for (let i = 0; i < count; i++) {
    const k = indices[i] as number
    target.setInt32(t, words[k] as number, true)
    t += lengths[k] as number
    offsets[index + 1 + i] = t
  }
  return t
}

function copy2(
  indices: Int32Array,
  count: number,
  { words, lengths }: ShortStrings,
  target: DataView,
  at: number,
  offsets: Int32Array,
  index: number,
): number {
  let t = at
  for (let i = 0; i < count; i++) {
    const k = indices[i] as number
    target.setInt32(t, words[2 * k] as number, true)
    target.setInt32(t + 4, words[2 * k + 1] as number, true)
    t += lengths[k] as number
    offsets[index + 1 + i] = t
  }
  return t
}

/** The number of words is the same for every value, so that the processor foresees the loop. */
function copyWords(
  indices: Int32Array,
  count: number,
  { words, lengths, wordsEach }: ShortStrings,
  target: DataView,
  at: number,
  offsets: Int32Array,
  index: number,
): number {
  let t = at
  for (let i = 0; i < count; i++) {
    const k = indices[i] as number
    for (let b = 0, w = wordsEach * k; b < wordsEach; b++) {
      target.setInt32(t + 4 * b, words[w + b] as number, true)
    }
    t += lengths[k] as number
    offsets[index + 1 + i] = t
  }
  return t
}
