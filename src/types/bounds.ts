import type { Datum } from './datum.js'
import type { Type } from './type.js'

/**
 * Bounds cut to a width, as `write.metadata.metrics.*` = `truncate(N)` asks: strings to N code
 * points, binary and fixed to N bytes; other types stay whole.
 */

/** A lower bound of at most `width`: the value's start, which is not greater than the value. */
export function truncateLowerBound(type: Type, datum: Datum, width: number): Datum {
  if (type.kind === 'string') return firstCodePoints(datum as string, width)
  if (type.kind === 'binary' || type.kind === 'fixed') {
    const bytes = datum as Uint8Array
    return bytes.length <= width ? bytes : bytes.slice(0, width)
  }
  return datum
}

/**
 * An upper bound of at most `width`: the value's start with its last part raised, which is greater
 * than every value with that start. `undefined` when nothing can be raised: leave the bound out.
 */
export function truncateUpperBound(type: Type, datum: Datum, width: number): Datum | undefined {
  if (type.kind === 'string') {
    const text = datum as string
    const start = firstCodePoints(text, width)
    return start.length === text.length ? text : raiseLastCodePoint(start)
  }
  if (type.kind === 'binary' || type.kind === 'fixed') {
    const bytes = datum as Uint8Array
    return bytes.length <= width ? bytes : raiseLastByte(bytes.subarray(0, width))
  }
  return datum
}

/** The first `count` code points of a text; a surrogate pair is never split. */
export function firstCodePoints(text: string, count: number): string {
  if (text.length <= count) return text
  let end = 0
  for (let i = 0; i < count && end < text.length; i++) {
    const unit = text.charCodeAt(end)
    end += unit >= 0xd800 && unit <= 0xdbff && end + 1 < text.length ? 2 : 1
  }
  return text.slice(0, end)
}

function raiseLastCodePoint(text: string): string | undefined {
  const points = Array.from(text)
  while (points.length > 0) {
    const point = points.pop()?.codePointAt(0) as number
    if (point === 0x10ffff) continue
    // The surrogates are no characters: U+D7FF is followed by U+E000.
    const raised = point === 0xd7ff ? 0xe000 : point + 1
    return points.join('') + String.fromCodePoint(raised)
  }
  return undefined
}

function raiseLastByte(start: Uint8Array): Uint8Array | undefined {
  let length = start.length
  while (length > 0 && start[length - 1] === 0xff) length--
  if (length === 0) return undefined
  const raised = start.slice(0, length)
  raised[length - 1] = (raised[length - 1] as number) + 1
  return raised
}
