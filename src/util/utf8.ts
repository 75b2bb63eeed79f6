const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Below this many bytes a loop beats the cost of calling into the platform's decoder. */
const SHORT_TEXT_BYTES = 24

/** Up to this many bytes an array lies on the engine's own heap, and a loop beats the platform's encoder. */
const SHORT_ARRAY_BYTES = 64

export function encodeUtf8(text: string): Uint8Array {
  return (text.length <= SHORT_ARRAY_BYTES ? encodeAscii(text) : undefined) ?? encoder.encode(text)
}

function encodeAscii(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return undefined
    bytes[i] = unit
  }
  return bytes
}

/**
 * The text of `bytes[start, end)`, or `undefined` when that is not valid UTF-8. A byte-order mark
 * is kept as a character: it is data, not a signature, in every format read here.
 */
export function decodeUtf8(
  bytes: Uint8Array,
  start = 0,
  end: number = bytes.length,
): string | undefined {
  if (end - start <= SHORT_TEXT_BYTES) {
    let text = ''
    let i = start
    for (; i < end; i++) {
      const byte = bytes[i] as number
      if (byte >= 0x80) break
      text += String.fromCharCode(byte)
    }
    if (i === end) return text
  }
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch {
    return undefined
  }
}

/**
 * The order of two strings by their UTF-8 bytes, which is that of their code points. JavaScript's
 * own order by UTF-16 units differs: it puts U+1F600 before U+FF5E.
 */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return codePointRank(x) - codePointRank(y)
  }
  return a.length - b.length
}

/** Moves the surrogates, which stand for code points above U+FFFF, behind all other units. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit
  return unit <= 0xdfff ? unit + 0x2000 : unit - 0x800
}
