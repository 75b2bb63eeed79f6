/** Signed requests to one S3 service, and what their answers mean. */
import type { Env } from '../../env/env.js'
import { StoreUnavailable } from '../../errors.js'
import { sha256Hex } from '../../util/sha256.js'
import { decodeUtf8 } from '../../util/utf8.js'
import type { Location } from '../location.js'
import { otherBytes } from '../read-object.js'
import {
  type HttpAnswer,
  isNoAnswer,
  type NoAnswer,
  Retrier,
  retryAfter,
  retryAfterMs,
  sendOnce,
  whyNoAnswer,
} from '../transport.js'
import { textOf } from '../xml.js'
import { adviceFor } from './advice.js'
import { objectUrl, type S3Config } from './config.js'
import { type CredentialHolder, type HeldKeys, signingKeys } from './credentials.js'
import { signRequest } from './sign.js'

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly bucket: string
  /** Empty for the bucket itself. */
  readonly key: string
  readonly query?: readonly (readonly [string, string])[]
  readonly headers?: ReadonlyMap<string, string>
  readonly body?: Uint8Array
  /** Of the body, when it was made already. */
  readonly bodyHash?: string
  readonly signal?: AbortSignal | undefined
  readonly maxBytes?: number
  readonly limitName?: string | undefined
}

export type S3Answer = HttpAnswer | NoAnswer

const EMPTY_HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
/** Of an answer that is no object: a page of a listing is far below. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024

export class S3Client {
  readonly config: S3Config
  readonly #env: Env
  readonly #credentials: CredentialHolder
  readonly #retrier: Retrier

  constructor(config: S3Config, credentials: CredentialHolder, env: Env) {
    this.config = config
    this.#env = env
    this.#credentials = credentials
    this.#retrier = new Retrier(env, config.maxAttempts)
  }

  /**
   * One attempt; keys that are refused (nothing was done) are asked for anew, once. Rejects with
   * `Aborted`, `LimitExceeded`, or when there are no credentials.
   */
  async once(request: S3Request): Promise<S3Answer> {
    const keys = await this.#credentials.current()
    const answer = await this.#send(request, keys)
    if (keys === undefined || !isRefused(request, answer)) return answer
    const next = await this.#credentials.insteadOf(keys)
    return next === undefined ? answer : this.#send(request, next)
  }

  async #send(request: S3Request, keys: HeldKeys | undefined): Promise<S3Answer> {
    const { method, body, signal } = request
    const url = objectUrl(this.config, request.bucket, request.key, request.query)
    const bodyHash = request.bodyHash ?? (body === undefined ? EMPTY_HASH : sha256Hex(body))
    const headers = new Map([...this.config.headers, ...(request.headers ?? [])])
    // S3 wants a customer's key where bytes are written or read, and refuses it elsewhere.
    if (request.key !== '' && method !== 'DELETE') {
      for (const [name, value] of this.config.keyHeaders) headers.set(name, value.expose())
    }
    const scope = { region: this.config.region, service: 's3', nowMs: this.#env.nowMs() }
    const signed =
      keys === undefined
        ? headers
        : signRequest({ method, url, headers, bodyHash }, signingKeys(keys), scope)
    const maxBytes = request.maxBytes ?? ANSWER_MAX_BYTES
    return sendOnce({
      method,
      url,
      // Not signed: fetch may change it on the way.
      headers: new Map([...signed, ['accept-encoding', 'identity']]),
      body,
      signal,
      timeoutMs: this.config.timeoutMs,
      // An error is told in a few hundred bytes, whatever the object's bound.
      maxBytes: Math.max(maxBytes, 64 * 1024),
      limitName: request.limitName,
    })
  }

  /** Repeated while it may succeed: only for requests that may be applied twice. */
  again(request: S3Request): Promise<S3Answer> {
    return this.#retrier.run(() => this.once(request), retryAfter, request.signal)
  }

  /** Waits before a conditional write that was undecided is sent again. */
  pause(before: number): Promise<void> {
    return this.#retrier.pause(before, undefined)
  }
}

/** The error code that S3 names in the body; empty when it names none. */
export function codeOf(answer: S3Answer): string {
  if (isNoAnswer(answer)) return ''
  return textOf(decodeUtf8(answer.body) ?? '', 'Code')?.slice(0, 100) ?? ''
}

/** Servers name 404 for other reasons too: no such bucket, and some of them no such user. */
const MISSING_OBJECT: ReadonlySet<string> = new Set(['', 'NoSuchKey', 'NoSuchVersion', 'NotFound'])

/** Whether the answer says that there is no such object, in a bucket that is there. */
export function isMissing(answer: S3Answer): boolean {
  return answer.status === 404 && MISSING_OBJECT.has(codeOf(answer))
}

const REFUSED_KEYS: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'TokenRefreshRequired',
])

/**
 * Whether the answer says that the keys hold no longer. To `HEAD` S3 gives no code; then 400 is most
 * often an ended token, while 403 is what a missing object looks like without the right to list.
 */
function isRefused(request: S3Request, answer: S3Answer): boolean {
  if (request.method === 'HEAD') return answer.status === 400
  const { status } = answer
  return (status === 400 || status === 401 || status === 403) && REFUSED_KEYS.has(codeOf(answer))
}

/** The moraine error for an answer that is not what was asked for. */
export function s3Error(answer: S3Answer, doing: string, path: string): StoreUnavailable {
  if (isNoAnswer(answer)) {
    return new StoreUnavailable(`cannot ${doing} ${path}: ${whyNoAnswer(answer)}`, {
      cause: answer.cause,
      details: { path },
    })
  }
  const { status, headers } = answer
  const code = codeOf(answer)
  const region =
    headers.get('x-amz-bucket-region') ?? textOf(decodeUtf8(answer.body) ?? '', 'Region')
  const elsewhere = region === undefined ? '' : ` (the bucket's region is ${region.slice(0, 40)})`
  const advice = adviceFor(status, code)
  const said = code === '' ? `${status}` : `${status} ${code}`
  return new StoreUnavailable(`cannot ${doing} ${path}: ${said}: ${advice}${elsewhere}`, {
    details: {
      path,
      status,
      code: code === '' ? undefined : code,
      retryAfterMs: retryAfterMs(headers),
    },
  })
}

/** Throws `CorruptData` when the server's checksum of a whole object is another than its bytes'. */
export function verifyChecksum(answer: HttpAnswer, path: string): void {
  const stated = answer.headers.get('x-amz-checksum-sha256')
  // Of an object uploaded in parts it is the checksum of the parts' checksums: `…-N`.
  if (stated === null || stated.includes('-')) return
  if (stated === checksumOf(sha256Hex(answer.body))) return
  throw otherBytes(path, 'SHA-256')
}

/** A hexadecimal hash as `x-amz-checksum-sha256` has it. */
export function checksumOf(hex: string): string {
  let text = ''
  for (let at = 0; at < hex.length; at += 2) {
    text += String.fromCharCode(Number.parseInt(hex.slice(at, at + 2), 16))
  }
  return btoa(text)
}

export function placeOf(location: Location): { readonly bucket: string; readonly key: string } {
  return { bucket: location.authority, key: location.segments.join('/') }
}
