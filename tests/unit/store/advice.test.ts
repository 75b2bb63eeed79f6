/** What errors of stores say to do: where nothing answers, and where S3 answers by a code. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { MoraineError, StoreUnavailable } from '../../../src/errors.js'
import { azureStore } from '../../../src/store/azure/azure.js'
import { CredentialHolder as GcsHolder } from '../../../src/store/gcs/credentials.js'
import { gcsStore } from '../../../src/store/gcs/gcs.js'
import { httpStore } from '../../../src/store/http/http.js'
import { objectUrl, resolveConfig, type S3Options } from '../../../src/store/s3/config.js'
import { s3Store } from '../../../src/store/s3/s3.js'
import type { Store } from '../../../src/store/store.js'
import { connect } from '../../../src/table/connect.js'
import { cannedFetch } from '../../support/canned-fetch.js'

const env = systemEnv({ sleep: async () => undefined })
const anonymous = { credentials: 'anonymous' } as const

afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

async function failure(doing: Promise<unknown>): Promise<MoraineError> {
  const error = await doing.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!(error instanceof MoraineError)) throw new Error(`no moraine error: ${String(error)}`)
  return error
}

const stores: readonly [string, Store, string][] = [
  ['s3', s3Store(anonymous, env), 's3://bucket/t/x'],
  ['gcs', gcsStore(anonymous, env), 'gs://bucket/t/x'],
  ['azure', azureStore(anonymous, env), 'abfss://lake@account.dfs.core.windows.net/t/x'],
  ['http', httpStore({}, env), 'https://host/t/x'],
]

describe.each(stores)('%s: without an answer', (_name, store, path) => {
  test.each([
    [
      'ECONNREFUSED',
      'the server cannot be reached (ECONNREFUSED); check the address and the network',
    ],
    ['ENOTFOUND', 'the server cannot be reached (ENOTFOUND); check the address and the network'],
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'no secure connection comes about (DEPTH_ZERO_SELF_SIGNED_CERT); check the certificate, and whether the server speaks https',
    ],
    [
      'ERR_SSL_WRONG_VERSION_NUMBER',
      'no secure connection comes about (ERR_SSL_WRONG_VERSION_NUMBER); check the certificate, and whether the server speaks https',
    ],
    ['UND_ERR_SOCKET', 'the server gave no whole answer (UND_ERR_SOCKET)'],
    ['what: hush', 'the server gave no whole answer'],
    [undefined, 'the server gave no whole answer'],
  ])('%s is told', async (code, text) => {
    const cause = Object.assign(new Error('hush'), code === undefined ? {} : { code })
    cannedFetch(() => ({ error: new TypeError('fetch failed', { cause }) }))
    const error = await failure(store.read(path))
    expect(error).toBeInstanceOf(StoreUnavailable)
    expect(error.message.endsWith(`: ${text}`)).toBe(true)
  })
})

describe('an answer that breaks off', () => {
  test.each<[string, unknown, string]>([
    [
      'after silence',
      new StoreUnavailable('the server was silent for 9 ms'),
      'was silent for 9 ms',
    ],
    ['after its time', new DOMException('x', 'TimeoutError'), 'not in time'],
  ])('%s', async (_name, cause, text) => {
    cannedFetch(() => ({ error: cause as Error }))
    const { message } = await failure(s3Store(anonymous, env).read('s3://bucket/t/x'))
    expect(message).toContain(text)
    expect(message).not.toContain('STORE_UNAVAILABLE')
  })
})

describe('what S3 answers by a code', () => {
  const answer = (code: string, more = '') =>
    `<Error><Code>${code}</Code><Message>m</Message>${more}</Error>`
  const listing = (): Promise<unknown> =>
    s3Store(anonymous, env).list('s3://bucket/t')[Symbol.asyncIterator]().next()

  test.each([
    [400, 'ExpiredToken', 'the credentials have ended; log in again or give new ones'],
    [400, 'InvalidToken', 'the session token is not valid here'],
    [403, 'InvalidAccessKeyId', 'the server does not know the access key'],
    [403, 'SignatureDoesNotMatch', 'check the secret key'],
    [403, 'RequestTimeTooSkewed', 'the clock of this machine is wrong'],
    [400, 'InvalidBucketName', 'no bucket has such a name'],
    [400, 'AuthorizationHeaderMalformed', 'set `s3: { region }` (or AWS_REGION)'],
    [404, 'NoSuchBucket', 'there is no such bucket'],
    [404, 'XAdminUserNotFound', 'check the credentials and the endpoint'],
    [403, 'AccessDenied', 'access is denied'],
    [400, 'Other', 'the server did not understand the request'],
  ])('%i %s', async (status, code, text) => {
    cannedFetch(() => ({ status, body: answer(code) }))
    const { message } = await failure(listing())
    expect(message).toContain(`cannot list s3://bucket/t: ${status} ${code}: `)
    expect(message).toContain(text)
  })

  test('the region of the bucket is told from the body too', async () => {
    const body = answer('AuthorizationHeaderMalformed', '<Region>eu-north-1</Region>')
    cannedFetch(() => ({ status: 400, body }))
    const { message } = await failure(listing())
    expect(message).toContain("(the bucket's region is eu-north-1)")
  })

  test('a 404 without a code may come from another kind of server', async () => {
    cannedFetch(() => ({ status: 404 }))
    const { message } = await failure(listing())
    expect(message).toContain('there is no such bucket, or no S3 at the endpoint')
  })
})

describe('credentials that are spelled wrongly', () => {
  test('a word is no s3 credential, and the environment does not stand in', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'a')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'hush')
    const error = await failure(
      s3Store({ credentials: 'anon' as never }, env).read('s3://bucket/t/x'),
    )
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(error.message).toContain("'anonymous'")
  })

  test('the object of a key file is asked for as text', async () => {
    const parsed = { type: 'service_account', private_key: 'hush' }
    const holder = new GcsHolder({ serviceAccountKey: parsed as never }, false, env)
    const error = await failure(holder.current())
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(error.message).toContain('is the JSON text of a key file')
    expect(error.message).not.toContain('hush')
  })
})

describe('credentials of another type', () => {
  const at = { gcs: 'gs://bucket/x', azure: 'abfss://lake@account.dfs.core.windows.net/x' }
  const expiration = '2026-01-01T00:00:00Z' as never
  const s3Keys = { accessKeyId: 'a', secretAccessKey: 'hush' }

  test.each<[string, () => Promise<unknown>, string]>([
    [
      's3 keys that are no text',
      () =>
        s3Store({ credentials: { ...s3Keys, secretAccessKey: 5 as never } }, env).head('s3://b/x'),
      'must be a text',
    ],
    [
      's3 keys with an end as text',
      () => s3Store({ credentials: { ...s3Keys, expiration } }, env).head('s3://b/x'),
      'must be a valid Date',
    ],
    [
      's3 keys with an end that is none',
      () =>
        s3Store({ credentials: { ...s3Keys, expiration: new Date('no') } }, env).head('s3://b/x'),
      'must be a valid Date',
    ],
    [
      'a gcs token that is no text',
      () => gcsStore({ credentials: { accessToken: 5 as never } }, env).head(at.gcs),
      'must be a text',
    ],
    [
      'a gcs token with an end as text',
      () => gcsStore({ credentials: { accessToken: 'hush', expiration } }, env).head(at.gcs),
      'must be a valid Date',
    ],
    [
      'an azure token with an end as text',
      () => azureStore({ credentials: { token: 'hush', expiration } }, env).head(at.azure),
      'must be a valid Date',
    ],
    [
      'an azure connection string that is no text',
      async () => azureStore({ connectionString: 5 as never }, env),
      'must be a text',
    ],
  ])('%s', async (_name, doing, text) => {
    const seen = cannedFetch(() => ({ status: 404 }))
    const error = await failure(doing())
    expect(error.code).toBe('INVALID_ARGUMENT')
    expect(error.message).toContain(text)
    expect(error.message).not.toContain('hush')
    expect(seen).toEqual([])
  })
})

describe('where requests to S3 go', () => {
  const url = (bucket: string, options: S3Options = {}): string =>
    objectUrl(resolveConfig(options), bucket, 't/x').href

  test.each([
    ['buc:ket', 'https://s3.us-east-1.amazonaws.com/buc%3Aket/t/x'],
    ['la ke', 'https://s3.us-east-1.amazonaws.com/la%20ke/t/x'],
    ['a#b', 'https://s3.us-east-1.amazonaws.com/a%23b/t/x'],
    ['La_ke', 'https://s3.us-east-1.amazonaws.com/La_ke/t/x'],
    ['xn--a', 'https://s3.us-east-1.amazonaws.com/xn--a/t/x'],
    ['lake', 'https://lake.s3.us-east-1.amazonaws.com/t/x'],
  ])('a bucket %s that is no part of a host stays in the path', (bucket, href) => {
    expect(url(bucket, { region: 'us-east-1' })).toBe(href)
  })

  test('a bucket does not get lost before an address', () => {
    const options = { endpoint: 'http://127.0.0.1:9000', pathStyle: false }
    expect(() => url('lake', options)).toThrow('leave out `pathStyle: false`')
  })

  test.each(['eu north', 'x.example/', '', 'a@b', 5 as never])(
    'no region %j leads to another host',
    (region) => {
      expect(() => url('lake', { region })).toThrow('option `region`')
    },
  )

  test.each([{ pathStyle: 'no' as never }, { requesterPays: 1 as never }])(
    '%j is refused',
    (options) => {
      expect(() => resolveConfig(options)).toThrow('must be true or false')
    },
  )
})

describe('connect where there is no store', () => {
  test.each([
    ['https://host/wh', 'read-only and opened one by one: openTable'],
    ['http://host/wh', 'read-only and opened one by one: openTable'],
    ['https://a.dfs.core.windows.net/c/wh', 'abfss://container@account.dfs.core.windows.net/'],
    ['https://a.blob.core.windows.net/c/wh?sig=hush', 'abfss://container@account'],
    ['https://storage.googleapis.com/b/wh', 'gs://bucket/'],
    ['https://b.s3.eu-north-1.amazonaws.com/wh', 's3://bucket/'],
    ['hdfs://name/wh', 's3://, gs://, abfss://'],
    ['r2://bucket/wh', 'what speaks the S3 protocol is s3:// with `s3: { endpoint }`'],
  ])('%s', async (uri, text) => {
    const error = await failure(connect(uri))
    expect(error.code).toBe('UNSUPPORTED')
    expect(error.message).toContain(text)
    expect(error.message).not.toContain('hush')
  })
})
