/** What requests to Azure are allowed by. */
import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { azureStore } from '../../../src/store/azure/azure.js'
import { parseConnectionString } from '../../../src/store/azure/connection-string.js'
import {
  type AzureCredentialSource,
  type AzureCredentials,
  CredentialHolder,
} from '../../../src/store/azure/credentials.js'
import { sharedKey, stringToSign } from '../../../src/store/azure/sign.js'
import { Secret } from '../../../src/util/secret.js'
import { cannedFetch } from '../../support/canned-fetch.js'

const START_MS = 1_000_000_000_000
const MINUTE_MS = 60_000
const PATH = 'abfss://box@acc.dfs.core.windows.net/t/x'
let nowMs = START_MS
const env = systemEnv({ sleep: async () => undefined, nowMs: () => nowMs })

afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
  nowMs = START_MS
})

const holder = (source?: AzureCredentialSource, connection?: string) =>
  new CredentialHolder(
    source,
    connection === undefined ? undefined : parseConnectionString(new Secret(connection)),
    env,
  )

async function held(source?: AzureCredentialSource, connection?: string) {
  const found = await holder(source, connection).current()
  return found === undefined ? undefined : [found.kind, found.secret.expose()]
}

describe('who is asked', () => {
  test('nobody for public containers', async () => {
    expect(await held('anonymous')).toBeUndefined()
  })

  test('the option: key, signature, token, or a function', async () => {
    expect(await held({ accountKey: 'k' })).toEqual(['key', 'k'])
    expect(await held({ sasToken: '?sv=1' })).toEqual(['sas', 'sv=1'])
    expect(await held({ token: new Secret('t') })).toEqual(['token', 't'])
    expect(await held(async () => ({ token: 'f' }))).toEqual(['token', 'f'])
  })

  test('then the connection string, then the environment', async () => {
    vi.stubEnv('AZURE_STORAGE_KEY', '')
    vi.stubEnv('AZURE_STORAGE_SAS_TOKEN', 'sv=env')
    expect(await held(undefined, 'AccountName=acc;AccountKey=Zm9v')).toEqual(['key', 'Zm9v'])
    expect(await held(undefined, 'AccountName=acc;SharedAccessSignature=sv=2')).toEqual([
      'sas',
      'sv=2',
    ])
    expect(await held()).toEqual(['sas', 'sv=env'])
    vi.stubEnv('AZURE_STORAGE_KEY', 'key')
    expect(await held()).toEqual(['key', 'key'])
  })

  test('then the official chain, which is not here', async () => {
    for (const name of ['AZURE_STORAGE_KEY', 'AZURE_STORAGE_SAS_TOKEN']) vi.stubEnv(name, '')
    await expect(held()).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('@azure/identity'),
    })
  })

  describe('by the official chain', () => {
    afterEach(() => {
      vi.doUnmock('@azure/identity')
      vi.resetModules()
    })
    const gives = (token: { token: string; expiresOnTimestamp: number } | null) => {
      const scopes: string[] = []
      for (const name of ['AZURE_STORAGE_KEY', 'AZURE_STORAGE_SAS_TOKEN']) vi.stubEnv(name, '')
      vi.doMock('@azure/identity', () => ({
        DefaultAzureCredential: class {
          async getToken(scope: string) {
            scopes.push(scope)
            return token
          }
        },
      }))
      return scopes
    }

    test('a token of its own, again five minutes before its end', async () => {
      const scopes = gives({ token: 't', expiresOnTimestamp: START_MS + 10 * MINUTE_MS })
      const one = holder()
      expect((await one.current())?.secret.expose()).toBe('t')
      nowMs += 5 * MINUTE_MS
      await one.current()
      expect(scopes).toEqual(Array(2).fill('https://storage.azure.com/.default'))
    })

    test('none', async () => {
      gives(null)
      await expect(held()).rejects.toMatchObject({ feature: 'azure-credential-chain' })
    })

    test('that is too old', async () => {
      for (const name of ['AZURE_STORAGE_KEY', 'AZURE_STORAGE_SAS_TOKEN']) vi.stubEnv(name, '')
      vi.doMock('@azure/identity', () => ({ DefaultAzureCredential: undefined }))
      await expect(held()).rejects.toThrow('update it')
    })
  })

  test.each([null, undefined, 'key', 7, {}, { key: 'x' }])('%j is none', async (given) => {
    const source = async () => given as unknown as AzureCredentials
    await expect(held(source)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })
})

