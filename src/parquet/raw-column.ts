/**
 * A decoded column without its Arrow type: buffers in Arrow's layout, offset 0. It crosses threads
 * by transfer and becomes Arrow data where the schema is.
 */
export interface RawColumn {
  readonly length: number
  readonly nullCount: number
  /** One bit for each value; left out when nothing is null. */
  readonly validity: Uint8Array | undefined
  /** Fixed-width values, bits of booleans, bytes of strings, or dictionary indices. */
  readonly values: Uint8Array | undefined
  /** Of strings, lists and maps: `length + 1` positions. */
  readonly offsets: Int32Array | undefined
  readonly children: readonly RawColumn[]
  readonly dictionary: RawColumn | undefined
}

/** Rows `[start, end)`. */
export interface RowRange {
  readonly start: number
  readonly end: number
}

/**
 * All buffers of some columns that hold anything, each once: what moves with a transfer. Empty ones
 * stay out of it, since decoders share them and a transfer would detach them for ever.
 */
export function buffersOf(columns: readonly RawColumn[]): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  const walk = (column: RawColumn): void => {
    for (const part of [column.validity, column.values, column.offsets]) {
      if (part !== undefined && part.buffer.byteLength > 0) found.add(part.buffer as ArrayBuffer)
    }
    column.children.forEach(walk)
    if (column.dictionary !== undefined) walk(column.dictionary)
  }
  columns.forEach(walk)
  return [...found]
}
