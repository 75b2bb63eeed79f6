/**
 * One HTTP request, and the repetition of requests that may be repeated. Redirects are never
 * followed here, so nothing that was signed for one origin goes to another.
 */
import type { Env } from '../env/env.js'
import { throwIfAborted } from '../env/system-env.js'
import { InvalidArgument, LimitExceeded, StoreUnavailable } from '../errors.js'
import { concatBytes } from '../util/bytes.js'
import { shownLocation } from '../util/secret.js'

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: ReadonlyMap<string, string>
  readonly body?: Uint8Array | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until the answer begins, and of silence in it, besides a second for each 256 KiB sent. */
  readonly timeoutMs: number
  /** Bytes of an answer at most: the whole of it may take a second more for each 256 KiB. */
  readonly maxBytes: number
  /** The name of that bound in the error. */
  readonly limitName?: string | undefined
  /** Lets `fetch` follow redirects by itself, for want of another way. Never with anything secret. */
  readonly redirect?: 'follow'
  /** Has a browser ask whether what it keeps is still true. */
  readonly cache?: 'no-cache'
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
}

/** No answer came. `sent: false`: the request surely never reached the server. */
export interface NoAnswer {
  readonly status: 0
  readonly sent: boolean
  readonly cause: unknown
}

export function isNoAnswer(answer: HttpAnswer | NoAnswer): answer is NoAnswer {
  return 'sent' in answer
}

/** Errors of a connection that was never made. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/**
 * Sends once and reads the whole answer. Rejects only with `Aborted` (the caller's signal),
 * `LimitExceeded` for an answer over `maxBytes`, `InvalidArgument` for a header that cannot be sent;
 * everything else is a value.
 */
export async function sendOnce(request: HttpRequest): Promise<HttpAnswer | NoAnswer> {
  const { method, url, headers, body, signal } = request
  throwIfAborted(signal)
  checkHeaders(headers)
  const beginMs = request.timeoutMs + Math.ceil((body?.length ?? 0) / 256)
  const silence = new Silence(beginMs, request.timeoutMs)
  const wholeMs = beginMs + Math.min(Math.ceil(request.maxBytes / 256), WHOLE_MS_MAX)
  const signals = [silence.signal, AbortSignal.timeout(wholeMs)]
  try {
    const response = await fetch(url, {
      method,
      headers: [...headers] as [string, string][],
      redirect: request.redirect ?? 'manual',
      ...(request.cache && { cache: request.cache }),
      signal: AbortSignal.any(signal === undefined ? signals : [signal, ...signals]),
      // A view of shared memory is copied: fetch takes none.
      ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> }),
    })
    silence.broken()
    return {
      status: response.status,
      headers: response.headers,
      body: await boundedBody(response, request, silence),
    }
  } catch (cause) {
    throwIfAborted(signal)
    if (cause instanceof LimitExceeded) throw cause
    return { status: 0, sent: !NEVER_SENT.has(errorCode(cause)), cause }
  } finally {
    silence.end()
  }
}

/** What a header can carry: Latin-1 without control characters; white space at its ends is not sent. */
const HEADER_VALUE = /^[\t\n\r ]*[\t\x20-\x7e\x80-\xff]*[\t\n\r ]*$/

/** `fetch` would refuse it too, and quote the value, which may be a token, in its error. */
function checkHeaders(headers: ReadonlyMap<string, string>): void {
  for (const [name, value] of headers) {
    if (HEADER_VALUE.test(value)) continue
    throw new InvalidArgument(
      `the header \`${name}\` would hold a line break or a character that no header can; check the option or the credentials that it is made of`,
      { details: { header: name } },
    )
  }
}

/** Of an answer, however many bytes it may have. */
const WHOLE_MS_MAX = 600_000

/** Aborts when the other side has said nothing for too long. */
class Silence {
  readonly #controller = new AbortController()
  readonly #maxMs: number
  #timer: ReturnType<typeof setTimeout>

  constructor(firstMs: number, maxMs: number) {
    this.#maxMs = maxMs
    this.#timer = this.#start(firstMs)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  broken(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#start(this.#maxMs)
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #start(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#controller.abort(new StoreUnavailable(`the server was silent for ${ms} ms`))
    }, ms)
  }
}

