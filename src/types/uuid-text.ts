const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
/** Where the bytes and the dashes stand in the canonical text. */
const BYTES_AT = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34]
const DASHES_AT = [8, 13, 18, 23]
const DASH = 45

/** The canonical lower-case text of 16 bytes, most significant first. */
export function formatUuid(bytes: Uint8Array): string {
  return `${hex(bytes, 0, 4)}-${hex(bytes, 4, 6)}-${hex(bytes, 6, 8)}-${hex(bytes, 8, 10)}-${hex(bytes, 10, 16)}`
}

function hex(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += HEX[bytes[i] as number]
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
  for (const at of DASHES_AT) if (text.charCodeAt(at) !== DASH) return undefined
  const bytes = new Uint8Array(16)
  for (let i = 0; i < 16; i++) {
    const at = BYTES_AT[i] as number
    const high = hexDigit(text.charCodeAt(at))
    const low = hexDigit(text.charCodeAt(at + 1))
    if (high < 0 || low < 0) return undefined
    bytes[i] = high * 16 + low
  }
  return bytes
}
