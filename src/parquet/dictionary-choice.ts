/** Which columns of a row group repeat so little that a dictionary would only cost. */
import { type Data, type RecordBatch, Type } from 'apache-arrow'

/**
 * How often a value must repeat on average for a dictionary to pay. Measured with zstd: a key that
 * comes four times is larger as a dictionary of 8-byte values than plain (seven times larger where
 * the key is sorted), while longer texts pay off sooner.
 */
const numberRepeats = 5
const textRepeats = 2
const numberWidth = 8
/** Row groups smaller than this are not worth the look. */
const rowsMin = 10_000
/** Values looked at per column. */
const sampleSize = 2048
/** Steps of a linear congruential generator (Numerical Recipes): spread, and the same every time. */
const lcgFactor = 1664525
const lcgStep = 1013904223

/**
 * Names of the top-level columns to write without a dictionary: the number of distinct values,
 * estimated from how often a sample repeats itself, would pass the dictionary size, or values repeat
 * too seldom.
 */
export function plainColumns(batches: readonly RecordBatch[], dictionaryBytes: number): string[] {
  const first = batches[0]
  if (first === undefined) return []
  const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0)
  if (rows < rowsMin) return []
  const names: string[] = []
  first.schema.fields.forEach((field, index) => {
    const columns = batches.map((batch) => batch.data.children[index]).filter(hasRows)
    const width = columns[0] === undefined ? 0 : sampleWidth(columns[0])
    if (width === 0) return
    const distinct = estimateDistinct(columns, rows)
    const repeats = width <= numberWidth ? numberRepeats : textRepeats
    if (distinct > rows / repeats || distinct * width > dictionaryBytes) names.push(field.name)
  })
  return names
}

function hasRows(column: Data | undefined): column is Data {
  return column !== undefined && column.length > 0
}

/** Bytes a value takes in a dictionary page; 0 for types that are not sampled. */
function sampleWidth(data: Data): number {
  switch (data.typeId) {
    case Type.Int:
    case Type.Date:
    case Type.Time:
    case Type.Timestamp:
    case Type.Float:
      return (data.values as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT
    case Type.Utf8:
    case Type.Binary: {
      const offsets = data.valueOffsets as Int32Array
      return 4 + ((offsets[data.length] ?? 0) - (offsets[0] ?? 0)) / data.length
    }
    case Type.FixedSizeBinary:
      return (data.type as unknown as { byteWidth: number }).byteWidth
    case Type.Decimal:
      return 16
    default:
      return 0
  }
}

/**
 * Distinct values estimated from the pairs of equal values in a sample of all rows (the birthday
 * problem). A sample of one batch would mislead where the column is sorted.
 */
function estimateDistinct(columns: readonly Data[], rows: number): number {
  const readers = columns.map(sampleKey)
  const counts = new Map<unknown, number>()
  let pairs = 0
  let state = 12345
  for (let i = 0; i < sampleSize; i++) {
    state = (Math.imul(state, lcgFactor) + lcgStep) >>> 0
    let row = Math.floor((state / 2 ** 32) * rows)
    let at = 0
    while (row >= (columns[at]?.length ?? rows)) row -= columns[at++]?.length ?? 0
    const key = readers[at]?.(row)
    const seen = counts.get(key) ?? 0
    pairs += seen
    counts.set(key, seen + 1)
  }
  return pairs === 0 ? rows : (sampleSize * sampleSize) / (2 * pairs)
}

function sampleKey(data: Data): (index: number) => unknown {
  const values = data.values as ArrayLike<unknown>
  if (data.valueOffsets !== undefined) {
    const offsets = data.valueOffsets as Int32Array
    const bytes = values as Uint8Array
    return (index) => bytesKey(bytes, offsets[index] ?? 0, offsets[index + 1] ?? 0)
  }
  const { stride } = data
  if (stride === 1) return (index) => values[index]
  const bytes = values as Uint8Array | Uint32Array
  return (index) => bytesKey(bytes, index * stride, (index + 1) * stride)
}

/** A hash of some bytes (FNV-1a) with their number: equal for equal bytes, seldom for others. */
function bytesKey(bytes: ArrayLike<number>, start: number, end: number): number {
  let hash = 2166136261
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 16777619)
  return (hash >>> 0) * 64 + ((end - start) & 63)
}
