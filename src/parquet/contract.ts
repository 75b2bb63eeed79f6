/**
 * The seams of the Parquet engine: what the scan and the writers may rely on. The engine speaks
 * Parquet and Arrow only; Iceberg's schema rules are applied above it.
 */

/** A file that can be read by byte ranges. */
export interface ByteSource {
  /** For error messages, and for workers that can open local files themselves. */
  readonly path: string
  readonly sizeBytes: number
  /** Set when the file is a plain local file that a worker thread may open by this path. */
  readonly localPath?: string
  /** Bytes `[start, end)`. Rejects with a typed error when they cannot be had whole. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>
}

/** Where finished bytes go. Writes are ordered; `close` makes the file durable. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>
  close(): Promise<void>
  /** Removes what was written, as far as possible. Never throws. */
  abort(): Promise<void>
}

export type CompressionCodec = 'zstd' | 'snappy' | 'gzip' | 'lz4_raw' | 'uncompressed' | 'brotli'
