const C1 = 0xcc9e2d51
const C2 = 0x1b873593

function mixBlock(hash: number, block: number): number {
  let k = Math.imul(block, C1)
  k = (k << 15) | (k >>> 17)
  const h = hash ^ Math.imul(k, C2)
  return Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64
}

function finish(hash: number, length: number): number {
  let h = hash ^ length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/**
 * The 32-bit Murmur3 hash, x86 variant, as a signed integer (Iceberg spec: Appendix B) of the first
 * `length` bytes.
 */
export function murmur3x86(bytes: Uint8Array, seed = 0, length = bytes.length): number {
  const blocksEnd = length & ~3
  let hash = seed | 0
  let i = 0
  for (; i < blocksEnd; i += 4) {
    const block =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    hash = mixBlock(hash, block)
  }
  let tail = 0
  for (let j = length - 1; j >= blocksEnd; j--) tail = (tail << 8) | (bytes[j] as number)
  if (length > blocksEnd) {
    let k = Math.imul(tail, C1)
    k = (k << 15) | (k >>> 17)
    hash ^= Math.imul(k, C2)
  }
  return finish(hash, length)
}

/** The hash of the 8 little-endian bytes of a 64-bit integer, given as its two 32-bit halves. */
export function murmur3Long(low: number, high: number): number {
  return finish(mixBlock(mixBlock(0, low), high), 8)
}
