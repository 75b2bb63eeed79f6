/**
 * Unpacks little-endian bit-packed values of `width` bits (0 to 32), the packing of Parquet's RLE
 * hybrid and delta encodings: value `i` begins at bit `i * width` from byte `base`.
 *
 * The caller has checked that all packed bytes lie inside `view`.
 */
export function unpackBits(
  view: DataView,
  base: number,
  first: number,
  width: number,
  out: Int32Array,
  at: number,
  count: number,
): void {
  if (width === 0) {
    out.fill(0, at, at + count)
  } else if (width === 8) {
    for (let i = 0; i < count; i++) out[at + i] = view.getUint8(base + first + i)
  } else if (width === 16) {
    const start = base + first * 2
    for (let i = 0; i < count; i++) out[at + i] = view.getUint16(start + i * 2, true)
  } else if (width === 32) {
    const start = base + first * 4
    for (let i = 0; i < count; i++) out[at + i] = view.getInt32(start + i * 4, true)
  } else {
    unpackAny(view, base, first, width, out, at, count)
  }
}

function unpackAny(
  view: DataView,
  base: number,
  first: number,
  width: number,
  out: Int32Array,
  at: number,
  count: number,
): void {
  // A value of up to 25 bits lies within the four bytes from its first one; a wider one within five.
  const load = width <= 25 ? 4 : 5
  const startBit = (first % 8) * width
  const start = base + Math.floor(first / 8) * width
  const lastLoad = view.byteLength - load
  const room =
    lastLoad < start ? 0 : Math.floor(((lastLoad - start) * 8 + 7 - startBit) / width) + 1
  const fast = Math.max(0, Math.min(count, room))
  const mask = (1 << width) - 1
  // Pieces keep bit positions small integers however long the run is.
  for (let done = 0; done < fast; done += pieceValues) {
    const piece = Math.min(pieceValues, fast - done)
    const from = start + Math.floor(done / 8) * width
    if (load === 4) unpackNarrow(view, from, startBit, width, mask, out, at + done, piece)
    else unpackWide(view, from, startBit, width, mask, out, at + done, piece)
  }
  for (let i = fast; i < count; i++)
    out[at + i] = oneValue(view, start, startBit + i * width, width)
}

/** A multiple of eight, so that pieces begin where a byte begins. */
const pieceValues = 1 << 20

function unpackNarrow(
  view: DataView,
  start: number,
  startBit: number,
  width: number,
  mask: number,
  out: Int32Array,
  at: number,
  count: number,
): void {
  const end = at + count
  for (let o = at, bit = startBit; o < end; o++, bit += width) {
    out[o] = (view.getInt32(start + (bit >>> 3), true) >>> (bit & 7)) & mask
  }
}

function unpackWide(
  view: DataView,
  start: number,
  startBit: number,
  width: number,
  mask: number,
  out: Int32Array,
  at: number,
  count: number,
): void {
  const end = at + count
  for (let o = at, bit = startBit; o < end; o++, bit += width) {
    const q = start + (bit >>> 3)
    const shift = bit & 7
    // Shifting in two steps, because a shift by 32 is a shift by 0.
    const high = (view.getUint8(q + 4) << 1) << (31 - shift)
    out[o] = ((view.getInt32(q, true) >>> shift) | high) & mask
  }
}

/** One value, byte by byte: for the last ones, whose wide loads would leave the buffer. */
function oneValue(view: DataView, start: number, bit: number, width: number): number {
  let value = 0
  for (let got = 0; got < width; ) {
    const position = bit + got
    const shift = position % 8
    const byte = view.getUint8(start + Math.floor(position / 8)) >>> shift
    value |= byte << got
    got += 8 - shift
  }
  return width === 32 ? value : value & ((1 << width) - 1)
}
