/**
 * Access tokens for the key of a service account (RFC 7523): an assertion signed with it is given
 * for a token that ends within an hour. Pure but for WebCrypto; the request is the caller's.
 */
import { encodeJson, stringifyJson } from '../../codec/json/stringify.js'
import { jsonInt, jsonObject } from '../../codec/json/value.js'
import { InvalidArgument } from '../../errors.js'
import { fromBase64, toBase64 } from '../../util/base64.js'
import type { Secret } from '../../util/secret.js'
import { encodeUtf8 } from '../../util/utf8.js'

/** What a key file of type `service_account` says, so far as it is used. */
export interface ServiceAccount {
  readonly clientEmail: string
  readonly privateKey: Secret
  readonly privateKeyId: string | undefined
  readonly tokenUri: string
}

const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write'
const LIFETIME_S = 3600

/** The body of the request to `tokenUri`. Throws `InvalidArgument` when the private key is none. */
export async function tokenRequest(account: ServiceAccount, nowMs: number): Promise<Uint8Array> {
  const nowS = Math.floor(nowMs / 1000)
  const header = jsonObject([
    ['alg', 'RS256'],
    ['typ', 'JWT'],
    ['kid', account.privateKeyId],
  ])
  const claims = jsonObject([
    ['iss', account.clientEmail],
    ['scope', SCOPE],
    ['aud', account.tokenUri],
    ['iat', jsonInt(nowS)],
    ['exp', jsonInt(nowS + LIFETIME_S)],
  ])
  const signed = `${base64Url(encodeJson(header))}.${base64Url(encodeUtf8(stringifyJson(claims)))}`
  const signature = await sign(account.privateKey, encodeUtf8(signed))
  const grant = encodeURIComponent('urn:ietf:params:oauth:grant-type:jwt-bearer')
  return encodeUtf8(`grant_type=${grant}&assertion=${signed}.${base64Url(signature)}`)
}

async function sign(privateKey: Secret, text: Uint8Array): Promise<Uint8Array> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  const { subtle } = globalThis.crypto
  const pkcs8 = fromPem(privateKey.expose())
  try {
    const key = await subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
    return new Uint8Array(await subtle.sign(algorithm, key, text as Uint8Array<ArrayBuffer>))
  } catch {
    // What the engine says may quote the key.
    throw badKey()
  }
}

function fromPem(pem: string): Uint8Array<ArrayBuffer> {
  const body = /-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----/.exec(pem)?.[1]
  const bytes = body === undefined ? undefined : fromBase64(body.replace(/\s+/g, ''))
  if (bytes === undefined) throw badKey()
  return bytes.slice()
}

function badKey(): InvalidArgument {
  return new InvalidArgument(
    "the service account's private key is no PKCS #8 RSA key in PEM; download the key file again",
  )
}

function base64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
