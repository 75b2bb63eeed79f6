import { throwIfAborted } from '../env/system-env.js'
import { StoreUnavailable } from '../errors.js'
import { errnoOf, isMissing, localError } from './local-errors.js'
import { type LocalFolders, localPathOf } from './local-folders.js'
import type { LocalFile, LocalFs, LocalStat } from './local-fs.js'
import { checkedRange, missingFile } from './read-options.js'
import type { ObjectInfo, Store } from './store.js'

/** Bytes asked of the system at once, so that a signal is noticed during a long read. */
const READ_CHUNK_BYTES = 16 * 1024 * 1024
const MAX_FOLDER_DEPTH = 128

/** The reading half of the local store. */
export function localReader(
  fs: LocalFs,
  folders: LocalFolders,
): Pick<Store, 'head' | 'read' | 'list' | 'localPath'> {
  return {
    head: async (path, options) => {
      throwIfAborted(options?.signal)
      const stat = await statOf(fs, folders, path)
      return stat === undefined ? undefined : infoOf(path, stat)
    },
    read: async (path, range, options = {}) => {
      throwIfAborted(options.signal)
      const target = await folders.resolveFolderOf(path)
      if (target === undefined) throw missingFile(path)
      const file = await openFile(fs, target, path)
      try {
        const { sizeBytes, kind } = await file.stat()
        if (kind !== 'file') throw missingFile(path)
        const { start, end } = checkedRange(path, sizeBytes, range, options)
        return await readRange(file, path, start, end, options.signal)
      } catch (error) {
        throw localError(error, 'read', path)
      } finally {
        await file.close().catch(() => undefined)
      }
    },
    list: (folder, options = {}) =>
      listFolder(fs, folders, folder, options.recursive !== false, options.signal),
    localPath: (path) => localPathOf(path),
  }
}

async function statOf(
  fs: LocalFs,
  folders: LocalFolders,
  path: string,
): Promise<LocalStat | undefined> {
  try {
    const target = await folders.resolveFolderOf(path)
    if (target === undefined) return undefined
    const stat = await fs.stat(target)
    return stat.kind === 'file' ? stat : undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw localError(error, 'look at', path)
  }
}

async function openFile(fs: LocalFs, target: string, path: string): Promise<LocalFile> {
  try {
    return await fs.openRead(target)
  } catch (error) {
    if (isMissing(error)) throw missingFile(path, error)
    throw localError(error, 'read', path)
  }
}

async function readRange(
  file: LocalFile,
  path: string,
  start: number,
  end: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start)
  let at = 0
  while (at < bytes.length) {
    throwIfAborted(signal)
    const wanted = bytes.subarray(at, Math.min(bytes.length, at + READ_CHUNK_BYTES))
    const got = await file.read(wanted, start + at)
    if (got === 0) {
      throw new StoreUnavailable(`${path} became shorter while it was read`, { details: { path } })
    }
    at += got
  }
  return bytes
}

function infoOf(path: string, stat: LocalStat): ObjectInfo {
  return { path, sizeBytes: stat.sizeBytes, modifiedMs: stat.modifiedMs }
}

/** Links are not followed and not listed: they could leave the roots or make a circle. */
async function* listFolder(
  fs: LocalFs,
  folders: LocalFolders,
  folder: string,
  recursive: boolean,
  signal: AbortSignal | undefined,
): AsyncIterable<ObjectInfo> {
  const real = await folders.resolveFolder(folder)
  if (real === undefined) return
  const base = folder.replace(/\/+$/, '')
  const pending = [{ real, shown: base, depth: 0 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { real: realFolder, shown, depth } = next
    for await (const { name, kind } of entriesOf(fs, realFolder, folder)) {
      throwIfAborted(signal)
      const path = `${shown}/${name}`
      if (kind === 'folder') {
        if (!recursive) yield { path, sizeBytes: 0, modifiedMs: undefined, isFolder: true }
        else if (depth < MAX_FOLDER_DEPTH) {
          pending.push({ real: `${realFolder}/${name}`, shown: path, depth: depth + 1 })
        }
      } else if (kind === 'file') {
        const stat = await statEntry(fs, `${realFolder}/${name}`, path)
        if (stat !== undefined) yield infoOf(path, stat)
      }
    }
  }
}

async function* entriesOf(
  fs: LocalFs,
  real: string,
  folder: string,
): AsyncIterable<{ readonly name: string; readonly kind: LocalStat['kind'] }> {
  try {
    yield* fs.entries(real)
  } catch (error) {
    if (isMissing(error)) return
    throw localError(error, 'list', folder)
  }
}

/** Undefined when the file went away between the listing and the look. */
async function statEntry(fs: LocalFs, real: string, path: string): Promise<LocalStat | undefined> {
  try {
    return await fs.stat(real)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined
    throw localError(error, 'look at', path)
  }
}
