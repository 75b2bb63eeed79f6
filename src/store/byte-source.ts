import { throwIfAborted } from '../env/system-env.js'
import { missingFile } from './read-options.js'
import type { ReadOptions, Store } from './store.js'

/** Of one file: what the first read of a Parquet footer takes. */
const TAIL_MAX_BYTES = 64 * 1024
/** A file up to this size comes whole when its end is asked for: a further request takes longer. */
export const WHOLE_MAX_BYTES = 512 * 1024

/** A file that can be read by byte ranges; what the Parquet engine reads from. */
export interface StoreByteSource {
  readonly path: string
  readonly sizeBytes: number
  readonly localPath?: string
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>
}

/**
 * Opens one object for ranged reads. Asks the store for the size unless it is given; a file that
 * others may open by its local path is always looked at first, so that no symbolic link is followed.
 */
export async function byteSource(
  store: Store,
  path: string,
  sizeBytes?: number,
  options: ReadOptions = {},
): Promise<StoreByteSource> {
  const localPath = store.localPath?.(path)
  const asked = sizeBytes === undefined || localPath !== undefined
  const size = asked ? (await store.head(path, options))?.sizeBytes : sizeBytes
  if (size === undefined) throw missingFile(path)
  const read = (start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> =>
    store.read(path, { start, end }, { signal: signal ?? options.signal })
  if (localPath !== undefined) return { path, sizeBytes: size, localPath, read }
  return { path, sizeBytes: size, read: keepingTail(size, read) }
}

/**
 * Keeps what was read of a file's end: all of a small file, and the indexes of a larger one, which
 * then cost no further request.
 */
function keepingTail(sizeBytes: number, read: StoreByteSource['read']): StoreByteSource['read'] {
  let tail: { readonly start: number; readonly bytes: Uint8Array } | undefined
  return async (start, end, signal) => {
    if (tail !== undefined && start >= tail.start && end <= sizeBytes && start <= end) {
      throwIfAborted(signal)
      return tail.bytes.slice(start - tail.start, end - tail.start)
    }
    const isSmall = sizeBytes <= WHOLE_MAX_BYTES
    const from = isSmall && end === sizeBytes ? 0 : start
    const bytes = await read(from, end, signal)
    const isTail = end === sizeBytes && (isSmall || bytes.length <= TAIL_MAX_BYTES)
    if (!isTail || from >= (tail?.start ?? end)) return bytes
    tail = { start: from, bytes }
    // A copy: what is given may be handed over to another thread.
    return bytes.slice(start - from)
  }
}
