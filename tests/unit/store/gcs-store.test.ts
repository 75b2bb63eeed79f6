/** The store of Google Cloud Storage, whole, on a server that keeps what it is given. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { crc32c } from '../../../src/codec/crc32.js'
import { systemEnv } from '../../../src/env/system-env.js'
import { GcsClient, shownCrc32c } from '../../../src/store/gcs/client.js'
import { type GcsOptions, resolveConfig } from '../../../src/store/gcs/config.js'
import { replaceObject } from '../../../src/store/gcs/create.js'
import { CredentialHolder } from '../../../src/store/gcs/credentials.js'
import { gcsStore } from '../../../src/store/gcs/gcs.js'
import { parseKeyFile } from '../../../src/store/gcs/key-file.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { type Asked, type Canned, cannedFetch } from '../../support/canned-fetch.js'

const env = systemEnv({ sleep: async () => undefined })
const PATH = 'gs://bucket/t/x'
const BYTES = encodeUtf8('bytes')

afterEach(() => {
  vi.unstubAllGlobals()
})

const open = (options: GcsOptions = {}) =>
  gcsStore({ endpoint: 'https://api.example', credentials: 'anonymous', ...options }, env)
const json = (value: unknown, status = 200): Canned => ({ status, body: JSON.stringify(value) })

/** Answers by `answer` what is not about the probe, which it treats as it should. */
function honest(answer: (asked: Asked) => Canned): readonly Asked[] {
  const held = new Map<string, number>()
  let last = 0
  return cannedFetch((asked) => {
    const { method, url } = asked
    const name =
      url.searchParams.get('name') ?? decodeURIComponent(url.pathname.split('/o/')[1] ?? '')
    if (!name.includes('.moraine-probe')) return answer(asked)
    const generation = held.get(name) ?? 0
    if (method === 'DELETE') return { status: held.delete(name) ? 204 : 404 }
    if (method === 'GET') return json({ size: '1', generation: `${generation}` })
    if (url.searchParams.get('ifGenerationMatch') !== `${generation}`) return { status: 412 }
    held.set(name, ++last)
    return json({ generation: `${last}` })
  })
}

const others = (seen: readonly Asked[]) =>
  seen.filter(({ url }) => !url.href.includes('.moraine-probe'))

