import { InvalidArgument } from '../../errors.js'
import { toBase64 } from '../../util/base64.js'
import { fromHex } from '../../util/bytes.js'
import { checkOptions } from '../../util/check-options.js'
import { encodeRfc3986 } from '../../util/percent.js'
import { Secret, shownLocation } from '../../util/secret.js'
import { sha256Hex } from '../../util/sha256.js'
import { environment } from '../refreshed.js'
import type { GcsCredentialSource } from './credentials.js'

export interface GcsOptions {
  /** Origin of the JSON API. Default: STORAGE_EMULATOR_HOST, else `https://storage.googleapis.com`. */
  readonly endpoint?: string
  /** Default: the key file of GOOGLE_APPLICATION_CREDENTIALS, else the official chain if `google-auth-library` is installed. */
  readonly credentials?: GcsCredentialSource
  /** The project that pays for the requests, for buckets whose requesters pay. */
  readonly userProject?: string
  /** Cloud KMS key of what is written: `projects/…/cryptoKeys/…`. */
  readonly kmsKeyName?: string
  /** A key of 32 bytes of your own that encrypts what is written and read; Google does not keep it. */
  readonly customerKey?: Uint8Array
  /** Attempts of a request that may be repeated. Default 4. A conditional write is never repeated unasked. */
  readonly maxAttempts?: number
  /** Milliseconds of silence that end an attempt. Default 30000. */
  readonly timeoutMs?: number
  /** Bytes from which an object is uploaded in chunks, and of one chunk: 256 KiB to 1 GiB. Default 8 MiB. */
  readonly partBytes?: number
}

export interface GcsConfig {
  /** Without a closing slash. */
  readonly endpoint: string
  /** Whether the endpoint is an emulator's, which asks for no credentials. */
  readonly isEmulator: boolean
  readonly userProject: string | undefined
  readonly kmsKeyName: string | undefined
  readonly maxAttempts: number
  readonly timeoutMs: number
  readonly partBytes: number
  /** Of requests that read or write an object's bytes. */
  readonly keyHeaders: ReadonlyMap<string, Secret>
}

const OPTIONS = [
  'endpoint',
  'credentials',
  'userProject',
  'kmsKeyName',
  'customerKey',
  'maxAttempts',
  'timeoutMs',
  'partBytes',
] as const
const KiB = 1024
const GiB = 1024 * 1024 * KiB
const PUBLIC = 'https://storage.googleapis.com'

/** Throws `InvalidArgument` naming the option that cannot be meant. */
export function resolveConfig(options: GcsOptions): GcsConfig {
  checkOptions(options, OPTIONS, 'gcs')
  const emulator = options.endpoint === undefined ? environment('STORAGE_EMULATOR_HOST') : undefined
  return {
    endpoint: originOf(options.endpoint ?? withScheme(emulator) ?? PUBLIC),
    isEmulator: emulator !== undefined,
    userProject: text(options.userProject, 'userProject'),
    kmsKeyName: text(options.kmsKeyName, 'kmsKeyName'),
    maxAttempts: whole(options.maxAttempts ?? 4, 'maxAttempts', 1, 20),
    timeoutMs: whole(options.timeoutMs ?? 30_000, 'timeoutMs', 1, 3_600_000),
    partBytes: whole(options.partBytes ?? 8 * KiB * KiB, 'partBytes', 256 * KiB, GiB),
    keyHeaders: keyHeaders(options.customerKey),
  }
}

export type Query = readonly (readonly [string, string])[]

/** What a URL of the API leads to. */
export interface Resource {
  /** `media` for bytes that are written, `api` for everything else. */
  readonly service: 'api' | 'upload'
  readonly bucket: string
  /** Empty for the objects of the bucket. */
  readonly name: string
}

export function apiUrl(config: GcsConfig, resource: Resource, query: Query): URL {
  const url = new URL(config.endpoint)
  const base = url.pathname.replace(/\/+$/, '')
  const { service, bucket, name } = resource
  const root = service === 'upload' ? '/upload/storage/v1/b' : '/storage/v1/b'
  const object = name === '' ? '' : `/${encodeRfc3986(name)}`
  url.pathname = `${base}${root}/${encodeRfc3986(bucket)}/o${object}`
  const payer: Query = config.userProject === undefined ? [] : [['userProject', config.userProject]]
  const pairs = [...query, ...payer].map(
    ([key, value]) => `${encodeRfc3986(key)}=${encodeRfc3986(value)}`,
  )
  url.search = pairs.join('&')
  return url
}

/** STORAGE_EMULATOR_HOST is written with and without a scheme. */
function withScheme(host: string | undefined): string | undefined {
  return host === undefined || host.includes('://') ? host : `http://${host}`
}

function originOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  const plain = url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (!plain || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new InvalidArgument(
      `gcs: option \`endpoint\` must be an http or https URL without user or query, not ${shownLocation(endpoint)}`,
      { details: { option: 'endpoint' } },
    )
  }
  return url.href.replace(/\/+$/, '')
}

function keyHeaders(key: Uint8Array | undefined): ReadonlyMap<string, Secret> {
  if (key === undefined) return new Map()
  if (!(key instanceof Uint8Array) || key.length !== 32) {
    throw new InvalidArgument('gcs: option `customerKey` must be 32 bytes', {
      details: { option: 'customerKey' },
    })
  }
  const hash = toBase64(fromHex(sha256Hex(key)) as Uint8Array)
  return new Map([
    ['x-goog-encryption-algorithm', new Secret('AES256')],
    ['x-goog-encryption-key', new Secret(toBase64(key))],
    ['x-goog-encryption-key-sha256', new Secret(hash)],
  ])
}

function text(value: string | undefined, option: string): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value
  throw new InvalidArgument(`gcs: option \`${option}\` must be a text that is not empty`, {
    details: { option },
  })
}

function whole(value: number, option: string, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  throw new InvalidArgument(`gcs: option \`${option}\` must be an integer from ${min} to ${max}`, {
    details: { option },
  })
}
