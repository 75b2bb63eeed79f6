import { InvalidArgument } from '../../errors.js'
import { toBase64 } from '../../util/base64.js'
import { fromHex } from '../../util/bytes.js'
import { checkOptions } from '../../util/check-options.js'
import { encodeRfc3986 } from '../../util/percent.js'
import { Secret } from '../../util/secret.js'
import { sha256Hex } from '../../util/sha256.js'
import { environment } from '../refreshed.js'
import { type ConnectionString, parseConnectionString } from './connection-string.js'
import type { AzureCredentialSource } from './credentials.js'
import type { Place } from './place.js'

export interface AzureOptions {
  /** Storage account, for locations that name none. Default: the connection string's, else AZURE_STORAGE_ACCOUNT. */
  readonly account?: string
  /** Origin of the Blob service, with the account in the path if the server wants that: `http://127.0.0.1:10000/devstoreaccount1`. Default: from the location. */
  readonly endpoint?: string
  /** Default: the connection string's, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, then the official chain if `@azure/identity` is installed. */
  readonly credentials?: AzureCredentialSource
  /** `AccountName=…;AccountKey=…` as the portal shows it. Default: AZURE_STORAGE_CONNECTION_STRING. */
  readonly connectionString?: string | Secret
  /** Encryption scope of what is written. */
  readonly encryptionScope?: string
  /** A key of 32 bytes of your own that encrypts what is written and read; Azure does not keep it. */
  readonly customerKey?: Uint8Array
  /** Attempts of a request that may be repeated. Default 4. A conditional write is never repeated unasked. */
  readonly maxAttempts?: number
  /** Milliseconds of silence that end an attempt. Default 30000. */
  readonly timeoutMs?: number
  /** Bytes from which an object is uploaded in blocks, and of one block: 1 MiB to 1 GiB. Default 8 MiB. */
  readonly partBytes?: number
}

export interface AzureConfig {
  readonly account: string | undefined
  readonly endpoint: string | undefined
  /** Domains that locations may name: that of the endpoint if it shows one, else Azure's own. */
  readonly domains: ReadonlySet<string>
  readonly connection: ConnectionString | undefined
  readonly maxAttempts: number
  readonly timeoutMs: number
  readonly partBytes: number
  /** Of requests that read or write a blob's bytes. */
  readonly keyHeaders: ReadonlyMap<string, Secret>
  /** Of requests that write, besides. */
  readonly writeHeaders: ReadonlyMap<string, string>
}

const OPTIONS = [
  'account',
  'endpoint',
  'credentials',
  'connectionString',
  'encryptionScope',
  'customerKey',
  'maxAttempts',
  'timeoutMs',
  'partBytes',
] as const
const MiB = 1024 * 1024
const PUBLIC_CLOUD = 'core.windows.net'
/**
 * Microsoft's own: the public cloud and its endpoints by DNS zone, those of China, the United States'
 * government and Germany, and Fabric. A location that a table's metadata names is in one of them, or
 * in the endpoint's alone, else its owner would be sent what a request is allowed by.
 */
const DOMAINS = [
  PUBLIC_CLOUD,
  'storage.azure.net',
  'core.chinacloudapi.cn',
  'core.usgovcloudapi.net',
  'core.cloudapi.de',
  'fabric.microsoft.com',
] as const
const ACCOUNT = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/** Throws `InvalidArgument` naming the option that cannot be meant. */
export function resolveConfig(options: AzureOptions): AzureConfig {
  checkOptions(options, OPTIONS, 'azure')
  const connection = connectionOf(options)
  const stated = options.endpoint ?? connection?.endpoint
  const endpoint = stated === undefined ? undefined : originOf(stated)
  const domain = endpoint?.domain
  return {
    account: checkAccount(
      options.account ?? connection?.account ?? environment('AZURE_STORAGE_ACCOUNT'),
    ),
    endpoint: endpoint?.href,
    domains: new Set(domain === undefined ? DOMAINS : [domain]),
    connection,
    maxAttempts: whole(options.maxAttempts ?? 4, 'maxAttempts', 1, 20),
    timeoutMs: whole(options.timeoutMs ?? 30_000, 'timeoutMs', 1, 3_600_000),
    partBytes: whole(options.partBytes ?? 8 * MiB, 'partBytes', MiB, 1024 * MiB),
    keyHeaders: keyHeaders(options.customerKey),
    writeHeaders: new Map(
      options.encryptionScope === undefined
        ? []
        : [['x-ms-encryption-scope', options.encryptionScope]],
    ),
  }
}

