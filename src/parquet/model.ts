/**
 * A Parquet file's footer as plain data (parquet.thrift, Apache Parquet format 2.x). Offsets, sizes
 * and counts are numbers: every one was checked to be exact and inside the file.
 */

export type PhysicalType =
  | 'BOOLEAN'
  | 'INT32'
  | 'INT64'
  | 'INT96'
  | 'FLOAT'
  | 'DOUBLE'
  | 'BYTE_ARRAY'
  | 'FIXED_LEN_BYTE_ARRAY'

export type Repetition = 'required' | 'optional' | 'repeated'

export type TimeUnit = 'millis' | 'micros' | 'nanos'

/**
 * What the values mean. Converted types (the older annotation) are folded into this: only a file
 * that has neither leaves `logical` out. `other` is an annotation this version does not know; such
 * columns are read by their physical type.
 */
export type LogicalType =
  | { readonly kind: 'string' | 'enum' | 'json' | 'bson' | 'uuid' | 'date' | 'float16' }
  | { readonly kind: 'list' | 'map' | 'variant' | 'unknown' | 'interval' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'time' | 'timestamp'; readonly unit: TimeUnit; readonly utc: boolean }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 32 | 64; readonly signed: boolean }
  | { readonly kind: 'geometry' | 'geography' }
  | { readonly kind: 'other'; readonly thriftId: number }

/** One element of the schema tree. A leaf has `physical` and no children. */
export interface SchemaNode {
  readonly name: string
  /** Names from the top-level field down to this one. The root has none. */
  readonly path: readonly string[]
  readonly repetition: Repetition
  readonly fieldId: number | undefined
  readonly physical: PhysicalType | undefined
  /** Bytes per value of a FIXED_LEN_BYTE_ARRAY. */
  readonly typeLength: number | undefined
  readonly logical: LogicalType | undefined
  readonly children: readonly SchemaNode[]
  /** Index of the first leaf at or below this node, and how many there are. */
  readonly leafIndex: number
  readonly leafCount: number
  /** Highest definition and repetition level at this node. */
  readonly maxDefinition: number
  readonly maxRepetition: number
}

export type ParquetCodec =
  | 'uncompressed'
  | 'snappy'
  | 'gzip'
  | 'lzo'
  | 'brotli'
  | 'lz4'
  | 'zstd'
  | 'lz4_raw'

export type Encoding =
  | 'PLAIN'
  | 'PLAIN_DICTIONARY'
  | 'RLE'
  | 'BIT_PACKED'
  | 'DELTA_BINARY_PACKED'
  | 'DELTA_LENGTH_BYTE_ARRAY'
  | 'DELTA_BYTE_ARRAY'
  | 'RLE_DICTIONARY'
  | 'BYTE_STREAM_SPLIT'
  | `UNKNOWN_${number}`

/** Raw PLAIN-encoded bounds. A bound that must not be trusted is left out. */
export interface ChunkStatistics {
  readonly min: Uint8Array | undefined
  readonly max: Uint8Array | undefined
  /** False when the bound may have been truncated or widened. */
  readonly minExact: boolean
  readonly maxExact: boolean
  readonly nullCount: number | undefined
  readonly distinctCount: number | undefined
}

/** A place in the file. */
export interface FileSpan {
  readonly offset: number
  readonly length: number
}

/** One column of one row group. */
export interface ColumnChunk {
  readonly leafIndex: number
  readonly physical: PhysicalType
  readonly codec: ParquetCodec
  readonly encodings: readonly Encoding[]
  /** Values including nulls; more than the row count below a repeated node. */
  readonly values: number
  /** All pages of the chunk, the dictionary page included: bytes `[start, end)`. */
  readonly start: number
  readonly end: number
  readonly dataPageOffset: number
  readonly dictionaryPageOffset: number | undefined
  readonly compressedBytes: number
  readonly uncompressedBytes: number
  readonly statistics: ChunkStatistics | undefined
  readonly columnIndex: FileSpan | undefined
  readonly offsetIndex: FileSpan | undefined
  readonly bloomFilter: { readonly offset: number; readonly length: number | undefined } | undefined
}

export interface SortingColumn {
  readonly leafIndex: number
  readonly descending: boolean
  readonly nullsFirst: boolean
}

export interface RowGroup {
  readonly index: number
  readonly rows: number
  /** Position in the file of the group's first row. */
  readonly firstRow: number
  /** Uncompressed size of all pages, bytes. */
  readonly totalBytes: number
  readonly compressedBytes: number
  /** One for each leaf of the schema, in the same order. */
  readonly columns: readonly ColumnChunk[]
  readonly sortingColumns: readonly SortingColumn[]
}

export interface ParquetFooter {
  readonly path: string
  readonly fileSizeBytes: number
  /** Length of the thrift footer itself. */
  readonly footerBytes: number
  readonly version: number
  readonly rows: number
  readonly createdBy: string | undefined
  readonly keyValue: ReadonlyMap<string, string>
  readonly root: SchemaNode
  readonly leaves: readonly SchemaNode[]
  readonly rowGroups: readonly RowGroup[]
}
