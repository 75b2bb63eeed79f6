/** Where requests for a location of Azure go, and where they never go. */
import { inspect } from 'node:util'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { systemEnv } from '../../../src/env/system-env.js'
import { MoraineError } from '../../../src/errors.js'
import { azureStore } from '../../../src/store/azure/azure.js'
import {
  type AzureOptions,
  accountOf,
  blobUrl,
  resolveConfig,
} from '../../../src/store/azure/config.js'
import { parseConnectionString } from '../../../src/store/azure/connection-string.js'
import { blobPlace, folderPlace } from '../../../src/store/azure/place.js'
import { Secret } from '../../../src/util/secret.js'
import { cannedFetch } from '../../support/canned-fetch.js'

const env = systemEnv({ sleep: async () => undefined })
const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' })

afterEach(() => {
  vi.unstubAllGlobals()
  vi.unstubAllEnvs()
})

const urlOf = (path: string, options: AzureOptions = {}) =>
  blobUrl(resolveConfig(options), folderPlace(path)).href

describe('the host of a location', () => {
  test.each([
    ['abfss://box@acc.dfs.core.windows.net/a/b', 'https://acc.blob.core.windows.net/box/a/b'],
    ['wasbs://box@acc.blob.core.windows.net/a', 'https://acc.blob.core.windows.net/box/a'],
    ['abfs://box@acc.dfs.core.windows.net/a', 'https://acc.blob.core.windows.net/box/a'],
    ['wasb://box@acc.blob.core.windows.net', 'https://acc.blob.core.windows.net/box'],
    ['abfss://box@acc.dfs.core.chinacloudapi.cn/a', 'https://acc.blob.core.chinacloudapi.cn/box/a'],
    [
      'abfss://box@acc.dfs.core.usgovcloudapi.net/a',
      'https://acc.blob.core.usgovcloudapi.net/box/a',
    ],
    ['abfss://box@acc.dfs.core.cloudapi.de/a', 'https://acc.blob.core.cloudapi.de/box/a'],
    ['abfss://box@acc.z12.dfs.storage.azure.net/a', 'https://acc.z12.blob.storage.azure.net/box/a'],
    [
      'abfss://box@onelake.dfs.fabric.microsoft.com/a',
      'https://onelake.blob.fabric.microsoft.com/box/a',
    ],
    [
      'abfss://$web@acc.dfs.core.windows.net/ü ?#',
      'https://acc.blob.core.windows.net/$web/%C3%BC%20%3F%23',
    ],
  ])('%s', (path, url) => {
    expect(urlOf(path)).toBe(url)
  })

  test('is that of the options when the location names no account', () => {
    expect(urlOf('az://box/a', { account: 'acc' })).toBe('https://acc.blob.core.windows.net/box/a')
    vi.stubEnv('AZURE_STORAGE_ACCOUNT', 'env')
    expect(urlOf('abfss://box/a')).toBe('https://env.blob.core.windows.net/box/a')
  })

  test('is the endpoint when there is one, with its path', () => {
    const endpoint = 'http://127.0.0.1:10000/devstoreaccount1/'
    expect(urlOf('abfss://box@acc.dfs.core.windows.net/a', { endpoint })).toBe(
      'http://127.0.0.1:10000/devstoreaccount1/box/a',
    )
  })

  test('with a query, name and value are encoded', () => {
    const place = folderPlace('az://box')
    const url = blobUrl(resolveConfig({ account: 'acc' }), place, [['prefix', 'a/b c&d']])
    expect(url.search).toBe('?prefix=a%2Fb%20c%26d')
  })
})

