import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { Aborted, InternalBug } from '../errors.js'
import { BufferSupply } from './buffer-supply.js'
import type { ByteSource } from './contract.js'
import type { DecodePool } from './decode-pool.js'
import { fetchChunks } from './fetch-spans.js'
import type { FileBytes } from './leaf-decoder.js'
import { InlinePool, throwIfAborted } from './pool-inline.js'
import { splitTask } from './pool-split.js'
import type { RawColumn } from './raw-column.js'
import type { DecodeTask } from './read-node.js'
import {
  type PoolRequest,
  type PoolResponse,
  reviveError,
  type TaskBytes,
} from './worker-protocol.js'
import type { EncodeJobOptions, EncodeRequest } from './write-encode.js'

export function coreCount(): number {
  return availableParallelism()
}

/** The built worker: beside this file, or in dist/ when this file runs as TypeScript source. */
function workerUrl(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('../../dist/parquet/worker.js', import.meta.url)
    : new URL('./worker.js', import.meta.url)
}

interface Job {
  readonly id: number
  readonly request: (recycled: ArrayBuffer[]) => PoolRequest
  readonly transfer: readonly ArrayBuffer[]
  readonly resolve: (response: PoolResponse) => void
  readonly reject: (error: unknown) => void
  /** Runs the job without workers, when they turn out not to start. */
  readonly fallback: () => Promise<PoolResponse>
  /** The first so many workers may do it. */
  readonly workers: number
  settled: boolean
}

interface Slot {
  readonly worker: Worker
  readonly cancelled: Int32Array
  ready: boolean
  job: Job | undefined
}

/** Decodes in worker threads, which are started when they are first needed. */
export class WorkerPool implements DecodePool {
  readonly size: number
  readonly #slots: Slot[] = []
  readonly #queue: Job[] = []
  readonly #recycled = new BufferSupply()
  readonly #inline = new InlinePool()
  #closed = false
  #broken: boolean
  #nextId = 1

  constructor(size: number) {
    this.size = size
    const url = workerUrl()
    this.#broken = url.protocol === 'file:' && !existsSync(fileURLToPath(url))
  }

  async decode(source: ByteSource, task: DecodeTask, signal?: AbortSignal): Promise<RawColumn[]> {
    throwIfAborted(signal)
    if (this.#broken) return this.#inline.decode(source, task, signal)
    // A worker reads a local file itself; from afar all columns are asked for at once.
    const isFar = source.localPath === undefined
    const fetched = isFar ? await fetchChunks(source, task.chunks, signal) : undefined
    const parts = splitTask(task, Math.max(1, this.size - this.#load()))
    const columns: RawColumn[] = []
    await Promise.all(
      parts.map(async (part) => {
        const decoded = await this.#decodePart(source, part.task, fetched, signal)
        part.columns.forEach((column, index) => {
          columns[column] = decoded[index] as RawColumn
        })
      }),
    )
    return columns
  }

  async #decodePart(
    source: ByteSource,
    task: DecodeTask,
    fetched: Awaited<ReturnType<typeof fetchChunks>> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<RawColumn[]> {
    const { localPath, sizeBytes } = source
    const bytes: TaskBytes =
      localPath === undefined
        ? { pieces: task.chunks.map((chunk) => ownBytes(fetched?.get(chunk) ?? [])) }
        : { localPath, sizeBytes }
    const transfer =
      'pieces' in bytes ? bytes.pieces.flatMap((p) => p.map((x) => x.bytes.buffer)) : []
    const response = await this.#run(
      (id, recycled) => ({ kind: 'decode', id, task, bytes, recycled }),
      [...new Set(transfer)] as ArrayBuffer[],
      async () => {
        const columns = await this.#inline.decode(source, task, signal)
        return { kind: 'decoded', id: 0, columns }
      },
      signal,
    )
    if (response.kind !== 'decoded') throw new InternalBug('a worker answered something else')
    return [...response.columns]
  }

  async encodeRowGroup(
    request: EncodeRequest,
    options: EncodeJobOptions = {},
  ): Promise<Uint8Array> {
    throwIfAborted(options.signal)
    if (this.#broken) return this.#inline.encodeRowGroup(request, options)
    const { buffer, byteLength } = request.ipc
    // Only a buffer that holds nothing else may be taken away from the caller.
    const owned = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    const response = await this.#run(
      (id) => ({ kind: 'encode', id, request }),
      owned ? [buffer] : [],
      async () => ({
        kind: 'encoded',
        id: 0,
        image: await this.#inline.encodeRowGroup(request, options),
      }),
      options.signal,
      options.encoders,
    )
    if (response.kind !== 'encoded') throw new InternalBug('a worker answered something else')
    return response.image
  }

  recycle(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) this.#recycled.give(buffer)
  }

  async close(): Promise<void> {
    this.#closed = true
    const jobs = [...this.#queue.splice(0), ...this.#slots.flatMap((slot) => slot.job ?? [])]
    for (const job of jobs) this.#settle(job, new Aborted('the pool was closed'))
    this.#recycled.drain()
    await Promise.all(this.#slots.splice(0).map((slot) => slot.worker.terminate()))
    this.#closed = false
  }

  /** Jobs running or waiting. */
  #load(): number {
    return this.#queue.length + this.#slots.filter((slot) => slot.job !== undefined).length
  }

  #run(
    request: (id: number, recycled: ArrayBuffer[]) => PoolRequest,
    transfer: readonly ArrayBuffer[],
    fallback: Job['fallback'],
    signal: AbortSignal | undefined,
    workers = this.size,
  ): Promise<PoolResponse> {
    throwIfAborted(signal)
    return new Promise<PoolResponse>((resolve, reject) => {
      const id = this.#nextId++ & 0x7fffffff
      const onAbort = (): void => this.#abort(job, signal?.reason)
      const settle =
        <Value>(then: (value: Value) => void) =>
        (value: Value): void => {
          signal?.removeEventListener('abort', onAbort)
          then(value)
        }
      const job: Job = {
        id,
        request: (recycled) => request(id, recycled),
        transfer,
        resolve: settle(resolve),
        reject: settle(reject),
        fallback,
        workers,
        settled: false,
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#queue.push(job)
      this.#pump()
    })
  }

  #settle(job: Job, outcome: PoolResponse | Error): void {
    if (job.settled) return
    job.settled = true
    if (outcome instanceof Error) job.reject(outcome)
    else job.resolve(outcome)
  }

  #abort(job: Job, cause: unknown): void {
    const waiting = this.#queue.indexOf(job)
    if (waiting >= 0) this.#queue.splice(waiting, 1)
    // A running worker notices between two columns; its answer is dropped.
    const slot = this.#slots.find((candidate) => candidate.job === job)
    if (slot !== undefined) Atomics.store(slot.cancelled, 0, job.id)
    this.#settle(job, new Aborted('reading was aborted', { cause }))
  }

