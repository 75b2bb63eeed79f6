/** Slices that share buffers, and slices copied so that buffers hold nothing but the slice. */
import { type Data, RecordBatch } from 'apache-arrow'
import { bitmapBytes, copyBits } from './bits.js'
import { layoutOf, makeColumn, offsets32, validityOf, valueBytes } from './layout.js'
import { typedValues, widen } from './take.js'

/** Rows `[start, end)` of a batch, sharing its buffers. */
export function sliceBatch(batch: RecordBatch, start: number, end: number): RecordBatch {
  if (start === 0 && end >= batch.numRows) return batch
  const children = batch.data.children.map((column) => column.slice(start, end - start))
  const data = makeColumn(batch.data.type, end - start, 0, { children })
  return new RecordBatch(batch.schema, data as typeof batch.data)
}

/** Whether a column's buffers hold just its rows, from offset 0. */
function isCompact(data: Data): boolean {
  if (data.offset !== 0) return false
  const layout = layoutOf(data.type)
  switch (layout.kind) {
    case 'null':
      return true
    case 'bool':
      return valueBytes(data).byteLength <= bitmapBytes(data.length)
    case 'fixed':
      return valueBytes(data).byteLength <= data.length * layout.width + 64
    case 'bytes': {
      const offsets = offsets32(data)
      const end = offsets[data.length]!
      return offsets[0] === 0 && valueBytes(data).byteLength <= end + 64
    }
    case 'list': {
      const offsets = offsets32(data)
      const child = data.children[0]
      return (
        child !== undefined &&
        offsets[0] === 0 &&
        child.length === offsets[data.length] &&
        isCompact(child)
      )
    }
    case 'fixed-list':
      return data.children.every(
        (child) => child.length === data.length * layout.size && isCompact(child),
      )
    case 'struct':
      return data.children.every((child) => child.length === data.length && isCompact(child))
  }
}

/**
 * The same values with offset 0 and buffers cut to the rows (dictionaries are kept whole). Gives
 * `data` itself when it is so already. Use before a column is kept for long, sent or serialised.
 */
export function compactData(data: Data): Data {
  return isCompact(data) ? data : copyData(data)
}

/** `compactData` for every column. */
export function compactBatch(batch: RecordBatch): RecordBatch {
  const columns = batch.data.children
  const children = columns.map(compactData)
  if (children.every((child, index) => child === columns[index])) return batch
  const data = makeColumn(batch.data.type, batch.numRows, 0, { children })
  return new RecordBatch(batch.schema, data as typeof batch.data)
}

function copyData(data: Data): Data {
  const layout = layoutOf(data.type)
  const { length, nullCount } = data
  if (layout.kind === 'null') return makeColumn(data.type, length, length, {})
  const validity = copyValidity(data)
  switch (layout.kind) {
    case 'bool': {
      const values = new Uint8Array(bitmapBytes(length))
      copyBits(valueBytes(data), data.offset, values, 0, length)
      return makeColumn(data.type, length, nullCount, { validity, values })
    }
    case 'fixed': {
      const bytes = valueBytes(data).slice(0, length * layout.width)
      const values = typedValues(data, bytes)
      return makeColumn(data.type, length, nullCount, {
        validity,
        values,
        dictionary: data.dictionary,
      })
    }
    case 'bytes': {
      const from = offsets32(data)
      const start = from[0]!
      const values = valueBytes(data).slice(start, from[length]!)
      const offsets = rebase(from, length, layout.large)
      return makeColumn(data.type, length, nullCount, { validity, offsets, values })
    }
    case 'list': {
      const from = offsets32(data)
      const start = from[0]!
      const count = from[length]! - start
      const children = data.children.map((child) => compactData(child.slice(start, count)))
      const offsets = rebase(from, length, layout.large)
      return makeColumn(data.type, length, nullCount, { validity, offsets, children })
    }
    case 'fixed-list': {
      const count = length * layout.size
      const children = data.children.map((child) => compactData(child.slice(0, count)))
      return makeColumn(data.type, length, nullCount, { validity, children })
    }
    case 'struct': {
      const children = data.children.map((child) => compactData(child.slice(0, length)))
      return makeColumn(data.type, length, nullCount, { validity, children })
    }
  }
}

/** The validity bits of the slice from bit 0; undefined when nothing is null. */
export function copyValidity(data: Data): Uint8Array | undefined {
  const bits = validityOf(data)
  if (bits === undefined) return undefined
  if (data.offset === 0 && bits.byteLength <= bitmapBytes(data.length)) return bits
  const validity = new Uint8Array(bitmapBytes(data.length))
  copyBits(bits, data.offset, validity, 0, data.length)
  return validity
}

function rebase(offsets: Int32Array, length: number, large: boolean): Int32Array | BigInt64Array {
  const start = offsets[0]!
  const moved = new Int32Array(length + 1)
  for (let i = 0; i <= length; i++) moved[i] = offsets[i]! - start
  return large ? widen(moved) : moved
}
