/**
 * MD5 (RFC 1321), because object stores check bodies by it: against accidents on the way, not against
 * anybody who means harm. By the platform where it can, in plain TypeScript elsewhere.
 */
import { nativeHash } from '../env/native-hash.js'
import { toBase64 } from './base64.js'
import { fromHex, toHex } from './bytes.js'

/** The hash as lower-case hexadecimal. */
export function md5Hex(bytes: Uint8Array): string {
  return nativeHash('md5', bytes) ?? portableMd5(bytes)
}

/** The hash in base64, as `Content-MD5` has it. */
export function md5Base64(bytes: Uint8Array): string {
  return toBase64(fromHex(md5Hex(bytes)) as Uint8Array)
}

const BLOCK_BYTES = 64
/** The integer parts of 2³² times the sines of 1 to 64. */
const SINES = Uint32Array.from({ length: 64 }, (_, i) => Math.abs(Math.sin(i + 1)) * 2 ** 32)
const ROTATIONS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const

/** {@link md5Hex} without the platform's help. */
export function portableMd5(bytes: Uint8Array): string {
  const state = Uint32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length - (bytes.length % BLOCK_BYTES)
  for (let at = 0; at < whole; at += BLOCK_BYTES) compress(state, view, at)
  const tail = new DataView(paddedTail(bytes, whole).buffer)
  for (let at = 0; at < tail.byteLength; at += BLOCK_BYTES) compress(state, tail, at)
  const digest = new DataView(new ArrayBuffer(16))
  state.forEach((word, i) => {
    digest.setUint32(4 * i, word, true)
  })
  return toHex(new Uint8Array(digest.buffer))
}

/** What is left after the whole blocks, a one bit, zeros, and the length in bits. */
function paddedTail(bytes: Uint8Array, whole: number): Uint8Array<ArrayBuffer> {
  const rest = bytes.length - whole
  const tail = new Uint8Array(rest < 56 ? BLOCK_BYTES : 2 * BLOCK_BYTES)
  tail.set(bytes.subarray(whole))
  tail[rest] = 0x80
  new DataView(tail.buffer).setBigUint64(tail.length - 8, BigInt(bytes.length) * 8n, true)
  return tail
}

function compress(state: Uint32Array, block: DataView, at: number): void {
  let [a, b, c, d] = state as unknown as [number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const round = i >> 4
    const word = block.getUint32(at + 4 * wordOf(round, i), true)
    const sum = (a + mix(round, b, c, d) + word + (SINES[i] as number)) | 0
    const by = ROTATIONS[round as 0 | 1 | 2 | 3][(i & 3) as 0 | 1 | 2 | 3]
    const rotated = (sum << by) | (sum >>> (32 - by))
    a = d
    d = c
    c = b
    b = (b + rotated) | 0
  }
  state[0] = (state[0] as number) + a
  state[1] = (state[1] as number) + b
  state[2] = (state[2] as number) + c
  state[3] = (state[3] as number) + d
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round === 0) return (b & c) | (~b & d)
  if (round === 1) return (d & b) | (~d & c)
  return round === 2 ? b ^ c ^ d : c ^ (b | ~d)
}

/** Which word of the block a step takes. */
function wordOf(round: number, i: number): number {
  if (round === 0) return i
  if (round === 1) return (5 * i + 1) % 16
  return round === 2 ? (3 * i + 5) % 16 : (7 * i) % 16
}
