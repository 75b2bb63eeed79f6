/** The data files of one partition: filled, rolled at the target size, described for the commit. */
import type { RecordBatch } from 'apache-arrow'
import { concatBatches } from '../arrow/concat.js'
import { arrowSchemaOf } from '../arrow/schema.js'
import { batchBytes } from '../arrow/size.js'
import type { Env } from '../env/env.js'
import type { MetricsConfig } from '../format/metrics-config.js'
import type { DataFile, PartitionTuple } from '../format/model.js'
import type { RowGroupEncoder } from '../parquet/write-encode.js'
import type { ParquetWriteOptions } from '../parquet/write-options.js'
import { ParquetWriter } from '../parquet/writer.js'
import type { PartitionSpec } from '../partition/model.js'
import type { Store } from '../store/store.js'
import type { Schema } from '../types/type.js'
import type { NewDataFilePath } from './data-file-paths.js'
import { writeForm } from './input.js'
import type { BatchSorter } from './sort-batch.js'
import { storeSink } from './store-sink.js'
import type { WriteMemory } from './write-memory.js'

/** What all writers of one job share. */
export interface WriteJob {
  readonly schema: Schema
  readonly spec: PartitionSpec
  readonly store: Store
  readonly env: Env
  readonly signal: AbortSignal | undefined
  readonly encoder: RowGroupEncoder
  readonly options: ParquetWriteOptions
  readonly metrics: MetricsConfig
  readonly targetFileBytes: number
  readonly memory: WriteMemory
  readonly sorter: BatchSorter | undefined
  /** Set when the rows are those of equality deletes: the columns that are compared. */
  readonly equalityIds?: readonly number[]
  /** Id of the sort order that files have; 0 is unsorted. */
  readonly sortOrderId: number
  /** Rows that a sorted file may hold in memory before it is written, bytes. */
  readonly sortBytes: number
  readonly newPath: NewDataFilePath
  /** Told of every path before it is created, so that a failed job can remove it. */
  readonly onCreate: (path: string) => void
}

/** Files that may be closing at a time while the next is written. */
const closingMax = 2

interface OpenFile {
  readonly path: string
  readonly writer: ParquetWriter
}

export class DataFileWriter {
  readonly #job: WriteJob
  readonly #tuple: PartitionTuple
  #open: OpenFile | undefined
  #unsorted: RecordBatch[] = []
  #unsortedBytes = 0
  readonly #closing: Promise<DataFile>[] = []
  /** Files whose end has not been waited for, oldest first. */
  readonly #unsettled: Promise<DataFile>[] = []

  constructor(job: WriteJob, tuple: PartitionTuple) {
    this.#job = job
    this.#tuple = tuple
  }

  /** Bytes of rows held in memory. */
  get bufferedBytes(): number {
    return this.#unsortedBytes + (this.#open?.writer.bufferedBytes ?? 0)
  }

  async write(batch: RecordBatch): Promise<void> {
    if (this.#job.sorter === undefined) return await this.#writeNow(batch)
    this.#unsorted.push(batch)
    this.#unsortedBytes += batchBytes(batch)
    if (this.#unsortedBytes >= this.#job.sortBytes) await this.relieve()
  }

  async #writeNow(batch: RecordBatch): Promise<void> {
    let rest: RecordBatch | undefined = batch
    while (rest !== undefined) {
      const { writer } = this.#open ?? this.#openFile()
      rest = await writer.fill(rest)
      if (writer.estimatedBytes >= this.#job.targetFileBytes) {
        this.#roll()
        while (this.#unsettled.length > closingMax) await this.#unsettled.shift()
      }
    }
  }

  #openFile(): OpenFile {
    const job = this.#job
    const path = job.newPath(this.#tuple)
    const writer = new ParquetWriter({
      schema: job.schema,
      sink: storeSink(job.store, path, job.signal, job.onCreate),
      options: job.options,
      metrics: job.metrics,
      limits: job.env.limits,
      encoder: job.encoder,
      signal: job.signal,
    })
    this.#open = { path, writer }
    return this.#open
  }

  /** Starts closing the open file; the next rows go to another. */
  #roll(): void {
    const file = this.#open
    if (file === undefined) return
    this.#open = undefined
    const closed = this.#close(file)
    // Whoever collects the files sees the error.
    closed.catch(() => {})
    this.#closing.push(closed)
    this.#unsettled.push(closed)
  }

  async #close({ path, writer }: OpenFile): Promise<DataFile> {
    try {
      const written = await writer.close()
      const { equalityIds } = this.#job
      return {
        content: equalityIds === undefined ? 'data' : 'equality-deletes',
        ...(equalityIds && { equalityIds }),
        path,
        format: 'parquet',
        specId: this.#job.spec.specId,
        partition: this.#tuple,
        recordCount: written.recordCount,
        sizeBytes: written.sizeBytes,
        splitOffsets: written.splitOffsets,
        sortOrderId: this.#job.sortOrderId,
        ...written.metrics,
      }
    } catch (error) {
      await writer.abort()
      throw error
    }
  }

  /** Frees what rows are held: sorted ones as a file of their own, others as a row group. */
  async relieve(): Promise<void> {
    const { sorter, schema } = this.#job
    if (sorter === undefined) {
      await this.#open?.writer.flush()
      return
    }
    if (this.#unsorted.length === 0) return
    const all = concatBatches(arrowSchemaOf(schema, writeForm), this.#unsorted)
    this.#unsorted = []
    this.#unsortedBytes = 0
    await this.#writeNow(sorter(all))
    this.#roll()
  }

  /** Closes every file and describes them, in the order they were begun. */
  async finish(): Promise<DataFile[]> {
    if (this.#job.sorter !== undefined) await this.relieve()
    this.#roll()
    return await Promise.all(this.#closing)
  }

  /** Drops the open file and waits for those being closed. Never rejects. */
  async abort(): Promise<void> {
    this.#unsorted = []
    await this.#open?.writer.abort()
    this.#open = undefined
    await Promise.allSettled(this.#closing)
  }
}
