/** What errors of stores say to do: where nothing answers, and where S3 answers by a code. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { MoraineError, StoreUnavailable } from '../../../src/errors.js'
import { azureStore } from '../../../src/store/azure/azure.js'
import { CredentialHolder as GcsHolder } from '../../../src/store/gcs/credentials.js'
import { gcsStore } from '../../../src/store/gcs/gcs.js'
import { httpStore } from '../../../src/store/http/http.js'
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
