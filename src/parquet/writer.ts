/** Arrow batches into one Parquet file, row group by row group, in bounded memory. */
import type { Schema as ArrowSchema, RecordBatch } from 'apache-arrow'
import { sliceBatch } from '../arrow/compact.js'
import { concatBatches } from '../arrow/concat.js'
import { ipcOf } from '../arrow/ipc.js'
import { batchBytes } from '../arrow/size.js'
import { stringifyJson } from '../codec/json/stringify.js'
import type { Limits } from '../env/limits.js'
import { throwIfAborted } from '../env/system-env.js'
import type { MetricsConfig } from '../format/metrics-config.js'
import type { FileMetrics } from '../format/model.js'
import { schemaJson } from '../types/schema-json.js'
import type { Schema } from '../types/type.js'
import type { ByteSink } from './contract.js'
import { createdBy } from './created-by.js'
import { plainColumns } from './dictionary-choice.js'
import { Stitcher } from './stitch.js'
import { type StoredColumns, storedColumns } from './stored-columns.js'
import { inlineEncoder, type RowGroupEncoder } from './write-encode.js'
import { MetricsCollector } from './write-metrics.js'
import type { ParquetWriteOptions } from './write-options.js'
import { writtenSchema } from './write-schema.js'

/** Bytes of Parquet per byte of Arrow data, before a file has shown its own ratio. */
const usualRatio = 0.3
/** Batches smaller than this on average are joined before they are encoded. */
const smallBatchRows = 4096

export interface ParquetWriterConfig {
  readonly schema: Schema
  readonly sink: ByteSink
  readonly options: ParquetWriteOptions
  readonly metrics: MetricsConfig
  readonly limits: Limits
  /** Default: in this thread. */
  readonly encoder?: RowGroupEncoder
  readonly signal?: AbortSignal | undefined
}

export interface WrittenParquet {
  readonly recordCount: bigint
  readonly sizeBytes: bigint
  readonly splitOffsets: readonly bigint[]
  readonly metrics: FileMetrics
}

/**
 * Writes batches whose columns are those of the schema in `physical` form (see `ArrowForm`). Call
 * `close` or `abort` in the end; after an error only `abort`.
 */
export class ParquetWriter {
  readonly #config: ParquetWriterConfig
  readonly #stored: StoredColumns
  readonly #stitcher: Stitcher
  readonly #metrics: MetricsCollector
  readonly #encoder: RowGroupEncoder
  #batches: RecordBatch[] = []
  #pendingRows = 0
  #pendingBytes = 0
  #rows = 0
  #bytesWritten = 0
  #started = false
  /** Row groups being encoded, oldest first. */
  #encoding: Promise<void>[] = []
  #tail: Promise<void> = Promise.resolve()
  #encodedArrowBytes = 0
  #inFlightArrowBytes = 0

