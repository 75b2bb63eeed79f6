import { InvalidArgument } from '../../errors.js'
import { checkChoice, checkOptions } from '../../util/check-options.js'
import { Secret } from '../../util/secret.js'

/** Headers of requests: a constant set, or a function that is asked before each request. */
export type HttpHeaders =
  | Readonly<Record<string, string>>
  | (() => Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>)

export interface HttpOptions {
  /**
   * Sent to `origin` only, whatever a redirect or the table's metadata say: an `Authorization`, an
   * API key. Never shown.
   */
  readonly headers?: HttpHeaders
  /** The query that every URL of `origin` gets: a shared-access signature, a signed policy. Never shown. */
  readonly query?: string
  /** Where `headers` and `query` go: `https://host`. `openTable` takes that of its location. */
  readonly origin?: string
  /** Gives the URL that is asked in place of this one: signed in advance, or on another host. */
  readonly sign?: (url: string) => Promise<string> | string
  /** 403 means that there is no such file, as where a bucket may be read but not listed. Default false. */
  readonly forbiddenIsMissing?: boolean
  /** Largest file that is read whole from a server that has no ranges, bytes. Default 32 MiB. */
  readonly wholeMaxBytes?: number
  /** Attempts of one request. Default 4. */
  readonly maxAttempts?: number
  /** Milliseconds for one attempt, besides a second for each 256 KiB. Default 30000. */
  readonly timeoutMs?: number
}

export interface HttpConfig {
  readonly headers: () => Promise<ReadonlyMap<string, Secret>>
  readonly query: Secret | undefined
  readonly origin: string | undefined
  readonly sign: ((url: string) => Promise<string> | string) | undefined
  readonly forbiddenIsMissing: boolean
  readonly wholeMaxBytes: number
  readonly maxAttempts: number
  readonly timeoutMs: number
}

const OPTIONS = [
  'headers',
  'query',
  'origin',
  'sign',
  'forbiddenIsMissing',
  'wholeMaxBytes',
  'maxAttempts',
  'timeoutMs',
] as const
/** Made by the adapter itself, and what they say would no longer be true. */
const OWN_HEADERS = new Set(['range', 'if-match', 'accept-encoding', 'host', 'content-length'])
const MiB = 1024 * 1024

/** Throws `InvalidArgument` naming the option that cannot be meant. */
export function resolveConfig(options: HttpOptions): HttpConfig {
  checkOptions(options, OPTIONS, 'http')
  const { headers, query, sign } = options
  checkChoice(options.forbiddenIsMissing, 'forbiddenIsMissing', [true, false], 'http')
  const origin = options.origin === undefined ? undefined : originOf(options.origin)
  if (query !== undefined && typeof query !== 'string') bad('query', 'a text such as `a=1&b=2`')
  if (sign !== undefined && typeof sign !== 'function') bad('sign', 'a function of a URL')
  if ((headers !== undefined || query !== undefined) && origin === undefined) {
    bad('origin', 'given with `headers` or `query`: it says where they may go')
  }
  // A constant set is checked at once.
  const constant = typeof headers === 'function' ? undefined : checkedHeaders(headers ?? {})
  return {
    headers: async () =>
      constant ?? checkedHeaders(typeof headers === 'function' ? await headers() : {}),
    query: query === undefined || query === '' ? undefined : new Secret(query.replace(/^\?/, '')),
    origin,
    sign,
    forbiddenIsMissing: options.forbiddenIsMissing === true,
    wholeMaxBytes: whole(options.wholeMaxBytes, 'wholeMaxBytes', 0, 2 ** 31) ?? 32 * MiB,
    maxAttempts: whole(options.maxAttempts, 'maxAttempts', 1, 100) ?? 4,
    timeoutMs: whole(options.timeoutMs, 'timeoutMs', 1, 3_600_000) ?? 30_000,
  }
}

function checkedHeaders(headers: unknown): ReadonlyMap<string, Secret> {
  if (typeof headers !== 'object' || headers === null) return bad('headers', 'an object of texts')
  const checked = new Map<string, Secret>()
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase()
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key) || OWN_HEADERS.has(key)) {
      bad('headers', `without \`${name.slice(0, 100)}\`, which is no header that can be given`)
    }
    // The value is a secret: it is not shown.
    if (typeof value !== 'string' || !/^[\t\x20-\x7e]*$/.test(value)) {
      bad('headers', `of printable ASCII texts; \`${name.slice(0, 100)}\` is not`)
    }
    checked.set(key, new Secret(value))
  }
  return checked
}

function originOf(text: unknown): string {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return bad('origin', 'an http:// or https:// URL')
  }
  return url.origin
}

function whole(value: unknown, option: string, min: number, max: number): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) {
    return value
  }
  return bad(option, `a whole number from ${min} to ${max}`)
}

function bad(option: string, want: string): never {
  throw new InvalidArgument(`http: option \`${option}\` must be ${want}`, {
    details: { where: 'http', option },
  })
}
