/** What the Azure adapter makes of answers that its emulator never gives. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { azureStore } from '../../../src/store/azure/azure.js'
import { AzureClient } from '../../../src/store/azure/client.js'
import { type AzureOptions, resolveConfig } from '../../../src/store/azure/config.js'
import { createBlob, replaceBlob } from '../../../src/store/azure/create.js'
import { CredentialHolder } from '../../../src/store/azure/credentials.js'
import { blobPlace } from '../../../src/store/azure/place.js'
import { AzureUpload, checkBlock } from '../../../src/store/azure/writer.js'
import { EMPTY_PAGES_MAX, pages } from '../../../src/store/listing.js'
import { md5Base64 } from '../../../src/util/md5.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { type Asked, type Canned, cannedFetch } from '../../support/canned-fetch.js'

const env = systemEnv({ sleep: async () => undefined })
const BYTES = encodeUtf8('bytes')
const PATH = 'abfss://box@acc.dfs.core.windows.net/t/x'
const PLACE = blobPlace(PATH)

afterEach(() => {
  vi.unstubAllGlobals()
})

function client(options: AzureOptions = {}): AzureClient {
  const config = resolveConfig({ credentials: 'anonymous', ...options })
  return new AzureClient(config, new CredentialHolder('anonymous', undefined, env), env)
}

const open = (options: AzureOptions = {}) =>
  azureStore({ credentials: 'anonymous', ...options }, env)

const coded = (status: number, code: string): Canned => ({
  status,
  headers: { 'x-ms-error-code': code },
})

/** A server that proves what it is asked to prove, and answers the rest by `answer`. */
function honest(answer: (asked: Asked) => Canned): readonly Asked[] {
  const objects = new Map<string, number>()
  let version = 0
  return cannedFetch((asked) => {
    const key = asked.url.pathname
    if (!key.includes('.moraine')) return answer(asked)
    const held = objects.get(key)
    const etag = { etag: `"${held}"`, 'content-length': '1' }
    if (asked.method === 'HEAD') return held === undefined ? { status: 404 } : { headers: etag }
    if (asked.method === 'DELETE') return { status: objects.delete(key) ? 202 : 404 }
    if (asked.headers.get('if-none-match') === '*' && held !== undefined) return { status: 412 }
    const wanted = asked.headers.get('if-match')
    if (wanted !== null && wanted !== `"${held}"`) return { status: 412 }
    objects.set(key, ++version)
    return { status: 201, headers: { etag: `"${version}"` } }
  })
}

describe('a conditional write', () => {
  const ANSWERS: readonly [string, Canned, string, string][] = [
    ['made', { status: 201, headers: { etag: '"1"' } }, 'created', 'replaced'],
    ['lost', { status: 412 }, 'exists', 'changed'],
    ['lost by name', coded(409, 'BlobAlreadyExists'), 'exists', 'unknown'],
    ['409 of another kind', coded(409, 'OperationTimedOut'), 'unknown', 'unknown'],
    ['408', { status: 408 }, 'unknown', 'unknown'],
    ['500', { status: 500 }, 'unknown', 'unknown'],
    ['an answer of another kind', { status: 200 }, 'unknown', 'unknown'],
    ['none', { error: new TypeError('gone') }, 'unknown', 'unknown'],
    ['400', { status: 400 }, 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'],
    ['403', { status: 403 }, 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'],
    ['404', coded(404, 'ContainerNotFound'), 'STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'],
    ['a missing blob', coded(404, 'BlobNotFound'), 'STORE_UNAVAILABLE', 'changed'],
    ['307', { status: 307, headers: { location: 'https://evil' } }, ...both('STORE_UNAVAILABLE')],
    ['501', { status: 501 }, 'UNSUPPORTED', 'UNSUPPORTED'],
  ]
  function both(code: string): [string, string] {
    return [code, code]
  }

  test.each(ANSWERS)('%s: create', async (_name, canned, created) => {
    const seen = cannedFetch(() => canned)
    const outcome = createBlob(client(), PLACE, BYTES)
    if (/^[A-Z]/.test(created)) await expect(outcome).rejects.toMatchObject({ code: created })
    else expect(await outcome).toMatchObject({ outcome: created })
    expect(seen.length, 'a conditional write is sent once').toBe(1)
    expect(seen[0]?.headers.get('if-none-match')).toBe('*')
    expect(seen[0]?.headers.get('content-md5')).toBe(md5Base64(BYTES))
    expect(seen[0]?.headers.get('x-ms-blob-type')).toBe('BlockBlob')
  })

  test.each(ANSWERS)('%s: replace', async (_name, canned, _created, replaced) => {
    const seen = cannedFetch(() => canned)
    const outcome = replaceBlob(client(), PLACE, BYTES, '"0"')
    if (/^[A-Z]/.test(replaced)) await expect(outcome).rejects.toMatchObject({ code: replaced })
    else expect(await outcome).toMatchObject({ outcome: replaced })
    expect(seen.map((asked) => asked.headers.get('if-match'))).toEqual(['"0"'])
  })

  test('a replacement without an ETag may have happened', async () => {
    cannedFetch(() => ({ status: 201 }))
    expect(await replaceBlob(client(), PLACE, BYTES, '"0"')).toMatchObject({ outcome: 'unknown' })
  })

  test('of a leased object is no lost race', async () => {
    cannedFetch(() => coded(412, 'LeaseIdMissing'))
    await expect(replaceBlob(client(), PLACE, BYTES, '"0"')).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('lease'),
    })
    expect(await createBlob(client(), PLACE, BYTES), 'it is there').toEqual({ outcome: 'exists' })
  })
})

