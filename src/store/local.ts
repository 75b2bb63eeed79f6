/**
 * A folder of this machine as a store (spec/protocol/storage.md). Objects become visible by `link`,
 * which fails when the name is taken and shows nothing half written: S1, S3. The order of the calls
 * is what makes them durable: S5.
 */

import type { Env } from '../env/env.js'
import { throwIfAborted } from '../env/system-env.js'
import { AlreadyExists, InvalidArgument, type MoraineError, StoreUnavailable } from '../errors.js'
import { toHex } from '../util/bytes.js'
import { errnoOf, hardLinkError, isMissing, localError } from './local-errors.js'
import { LocalFolders } from './local-folders.js'
import { type LocalFile, type LocalFs, nodeFs } from './local-fs.js'
import { localReader } from './local-read.js'
import { baseName, parentOf } from './location.js'
import { removeEmptyFolders } from './remove-empty-folders.js'
import type { CreateOutcome, ObjectWriter, Store } from './store.js'

export interface LocalStoreOptions {
  readonly env: Pick<Env, 'randomBytes'>
  /**
   * Folders that everything must really lie under, symbolic links resolved. Without it links are
   * followed wherever they lead.
   */
  readonly roots?: readonly string[]
  /** Skips every fsync: faster, and a power cut may lose commits that were acknowledged. */
  readonly unsafeNoSync?: boolean
  /** The file-system calls, replaced by tests. */
  readonly fs?: LocalFs
}

/** A store over the local file system: plain absolute paths and `file:` URIs. */
export function localStore(options: LocalStoreOptions): Store {
  const fs = options.fs ?? nodeFs
  const context: LocalContext = {
    fs,
    folders: new LocalFolders(fs, options.roots, options.unsafeNoSync !== true),
    sync: options.unsafeNoSync !== true,
    randomBytes: options.env.randomBytes,
  }
  return {
    ...localReader(fs, context.folders),
    create: (path, bytes) => createObject(context, path, bytes),
    put: (path, bytes) => putObject(context, path, bytes),
    writer: (path, opts) => openWriter(context, path, opts?.signal),
    delete: (path) => deleteObject(context, path),
    removeEmptyFolders: async (folder) => {
      const path = await context.folders.resolveFolder(folder)
      if (path !== undefined) await removeEmptyFolders(context.fs, path)
      context.folders.forget()
    },
  }
}

interface LocalContext {
  readonly fs: LocalFs
  readonly folders: LocalFolders
  readonly sync: boolean
  readonly randomBytes: Env['randomBytes']
}

/** A temporary name beside the final one: nobody can guess it, and `link` stays on one device. */
function temporaryName(context: LocalContext, folder: string): string {
  return `${folder}/.${toHex(context.randomBytes(16))}.tmp`
}

/** Errors of `link` after which it surely was not made. */
const REFUSED = new Set([
  'ENOENT',
  'ENOTDIR',
  'ENOSPC',
  'EDQUOT',
  'EACCES',
  'EROFS',
  'ENAMETOOLONG',
])

async function createObject(
  context: LocalContext,
  path: string,
  bytes: Uint8Array,
): Promise<CreateOutcome> {
  const staged = await stage(context, path, [bytes])
  try {
    await context.fs.link(staged.temporary, staged.target)
  } catch (error) {
    await dropTemporary(context, staged.temporary)
    if (errnoOf(error) === 'EEXIST') return existing(context, staged.target)
    const unsupported = hardLinkError(error, path)
    if (unsupported !== undefined) throw unsupported
    if (REFUSED.has(errnoOf(error) ?? '')) throw localError(error, 'create', path)
    // Any other error does not say for sure that the link was not made.
    return { outcome: 'unknown', cause: localError(error, 'create', path) }
  }
  const synced = await syncParent(context, staged.target)
  await dropTemporary(context, staged.temporary)
  return synced === undefined ? { outcome: 'created' } : { outcome: 'unknown', cause: synced }
}

/** The name is taken, perhaps by our own earlier request: make it durable before saying so (S5). */
async function existing(context: LocalContext, target: string): Promise<CreateOutcome> {
  const failed = await syncParent(context, target)
  return failed === undefined ? { outcome: 'exists' } : { outcome: 'unknown', cause: failed }
}

async function syncParent(
  context: LocalContext,
  target: string,
): Promise<MoraineError | undefined> {
  if (!context.sync) return undefined
  try {
    await context.fs.syncFolder(parentOf(target))
    return undefined
  } catch (error) {
    return localError(error, 'make durable', target)
  }
}

interface Staged {
  readonly temporary: string
  readonly target: string
}

/** Writes a durable temporary file next to `path`. On an error nothing is left, and it rejects. */
async function stage(
  context: LocalContext,
  path: string,
  chunks: readonly Uint8Array[],
  sync = context.sync,
): Promise<Staged> {
  const { file, folder, temporary } = await openTemporary(context, path)
  try {
    for (const chunk of chunks) await writeAll(file, chunk)
    if (sync) await file.sync()
    // Some file systems report a failed write only here.
    await file.close()
  } catch (error) {
    await file.close().catch(() => undefined)
    await dropTemporary(context, temporary)
    throw localError(error, 'write', path)
  }
  return { temporary, target: `${folder}/${baseName(path)}` }
}

