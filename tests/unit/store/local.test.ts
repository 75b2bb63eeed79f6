import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import {
  InvalidArgument,
  LocationDenied,
  MoraineError,
  NotFound,
  StoreUnavailable,
  Unsupported,
} from '../../../src/errors.js'
import { byteSource } from '../../../src/store/byte-source.js'
import { localStore } from '../../../src/store/local.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { errno, recordedFs, watchedFs } from '../../support/local-fs.js'

const env = systemEnv()
const BYTES = encodeUtf8('some bytes')
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'moraine-local-'))
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

async function leftovers(): Promise<string[]> {
  return (await readdir(root, { recursive: true })).filter((name) => name.endsWith('.tmp'))
}

describe('durability (S5, B6)', () => {
  test('bytes are synced before the name appears, the folder before the answer', async () => {
    const { fs, calls } = recordedFs()
    const store = localStore({ env, roots: [root], fs })
    await store.create(join(root, 'warm'), BYTES)
    calls.length = 0
    expect(await store.create(join(root, 'v1'), BYTES)).toEqual({ outcome: 'created' })
    const chain = calls.map(({ call }) => call).filter((call) => call !== 'realpath')
    expect(chain).toEqual(['openNew', 'write', 'sync', 'close', 'link', 'syncFolder', 'unlink'])
    expect(calls.find(({ call }) => call === 'syncFolder')?.path).toBe(root)
  })

  test('a streamed file takes the same way', async () => {
    const { fs, calls } = recordedFs()
    const store = localStore({ env, fs })
    await store.create(join(root, 'warm'), BYTES)
    calls.length = 0
    const writer = await store.writer(join(root, 'data.parquet'))
    await writer.write(BYTES)
    await writer.close()
    const chain = calls.map(({ call }) => call).filter((call) => call !== 'fstat')
    expect(chain).toEqual(['openNew', 'write', 'sync', 'close', 'link', 'syncFolder', 'unlink'])
  })

  test('new folders are synced up to the root, once', async () => {
    const { fs, calls } = recordedFs()
    const store = localStore({ env, roots: [root], fs })
    await store.create(join(root, 'a', 'b', 'c', 'v1'), BYTES)
    const synced = calls.filter(({ call }) => call === 'syncFolder').map(({ path }) => path)
    expect(synced).toEqual([
      join(root, '..'),
      root,
      join(root, 'a'),
      join(root, 'a', 'b'),
      join(root, 'a', 'b', 'c'),
    ])
    calls.length = 0
    await store.create(join(root, 'a', 'b', 'c', 'v2'), BYTES)
    const again = calls.filter(({ call }) => call === 'syncFolder').map(({ path }) => path)
    expect(again).toEqual([join(root, 'a', 'b', 'c')])
  })

  test('folders that somebody else made are synced too: they may not have got so far', async () => {
    await mkdir(join(root, 'a', 'b'), { recursive: true })
    const { fs, calls } = recordedFs()
    await localStore({ env, roots: [root], fs }).create(join(root, 'a', 'b', 'v1'), BYTES)
    const synced = calls.filter(({ call }) => call === 'syncFolder').map(({ path }) => path)
    expect(synced).toContain(join(root, 'a'))
    expect(synced).toContain(root)
  })

  test('unsafeNoSync syncs nothing', async () => {
    const { fs, calls } = recordedFs()
    const store = localStore({ env, fs, unsafeNoSync: true })
    await store.create(join(root, 'a', 'v1'), BYTES)
    expect(calls.filter(({ call }) => call.startsWith('sync'))).toEqual([])
  })

  test('a create that finds the name taken makes that name durable before it says so', async () => {
    const { fs, calls } = recordedFs()
    const store = localStore({ env, fs })
    await store.create(join(root, 'v1'), BYTES)
    calls.length = 0
    expect(await store.create(join(root, 'v1'), BYTES)).toEqual({ outcome: 'exists' })
    expect(calls.at(-1)).toEqual({ call: 'syncFolder', path: root })
  })
})

