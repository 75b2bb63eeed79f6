import { missingFile } from './read-options.js'
import type { ReadOptions, Store } from './store.js'

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
  return {
    path,
    sizeBytes: size,
    ...(localPath !== undefined && { localPath }),
    read: (start, end, signal) =>
      store.read(path, { start, end }, { signal: signal ?? options.signal }),
  }
}