interface OpenTemporary {
  readonly file: LocalFile
  readonly folder: string
  readonly temporary: string
}

/** Opens a new temporary file in the folder of `path`; makes the folder again if it went away. */
async function openTemporary(context: LocalContext, path: string): Promise<OpenTemporary> {
  for (let attempt = 1; ; attempt++) {
    const folder = await context.folders.prepare(path)
    const temporary = temporaryName(context, folder)
    try {
      return { file: await context.fs.openNew(temporary), folder, temporary }
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || attempt > 1) throw localError(error, 'write', path)
      context.folders.forget()
    }
  }
}

async function writeAll(file: LocalFile, bytes: Uint8Array): Promise<void> {
  let at = 0
  while (at < bytes.length) at += await file.write(bytes.subarray(at))
}

/** Litter at worst: nothing depends on a temporary file being gone. */
async function dropTemporary(context: LocalContext, temporary: string): Promise<void> {
  await context.fs.unlink(temporary).catch(() => undefined)
}

/** Atomic by rename, but not synced: only advice is put, and an old or torn one is survived. */
async function putObject(context: LocalContext, path: string, bytes: Uint8Array): Promise<void> {
  const staged = await stage(context, path, [bytes], false)
  try {
    await context.fs.rename(staged.temporary, staged.target)
  } catch (error) {
    await dropTemporary(context, staged.temporary)
    throw localError(error, 'write', path)
  }
}

/**
 * What was deleted stays deleted when the power goes: a namespace is dropped by this alone. The folder
 * is synced for a file that is gone already too: whoever deleted it may not have got so far.
 */
async function deleteObject(context: LocalContext, path: string): Promise<void> {
  const { fs, folders, sync } = context
  try {
    const target = await folders.resolveFolderOf(path)
    if (target === undefined) return
    await unlessMissing(() => fs.unlink(target))
    if (sync) await unlessMissing(() => fs.syncFolder(parentOf(target)))
  } catch (error) {
    throw localError(error, 'delete', path)
  }
}

async function unlessMissing(act: () => Promise<void>): Promise<void> {
  try {
    await act()
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

async function openWriter(
  context: LocalContext,
  path: string,
  signal: AbortSignal | undefined,
): Promise<ObjectWriter> {
  throwIfAborted(signal)
  const { file, folder, temporary } = await openTemporary(context, path)
  return new LocalWriter(context, path, temporary, `${folder}/${baseName(path)}`, file, signal)
}

class LocalWriter implements ObjectWriter {
  readonly path: string
  readonly #context: LocalContext
  readonly #temporary: string
  readonly #target: string
  readonly #signal: AbortSignal | undefined
  #file: LocalFile | undefined
  #sizeBytes = 0

  constructor(
    context: LocalContext,
    path: string,
    temporary: string,
    target: string,
    file: LocalFile,
    signal: AbortSignal | undefined,
  ) {
    this.path = path
    this.#context = context
    this.#temporary = temporary
    this.#target = target
    this.#file = file
    this.#signal = signal
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      throwIfAborted(this.#signal)
      await writeAll(this.#open(), bytes)
      this.#sizeBytes += bytes.length
    } catch (error) {
      await this.abort()
      throw localError(error, 'write', this.path)
    }
  }

  async close(): Promise<{ path: string; sizeBytes: number; modifiedMs: number }> {
    try {
      throwIfAborted(this.#signal)
      const file = this.#open()
      if (this.#context.sync) await file.sync()
      const { modifiedMs, sizeBytes } = await file.stat()
      this.#file = undefined
      await file.close()
      await this.#publish(sizeBytes)
      return { path: this.path, sizeBytes, modifiedMs }
    } catch (error) {
      await this.abort()
      throw localError(error, 'write', this.path)
    }
  }

  async abort(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close().catch(() => undefined)
    await dropTemporary(this.#context, this.#temporary)
  }

  async #publish(sizeBytes: number): Promise<void> {
    if (sizeBytes !== this.#sizeBytes) {
      throw new StoreUnavailable(
        `wrote ${this.#sizeBytes} bytes to ${this.path}, but the disk holds ${sizeBytes}`,
        { details: { path: this.path } },
      )
    }
    try {
      await this.#context.fs.link(this.#temporary, this.#target)
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') {
        throw new AlreadyExists(`${this.path} exists already`, { details: { path: this.path } })
      }
      throw hardLinkError(error, this.path) ?? error
    }
    const failed = await syncParent(this.#context, this.#target)
    if (failed !== undefined) {
      await dropTemporary(this.#context, this.#target)
      throw failed
    }
    await dropTemporary(this.#context, this.#temporary)
  }

  #open(): LocalFile {
    if (this.#file === undefined) {
      throw new InvalidArgument(`${this.path} was closed; it takes no more bytes`)
    }
    return this.#file
  }
}
