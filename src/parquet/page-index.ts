import { CompactReader, T } from '../codec/thrift/compact-reader.js'
import type { Limits } from '../env/limits.js'
import { LimitExceeded } from '../errors.js'
import type { ByteSource } from './contract.js'
import type { ColumnChunk, FileSpan, RowGroup, SchemaNode } from './model.js'
import type { PagePlace } from './read-node.js'
import { hasDefinedOrder, isSound, widenZero } from './statistics.js'
import { FieldReader } from './thrift-fields.js'

export interface PageIndexOptions {
  readonly limits: Limits
  readonly signal?: AbortSignal | undefined
}

/** Where the data pages of a chunk are, in order. */
export interface OffsetIndex {
  readonly pages: readonly PagePlace[]
}

/** Bounds of the data pages of a chunk, one element for each page. */
export interface ColumnIndex {
  /** Pages that hold nothing but nulls: their bounds mean nothing. */
  readonly nullPages: readonly boolean[]
  /** Raw PLAIN bounds, possibly truncated or widened; undefined where there is none to trust. */
  readonly min: readonly (Uint8Array | undefined)[]
  readonly max: readonly (Uint8Array | undefined)[]
  readonly boundaryOrder: 'unordered' | 'ascending' | 'descending'
  readonly nullCounts: readonly number[] | undefined
}

const boundaryOrders = ['unordered', 'ascending', 'descending'] as const
/** Offset indexes of a row group lie together; a read of this much to get them all is well spent. */
const groupReadBytesMax = 1024 * 1024

function checkLength(span: FileSpan, path: string, limits: Limits): void {
  if (span.length <= limits.parquetFooterBytes) return
  const max = limits.parquetFooterBytes
  throw new LimitExceeded(`a page index of ${path} is larger than parquetFooterBytes allows`, {
    details: { limit: 'parquetFooterBytes', max, actual: span.length, path },
  })
}

async function readSpan(
  source: ByteSource,
  span: FileSpan,
  options: PageIndexOptions,
): Promise<FieldReader> {
  checkLength(span, source.path, options.limits)
  const bytes = await source.read(span.offset, span.offset + span.length, options.signal)
  return fieldReader(bytes, source.path, options.limits)
}

function fieldReader(bytes: Uint8Array, path: string, limits: Limits): FieldReader {
  return new FieldReader(new CompactReader(bytes, { limits, path }), path)
}

/** The offset index of a chunk, or undefined when the file has none. */
export async function readOffsetIndex(
  source: ByteSource,
  chunk: ColumnChunk,
  rowGroup: RowGroup,
  options: PageIndexOptions,
): Promise<OffsetIndex | undefined> {
  if (chunk.offsetIndex === undefined) return undefined
  return parseOffsetIndex(await readSpan(source, chunk.offsetIndex, options), chunk, rowGroup)
}

/**
 * The offset indexes of several chunks of one row group, with a single read where they lie close
 * together, as all writers put them.
 */
export async function readOffsetIndexes(
  source: ByteSource,
  chunks: readonly ColumnChunk[],
  rowGroup: RowGroup,
  options: PageIndexOptions,
): Promise<(OffsetIndex | undefined)[]> {
  const spans = chunks.flatMap((chunk) => chunk.offsetIndex ?? [])
  const start = Math.min(...spans.map((span) => span.offset))
  const end = Math.max(...spans.map((span) => span.offset + span.length))
  if (spans.length === 0 || end - start > groupReadBytesMax) {
    return Promise.all(chunks.map((chunk) => readOffsetIndex(source, chunk, rowGroup, options)))
  }
  const bytes = await source.read(start, end, options.signal)
  return chunks.map((chunk) => {
    const span = chunk.offsetIndex
    if (span === undefined) return undefined
    const own = bytes.subarray(span.offset - start, span.offset - start + span.length)
    return parseOffsetIndex(fieldReader(own, source.path, options.limits), chunk, rowGroup)
  })
}