  constructor(config: ParquetWriterConfig) {
    this.#config = config
    this.#encoder = config.encoder ?? inlineEncoder()
    this.#stored = storedColumns(config.schema)
    const written = writtenSchema(this.#stored.schema)
    this.#stitcher = new Stitcher(written, config.limits)
    this.#metrics = new MetricsCollector(this.#stored.schema, written, config.metrics)
  }

  /** Rows taken so far. */
  get rows(): number {
    return this.#rows
  }

  /** Bytes of Arrow data held for the row group that is being filled. */
  get bufferedBytes(): number {
    return this.#pendingBytes
  }

  /** Size of the file so far: what is written, and what is on the way by the ratio seen. */
  get estimatedBytes(): number {
    const ratio =
      this.#encodedArrowBytes === 0 ? usualRatio : this.#bytesWritten / this.#encodedArrowBytes
    return this.#bytesWritten + Math.round(this.#inFlightArrowBytes * Math.min(1, ratio))
  }

  /** Takes a batch; waits while too many row groups are being encoded. */
  async write(batch: RecordBatch): Promise<void> {
    let rest: RecordBatch | undefined = batch
    while (rest !== undefined) rest = await this.fill(rest)
  }

  /**
   * Takes rows up to the end of the row group, which is then closed, and gives those left over:
   * whoever rolls files can do so in between.
   */
  async fill(batch: RecordBatch): Promise<RecordBatch | undefined> {
    const { numRows } = batch
    if (numRows === 0) return undefined
    const { rowGroupRows, rowGroupBytes } = this.#config.options
    const stored = this.#stored.select(batch)
    const perRow = Math.max(1, batchBytes(stored) / numRows)
    const byRows = rowGroupRows - this.#pendingRows
    const byBytes = Math.ceil((rowGroupBytes - this.#pendingBytes) / perRow)
    const count = Math.max(1, Math.min(byRows, byBytes, numRows))
    this.#take(sliceBatch(stored, 0, count), count * perRow)
    if (this.#pendingRows >= rowGroupRows || this.#pendingBytes >= rowGroupBytes) {
      await this.flush()
    }
    return count === numRows ? undefined : sliceBatch(batch, count, numRows)
  }

  #take(batch: RecordBatch, bytes: number): void {
    this.#metrics.add(batch)
    this.#batches.push(batch)
    this.#pendingRows += batch.numRows
    this.#pendingBytes += bytes
    this.#rows += batch.numRows
  }

  /** Closes the row group being filled, if it has rows, and sends it to be encoded. */
  async flush(): Promise<void> {
    if (this.#pendingRows === 0) return
    throwIfAborted(this.#config.signal)
    const leave = await this.#encoder.admit?.(this.#pendingBytes)
    const batches = this.#batches
    const rows = this.#pendingRows
    const bytes = this.#pendingBytes
    this.#batches = []
    this.#pendingRows = 0
    this.#pendingBytes = 0
    this.#inFlightArrowBytes += bytes
    const encoded = this.#encode(batches, rows)
    if (leave !== undefined) encoded.then(leave, leave)
    this.#tail = this.#append(this.#tail, encoded, bytes)
    // Whoever waits for the oldest sees the error; nobody else needs to.
    this.#tail.catch(() => {})
    this.#encoding.push(this.#tail)
    while (this.#encoding.length > this.#encoder.size) await this.#encoding.shift()
  }

  async #encode(given: readonly RecordBatch[], rows: number): Promise<Uint8Array> {
    const { options, signal } = this.#config
    const batches = joined(this.#stored.arrow, given)
    const request = {
      ipc: ipcOf(batches, this.#stored.arrow),
      rows,
      options: {
        codec: options.codec,
        pageVersion: options.pageVersion,
        pageBytes: options.pageBytes,
        dictionaryBytes: options.dictionaryBytes,
        plainColumns: plainColumns(batches, options.dictionaryBytes),
      },
    }
    return this.#encoder.encodeRowGroup(request, signal === undefined ? {} : { signal })
  }

  async #append(before: Promise<void>, encoded: Promise<Uint8Array>, bytes: number): Promise<void> {
    encoded.catch(() => {})
    await before
    const image = await encoded
    if (!this.#started) await this.#put(this.#stitcher.start())
    this.#started = true
    await this.#put(this.#stitcher.add(image))
    this.#inFlightArrowBytes -= bytes
    this.#encodedArrowBytes += bytes
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await this.#config.sink.write(bytes)
    this.#bytesWritten += bytes.length
  }

  /** Writes what is left and the footer, and makes the file durable. */
  async close(): Promise<WrittenParquet> {
    await this.flush()
    await this.#tail
    throwIfAborted(this.#config.signal)
    if (!this.#started) await this.#put(this.#stitcher.start())
    const schemaText = stringifyJson(schemaJson(this.#config.schema))
    await this.#put(this.#stitcher.finish(new Map([['iceberg.schema', schemaText]]), createdBy))
    await this.#config.sink.close()
    return {
      recordCount: this.#stitcher.rows,
      sizeBytes: BigInt(this.#bytesWritten),
      splitOffsets: this.#stitcher.splitOffsets,
      metrics: this.#metrics.finish(this.#stitcher.chunks),
    }
  }

  /** Drops the file. Never rejects. */
  async abort(): Promise<void> {
    this.#batches = []
    await this.#tail.catch(() => {})
    await this.#config.sink.abort()
  }
}

function joined(schema: ArrowSchema, batches: readonly RecordBatch[]): readonly RecordBatch[] {
  const rows = batches.reduce((sum, batch) => sum + batch.numRows, 0)
  return rows / batches.length < smallBatchRows ? [concatBatches(schema, batches)] : batches
}
