/** The local store's file-system calls, recorded or made to fail one by one. */
import { type LocalFile, type LocalFs, nodeFs } from '../../src/store/local-fs.js'

export interface FsCall {
  readonly call: string
  readonly path: string
}

/** Runs before each call; throws to make it fail, or gives `after` to fail once it was done. */
export type Interfere = (call: FsCall, index: number) => 'after' | undefined

export function errno(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code })
}

/** A file system that tells `interfere` of every call that could fail. */
export function watchedFs(interfere: Interfere): LocalFs {
  let index = 0
  const around = async <T>(call: string, path: string, run: () => Promise<T>): Promise<T> => {
    const after = interfere({ call, path }, index++)
    const result = await run()
    if (after === 'after') throw errno('EIO')
    return result
  }
  const file = (path: string, inner: LocalFile): LocalFile => ({
    read: (buffer, position) => around('read', path, () => inner.read(buffer, position)),
    write: (bytes) => around('write', path, () => inner.write(bytes)),
    sync: () => around('sync', path, () => inner.sync()),
    stat: () => around('fstat', path, () => inner.stat()),
    close: async () => {
      // Closed whatever happens, as the system does: only the answer fails.
      await inner.close()
      await around('close', path, async () => undefined)
    },
  })
  return {
    openRead: async (path) =>
      file(path, await around('openRead', path, () => nodeFs.openRead(path))),
    openNew: async (path) => file(path, await around('openNew', path, () => nodeFs.openNew(path))),
    syncFolder: (path) => around('syncFolder', path, () => nodeFs.syncFolder(path)),
    mkdir: (path) => around('mkdir', path, () => nodeFs.mkdir(path)),
    link: (from, to) => around('link', to, () => nodeFs.link(from, to)),
    rename: (from, to) => around('rename', to, () => nodeFs.rename(from, to)),
    rmdir: (path) => around('rmdir', path, () => nodeFs.rmdir(path)),
    unlink: (path) => around('unlink', path, () => nodeFs.unlink(path)),
    stat: (path) => around('stat', path, () => nodeFs.stat(path)),
    realpath: (path) => around('realpath', path, () => nodeFs.realpath(path)),
    entries: (path) => {
      interfere({ call: 'entries', path }, index++)
      return nodeFs.entries(path)
    },
  }
}

/** A watched file system that records its calls. */
export function recordedFs(): { readonly fs: LocalFs; readonly calls: FsCall[] } {
  const calls: FsCall[] = []
  const fs = watchedFs((call) => {
    calls.push(call)
    return undefined
  })
  return { fs, calls }
}
