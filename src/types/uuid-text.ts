const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
/** A dash stands before these bytes of the canonical text. */
const DASH_BEFORE = new Set([4, 6, 8, 10])

/** The canonical lower-case text of 16 bytes, most significant first. */
export function formatUuid(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < 16; i++) {
    if (DASH_BEFORE.has(i)) text += '-'
    text += HEX[bytes[i] as number]
  }
  return text
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 0x20
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/** The 16 bytes of a canonical UUID text of either case, or `undefined`. */
export function parseUuid(text: string): Uint8Array | undefined {
  if (text.length !== 36) return undefined
  const bytes = new Uint8Array(16)
  let at = 0
  for (let i = 0; i < 16; i++) {
    if (DASH_BEFORE.has(i)) {
      if (text.charCodeAt(at) !== 45) return undefined
      at++
    }
    const high = hexDigit(text.charCodeAt(at))
    const low = hexDigit(text.charCodeAt(at + 1))
    if (high < 0 || low < 0) return undefined
    bytes[i] = high * 16 + low
    at += 2
  }
  return bytes
}
