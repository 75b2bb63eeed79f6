/** Rows of a column or batch by index, copied into fresh buffers. */
import { type Data, RecordBatch } from 'apache-arrow'
import { bitmapBytes, setBit } from './bits.js'
import { layoutOf, makeColumn, offsets32, validityOf, valueBytes } from './layout.js'

/** Below this many bytes a loop beats `set`. */
const shortBytes = 48
/** Up to this length values are copied in words, over what follows them. */
const wordBytes = 64
/** Bytes copied at a time, and room for them after the last value. */
const stepBytes = 8

export type Indices = Int32Array | Uint32Array

/** The rows at `indices`, in that order; repeats are allowed. Indices must be in range. */
export function takeBatch(batch: RecordBatch, indices: Indices): RecordBatch {
  const children = batch.data.children.map((column) => takeData(column, indices))
  const data = makeColumn(batch.data.type, indices.length, 0, { children })
  return new RecordBatch(batch.schema, data as typeof batch.data)
}

/**
 * The values at `indices`. Index -1 gives null. Dictionaries are shared, not copied.
 *
 * @throws Unsupported for unions, views and run-end encoded columns
 */
export function takeData(data: Data, indices: Indices): Data {
  const layout = layoutOf(data.type)
  const length = indices.length
  if (layout.kind === 'null') return makeColumn(data.type, length, length, {})
  const { validity, nullCount } = takeValidity(data, indices)
  switch (layout.kind) {
    case 'bool':
      return makeColumn(data.type, length, nullCount, { validity, values: takeBits(data, indices) })
    case 'fixed': {
      const bytes = takeFixed(valueBytes(data), layout.width, indices)
      const values = typedValues(data, bytes)
      return makeColumn(data.type, length, nullCount, {
        validity,
        values,
        dictionary: data.dictionary,
      })
    }
    case 'bytes': {
      const taken = takeBytes(offsets32(data), valueBytes(data), indices)
      const offsets = layout.large ? widen(taken.offsets) : taken.offsets
      return makeColumn(data.type, length, nullCount, { validity, offsets, values: taken.values })
    }
    case 'list': {
      const taken = takeRanges(offsets32(data), indices)
      const offsets = layout.large ? widen(taken.offsets) : taken.offsets
      const children = data.children.map((child) => takeData(child, taken.indices))
      return makeColumn(data.type, length, nullCount, { validity, offsets, children })
    }
    case 'fixed-list': {
      const inner = expand(indices, layout.size)
      const children = data.children.map((child) => takeData(child, inner))
      return makeColumn(data.type, length, nullCount, { validity, children })
    }
    case 'struct': {
      const children = data.children.map((child) => takeData(child, indices))
      return makeColumn(data.type, length, nullCount, { validity, children })
    }
  }
}

/** A view of `bytes` of the same kind of array as the column has. */
export function typedValues(data: Data, bytes: Uint8Array): ArrayBufferView {
  const like = data.values as ArrayBufferView | undefined
  if (like === undefined) return bytes
  const ArrayType = like.constructor as {
    BYTES_PER_ELEMENT: number
    new (buffer: ArrayBufferLike, offset: number, length: number): ArrayBufferView
  }
  const length = bytes.byteLength / ArrayType.BYTES_PER_ELEMENT
  return new ArrayType(bytes.buffer, bytes.byteOffset, length)
}

export function widen(offsets: Int32Array): BigInt64Array {
  return BigInt64Array.from(offsets, (offset) => BigInt(offset))
}

/** Validity of the rows at `indices`; -1 is null. */
export function takeValidity(
  data: Data,
  indices: Indices,
): { validity?: Uint8Array; nullCount: number } {
  const bits = validityOf(data)
  const length = indices.length
  if (bits === undefined && !hasNegative(indices)) return { nullCount: 0 }
  const validity = new Uint8Array(bitmapBytes(length))
  const offset = data.offset
  let nullCount = 0
  for (let i = 0; i < length; i++) {
    const from = indices[i]!
    const at = offset + from
    const valid = from >= 0 && (bits === undefined || (bits[at >> 3]! & (1 << (at & 7))) !== 0)
    if (valid) validity[i >> 3] = validity[i >> 3]! | (1 << (i & 7))
    else nullCount++
  }
  return nullCount === 0 ? { nullCount } : { validity, nullCount }
}

function hasNegative(indices: Indices): boolean {
  if (indices instanceof Uint32Array) return false
  for (let i = 0; i < indices.length; i++) if (indices[i]! < 0) return true
  return false
}

