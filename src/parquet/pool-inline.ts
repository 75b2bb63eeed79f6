import type * as ParquetWasm from 'parquet-wasm'
import { loadZstd } from '../codec/zstd.js'
import { Aborted } from '../errors.js'
import { BufferSupply } from './buffer-supply.js'
import type { ByteSource } from './contract.js'
import type { DecodePool } from './decode-pool.js'
import { chunksOf, decodeNode } from './decode-task.js'
import { decodeWithWasm } from './decode-wasm.js'
import { fetchChunks, fetchSpans } from './fetch-spans.js'
import type { FileBytes } from './leaf-decoder.js'
import type { RawColumn } from './raw-column.js'
import type { ChunkTask, DecodeTask } from './read-node.js'
import { type EncodeJobOptions, type EncodeRequest, encodeRowGroup } from './write-encode.js'

export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Aborted('reading was aborted', { cause: signal.reason })
}

/** Decodes in the calling thread, column after column: deterministic, and needs no threads. */
export class InlinePool implements DecodePool {
  readonly size = 1
  readonly #supply = new BufferSupply()
  #wasm: Promise<typeof ParquetWasm> | undefined

  async decode(source: ByteSource, task: DecodeTask, signal?: AbortSignal): Promise<RawColumn[]> {
    if (task.mini !== undefined) return this.#decodeWithWasm(source, task, signal)
    await loadZstd()
    const columns: RawColumn[] = []
    // From afar all columns are asked for at once; on a disk one after the other takes less memory.
    const isFar = source.localPath === undefined
    const all = isFar ? await fetchChunks(source, task.chunks, signal) : undefined
    for (const node of task.nodes) {
      throwIfAborted(signal)
      const chunks = chunksOf(node).map((index) => task.chunks[index] as ChunkTask)
      const pieces = all ?? (await fetchChunks(source, chunks, signal))
      const bytesOf = (index: number) =>
        pieces.get(task.chunks[index] as ChunkTask) as readonly FileBytes[]
      columns.push(decodeNode(task, node, bytesOf, this.#supply))
    }
    return columns
  }

  async #decodeWithWasm(
    source: ByteSource,
    task: DecodeTask,
    signal: AbortSignal | undefined,
  ): Promise<RawColumn[]> {
    this.#wasm ??= import('parquet-wasm')
    const spans = task.chunks.flatMap((chunk) => chunk.spans)
    const chunks = await fetchSpans(source, spans, signal)
    return decodeWithWasm(await this.#wasm, task, chunks)
  }

  async encodeRowGroup(
    request: EncodeRequest,
    options: EncodeJobOptions = {},
  ): Promise<Uint8Array> {
    throwIfAborted(options.signal)
    this.#wasm ??= import('parquet-wasm')
    return encodeRowGroup(await this.#wasm, request)
  }

  recycle(buffers: readonly ArrayBuffer[]): void {
    for (const buffer of buffers) this.#supply.give(buffer)
  }

  async close(): Promise<void> {
    this.#supply.drain()
  }
}
