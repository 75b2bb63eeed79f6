import { CorruptData } from '../errors.js'
import type { ByteSource } from './contract.js'
import type { FileBytes } from './leaf-decoder.js'
import type { ByteSpan, ChunkTask } from './read-node.js'
import { joinSpans } from './row-group-task.js'

/** Spans this close together are asked for at once: a request costs more than these bytes. */
const requestGapBytes = 256 * 1024
/** Requests are not joined beyond this, so that several can run at a time. */
const requestBytesMax = 8 * 1024 * 1024

/** Reads spans of a file with few requests and gives each span as a view of what came. */
export async function fetchSpans(
  source: ByteSource,
  spans: readonly ByteSpan[],
  signal: AbortSignal | undefined,
): Promise<FileBytes[]> {
  const ascending = [...spans].sort((a, b) => a.start - b.start)
  const requests = splitLarge(joinSpans(ascending, requestGapBytes), ascending)
  const answers = await Promise.all(
    requests.map(async ({ start, end }): Promise<FileBytes> => {
      const bytes = await source.read(start, end, signal)
      if (bytes.length !== end - start) {
        throw new CorruptData(`${source.path} gave ${bytes.length} bytes for ${end - start}`, {
          details: { path: source.path, offset: start },
        })
      }
      return { start, bytes }
    }),
  )
  return spans.map((span) => {
    const holder = answers.find(
      ({ start, bytes }) => start <= span.start && span.end <= start + bytes.length,
    ) as FileBytes
    const { start, bytes } = holder
    return { start: span.start, bytes: bytes.subarray(span.start - start, span.end - start) }
  })
}

/** The bytes of whole chunks, each with its spans, for as few requests as their places allow. */
export async function fetchChunks(
  source: ByteSource,
  chunks: readonly ChunkTask[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<ChunkTask, readonly FileBytes[]>> {
  const pieces = await fetchSpans(
    source,
    chunks.flatMap((chunk) => chunk.spans),
    signal,
  )
  const found = new Map<ChunkTask, readonly FileBytes[]>()
  let at = 0
  for (const chunk of chunks) {
    found.set(chunk, pieces.slice(at, at + chunk.spans.length))
    at += chunk.spans.length
  }
  return found
}

/** Undoes joins that made a request too large: it is cut between spans, never inside one. */
function splitLarge(joined: readonly ByteSpan[], spans: readonly ByteSpan[]): ByteSpan[] {
  const out: ByteSpan[] = []
  for (const whole of joined) {
    let current: ByteSpan | undefined
    for (const span of spans) {
      if (span.start < whole.start || span.end > whole.end) continue
      if (current === undefined) current = span
      else if (span.end - current.start > requestBytesMax) {
        out.push(current)
        current = span
      } else current = { start: current.start, end: Math.max(current.end, span.end) }
    }
    if (current !== undefined) out.push(current)
  }
  return out
}