function takeBits(data: Data, indices: Indices): Uint8Array {
  const bits = valueBytes(data)
  const taken = new Uint8Array(bitmapBytes(indices.length))
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]!
    if (from < 0) continue
    const at = data.offset + from
    if ((bits[at >> 3]! & (1 << (at & 7))) !== 0) setBit(taken, i)
  }
  return taken
}

/** Gathers `width`-byte values; -1 leaves zeros. Words are moved as integers: no NaN is rewritten. */
function takeFixed(bytes: Uint8Array, width: number, indices: Indices): Uint8Array {
  const taken = new Uint8Array(indices.length * width)
  const words = width >> 2
  if ((width & 3) !== 0 || (bytes.byteOffset & 3) !== 0) {
    takeUnaligned(bytes, width, indices, taken)
    return taken
  }
  const from = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2)
  const to = new Int32Array(taken.buffer)
  if (words === 1) {
    for (let i = 0; i < indices.length; i++) to[i] = from[indices[i]!] ?? 0
  } else if (words === 2) {
    for (let i = 0; i < indices.length; i++) {
      const at = indices[i]! * 2
      to[2 * i] = from[at] ?? 0
      to[2 * i + 1] = from[at + 1] ?? 0
    }
  } else {
    for (let i = 0; i < indices.length; i++) {
      const at = indices[i]! * words
      for (let word = 0; word < words; word++) to[i * words + word] = from[at + word] ?? 0
    }
  }
  return taken
}

function takeUnaligned(
  bytes: Uint8Array,
  width: number,
  indices: Indices,
  taken: Uint8Array,
): void {
  for (let i = 0; i < indices.length; i++) {
    const at = indices[i]! * width
    if (at < 0) continue
    for (let byte = 0; byte < width; byte++) taken[i * width + byte] = bytes[at + byte]!
  }
}

/** Rows that follow each other are copied at once. */
function takeBytes(
  offsets: Int32Array,
  bytes: Uint8Array,
  indices: Indices,
): { offsets: Int32Array; values: Uint8Array } {
  const taken = new Int32Array(indices.length + 1)
  let total = 0
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]!
    if (from >= 0) total += offsets[from + 1]! - offsets[from]!
    taken[i + 1] = total
  }
  const values = new Uint8Array(total + stepBytes)
  const copy = copier(bytes, values)
  for (let i = 0; i < indices.length; ) {
    const first = indices[i]!
    const at = taken[i]!
    i++
    if (first < 0) continue
    let last = first
    while (i < indices.length && indices[i] === last + 1) {
      last++
      i++
    }
    copy(offsets[first]!, offsets[last + 1]!, at)
  }
  return { offsets: taken, values: values.subarray(0, total) }
}

/** Copies `bytes[start, end)` to `at`; the target has `stepBytes` of room after its last value. */
function copier(
  bytes: Uint8Array,
  values: Uint8Array,
): (start: number, end: number, at: number) => void {
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const target = new DataView(values.buffer)
  const safe = bytes.byteLength - stepBytes
  return (start, end, at) => {
    const length = end - start
    if (length <= wordBytes && end <= safe) {
      for (let k = 0; k < length; k += stepBytes) {
        target.setInt32(at + k, source.getInt32(start + k, true), true)
        target.setInt32(at + k + 4, source.getInt32(start + k + 4, true), true)
      }
    } else if (length < shortBytes) {
      for (let k = 0; k < length; k++) values[at + k] = bytes[start + k]!
    } else values.set(bytes.subarray(start, end), at)
  }
}

/** The child rows of the taken lists, and the new offsets. */
function takeRanges(
  offsets: Int32Array,
  indices: Indices,
): { offsets: Int32Array; indices: Int32Array } {
  const taken = new Int32Array(indices.length + 1)
  let total = 0
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]!
    if (from >= 0) total += offsets[from + 1]! - offsets[from]!
    taken[i + 1] = total
  }
  const inner = new Int32Array(total)
  let at = 0
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]!
    if (from < 0) continue
    const end = offsets[from + 1]!
    for (let k = offsets[from]!; k < end; k++) inner[at++] = k
  }
  return { offsets: taken, indices: inner }
}

function expand(indices: Indices, size: number): Int32Array {
  const inner = new Int32Array(indices.length * size)
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]!
    for (let k = 0; k < size; k++) inner[i * size + k] = from < 0 ? -1 : from * size + k
  }
  return inner
}