describe('when they are asked for again', () => {
  /** Holds for ten minutes; `fail` makes the next question one without an answer. */
  function lasting() {
    const state = { asked: 0, fails: false }
    const source = async (): Promise<AzureCredentials> => {
      state.asked += 1
      if (state.fails) throw new Error('sentinel-7c1e')
      return { token: `t${state.asked}`, expiration: new Date(nowMs + 10 * MINUTE_MS) }
    }
    return { state, holder: holder(source) }
  }
  const tokenOf = async (from: CredentialHolder) => (await from.current())?.secret.expose()

  test('five minutes before they end, by one question of many callers', async () => {
    const { state, holder } = lasting()
    const found = await Promise.all([tokenOf(holder), tokenOf(holder), tokenOf(holder)])
    expect(found).toEqual(['t1', 't1', 't1'])
    nowMs += 5 * MINUTE_MS - 1
    expect(await tokenOf(holder)).toBe('t1')
    nowMs += 1
    expect(await tokenOf(holder)).toBe('t2')
    expect(state.asked).toBe(2)
  })

  test('while they hold, a question without an answer is no failure', async () => {
    const { state, holder } = lasting()
    await tokenOf(holder)
    state.fails = true
    nowMs += 9 * MINUTE_MS
    expect(await tokenOf(holder)).toBe('t1')
    nowMs += MINUTE_MS
    const failing = tokenOf(holder)
    await expect(failing).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    const error = await failing.catch((thrown: unknown) => thrown)
    expect(inspect(error, { depth: 9 }), 'what a login says may be secret').not.toContain('7c1e')
    state.fails = false
    expect(await tokenOf(holder)).toBe('t4')
  })
})

