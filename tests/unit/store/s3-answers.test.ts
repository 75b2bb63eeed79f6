/** What the S3 adapter makes of answers that the servers of the other suites never give. */
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { codeOf, S3Client, s3Error } from '../../../src/store/s3/client.js'
import { objectUrl, resolveConfig, type S3Options } from '../../../src/store/s3/config.js'
import { putNew, replaceObject } from '../../../src/store/s3/create.js'
import {
  CredentialHolder,
  type HeldKeys,
  type S3Credentials,
  signingKeys,
} from '../../../src/store/s3/credentials.js'
import { deleteObject } from '../../../src/store/s3/delete.js'
import { s3Store } from '../../../src/store/s3/s3.js'
import { signRequest } from '../../../src/store/s3/sign.js'
import { S3Upload } from '../../../src/store/s3/writer.js'
import { encodeUtf8 } from '../../../src/util/utf8.js'
import { cannedFetch } from '../../support/canned-fetch.js'

const env = systemEnv({ sleep: async () => undefined })
const SET = [
  ...['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
]
const BODY = new Uint8Array([1, 2, 3])
const NOT_UTF8 = new Uint8Array([0xff])
const PATH = 's3://b/t/x'
const PLACE = { bucket: 'b', key: 't/x', path: PATH }

afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

function bare(): void {
  for (const name of SET) vi.stubEnv(name, '')
}

function client(options: S3Options = {}): S3Client {
  bare()
  return new S3Client(resolveConfig(options), new CredentialHolder('anonymous', env), env)
}

const open = (options: S3Options = {}) => s3Store({ credentials: 'anonymous', ...options }, env)
const error = (code: string) => `<Error><Code>${code}</Code></Error>`

describe('where a request goes', () => {
  test.each<[S3Options, string, string]>([
    [{}, 'b', 'https://b.s3.us-east-1.amazonaws.com/t/x'],
    [{ region: 'eu-west-1' }, 'b.c', 'https://s3.eu-west-1.amazonaws.com/b.c/t/x'],
    [{ pathStyle: true }, 'b', 'https://s3.us-east-1.amazonaws.com/b/t/x'],
    [{ endpoint: 'http://h:9000/s3/' }, 'b', 'http://h:9000/s3/b/t/x'],
    [{ endpoint: 'http://h:9000', pathStyle: false }, 'b', 'http://b.h:9000/t/x'],
  ])('with %j and bucket %s: %s', (options, bucket, url) => {
    bare()
    expect(objectUrl(resolveConfig(options), bucket, 't/x').href).toBe(url)
  })

  test('variables name the region and the endpoint', () => {
    bare()
    vi.stubEnv('AWS_DEFAULT_REGION', 'eu-north-1')
    expect(resolveConfig({}).region).toBe('eu-north-1')
    vi.stubEnv('AWS_REGION', 'eu-west-2')
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://general')
    expect(resolveConfig({})).toMatchObject({ region: 'eu-west-2', endpoint: 'http://general/' })
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'http://special')
    expect(resolveConfig({}).endpoint).toBe('http://special/')
  })

  test.each<S3Options>([{ endpoint: 'nowhere' }, { encryption: { type: 'rot13' as never } }])(
    'option %j is refused',
    (options) => {
      expect(() => resolveConfig(options)).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      )
    },
  )

  test('keys of the bucket’s own are used where no key is named', () => {
    const { writeHeaders } = resolveConfig({ encryption: { type: 'aws:kms' } })
    expect([...writeHeaders]).toEqual([['x-amz-server-side-encryption', 'aws:kms']])
  })

  test('a query without a value is signed with an empty one', () => {
    const sign = (query: string) => {
      const url = new URL(`https://h/b?${query}`)
      const keys = { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: undefined }
      const scope = { region: 'r', service: 's3', nowMs: 0 }
      const request = { method: 'GET', url, headers: new Map(), bodyHash: '' }
      return signRequest(request, keys, scope).get('authorization')
    }
    expect(sign('uploads')).toBe(sign('uploads='))
    expect(sign('a=1&b=2')).not.toBe(sign('a=1&b=3'))
  })
})

