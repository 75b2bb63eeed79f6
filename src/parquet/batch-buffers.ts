import type { Data, RecordBatch } from 'apache-arrow'

/**
 * The memory behind a batch, for `pool.recycle` once nobody looks at the batch any more. Batches
 * that share memory with others (slices, reused columns) must not be handed back.
 */
export function batchBuffers(batch: RecordBatch): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>()
  const walk = (data: Data): void => {
    for (const part of [data.values, data.valueOffsets, data.nullBitmap] as unknown[]) {
      if (ArrayBuffer.isView(part) && part.buffer instanceof ArrayBuffer) found.add(part.buffer)
    }
    for (const child of data.children) walk(child)
    for (const chunk of data.dictionary?.data ?? []) walk(chunk)
  }
  for (const child of batch.data.children) walk(child)
  return [...found]
}
