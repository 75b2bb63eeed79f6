/** Requests to one Blob service, and what their answers mean. */
import type { Env } from '../../env/env.js'
import { StoreUnavailable } from '../../errors.js'
import { md5Base64 } from '../../util/md5.js'
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
import { textOf } from '../xml.js'
import { type AzureConfig, accountOf, blobUrl, type Query } from './config.js'
import type { CredentialHolder, HeldCredentials } from './credentials.js'
import type { Place } from './place.js'
import { sharedKey } from './sign.js'

export interface AzureRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  readonly place: Place
  readonly query?: Query
  /** Lower-case names. */
  readonly headers?: ReadonlyMap<string, string>
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
  readonly maxBytes?: number
  readonly limitName?: string | undefined
}

interface ToAllow {
  readonly method: string
  readonly place: Place
  readonly query: Query | undefined
  readonly headers: ReadonlyMap<string, string>
  readonly bodyBytes: number
}

interface Allowed {
  readonly url: URL
  readonly headers: ReadonlyMap<string, string>
}

export type AzureAnswer = HttpAnswer | NoAnswer

/** Of the service, as every request states it. */
const VERSION = '2021-12-02'
/** Of an answer that is no object: a page of a listing is far below. */
const ANSWER_MAX_BYTES = 16 * 1024 * 1024

export class AzureClient {
  readonly config: AzureConfig
  readonly #env: Env
  readonly #credentials: CredentialHolder
  readonly #retrier: Retrier

  constructor(config: AzureConfig, credentials: CredentialHolder, env: Env) {
    this.config = config
    this.#env = env
    this.#credentials = credentials
    this.#retrier = new Retrier(env, config.maxAttempts)
  }

  /**
   * One attempt; credentials that are refused (nothing was done) are asked for anew, once. Rejects
   * with `Aborted`, `LimitExceeded`, or when there are no credentials.
   */
  async once(request: AzureRequest): Promise<AzureAnswer> {
    const held = await this.#heldFor(request.place)
    const answer = await this.#send(request, held)
    if (held === undefined || !isRefused(answer)) return answer
    const next = await this.#credentials.insteadOf(held)
    return next === undefined ? answer : this.#send(request, next)
  }

  async #send(request: AzureRequest, held: HeldCredentials | undefined): Promise<AzureAnswer> {
    const { method, body, signal } = request
    const stated = new Map([...(request.headers ?? []), ['x-ms-version', VERSION] as const])
    if (request.place.name !== '') {
      for (const [name, value] of this.config.keyHeaders) stated.set(name, value.expose())
    }
    const { url, headers } = this.#signed(
      {
        method,
        place: request.place,
        query: request.query,
        headers: stated,
        bodyBytes: body?.length ?? 0,
      },
      held,
    )
    return sendOnce({
      method,
      url,
      // Not signed: fetch may change it on the way.
      headers: new Map([...headers, ['accept-encoding', 'identity']]),
      body: body ?? (method === 'PUT' ? new Uint8Array(0) : undefined),
      signal,
      timeoutMs: this.config.timeoutMs,
      // An error is told in a few hundred bytes, whatever the object's bound.
      maxBytes: Math.max(request.maxBytes ?? ANSWER_MAX_BYTES, 64 * 1024),
      limitName: request.limitName,
    })
  }

  /** The URL and the headers with what they are allowed by. */
  async allow(request: ToAllow): Promise<Allowed> {
    return this.#signed(request, await this.#heldFor(request.place))
  }

  /** A place that is none is told before anybody is asked for credentials. */
  async #heldFor(place: Place): Promise<HeldCredentials | undefined> {
    blobUrl(this.config, place)
    return this.#credentials.current()
  }

  #signed(request: ToAllow, held: HeldCredentials | undefined): Allowed {
    const { method, place, bodyBytes } = request
    const url = blobUrl(this.config, place, request.query)
    const headers = new Map(request.headers)
    headers.set('x-ms-date', new Date(this.#env.nowMs()).toUTCString())
    if (held?.kind === 'token') headers.set('authorization', `Bearer ${held.secret.expose()}`)
    if (held?.kind === 'sas') {
      url.search = [url.search.slice(1), held.secret.expose()].filter(Boolean).join('&')
    }
    if (held?.kind === 'key') {
      const account = accountOf(this.config, place)
      const signed = sharedKey({ method, url, headers, bodyBytes }, account, held.secret.expose())
      headers.set('authorization', signed)
    }
    return { url, headers }
  }

  /** Repeated while it may succeed: only for requests that may be applied twice. */
  again(request: AzureRequest): Promise<AzureAnswer> {
    return this.#retrier.run(() => this.once(request), retryAfter, request.signal)
  }

  /** Waits before a request whose name is ours alone is sent again. */
  pause(before: number): Promise<void> {
    return this.#retrier.pause(before, undefined)
  }
}

/** The error code that Azure names; empty when it names none. */
export function codeOf(answer: AzureAnswer): string {
  if (isNoAnswer(answer)) return ''
  const stated = answer.headers.get('x-ms-error-code')
  return (stated ?? textOf(decodeUtf8(answer.body) ?? '', 'Code') ?? '').slice(0, 100)
}

/**
 * Whether the answer says that the credentials hold no longer: a token's 401, and the 403 by which a
 * signature ended or a key was exchanged. Other 403s are about rights, which asking does not change.
 */
function isRefused(answer: AzureAnswer): boolean {
  if (answer.status === 401) return true
  return answer.status === 403 && codeOf(answer) === 'AuthenticationFailed'
}

/** Whether the answer says that there is no such blob, in a container that is there. */
export function isMissing(answer: AzureAnswer): boolean {
  return answer.status === 404 && codeOf(answer) !== 'ContainerNotFound'
}

const ADVICE = new Map([
  [400, 'the server did not understand the request'],
  [401, 'the server asks for credentials; set them, or log in again'],
  [403, 'access is denied; check the key or signature, its permissions and end, and the clock'],
  [404, 'there is no such container'],
  [409, 'the state of the object does not allow it'],
  [412, 'the object is not as the request wants it; if it is leased, end the lease'],
  [429, 'the server asks for fewer requests; try again later'],
  [503, 'the server asks for fewer requests; try again later'],
])

/** The moraine error for an answer that is not what was asked for. */
export function azureError(answer: AzureAnswer, doing: string, path: string): StoreUnavailable {
  if (isNoAnswer(answer)) {
    return new StoreUnavailable(`cannot ${doing} ${path}: ${whyNoAnswer(answer)}`, {
      cause: answer.cause,
      details: { path },
    })
  }
  const { status } = answer
  const code = codeOf(answer)
  const said = code === '' ? `${status}` : `${status} ${code}`
  const redirected = status >= 300 && status < 400
  const advice = redirected
    ? 'the server sends elsewhere, and credentials do not follow; set `azure: { endpoint }`'
    : (ADVICE.get(status) ?? 'the server failed')
  return new StoreUnavailable(`cannot ${doing} ${path}: ${said}: ${advice}`, {
    details: {
      path,
      status,
      code: code === '' ? undefined : code,
      retryAfterMs: retryAfterMs(answer.headers),
    },
  })
}

/** Throws `CorruptData` when the server's checksum of a whole object is another than its bytes'. */
export function verifyMd5(answer: HttpAnswer, path: string): void {
  const stated = answer.headers.get('content-md5')
  if (stated !== null && stated !== md5Base64(answer.body)) throw otherBytes(path, 'MD5')
}