describe('a location that would send credentials to a stranger', () => {
  const STRANGE = [
    'abfss://box@acc.dfs.evil.example/a',
    'abfss://box@acc.blob.core.windows.net.evil.example/a',
    'abfss://box@acc.dfs.xcore.windows.net/a',
    'abfss://box@evil.example.dfs.core.windows.net.co/a',
  ]

  test.each(STRANGE)('%s is refused before anything is sent', async (path) => {
    const seen = cannedFetch(() => ({ status: 200 }))
    const key = Buffer.alloc(64, 7).toString('base64')
    for (const endpoint of [undefined, 'https://acc.blob.mine.example']) {
      const options = { credentials: { accountKey: key } }
      const store = azureStore(endpoint === undefined ? options : { ...options, endpoint }, env)
      await expect(store.head(path)).rejects.toThrow(invalid)
      await expect(store.create(path, new Uint8Array(1))).rejects.toThrow(invalid)
    }
    expect(seen).toEqual([])
  })

  test('but is taken when the endpoint or the connection string names its domain', () => {
    const path = 'abfss://box@acc.dfs.mine.example/a'
    expect(() => urlOf(path)).toThrow(invalid)
    expect(urlOf(path, { endpoint: 'https://acc.blob.mine.example' })).toBe(
      'https://acc.blob.mine.example/box/a',
    )
    const connectionString = 'AccountName=acc;AccountKey=Zm9v;EndpointSuffix=mine.example'
    expect(urlOf(path, { connectionString })).toBe('https://acc.blob.mine.example/box/a')
    expect(() => urlOf(path, { endpoint: 'http://127.0.0.1:1/acc' })).toThrow(invalid)
  })

  test('of another cloud is refused by an endpoint or a connection string that names its own', () => {
    const path = 'abfss://box@acc.dfs.core.usgovcloudapi.net/a'
    const refused = expect.objectContaining({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(
        'core.usgovcloudapi.net, but requests may go to core.windows.net',
      ),
    })
    expect(() => urlOf(path, { endpoint: 'https://acc.blob.core.windows.net' })).toThrow(refused)
    expect(() => urlOf(path, { connectionString: 'AccountName=acc;AccountKey=Zm9v' })).toThrow(
      refused,
    )
    const own = { endpoint: 'https://acc.blob.core.usgovcloudapi.net' }
    expect(urlOf(path, own)).toBe('https://acc.blob.core.usgovcloudapi.net/box/a')
    const link = { endpoint: 'https://acc.privatelink.blob.core.usgovcloudapi.net' }
    expect(urlOf(path, link)).toBe('https://acc.privatelink.blob.core.usgovcloudapi.net/box/a')
  })

  test('in another account than that of the options is refused', () => {
    const config = resolveConfig({ account: 'acc' })
    const place = folderPlace('abfss://box@other.dfs.core.windows.net/a')
    expect(() => accountOf(config, place)).toThrow(invalid)
    expect(() => accountOf(resolveConfig({}), folderPlace('az://box/a'))).toThrow(invalid)
  })
})

describe('what is no location', () => {
  test.each([
    's3://box/a',
    'abfss://B/a',
    'abfss://b/a',
    'abfss://box@/a',
    'abfss://box@acc/a',
    'abfss://box@acc.core.windows.net/a',
    'abfss://box@ACC.dfs.core.windows.net/a',
    'abfss://box@xn--a.dfs.core.windows.net/a',
    'abfss://box@-acc.dfs.core.windows.net/a',
    'abfss://box@acc.xn--a.dfs.core.windows.net/a',
    'abfss://box@acc.dfs.core.windows.net:1/a',
    'abfss://-box@acc.dfs.core.windows.net/a',
  ])('%s is refused', (path) => {
    expect(() => folderPlace(path)).toThrow(invalid)
  })

  test('a container is no object', () => {
    expect(() => blobPlace('abfss://box@acc.dfs.core.windows.net')).toThrow(invalid)
    expect(folderPlace('abfss://box@acc.dfs.core.windows.net').name).toBe('')
  })
})

