/**
 * The `SharedKey` scheme of Azure's Blob service ("Authorize with Shared Key", version 2015-02-21
 * and later). Pure; the clock and the key are passed in.
 */
import { InvalidArgument } from '../../errors.js'
import { fromBase64, toBase64 } from '../../util/base64.js'
import { hmacSha256 } from '../../util/hmac.js'
import { encodeUtf8 } from '../../util/utf8.js'

export interface RequestToSign {
  readonly method: string
  /** As it is sent. */
  readonly url: URL
  /** Lower-case names; `x-ms-date` among them. */
  readonly headers: ReadonlyMap<string, string>
  readonly bodyBytes: number
}

/** The headers whose values are signed by their place, between method and `x-ms-` headers. */
const SIGNED = [
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-type',
  'date',
  'if-modified-since',
  'if-match',
  'if-none-match',
  'if-unmodified-since',
  'range',
] as const

/** The value of `authorization`. Throws `InvalidArgument` when the key is not base64. */
export function sharedKey(request: RequestToSign, account: string, accountKey: string): string {
  const key = fromBase64(accountKey.trim())
  if (key === undefined) {
    throw new InvalidArgument('the Azure account key is not base64; copy it whole from the portal')
  }
  const signature = toBase64(hmacSha256(key, encodeUtf8(stringToSign(request, account))))
  return `SharedKey ${account}:${signature}`
}

/** The text whose signature goes with the request. */
export function stringToSign(request: RequestToSign, account: string): string {
  const { method, url, headers, bodyBytes } = request
  const length = bodyBytes === 0 ? '' : String(bodyBytes)
  const plain = SIGNED.map((name) =>
    name === 'content-length' ? length : (headers.get(name) ?? ''),
  )
  const own = [...headers]
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value.trim().replace(/\s+/g, ' ')}`)
  return [method, ...plain, ...own, canonicalResource(url, account)].join('\n')
}

/** `/account/path` as sent, then each parameter decoded on a line of its own, by name. */
function canonicalResource(url: URL, account: string): string {
  const values = new Map<string, string[]>()
  for (const [name, value] of url.searchParams) {
    const same = values.get(name.toLowerCase())
    if (same === undefined) values.set(name.toLowerCase(), [value])
    else same.push(value)
  }
  const lines = [...values]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, all]) => `${name}:${all.sort().join(',')}`)
  return [`/${account}${url.pathname}`, ...lines].join('\n')
}
