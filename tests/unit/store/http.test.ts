import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { httpStore } from '../../../src/store/http/http.js'
import { splitUrl } from '../../../src/store/http/url.js'
import { localStore } from '../../../src/store/local.js'
import type { Store } from '../../../src/store/store.js'
import { storeConformance } from '../../../src/testing/store-conformance.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { type HttpFilesServer, type HttpSpoil, startHttpFiles } from '../../stores/http-server.js'

let server: HttpFilesServer
let elsewhere: HttpFilesServer
let folder = ''
beforeAll(async () => {
  server = await startHttpFiles()
  elsewhere = await startHttpFiles()
  folder = await mkdtemp(join(tmpdir(), 'moraine-http-'))
})
afterAll(async () => {
  await server.close()
  await elsewhere.close()
  await rm(folder, { recursive: true, force: true })
})
beforeEach(() => {
  for (const some of [server, elsewhere]) {
    some.files.clear()
    some.seen.length = 0
    some.plan = () => undefined
    some.lists = true
  }
  server.folder = undefined
})

// Waiting takes no time.
const env = systemEnv({ sleep: async () => undefined })
const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 0xff)
const at = (name: string) => `${server.origin}/${name}`
const first = (spoil: HttpSpoil) => (_: unknown, index: number) => (index === 0 ? spoil : undefined)

async function names(store: Store, path: string, recursive = true): Promise<string[]> {
  const found: string[] = []
  for await (const info of store.list(path, { recursive })) {
    found.push(`${info.path.slice(server.origin.length)}${info.isFolder ? '/' : ''}`)
  }
  return found.sort()
}

/** Writes to the folder that the server shows, reads by HTTP: the whole suite can be run on that. */
function published(): Store {
  const web = httpStore({}, env)
  const disk = localStore({ env, unsafeNoSync: true })
  const local = (path: string): string => folder + path.slice(server.origin.length)
  return {
    head: (path, options) => web.head(path, options),
    read: (path, range, options) => web.read(path, range, options),
    list: async function* (path, options) {
      // A server tells a folder that is not there from one it does not list by nothing.
      if ((await disk.list(local(path))[Symbol.asyncIterator]().next()).done === true) return
      yield* web.list(path, options)
    },
    create: (path, bytes) => disk.create(local(path), bytes),
    put: (path, bytes) => disk.put(local(path), bytes),
    writer: (path, options) => disk.writer(local(path), options),
    delete: (path) => disk.delete(local(path)),
  }
}

describe('reads by HTTP what lies in a folder', () => {
  test.each(storeConformance().map((item, index) => [item.name, item, index] as const))(
    '%s',
    async (_name, item, index) => {
      server.folder = folder
      const subject = { store: published(), root: at(`case-${index}`) }
      await expect(item.run(subject)).resolves.toBeUndefined()
    },
  )
})