async function boundedBody(
  response: Response,
  request: HttpRequest,
  silence: Silence,
): Promise<Uint8Array> {
  if (request.method === 'HEAD' || response.body === null) return new Uint8Array(0)
  // Of an encoded body it is the length before `fetch` decoded it.
  const encoded = (response.headers.get('content-encoding') ?? 'identity') !== 'identity'
  const announced = encoded ? null : response.headers.get('content-length')
  const tooLong = (actual: number): LimitExceeded => {
    const limit = request.limitName ?? 'maxBytes'
    return new LimitExceeded(
      `${shownLocation(request.url.href)} has ${actual} bytes, more than ${limit} allows`,
      { details: { limit, max: request.maxBytes, actual } },
    )
  }
  if (announced !== null && Number(announced) > request.maxBytes) {
    await response.body.cancel().catch(() => undefined)
    throw tooLong(Number(announced))
  }
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    silence.broken()
    chunks.push(value)
    length += value.length
    if (length > request.maxBytes) {
      await reader.cancel().catch(() => undefined)
      throw tooLong(length)
    }
  }
  if (announced !== null && Number(announced) !== length) {
    throw new StoreUnavailable(`the answer has ${length} bytes of ${announced}`)
  }
  return concatBytes(chunks)
}

function errorCode(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return ''
  return String(cause.code)
}

/** Errors of a connection that was made, but is none to trust. */
const INSECURE = /^(?:CERT_|ERR_SSL_|ERR_TLS_|EPROTO$)|CERT|SIGNATURE/

/** Why no answer came, and what to do: by the system's word for it, which holds nothing secret. */
export function whyNoAnswer({ cause }: NoAnswer): string {
  if (cause instanceof StoreUnavailable) return cause.message
  if (cause instanceof DOMException && cause.name === 'TimeoutError') {
    return 'the server gave its whole answer not in time'
  }
  const code = errorCode(cause)
  if (NEVER_SENT.has(code)) {
    return `the server cannot be reached (${code}); check the address and the network`
  }
  if (!/^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return 'the server gave no whole answer'
  return INSECURE.test(code)
    ? `no secure connection comes about (${code}); check the certificate, and whether the server speaks https`
    : `the server gave no whole answer (${code})`
}

/** What may succeed when it is asked again. */
export function isPassing(status: number): boolean {
  return status === 0 || status === 408 || status === 429 || status >= 500
}

/** Milliseconds that the answer asks to wait, given as seconds or as a date beside its own; undefined for none. */
export function retryAfterMs(headers: Headers): number | undefined {
  const asked = headers.get('retry-after')?.trim() ?? ''
  if (asked === '') return undefined
  const seconds = /^\d{1,9}(\.\d{1,3})?$/.test(asked) ? Number(asked) : undefined
  if (seconds !== undefined) return seconds * 1000
  // Of the server's clock too: ours may be another.
  const ms = Date.parse(asked) - Date.parse(headers.get('date') ?? '')
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/** The same, for a `Retrier`. */
export function retryAfter(answer: HttpAnswer | NoAnswer): number | undefined {
  return isNoAnswer(answer) ? undefined : retryAfterMs(answer.headers)
}

/** Retries that a store may still make: each costs one, each success gives a tenth back. */
const BUDGET_MAX = 100
const DELAY_MS = 100
const DELAY_MAX_MS = 20_000

/** Repeats requests with full jitter, `Retry-After`, and a budget that many calls share. */
export class Retrier {
  readonly #env: Env
  readonly #maxAttempts: number
  #budget = BUDGET_MAX

  constructor(env: Env, maxAttempts: number) {
    this.#env = env
    this.#maxAttempts = maxAttempts
  }

  /** `attempt` is told how many went before, and gives the answer of one. */
  async run<T extends { readonly status: number }>(
    attempt: (before: number) => Promise<T>,
    waitMs: (answer: T) => number | undefined,
    signal?: AbortSignal,
  ): Promise<T> {
    for (let before = 0; ; before++) {
      const answer = await attempt(before)
      if (!isPassing(answer.status) || answer.status === 501) {
        this.#budget = Math.min(BUDGET_MAX, this.#budget + 0.1)
        return answer
      }
      if (before + 1 >= this.#maxAttempts || this.#budget < 1) return answer
      this.#budget -= 1
      await this.pause(before, waitMs(answer), signal)
    }
  }

  /** `leastMs`: what the server asked for, of which it gets no more than the longest pause. */
  async pause(before: number, leastMs: number | undefined, signal?: AbortSignal): Promise<void> {
    const random = new DataView(this.#env.randomBytes(4).slice().buffer).getUint32(0) / 2 ** 32
    const jitter = random * Math.min(DELAY_MAX_MS, DELAY_MS * 2 ** before)
    const least = Math.min(leastMs ?? 0, DELAY_MAX_MS)
    await this.#env.sleep(least + jitter, signal)
  }
}
