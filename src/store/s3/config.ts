import { InvalidArgument } from '../../errors.js'
import { toBase64 } from '../../util/base64.js'
import { checkChoice, checkOptions } from '../../util/check-options.js'
import { md5Base64 } from '../../util/md5.js'
import { Secret, shownLocation } from '../../util/secret.js'
import { environment } from '../refreshed.js'
import type { S3CredentialSource } from './credentials.js'
import { encodeRfc3986 } from './sign.js'

export interface S3Options {
  /** Default: AWS_REGION, AWS_DEFAULT_REGION, else `us-east-1`. */
  readonly region?: string
  /** Origin of a compatible server, `http://127.0.0.1:9000`. Default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, else AWS. */
  readonly endpoint?: string
  /** The bucket in the path, not in the host name. Default: true with an `endpoint`. */
  readonly pathStyle?: boolean
  /** Default: the environment, then the official chain if `@aws-sdk/credential-provider-node` is installed. */
  readonly credentials?: S3CredentialSource
  /** Encryption at rest of what is written: `AES256`, or `aws:kms` with an optional key. */
  readonly encryption?: { readonly type: 'AES256' | 'aws:kms'; readonly keyId?: string }
  /** A key of 32 bytes of your own for what is written and read (SSE-C). By https only; not with `encryption`. */
  readonly customerKey?: Uint8Array
  /** Pay for requests to buckets of others. Default false. */
  readonly requesterPays?: boolean
  /** Attempts of a request that may be repeated. Default 4. A conditional write is never repeated unasked. */
  readonly maxAttempts?: number
  /** Milliseconds for one attempt, besides a second for each 256 KiB. Default 30000. */
  readonly timeoutMs?: number
  /** Bytes from which an object is uploaded in parts, and of one part: 5 MiB to 1 GiB. Default 8 MiB. */
  readonly partBytes?: number
}

export interface S3Config {
  readonly region: string
  readonly endpoint: string | undefined
  readonly pathStyle: boolean | undefined
  readonly maxAttempts: number
  readonly timeoutMs: number
  readonly partBytes: number
  /** Of every request. */
  readonly headers: ReadonlyMap<string, string>
  /** Of requests that begin an object, besides. */
  readonly writeHeaders: ReadonlyMap<string, string>
  /** Of requests that write or read an object: the customer's key. */
  readonly keyHeaders: ReadonlyMap<string, Secret>
}

const OPTIONS = [
  'region',
  'endpoint',
  'pathStyle',
  'credentials',
  'encryption',
  'customerKey',
  'requesterPays',
  'maxAttempts',
  'timeoutMs',
  'partBytes',
] as const
const MiB = 1024 * 1024

/** Throws `InvalidArgument` naming the option that cannot be meant. */
export function resolveConfig(options: S3Options): S3Config {
  checkOptions(options, OPTIONS, 's3')
  checkChoice(options.pathStyle, 'pathStyle', [true, false], 's3')
  checkChoice(options.requesterPays, 'requesterPays', [true, false], 's3')
  const endpoint =
    options.endpoint ?? environment('AWS_ENDPOINT_URL_S3') ?? environment('AWS_ENDPOINT_URL')
  return {
    region: regionOf(options.region),
    endpoint: endpoint === undefined ? undefined : originOf(endpoint),
    pathStyle: options.pathStyle,
    maxAttempts: whole(options.maxAttempts ?? 4, 'maxAttempts', 1, 20),
    timeoutMs: whole(options.timeoutMs ?? 30_000, 'timeoutMs', 1, 3_600_000),
    partBytes: whole(options.partBytes ?? 8 * MiB, 'partBytes', 5 * MiB, 1024 * MiB),
    headers: new Map(options.requesterPays === true ? [['x-amz-request-payer', 'requester']] : []),
    writeHeaders: encryptionHeaders(options.encryption),
    keyHeaders: keyHeaders(options),
  }
}

/** The region becomes part of a host: what else it could hold would lead to another one. */
function regionOf(option: string | undefined): string {
  const region =
    option ?? environment('AWS_REGION') ?? environment('AWS_DEFAULT_REGION') ?? 'us-east-1'
  if (typeof region === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(region)) return region
  throw new InvalidArgument(
    's3: option `region` (or AWS_REGION) must be a name such as eu-north-1',
    { details: { option: 'region' } },
  )
}