describe('an object that is looked at', () => {
  test.each<[string, Canned, unknown]>([
    ['missing', coded(404, 'BlobNotFound'), undefined],
    [
      'a folder',
      { headers: { 'content-length': '0', 'x-ms-meta-hdi_isfolder': 'true' } },
      undefined,
    ],
  ])('%s', async (_name, canned, info) => {
    cannedFetch(() => canned)
    expect(await open().head(PATH)).toEqual(info)
  })

  test('has size, time and version', async () => {
    const headers = {
      'content-length': '5',
      etag: '"v"',
      'last-modified': 'Fri, 26 Jun 2015 23:39:12 GMT',
    }
    cannedFetch(() => ({ headers }))
    expect(await open().head(PATH)).toMatchObject({
      path: PATH,
      sizeBytes: 5,
      modifiedMs: Date.UTC(2015, 5, 26, 23, 39, 12),
    })
  })

  test.each<[string, Canned, string]>([
    ['no container', coded(404, 'ContainerNotFound'), 'there is no such container'],
    ['no credentials', { status: 401 }, 'credentials'],
    ['no right', coded(403, 'AuthorizationFailure'), '403 AuthorizationFailure'],
    ['too many requests', { status: 429 }, 'fewer requests'],
    ['elsewhere', { status: 302, headers: { location: 'https://evil' } }, 'sends elsewhere'],
    ['out of order', { status: 418 }, 'the server failed'],
    ['no answer', { error: new TypeError('gone') }, 'no whole answer'],
  ])('%s is told', async (_name, canned, text) => {
    cannedFetch(() => canned)
    await expect(open({ maxAttempts: 1 }).head(PATH)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining(text),
    })
  })

  test('what passes is asked again, as long as the server asks', async () => {
    const waited: number[] = []
    const slow = systemEnv({ sleep: async (ms) => void waited.push(ms) })
    const seen = cannedFetch((_asked, before) =>
      before < 2
        ? { status: 503, headers: { 'retry-after': '3' } }
        : { headers: { 'content-length': '5', etag: '"v"' } },
    )
    const found = await azureStore({ credentials: 'anonymous' }, slow).head(PATH)
    expect(found?.sizeBytes).toBe(5)
    expect(seen).toHaveLength(3)
    expect(waited.every((ms) => ms >= 3000)).toBe(true)
  })

  test('the code of an error is read from its body, cut', async () => {
    const body = `<?xml version="1.0"?><Error><Code>${'x'.repeat(500)}</Code></Error>`
    cannedFetch((asked) => ({ status: 400, ...(asked.method === 'GET' ? { body } : {}) }))
    await expect(open().read(PATH)).rejects.toMatchObject({
      details: { status: 400, code: 'x'.repeat(100) },
    })
    cannedFetch(() => ({ status: 400, body: new Uint8Array([0xff, 0xfe]) }))
    await expect(open().read(PATH)).rejects.toMatchObject({ details: { status: 400 } })
  })
})

