/** Requests that only read, their redirects, and what their answers mean. */
import type { Env } from '../../env/env.js'
import { MoraineError, StoreUnavailable } from '../../errors.js'
import { shownLocation } from '../../util/secret.js'
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
import type { HttpConfig } from './config.js'
import { httpLocation, urlOf } from './url.js'

export interface HttpRead {
  readonly method: 'GET' | 'HEAD'
  /** The location, as the caller knows it. */
  readonly path: string
  /** Asks for the folder itself, with a closing slash. */
  readonly isFolder?: true
  /** First and last byte; the last one left out: to the end. */
  readonly range?: readonly [first: number, last: number | undefined]
  readonly maxBytes: number
  readonly limitName?: string | undefined
  readonly signal?: AbortSignal | undefined
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])
const REDIRECTS_MAX = 5
/** Files of tables that are never written again; metadata and the hint may be. */
const IMMUTABLE = /\.(avro|parquet|orc|puffin)$/
/** An error is told in a few hundred bytes, whatever the object's bound. */
const ANSWER_MIN_BYTES = 64 * 1024

export class HttpClient {
  readonly config: HttpConfig
  readonly #retrier: Retrier

  constructor(config: HttpConfig, env: Env) {
    this.config = config
    this.#retrier = new Retrier(env, config.maxAttempts)
  }

  /**
   * The last answer, after redirects and repetitions. Rejects when there is none, with `Aborted`,
   * `LimitExceeded`, or an error that names the redirect which may not be followed.
   */
  async send(request: HttpRead): Promise<HttpAnswer> {
    const answer = await this.#retrier.run(() => this.#once(request), retryAfter, request.signal)
    if (isNoAnswer(answer)) throw noAnswer(request.path, answer)
    return answer
  }

  async #once(request: HttpRead): Promise<HttpAnswer | NoAnswer> {
    let url = await this.#firstUrl(request)
    const headers = await this.config.headers()
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#ask(request, url, headers)
      if (isNoAnswer(answer)) return answer
      // What a browser shows of a redirect: nothing.
      if (answer.status === 0) return this.#followed(request, url, headers)
      if (!REDIRECTS.has(answer.status)) return answer
      if (redirects >= REDIRECTS_MAX) throw lost(request.path, 'is redirected again and again')
      url = nextUrl(request.path, url, answer.headers.get('location'))
    }
  }

  async #firstUrl({ path, isFolder }: HttpRead): Promise<URL> {
    const url = urlOf(httpLocation(path))
    if (isFolder === true) url.pathname = `${url.pathname.replace(/\/+$/, '')}/`
    const { query, sign } = this.config
    if (query !== undefined && this.#isOwn(url)) url.search = query.expose()
    if (sign === undefined) return url
    const signed = await sign(url.href)
    if (typeof signed !== 'string' || !URL.canParse(signed)) {
      throw lost(path, 'cannot be asked for: `sign` gave no URL')
    }
    const target = new URL(signed)
    if (!/^https?:$/.test(target.protocol)) {
      throw lost(path, 'cannot be asked for: `sign` gave a URL that is not of HTTP')
    }
    return target
  }

  #isOwn(url: URL): boolean {
    return url.origin === this.config.origin
  }

  #ask(
    request: HttpRead,
    url: URL,
    secrets: Awaited<ReturnType<HttpConfig['headers']>>,
    redirect?: 'follow',
  ): Promise<HttpAnswer | NoAnswer> {
    const { method, range, maxBytes, signal, limitName } = request
    // Browsers take this header from nobody: with a range they ask for bytes as they are.
    const headers = new Map([['accept-encoding', 'identity']])
    if (range !== undefined) headers.set('range', `bytes=${range[0]}-${range[1] ?? ''}`)
    if (this.#isOwn(url)) for (const [name, value] of secrets) headers.set(name, value.expose())
    return sendOnce({
      method,
      url,
      headers,
      signal,
      timeoutMs: this.config.timeoutMs,
      maxBytes: Math.max(maxBytes, ANSWER_MIN_BYTES),
      limitName,
      ...(redirect && { redirect }),
      ...(!IMMUTABLE.test(request.path) && { cache: 'no-cache' }),
    })
  }

  /** In a browser: it follows by itself, and would take our headers along. */
  #followed(
    request: HttpRead,
    url: URL,
    secrets: Awaited<ReturnType<HttpConfig['headers']>>,
  ): Promise<HttpAnswer | NoAnswer> {
    if (secrets.size > 0 && this.#isOwn(url)) {
      throw lost(
        request.path,
        'is redirected, and a browser would send the `headers` along; name the place where it leads',
      )
    }
    return this.#ask(request, url, secrets, 'follow')
  }
}

/** Where a redirect leads. Nothing is sent in the clear that was asked for in secret. */
function nextUrl(path: string, from: URL, target: string | null): URL {
  if (target === null || !URL.canParse(target, from)) {
    throw lost(path, 'is redirected, but not to a URL')
  }
  const url = new URL(target, from)
  if (url.protocol !== 'https:' && (url.protocol !== 'http:' || from.protocol === 'https:')) {
    throw lost(
      path,
      `is redirected from ${from.protocol} to ${url.protocol}, which is not followed`,
    )
  }
  return url
}

function lost(path: string, why: string): StoreUnavailable {
  return new StoreUnavailable(`${shownLocation(path)} ${why}`, {
    details: { path: shownLocation(path) },
  })
}

function noAnswer(path: string, answer: NoAnswer): MoraineError {
  const { cause } = answer
  if (cause instanceof MoraineError) return cause
  return new StoreUnavailable(
    `cannot read ${shownLocation(path)}: ${whyNoAnswer(answer)}${corsHint(path)}`,
    { cause, details: { path: shownLocation(path) } },
  )
}

/** A browser hides why it refused an answer; most often it is this. */
function corsHint(path: string): string {
  const page = (globalThis as { readonly location?: { readonly origin?: string } }).location?.origin
  if (page === undefined || page === urlOf(httpLocation(path)).origin) return ''
  return (
    `; if it is up, it does not let pages of ${page} read: it must answer with ` +
    '`Access-Control-Allow-Origin`, and with `Access-Control-Expose-Headers: Content-Range, ETag`'
  )
}

const ADVICE = new Map([
  [401, 'the server wants credentials; give them with `http: { headers, origin }`'],
  [
    403,
    'access is denied; check the credentials, or set `http: { forbiddenIsMissing: true }` where missing files are answered so',
  ],
  [429, 'the server asks for fewer requests; try again later'],
  [503, 'the server asks for fewer requests; try again later'],
])

/** The moraine error for an answer that is not what was asked for. */
export function httpError(answer: HttpAnswer, path: string): StoreUnavailable {
  const { status } = answer
  const advice = ADVICE.get(status) ?? (status >= 500 ? 'the server failed' : 'the server refused')
  return new StoreUnavailable(`cannot read ${shownLocation(path)}: ${status}: ${advice}`, {
    details: { path: shownLocation(path), status, retryAfterMs: retryAfterMs(answer.headers) },
  })
}