describe('credentials', () => {
  const keys = { accessKeyId: 'me', secretAccessKey: 'secret' }
  const holder = (source?: ConstructorParameters<typeof CredentialHolder>[0]) =>
    new CredentialHolder(source, env)

  test('nobody’s requests are not signed', async () => {
    const seen = cannedFetch(() => ({ status: 404 }))
    bare()
    expect(await open().head(PATH)).toBeUndefined()
    expect(seen[0]?.headers.has('authorization')).toBe(false)
  })

  test.each([undefined, {}, { accessKeyId: 'me' }, { secretAccessKey: 'x' }])(
    'a function that gives %j gives none',
    async (given) => {
      const source = async () => given as S3Credentials
      await expect(holder(source).current()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    },
  )

  test('without any, an error says where they may come from', async () => {
    bare()
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'me')
    const asked = holder()
    for (let tries = 0; tries < 2; tries++) {
      await expect(asked.current()).rejects.toMatchObject({ feature: 's3-credential-chain' })
    }
  })

  test('variables name them', async () => {
    bare()
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'me')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret')
    const signing = async () => signingKeys((await holder().current()) as HeldKeys)
    expect(await signing()).toEqual({ ...keys, sessionToken: undefined })
    vi.stubEnv('AWS_SESSION_TOKEN', 'token')
    expect(await signing()).toEqual({ ...keys, sessionToken: 'token' })
  })
})

describe('keys that are refused', () => {
  const source = (...all: readonly Partial<S3Credentials>[]) => {
    let asked = 0
    return async (): Promise<S3Credentials> => ({
      ...{ accessKeyId: 'me', secretAccessKey: 'secret' },
      ...all[Math.min(asked++, all.length - 1)],
    })
  }
  const opened = (credentials: () => Promise<S3Credentials>) => {
    bare()
    return s3Store({ credentials, maxAttempts: 1 }, env)
  }
  const tokens = (seen: ReturnType<typeof cannedFetch>) =>
    seen.map(({ headers }) => headers.get('x-amz-security-token'))
  const takes = (token: string, refusal: { status: number; body?: string }) =>
    cannedFetch(({ headers }) =>
      headers.get('x-amz-security-token') === token ? { status: 200, body: BODY } : refusal,
    )

  test.each([
    [400, 'ExpiredToken'],
    [403, 'InvalidAccessKeyId'],
    [400, 'InvalidToken'],
    [401, 'TokenRefreshRequired'],
  ])('%i %s: others are asked for, once', async (status, code) => {
    const seen = takes('new', { status, body: error(code) })
    const store = opened(source({ sessionToken: 'old' }, { sessionToken: 'new' }))
    expect(await Promise.all([store.read(PATH), store.read(PATH)])).toEqual([BODY, BODY])
    expect(tokens(seen).sort()).toEqual(['new', 'new', 'old', 'old'])
    await store.read(PATH)
    expect(tokens(seen).at(-1)).toBe('new')
  })

  test('a HEAD has no code: 400 is one', async () => {
    const seen = takes('new', { status: 400 })
    const store = opened(source({ sessionToken: 'old' }, { sessionToken: 'new' }))
    // No length in a canned answer.
    await expect(store.head(PATH)).rejects.toThrow('size')
    expect(tokens(seen)).toEqual(['old', 'new'])
  })

  test.each([
    [403, 'AccessDenied'],
    [400, 'InvalidRequest'],
    [500, 'ExpiredToken'],
  ])('%i %s is not about the keys', async (status, code) => {
    const seen = takes('new', { status, body: error(code) })
    const store = opened(source({ sessionToken: 'old' }, { sessionToken: 'new' }))
    await expect(store.read(PATH)).rejects.toThrow(`${status} ${code}`)
    expect(seen).toHaveLength(1)
  })

  test.each<Partial<S3Credentials>>([{ accessKeyId: 'you' }, { secretAccessKey: 'other' }])(
    'others are those with %j',
    async (other) => {
      const seen = takes('never', { status: 403, body: error('InvalidAccessKeyId') })
      await expect(opened(source({}, other)).read(PATH)).rejects.toThrow('InvalidAccessKeyId')
      expect(seen).toHaveLength(2)
    },
  )

  test('the only ones there are, or none: an error, and no second request', async () => {
    const seen = takes('never', { status: 400, body: error('ExpiredToken') })
    await expect(opened(source({ sessionToken: 'one' })).read(PATH)).rejects.toThrow('ExpiredToken')
    await expect(open().read(PATH)).rejects.toThrow('ExpiredToken')
    expect(tokens(seen)).toEqual(['one', null])
  })
})

