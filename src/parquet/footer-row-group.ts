import { Unsupported } from '../errors.js'
import { physicalTypes } from './footer-schema.js'
import type { Encoding, FileSpan, ParquetCodec, PhysicalType, SortingColumn } from './model.js'
import type { RawStatistics } from './statistics.js'
import type { FieldReader } from './thrift-fields.js'

const codecs: readonly ParquetCodec[] = [
  'uncompressed',
  'snappy',
  'gzip',
  'lzo',
  'brotli',
  'lz4',
  'zstd',
  'lz4_raw',
]

/** The number of a codec in parquet.thrift. */
export function codecNumber(codec: ParquetCodec): number {
  return codecs.indexOf(codec)
}

const encodings: readonly (Encoding | undefined)[] = [
  'PLAIN',
  undefined,
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
]

/** The name of an encoding; numbers that this version does not know keep their number. */
export function encodingOf(id: number): Encoding {
  return encodings[id] ?? `UNKNOWN_${id}`
}

/** ColumnChunk with its ColumnMetaData (parquet.thrift), not yet checked against the schema. */
export interface RawColumnChunk {
  readonly physical: PhysicalType
  readonly encodings: readonly Encoding[]
  readonly pathInSchema: readonly string[]
  readonly codec: ParquetCodec
  readonly values: number
  readonly uncompressedBytes: number
  readonly compressedBytes: number
  readonly dataPageOffset: number
  readonly dictionaryPageOffset: number | undefined
  readonly statistics: RawStatistics | undefined
  readonly columnIndex: FileSpan | undefined
  readonly offsetIndex: FileSpan | undefined
  readonly bloomFilter: { readonly offset: number; readonly length: number | undefined } | undefined
}

export interface RawRowGroup {
  readonly columns: readonly RawColumnChunk[]
  readonly rows: number
  readonly totalBytes: number
  readonly sortingColumns: readonly SortingColumn[]
}

/** RowGroup (parquet.thrift). */
export function readRawRowGroup(reader: FieldReader): RawRowGroup {
  let columns: RawColumnChunk[] | undefined
  let rows: number | undefined
  let totalBytes = 0
  let sortingColumns: SortingColumn[] = []
  reader.struct((id) => {
    if (id === 1) columns = reader.structs(() => readColumnChunk(reader))
    else if (id === 2) totalBytes = reader.size()
    else if (id === 3) rows = reader.size()
    else if (id === 4) sortingColumns = reader.structs(() => readSortingColumn(reader))
    else return false
    return true
  })
  if (columns === undefined || rows === undefined) {
    return reader.fail('a row group has no columns or no row count')
  }
  return { columns, rows, totalBytes, sortingColumns }
}

function readSortingColumn(reader: FieldReader): SortingColumn {
  let leafIndex = -1
  let descending = false
  let nullsFirst = false
  reader.struct((id) => {
    if (id === 1) leafIndex = reader.i32()
    else if (id === 2) descending = reader.bool()
    else if (id === 3) nullsFirst = reader.bool()
    else return false
    return true
  })
  return { leafIndex, descending, nullsFirst }
}

function readColumnChunk(reader: FieldReader): RawColumnChunk {
  let meta: ColumnMetaData | undefined
  let offsetIndexOffset: number | undefined
  let offsetIndexLength: number | undefined
  let columnIndexOffset: number | undefined
  let columnIndexLength: number | undefined
  reader.struct((id) => {
    if (id === 1) refuseExternal(reader)
    else if (id === 3) meta = readColumnMetaData(reader)
    else if (id === 4) offsetIndexOffset = reader.optionalSize()
    else if (id === 5) offsetIndexLength = reader.size32()
    else if (id === 6) columnIndexOffset = reader.optionalSize()
    else if (id === 7) columnIndexLength = reader.size32()
    else if (id === 8 || id === 9) refuseEncrypted(reader.path)
    else return false
    return true
  })
  if (meta === undefined) return reader.fail('a column chunk has no metadata')
  return {
    ...meta,
    columnIndex: spanOf(columnIndexOffset, columnIndexLength),
    offsetIndex: spanOf(offsetIndexOffset, offsetIndexLength),
  }
}

function spanOf(offset: number | undefined, length: number | undefined): FileSpan | undefined {
  if (offset === undefined || length === undefined || length === 0) return undefined
  return { offset, length }
}

