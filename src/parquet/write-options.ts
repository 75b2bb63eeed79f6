/** What a Parquet writer can be told, from table properties. */
import { tableProperties } from '../format/properties.js'
import type { CompressionCodec } from './contract.js'

export interface ParquetWriteOptions {
  readonly codec: CompressionCodec
  readonly pageVersion: 1 | 2
  /** Data page size, bytes before compression. */
  readonly pageBytes: number
  /** Dictionary page size at which a column falls back to plain; 0 writes no dictionaries. */
  readonly dictionaryBytes: number
  /** A row group is closed when its rows take this many bytes in memory … */
  readonly rowGroupBytes: number
  /** … or when it has this many rows. */
  readonly rowGroupRows: number
}

/** Rows a row group holds at most: enough to compress well, few enough to decode in parallel. */
const rowGroupRowsMax = 524_288

/**
 * The options that a table's `write.parquet.*` properties ask for.
 *
 * @throws InvalidArgument naming a property that does not parse
 */
export function parquetWriteOptions(properties: ReadonlyMap<string, string>): ParquetWriteOptions {
  const known = tableProperties(properties)
  const codec = known.parquetCodec
  return {
    // parquet.thrift deprecates LZ4 in favour of LZ4_RAW, which every current reader knows.
    codec: codec === 'lz4' ? 'lz4_raw' : codec,
    pageVersion: known.pageVersion,
    pageBytes: known.pageSizeBytes,
    dictionaryBytes: known.dictSizeBytes,
    rowGroupBytes: known.rowGroupSizeBytes,
    rowGroupRows: rowGroupRowsMax,
  }
}
