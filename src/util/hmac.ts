import { concatBytes, fromHex } from './bytes.js'
import { sha256Hex } from './sha256.js'

const BLOCK_BYTES = 64

/** HMAC (RFC 2104) over SHA-256. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const short = key.length > BLOCK_BYTES ? sha256(key) : key
  const inner = new Uint8Array(BLOCK_BYTES).fill(0x36)
  const outer = new Uint8Array(BLOCK_BYTES).fill(0x5c)
  short.forEach((byte, i) => {
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  })
  return sha256(concatBytes([outer, sha256(concatBytes([inner, message]))]))
}

function sha256(bytes: Uint8Array): Uint8Array {
  return fromHex(sha256Hex(bytes)) as Uint8Array
}