/** What is given in the call goes before what the environment holds. */
function connectionOf(options: AzureOptions): ConnectionString | undefined {
  if (options.connectionString !== undefined) {
    return parseConnectionString(Secret.of(options.connectionString))
  }
  const given = options.credentials ?? options.endpoint ?? options.account
  const text = given === undefined ? environment('AZURE_STORAGE_CONNECTION_STRING') : undefined
  return text === undefined ? undefined : parseConnectionString(Secret.of(text))
}

function checkAccount(account: string | undefined): string | undefined {
  if (account === undefined || (ACCOUNT.test(account) && account.length <= 63)) return account
  throw new InvalidArgument(
    'azure: option `account` (or AZURE_STORAGE_ACCOUNT) must be the name of a storage account: lower-case letters and digits',
    { details: { option: 'account' } },
  )
}

export type Query = readonly (readonly [string, string])[]

/** The account whose credentials go with a request. Throws `InvalidArgument` when none is named, or two are. */
export function accountOf(config: AzureConfig, place: Place): string {
  const { account, path } = place
  if (account === undefined && config.account === undefined) {
    throw new InvalidArgument(
      `${path} names no storage account: write container@account.dfs.core.windows.net, pass ` +
        '`azure: { account }`, or set AZURE_STORAGE_ACCOUNT',
      { details: { path } },
    )
  }
  // Keys are never offered to an account that they are not for.
  if (account !== undefined && config.account !== undefined && account !== config.account) {
    throw new InvalidArgument(
      `${path} lies in the storage account ${account}, but the options are for ${config.account}`,
      { details: { path } },
    )
  }
  if (place.suffix !== undefined && !config.domains.has(place.suffix)) {
    throw new InvalidArgument(
      `${path} lies in ${place.suffix}, but requests may go to ${[...config.domains].join(', ')} alone: ` +
        'if it is yours, name it by `azure: { endpoint }` or the connection string',
      { details: { path } },
    )
  }
  return (account ?? config.account) as string
}

/** The URL of a blob, or of the container for an empty name. */
export function blobUrl(config: AzureConfig, place: Place, query: Query = []): URL {
  const account = accountOf(config, place)
  const host = `${account}.${place.zone ?? ''}blob.${place.suffix ?? PUBLIC_CLOUD}`
  const url = new URL(config.endpoint ?? `https://${host}`)
  const base = url.pathname.replace(/\/+$/, '')
  const names = place.name === '' ? [] : place.name.split('/')
  url.pathname = [base, place.container, ...names.map(encodeRfc3986)].join('/')
  if (query.length > 0) {
    const pairs = query.map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    url.search = pairs.join('&')
  }
  return url
}

/** Of `https://account.blob.example.net`: `example.net`. */
const SERVICE = /^[^.]+\.(?:[^.]+\.)?(?:blob|dfs)\.(.+)$/

function originOf(endpoint: string): { readonly href: string; readonly domain?: string } {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  const plain = url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (!plain || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    // What is no URL may be a connection string, with its key: it is not shown.
    throw new InvalidArgument(
      'azure: option `endpoint` must be an http or https URL without user or query; a connection ' +
        'string goes to `connectionString`',
      { details: { option: 'endpoint' } },
    )
  }
  const domain = SERVICE.exec(url.hostname)?.[1]
  return domain === undefined ? { href: url.href } : { href: url.href, domain }
}

function keyHeaders(key: Uint8Array | undefined): ReadonlyMap<string, Secret> {
  if (key === undefined) return new Map()
  if (!(key instanceof Uint8Array) || key.length !== 32) {
    throw new InvalidArgument('azure: option `customerKey` must be 32 bytes', {
      details: { option: 'customerKey' },
    })
  }
  const hash = toBase64(fromHex(sha256Hex(key)) as Uint8Array)
  return new Map([
    ['x-ms-encryption-key', new Secret(toBase64(key))],
    ['x-ms-encryption-key-sha256', new Secret(hash)],
    ['x-ms-encryption-algorithm', new Secret('AES256')],
  ])
}

function whole(value: number, option: string, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  throw new InvalidArgument(
    `azure: option \`${option}\` must be an integer from ${min} to ${max}`,
    {
      details: { option },
    },
  )
}
