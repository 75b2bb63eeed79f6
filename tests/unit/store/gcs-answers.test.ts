/** What the Google Cloud Storage adapter makes of answers that its emulator never gives. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { crc32c } from '../../../src/codec/crc32.js'
import { systemEnv } from '../../../src/env/system-env.js'
import { GcsClient, shownCrc32c } from '../../../src/store/gcs/client.js'
import { apiUrl, type GcsOptions, resolveConfig } from '../../../src/store/gcs/config.js'
import { createObject, replaceObject } from '../../../src/store/gcs/create.js'
import { CredentialHolder, type GcsCredentialSource } from '../../../src/store/gcs/credentials.js'

import { gcsStore } from '../../../src/store/gcs/gcs.js'
import { GcsUpload } from '../../../src/store/gcs/writer.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { type Asked, type Canned, cannedFetch } from '../../support/canned-fetch.js'

const env = systemEnv({ sleep: async () => undefined })
const BYTES = encodeUtf8('bytes')
const PATH = 'gs://bucket/t/x'
const PLACE = { bucket: 'bucket', name: 't/x', path: PATH }
const KiB256 = 256 * 1024
const NO_BUCKET = '{"error":{"message":"The specified bucket does not exist."}}'

afterEach(() => {
  vi.unstubAllGlobals()
})

function client(options: GcsOptions = {}): GcsClient {
  const config = resolveConfig({ endpoint: 'https://api.example', ...options })
  return new GcsClient(config, new CredentialHolder('anonymous', false, env), env)
}

const open = (options: GcsOptions = {}) =>
  gcsStore({ endpoint: 'https://api.example', credentials: 'anonymous', ...options }, env)

const json = (value: unknown): Canned => ({ body: JSON.stringify(value) })

describe('where a request goes', () => {
  test('the name is one segment, and the payer is named', () => {
    const config = resolveConfig({ endpoint: 'https://h/base/', userProject: 'p&q' })
    const resource = { service: 'api', bucket: 'b', name: 'a/é ?#&' } as const
    expect(apiUrl(config, resource, [['alt', 'media']]).href).toBe(
      'https://h/base/storage/v1/b/b/o/a%2F%C3%A9%20%3F%23%26?alt=media&userProject=p%26q',
    )
  })

  test.each<GcsOptions>([
    { endpoint: 'nowhere' },
    { endpoint: 'ftp://h' },
    { endpoint: 'https://user:key@h' },
    { endpoint: 'https://h?x=1' },
    { userProject: '' },
    { kmsKeyName: 1 as unknown as string },
    { partBytes: KiB256 - 1 },
    { maxAttempts: 0 },
    { bucket: 'b' } as GcsOptions,
  ])('option %j is refused', (options) => {
    expect(() => resolveConfig(options)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })

  test.each(['gs://B/x', 'gs://b/x', 'gs://bucket', 's3://bucket/x'])(
    '%s names no object',
    async (path) => {
      const seen = cannedFetch(() => ({ status: 404 }))
      await expect(open().head(path)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
      expect(seen).toEqual([])
    },
  )
})

describe('a conditional write', () => {
  test.each<[string, Canned, string]>([
    ['made', { status: 200 }, 'created'],
    ['lost', { status: 412 }, 'exists'],
    ['409', { status: 409 }, 'unknown'],
    ['408', { status: 408 }, 'unknown'],
    ['500', { status: 500 }, 'unknown'],
    ['without an answer', { error: new TypeError('gone') }, 'unknown'],
    ['400', { status: 400 }, 'STORE_UNAVAILABLE'],
    ['307', { status: 307, headers: { location: 'https://evil' } }, 'STORE_UNAVAILABLE'],
    ['429', { status: 429 }, 'STORE_UNAVAILABLE'],
    ['501', { status: 501 }, 'UNSUPPORTED'],
  ])('%s is told truly, and sent once', async (_name, canned, told) => {
    const seen = cannedFetch(() => canned)
    const came = await createObject(client(), PLACE, BYTES).then(
      ({ outcome }) => outcome as string,
      (error: { code: string }) => error.code,
    )
    expect(came).toBe(told)
    expect(seen).toHaveLength(1)
    expect(seen[0]?.url.searchParams.get('ifGenerationMatch')).toBe('0')
  })

  test('a replacement names the generation; what is none matches nothing', async () => {
    const seen = cannedFetch(() => json({ generation: '18' }))
    const replaced = { outcome: 'replaced', version: '18' }
    expect(await replaceObject(client(), PLACE, BYTES, '17')).toEqual(replaced)
    expect(seen[0]?.url.searchParams.get('ifGenerationMatch')).toBe('17')
    for (const version of ['', '0', '"etag"', '1&userProject=x', '-1']) {
      expect(await replaceObject(client(), PLACE, BYTES, version)).toEqual({ outcome: 'changed' })
    }
    expect(seen).toHaveLength(1)
  })

  test.each(['', '{}', '[]', '{"generation":1}'])('replaced with %j is unknown', async (body) => {
    cannedFetch(() => ({ body }))
    expect((await replaceObject(client(), PLACE, BYTES, '1')).outcome).toBe('unknown')
  })
})

describe('one object', () => {
  test.each([
    ['agrees', `md5=x, crc32c=${shownCrc32c(crc32c(BYTES))}`, true],
    ['is not told', '', true],
    ['differs', 'crc32c=AAAAAA==', false],
  ])('whose checksum %s', async (_name, hash, good) => {
    cannedFetch(() => ({ body: BYTES, headers: { 'x-goog-hash': hash } }))
    const reading = open().read(PATH)
    if (good) expect(await reading).toEqual(BYTES)
    else await expect(reading).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test('is missing, unless its bucket is', async () => {
    cannedFetch(() => ({ status: 404, body: 'No such object: bucket/t/x' }))
    expect(await open().head(PATH)).toBeUndefined()
    await expect(open().read(PATH)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(open().delete(PATH)).resolves.toBeUndefined()
    cannedFetch(() => ({ status: 404, body: NO_BUCKET }))
    const none = { code: 'STORE_UNAVAILABLE' }
    await expect(open().head(PATH)).rejects.toMatchObject(none)
    await expect(open().read(PATH)).rejects.toMatchObject(none)
    await expect(open().delete(PATH)).rejects.toMatchObject(none)
  })

  test.each(['', '[]', '{"size":"-1","generation":"1"}', '{"size":"1"}', '{"size":1}'])(
    'with the facts %j is refused',
    async (body) => {
      cannedFetch(() => ({ body }))
      await expect(open().head(PATH)).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
    },
  )
})

describe('a listing', () => {
  const names = async (folder = 'gs://bucket/t') => {
    const found: string[] = []
    for await (const { path } of open().list(folder)) found.push(path)
    return found
  }
  const item = (name: string) => ({ name, size: '1', updated: '2026-01-01T00:00:00Z' })

  test('goes on from page to page, empty ones among them', async () => {
    const answers = [
      { items: [item('t/a')], nextPageToken: 'p/1' },
      { nextPageToken: 'p2' },
      { items: [item('t/b'), item('t/c/')] },
    ]
    const seen = cannedFetch((_, before) => json(answers[before]))
    expect(await names()).toEqual(['gs://bucket/t/a', 'gs://bucket/t/b'])
    const tokens = seen.map(({ url }) => url.searchParams.get('pageToken'))
    expect(tokens).toEqual([null, 'p/1', 'p2'])
  })

  test.each<[string, Canned]>([
    ['of another folder', json({ items: [item('other/a')] })],
    ['with no size', json({ items: [{ name: 't/a' }] })],
    ['with no list', json({ items: {} })],
    ['with a folder that is none', json({ prefixes: [1] })],
    ['that is no JSON', { body: '<html>' }],
  ])('%s is refused', async (_name, canned) => {
    cannedFetch(() => canned)
    await expect(names()).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test('that gives the same page again ends', async () => {
    cannedFetch(() => json({ nextPageToken: 'p' }))
    await expect(names()).rejects.toThrow('the same page again')
  })

  test('what begins alike is found by one request', async () => {
    const seen = cannedFetch(() => json({ items: [item('t/v1.a'), item('t/v1.b')] }))
    expect(await open().findByPrefix?.('gs://bucket/t/v1.')).toEqual([
      ...['gs://bucket/t/v1.a', 'gs://bucket/t/v1.b'],
    ])
    expect(seen.map(({ url }) => url.searchParams.get('prefix'))).toEqual(['t/v1.'])
  })
})

describe('deleting many', () => {
  const places = (count: number) => Array.from({ length: count }, (_, i) => `gs://bucket/${i}`)
  const part = (id: number, status: number, body = '') =>
    `--x\r\nContent-ID: <response-${id}>\r\n\r\nHTTP/1.1 ${status} Y\r\n\r\n${body}\r\n`

  test('a hundred go in one request, and those that are gone already are no failures', async () => {
    const seen = cannedFetch((_, before) => {
      const ids = before === 0 ? Array.from({ length: 100 }, (_, i) => i) : [0]
      return { body: `${ids.map((id) => part(id, id % 2 === 0 ? 204 : 404)).join('')}--x--` }
    })
    expect(await open().deleteMany?.(places(101))).toEqual([])
    expect(seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
      ...['POST /batch/storage/v1', 'POST /batch/storage/v1'],
    ])
  })

  test('what the batch did not remove is tried alone, which says why', async () => {
    const batch = `${part(0, 204)}${part(1, 403)}${part(2, 404, NO_BUCKET)}${part(9, 204)}--x--`
    const seen = cannedFetch(({ method }) =>
      method === 'POST' ? { body: batch } : { status: 403 },
    )
    const failures = await open().deleteMany?.(places(4))
    expect(failures?.map(({ path }) => path).sort()).toEqual([
      ...['gs://bucket/1', 'gs://bucket/2', 'gs://bucket/3'],
    ])
    expect(seen).toHaveLength(4)
  })

  test('what is no place, and a request that fails as a whole, are failures of their own', async () => {
    const told = async (source: GcsCredentialSource, options = {}) =>
      (await open({ credentials: source }).deleteMany?.([PATH, 's3://b/x', 'gs://bucket'], options))
        ?.map(({ path, error: { code } }) => [path, code])
        .sort()
    cannedFetch(({ method }) => ({ status: method === 'POST' ? 404 : 204 }))
    const others = [
      ['gs://bucket', 'INVALID_ARGUMENT'],
      ['s3://b/x', 'INVALID_ARGUMENT'],
    ]
    expect(await told('anonymous')).toEqual(others)
    expect(await told({ accessToken: 'a\nb' })).toEqual([
      ['gs://bucket', 'INVALID_ARGUMENT'],
      [PATH, 'INVALID_ARGUMENT'],
      ['s3://b/x', 'INVALID_ARGUMENT'],
    ])
    await expect(told('anonymous', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  test.each<Canned>([{ status: 404 }, { status: 501 }, { body: new Uint8Array([0xff]) }])(
    'a server without batches (%j) is asked one by one',
    async (canned) => {
      const seen = cannedFetch(({ method }) => (method === 'POST' ? canned : { status: 204 }))
      expect(await open().deleteMany?.(places(2))).toEqual([])
      expect(seen.map(({ method }) => method)).toEqual(['POST', 'DELETE', 'DELETE'])
    },
  )
})

describe('an upload in chunks', () => {
  const SESSION = '/upload/storage/v1/b/bucket/o?upload_id=u'
  const upload = () =>
    new GcsUpload(client({ partBytes: KiB256, maxAttempts: 3 }), PLACE, undefined)
  const part = new Uint8Array(KiB256 + 5)
  const has = (bytes: number): Canned => ({
    status: 308,
    ...(bytes > 0 && { headers: { range: `bytes=0-${bytes - 1}` } }),
  })
  const begun = (location = `https://api.example${SESSION}`): Canned => ({ headers: { location } })
  /** The ranges that were sent. */
  const ranges = (seen: readonly Asked[]) =>
    seen.filter(({ method }) => method === 'PUT').map(({ headers }) => headers.get('content-range'))

  function answers(...canned: readonly Canned[]): readonly Asked[] {
    return cannedFetch((_, before) => canned[before] ?? { status: 418 })
  }

  test('the last chunk makes the object', async () => {
    const seen = answers(begun(), has(KiB256), { status: 200 })
    const one = upload()
    await one.sendPart(0, part)
    expect(one.published(await one.complete())).toBe('done')
    expect(ranges(seen)).toEqual(['bytes 0-262143/*', 'bytes 262144-262148/262149'])
    expect(seen[0]?.url.searchParams.get('ifGenerationMatch')).toBe('0')
  })

  test('a session on another host stays at the API’s origin', async () => {
    const seen = answers(begun(`https://evil.example${SESSION}`), has(KiB256))
    await upload().sendPart(0, part)
    expect(seen.map(({ url }) => url.origin)).toEqual([
      ...['https://api.example', 'https://api.example'],
    ])
  })

  test('after a lost answer the server says how far it is', async () => {
    const seen = answers(begun(), { error: new TypeError('gone') }, has(100), has(KiB256))
    await upload().sendPart(0, part)
    expect(ranges(seen)).toEqual(['bytes 0-262143/*', 'bytes */*', 'bytes 100-262143/*'])
  })

  test.each<[string, readonly Canned[]]>([
    ['bytes that were never sent', [begun(), has(KiB256 + 1)]],
    ['nothing, again and again', [begun(), has(0), has(0), has(0), has(0)]],
    ['that it is over', [begun(), { status: 410 }]],
    ['that it is done, too early', [begun(), { status: 503 }, { status: 200 }]],
    ['no session', [{ status: 200 }]],
    ['a session that is no place', [begun('http://[')]],
    ['no access', [{ status: 403 }]],
  ])('a server that tells %s is not believed', async (_name, canned) => {
    answers(...canned)
    await expect(upload().sendPart(0, part)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('a server that takes a byte at a time is left', async () => {
    const seen = cannedFetch((_, before) => (before === 0 ? begun() : has(before)))
    await expect(upload().sendPart(0, part)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(ranges(seen)).toHaveLength(3)
  })

  test('one that takes 256 KiB at a time is not, however often', async () => {
    const big = new Uint8Array(KiB256 * 8 + 5)
    const seen = cannedFetch((_, before) => (before === 0 ? begun() : has(before * KiB256)))
    await upload().sendPart(0, big)
    expect(ranges(seen)).toHaveLength(8)
  })

  test('fewer bytes than it had before are not believed', async () => {
    answers(begun(), has(KiB256), has(KiB256 - 1))
    const one = upload()
    await one.sendPart(0, part)
    await expect(one.sendPart(1, part)).rejects.toThrow('other bytes than were sent')
  })

  test('a name that is taken is told before anything is sent', async () => {
    const seen = answers({ status: 412 })
    await expect(upload().sendPart(0, part)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' })
    expect(seen).toHaveLength(1)
  })

  test('a completion without an answer is asked for before it is sent again', async () => {
    const seen = answers(begun(), has(KiB256), { status: 503 }, { status: 200 })
    const one = upload()
    await one.sendPart(0, part)
    expect(one.published(await one.complete())).toBe('again')
    expect(one.published(await one.complete())).toBe('done')
    expect(ranges(seen).at(-1)).toBe('bytes */262149')
  })

  test('what is dropped is deleted once, and without a word', async () => {
    const seen = answers(begun(), has(KiB256), { error: new TypeError('gone') })
    const one = upload()
    await one.drop()
    expect(seen).toEqual([])
    await one.sendPart(0, part)
    await expect(one.drop()).resolves.toBeUndefined()
    expect(seen.at(-1)?.method).toBe('DELETE')
  })

  test.each([
    [200, 'done'],
    [201, 'done'],
    [412, 'taken'],
    [404, 'gone'],
    [410, 'gone'],
    [308, 'again'],
    [429, 'again'],
    [503, 'again'],
    [501, 'failed'],
    [403, 'failed'],
  ])('completed with %i is %s', (status, told) => {
    const body = new Uint8Array(0)
    expect(upload().published({ status, headers: new Headers(), body })).toBe(told)
    expect(upload().published({ status: 0, sent: true, cause: '' })).toBe('again')
  })

  test.each<[string, Canned, boolean]>([
    ['nothing', { status: 404 }, false],
    ['another size', json({ size: '6', crc32c: shownCrc32c(crc32c(BYTES)) }), false],
    ['other bytes', json({ size: '5', crc32c: 'AAAAAA==' }), false],
    ['bytes without a checksum', json({ size: '5' }), false],
    ['what was sent', json({ size: '5', crc32c: shownCrc32c(crc32c(BYTES)) }), true],
  ])('under whose name lies %s', async (_name, canned, ours) => {
    cannedFetch(({ method }) => (method === 'GET' ? canned : { status: 412 }))
    const one = upload()
    await one.sendWhole(BYTES)
    expect(await one.isOurs()).toBe(ours)
  })
})
