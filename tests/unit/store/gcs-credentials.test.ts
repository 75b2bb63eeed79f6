/** What requests to Google Cloud Storage are allowed by, and where that goes. */
import { createVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { resolveConfig } from '../../../src/store/gcs/config.js'
import {
  CredentialHolder,
  type GcsCredentialSource,
  type GcsCredentials,
} from '../../../src/store/gcs/credentials.js'
import { gcsStore } from '../../../src/store/gcs/gcs.js'
import { parseKeyFile } from '../../../src/store/gcs/key-file.js'
import { tokenRequest } from '../../../src/store/gcs/service-account.js'
import { Secret } from '../../../src/util/secret.js'
import { decodeUtf8 } from '../../../src/util/utf8.js'
import { cannedFetch } from '../../support/canned-fetch.js'

const SENTINEL = 'sentinel-7c1e'
const TOKEN_URI = 'https://tokens.example/token'
const KEYS = generateKeyPairSync('rsa', { modulusLength: 2048 })
const PEM = KEYS.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const PATH = 'gs://bucket/t/x'

let nowMs = 1_000_000_000_000
const env = systemEnv({ sleep: async () => undefined, nowMs: () => nowMs })
const folders: string[] = []

afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  nowMs = 1_000_000_000_000
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function keyFile(more: object = {}): string {
  return JSON.stringify({
    ...{ type: 'service_account', client_email: 'me@project', private_key: PEM },
    ...{ private_key_id: 'k1', token_uri: TOKEN_URI },
    ...more,
  })
}

function holder(source?: GcsCredentialSource, isEmulator = false): CredentialHolder {
  return new CredentialHolder(source, isEmulator, env)
}

/** `GOOGLE_APPLICATION_CREDENTIALS` is a file with this text. */
function environmentFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'moraine-gcs-'))
  folders.push(folder)
  const path = join(folder, 'key.json')
  writeFileSync(path, text)
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', path)
  return path
}

const given = (token: string, seconds = 3600) => ({
  body: JSON.stringify({ access_token: token, expires_in: seconds, token_type: 'Bearer' }),
})

/** Everything that an error shows, however it is printed. */
async function shownBy(failing: Promise<unknown>): Promise<string> {
  const error = await failing.then(
    () => expect.fail('it did not fail'),
    (thrown: unknown) => thrown as Error,
  )
  return `${error.message}\n${error.stack}\n${inspect(error, { depth: 9 })}\n${JSON.stringify(error)}`
}

describe('who is asked for a token', () => {
  test('nobody for public buckets, and for an emulator that the environment names', async () => {
    expect(await holder('anonymous').current()).toBeUndefined()
    expect(await holder(undefined, true).current()).toBeUndefined()
    vi.stubEnv('STORAGE_EMULATOR_HOST', '127.0.0.1:9')
    expect(resolveConfig({})).toMatchObject({ endpoint: 'http://127.0.0.1:9', isEmulator: true })
    vi.stubEnv('STORAGE_EMULATOR_HOST', 'http://127.0.0.1:8/')
    expect(resolveConfig({}).endpoint).toBe('http://127.0.0.1:8')
    expect(resolveConfig({ endpoint: 'https://h' })).toMatchObject({ isEmulator: false })
  })

  test('the option, with a token, a secret or a function', async () => {
    expect((await holder({ accessToken: 'a' }).current())?.expose()).toBe('a')
    expect((await holder({ accessToken: new Secret('b') }).current())?.expose()).toBe('b')
    const asked = async () => ({ accessToken: 'c' })
    expect((await holder(asked).current())?.expose()).toBe('c')
  })

  test.each([undefined, null, {}, { token: 'x' }, 'x'])(
    'a function that gives %j gives none',
    async (nothing) => {
      const source = async () => nothing as unknown as GcsCredentials
      await expect(holder(source).current()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    },
  )

  test('a function, again five minutes before its token ends, and once for many', async () => {
    let asked = 0
    const one = holder(async () => ({
      accessToken: `t${++asked}`,
      expiration: new Date(nowMs + 3_600_000),
    }))
    const all = await Promise.all([one.current(), one.current(), one.current()])
    expect(all.map((token) => token?.expose())).toEqual(['t1', 't1', 't1'])
    nowMs += 3_300_000 - 1
    expect((await one.current())?.expose()).toBe('t1')
    nowMs += 1
    expect((await one.current())?.expose()).toBe('t2')
  })

  test('the file that the environment names, for a service account', async () => {
    environmentFile(keyFile())
    const seen = cannedFetch(() => given('from-file'))
    expect((await holder().current())?.expose()).toBe('from-file')
    expect(seen.map(({ method, url }) => [method, url.href])).toEqual([['POST', TOKEN_URI]])
    expect(seen[0]?.redirect).toBe('manual')
  })

  test('a file that cannot be read, or is none, is named without its content', async () => {
    const path = environmentFile(`{"type":"service_account","private_key":"${SENTINEL}`)
    const shown = await shownBy(holder().current())
    expect(shown).toContain(path)
    expect(shown).not.toContain(SENTINEL)
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/nowhere/key.json')
    expect(await shownBy(holder().current())).toContain('cannot be read')
  })

  test('without any, an error says where they may come from', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
    await expect(holder().current()).rejects.toMatchObject({ feature: 'gcs-credential-chain' })
  })
})

