/** What a file system may do that ext4 on a good day does not: each by a replaced call. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { InvalidArgument, LocationDenied, NotFound, StoreUnavailable } from '../../../src/errors.js'
import { type LocalStoreOptions, localStore } from '../../../src/store/local.js'
import { errnoOf, localError } from '../../../src/store/local-errors.js'
import { type LocalFile, type LocalFs, nodeFs } from '../../../src/store/local-fs.js'
import { removeEmptyFolders } from '../../../src/store/remove-empty-folders.js'
import type { ObjectInfo, Store } from '../../../src/store/store.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { errno } from '../../support/local-fs.js'

const env = systemEnv()
const BYTES = encodeUtf8('some bytes')
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'moraine-edges-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const store = (fs: Partial<LocalFs> = {}, options: Partial<LocalStoreOptions> = {}): Store =>
  localStore({ env, fs: { ...nodeFs, ...fs }, ...options })
const refuse = (code: string | undefined) => async (): Promise<never> => {
  throw code === undefined ? 'no error at all' : errno(code)
}
const all = async (from: Store, folder: string, recursive = true): Promise<ObjectInfo[]> => {
  const found: ObjectInfo[] = []
  for await (const info of from.list(folder, { recursive })) found.push(info)
  return found
}

/** A file whose calls are replaced. */
async function file(path: string, change: Partial<LocalFile>): Promise<LocalFile> {
  const inner = await nodeFs.openNew(path)
  return {
    read: (buffer, position) => inner.read(buffer, position),
    write: (bytes) => inner.write(bytes),
    sync: () => inner.sync(),
    stat: () => inner.stat(),
    close: () => inner.close(),
    ...change,
  }
}

describe('errors', () => {
  test('what is thrown need not be a system error', () => {
    expect(errnoOf(undefined)).toBeUndefined()
    expect(errnoOf('EIO')).toBeUndefined()
    expect(errnoOf(new Error('plain'))).toBeUndefined()
    expect(errnoOf({ code: 5 })).toBeUndefined()
    expect(localError('odd', 'read', '/x')).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: 'cannot read /x: the system says only that it failed',
      details: { errno: 'none' },
    })
    expect(localError(errno('EFAULT'), 'read', '/x').message).toContain('the system says EFAULT')
    expect(localError(errno('ENOENT'), 'read', '/x')).toBeInstanceOf(NotFound)
    const typed = new NotFound('file', 'x')
    expect(localError(typed, 'read', '/x')).toBe(typed)
  })
})

describe('creating', () => {
  test('a link that fails for no reason that is known may have been made', async () => {
    const path = join(root, 'v1')
    const outcome = await store({ link: refuse(undefined) }).create(path, BYTES)
    expect(outcome).toMatchObject({ outcome: 'unknown' })
  })

  test('a name that is taken, and a folder that cannot be synced: unknown', async () => {
    const path = join(root, 'v1')
    await writeFile(path, 'theirs')
    const outcome = await store({ syncFolder: async () => undefined }).create(path, BYTES)
    expect(outcome).toEqual({ outcome: 'exists' })
    let synced = 0
    const late = store({
      syncFolder: async () => {
        // The folder above, then the folder itself before the answer.
        if (++synced > 2) throw errno('EIO')
      },
    })
    await late.create(join(root, 'warm'), BYTES).catch(() => undefined)
    expect(await late.create(path, BYTES)).toMatchObject({ outcome: 'unknown' })
  })

  test('a folder that goes away between its making and the file: made once more, not for ever', async () => {
    let gone = 1
    const fs: Partial<LocalFs> = {
      openNew: (path) => (gone-- > 0 ? refuse('ENOENT')() : nodeFs.openNew(path)),
    }
    const path = join(root, 'a', 'v1')
    expect(await store(fs).create(path, BYTES)).toEqual({ outcome: 'created' })
    gone = 2
    await expect(store(fs).create(join(root, 'b', 'v1'), BYTES)).rejects.toThrow(NotFound)
  })

  test('a file whose closing fails after its writing failed leaves one error', async () => {
    const failing = store({
      openNew: (path) => file(path, { write: refuse('EIO'), close: refuse('EBADF') }),
    })
    await expect(failing.create(join(root, 'v1'), BYTES)).rejects.toThrow('the disk reported')
  })
})

describe('streaming', () => {
  test('a disk that holds less than was written', async () => {
    const short = store({
      openNew: (path) =>
        file(path, { stat: async () => ({ sizeBytes: 3, modifiedMs: 0, kind: 'file' }) }),
    })
    const writer = await short.writer(join(root, 'x'))
    await writer.write(BYTES)
    await expect(writer.close()).rejects.toThrow('wrote 10 bytes')
    expect(await short.head(join(root, 'x'))).toBeUndefined()
  })

  test('a writer that was closed or aborted takes no more', async () => {
    const writer = await store().writer(join(root, 'x'))
    await writer.close()
    await expect(writer.write(BYTES)).rejects.toThrow(InvalidArgument)
    const other = await store({
      openNew: (path) => file(path, { close: refuse('EIO') }),
    }).writer(join(root, 'y'))
    await other.abort()
    await expect(other.close()).rejects.toThrow(InvalidArgument)
  })
})

describe('reading', () => {
  test('a file that becomes shorter while it is read', async () => {
    const path = join(root, 'x')
    await writeFile(path, 'abc')
    const shrinking = store({
      openRead: async (at) => {
        const inner = await nodeFs.openRead(at)
        return {
          read: async () => 0,
          write: (bytes) => inner.write(bytes),
          sync: () => inner.sync(),
          stat: () => inner.stat(),
          close: async () => {
            await inner.close()
            throw errno('EIO')
          },
        }
      },
    })
    await expect(shrinking.read(path)).rejects.toThrow('became shorter')
  })
})