describe('bytes that are read', () => {
  test('whole, with the checksum that the server keeps', async () => {
    const md5 = md5Base64(BYTES)
    cannedFetch(() => ({ body: BYTES, headers: { 'content-md5': md5, 'content-length': '5' } }))
    expect(await open().read(PATH)).toEqual(BYTES)
    cannedFetch(() => ({ body: encodeUtf8('bites'), headers: { 'content-md5': md5 } }))
    await expect(open().read(PATH)).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test('missing ones, and those of a missing container', async () => {
    cannedFetch(() => coded(404, 'BlobNotFound'))
    await expect(open().read(PATH)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(open().read(PATH, { start: 0, end: 1 })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
    cannedFetch(() => coded(404, 'ContainerNotFound'))
    await expect(open().read(PATH)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('a range that is another than was asked for', async () => {
    cannedFetch(({ method }) =>
      method === 'HEAD'
        ? { headers: { 'content-length': '100', etag: '"v"' } }
        : { status: 206, body: 'ab', headers: { 'content-range': 'bytes 4-5/100' } },
    )
    await expect(open().read(PATH, { start: 3, end: 5 })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    const seen = cannedFetch(() => ({
      status: 206,
      body: 'ab',
      headers: { 'content-range': 'bytes 3-4/100' },
    }))
    expect(await open().read(PATH, { start: 3, end: 5 })).toEqual(encodeUtf8('ab'))
    expect(seen[0]?.headers.get('range')).toBe('bytes=3-4')
  })

  test('the customer key goes along, and never without https in mind', async () => {
    const seen = cannedFetch(() => ({ body: BYTES }))
    await open({ customerKey: new Uint8Array(32) }).read(PATH)
    expect(seen[0]?.headers.get('x-ms-encryption-algorithm')).toBe('AES256')
    expect(seen[0]?.url.protocol).toBe('https:')
    expect(seen[0]?.redirect).toBe('manual')
  })
})

const listing = (inside: string, marker = '') =>
  `<?xml version="1.0"?><EnumerationResults><Blobs>${inside}</Blobs><NextMarker>${marker}</NextMarker></EnumerationResults>`
const blob = (name: string, more = '') =>
  `<Blob><Name>${name}</Name><Properties><Content-Length>5</Content-Length>` +
  `<Last-Modified>Fri, 26 Jun 2015 23:39:12 GMT</Last-Modified>${more}</Properties></Blob>`

async function listed(folder = 'abfss://box@acc.dfs.core.windows.net/t', recursive = true) {
  const found: string[] = []
  for await (const info of open().list(folder, { recursive })) {
    found.push(info.isFolder === true ? `${info.path}/` : info.path)
  }
  return found.map((path) => path.replace('abfss://box@acc.dfs.core.windows.net/', ''))
}

describe('a listing', () => {
  test('page by page, without folders of hierarchical accounts', async () => {
    const seen = cannedFetch((_asked, before) => ({
      body:
        before === 0
          ? listing(
              blob('t/a') +
                blob('t/dir', '<ResourceType>directory</ResourceType>') +
                '<Blob><Name>t/old</Name><Properties><Content-Length>0</Content-Length></Properties><Metadata><hdi_isfolder>true</hdi_isfolder></Metadata></Blob>',
              'next&amp;1',
            )
          : listing(blob('t/b/c')),
    }))
    expect(await listed()).toEqual(['t/a', 't/b/c'])
    expect(seen.map((asked) => asked.url.searchParams.get('marker'))).toEqual([null, 'next&1'])
    expect(seen.map((asked) => asked.url.searchParams.get('prefix'))).toEqual(['t/', 't/'])
  })

  test('of one level, with folders', async () => {
    const seen = cannedFetch(() => ({
      body: listing(`${blob('t/a')}<BlobPrefix><Name>t/b/</Name></BlobPrefix>`),
    }))
    expect(await listed(undefined, false)).toEqual(['t/a', 't/b/'])
    expect(seen[0]?.url.searchParams.get('delimiter')).toBe('/')
  })

  test('of a whole container', async () => {
    const seen = cannedFetch(() => ({ body: listing(blob('a')) }))
    expect(await listed('abfss://box@acc.dfs.core.windows.net')).toEqual(['a'])
    expect(seen[0]?.url.searchParams.get('prefix')).toBe('')
  })

  test('names that XML cannot hold', async () => {
    const name =
      '<Blob><Name Encoded="true">t/%00x</Name><Properties><Content-Length>5</Content-Length></Properties></Blob>'
    cannedFetch(() => ({ body: listing(name) }))
    expect(await listed()).toEqual(['t/\0x'])
    cannedFetch(() => ({ body: listing(name.replace('%00', '%f')) }))
    await expect(listed()).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test.each([
    ['no listing', '<html>'],
    ['cut', '<EnumerationResults><Blobs>'],
    ['of elsewhere', listing(blob('../x'))],
    ['without a name', listing('<Blob></Blob>')],
    ['without a size', listing('<Blob><Name>t/a</Name></Blob>')],
    ['of a size below nothing', listing(blob('t/a').replace('>5<', '>-5<'))],
    ['no text', new Uint8Array([0xff])],
  ])('%s is refused', async (_name, body) => {
    cannedFetch(() => ({ body }))
    await expect(listed()).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test('that is denied', async () => {
    cannedFetch(() => coded(403, 'AuthorizationFailure'))
    await expect(listed()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('finds names by their beginning, below the folder of it', async () => {
    const seen = cannedFetch(() => ({ body: listing(blob('t/v1.a') + blob('t/v1.b')) }))
    expect(await open().findByPrefix?.(`${PATH.slice(0, -1)}v1.`)).toEqual([
      'abfss://box@acc.dfs.core.windows.net/t/v1.a',
      'abfss://box@acc.dfs.core.windows.net/t/v1.b',
    ])
    expect(seen[0]?.url.searchParams.get('prefix')).toBe('t/v1.')
    expect(seen[0]?.url.searchParams.get('maxresults')).toBe('100')
  })

  test.each([['A'], ['A', 'B'], ['A', 'B', 'C', 'D', 'E', 'F', 'G']])(
    'in a circle of %s… ends',
    async (...circle) => {
      let loads = 0
      const load = async () => ({ infos: [], next: circle[loads++ % circle.length] })
      const all = async () => {
        for await (const _ of pages('x', load));
      }
      await expect(all()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      expect(loads).toBeLessThan(4 * circle.length + 2)
    },
  )

  test('of empty pages ends after a limit, which a name begins anew', async () => {
    const all = async (emptyPages: number) => {
      let loads = 0
      const info = { path: 'x', sizeBytes: 0, modifiedMs: undefined }
      const load = async () => ({
        infos: loads === EMPTY_PAGES_MAX ? [info] : [],
        next: loads++ < emptyPages ? `${loads}` : undefined,
      })
      for await (const _ of pages('x', load));
    }
    await all(EMPTY_PAGES_MAX)
    await all(2 * EMPTY_PAGES_MAX)
    await expect(all(2 * EMPTY_PAGES_MAX + 2)).rejects.toMatchObject({
      message: expect.stringContaining('page after page without a name'),
    })
  })
})

describe('deletion', () => {
  test.each([200, 202, 404])('of one: %i is gone', async (status) => {
    cannedFetch(() => ({ status }))
    await open().delete(PATH)
  })

  test('of one in a missing container, or denied, is an error', async () => {
    for (const canned of [coded(404, 'ContainerNotFound'), { status: 403 }]) {
      cannedFetch(() => canned)
      await expect(open().delete(PATH)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
  })

  const paths = ['a', 'b', 'c'].map((name) => `abfss://box@acc.dfs.core.windows.net/t/${name}`)
  const part = (id: number, status: number, code = '') =>
    `--x\r\nContent-Type: application/http\r\nContent-ID: ${id}\r\n\r\nHTTP/1.1 ${status} Said\r\nx-ms-error-code: ${code}\r\n\r\n`

  test('of many in one request; what that left is asked for one by one', async () => {
    const body = `${part(0, 202)}${part(1, 404, 'BlobNotFound')}${part(2, 403)}--x--\r\n`
    const seen = cannedFetch(({ method }) =>
      method === 'POST' ? { status: 202, body } : { status: 403 },
    )
    const failures = await open().deleteMany?.(paths)
    expect(failures?.map(({ path }) => path)).toEqual([paths[2]])
    expect(seen.map(({ method }) => method)).toEqual(['POST', 'DELETE'])
    expect(seen[0]?.url.searchParams.get('comp')).toBe('batch')
  })

  test('a server without batches, and one that answers with noise', async () => {
    for (const canned of [
      { status: 400 },
      { status: 202, body: 'noise' },
      { status: 202, body: new Uint8Array([0xff]) },
      { status: 202, body: part(0, 404, 'ContainerNotFound') + part(99_999, 202) },
      { error: new TypeError('gone') },
    ]) {
      const seen = cannedFetch(({ method }) => (method === 'POST' ? canned : { status: 202 }))
      expect(await open({ maxAttempts: 1 }).deleteMany?.(paths)).toEqual([])
      expect(seen.filter(({ method }) => method === 'DELETE')).toHaveLength(3)
    }
  })

  test('of what is no place, or without credentials, fails for each by itself', async () => {
    const bad = [
      's3://box/a',
      'abfss://box@acc.dfs.core.windows.net',
      'abfss://box@a.dfs.evil.example/x',
    ]
    cannedFetch(() => ({ status: 202 }))
    const left = async (credentials: AzureOptions['credentials'], signal?: AbortSignal) => {
      const options = signal === undefined ? {} : { signal }
      const store = azureStore({ credentials: credentials ?? 'anonymous' }, env)
      const failures = await store.deleteMany?.([...paths, ...bad], options)
      return failures?.map(({ path, error: { code } }) => `${code} ${path}`).sort()
    }
    expect(await left('anonymous')).toEqual(bad.map((path) => `INVALID_ARGUMENT ${path}`).sort())
    const failing = async () => Promise.reject(new Error('no login'))
    expect(await left(failing)).toEqual(
      [
        ...bad.map((path) => `INVALID_ARGUMENT ${path}`),
        ...paths.map((path) => `STORE_UNAVAILABLE ${path}`),
      ].sort(),
    )
    await expect(left('anonymous', AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' })
  })

  test('256 in a request, a request for each container', async () => {
    const seen = cannedFetch(({ method }) => ({ status: method === 'POST' ? 400 : 202 }))
    const many = Array.from({ length: 257 }, (_, i) => `${PATH}${i}`)
    await open().deleteMany?.([...many, PATH.replace('box@', 'other@')])
    expect(seen.filter(({ method }) => method === 'POST').map(({ url }) => url.pathname)).toEqual([
      '/box',
      '/box',
      '/other',
    ])
  })
})

describe('an object in blocks', () => {
  const upload = (options: AzureOptions = {}) =>
    new AzureUpload(client(options), { place: PLACE, random: new Uint8Array(8), signal: undefined })

  test('blocks double before there are too many of them', () => {
    const parts = upload({ partBytes: 1024 * 1024 })
    expect([0, 7999, 8000, 16_000].map((n) => parts.partBytes(n) / 2 ** 20)).toEqual([1, 1, 2, 4])
  })

  test('are of 4000 MiB at most, 50,000 of them, else nothing is sent', async () => {
    const MiB = 1024 * 1024
    const parts = upload({ partBytes: 1024 * MiB })
    expect([0, 8000, 16_000, 49_999].map((n) => parts.partBytes(n) / MiB)).toEqual([
      ...[1024, 2048, 4000, 4000],
    ])
    for (const [index, bytes] of [
      [49_999, 4000 * MiB],
      [49_998, 4000 * MiB - 1],
    ] as const) {
      expect(() => checkBlock(index, bytes, PATH)).not.toThrow()
    }
    expect(() => checkBlock(0, 4000 * MiB + 1, PATH)).toThrow(
      expect.objectContaining({
        code: 'LIMIT_EXCEEDED',
        details: expect.objectContaining({ limit: 'blockBytes' }),
      }),
    )
    const seen = cannedFetch(() => ({ status: 201 }))
    await expect(upload().sendPart(50_000, BYTES)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      details: { limit: 'blocks', max: 50_000, actual: 50_001 },
    })
    expect(seen).toEqual([])
  })

  test.each<[string, Canned, string]>([
    ['done', { status: 201 }, 'done'],
    ['taken', { status: 412 }, 'taken'],
    ['taken by name', coded(409, 'BlobAlreadyExists'), 'taken'],
    ['gone', coded(400, 'InvalidBlockList'), 'gone'],
    ['400', coded(400, 'InvalidHeader'), 'failed'],
    ['501', { status: 501 }, 'failed'],
    ['403', { status: 403 }, 'failed'],
    ['500', { status: 500 }, 'again'],
    ['429', { status: 429 }, 'again'],
    ['408', { status: 408 }, 'again'],
    ['no answer', { error: new TypeError('gone') }, 'again'],
  ])('a list of blocks: %s', async (_name, canned, said) => {
    const seen = cannedFetch(() => canned)
    const parts = upload()
    expect(parts.published(await parts.complete())).toBe(said)
    expect(seen.map((asked) => asked.headers.get('if-none-match'))).toEqual(['*'])
  })

  test('a block that cannot be stored', async () => {
    cannedFetch(() => ({ status: 403 }))
    await expect(upload().sendPart(0, BYTES)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('whether what is there is ours: by its blocks', async () => {
    const parts = upload()
    cannedFetch(() => ({ status: 201 }))
    await parts.sendPart(0, BYTES)
    const id = Buffer.from('0000000000000000-000000').toString('base64')
    for (const [canned, ours] of [
      [{ body: `<BlockList><Block><Name>${id}</Name></Block></BlockList>` }, true],
      [{ body: '<BlockList><Block><Name>other</Name></Block></BlockList>' }, false],
      [{ body: new Uint8Array([0xff]) }, false],
      [{ status: 404 }, false],
    ] as const) {
      cannedFetch(() => canned)
      expect(await parts.isOurs()).toBe(ours)
    }
    for (const canned of [{ status: 403 }, { error: new TypeError('gone') }]) {
      cannedFetch(() => canned)
      await expect(parts.isOurs()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
  })

  test('whether what is there is ours: by size and checksum', async () => {
    const parts = upload()
    cannedFetch(() => ({ error: new TypeError('gone') }))
    expect(parts.published(await parts.sendWhole(BYTES))).toBe('again')
    const md5 = md5Base64(BYTES)
    for (const [canned, ours] of [
      [{ headers: { 'content-length': '5', 'content-md5': md5 } }, true],
      [{ headers: { 'content-length': '6', 'content-md5': md5 } }, false],
      [{ headers: { 'content-length': '5', 'content-md5': 'x' } }, false],
      [{ status: 404 }, false],
    ] as const) {
      cannedFetch(() => canned)
      expect(await parts.isOurs()).toBe(ours)
    }
    for (const canned of [{ status: 403 }, { error: new TypeError('gone') }]) {
      cannedFetch(() => canned)
      await expect(parts.isOurs()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
  })
})

describe('the store', () => {
  test('proves conditional writes once, then creates and replaces', async () => {
    const seen = honest(() => ({ status: 201, headers: { etag: '"9"' } }))
    const store = open()
    expect(await store.create(PATH, BYTES)).toEqual({ outcome: 'created' })
    const proving = seen.length - 1
    expect(proving).toBe(6)
    expect(await store.replace?.(PATH, BYTES, '"0"')).toEqual({
      outcome: 'replaced',
      version: '"9"',
    })
    expect(seen).toHaveLength(proving + 2)
  })

  test('puts without a condition, and says what it could not', async () => {
    const seen = cannedFetch(() => ({ status: 201 }))
    await open().put(PATH, BYTES)
    expect(seen[0]?.headers.get('if-none-match')).toBeNull()
    cannedFetch(() => ({ status: 403 }))
    await expect(open().put(PATH, BYTES)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('streams a small object in one request', async () => {
    const seen = honest(() => ({ status: 201, headers: { etag: '"9"' } }))
    const writer = await open().writer(PATH)
    await writer.write(BYTES)
    expect(await writer.close()).toMatchObject({ sizeBytes: 5 })
    expect(seen.filter(({ url }) => url.pathname === '/box/t/x')).toHaveLength(1)
  })

  test('an aborted writer is not begun', async () => {
    const seen = cannedFetch(() => ({ status: 201 }))
    await expect(open().writer(PATH, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    expect(seen).toEqual([])
  })
})