describe('the store', () => {
  test('proves conditional writes once, by six requests, then creates and replaces', async () => {
    const seen = honest(() => json({ generation: '9' }))
    const store = open({ kmsKeyName: 'projects/p/cryptoKeys/k' })
    expect(await store.create(PATH, BYTES)).toEqual({ outcome: 'created' })
    expect(seen).toHaveLength(7)
    expect(await store.replace?.(PATH, BYTES, '8')).toEqual({ outcome: 'replaced', version: '9' })
    const sent = others(seen).map(({ url }) => url.searchParams)
    expect(sent.map((query) => query.get('ifGenerationMatch'))).toEqual(['0', '8'])
    expect(sent.map((query) => query.get('kmsKeyName'))).toEqual(
      Array(2).fill('projects/p/cryptoKeys/k'),
    )
  })

  test('puts without a condition, and says what it could not', async () => {
    const seen = cannedFetch((_, before) => ({ status: before === 0 ? 200 : 403 }))
    await open().put?.(PATH, BYTES)
    expect(seen[0]?.url.searchParams.has('ifGenerationMatch')).toBe(false)
    await expect(open().put?.(PATH, BYTES)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('streams a small object in one request, a large one in chunks', async () => {
    const seen = honest(({ method, headers }) => {
      if (method === 'POST') return { headers: { location: '/upload/x?upload_id=u' } }
      const range = /bytes (\d+)-(\d+)\/(.*)/.exec(headers.get('content-range') ?? '')
      if (range?.[3] !== '*') return { status: 200 }
      return { status: 308, headers: { range: `bytes=0-${range[2]}` } }
    })
    const store = open({ partBytes: 256 * 1024 })
    const small = await store.writer(PATH)
    await small.write(BYTES)
    expect(await small.close()).toMatchObject({ sizeBytes: 5 })
    expect(others(seen)).toHaveLength(1)
    const large = await store.writer(PATH)
    for (let i = 0; i < 3; i++) await large.write(new Uint8Array(256 * 1024))
    expect(await large.close()).toMatchObject({ sizeBytes: 768 * 1024 })
    expect(
      others(seen)
        .slice(1)
        .map(({ method, headers }) => `${method} ${headers.get('content-range')}`),
    ).toEqual([
      'POST null',
      'PUT bytes 0-262143/*',
      'PUT bytes 262144-524287/*',
      'PUT bytes 524288-786431/786432',
    ])
  })

  test('an aborted writer is not begun', async () => {
    await expect(open().writer(PATH, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  test('reads whole objects by their checksum, and ranges', async () => {
    const hash = (crc: string): Canned => ({
      body: BYTES,
      headers: { 'x-goog-hash': `crc32c=${crc},md5=x` },
    })
    cannedFetch(() => hash(shownCrc32c(crc32c(BYTES))))
    expect(await open().read(PATH)).toEqual(BYTES)
    cannedFetch(() => hash('AAAAAA=='))
    await expect(open().read(PATH)).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
    cannedFetch(() => ({ body: BYTES }))
    expect(await open().read(PATH)).toEqual(BYTES)
    const seen = cannedFetch(() => ({
      status: 206,
      body: 'yt',
      headers: { 'content-range': 'bytes 1-2/5' },
    }))
    expect(await open().read(PATH, { start: 1, end: 3 })).toEqual(encodeUtf8('yt'))
    expect(seen[0]?.headers.get('range')).toBe('bytes=1-2')
    cannedFetch(() => ({ status: 403 }))
    await expect(open().read(PATH)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })

  test('deletes one; what is gone is gone', async () => {
    for (const status of [200, 204, 404]) {
      cannedFetch(() => ({ status }))
      await open().delete(PATH)
    }
  })

  test('lists a bucket, and one level of it', async () => {
    const seen = cannedFetch(() => json({ items: [{ name: 'a', size: '1' }], prefixes: ['b/'] }))
    const found: string[] = []
    for await (const { path } of open().list('gs://bucket', { recursive: false })) found.push(path)
    expect(found).toEqual(['gs://bucket/a', 'gs://bucket/b'])
    expect(seen[0]?.url.searchParams.get('delimiter')).toBe('/')
  })

  test.each([{ prefixes: [7] }, { prefixes: 'b/' }, { items: [7] }, { items: {} }])(
    'a listing of %j is none',
    async (listed) => {
      cannedFetch(() => json(listed))
      await expect(open().findByPrefix?.('gs://bucket/t/')).rejects.toMatchObject({
        code: 'CORRUPT_DATA',
      })
    },
  )
})

describe('odd answers', () => {
  const client = () => {
    const config = resolveConfig({ endpoint: 'https://api.example' })
    return new GcsClient(config, new CredentialHolder('anonymous', false, env), env)
  }
  const place = { bucket: 'bucket', name: 't/x', path: PATH }

  test.each<Canned>([{ body: '<html>' }, { body: '{}' }])(
    'a replacement answered by %j may have happened',
    async (canned) => {
      cannedFetch(() => canned)
      expect(await replaceObject(client(), place, BYTES, '1')).toMatchObject({ outcome: 'unknown' })
    },
  )

  test('a status that is not known, and bodies that are no text', async () => {
    cannedFetch(() => ({ status: 418, body: new Uint8Array([0xff]) }))
    await expect(open().head(PATH)).rejects.toThrow('418: the server failed')
    cannedFetch(() => ({ status: 404, body: new Uint8Array([0xff]) }))
    expect(await open().head(PATH)).toBeUndefined()
  })

  test('bytes that hold the boundary get another', async () => {
    const bodies: string[] = []
    vi.stubGlobal('fetch', async (_url: URL, init: RequestInit) => {
      bodies.push(new TextDecoder().decode(init.body as Uint8Array))
      return new Response('')
    })
    await open().put?.(PATH, encodeUtf8('-x --moraine-0 --moraine'))
    expect(bodies[0]?.startsWith('--moraine-1\r\n')).toBe(true)
  })

  test('a key file without a token_uri asks Google', () => {
    const text = JSON.stringify({ type: 'service_account', client_email: 'a', private_key: 'b' })
    expect(parseKeyFile(text, 'it')?.tokenUri).toBe('https://oauth2.googleapis.com/token')
  })
})
