/**
 * One row group encoded by parquet-wasm: Arrow IPC in, a small Parquet image out. Synchronous, and
 * free of everything but the wasm module, so that a worker can run it.
 */
import type * as ParquetWasm from 'parquet-wasm'
import { InternalBug, StoreUnavailable, Unsupported } from '../errors.js'
import { compressImage, type PageCompressor } from './compress-image.js'
import type { CompressionCodec } from './contract.js'

/** Can be sent to a worker as it is. */
export interface EncodeRequest {
  /** Arrow IPC stream of the rows. Handed over: the sender must not use it again. */
  readonly ipc: Uint8Array
  readonly rows: number
  readonly options: EncodeOptions
}

export interface EncodeOptions {
  readonly codec: CompressionCodec
  readonly pageVersion: 1 | 2
  /** Top-level columns that are not worth a dictionary. */
  readonly plainColumns: readonly string[]
  readonly pageBytes: number
  readonly dictionaryBytes: number
}

/** Encodes row groups, here or elsewhere. */
export interface RowGroupEncoder {
  /** Row groups worth having under way at a time; at least 1. */
  readonly size: number
  /**
   * Resolves when another row group of so many bytes of Arrow data may be prepared; left out: always.
   * Call what it gives once the row group is encoded, or will not be.
   */
  admit?(arrowBytes: number): Promise<() => void>
  encodeRowGroup(request: EncodeRequest, options?: EncodeJobOptions): Promise<Uint8Array>
}

export interface EncodeJobOptions {
  readonly signal?: AbortSignal
  /** Use so many workers at most: each keeps the memory of the largest row group it has encoded. */
  readonly encoders?: number
}

/** Encodes in this thread, in order: deterministic, and all there is without worker threads. */
export function inlineEncoder(): RowGroupEncoder {
  let loading: Promise<typeof ParquetWasm> | undefined
  return {
    size: 1,
    async encodeRowGroup(request) {
      loading ??= import('parquet-wasm')
      return encodeRowGroup(await loading, request)
    },
  }
}

/**
 * The row group as a Parquet file image of its own. With `compress` zstd pages are packed by it.
 *
 * @throws StoreUnavailable when wasm memory ran out
 * @throws InternalBug when parquet-wasm refuses what the layers above have checked
 */
export function encodeRowGroup(
  wasm: typeof ParquetWasm,
  request: EncodeRequest,
  compress?: PageCompressor,
): Uint8Array {
  if (compress !== undefined && request.options.codec === 'zstd') {
    const options: EncodeOptions = { ...request.options, codec: 'uncompressed' }
    const image = compressImage(encode(wasm, { ...request, options }), compress)
    if (image !== undefined) return image
  }
  return encode(wasm, request)
}

function encode(wasm: typeof ParquetWasm, request: EncodeRequest): Uint8Array {
  const properties = writerProperties(wasm, request.options, request.rows)
  try {
    const table = wasm.Table.fromIPCStream(request.ipc)
    return wasm.writeParquet(table, properties)
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
      throw new StoreUnavailable(
        'a row group did not fit the memory of the Parquet encoder; lower the table property write.parquet.row-group-size-bytes',
        { cause: error },
      )
    }
    throw new InternalBug(`the Parquet encoder refused a row group: ${String(error)}`, {
      cause: error,
    })
  }
}

function writerProperties(
  wasm: typeof ParquetWasm,
  options: EncodeOptions,
  rows: number,
): ParquetWasm.WriterProperties {
  let builder = new wasm.WriterPropertiesBuilder()
    .setCompression(compressionOf(wasm, options.codec))
    .setWriterVersion(options.pageVersion === 2 ? wasm.WriterVersion.V2 : wasm.WriterVersion.V1)
    // One image holds one row group: the caller has cut the rows already.
    .setMaxRowGroupSize(Math.max(1, rows))
    .setDataPageSizeLimit(options.pageBytes)
    .setDictionaryPageSizeLimit(options.dictionaryBytes)
    // Page statistics are what makes a column index be written.
    .setStatisticsEnabled(wasm.EnabledStatistics.Page)
  if (options.dictionaryBytes === 0) builder = builder.setDictionaryEnabled(false)
  for (const column of options.plainColumns) {
    builder = builder.setColumnDictionaryEnabled(column, false)
  }
  return builder.build()
}

function compressionOf(wasm: typeof ParquetWasm, codec: CompressionCodec): ParquetWasm.Compression {
  switch (codec) {
    case 'zstd':
      return wasm.Compression.ZSTD
    case 'snappy':
      return wasm.Compression.SNAPPY
    case 'gzip':
      return wasm.Compression.GZIP
    case 'lz4_raw':
      return wasm.Compression.LZ4_RAW
    case 'brotli':
      return wasm.Compression.BROTLI
    case 'uncompressed':
      return wasm.Compression.UNCOMPRESSED
    default:
      throw new Unsupported(`parquet-codec-${String(codec)}`, `cannot write codec ${String(codec)}`)
  }
}