  /** Gives waiting jobs to idle workers, and starts workers while there are too few. */
  #pump(): void {
    if (this.#broken) {
      for (const job of this.#queue.splice(0)) this.#runInline(job)
      return
    }
    for (const job of [...this.#queue]) {
      const may = this.#slots.slice(0, job.workers)
      const slot = may.find((candidate) => candidate.ready && candidate.job === undefined)
      if (slot === undefined) continue
      this.#queue.splice(this.#queue.indexOf(job), 1)
      this.#give(slot, job)
    }
    // Work is sent to a worker only once it is up, so that nothing is lost if it never is.
    let starting = this.#slots.filter((slot) => !slot.ready).length
    const mayUseAnother = ({ workers }: Job): boolean => workers > this.#slots.length
    while (this.#slots.length < this.size && starting < this.#queue.filter(mayUseAnother).length) {
      this.#start()
      starting++
    }
  }

  #give(slot: Slot, job: Job): void {
    slot.job = job
    // While it works, a worker keeps the process alive; an idle one never does.
    slot.worker.ref()
    const recycled = this.#recycled.drain()
    try {
      slot.worker.postMessage(job.request(recycled), [...job.transfer, ...recycled])
    } catch (error) {
      slot.job = undefined
      slot.worker.unref()
      const bug = new InternalBug(`a task could not be sent: ${String(error)}`, { cause: error })
      this.#settle(job, bug)
    }
  }

  #start(): void {
    const cancelled = new SharedArrayBuffer(4)
    const worker = new Worker(workerUrl(), { workerData: { cancelled } })
    const slot: Slot = {
      worker,
      cancelled: new Int32Array(cancelled),
      ready: false,
      job: undefined,
    }
    this.#slots.push(slot)
    worker.on('message', (response: PoolResponse) => this.#onMessage(slot, response))
    worker.on('error', (error) => this.#onDeath(slot, error))
    worker.on('exit', () => this.#onDeath(slot, undefined))
  }

  #onMessage(slot: Slot, response: PoolResponse): void {
    if (response.kind === 'ready') {
      slot.ready = true
      slot.worker.unref()
      this.#pump()
      return
    }
    const { job } = slot
    slot.job = undefined
    slot.worker.unref()
    if (response.kind === 'failed' && response.poisoned) this.#drop(slot)
    if (job !== undefined) {
      const failed = response.kind === 'failed'
      this.#settle(job, failed ? reviveError(response.error) : response)
    }
    this.#pump()
  }

  /** Ends a worker that must not be used again; the next job starts a fresh one. */
  #drop(slot: Slot): void {
    const at = this.#slots.indexOf(slot)
    if (at >= 0) this.#slots.splice(at, 1)
    void slot.worker.terminate()
  }

  #onDeath(slot: Slot, error: Error | undefined): void {
    if (!this.#slots.includes(slot)) return
    this.#drop(slot)
    const { job } = slot
    slot.job = undefined
    if (!slot.ready && !this.#closed) {
      // It never came up, as when a bundler left the worker's file out: do without workers.
      this.#broken = true
    } else if (job !== undefined) {
      const cause = error?.message ?? 'it ended'
      const bug = new InternalBug(`a parquet worker crashed: ${cause}`, { cause: error })
      this.#settle(job, bug)
    }
    this.#pump()
  }

  #runInline(job: Job): void {
    if (job.settled) return
    job.fallback().then(
      (response) => this.#settle(job, response),
      (error: unknown) => this.#settle(job, error as Error),
    )
  }
}

/** Copied to buffers that can be handed over to another thread. */
function ownBytes(pieces: readonly FileBytes[]): FileBytes[] {
  return pieces.map(({ start, bytes }) => ({ start, bytes: new Uint8Array(bytes) }))
}
