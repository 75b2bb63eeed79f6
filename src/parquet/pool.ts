import { loadZstd } from '../codec/zstd.js'
import { Aborted } from '../errors.js'
import { BufferSupply } from './buffer-supply.js'
import type { ByteSource } from './contract.js'
import { chunksOf, decodeNode } from './decode-task.js'
import { fetchSpans } from './fetch-spans.js'
import type { RawColumn } from './raw-column.js'
import type { DecodeTask } from './read-node.js'

/** Where Parquet is decoded: in worker threads, or in the calling one. */
export interface DecodePool {
  /** How many tasks run at the same time: keep this many row groups in flight. At least 1. */
  readonly size: number
  decode(source: ByteSource, task: DecodeTask, signal?: AbortSignal): Promise<RawColumn[]>
  close(): Promise<void>
}

/** Decodes in this thread, column after column, in the order of the calls. */
class InlinePool implements DecodePool {
  readonly size = 1
  readonly #supply = new BufferSupply()

  async decode(source: ByteSource, task: DecodeTask, signal?: AbortSignal): Promise<RawColumn[]> {
    await loadZstd()
    const columns: RawColumn[] = []
    for (const node of task.nodes) {
      if (signal?.aborted) throw new Aborted('reading was aborted', { cause: signal.reason })
      const chunks = chunksOf(node)
      const pieces = await Promise.all(
        chunks.map((index) => fetchSpans(source, task.chunks[index]?.spans ?? [], signal)),
      )
      const bytesOf = (index: number) => pieces[chunks.indexOf(index)] ?? []
      columns.push(decodeNode(task, node, bytesOf, this.#supply))
    }
    return columns
  }

  async close(): Promise<void> {}
}

export const inlinePool: DecodePool = new InlinePool()
