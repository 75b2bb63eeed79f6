/** Requests to the JSON API of Google Cloud Storage, and what their answers mean. */
import { crc32c } from '../../codec/crc32.js'
import { ObjectReader } from '../../codec/json/object-reader.js'
import { parseJson } from '../../codec/json/parse.js'
import type { Env } from '../../env/env.js'
import { defaultLimits } from '../../env/limits.js'
import { StoreUnavailable } from '../../errors.js'
import { toBase64 } from '../../util/base64.js'
import type { Secret } from '../../util/secret.js'
import { decodeUtf8 } from '../../util/utf8.js'
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
import { apiUrl, type GcsConfig, type Query, type Resource } from './config.js'
import type { CredentialHolder } from './credentials.js'

export interface GcsRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** What is asked for, or the path and query of an upload that was begun. */
  readonly resource: Resource | URL
  readonly query?: Query
  /** Lower-case names. */
  readonly headers?: ReadonlyMap<string, string>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
  readonly maxBytes?: number
  readonly limitName?: string | undefined
}

export type GcsAnswer = HttpAnswer | NoAnswer

/** Of an answer that is no object: a page of a listing is far below. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024

export class GcsClient {
  readonly config: GcsConfig
  readonly #credentials: CredentialHolder
  readonly #retrier: Retrier

  constructor(config: GcsConfig, credentials: CredentialHolder, env: Env) {
    this.config = config
    this.#credentials = credentials
    this.#retrier = new Retrier(env, config.maxAttempts)
  }

  /**
   * One attempt; a token that is refused (401: nothing was done) is asked for anew, once. Rejects
   * with `Aborted`, `LimitExceeded`, or when there are no credentials.
   */
  async once(request: GcsRequest): Promise<GcsAnswer> {
    const token = await this.#credentials.current()
    const answer = await this.#send(request, token)
    if (answer.status !== 401 || token === undefined) return answer
    const next = await this.#credentials.insteadOf(token)
    return next === undefined ? answer : this.#send(request, next)
  }

  async #send(request: GcsRequest, token: Secret | undefined): Promise<GcsAnswer> {
    const { method, resource, body, signal } = request
    const url =
      resource instanceof URL ? resource : apiUrl(this.config, resource, request.query ?? [])
    const headers = new Map(request.headers)
    for (const [name, value] of this.config.keyHeaders) headers.set(name, value.expose())
    if (token !== undefined) headers.set('authorization', `Bearer ${token.expose()}`)
    headers.set('accept-encoding', 'identity')
    return sendOnce({
      method,
      url,
      headers,
      body: body ?? (method === 'PUT' || method === 'POST' ? new Uint8Array(0) : undefined),
      signal,
      timeoutMs: this.config.timeoutMs,
      // An error is told in a few hundred bytes, whatever the object's bound.
      maxBytes: Math.max(request.maxBytes ?? ANSWER_MAX_BYTES, 64 * 1024),
      limitName: request.limitName,
    })
  }

  /** Repeated while it may succeed: only for requests that may be applied twice. */
  again(request: GcsRequest): Promise<GcsAnswer> {
    return this.#retrier.run(() => this.once(request), retryAfter, request.signal)
  }

  /** Waits before a request whose name is ours alone is sent again. */
  pause(before: number): Promise<void> {
    return this.#retrier.pause(before, undefined)
  }
}

/** The object that the answer is. Throws `CorruptData` when it is none. */
export function objectOf(answer: HttpAnswer, path: string): ObjectReader {
  return new ObjectReader(parseJson(answer.body, { limits: defaultLimits, path }), { path })
}

/** Whether the answer says that there is no such object, in a bucket that is there. */
export function isMissing(answer: GcsAnswer): boolean {
  if (isNoAnswer(answer) || answer.status !== 404) return false
  return !/\bbucket does not exist\b/i.test(decodeUtf8(answer.body) ?? '')
}

const ADVICE = new Map([
  [400, 'the server did not understand the request'],
  [401, 'the credentials are not valid; check them, and the clock'],
  [403, 'access is denied; check the roles of the account, and whether the requester pays'],
  [404, 'there is no such bucket'],
  [429, 'the server asks for fewer requests; try again later'],
  [503, 'the server asks for fewer requests; try again later'],
])

/** The moraine error for an answer that is not what was asked for. */
export function gcsError(answer: GcsAnswer, doing: string, path: string): StoreUnavailable {
  if (isNoAnswer(answer)) {
    return new StoreUnavailable(`cannot ${doing} ${path}: ${whyNoAnswer(answer)}`, {
      cause: answer.cause,
      details: { path },
    })
  }
  const { status, headers } = answer
  const reason = reasonOf(answer)
  const said = reason === undefined ? `${status}` : `${status} ${reason}`
  const advice =
    status >= 300 && status < 400
      ? 'the server sends elsewhere, and credentials do not follow; set `gcs: { endpoint }`'
      : (ADVICE.get(status) ?? 'the server failed')
  return new StoreUnavailable(`cannot ${doing} ${path}: ${said}: ${advice}`, {
    details: { path, status, code: reason, retryAfterMs: retryAfterMs(headers) },
  })
}

/** The word that Google has for an error: `conditionNotMet`. */
function reasonOf(answer: HttpAnswer): string | undefined {
  return /"reason"\s*:\s*"([A-Za-z]{1,60})"/.exec(decodeUtf8(answer.body) ?? '')?.[1]
}

/** Throws `CorruptData` when the server's checksum of a whole object is another than its bytes'. */
export function verifyCrc32c(answer: HttpAnswer, path: string): void {
  const stated = /(?:^|[,\s])crc32c=([A-Za-z0-9+/]{6}==)/.exec(
    answer.headers.get('x-goog-hash') ?? '',
  )?.[1]
  if (stated === undefined || stated === shownCrc32c(crc32c(answer.body))) return
  throw otherBytes(path, 'CRC-32C')
}

/** As Google writes it: base64 of the four bytes, the highest first. */
export function shownCrc32c(crc: number): string {
  return toBase64(Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc))
}
