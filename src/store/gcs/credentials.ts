/** What a request is allowed by, and when it is asked for again. */
import { ObjectReader } from '../../codec/json/object-reader.js'
import { parseJson } from '../../codec/json/parse.js'
import type { Env } from '../../env/env.js'
import { defaultLimits } from '../../env/limits.js'
import { nativeReadFile } from '../../env/native-file.js'
import { InvalidArgument, StoreUnavailable, Unsupported } from '../../errors.js'
import { Secret } from '../../util/secret.js'
import { endsMsOf } from '../expiration.js'
import { environment, type Lasting, Refreshed } from '../refreshed.js'
import { isNoAnswer, Retrier, retryAfter, sendOnce } from '../transport.js'
import { parseKeyFile } from './key-file.js'
import { type ServiceAccount, tokenRequest } from './service-account.js'

/** One of an access token, and the JSON text of a service account's key file. */
export type GcsCredentials =
  | {
      /** For the scope `https://www.googleapis.com/auth/devstorage.read_write`. */
      readonly accessToken: string | Secret
      /** When it ends. Asked for again five minutes before. */
      readonly expiration?: Date | undefined
    }
  | { readonly serviceAccountKey: string | Secret }

/** Credentials, a function that gives them, or `'anonymous'` for public buckets. */
export type GcsCredentialSource = GcsCredentials | (() => Promise<GcsCredentials>) | 'anonymous'

/** An optional peer. Its name is not a literal in the import, so no bundler pulls it in. */
const CHAIN: string = 'google-auth-library'
const SCOPE = 'https://www.googleapis.com/auth/devstorage.read_write'
/** What the chain gives tells no end: it keeps its tokens, and renews them by itself. */
const CHAIN_LASTS_MS = 6 * 60_000
const TOKEN_TIMEOUT_MS = 30_000
/** Of an exchange for a token, which may be asked for any number of times. */
const TOKEN_ATTEMPTS = 4

interface TokenSource {
  getAccessToken(): Promise<string | null | undefined>
}

/** Gives the bearer token of the next request; undefined for none. */
export class CredentialHolder {
  readonly #source: GcsCredentialSource | undefined
  readonly #anonymous: boolean
  readonly #env: Env
  readonly #retrier: Retrier
  readonly #held: Refreshed<Secret>
  #chain: TokenSource | undefined

  /** `isEmulator`: nothing is asked for unless it is given. */
  constructor(source: GcsCredentialSource | undefined, isEmulator: boolean, env: Env) {
    this.#source = source
    this.#anonymous = source === 'anonymous' || (isEmulator && source === undefined)
    this.#env = env
    this.#retrier = new Retrier(env, TOKEN_ATTEMPTS)
    this.#held = new Refreshed('gcs credentials', () => this.#ask(), env)
  }

  async current(): Promise<Secret | undefined> {
    return this.#anonymous ? undefined : this.#held.current()
  }

  /** Another token than `refused`; undefined when there is none to be had. */
  insteadOf(refused: Secret): Promise<Secret | undefined> {
    return this.#held.insteadOf(refused, (a, b) => a.expose() === b.expose())
  }

  async #ask(): Promise<Lasting<Secret>> {
    if (typeof this.#source === 'function') return this.#tokenOf(await this.#source())
    if (this.#source !== undefined) return this.#tokenOf(this.#source as GcsCredentials)
    const account = await fromEnvironment()
    return account === undefined ? this.#askChain() : this.#exchange(account)
  }

  async #tokenOf(given: GcsCredentials): Promise<Lasting<Secret>> {
    if (typeof given === 'object' && given !== null && 'accessToken' in given) {
      const endsMs = endsMsOf(given.expiration)
      return { value: Secret.of(given.accessToken), endsMs }
    }
    if (typeof given === 'object' && given !== null && 'serviceAccountKey' in given) {
      if (
        typeof given.serviceAccountKey !== 'string' &&
        !('expose' in Object(given.serviceAccountKey))
      ) {
        throw new InvalidArgument(
          '`serviceAccountKey` is the JSON text of a key file, not what was parsed from it',
        )
      }
      const key = Secret.of(given.serviceAccountKey)
      const account = parseKeyFile(key.expose(), '`serviceAccountKey`')
      if (account !== undefined) return this.#exchange(account)
      throw new InvalidArgument('`serviceAccountKey` is no key file of type `service_account`')
    }
    throw new InvalidArgument('gcs credentials need one of `accessToken` and `serviceAccountKey`')
  }

  async #exchange(account: ServiceAccount): Promise<Lasting<Secret>> {
    const nowMs = this.#env.nowMs()
    const request = {
      method: 'POST',
      url: new URL(account.tokenUri),
      headers: new Map([['content-type', 'application/x-www-form-urlencoded']]),
      body: await tokenRequest(account, nowMs),
      timeoutMs: TOKEN_TIMEOUT_MS,
      maxBytes: 64 * 1024,
    }
    const answer = await this.#retrier.run(() => sendOnce(request), retryAfter)
    if (isNoAnswer(answer) || answer.status !== 200) {
      const said = answer.status === 0 ? 'it did not answer' : `it answered ${answer.status}`
      throw new StoreUnavailable(
        `there is no token for the service account to be had at ${account.tokenUri}: ${said}; check the key and the clock`,
        { details: { status: answer.status } },
      )
    }
    const given = new ObjectReader(parseJson(answer.body, { limits: defaultLimits }), {
      path: account.tokenUri,
    })
    const endsMs = nowMs + given.int('expires_in') * 1000
    return { value: new Secret(given.string('access_token')), endsMs }
  }

  /** gcloud's login, workload identity, instance metadata …: the official chain. */
  async #askChain(): Promise<Lasting<Secret>> {
    this.#chain ??= await loadChain()
    const token = await this.#chain.getAccessToken()
    if (typeof token !== 'string') {
      throw new Unsupported('gcs-credential-chain', `${CHAIN} gave no token; log in again`)
    }
    return { value: new Secret(token), endsMs: this.#env.nowMs() + CHAIN_LASTS_MS }
  }
}

async function loadChain(): Promise<TokenSource> {
  let peer: { readonly GoogleAuth?: new (options: { scopes: string }) => TokenSource }
  try {
    peer = await import(CHAIN)
  } catch {
    throw new Unsupported(
      'gcs-credential-chain',
      'gcs needs credentials: set GOOGLE_APPLICATION_CREDENTIALS to the key file of a service ' +
        "account, pass `gcs: { credentials }` ('anonymous' for public buckets), or install " +
        `${CHAIN} for gcloud's login, workload identities and instance metadata`,
    )
  }
  if (peer.GoogleAuth === undefined) {
    throw new Unsupported('gcs-credential-chain', `${CHAIN} has no GoogleAuth; update it`)
  }
  return new peer.GoogleAuth({ scopes: SCOPE })
}

/** The service account of the file that the environment names; undefined for a file of another type. */
async function fromEnvironment(): Promise<ServiceAccount | undefined> {
  const path = environment('GOOGLE_APPLICATION_CREDENTIALS')
  if (path === undefined) return undefined
  const shown = `the file of GOOGLE_APPLICATION_CREDENTIALS (${path})`
  let text: Uint8Array | undefined
  try {
    text = await nativeReadFile(path)
  } catch {
    throw new InvalidArgument(`${shown} cannot be read`)
  }
  return text === undefined ? undefined : parseKeyFile(text, shown)
}
