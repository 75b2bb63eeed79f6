/**
 * The store port: what moraine needs of a file system or an object store (spec/protocol/storage.md).
 * It mirrors an object store, not a file system: whole-object operations, no cursors, no rename.
 * Implementations do not retry. Paths are absolute locations as they stand in Iceberg metadata
 * (`/warehouse/t/…`, `file:/…`, `s3://bucket/…`, `memory:/…`).
 */

import type { MoraineError } from '../errors.js'

export interface ObjectInfo {
  readonly path: string
  readonly sizeBytes: number
  /** Last modification, milliseconds since the epoch; undefined when the store has none. */
  readonly modifiedMs: number | undefined
  /** Set for the sub-folders that a listing with `recursive: false` gives. */
  readonly isFolder?: true
  /**
   * Names the bytes that are there: equal versions mean equal bytes. Opaque (an ETag, a generation).
   * Given by `head` of a store that has `replace`.
   */
  readonly version?: string
}

/**
 * What an exclusive create came to. `unknown` means the request may or may not have been, or may
 * yet be, applied: settle it by reading the name back (rule C1 of spec/protocol/commit.md).
 */
export type CreateOutcome =
  | { readonly outcome: 'created' }
  | { readonly outcome: 'exists' }
  | { readonly outcome: 'unknown'; readonly cause: unknown }

/**
 * What a conditional replacement came to. `changed`: the object has another version or is gone, and
 * surely nothing was written. `unknown` is settled by reading back, as for a create.
 */
export type ReplaceOutcome =
  | { readonly outcome: 'replaced'; readonly version: string }
  | { readonly outcome: 'changed' }
  | { readonly outcome: 'unknown'; readonly cause: unknown }

/** An object that `deleteMany` could not remove, and why. */
export interface DeleteFailure {
  readonly path: string
  readonly error: MoraineError
}

/** A new object being written under a name nobody else uses. Not visible before `close` resolves. */
export interface ObjectWriter {
  readonly path: string
  write(bytes: Uint8Array): Promise<void>
  /** Makes the object durable and visible, and gives its size. */
  close(): Promise<ObjectInfo>
  /** Drops what was written. Never rejects. */
  abort(): Promise<void>
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
}

/** Every method rejects with a MoraineError: `StoreUnavailable`, `NotFound('file')`, `Aborted` … */
export interface Store {
  /** Facts about one object; undefined when there is none. */
  head(path: string, options?: ReadOptions): Promise<ObjectInfo | undefined>
  /**
   * Bytes `[start, end)` (whole object by default), the caller's own. A short read is an error,
   * never a short result. More than `maxBytes` is `LimitExceeded`, which names `limitName`.
   */
  read(
    path: string,
    range?: { readonly start: number; readonly end: number },
    options?: ReadOptions & { readonly maxBytes?: number; readonly limitName?: string },
  ): Promise<Uint8Array>
  /**
   * Every object under a folder, recursively, in no promised order. A missing folder is empty.
   * With `recursive: false`, what lies directly in it: objects, and sub-folders as `isFolder`.
   */
  list(
    folder: string,
    options?: ReadOptions & { readonly recursive?: boolean },
  ): AsyncIterable<ObjectInfo>
  /**
   * Where one request can tell: the objects whose location begins with this text, at most a
   * hundred of them, and all when there are fewer; as fresh as `head`. Of few names that begin alike it costs less than many heads.
   */
  findByPrefix?(prefix: string, options?: ReadOptions): Promise<readonly string[]>
  /**
   * Creates the object only if the name is free; durable when it resolves `created`, and the object
   * that is there already when it resolves `exists`. Rejects only when surely nothing was applied.
   */
  create(path: string, bytes: Uint8Array): Promise<CreateOutcome>
  /**
   * Writes or replaces a small advisory object (the version hint, a retired slot's marker).
   * Atomic for readers, but it need not survive a power cut.
   */
  put(path: string, bytes: Uint8Array): Promise<void>
  /** Opens a new object under a unique name for streaming; `close` rejects with `AlreadyExists`. */
  writer(path: string, options?: ReadOptions): Promise<ObjectWriter>
  /**
   * Where the store can compare and swap: replaces the object only while it has this version, as
   * `head` gave it. Rejects only when surely nothing was applied.
   */
  replace?(path: string, bytes: Uint8Array, version: string): Promise<ReplaceOutcome>
  /** Removes an object; resolves also when there is none. */
  delete(path: string): Promise<void>
  /**
   * Where many can be removed by one request: removes them in any order, and gives those that may
   * still be there. Rejects only with `Aborted`. Call it through `deleteMany` of delete-many.ts.
   */
  deleteMany?(paths: readonly string[], options?: ReadOptions): Promise<readonly DeleteFailure[]>
  /** Where there are folders: removes those below `folder` that hold nothing, as far as it can. */
  removeEmptyFolders?(folder: string): Promise<void>
  /** A path that a worker thread may open directly, when the object is a plain local file. */
  localPath?(path: string): string | undefined
  /** Releases connections and handles. */
  close?(): Promise<void>
}