describe('listing', () => {
  test('files that go away, or cannot be looked at, after they were listed', async () => {
    await writeFile(join(root, 'gone'), 'x')
    expect(await all(store({ stat: refuse('ENOENT') }), root)).toEqual([])
    await expect(all(store({ stat: refuse('EIO') }), root)).rejects.toThrow(StoreUnavailable)
  })

  test('a folder that cannot be opened, or is gone', async () => {
    const failing = (code: string): Partial<LocalFs> => ({
      // biome-ignore lint/correctness/useYield: it fails before it gives anything
      entries: async function* () {
        throw errno(code)
      },
    })
    expect(await all(store(failing('ENOENT')), root)).toEqual([])
    await expect(all(store(failing('EACCES')), root)).rejects.toThrow('permission denied')
  })

  test('what is neither file nor folder is not shown; folders are followed 128 deep', async () => {
    const endless = store({
      entries: async function* () {
        yield { name: 'pipe', kind: 'other' as const }
        yield { name: 'deeper', kind: 'folder' as const }
        yield { name: 'file', kind: 'file' as const }
      },
      stat: async () => ({ sizeBytes: 1, modifiedMs: 0, kind: 'file' }),
    })
    expect(await all(endless, root)).toHaveLength(129)
  })
})

describe('roots', () => {
  test('the whole file system as a root', async () => {
    const path = join(root, 'v1')
    const whole = store({}, { roots: ['/'] })
    expect(await whole.create(path, BYTES)).toEqual({ outcome: 'created' })
    expect(await whole.read(path)).toEqual(BYTES)
    const flat = store(
      {
        realpath: async () => '/',
        stat: async () => ({ sizeBytes: 1, modifiedMs: 0, kind: 'file' }),
      },
      { roots: ['/'] },
    )
    expect(await flat.head('/file')).toMatchObject({ path: '/file', sizeBytes: 1 })
  })

  test('new folders lie under a root, whose own ancestors may be anywhere', async () => {
    const inside = store({}, { roots: [join(root, 'a', 'b')] })
    expect(await inside.create(join(root, 'a', 'b', 'c', 'v1'), BYTES)).toEqual({
      outcome: 'created',
    })
    await mkdir(join(root, 'other'))
    await expect(inside.create(join(root, 'other', 'd', 'v1'), BYTES)).rejects.toThrow(
      LocationDenied,
    )
    // Nothing that exists but the top: nothing to resolve there.
    const bare = store({ stat: refuse('ENOENT'), mkdir: refuse('EACCES') }, { roots: [root] })
    await expect(bare.create('/elsewhere/d/v1', BYTES)).rejects.toThrow(StoreUnavailable)
  })

  test('an ancestor that goes away while it is looked at, and a root that is not there yet', async () => {
    let calls = 0
    const vanishing = store(
      {
        realpath: (path) => (calls++ === 0 ? refuse('ENOENT')() : nodeFs.realpath(path)),
      },
      { roots: [root, join(root, 'later')] },
    )
    await mkdir(join(root, 'a'))
    expect(await vanishing.create(join(root, 'a', 'b', 'v1'), BYTES)).toEqual({
      outcome: 'created',
    })
  })

  test('a root that somebody else makes later counts from then on', async () => {
    const later = join(root, 'later')
    const both = store({}, { roots: [join(root, 'early'), later] })
    await mkdir(join(root, 'early'))
    await writeFile(join(root, 'early', 'a'), BYTES)
    expect(await both.read(join(root, 'early', 'a'))).toEqual(BYTES)
    await mkdir(later)
    await writeFile(join(later, 'b'), BYTES)
    expect(await both.read(join(later, 'b'))).toEqual(BYTES)
  })

  test('roots that cannot be resolved once are asked for again', async () => {
    await writeFile(join(root, 'a'), BYTES)
    let failures = 1
    const shaky = store(
      {
        realpath: (path) =>
          path === join(root, 'other') && failures-- > 0 ? refuse('EIO')() : nodeFs.realpath(path),
      },
      { roots: [join(root, 'other'), root] },
    )
    await expect(shaky.read(join(root, 'a'))).rejects.toThrow(StoreUnavailable)
    expect(await shaky.read(join(root, 'a'))).toEqual(BYTES)
  })
})

describe('deleting', () => {
  test('what the system refuses is told; what is gone already is not', async () => {
    const path = join(root, 'a')
    await writeFile(path, BYTES)
    await expect(store({ unlink: refuse('EIO') }).delete(path)).rejects.toThrow(StoreUnavailable)
    await expect(store({ syncFolder: refuse('EIO') }).delete(path)).rejects.toThrow(
      StoreUnavailable,
    )
    await store({ unlink: refuse('ENOENT'), syncFolder: refuse('ENOENT') }).delete(path)
    await writeFile(path, BYTES)
    await store().delete(path)
    expect(await store().head(path)).toBeUndefined()
  })
})

describe('empty folders', () => {
  test('nothing to do where there is no folder, and a bound on the depth', async () => {
    await store({}, { roots: [root] }).removeEmptyFolders?.(join(root, 'none'))
    let opened = 0
    await removeEmptyFolders(
      {
        ...nodeFs,
        entries: async function* () {
          opened++
          yield { name: 'd', kind: 'folder' as const }
          yield { name: 'f', kind: 'file' as const }
        },
        rmdir: refuse('ENOTEMPTY'),
      },
      root,
    )
    expect(opened).toBe(2049)
  })
})
