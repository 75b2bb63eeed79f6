/**
 * AWS Signature Version 4 for one request: the hash of the body is part of what is signed, so a
 * body that changes on the way is refused. Pure; the clock and the keys are passed in.
 */
import { toHex } from '../../util/bytes.js'
import { hmacSha256 } from '../../util/hmac.js'
import { sha256Hex } from '../../util/sha256.js'
import { encodeUtf8 } from '../../util/utf8.js'

export interface SigningKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
}

export interface RequestToSign {
  readonly method: string
  /** Its path and query are percent-encoded already, as {@link encodeRfc3986} does. */
  readonly url: URL
  /** Lower-case names. All of them are signed. */
  readonly headers: ReadonlyMap<string, string>
  /** SHA-256 of the body, hexadecimal. */
  readonly bodyHash: string
}

/** The headers of the request with `x-amz-date`, `x-amz-content-sha256` and `authorization` added. */
export function signRequest(
  request: RequestToSign,
  keys: SigningKeys,
  scope: { readonly region: string; readonly service: string; readonly nowMs: number },
): Map<string, string> {
  const stamp = new Date(scope.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = stamp.slice(0, 8)
  const headers = new Map(request.headers)
  headers.set('x-amz-date', stamp)
  headers.set('x-amz-content-sha256', request.bodyHash)
  if (keys.sessionToken !== undefined) headers.set('x-amz-security-token', keys.sessionToken)
  const signed = [...headers, ['host', request.url.host] as const].sort(([a], [b]) =>
    a < b ? -1 : 1,
  )
  const names = signed.map(([name]) => name).join(';')
  const canonical = [
    request.method,
    request.url.pathname,
    canonicalQuery(request.url),
    ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, ' ')}`),
    '',
    names,
    request.bodyHash,
  ].join('\n')
  const credential = `${day}/${scope.region}/${scope.service}/aws4_request`
  const text = `AWS4-HMAC-SHA256\n${stamp}\n${credential}\n${sha256Hex(encodeUtf8(canonical))}`
  let key: Uint8Array = encodeUtf8(`AWS4${keys.secretAccessKey}`)
  for (const part of [day, scope.region, scope.service, 'aws4_request']) {
    key = hmacSha256(key, encodeUtf8(part))
  }
  const signature = toHex(hmacSha256(key, encodeUtf8(text)))
  headers.set(
    'authorization',
    `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${credential}, SignedHeaders=${names}, Signature=${signature}`,
  )
  return headers
}

/** Percent-encodes everything but `A-Z a-z 0-9 - . _ ~`. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function canonicalQuery(url: URL): string {
  const query = url.search.slice(1)
  if (query === '') return ''
  return query
    .split('&')
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort()
    .join('&')
}