describe('every call of a create fails in turn', () => {
  test.each(['EIO', 'ENOSPC', 'EMFILE', 'EACCES', 'EROFS', 'EDQUOT'])(
    '%s: a typed error or unknown, nothing half there, no litter but for an unlink',
    async (code) => {
      const { fs: plain, calls } = recordedFs()
      await localStore({ env, roots: [root], fs: plain }).create(join(root, 'a', 'v1'), BYTES)
      await rm(join(root, 'a'), { recursive: true })
      const total = calls.length
      expect(total).toBeGreaterThan(8)
      for (let index = 0; index < total; index++) {
        const path = join(root, `${index}`, 'v1')
        let failed = ''
        const fs = watchedFs(({ call }, at) => {
          if (at !== index) return undefined
          failed = call
          throw errno(code)
        })
        const store = localStore({ env, roots: [root], fs })
        const outcome = await store.create(path, BYTES).catch((error: unknown) => error)
        const there = await readFile(path).catch(() => undefined)
        expect(failed).not.toBe('')
        if (outcome instanceof MoraineError) {
          expect(there, `${failed} rejected, so nothing is there`).toBeUndefined()
          expect(outcome.code).toBe('STORE_UNAVAILABLE')
          expect(outcome.details.errno).toBe(code)
        } else if ((outcome as { outcome: string }).outcome === 'created') {
          expect(there, failed).toEqual(Buffer.from(BYTES))
        } else {
          expect(outcome).toMatchObject({
            outcome: 'unknown',
            cause: { code: 'STORE_UNAVAILABLE' },
          })
        }
      }
      expect((await leftovers()).length).toBeLessThanOrEqual(1)
    },
  )

  test('an error after the link was made is unknown, never a rejection', async () => {
    for (const failing of ['link', 'syncFolder']) {
      const folder = join(root, failing)
      await mkdir(folder)
      const quiet = localStore({ env })
      await quiet.create(join(folder, 'warm'), BYTES)
      let seen = 0
      const fs = watchedFs(({ call, path }) => {
        const hit =
          call === failing && path.includes(folder) && seen++ >= (failing === 'link' ? 0 : 0)
        return hit && (failing === 'link' || path === folder) ? 'after' : undefined
      })
      const store = localStore({ env, fs })
      const result = await store.create(join(folder, 'v1'), BYTES)
      expect(result.outcome).toBe('unknown')
      expect(await readFile(join(folder, 'v1'))).toEqual(Buffer.from(BYTES))
      expect((await quiet.create(join(folder, 'v1'), BYTES)).outcome).toBe('exists')
    }
  })

  test('a streamed file that fails at any call leaves nothing', async () => {
    const { fs: plain, calls } = recordedFs()
    const whole = await localStore({ env, fs: plain }).writer(join(root, 'whole', 'data.parquet'))
    await whole.write(BYTES)
    await whole.close()
    const total = calls.length
    for (let index = 0; index < total; index++) {
      const path = join(root, `s${index}`, 'data.parquet')
      const fs = watchedFs(({ call }, at) => {
        if (at === index && call !== 'unlink') throw errno('ENOSPC')
        return undefined
      })
      const store = localStore({ env, fs })
      const attempt = async (): Promise<void> => {
        const writer = await store.writer(path)
        await writer.write(BYTES)
        await writer.close()
      }
      const error = await attempt().then(
        () => undefined,
        (caught: unknown) => caught,
      )
      const there = await readFile(path).catch(() => undefined)
      if (error === undefined) expect(there).toEqual(Buffer.from(BYTES))
      else {
        expect(error).toBeInstanceOf(StoreUnavailable)
        expect(there).toBeUndefined()
      }
    }
    expect(total).toBeGreaterThan(8)
    expect(await leftovers()).toEqual([])
  })
})

describe('what the disk cannot do', () => {
  test.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV'])(
    'no hard links (%s) is Unsupported with an explanation',
    async (code) => {
      const fs = watchedFs(({ call }) => {
        if (call === 'link') throw errno(code)
        return undefined
      })
      const store = localStore({ env, fs })
      const created = store.create(join(root, 'v1'), BYTES)
      await expect(created).rejects.toThrow(Unsupported)
      await expect(created).rejects.toThrow(/hard links/)
      const writer = await store.writer(join(root, 'data'))
      await writer.write(BYTES)
      await expect(writer.close()).rejects.toThrow(Unsupported)
      expect(await readdir(root)).toEqual([])
    },
  )

  test('an existing name is found although links are refused', async () => {
    await localStore({ env }).create(join(root, 'v1'), BYTES)
    const fs = watchedFs(({ call }) => {
      if (call === 'link') throw errno('EEXIST')
      return undefined
    })
    expect(await localStore({ env, fs }).create(join(root, 'v1'), BYTES)).toEqual({
      outcome: 'exists',
    })
  })

  test('a name too long for the disk', async () => {
    const store = localStore({ env })
    await expect(store.create(join(root, 'x'.repeat(300)), BYTES)).rejects.toThrow(InvalidArgument)
  })

  test('a file where a folder should be', async () => {
    await writeFile(join(root, 'file'), 'x')
    const store = localStore({ env })
    await expect(store.create(join(root, 'file', 'v1'), BYTES)).rejects.toThrow(StoreUnavailable)
    expect(await store.head(join(root, 'file', 'v1'))).toBeUndefined()
    await expect(store.read(join(root, 'file', 'v1'))).rejects.toThrow(NotFound)
    await expect(store.read(root)).rejects.toThrow(MoraineError)
  })

  test('a folder that may not be written to', async () => {
    if (process.getuid?.() === 0) {
      // Root may write anywhere; the errno is injected in the tests above.
      expect(process.getuid()).toBe(0)
      return
    }
    await chmod(root, 0o500)
    const store = localStore({ env })
    await expect(store.create(join(root, 'v1'), BYTES)).rejects.toThrow(/permission/)
    await chmod(root, 0o700)
  })

  test('another scheme is Unsupported', async () => {
    await expect(localStore({ env }).read('s3://bucket/x')).rejects.toThrow(Unsupported)
  })

  test('a folder that vanishes is made again', async () => {
    const store = localStore({ env, roots: [root] })
    await store.create(join(root, 'a', 'v1'), BYTES)
    await rm(join(root, 'a'), { recursive: true })
    expect((await store.create(join(root, 'a', 'v2'), BYTES)).outcome).toBe('created')
  })

  test('opening a named pipe does not hang', async () => {
    execFileSync('mkfifo', [join(root, 'pipe')])
    const store = localStore({ env })
    expect(await store.head(join(root, 'pipe'))).toBeUndefined()
    await expect(store.read(join(root, 'pipe'))).rejects.toThrow(NotFound)
  })
})

