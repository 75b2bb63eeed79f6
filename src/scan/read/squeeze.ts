/** Rows taken out of decoded columns where most of them stay: moved together in place. */
import { type Data, Type } from 'apache-arrow'
import { layoutOf, makeColumn } from '../../arrow/layout.js'
import { takeData, takeValidity } from '../../arrow/take.js'
import type { Mask } from '../filter/mask.js'

/** From this part of the rows on, the column's own memory is not worth giving back. */
const IN_PLACE_PART = 0.75
/** Runs of as many words are moved by the platform. */
const LONG_RUN_WORDS = 64

/** The rows that stay, as runs of rows that follow each other. */
export class KeptRuns {
  readonly count: number
  /** First row and end of each run. */
  readonly bounds: Int32Array
  #indices: Uint32Array | undefined

  constructor(bounds: Int32Array, count: number) {
    this.bounds = bounds
    this.count = count
  }

  /** Their numbers one by one. */
  get indices(): Uint32Array {
    if (this.#indices === undefined) {
      this.#indices = new Uint32Array(this.count)
      let at = 0
      for (let run = 0; run < this.bounds.length; run += 2) {
        const end = this.bounds[run + 1]!
        for (let row = this.bounds[run]!; row < end; row += 1) {
          this.#indices[at] = row
          at += 1
        }
      }
    }
    return this.#indices
  }
}

/** The `count` rows of a mask as runs, when most of its rows stay. */
export function keptRuns(mask: Mask, count: number): KeptRuns | undefined {
  const rows = mask.length
  if (count < rows * IN_PLACE_PART) return undefined
  // No more runs than rows that go, and one.
  const bounds = new Int32Array(2 * (rows - count + 1))
  let at = 0
  let before = 0
  for (let row = 0; row < rows; row += 1) {
    const stays = mask[row]!
    if (stays === before) continue
    bounds[at] = row
    at += 1
    before = stays
  }
  if (before === 1) {
    bounds[at] = rows
    at += 1
  }
  return new KeptRuns(bounds.subarray(0, at), count)
}

/**
 * The rows that stay. The column must be the caller's own: its values may be moved within their
 * memory, and it must not be used any more.
 */
export function squeezeData(data: Data, runs: KeptRuns): Data {
  if (data.typeId === Type.Dictionary || data.offset !== 0) return takeData(data, runs.indices)
  const layout = layoutOf(data.type)
  const values = data.values as ArrayBufferView | undefined
  if (layout.kind === 'bytes' && !layout.large && values instanceof Uint8Array) {
    return squeezeBytes(data, values, runs)
  }
  const isPlain =
    layout.kind === 'fixed' &&
    values !== undefined &&
    (layout.width & 3) === 0 &&
    (values.byteOffset & 3) === 0
  if (!isPlain) return takeData(data, runs.indices)
  const { validity, nullCount } = validityOfRuns(data, runs)
  const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength >> 2)
  moveWords(words, layout.width >> 2, runs)
  const moved = values as unknown as { subarray(start: number, end: number): ArrayBufferView }
  const perRow = layout.width / (values as unknown as Uint8Array).BYTES_PER_ELEMENT
  return makeColumn(data.type, runs.count, nullCount, {
    validity,
    values: moved.subarray(0, runs.count * perRow),
  })
}

function validityOfRuns(data: Data, runs: KeptRuns): ReturnType<typeof takeValidity> {
  return data.nullCount === 0 ? { nullCount: 0 } : takeValidity(data, runs.indices)
}

/** Nothing moves before the first gap. */
function squeezeBytes(data: Data, values: Uint8Array, runs: KeptRuns): Data {
  const { validity, nullCount } = validityOfRuns(data, runs)
  const { bounds, count } = runs
  const offsets = data.valueOffsets as Int32Array
  let at = offsets[0]!
  let to = 0
  for (let run = 0; run < bounds.length; run += 2) {
    // A row at least has gone before each further run: none of its offsets is overwritten yet.
    const first = bounds[run]!
    const last = bounds[run + 1]!
    const start = offsets[first]!
    const end = offsets[last]!
    const shift = start - at
    if (shift > 0) values.copyWithin(at, start, end)
    for (let row = first + 1; row <= last; row += 1) {
      to += 1
      offsets[to] = offsets[row]! - shift
    }
    at += end - start
  }
  return makeColumn(data.type, count, nullCount, {
    validity,
    offsets: offsets.subarray(0, count + 1),
    values,
  })
}

function moveWords(words: Int32Array, width: number, { bounds }: KeptRuns): void {
  let at = 0
  for (let run = 0; run < bounds.length; run += 2) {
    const start = bounds[run]! * width
    const end = bounds[run + 1]! * width
    if (start === at) at = end
    else if (end - start >= LONG_RUN_WORDS) {
      words.copyWithin(at, start, end)
      at += end - start
    } else {
      for (let from = start; from < end; from += 1) {
        words[at] = words[from]!
        at += 1
      }
    }
  }
}
