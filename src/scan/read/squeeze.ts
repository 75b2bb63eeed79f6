/** Rows taken out of decoded columns: most of them in place, a few into fresh memory. */
import { type Data, Type } from 'apache-arrow'
import { layoutOf, makeColumn } from '../../arrow/layout.js'
import { takeData, takeValidity } from '../../arrow/take.js'

/** From this part of the rows on, the column's own memory is not worth giving back. */
const IN_PLACE_PART = 0.75

/**
 * The rows at ascending `indices`. The column must be the caller's own: its values may be moved
 * within their memory, and it must not be used any more.
 */
export function squeezeData(data: Data, indices: Uint32Array): Data {
  if (indices.length < data.length * IN_PLACE_PART) return takeData(data, indices)
  if (data.typeId === Type.Dictionary || data.offset !== 0) return takeData(data, indices)
  const layout = layoutOf(data.type)
  const values = data.values as ArrayBufferView | undefined
  if (layout.kind === 'bytes' && !layout.large && values instanceof Uint8Array) {
    return squeezeBytes(data, values, indices)
  }
  const isPlain =
    layout.kind === 'fixed' &&
    values !== undefined &&
    (layout.width & 3) === 0 &&
    (values.byteOffset & 3) === 0
  if (!isPlain) return takeData(data, indices)
  const { validity, nullCount } = takeValidity(data, indices)
  const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength >> 2)
  moveWords(words, layout.width >> 2, indices)
  const moved = values as unknown as { subarray(start: number, end: number): ArrayBufferView }
  const perRow = layout.width / (values as unknown as Uint8Array).BYTES_PER_ELEMENT
  return makeColumn(data.type, indices.length, nullCount, {
    validity,
    values: moved.subarray(0, indices.length * perRow),
  })
}

/** Rows that follow each other move at once, and nothing moves before the first gap. */
function squeezeBytes(data: Data, values: Uint8Array, indices: Uint32Array): Data {
  const { validity, nullCount } = takeValidity(data, indices)
  const offsets = data.valueOffsets as Int32Array
  const rows = indices.length
  let at = offsets[0]!
  // The run of rows that is to be moved: its bytes, and the row that would continue it.
  let start = at
  let end = at
  let next = 0
  for (let row = 0; row < rows; row += 1) {
    const from = indices[row]!
    if (from !== next) {
      if (at !== start) values.copyWithin(at, start, end)
      at += end - start
      // Read before anything at or after it is overwritten: `from` is beyond `row`.
      start = offsets[from]!
      end = start
    }
    const length = offsets[from + 1]! - end
    end += length
    offsets[row + 1] = at + (end - start)
    next = from + 1
  }
  if (at !== start) values.copyWithin(at, start, end)
  return makeColumn(data.type, rows, nullCount, {
    validity,
    offsets: offsets.subarray(0, rows + 1),
    values,
  })
}

/** Each index is at or after the place it moves to, so nothing is overwritten before it is read. */
function moveWords(words: Int32Array, width: number, indices: Uint32Array): void {
  const rows = indices.length
  if (width === 1) {
    for (let row = 0; row < rows; row += 1) words[row] = words[indices[row]!]!
  } else if (width === 2) {
    for (let row = 0; row < rows; row += 1) {
      const from = indices[row]! * 2
      words[2 * row] = words[from]!
      words[2 * row + 1] = words[from + 1]!
    }
  } else {
    for (let row = 0; row < rows; row += 1) {
      const from = indices[row]! * width
      for (let word = 0; word < width; word += 1) words[row * width + word] = words[from + word]!
    }
  }
}