describe('how a request is allowed', () => {
  const headers = async (credentials: AzureCredentialSource) => {
    const seen = cannedFetch(() => ({ status: 404 }))
    await azureStore({ credentials }, env).head(PATH)
    return { url: seen[0]?.url, authorization: seen[0]?.headers.get('authorization') }
  }

  test('by a token', async () => {
    expect((await headers({ token: 't' })).authorization).toBe('Bearer t')
  })

  test('by a signature in the query', async () => {
    const { url, authorization } = await headers({ sasToken: 'sv=1&sig=a%2Bb' })
    expect(url?.search).toBe('?sv=1&sig=a%2Bb')
    expect(authorization).toBeNull()
  })

  test('by a key that signs, and a key that is none', async () => {
    expect((await headers({ accountKey: 'Zm9v' })).authorization).toMatch(
      /^SharedKey acc:[A-Za-z0-9+/]{43}=$/,
    )
    await expect(headers({ accountKey: 'no key' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.not.stringContaining('no key'),
    })
  })

  test('not at all for public containers', async () => {
    expect((await headers('anonymous')).authorization).toBeNull()
  })

  test('a batch signs each of its requests', async () => {
    const bodies: string[] = []
    vi.stubGlobal('fetch', async (_url: URL, init: RequestInit) => {
      if (init.method === 'POST') bodies.push(new TextDecoder().decode(init.body as Uint8Array))
      return new Response('', { status: init.method === 'POST' ? 400 : 202 })
    })
    const store = azureStore({ credentials: { sasToken: 'sv=1&sig=x' } }, env)
    await store.deleteMany?.([`${PATH}1`, `${PATH}2`])
    expect(bodies[0]?.match(/^DELETE .* HTTP\/1\.1\r$/gm)).toEqual([
      'DELETE /box/t/x1?sv=1&sig=x HTTP/1.1\r',
      'DELETE /box/t/x2?sv=1&sig=x HTTP/1.1\r',
    ])
  })
})

describe('the text that a key signs', () => {
  // From "Authorize with Shared Key", Azure Storage's REST reference.
  test("is that of Azure's example", () => {
    const request = {
      method: 'GET',
      url: new URL(
        'https://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20',
      ),
      headers: new Map([
        ['x-ms-version', '2015-02-21'],
        ['x-ms-date', 'Fri, 26 Jun 2015 23:39:12 GMT'],
      ]),
      bodyBytes: 0,
    }
    expect(stringToSign(request, 'myaccount')).toBe(
      'GET\n\n\n\n\n\n\n\n\n\n\n\n' +
        'x-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n' +
        '/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20',
    )
    const text = stringToSign(request, 'myaccount')
    const signature = createHmac('sha256', 'foo').update(text).digest('base64')
    expect(sharedKey(request, 'myaccount', 'Zm9v')).toBe(`SharedKey myaccount:${signature}`)
  })

  test('names a parameter once with all its values, sorted, and folds spaces', () => {
    const text = stringToSign(
      {
        method: 'PUT',
        url: new URL('https://a/c?include=snapshots&Include=metadata&comp=list'),
        headers: new Map([
          ['x-ms-meta-a', '  one   two '],
          ['content-md5', 'm'],
          ['if-match', '"e"'],
          ['range', 'bytes=0-1'],
        ]),
        bodyBytes: 7,
      },
      'acc',
    )
    expect(text).toBe(
      'PUT\n\n\n7\nm\n\n\n\n"e"\n\n\nbytes=0-1\nx-ms-meta-a:one two\n/acc/c\ncomp:list\ninclude:metadata,snapshots',
    )
  })
})

describe('credentials that are refused', () => {
  const tokens = (...all: readonly string[]) => {
    let asked = 0
    const source = async () => ({ token: all[Math.min(asked++, all.length - 1)] as string })
    return azureStore({ credentials: source, maxAttempts: 1 }, env)
  }
  const sent = (seen: ReturnType<typeof cannedFetch>) =>
    seen.map(({ headers }) => headers.get('authorization'))
  const code = (name: string) => ({ headers: { 'x-ms-error-code': name } })

  test.each([
    [401, code('InvalidAuthenticationInfo')],
    [403, code('AuthenticationFailed')],
  ])('with %i: others are asked for, once', async (status, named) => {
    const seen = cannedFetch(({ headers }) =>
      headers.get('authorization') === 'Bearer new' ? { status: 404 } : { status, ...named },
    )
    const store = tokens('old', 'new')
    expect(await Promise.all([store.head(PATH), store.head(PATH)])).toEqual([undefined, undefined])
    expect(sent(seen).sort()).toEqual(['Bearer new', 'Bearer new', 'Bearer old', 'Bearer old'])
    expect(await store.head(PATH)).toBeUndefined()
    expect(sent(seen).at(-1)).toBe('Bearer new')
  })

  test('missing rights are not about them', async () => {
    const seen = cannedFetch(() => ({
      ...{ status: 403 },
      ...code('AuthorizationPermissionMismatch'),
    }))
    await expect(tokens('old', 'new').head(PATH)).rejects.toThrow('403')
    expect(seen).toHaveLength(1)
  })

  test('the only ones there are, or none: an error, and no second request', async () => {
    const seen = cannedFetch(() => ({ status: 401 }))
    await expect(tokens('one').head(PATH)).rejects.toThrow('401')
    const open = azureStore({ credentials: 'anonymous' }, env)
    await expect(open.head(PATH)).rejects.toThrow('401')
    expect(sent(seen)).toEqual(['Bearer one', null])
  })

  test('another kind is another', async () => {
    let asked = 0
    const source = async () => (asked++ === 0 ? { token: 'x' } : { sasToken: 'x' })
    const seen = cannedFetch(() => ({ status: 401 }))
    await expect(
      azureStore({ credentials: source, maxAttempts: 1 }, env).head(PATH),
    ).rejects.toThrow('401')
    expect(seen.map(({ url }) => new URL(url).search)).toEqual(['', '?x'])
  })
})