describe('by the official chain', () => {
  afterEach(() => {
    vi.doUnmock('google-auth-library')
    vi.resetModules()
  })
  const peer = (exported: object) => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '')
    vi.doMock('google-auth-library', () => exported)
  }

  test('a token of its own, for the scope of storage', async () => {
    const scopes: string[] = []
    peer({
      GoogleAuth: class {
        constructor(options: { scopes: string }) {
          scopes.push(options.scopes)
        }
        async getAccessToken() {
          return 't'
        }
      },
    })
    const one = holder()
    expect((await one.current())?.expose()).toBe('t')
    nowMs += 60_000
    expect((await one.current())?.expose()).toBe('t')
    expect(scopes).toEqual(['https://www.googleapis.com/auth/devstorage.read_write'])
  })

  test.each<[string, object]>([
    [
      'none',
      {
        GoogleAuth: class {
          getAccessToken = async () => null
        },
      },
    ],
    ['one that is too old', { GoogleAuth: undefined }],
  ])('%s', async (_name, exported) => {
    peer(exported)
    await expect(holder().current()).rejects.toMatchObject({ feature: 'gcs-credential-chain' })
  })

  test('which the file of the environment leads to when it is of another type', async () => {
    peer({
      GoogleAuth: class {
        getAccessToken = async () => 'user'
      },
    })
    environmentFile('{"type":"authorized_user"}')
    expect((await holder().current())?.expose()).toBe('user')
  })
})