/** The URL of an object, or of the bucket for an empty key. */
export function objectUrl(
  config: S3Config,
  bucket: string,
  key: string,
  query: readonly (readonly [string, string])[] = [],
): URL {
  const aws = `https://s3.${config.region}.amazonaws.com`
  // A dot in the bucket's name breaks the certificate of a virtual host.
  const inPath = config.pathStyle ?? (config.endpoint !== undefined || bucket.includes('.'))
  const path = key.split('/').map(encodeRfc3986).join('/')
  const url = new URL(config.endpoint ?? aws)
  const base = url.pathname.replace(/\/+$/, '')
  const inHost = !inPath && moveToBucketHost(url, bucket, config.pathStyle === false)
  url.pathname = inHost ? `${base}/${path}` : `${base}/${encodeRfc3986(bucket)}/${path}`
  if (query.length > 0) {
    const pairs = query.map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    url.search = pairs.join('&')
  }
  return url
}

/**
 * Puts the bucket before the host; false, the URL unchanged, for a name that no host can have (capitals,
 * underscores …), which would be another bucket there, or another host. Throws where it `must` be.
 */
function moveToBucketHost(url: URL, bucket: string, must: boolean): boolean {
  const moved = new URL(url)
  moved.host = `${bucket}.${url.host}`
  // An assignment that cannot be is passed over in silence, or taken in part.
  const isWhole = moved.hostname === `${bucket}.${url.hostname}`
  if (isWhole && HOST_NAME.test(bucket)) {
    url.host = moved.host
    return true
  }
  if (!must) return false
  throw new InvalidArgument(
    `s3: the bucket ${shownLocation(bucket)} cannot stand before the host ${url.hostname}; leave out \`pathStyle: false\``,
    { details: { option: 'pathStyle' } },
  )
}

const HOST_NAME = /^[a-z0-9.-]+$/

function originOf(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  const plain = url !== undefined && `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (!plain || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new InvalidArgument(
      `s3: option \`endpoint\` (or AWS_ENDPOINT_URL) must be an http or https URL without user or query, not ${shownLocation(endpoint)}`,
      { details: { option: 'endpoint' } },
    )
  }
  return url.href
}

function encryptionHeaders(encryption: S3Options['encryption']): ReadonlyMap<string, string> {
  if (encryption === undefined) return new Map()
  const { type, keyId } = encryption
  if ((type !== 'AES256' && type !== 'aws:kms') || (type === 'AES256' && keyId !== undefined)) {
    throw new InvalidArgument(
      's3: option `encryption` must be { type: "AES256" } or { type: "aws:kms", keyId }',
      { details: { option: 'encryption' } },
    )
  }
  const headers = new Map<string, string>([['x-amz-server-side-encryption', type]])
  if (keyId !== undefined) headers.set('x-amz-server-side-encryption-aws-kms-key-id', keyId)
  return headers
}

/** A customer's key is sent with each request; S3 keeps its MD5 only. */
function keyHeaders(options: S3Options): ReadonlyMap<string, Secret> {
  const { customerKey, encryption } = options
  if (customerKey === undefined) return new Map()
  const isKey = customerKey instanceof Uint8Array && customerKey.length === 32
  if (!isKey || encryption !== undefined) {
    const why = isKey ? 'cannot be combined with `encryption`' : 'must be 32 bytes'
    throw new InvalidArgument(`s3: option \`customerKey\` ${why}`, {
      details: { option: 'customerKey' },
    })
  }
  return new Map([
    ['x-amz-server-side-encryption-customer-algorithm', new Secret('AES256')],
    ['x-amz-server-side-encryption-customer-key', new Secret(toBase64(customerKey))],
    ['x-amz-server-side-encryption-customer-key-md5', new Secret(md5Base64(customerKey))],
  ])
}

function whole(value: number, option: string, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value
  throw new InvalidArgument(`s3: option \`${option}\` must be an integer from ${min} to ${max}`, {
    details: { option },
  })
}