describe('options', () => {
  test.each<AzureOptions>([
    { account: 'Acc' },
    { account: 'a b' },
    { account: 'xn--a' },
    { account: 'a/b' },
    { account: 'a@b' },
    { account: '' },
    { account: 'a'.repeat(64) },
    { endpoint: 'nowhere' },
    { endpoint: 'ftp://h' },
    { endpoint: 'https://user:key@h' },
    { endpoint: 'https://h?x=1' },
    { endpoint: 'https://h#x' },
    { customerKey: new Uint8Array(31) },
    { customerKey: 'key' as unknown as Uint8Array },
    { maxAttempts: 0 },
    { maxAttempts: 21 },
    { timeoutMs: 0.5 },
    { partBytes: 1024 * 1024 - 1 },
    { partBytes: 1024 * 1024 * 1024 + 1 },
    { container: 'x' } as AzureOptions,
    { connectionString: 'AccountKey=Zm9v' },
  ])('%j are refused', (options) => {
    expect(() => resolveConfig(options)).toThrow(invalid)
  })

  test('what a message shows is never a connection string', () => {
    const key = 'sentinel-key-3f'
    for (const endpoint of [
      `DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=${key}`,
      `AccountKey:${key}`,
      `https://acc:${key}@h`,
      `https://h?sig=${key}`,
    ]) {
      try {
        resolveConfig({ endpoint })
        expect.fail(`${endpoint} is no endpoint`)
      } catch (error) {
        expect(error).toBeInstanceOf(MoraineError)
        expect(
          `${(error as Error).message}${inspect(error)}${JSON.stringify(error)}`,
        ).not.toContain(key)
      }
    }
  })

  test('a key of the customer goes as key, hash and algorithm', () => {
    const { keyHeaders, writeHeaders } = resolveConfig({
      customerKey: new Uint8Array(32),
      encryptionScope: 'scope',
    })
    const shown = Object.fromEntries([...keyHeaders].map(([name, value]) => [name, value.expose()]))
    expect(shown).toEqual({
      'x-ms-encryption-key': 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      'x-ms-encryption-key-sha256': 'Zmh6rfhivXdsj8GLjp+OIAiXFIVu4jOzkCpZHQ1fKSU=',
      'x-ms-encryption-algorithm': 'AES256',
    })
    expect([...writeHeaders]).toEqual([['x-ms-encryption-scope', 'scope']])
  })
})

describe('a connection string', () => {
  const parsed = (text: string) => parseConnectionString(new Secret(text))

  test('is what the portal shows', () => {
    const found = parsed(
      'DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=Zm9vYg==;EndpointSuffix=core.windows.net',
    )
    expect(found).toMatchObject({ account: 'acc', endpoint: 'https://acc.blob.core.windows.net' })
    expect(found.accountKey?.expose(), 'equals signs belong to the key').toBe('Zm9vYg==')
    expect(found.sasToken).toBeUndefined()
  })

  test('of an endpoint and a signature', () => {
    const found = parsed(
      'BlobEndpoint=https://acc.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=2;AccountKey=',
    )
    expect(found).toMatchObject({ account: 'acc', endpoint: 'https://acc.blob.core.windows.net' })
    expect(found.sasToken?.expose()).toBe('sv=1&sig=2')
    expect(found.accountKey).toBeUndefined()
    expect(parsed('BlobEndpoint=nowhere;x').account).toBeUndefined()
    expect(parsed('BlobEndpoint=https://127.0.0.1/acc').account).toBeUndefined()
  })

  test('of the emulator', () => {
    expect(parsed('UseDevelopmentStorage=true')).toMatchObject({
      account: 'devstoreaccount1',
      endpoint: 'http://127.0.0.1:10000/devstoreaccount1',
    })
  })

  test('of the environment counts unless the call says where to go', () => {
    vi.stubEnv('AZURE_STORAGE_CONNECTION_STRING', 'AccountName=env;AccountKey=Zm9v')
    expect(resolveConfig({}).account).toBe('env')
    expect(resolveConfig({ account: 'mine' }).connection).toBeUndefined()
    expect(resolveConfig({ credentials: 'anonymous' }).connection).toBeUndefined()
    expect(resolveConfig({ endpoint: 'https://h' }).connection).toBeUndefined()
  })
})
