/** Bits in Arrow's order: bit `i` is bit `i % 8` of byte `i >> 3`. */

export function getBit(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] as number) >> (index & 7)) & 1) === 1
}

/** Sets or clears `count` bits from `start`. */
export function fillBits(bits: Uint8Array, start: number, count: number, value: boolean): void {
  const end = start + count
  let i = start
  for (; i < end && (i & 7) !== 0; i++) putBit(bits, i, value)
  const bytes = (end - i) >> 3
  if (bytes > 0) {
    bits.fill(value ? 0xff : 0, i >> 3, (i >> 3) + bytes)
    i += bytes * 8
  }
  for (; i < end; i++) putBit(bits, i, value)
}

export function putBit(bits: Uint8Array, index: number, value: boolean): void {
  const at = index >> 3
  const mask = 1 << (index & 7)
  bits[at] = value ? (bits[at] as number) | mask : (bits[at] as number) & ~mask
}

/** Copies `count` bits; source and target may begin inside a byte, but must not overlap upwards. */
export function copyBits(
  from: Uint8Array,
  fromBit: number,
  to: Uint8Array,
  toBit: number,
  count: number,
): void {
  let i = 0
  for (; i < count && ((toBit + i) & 7) !== 0; i++) {
    putBit(to, toBit + i, getBit(from, fromBit + i))
  }
  const bytes = (count - i) >> 3
  const shift = (fromBit + i) & 7
  const source = (fromBit + i) >> 3
  const target = (toBit + i) >> 3
  if (shift === 0) {
    if (bytes > 0) to.set(from.subarray(source, source + bytes), target)
  } else {
    for (let k = 0; k < bytes; k++) {
      const low = (from[source + k] as number) >>> shift
      const high = (from[source + k + 1] as number) << (8 - shift)
      to[target + k] = low | high
    }
  }
  for (i += bytes * 8; i < count; i++) putBit(to, toBit + i, getBit(from, fromBit + i))
}

const popCounts = Uint8Array.from({ length: 256 }, (_, byte) => {
  let count = 0
  for (let bits = byte; bits !== 0; bits &= bits - 1) count++
  return count
})

/** How many of `count` bits from `start` are set. */
export function countBits(bits: Uint8Array, start: number, count: number): number {
  const end = start + count
  let set = 0
  let i = start
  for (; i < end && (i & 7) !== 0; i++) if (getBit(bits, i)) set++
  for (; i + 8 <= end; i += 8) set += popCounts[bits[i >> 3] as number] as number
  for (; i < end; i++) if (getBit(bits, i)) set++
  return set
}
