/** Rows of many partitions to one writer each, with bounds on open writers and on memory. */
import type { DataFile, PartitionTuple } from '../format/model.js'
import { DataFileWriter, type WriteJob } from './data-file-writer.js'
import type { PartitionedRows } from './split-batch.js'

/** Writers that may be closing at a time while others take rows. */
const closingMax = 8

/**
 * Keeps the writers that were used last. Input that comes clustered by partition is noticed, batch by
 * batch, and holds no more than the partitions of one batch: a partition that is over is closed at
 * once. Other input closes the writer that has waited longest when the bound is passed.
 */
export class FanOut {
  readonly #job: WriteJob
  readonly #openMax: number
  readonly #memoryBytes: number
  /** By partition, least recently used first (a Map keeps insertion order). */
  readonly #writers = new Map<string, DataFileWriter>()
  readonly #finished: Promise<DataFile[]>[] = []
  /** Writers being closed, oldest first. */
  readonly #closing: Promise<unknown>[] = []
  /** Partitions of the batches before this one; forgotten once the input is seen not to be clustered. */
  #before: Set<string> | undefined = new Set()
  #last: string | undefined

  constructor(job: WriteJob) {
    this.#job = job
    this.#openMax = Math.max(1, job.env.limits.openWriters)
    this.#memoryBytes = job.memory.waitingBytes
  }

  async write({ key, tuple, batch }: PartitionedRows): Promise<void> {
    // A partition that comes again after others: what follows may be of any partition.
    if (key !== this.#last && this.#before?.has(key) === true) this.#before = undefined
    this.#last = key
    await this.#writerOf(key, tuple).write(batch)
    // Writers being closed hold their rows until they are encoded, so only a few may be. An error
    // of one of them ends the job here.
    while (this.#closing.length > closingMax) await this.#closing.shift()
  }

  /**
   * Call after the rows of each batch. A first batch tells nothing: its rows are gathered by
   * partition, whatever their order. From the second one on, no return means clustered input.
   */
  async endBatch(): Promise<void> {
    const before = this.#before
    if (before !== undefined) {
      if (before.size > 0) this.#retireAllButLast()
      for (const key of this.#writers.keys()) before.add(key)
    }
    await this.#relieve()
  }

  #retireAllButLast(): void {
    for (const [key, writer] of this.#writers) {
      if (key === this.#last) continue
      this.#writers.delete(key)
      this.#retire(writer)
    }
  }

  #writerOf(key: string, tuple: PartitionTuple): DataFileWriter {
    const known = this.#writers.get(key)
    if (known !== undefined) {
      this.#writers.delete(key)
      this.#writers.set(key, known)
      return known
    }
    if (this.#writers.size >= this.#openMax) this.#retireOldest()
    const writer = new DataFileWriter(this.#job, tuple)
    this.#writers.set(key, writer)
    return writer
  }

  #retireOldest(): void {
    const oldest = this.#writers.entries().next()
    if (oldest.done === true) return
    const [key, writer] = oldest.value
    this.#writers.delete(key)
    this.#retire(writer)
  }

  #retire(writer: DataFileWriter): void {
    const files = writer.finish()
    files.catch(() => {})
    this.#finished.push(files)
    this.#closing.push(files)
  }

  /** Writes out the largest buffers until the rest fits the memory allowed. */
  async #relieve(): Promise<void> {
    let total = 0
    for (const writer of this.#writers.values()) total += writer.bufferedBytes
    if (total <= this.#memoryBytes) return
    const bySize = [...this.#writers.values()].sort((a, b) => b.bufferedBytes - a.bufferedBytes)
    for (const writer of bySize) {
      if (total <= this.#memoryBytes / 2) return
      total -= writer.bufferedBytes
      await writer.relieve()
    }
  }

  /** Closes everything; the files in the order their partitions were first seen or retired. */
  async finish(): Promise<DataFile[]> {
    for (const [key, writer] of this.#writers) {
      this.#writers.delete(key)
      this.#retire(writer)
      while (this.#closing.length > closingMax) await this.#closing.shift()
    }
    const files = await Promise.all(this.#finished)
    return files.flat()
  }

  /** Drops what is open and waits for what is under way. Never rejects. */
  async abort(): Promise<void> {
    for (const writer of this.#writers.values()) await writer.abort()
    this.#writers.clear()
    await Promise.allSettled(this.#finished)
  }
}