describe('a key of the customer', () => {
  const customerKey = new Uint8Array(32).fill(7)
  const shown = Buffer.from(customerKey).toString('base64')
  const md5 = createHash('md5').update(customerKey).digest('base64')
  const NAME = 'x-amz-server-side-encryption-customer-'
  const listed = async (store: ReturnType<typeof s3Store>) => {
    for await (const { path } of store.list('s3://b/t/')) return path
    return undefined
  }

  test('goes with what is written and read, signed, and with nothing else', async () => {
    const seen = cannedFetch(({ method }) => ({ body: method === 'GET' ? BODY : '' }))
    bare()
    const keys = { accessKeyId: 'me', secretAccessKey: 'secret' }
    const store = s3Store({ credentials: keys, customerKey, maxAttempts: 1 }, env)
    await putNew(
      new S3Client(resolveConfig({ customerKey }), new CredentialHolder(keys, env), env),
      PLACE,
      BODY,
    )
    await store.read(PATH)
    await store.head(PATH).catch(() => undefined)
    for (const { headers } of seen) {
      expect(headers.get(`${NAME}algorithm`)).toBe('AES256')
      expect(headers.get(`${NAME}key`)).toBe(shown)
      expect(headers.get(`${NAME}key-md5`)).toBe(md5)
      expect(headers.get('authorization')).toContain(`;${NAME}key;${NAME}key-md5`)
    }
    expect(seen.map(({ method }) => method)).toEqual(['PUT', 'GET', 'HEAD'])
    await store.delete(PATH)
    await store.deleteMany?.([PATH]).catch(() => undefined)
    await listed(store).catch(() => undefined)
    expect(seen.length).toBeGreaterThan(5)
    for (const { headers } of seen.slice(3)) expect([...headers.keys()].join()).not.toContain(NAME)
  })

  test.each([31, 33])('is not of %i bytes', (length) => {
    expect(() => resolveConfig({ customerKey: new Uint8Array(length) })).toThrow('32 bytes')
  })

  test('is bytes, and no second kind of encryption', () => {
    expect(() => resolveConfig({ customerKey: shown as never })).toThrow('32 bytes')
    expect(() => resolveConfig({ customerKey, encryption: { type: 'AES256' } })).toThrow(
      'cannot be combined with `encryption`',
    )
  })

  test('is not shown', () => {
    expect(inspect(resolveConfig({ customerKey }), { depth: 9 })).not.toContain(shown)
    expect(JSON.stringify([...resolveConfig({ customerKey }).keyHeaders])).not.toContain(shown)
  })
})

