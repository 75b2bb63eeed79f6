/** Bitmaps: least significant bit first, as Arrow lays them out. */

/** Bytes for `length` bits, padded to 8 so that they can be copied as they are into IPC. */
export function bitmapBytes(length: number): number {
  return ((length + 63) >>> 6) << 3
}

export function bitAt(bits: Uint8Array, index: number): boolean {
  return (bits[index >> 3]! & (1 << (index & 7))) !== 0
}

/** Number of bits set in `[start, end)`. */
export function countBits(bits: Uint8Array, start: number, end: number): number {
  let count = 0
  let index = start
  for (; index < end && (index & 7) !== 0; index++) count += (bits[index >> 3]! >> (index & 7)) & 1
  for (; index + 8 <= end; index += 8) count += popcount8(bits[index >> 3]!)
  for (; index < end; index++) count += (bits[index >> 3]! >> (index & 7)) & 1
  return count
}

function popcount8(byte: number): number {
  const pairs = byte - ((byte >> 1) & 0x55)
  const nibbles = (pairs & 0x33) + ((pairs >> 2) & 0x33)
  return (nibbles + (nibbles >> 4)) & 0x0f
}

/** Copies `length` bits from `from` at `fromIndex` to `to` at `toIndex`; `to` must hold zeros there. */
export function copyBits(
  from: Uint8Array,
  fromIndex: number,
  to: Uint8Array,
  toIndex: number,
  length: number,
): void {
  if ((fromIndex & 7) === 0 && (toIndex & 7) === 0) {
    const bytes = length >> 3
    to.set(from.subarray(fromIndex >> 3, (fromIndex >> 3) + bytes), toIndex >> 3)
    for (let i = bytes << 3; i < length; i++)
      if (bitAt(from, fromIndex + i)) setBit(to, toIndex + i)
    return
  }
  for (let i = 0; i < length; i++) if (bitAt(from, fromIndex + i)) setBit(to, toIndex + i)
}

export function setBit(bits: Uint8Array, index: number): void {
  bits[index >> 3] = bits[index >> 3]! | (1 << (index & 7))
}

/** Sets `length` bits from `start`. */
export function setBits(bits: Uint8Array, start: number, length: number): void {
  let index = start
  const end = start + length
  for (; index < end && (index & 7) !== 0; index++) setBit(bits, index)
  const whole = (end - index) >> 3
  bits.fill(255, index >> 3, (index >> 3) + Math.max(0, whole))
  for (index += Math.max(0, whole) << 3; index < end; index++) setBit(bits, index)
}
