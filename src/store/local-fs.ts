/** The file-system calls that the local store makes, as a port: tests fail them one by one. */
import { constants } from 'node:fs'
import {
  type FileHandle,
  link,
  lstat,
  mkdir,
  open,
  opendir,
  realpath,
  rename,
  rmdir,
  unlink,
} from 'node:fs/promises'

export interface LocalStat {
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly kind: 'file' | 'folder' | 'link' | 'other'
}

/** An open file. */
export interface LocalFile {
  /** Fills `buffer` from `position`; gives how many bytes there were. */
  read(buffer: Uint8Array, position: number): Promise<number>
  /** Appends some or all of the bytes; gives how many. */
  write(bytes: Uint8Array): Promise<number>
  /** fsync. */
  sync(): Promise<void>
  stat(): Promise<LocalStat>
  close(): Promise<void>
}

/** Every call rejects with the system's own error (`code` is `ENOENT`, `EIO`, …). */
export interface LocalFs {
  /** Opens for reading; the last step of the path may not be a symbolic link. */
  openRead(path: string): Promise<LocalFile>
  /** Creates a file that must not exist (`O_EXCL`) and opens it for writing. */
  openNew(path: string): Promise<LocalFile>
  /** fsync of a folder. */
  syncFolder(path: string): Promise<void>
  mkdir(path: string): Promise<void>
  link(from: string, to: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Removes a folder that is empty. */
  rmdir(path: string): Promise<void>
  /** Without following a link. */
  stat(path: string): Promise<LocalStat>
  realpath(path: string): Promise<string>
  /** Names and kinds in a folder. */
  entries(path: string): AsyncIterable<{ readonly name: string; readonly kind: LocalStat['kind'] }>
}

interface KindOf {
  isFile(): boolean
  isDirectory(): boolean
  isSymbolicLink(): boolean
}

function kindOf(entry: KindOf): LocalStat['kind'] {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  return entry.isSymbolicLink() ? 'link' : 'other'
}

function statOf(stats: KindOf & { size: number; mtimeMs: number }): LocalStat {
  return { sizeBytes: stats.size, modifiedMs: Math.floor(stats.mtimeMs), kind: kindOf(stats) }
}

class NodeFile implements LocalFile {
  readonly #handle: FileHandle
  constructor(handle: FileHandle) {
    this.#handle = handle
  }
  async read(buffer: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(buffer, 0, buffer.length, position)).bytesRead
  }
  async write(bytes: Uint8Array): Promise<number> {
    return (await this.#handle.write(bytes, 0, bytes.length)).bytesWritten
  }
  sync(): Promise<void> {
    return this.#handle.sync()
  }
  async stat(): Promise<LocalStat> {
    return statOf(await this.#handle.stat())
  }
  close(): Promise<void> {
    return this.#handle.close()
  }
}

// O_NONBLOCK: opening a named pipe must not wait for a writer. It means nothing for files.
// Where the system has no such flag it is undefined, and a bitwise or takes that for 0.
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW

/** The real file system. */
export const nodeFs: LocalFs = Object.freeze({
  openRead: async (path: string) => new NodeFile(await open(path, READ)),
  openNew: async (path: string) => new NodeFile(await open(path, NEW, 0o666)),
  syncFolder: async (path: string) => {
    const handle = await open(path, constants.O_RDONLY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  mkdir: async (path: string) => {
    await mkdir(path)
  },
  link,
  rename,
  unlink,
  rmdir: (path: string) => rmdir(path),
  stat: async (path: string) => statOf(await lstat(path)),
  realpath: (path: string) => realpath(path),
  entries: async function* (path: string) {
    for await (const entry of await opendir(path, { bufferSize: 256 })) {
      yield { name: entry.name, kind: kindOf(entry) }
    }
  },
})