describe('a file of a server', () => {
  beforeEach(() => server.files.set('t/a.bin', BYTES))

  test('its facts cost one request', async () => {
    const info = await httpStore({}, env).head(at('t/a.bin'))
    const modifiedMs = Date.UTC(2026, 10, 23, 8)
    expect(info).toEqual({ path: at('t/a.bin'), sizeBytes: 1000, modifiedMs })
    expect(server.seen.map(({ method, headers }) => [method, headers.range])).toEqual([
      ['GET', 'bytes=0-0'],
    ])
  })

  test.each<[HttpSpoil, number]>([
    ['whole', 1],
    ['no-size', 2],
    [{ status: 416 }, 2],
  ])('its size is found where a range is answered with %j', async (spoil, requests) => {
    server.plan = first(spoil)
    expect((await httpStore({}, env).head(at('t/a.bin')))?.sizeBytes).toBe(1000)
    expect(server.seen).toHaveLength(requests)
  })

  test('a large file of a server without ranges is looked at, and not read', async () => {
    server.files.set('t/large', new Uint8Array(200_000))
    server.plan = () => 'whole'
    expect((await httpStore({}, env).head(at('t/large')))?.sizeBytes).toBe(200_000)
    expect(server.seen.map(({ method }) => method)).toEqual(['GET', 'HEAD'])
  })

  test.each<HttpSpoil>(['drop', 'truncate', { status: 503 }, { status: 429 }, { status: 500 }])(
    'is read again after %j',
    async (spoil) => {
      server.plan = first(spoil)
      const part = await httpStore({}, env).read(at('t/a.bin'), { start: 10, end: 20 })
      expect(part).toEqual(BYTES.slice(10, 20))
      expect(server.seen).toHaveLength(2)
    },
  )

  test('the whole of it comes right however the server packs it on its way', async () => {
    const store = httpStore({}, env)
    for (const spoil of [undefined, 'whole', 'gzip', 'no-size'] as const) {
      server.plan = (request) => (request.headers.range === undefined ? undefined : spoil)
      expect(await store.read(at('t/a.bin'))).toEqual(BYTES)
    }
  })

  test.each<[HttpSpoil, string]>([
    ['gzip-range', 'UNSUPPORTED'],
    ['other-range', 'STORE_UNAVAILABLE'],
    [{ status: 401 }, 'STORE_UNAVAILABLE'],
    [{ status: 403 }, 'STORE_UNAVAILABLE'],
    [{ status: 404 }, 'NOT_FOUND'],
    [{ status: 410 }, 'NOT_FOUND'],
    ['page', 'NOT_FOUND'],
    ['truncate', 'STORE_UNAVAILABLE'],
  ])('%j in answer to a range is an error', async (spoil, code) => {
    server.plan = () => spoil
    const store = httpStore({}, env)
    await expect(store.read(at('t/a.bin'), { start: 1, end: 9 })).rejects.toMatchObject({ code })
  })

  test('a refusal to list makes 403 mean a missing file, where one says so', async () => {
    server.plan = () => ({ status: 403 })
    const store = httpStore({ forbiddenIsMissing: true }, env)
    expect(await store.head(at('t/none'))).toBeUndefined()
    await expect(store.read(at('t/none'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(httpStore({}, env).head(at('t/none'))).rejects.toThrow(/forbiddenIsMissing/)
  })

  test('without ranges a small file is read once, a large one is refused', async () => {
    server.plan = () => 'whole'
    const store = httpStore({ wholeMaxBytes: 1000 }, env)
    expect(await store.read(at('t/a.bin'), { start: 1, end: 3 })).toEqual(BYTES.slice(1, 3))
    expect(await store.read(at('t/a.bin'), { start: 998, end: 1000 })).toEqual(BYTES.slice(998))
    expect(server.seen).toHaveLength(1)
    await expect(store.read(at('t/a.bin'), { start: 998, end: 1001 })).rejects.toMatchObject({
      code: 'CORRUPT_DATA',
    })
    server.files.set('t/large', new Uint8Array(100_000))
    await expect(store.read(at('t/large'), { start: 0, end: 2 })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      feature: 'http-ranges',
      message: expect.stringContaining('wholeMaxBytes'),
    })
  })

  test('one that changes between two of its parts is noticed, and can then be read anew', async () => {
    const store = httpStore({}, env)
    await store.read(at('t/a.bin'), { start: 0, end: 2 })
    server.files.set('t/a.bin', BYTES.slice().reverse())
    const again = store.read(at('t/a.bin'), { start: 2, end: 4 })
    await expect(again).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
    await expect(store.read(at('t/a.bin'), { start: 0, end: 1 })).resolves.toHaveLength(1)
  })

  test('one that is read whole may change, as the version hint does', async () => {
    const store = httpStore({}, env)
    for (const text of ['1', '22']) {
      server.files.set('t/hint', encodeUtf8(text))
      expect(await store.read(at('t/hint'))).toEqual(encodeUtf8(text))
    }
  })

  test('nothing can be written', async () => {
    const store = httpStore({}, env)
    const refused = { code: 'UNSUPPORTED', feature: 'read-only-store' }
    await expect(store.create(at('t/x'), BYTES)).rejects.toMatchObject(refused)
    await expect(store.put(at('t/x'), BYTES)).rejects.toMatchObject(refused)
    await expect(store.writer(at('t/x'))).rejects.toMatchObject(refused)
    await expect(store.delete(at('t/x'))).rejects.toMatchObject(refused)
    expect(server.seen).toEqual([])
  })

  test('names are literal: what means something in a URL is encoded', async () => {
    const odd = ['city=a%2Fb/f', 'a b/c', 'q?x#y', '100%', 'größe', 'a+b&c']
    const store = httpStore({}, env)
    for (const name of odd) {
      server.files.set(name, encodeUtf8(name))
      expect(await store.read(at(name))).toEqual(encodeUtf8(name))
    }
    expect(await names(store, server.origin)).toEqual(
      [...odd, 't/a.bin'].map((n) => `/${n}`).sort(),
    )
  })

  test('folders are listed by their index pages', async () => {
    server.files.set('t/metadata/v1.metadata.json', BYTES)
    const store = httpStore({}, env)
    expect(await names(store, at('t'), false)).toEqual(['/t/a.bin', '/t/metadata/'])
    expect(await names(store, at('t/'))).toEqual(['/t/a.bin', '/t/metadata/v1.metadata.json'])
    server.lists = false
    const unlisted = { code: 'UNSUPPORTED', feature: 'http-listing' }
    await expect(names(store, at('t'))).rejects.toMatchObject(unlisted)
    server.plan = () => 'page'
    await expect(names(store, at('t'))).rejects.toMatchObject(unlisted)
  })
})

describe('secrets stay at their origin', () => {
  const KEY = 'Bearer key-of-the-test'
  const secret = () =>
    httpStore({ origin: server.origin, headers: { Authorization: KEY }, query: 'sig=abc' }, env)
  const to = (target: string, status = 302) => ({ status, headers: { location: target } })

  beforeEach(() => {
    server.files.set('a', BYTES)
    elsewhere.files.set('a', BYTES)
  })

  test('they go with every request there', async () => {
    expect(await secret().read(at('a'))).toEqual(BYTES)
    expect(server.seen[0]).toMatchObject({ search: '?sig=abc', headers: { authorization: KEY } })
  })

  test.each([301, 302, 303, 307, 308])(
    'a redirect (%i) to another origin has none',
    async (status) => {
      server.plan = () => to(`${elsewhere.origin}/a?signed=1`, status)
      expect(await secret().read(at('a'), { start: 0, end: 5 })).toEqual(BYTES.slice(0, 5))
      const [there] = elsewhere.seen
      expect(there).toMatchObject({ search: '?signed=1', headers: { range: 'bytes=0-4' } })
      expect(there?.headers.authorization).toBeUndefined()
    },
  )

  test('a redirect within the origin keeps the headers', async () => {
    server.files.set('b', BYTES)
    server.plan = ({ path }) => (path === 'a' ? to('/b') : undefined)
    expect(await secret().read(at('a'))).toEqual(BYTES)
    expect(server.seen[1]?.headers.authorization).toBe(KEY)
  })

  test('another host that metadata name gets none', async () => {
    expect(await secret().read(`${elsewhere.origin}/a`)).toEqual(BYTES)
    expect(elsewhere.seen[0]).toMatchObject({ search: '' })
    expect(elsewhere.seen[0]?.headers.authorization).toBeUndefined()
  })

  test.each(['', 'file:///etc/passwd', 'data:,x', '/a'])(
    'a redirect to %j ends in an error',
    async (target) => {
      server.plan = () => to(target)
      await expect(secret().read(at('a'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    },
  )

  test('errors show neither headers nor query', async () => {
    server.plan = () => ({ status: 403 })
    const error: Error = await secret()
      .read(at('a'))
      .catch((caught) => caught)
    expect(error.message).toContain('403')
    expect(`${error.message} ${error.stack}`).not.toMatch(/key-of-the-test|sig=abc/)
  })

  test('a function may sign each URL, or lead it elsewhere', async () => {
    const sign = async (url: string) => `${url.replace(server.origin, elsewhere.origin)}?token=1`
    const store = httpStore({ sign }, env)
    expect(await store.read(at('a'))).toEqual(BYTES)
    expect(elsewhere.seen[0]?.search).toBe('?token=1')
    for (const wrong of ['nowhere', 'file:///etc/passwd']) {
      const broken = httpStore({ sign: () => wrong }, env)
      await expect(broken.read(at('a'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
  })

  test('headers may be given by a function, each time anew', async () => {
    let calls = 0
    const headers = () => ({ authorization: `token ${++calls}` })
    const store = httpStore({ origin: server.origin, headers }, env)
    await store.read(at('a'))
    await store.read(at('a'))
    expect(server.seen.map((request) => request.headers.authorization)).toEqual([
      'token 1',
      'token 2',
    ])
  })
})

test.each([
  [{ headers: { a: 'b' } }, 'origin'],
  [{ query: 'a=b' }, 'origin'],
  [{ origin: 'ftp://x' }, 'origin'],
  [{ origin: 'https://x', headers: { range: 'bytes=0-1' } }, 'headers'],
  [{ origin: 'https://x', headers: { 'a b': 'c' } }, 'headers'],
  [{ origin: 'https://x', headers: { a: 'c\r\nd: e' } }, 'headers'],
  [{ origin: 'https://x', headers: 3 }, 'headers'],
  [{ origin: 'https://x', query: 3 }, 'query'],
  [{ sign: 'x' }, 'sign'],
  [{ wholeMaxBytes: -1 }, 'wholeMaxBytes'],
  [{ maxAttempts: 0 }, 'maxAttempts'],
  [{ timeoutMs: 0.5 }, 'timeoutMs'],
  [{ forbiddenIsMissing: 'yes' }, 'forbiddenIsMissing'],
  [{ header: {} }, 'header'],
])('the options %j are refused, naming %s', (options, option) => {
  expect(() => httpStore(options as never)).toThrow(
    expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      details: expect.objectContaining({ option }),
    }),
  )
})

describe('URLs and locations', () => {
  test.each([
    ['https://h/a%20b/c', 'https://h/a b/c', undefined],
    ['HTTPS://Host:443/A', 'https://host/A', undefined],
    ['http://h/city=a%252Fb', 'http://h/city=a%2Fb', undefined],
    ['http://h/x.metadata.json?a=1?b', 'http://h/x.metadata.json', 'a=1?b'],
    ['https://h', 'https://h', undefined],
    ['https://bücher.example/t', 'https://xn--bcher-kva.example/t', undefined],
  ])('%s is %s', (url, location, query) => {
    expect(splitUrl(url)).toEqual({ location, query })
  })

  test.each(['https://u:p@h/a', 'https://h/a#b', 'https://h/%zz', 'https://', 'https://h:99999/'])(
    '%s is refused',
    (url) => {
      expect(() => splitUrl(url)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    },
  )

  test.each(['https://h/a%2Fb', 'https://h/a/%2e%2e/b', 'https://h/a%00'])(
    '%s is denied',
    (url) => {
      expect(() => splitUrl(url)).toThrow(expect.objectContaining({ code: 'LOCATION_DENIED' }))
    },
  )

  test('a location that names no host is refused', async () => {
    const store = httpStore({}, env)
    await expect(store.read('https://a b/c')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(store.read('s3://a/c')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})