describe('a service account', () => {
  const account = { serviceAccountKey: keyFile() }

  test('signs what it asks with its key (RS256)', async () => {
    const parsed = parseKeyFile(keyFile(), 'the key')
    if (parsed === undefined) return expect.fail('no key file')
    const form = new URLSearchParams(decodeUtf8(await tokenRequest(parsed, nowMs + 999)))
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer')
    const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
    const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
    expect(read(header)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'k1' })
    expect(read(claims)).toEqual({
      ...{ iss: 'me@project', aud: TOKEN_URI, iat: 1_000_000_000, exp: 1_000_003_600 },
      scope: 'https://www.googleapis.com/auth/devstorage.read_write',
    })
    const verify = createVerify('RSA-SHA256').update(`${header}.${claims}`)
    expect(verify.verify(KEYS.publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  test('asks again before the token ends', async () => {
    const seen = cannedFetch((_, before) => given(`t${before}`, 600))
    const one = holder(account)
    expect((await one.current())?.expose()).toBe('t0')
    expect((await one.current())?.expose()).toBe('t0')
    nowMs += 300_000
    expect((await one.current())?.expose()).toBe('t1')
    expect(seen).toHaveLength(2)
  })

  test('needs a key of that type', async () => {
    const user = { serviceAccountKey: '{"type":"authorized_user"}' }
    await expect(holder(user).current()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  test.each([
    ['no JSON', `${SENTINEL}`],
    ['a list', `["${SENTINEL}"]`],
    ['without an account', keyFile({ client_email: undefined, private_key: SENTINEL })],
    ['a key that is none', keyFile({ private_key: SENTINEL })],
    ['a key that is no number', keyFile({ private_key: SENTINEL.length, x: SENTINEL })],
    [
      'a key of other bytes',
      keyFile({
        private_key: `-----BEGIN PRIVATE KEY-----\n${SENTINEL}\n-----END PRIVATE KEY-----`,
      }),
    ],
    ['a token_uri without TLS', keyFile({ token_uri: `http://h/${SENTINEL}` })],
  ])('%s: refused, nothing sent, nothing shown', async (_name, serviceAccountKey) => {
    const seen = cannedFetch(() => given('x'))
    const failing = holder({ serviceAccountKey }).current()
    await expect(failing).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await shownBy(failing)).not.toContain(SENTINEL)
    expect(seen).toEqual([])
  })

  test.each([
    ['refused', { status: 400, body: `{"error":"${SENTINEL}"}` }],
    ['sent elsewhere', { status: 302, headers: { location: `https://evil/${SENTINEL}` } }],
    ['without an answer', { error: new TypeError(SENTINEL) }],
    ['answered with no JSON', { body: `<${SENTINEL}>` }],
    ['answered without a token', { body: `{"expires_in":1,"x":"${SENTINEL}"}` }],
    ['answered without an end', { body: `{"access_token":"${SENTINEL}"}` }],
  ])('%s: an error that shows no answer', async (_name, canned) => {
    const seen = cannedFetch(() => canned)
    const shown = await shownBy(holder(account).current())
    expect(shown).not.toContain(SENTINEL)
    expect(shown).not.toContain('PRIVATE KEY')
    const times = 'error' in canned ? 4 : 1
    expect(seen.map(({ url }) => url.href)).toEqual(Array.from({ length: times }, () => TOKEN_URI))
  })

  test('what passes is asked again, four times at most', async () => {
    const seen = cannedFetch((_, before) => (before < 3 ? { status: 503 } : given('late')))
    expect((await holder(account).current())?.expose()).toBe('late')
    expect(seen).toHaveLength(4)
    const never = cannedFetch(() => ({ status: 429 }))
    await expect(holder(account).current()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(never).toHaveLength(4)
  })
})

describe('a token that is refused', () => {
  const tokens = (...all: readonly string[]) => {
    let asked = 0
    const source = async () => ({ accessToken: all[asked++] ?? 'none' })
    return gcsStore({ credentials: source, maxAttempts: 1 }, env)
  }
  const sentTokens = (seen: ReturnType<typeof cannedFetch>) =>
    seen.map(({ headers }) => headers.get('authorization'))

  test('is asked for anew, once', async () => {
    const seen = cannedFetch(({ headers }) => ({
      status: headers.get('authorization') === 'Bearer new' ? 404 : 401,
    }))
    const one = tokens('old', 'new')
    expect(await Promise.all([one.head(PATH), one.head(PATH)])).toEqual([undefined, undefined])
    expect(sentTokens(seen).sort()).toEqual([
      ...['Bearer new', 'Bearer new', 'Bearer old', 'Bearer old'],
    ])
    expect(await one.head(PATH)).toBeUndefined()
    expect(sentTokens(seen).at(-1)).toBe('Bearer new')
  })

  test('again, or the only one there is, is an error', async () => {
    const seen = cannedFetch(() => ({ status: 401 }))
    await expect(tokens('old', 'new').head(PATH)).rejects.toThrow('401')
    expect(sentTokens(seen)).toEqual(['Bearer old', 'Bearer new'])
    const fixed = gcsStore({ credentials: { accessToken: 'one' } }, env)
    await expect(fixed.head(PATH)).rejects.toThrow('401')
    const open = gcsStore({ credentials: 'anonymous' }, env)
    await expect(open.head(PATH)).rejects.toThrow('401')
    expect(sentTokens(seen).slice(2)).toEqual(['Bearer one', null])
  })
})

describe('a token is not shown', () => {
  const store = (accessToken: string) => gcsStore({ credentials: { accessToken } }, env)

  test.each([
    ['a refusal', { status: 403 }],
    ['a redirect', { status: 307, headers: { location: 'https://evil.example/' } }],
    ['no answer', { error: new TypeError('gone') }],
    ['an answer that is none', { body: '<html>' }],
  ])('by %s, and goes to the API alone', async (_name, canned) => {
    const seen = cannedFetch(() => canned)
    const one = store(SENTINEL)
    expect(await shownBy(one.head(PATH))).not.toContain(SENTINEL)
    expect(inspect(one, { depth: 9, showHidden: true })).not.toContain(SENTINEL)
    expect(new Set(seen.map(({ url }) => url.origin))).toEqual(
      new Set(['https://storage.googleapis.com']),
    )
    expect(seen[0]?.headers.get('authorization')).toBe(`Bearer ${SENTINEL}`)
    expect(seen.every(({ redirect }) => redirect === 'manual')).toBe(true)
  })

  test.each(['\n', '€', '\0'])('when no header can carry it: %j', async (odd) => {
    const failing = store(`${SENTINEL}${odd}${SENTINEL}`).head(PATH)
    await expect(failing).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await shownBy(failing)).not.toContain(SENTINEL)
  })
})

test('a line break at the end of a token is not sent', async () => {
  const server = createServer((asked, answer) => {
    answer.writeHead(asked.headers.authorization === 'Bearer a' ? 404 : 403).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  try {
    const one = gcsStore({ endpoint, credentials: { accessToken: 'a\n' } }, env)
    expect(await one.head(PATH)).toBeUndefined()
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

describe('a key of the customer', () => {
  test('goes with every request, and is not shown', async () => {
    const customerKey = new Uint8Array(32).fill(7)
    const shown = Buffer.from(customerKey).toString('base64')
    const seen = cannedFetch(() => ({ status: 403 }))
    const one = gcsStore({ credentials: 'anonymous', customerKey }, env)
    expect(await shownBy(one.read(PATH))).not.toContain(shown)
    expect(inspect(one, { depth: 9, showHidden: true })).not.toContain(shown)
    expect(seen[0]?.headers.get('x-goog-encryption-algorithm')).toBe('AES256')
    expect(seen[0]?.headers.get('x-goog-encryption-key')).toBe(shown)
    expect(seen[0]?.headers.get('x-goog-encryption-key-sha256')).toHaveLength(44)
  })

  test.each([31, 33])('of %i bytes is none', (length) => {
    expect(() => resolveConfig({ customerKey: new Uint8Array(length) })).toThrow('32 bytes')
  })
})
