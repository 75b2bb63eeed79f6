/** Strings out of UTF-8 columns. */
import { CorruptData } from '../../errors.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** One value. Throws `CorruptData` for bytes that are not UTF-8. */
export function textAt(bytes: Uint8Array, start: number, end: number): string {
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch (cause) {
    throw new CorruptData('a text column holds bytes that are not UTF-8', { cause })
  }
}

/**
 * The values between consecutive offsets. Where all of them are ASCII they are cut from one decoded
 * text, which is several times as fast as decoding each; so keep windows small: a value kept keeps
 * the window's text.
 */
export function textsBetween(
  bytes: Uint8Array,
  offsets: Int32Array,
  start: number,
  count: number,
): string[] {
  const from = offsets[start]!
  const to = offsets[start + count]!
  const texts = new Array<string>(count)
  if (isAscii(bytes, from, to)) {
    const all = textAt(bytes, from, to)
    let at = 0
    for (let i = 0; i < count; i++) {
      const end = offsets[start + i + 1]! - from
      texts[i] = all.substring(at, end)
      at = end
    }
    return texts
  }
  for (let i = 0; i < count; i++) {
    texts[i] = textAt(bytes, offsets[start + i]!, offsets[start + i + 1]!)
  }
  return texts
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  let seen = 0
  for (let i = from; i < to; i++) seen |= bytes[i]!
  return seen < 0x80
}