describe('symbolic links (S9)', () => {
  let outside: string
  beforeEach(async () => {
    outside = await mkdtemp(join(tmpdir(), 'moraine-outside-'))
    await writeFile(join(outside, 'secret'), 'secret')
  })
  afterEach(async () => {
    await rm(outside, { recursive: true, force: true })
  })

  test('a folder that leads out of the roots is refused for every call', async () => {
    await symlink(outside, join(root, 'data'))
    const store = localStore({ env, roots: [root] })
    const path = join(root, 'data', 'secret')
    await expect(store.read(path)).rejects.toThrow(LocationDenied)
    await expect(store.head(path)).rejects.toThrow(LocationDenied)
    await expect(store.create(join(root, 'data', 'new'), BYTES)).rejects.toThrow(LocationDenied)
    await expect(store.create(join(root, 'data', 'sub', 'new'), BYTES)).rejects.toThrow(
      LocationDenied,
    )
    await expect(store.put(join(root, 'data', 'new'), BYTES)).rejects.toThrow(LocationDenied)
    await expect(store.writer(join(root, 'data', 'new'))).rejects.toThrow(LocationDenied)
    await expect(store.delete(path)).rejects.toThrow(LocationDenied)
    expect(await readdir(outside)).toEqual(['secret'])
  })

  test('a file that is a link is not followed', async () => {
    await symlink(join(outside, 'secret'), join(root, 'x.parquet'))
    const store = localStore({ env, roots: [root] })
    await expect(store.read(join(root, 'x.parquet'))).rejects.toThrow(LocationDenied)
    await expect(byteSource(store, join(root, 'x.parquet'), 6)).rejects.toThrow(NotFound)
    expect((await store.create(join(root, 'x.parquet'), BYTES)).outcome).toBe('exists')
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret')
  })

  test('links are not listed', async () => {
    await symlink(outside, join(root, 'data'))
    await symlink(join(outside, 'secret'), join(root, 'x'))
    await writeFile(join(root, 'mine'), 'x')
    const store = localStore({ env, roots: [root] })
    const found: string[] = []
    for await (const { path } of store.list(root)) found.push(path)
    expect(found).toEqual([join(root, 'mine')])
  })

  test('a root that is itself a link works', async () => {
    await symlink(outside, join(root, 'wh'))
    const store = localStore({ env, roots: [join(root, 'wh')] })
    expect(await store.read(join(root, 'wh', 'secret'))).toHaveLength(6)
    expect((await store.create(join(root, 'wh', 't', 'v1'), BYTES)).outcome).toBe('created')
    expect(await readFile(join(outside, 't', 'v1'))).toEqual(Buffer.from(BYTES))
  })

  test('links within the roots work', async () => {
    await mkdir(join(root, 'real'))
    await symlink(join(root, 'real'), join(root, 'alias'))
    const store = localStore({ env, roots: [root] })
    await store.create(join(root, 'alias', 'v1'), BYTES)
    expect(await store.read(join(root, 'real', 'v1'))).toEqual(BYTES)
  })
})

test('a signal stops a writer, and leaves nothing', async () => {
  const controller = new AbortController()
  const store = localStore({ env })
  const writer = await store.writer(join(root, 'x'), { signal: controller.signal })
  await writer.write(BYTES)
  controller.abort()
  await expect(writer.write(BYTES)).rejects.toMatchObject({ code: 'ABORTED' })
  await expect(writer.close()).rejects.toMatchObject({ code: 'ABORTED' })
  expect(await readdir(root)).toEqual([])
})