function refuseExternal(reader: FieldReader): void {
  if (reader.string() === '') return
  throw new Unsupported(
    'parquet-external-columns',
    `a column chunk of ${reader.path} lies in another file, which is not supported`,
  )
}

export function refuseEncrypted(path: string): never {
  throw new Unsupported(
    'parquet-encryption',
    `${path} is encrypted, and Parquet encryption is not supported`,
    { details: { path } },
  )
}

type ColumnMetaData = Omit<RawColumnChunk, 'columnIndex' | 'offsetIndex'>

function readColumnMetaData(reader: FieldReader): ColumnMetaData {
  const read = {
    physical: -1,
    codec: -1,
    values: -1,
    uncompressedBytes: -1,
    compressedBytes: -1,
    dataPageOffset: -1,
    dictionaryPageOffset: undefined as number | undefined,
    encodings: [] as Encoding[],
    pathInSchema: undefined as string[] | undefined,
    statistics: undefined as RawStatistics | undefined,
    bloomOffset: undefined as number | undefined,
    bloomLength: undefined as number | undefined,
  }
  reader.member((id) => {
    if (id === 1) read.physical = reader.i32()
    else if (id === 2) read.encodings = reader.list(i32Type, () => encodingOf(readI32(reader)))
    else if (id === 3) read.pathInSchema = reader.list(binaryType, () => reader.thrift.readString())
    else if (id === 4) read.codec = reader.i32()
    else if (id === 5) read.values = reader.size()
    else if (id === 6) read.uncompressedBytes = reader.size()
    else if (id === 7) read.compressedBytes = reader.size()
    else if (id === 9) read.dataPageOffset = reader.size()
    else if (id === 11) read.dictionaryPageOffset = reader.optionalSize()
    else if (id === 12) read.statistics = readStatistics(reader)
    else if (id === 14) read.bloomOffset = reader.optionalSize()
    else if (id === 15) read.bloomLength = reader.size32()
    else return false
    return true
  })
  const physical = physicalTypes[read.physical]
  const codec = codecs[read.codec]
  if (physical === undefined) return reader.fail(`physical type ${read.physical} does not exist`)
  if (codec === undefined) {
    throw new Unsupported(
      'parquet-codec',
      `${reader.path} uses compression codec ${read.codec}, which is not known`,
    )
  }
  const { values, uncompressedBytes, compressedBytes, dataPageOffset, pathInSchema } = read
  if (pathInSchema === undefined || Math.min(values, compressedBytes, dataPageOffset) < 0) {
    return reader.fail('a column chunk lacks a required field')
  }
  const dictionary = read.dictionaryPageOffset
  return {
    physical,
    codec,
    values,
    uncompressedBytes,
    compressedBytes,
    dataPageOffset,
    pathInSchema,
    encodings: read.encodings,
    // Some writers put 0 where there is no dictionary page.
    dictionaryPageOffset: dictionary === 0 ? undefined : dictionary,
    statistics: read.statistics,
    bloomFilter:
      read.bloomOffset === undefined
        ? undefined
        : { offset: read.bloomOffset, length: read.bloomLength },
  }
}

const i32Type = 5
const binaryType = 8

function readI32(reader: FieldReader): number {
  return reader.thrift.readI32()
}

/** Statistics (parquet.thrift). */
export function readStatistics(reader: FieldReader): RawStatistics {
  let legacyMin: Uint8Array | undefined
  let legacyMax: Uint8Array | undefined
  let min: Uint8Array | undefined
  let max: Uint8Array | undefined
  let minExact: boolean | undefined
  let maxExact: boolean | undefined
  let nullCount: number | undefined
  let distinctCount: number | undefined
  reader.member((id) => {
    if (id === 1) legacyMax = reader.binary()
    else if (id === 2) legacyMin = reader.binary()
    else if (id === 3) nullCount = reader.optionalSize()
    else if (id === 4) distinctCount = reader.optionalSize()
    else if (id === 5) max = reader.binary()
    else if (id === 6) min = reader.binary()
    else if (id === 7) maxExact = reader.bool()
    else if (id === 8) minExact = reader.bool()
    else return false
    return true
  })
  return { legacyMin, legacyMax, min, max, minExact, maxExact, nullCount, distinctCount }
}