describe('parts', () => {
  const upload = (partBytes: number) => new S3Upload(client({ partBytes }), PLACE, undefined)
  const MiB = 1024 * 1024

  test('grow, so that 10,000 of them hold a terabyte, up to the 5 GiB that S3 takes', () => {
    const of = (partBytes: number) =>
      [0, 1499, 1500, 9999].map((n) => upload(partBytes).partBytes(n) / MiB)
    expect(of(8 * MiB)).toEqual([8, 8, 16, 512])
    expect(of(1024 * MiB)).toEqual([1024, 1024, 2048, 5120])
  })

  test('are 10,000 at most', async () => {
    const seen = cannedFetch(() => ({ status: 500 }))
    await expect(upload(8 * MiB).sendPart(10_000, BODY)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
    expect(seen).toHaveLength(0)
    await expect(upload(8 * MiB).sendPart(9999, BODY)).rejects.toThrow('500')
  })
})

describe('an error', () => {
  test.each([
    [NOT_UTF8, ''],
    ['<html>', ''],
    [error('AccessDenied'), 'AccessDenied'],
    [error('x'.repeat(200)), 'x'.repeat(100)],
  ])('is told from the body %j', (body, code) => {
    const bytes = typeof body === 'string' ? encodeUtf8(body) : body
    expect(codeOf({ status: 403, headers: new Headers(), body: bytes })).toBe(code)
  })

  test('says in which region the bucket is', () => {
    const headers = new Headers({ 'x-amz-bucket-region': 'eu-west-1' })
    const told = s3Error({ status: 301, headers, body: new Uint8Array(0) }, 'read', PATH)
    expect(told.message).toContain('301: the bucket is in another region')
    expect(told.message).toContain("(the bucket's region is eu-west-1)")
  })

  test('of a status that is not known is the server’s', () => {
    const told = s3Error({ status: 418, headers: new Headers(), body: NOT_UTF8 }, 'read', PATH)
    expect(told.message).toBe(`cannot read ${PATH}: 418: the server failed`)
  })
})

describe('one object', () => {
  test.each([
    ['agrees', createHash('sha256').update(BODY).digest('base64'), true],
    ['is one of parts', 'abc-2', true],
    ['differs', 'abc', false],
  ])('whose checksum %s', async (_name, checksum, good) => {
    bare()
    cannedFetch(() => ({ body: BODY, headers: { 'x-amz-checksum-sha256': checksum } }))
    const reading = open().read(PATH)
    if (good) expect(await reading).toEqual(BODY)
    else await expect(reading).rejects.toMatchObject({ code: 'CORRUPT_DATA' })
  })

  test('without a checksum is taken as it is', async () => {
    bare()
    cannedFetch(() => ({ body: 'x' }))
    expect(await open().read(PATH)).toEqual(encodeUtf8('x'))
  })

  test('that cannot be looked at, written or deleted', async () => {
    bare()
    cannedFetch(() => ({ status: 403 }))
    const store = open()
    await expect(store.head(PATH)).rejects.toThrow('cannot look at s3://b/t/x: 403')
    await expect(store.put(PATH, NOT_UTF8)).rejects.toThrow('cannot write s3://b/t/x: 403')
    await expect(store.delete(PATH)).rejects.toThrow('cannot delete s3://b/t/x: 403')
    cannedFetch(() => ({ error: new TypeError('gone') }))
    await expect(store.head(PATH)).rejects.toThrow('the server gave no whole answer')
  })

  test('that is written with 201, as some servers answer', async () => {
    bare()
    const seen = cannedFetch(() => ({ status: 201 }))
    await open().put(PATH, NOT_UTF8)
    expect(seen.map(({ method }) => method)).toEqual(['PUT'])
  })

  test('a bucket alone is no object, and another scheme no bucket', async () => {
    bare()
    await expect(open().head('s3://b')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(open().head('file:///b/x')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test('replaced without a word of its new version is unknown', async () => {
    cannedFetch(() => ({ status: 200 }))
    const replaced = await replaceObject(client(), PLACE, NOT_UTF8, '"1"')
    expect(replaced.outcome).toBe('unknown')
    cannedFetch(() => ({ status: 201, headers: { etag: '"2"' } }))
    expect(await replaceObject(client(), PLACE, NOT_UTF8, '"1"')).toEqual({
      outcome: 'replaced',
      version: '"2"',
    })
  })

  test.each([
    [200, '', true],
    [404, error('NoSuchKey'), true],
    [404, error('NoSuchBucket'), false],
  ])('whose deletion is answered %i %s', async (status, body, good) => {
    cannedFetch(() => ({ status, body }))
    const deleting = deleteObject(client(), PLACE)
    if (good) await expect(deleting).resolves.toBeUndefined()
    else await expect(deleting).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  })
})

describe('deleting many', () => {
  const places = ['a', 'b&c'].map((key) => `s3://b/${key}`)
  const failed = (inside: string) => `<Error>${inside}</Error>`

  test('the server names what failed; what it names besides is of no concern', async () => {
    const items = [
      failed('<Key>b&amp;c</Key><Code>AccessDenied</Code>'),
      failed('<Key>a</Key><Code>NoSuchKey</Code>'),
      failed('<Key>elsewhere</Key><Code>AccessDenied</Code>'),
      failed('<Code>InternalError</Code>'),
      failed('<Key>a</Key>'),
    ]
    cannedFetch(() => ({ body: `<DeleteResult>${items.join('')}</DeleteResult>` }))
    const failures = await open().deleteMany?.(places)
    expect(failures?.map(({ path, error: { details } }) => [path, details.code])).toEqual([
      ['s3://b/b&c', 'AccessDenied'],
      ['s3://b/a', ''],
    ])
  })

  test('buckets get a request each; an answer that is no text is made up for one by one', async () => {
    const seen = cannedFetch(({ method }) =>
      method === 'POST' ? { body: NOT_UTF8 } : { status: 204 },
    )
    const other = 's3://c/a'
    expect(await open().deleteMany?.([...places, other])).toEqual([])
    expect(seen.map(({ method }) => method).sort()).toEqual([
      ...['DELETE', 'DELETE', 'DELETE', 'POST', 'POST'],
    ])
  })
})

describe('a listing', () => {
  const all = async (path = 's3://b/t') => {
    bare()
    const found: string[] = []
    for await (const info of open().list(path)) found.push(info.path)
    return found
  }
  const listing = (inside: string) => ({ body: `<ListBucketResult>${inside}</ListBucketResult>` })
  const object = (key: string) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`

  test('of a whole bucket has no prefix', async () => {
    const seen = cannedFetch(() => listing(object('a')))
    expect(await all('s3://b')).toEqual(['s3://b/a'])
    expect(seen[0]?.url.searchParams.get('prefix')).toBe('')
  })

  test('has names as they are, unless the server says that it encodes them', async () => {
    cannedFetch(() => listing(object('t/a+%2B')))
    expect(await all()).toEqual(['s3://b/t/a+%2B'])
    const encoded = '<EncodingType>url</EncodingType>'
    cannedFetch(() => listing(`${encoded}${object('t/a+%2B')}${object('t/%zz')}`))
    expect(await all()).toEqual(['s3://b/t/a +', 's3://b/t/%zz'])
  })

  test.each([
    ['a part of one', { body: '<ListBucketResult>' }, 'CORRUPT_DATA'],
    ['no text', { body: NOT_UTF8 }, 'CORRUPT_DATA'],
    ['more, and not where', listing('<IsTruncated>true</IsTruncated>'), 'CORRUPT_DATA'],
    ['an object without a name', listing('<Contents><Size>1</Size></Contents>'), 'CORRUPT_DATA'],
    ['403', { status: 403 }, 'STORE_UNAVAILABLE'],
  ])('that is %s is refused', async (_name, canned, code) => {
    cannedFetch(() => canned)
    await expect(all()).rejects.toMatchObject({ code })
  })
})

describe('an upload in parts', () => {
  const upload = () => new S3Upload(client({ maxAttempts: 1 }), PLACE, undefined)
  const begun =
    '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>'

  test.each([
    ['that has no name', { body: '<Initiate/>' }],
    ['that is no text', { body: NOT_UTF8 }],
    ['refused', { status: 403 }],
  ])('%s is not begun, and has nothing to drop', async (_name, canned) => {
    const seen = cannedFetch(() => canned)
    const one = upload()
    await expect(one.sendPart(0, NOT_UTF8)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await one.drop()
    expect(seen).toHaveLength(1)
    await upload().drop()
    expect(seen).toHaveLength(1)
  })

  test.each([{ status: 200 }, { status: 403 }])(
    'a part answered %j is not there',
    async (canned) => {
      cannedFetch(({ method }) => (method === 'PUT' ? canned : { body: begun }))
      await expect(upload().sendPart(0, NOT_UTF8)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      })
    },
  )

  test('that cannot be dropped stays, without a word', async () => {
    let down = false
    cannedFetch(({ method }) => {
      if (down) return { error: new TypeError('gone') }
      return method === 'PUT' ? { status: 403 } : { body: begun }
    })
    const one = upload()
    await expect(one.sendPart(0, NOT_UTF8)).rejects.toThrow('403')
    down = true
    await expect(one.drop()).resolves.toBeUndefined()
  })

  test.each([
    [200, '', 'done'],
    [201, '', 'done'],
    [200, error('InternalError'), 'again'],
    [409, '', 'again'],
    [429, '', 'again'],
    [500, '', 'again'],
    [501, '', 'failed'],
    [412, '', 'taken'],
    [404, error('NoSuchUpload'), 'gone'],
    [404, error('NoSuchBucket'), 'failed'],
    [403, '', 'failed'],
  ])('completed with %i %s is %s', (status, body, told) => {
    const answer = { status, headers: new Headers(), body: encodeUtf8(body) }
    expect(upload().published(answer)).toBe(told)
    expect(upload().published({ status: 0, sent: true, cause: '' })).toBe('again')
  })

  test.each([
    ['nothing', { status: 404 }, false],
    ['another length', { headers: { 'content-length': '5' } }, false],
    [
      'other bytes',
      { headers: { 'content-length': '1', 'x-amz-checksum-sha256': 'other' } },
      false,
    ],
    ['no checksum', { headers: { 'content-length': '1' } }, 'keeps no checksums'],
    ['no answer', { status: 403 }, '403'],
  ])('under whose name lies %s', async (_name, canned, ours) => {
    cannedFetch(({ method }) => (method === 'HEAD' ? canned : { status: 412 }))
    const one = upload()
    await one.sendWhole(NOT_UTF8)
    if (typeof ours === 'string') await expect(one.isOurs()).rejects.toThrow(ours)
    else expect(await one.isOurs()).toBe(ours)
  })
})

describe('a 404', () => {
  test.each(['', error('NoSuchKey'), error('NotFound')])('%s is a missing object', async (body) => {
    cannedFetch(() => ({ status: 404, body }))
    await expect(open().read(PATH)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(open().delete(PATH)).resolves.toBeUndefined()
  })

  test.each(['NoSuchBucket', 'XAdminUserNotFound', 'NoSuchTenant'])('%s is not', async (code) => {
    cannedFetch(() => ({ status: 404, body: error(code) }))
    await expect(open().read(PATH)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await expect(open().delete(PATH)).rejects.toThrow(code)
  })
})
