/**
 * A disk as a power cut sees it: inodes, names in folders, and for each whether an fsync has made it
 * last. Every call of `LocalFs` is counted; a plan lets one fail, or the machine stop before it. A disk may
 * have room for so many bytes only: then a write takes what fits, and the next one nothing.
 */
import type { LocalFile, LocalFs, LocalStat } from '../../src/store/local-fs.js'

interface Inode {
  readonly kind: 'file' | 'folder'
  bytes: Uint8Array
  /** What an fsync has made last; undefined: nothing but, perhaps, an empty file. */
  durable: Uint8Array | undefined
}

/** A change of a name that a power cut may undo, until its folder is synced. */
interface NameChange {
  readonly folder: string
  readonly path: string
  /** What the name is to mean; undefined: it is removed. */
  readonly inode: Inode | undefined
}

/** A disk after a crash: which name stands for which content. */
export type Survivors = ReadonlyMap<string, Uint8Array | 'folder'>

export type CallPlan = (index: number, call: string, path: string) => 'stop' | string | undefined

/** What never answers again: the process is dead. */
const never = (): Promise<never> => new Promise(() => undefined)

export class Disk {
  readonly #names = new Map<string, Inode>()
  /** Names as they would be after a power cut, if nothing of `#pending` lasts. */
  readonly #lasting = new Map<string, Inode>()
  #pending: NameChange[] = []
  #plan: CallPlan = () => undefined
  #stopped = false
  calls = 0
  /** Bytes that the disk still takes; a file that loses its last name gives its own back. */
  room = Number.POSITIVE_INFINITY
  /** Bytes that have been written since `begin`. */
  written = 0
  /** Resolves when the plan has stopped the machine. */
  stopped: Promise<void> = Promise.resolve()
  #onStop = (): void => undefined

  static of(survivors: Survivors): Disk {
    const disk = new Disk()
    for (const [path, content] of survivors) {
      const bytes = content === 'folder' ? new Uint8Array() : content
      const kind = content === 'folder' ? 'folder' : 'file'
      const inode: Inode = { kind, bytes, durable: bytes }
      disk.#names.set(path, inode)
      disk.#lasting.set(path, inode)
    }
    return disk
  }

  /** From now on calls are counted from 0 and go by the plan. */
  begin(plan: CallPlan = () => undefined): void {
    this.calls = 0
    this.written = 0
    this.#plan = plan
    this.stopped = new Promise((resolve) => {
      this.#onStop = resolve
    })
  }

