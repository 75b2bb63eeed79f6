const PRIME_1 = 0x9e3779b185ebca87n
const PRIME_2 = 0xc2b2ae3d27d4eb4fn
const PRIME_3 = 0x165667b19e3779f9n
const PRIME_4 = 0x85ebca77c2b2ae63n
const PRIME_5 = 0x27d4eb2f165667c5n
const MASK = 0xffff_ffff_ffff_ffffn

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK
}

function round(accumulator: bigint, lane: bigint): bigint {
  return (rotate((accumulator + lane * PRIME_2) & MASK, 31n) * PRIME_1) & MASK
}

function merge(hash: bigint, accumulator: bigint): bigint {
  return ((hash ^ round(0n, accumulator)) * PRIME_1 + PRIME_4) & MASK
}

/** XXH64 of the bytes (xxHash specification 0.1.1), as an unsigned 64-bit integer. */
export function xxhash64(bytes: Uint8Array, seed = 0n): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const { length } = bytes
  let at = 0
  let hash = (seed + PRIME_5) & MASK
  if (length >= 32) {
    const lanes = [
      (seed + PRIME_1 + PRIME_2) & MASK,
      (seed + PRIME_2) & MASK,
      seed,
      (seed - PRIME_1) & MASK,
    ] as [bigint, bigint, bigint, bigint]
    for (; at + 32 <= length; at += 32) {
      for (let lane = 0; lane < 4; lane++) {
        lanes[lane] = round(lanes[lane] as bigint, view.getBigUint64(at + lane * 8, true))
      }
    }
    const [a, b, c, d] = lanes
    hash = (rotate(a, 1n) + rotate(b, 7n) + rotate(c, 12n) + rotate(d, 18n)) & MASK
    for (const lane of lanes) hash = merge(hash, lane)
  }
  hash = (hash + BigInt(length)) & MASK
  for (; at + 8 <= length; at += 8) {
    hash ^= round(0n, view.getBigUint64(at, true))
    hash = (rotate(hash, 27n) * PRIME_1 + PRIME_4) & MASK
  }
  if (at + 4 <= length) {
    hash ^= (BigInt(view.getUint32(at, true)) * PRIME_1) & MASK
    hash = (rotate(hash, 23n) * PRIME_2 + PRIME_3) & MASK
    at += 4
  }
  for (; at < length; at++) {
    hash ^= (BigInt(view.getUint8(at)) * PRIME_5) & MASK
    hash = (rotate(hash, 11n) * PRIME_1) & MASK
  }
  return avalanche(hash)
}

function avalanche(value: bigint): bigint {
  let hash = value
  hash = ((hash ^ (hash >> 33n)) * PRIME_2) & MASK
  hash = ((hash ^ (hash >> 29n)) * PRIME_3) & MASK
  return hash ^ (hash >> 32n)
}
