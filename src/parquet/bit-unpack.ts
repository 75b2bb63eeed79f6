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

/** Widths of up to 25 bits, whose values lie within one load of four bytes. */
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
  let done = 0
  // Eight values begin where a byte begins, and their shifts are the same in every group.
  if (startBit === 0) {
    const groups = count >>> 3
    if (width <= 4) unpackGroups4(view, start, width, mask, out, at, groups)
    else if (width <= 7) unpackGroups7(view, start, width, mask, out, at, groups)
    else if (width <= 13) unpackGroups13(view, start, width, mask, out, at, groups)
    else unpackGroups25(view, start, width, mask, out, at, groups)
    done = groups * 8
  }
  const end = at + count
  for (let o = at + done, bit = startBit + done * width; o < end; o++, bit += width) {
    out[o] = (view.getInt32(start + (bit >>> 3), true) >>> (bit & 7)) & mask
  }
}

/** One load holds a whole group. */
function unpackGroups4(
  view: DataView,
  start: number,
  width: number,
  mask: number,
  out: Int32Array,
  at: number,
  groups: number,
): void {
  const end = at + groups * 8
  for (let o = at, p = start; o < end; o += 8, p += width) {
    const bits = view.getInt32(p, true)
    out[o] = bits & mask
    out[o + 1] = (bits >>> width) & mask
    out[o + 2] = (bits >>> (width * 2)) & mask
    out[o + 3] = (bits >>> (width * 3)) & mask
    out[o + 4] = (bits >>> (width * 4)) & mask
    out[o + 5] = (bits >>> (width * 5)) & mask
    out[o + 6] = (bits >>> (width * 6)) & mask
    out[o + 7] = (bits >>> (width * 7)) & mask
  }
}

/** Two loads of four values. */
function unpackGroups7(
  view: DataView,
  start: number,
  width: number,
  mask: number,
  out: Int32Array,
  at: number,
  groups: number,
): void {
  const end = at + groups * 8
  const second = width >>> 1
  const shift = (width & 1) * 4
  for (let o = at, p = start; o < end; o += 8, p += width) {
    const low = view.getInt32(p, true)
    const high = view.getInt32(p + second, true) >>> shift
    out[o] = low & mask
    out[o + 1] = (low >>> width) & mask
    out[o + 2] = (low >>> (width * 2)) & mask
    out[o + 3] = (low >>> (width * 3)) & mask
    out[o + 4] = high & mask
    out[o + 5] = (high >>> width) & mask
    out[o + 6] = (high >>> (width * 2)) & mask
    out[o + 7] = (high >>> (width * 3)) & mask
  }
}

/** Four loads of two values. */
function unpackGroups13(
  view: DataView,
  start: number,
  width: number,
  mask: number,
  out: Int32Array,
  at: number,
  groups: number,
): void {
  const end = at + groups * 8
  const b = (width * 2) >>> 3
  const c = (width * 4) >>> 3
  const d = (width * 6) >>> 3
  const shiftB = (width * 2) & 7
  const shiftC = (width * 4) & 7
  const shiftD = (width * 6) & 7
  for (let o = at, p = start; o < end; o += 8, p += width) {
    const first = view.getInt32(p, true)
    const second = view.getInt32(p + b, true) >>> shiftB
    const third = view.getInt32(p + c, true) >>> shiftC
    const fourth = view.getInt32(p + d, true) >>> shiftD
    out[o] = first & mask
    out[o + 1] = (first >>> width) & mask
    out[o + 2] = second & mask
    out[o + 3] = (second >>> width) & mask
    out[o + 4] = third & mask
    out[o + 5] = (third >>> width) & mask
    out[o + 6] = fourth & mask
    out[o + 7] = (fourth >>> width) & mask
  }
}

/** A load for each value. */
function unpackGroups25(
  view: DataView,
  start: number,
  width: number,
  mask: number,
  out: Int32Array,
  at: number,
  groups: number,
): void {
  const end = at + groups * 8
  const b = width >>> 3
  const c = (width * 2) >>> 3
  const d = (width * 3) >>> 3
  const e = (width * 4) >>> 3
  const f = (width * 5) >>> 3
  const g = (width * 6) >>> 3
  const h = (width * 7) >>> 3
  const shift = width & 7
  for (let o = at, p = start; o < end; o += 8, p += width) {
    out[o] = view.getInt32(p, true) & mask
    out[o + 1] = (view.getInt32(p + b, true) >>> shift) & mask
    out[o + 2] = (view.getInt32(p + c, true) >>> ((shift * 2) & 7)) & mask
    out[o + 3] = (view.getInt32(p + d, true) >>> ((shift * 3) & 7)) & mask
    out[o + 4] = (view.getInt32(p + e, true) >>> ((shift * 4) & 7)) & mask
    out[o + 5] = (view.getInt32(p + f, true) >>> ((shift * 5) & 7)) & mask
    out[o + 6] = (view.getInt32(p + g, true) >>> ((shift * 6) & 7)) & mask
    out[o + 7] = (view.getInt32(p + h, true) >>> ((shift * 7) & 7)) & mask
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