  /** What a SIGKILL leaves: everything that was done, synced or not. */
  afterKill(): Survivors {
    return survivors(this.#names, (inode) => inode.bytes)
  }

  /** How many changes of names a power cut may undo. */
  get pending(): number {
    return this.#pending.length
  }

  /**
   * What a power cut leaves when of the changes of names only those last for which `lasts` says so, and
   * of bytes that were never synced nothing, or (`torn`) the first half.
   */
  afterPowerCut(lasts: (index: number) => boolean, torn: boolean): Survivors {
    const names = new Map(this.#lasting)
    for (const [index, { path, inode }] of this.#pending.entries()) {
      if (!lasts(index)) continue
      if (inode === undefined) names.delete(path)
      else names.set(path, inode)
    }
    for (const path of [...names.keys()]) if (!hasParents(names, path)) names.delete(path)
    return survivors(names, (inode) => {
      if (inode.durable !== undefined) return inode.durable
      return torn ? inode.bytes.slice(0, inode.bytes.length >> 1) : new Uint8Array()
    })
  }

  readonly fs: LocalFs = {
    openRead: async (path) => {
      await this.#call('open', path)
      const inode = this.#inode(path)
      if (inode.kind === 'folder') throw failure('EISDIR')
      return this.#file(path, inode)
    },
    openNew: async (path) => {
      await this.#call('open', path)
      if (this.#names.has(path)) throw failure('EEXIST')
      const inode: Inode = { kind: 'file', bytes: new Uint8Array(), durable: undefined }
      this.#set(path, inode)
      return this.#file(path, inode)
    },
    syncFolder: async (path) => {
      await this.#call('fsync', path)
      for (const { inode, path: name } of this.#pending.filter((one) => one.folder === path)) {
        if (inode === undefined) this.#lasting.delete(name)
        else this.#lasting.set(name, inode)
      }
      this.#pending = this.#pending.filter((one) => one.folder !== path)
    },
    mkdir: async (path) => {
      await this.#call('mkdir', path)
      if (this.#names.has(path)) throw failure('EEXIST')
      this.#set(path, { kind: 'folder', bytes: new Uint8Array(), durable: new Uint8Array() })
    },
    link: async (from, to) => {
      await this.#call('link', to)
      const inode = this.#inode(from)
      if (this.#names.has(to)) throw failure('EEXIST')
      this.#set(to, inode)
    },
    rename: async (from, to) => {
      await this.#call('rename', to)
      const inode = this.#inode(from)
      this.#set(to, inode)
      this.#remove(from)
    },
    unlink: async (path) => {
      await this.#call('unlink', path)
      this.#inode(path)
      this.#remove(path)
    },
    rmdir: async (path) => {
      await this.#call('rmdir', path)
      this.#inode(path)
      if ([...this.#names.keys()].some((name) => parentOf(name) === path))
        throw failure('ENOTEMPTY')
      this.#remove(path)
    },
    stat: async (path) => {
      await this.#call('stat', path)
      return statOf(this.#inode(path))
    },
    realpath: async (path) => {
      await this.#call('realpath', path)
      this.#inode(path)
      return path
    },
    entries: (path) => this.#entries(path),
  }

  async *#entries(path: string) {
    await this.#call('readdir', path)
    this.#inode(path)
    for (const [name, inode] of [...this.#names]) {
      if (parentOf(name) === path) yield { name: name.slice(path.length + 1), kind: inode.kind }
    }
  }

  #file(path: string, inode: Inode): LocalFile {
    return {
      read: async (buffer, position) => {
        await this.#call('read', path)
        const part = inode.bytes.subarray(position, position + buffer.length)
        buffer.set(part)
        return part.length
      },
      write: async (bytes) => {
        await this.#call('write', path)
        // The system may take less than it is given.
        const taken = Math.min(this.room, Math.max(1, bytes.length - (bytes.length >> 2)))
        if (taken === 0 && bytes.length > 0) throw failure('ENOSPC')
        const part = bytes.subarray(0, taken)
        this.room -= part.length
        this.written += part.length
        const all = new Uint8Array(inode.bytes.length + part.length)
        all.set(inode.bytes)
        all.set(part, inode.bytes.length)
        inode.bytes = all
        return part.length
      },
      sync: async () => {
        await this.#call('fsync', path)
        inode.durable = inode.bytes
      },
      stat: async () => {
        await this.#call('fstat', path)
        return statOf(inode)
      },
      close: async () => {
        await this.#call('close', path)
      },
    }
  }

  async #call(name: string, path: string): Promise<void> {
    if (this.#stopped) return never()
    const planned = this.#plan(this.calls++, name, path)
    if (planned === undefined) return
    if (planned !== 'stop') throw failure(planned)
    this.#stopped = true
    this.#onStop()
    return never()
  }

  #inode(path: string): Inode {
    const inode = path === '/' ? ROOT : this.#names.get(path)
    if (inode === undefined) throw failure('ENOENT')
    return inode
  }

  #set(path: string, inode: Inode): void {
    if (this.#inode(parentOf(path)).kind !== 'folder') throw failure('ENOTDIR')
    this.#names.set(path, inode)
    this.#pending.push({ folder: parentOf(path), path, inode })
  }

  #remove(path: string): void {
    const inode = this.#names.get(path)
    this.#names.delete(path)
    if (inode !== undefined && ![...this.#names.values()].includes(inode)) {
      this.room += inode.bytes.length
    }
    this.#pending.push({ folder: parentOf(path), path, inode: undefined })
  }
}

const ROOT: Inode = { kind: 'folder', bytes: new Uint8Array(), durable: new Uint8Array() }

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

function hasParents(names: ReadonlyMap<string, Inode>, path: string): boolean {
  for (let at = parentOf(path); at !== '/'; at = parentOf(at)) if (!names.has(at)) return false
  return true
}

function survivors(
  names: ReadonlyMap<string, Inode>,
  bytesOf: (inode: Inode) => Uint8Array,
): Survivors {
  return new Map(
    [...names].map(([path, inode]) => [path, inode.kind === 'folder' ? 'folder' : bytesOf(inode)]),
  )
}

function statOf(inode: Inode): LocalStat {
  return { sizeBytes: inode.bytes.length, modifiedMs: 0, kind: inode.kind }
}

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code })
}