function parseOffsetIndex(reader: FieldReader, chunk: ColumnChunk, group: RowGroup): OffsetIndex {
  let places: { offset: number; bytes: number; firstRow: number }[] | undefined
  reader.struct((id) => {
    if (id !== 1) return false
    places = reader.structs(() => readPagePlace(reader))
    return true
  })
  if (places === undefined) return reader.fail('an offset index has no pages')
  const found = places
  const pages = found.map((place, index): PagePlace => {
    const next = found[index + 1]?.firstRow ?? group.rows
    const inside = place.offset >= chunk.start && place.offset + place.bytes <= chunk.end
    const ordered = place.firstRow < next && (index > 0 || place.firstRow === 0)
    if (!inside || !ordered) return reader.fail('an offset index does not fit its column')
    return { ...place, rows: next - place.firstRow }
  })
  return { pages }
}

function readPagePlace(reader: FieldReader): { offset: number; bytes: number; firstRow: number } {
  let offset = -1
  let bytes = -1
  let firstRow = -1
  reader.struct((id) => {
    if (id === 1) offset = reader.size()
    else if (id === 2) bytes = reader.size32()
    else if (id === 3) firstRow = reader.size()
    else return false
    return true
  })
  if (Math.min(offset, bytes, firstRow) < 0) reader.fail('an offset index lacks a field')
  return { offset, bytes, firstRow }
}

/**
 * The column index of a chunk, or undefined when the file has none or its bounds have no defined
 * order.
 */
export async function readColumnIndex(
  source: ByteSource,
  chunk: ColumnChunk,
  leaf: SchemaNode,
  options: PageIndexOptions,
): Promise<ColumnIndex | undefined> {
  if (chunk.columnIndex === undefined || !hasDefinedOrder(leaf)) return undefined
  return parseColumnIndex(await readSpan(source, chunk.columnIndex, options), leaf)
}

function parseColumnIndex(reader: FieldReader, leaf: SchemaNode): ColumnIndex {
  let nullPages: boolean[] | undefined
  let min: Uint8Array[] | undefined
  let max: Uint8Array[] | undefined
  let order = -1
  let nullCounts: number[] | undefined
  reader.struct((id) => {
    if (id === 1) nullPages = readBools(reader)
    else if (id === 2) min = reader.list(T.BINARY, () => reader.thrift.readBinary().slice())
    else if (id === 3) max = reader.list(T.BINARY, () => reader.thrift.readBinary().slice())
    else if (id === 4) order = reader.i32()
    else if (id === 5) nullCounts = reader.list(T.I64, () => reader.thrift.readI64AsNumber())
    else return false
    return true
  })
  if (nullPages === undefined || min === undefined || max === undefined) {
    return reader.fail('a column index lacks a list')
  }
  const pages = nullPages.length
  if ([min, max, nullCounts].some((list) => list !== undefined && list.length !== pages)) {
    return reader.fail('a column index has lists of different lengths')
  }
  const boundaryOrder = boundaryOrders[order]
  if (boundaryOrder === undefined) return reader.fail('a column index has no boundary order')
  return {
    nullPages,
    min: trusted(min, nullPages, leaf, 0x80),
    max: trusted(max, nullPages, leaf, 0),
    boundaryOrder,
    nullCounts,
  }
}

function trusted(
  bounds: readonly Uint8Array[],
  nullPages: readonly boolean[],
  leaf: SchemaNode,
  zeroSign: 0 | 0x80,
): (Uint8Array | undefined)[] {
  return bounds.map((bound, page) =>
    nullPages[page] || !isSound(bound, leaf) ? undefined : widenZero(bound, leaf, zeroSign),
  )
}

function readBools(reader: FieldReader): boolean[] {
  reader.expect(T.LIST)
  reader.thrift.listBegin()
  const { listType, listSize } = reader.thrift
  if (listSize > 0 && listType !== T.TRUE && listType !== T.FALSE) {
    reader.fail('a column index has no list of null pages')
  }
  return Array.from({ length: listSize }, () => reader.thrift.readBoolElement())
}
