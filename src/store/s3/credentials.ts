/** Where the keys come from, and when they are asked for again. */
import type { Env } from '../../env/env.js'
import { InvalidArgument, Unsupported } from '../../errors.js'
import { Secret } from '../../util/secret.js'
import { endsMsOf } from '../expiration.js'
import { environment, type Lasting, Refreshed } from '../refreshed.js'
import type { SigningKeys } from './sign.js'

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string | Secret
  readonly sessionToken?: string | Secret | undefined
  /** When they end. Asked for again five minutes before. */
  readonly expiration?: Date | undefined
}

/** Keys, a function that gives them, or `'anonymous'` for public buckets. */
export type S3CredentialSource = S3Credentials | (() => Promise<S3Credentials>) | 'anonymous'

/** An optional peer. Its name is not a literal in the import, so no bundler pulls it in. */
const CHAIN: string = '@aws-sdk/credential-provider-node'

export interface HeldKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  readonly sessionToken: Secret | undefined
}

/** The keys in the open: for the moment of signing only. */
export function signingKeys(held: HeldKeys): SigningKeys {
  const { accessKeyId, secretAccessKey, sessionToken } = held
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.expose(),
    sessionToken: sessionToken?.expose(),
  }
}

/** Gives the keys for the next request; undefined for none. */
export class CredentialHolder {
  readonly #source: S3CredentialSource | undefined
  readonly #keys: Refreshed<HeldKeys>
  #chain: (() => Promise<S3Credentials>) | undefined

  constructor(source: S3CredentialSource | undefined, env: Pick<Env, 'nowMs'>) {
    this.#source = source
    this.#keys = new Refreshed('s3 credentials', () => this.#ask(), env)
  }

  async current(): Promise<HeldKeys | undefined> {
    return this.#source === 'anonymous' ? undefined : this.#keys.current()
  }

  /** Others than `refused`; undefined when there are none to be had. */
  insteadOf(refused: HeldKeys): Promise<HeldKeys | undefined> {
    return this.#keys.insteadOf(
      refused,
      (a, b) =>
        a.accessKeyId === b.accessKeyId &&
        a.secretAccessKey.expose() === b.secretAccessKey.expose() &&
        a.sessionToken?.expose() === b.sessionToken?.expose(),
    )
  }

  async #ask(): Promise<Lasting<HeldKeys>> {
    const given = await this.#given()
    if (typeof given?.accessKeyId !== 'string' || given.secretAccessKey === undefined) {
      throw new InvalidArgument('s3 credentials need `accessKeyId` and `secretAccessKey`')
    }
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = given
    const value = {
      accessKeyId,
      secretAccessKey: Secret.of(secretAccessKey),
      sessionToken: sessionToken === undefined ? undefined : Secret.of(sessionToken),
    }
    return { value, endsMs: endsMsOf(expiration) }
  }

  async #given(): Promise<S3Credentials> {
    if (typeof this.#source === 'object') return this.#source
    if (typeof this.#source === 'function') return this.#source()
    // The keys of the environment do not stand in for what was meant otherwise.
    if (this.#source !== undefined) {
      throw new InvalidArgument(
        "s3: option `credentials` must be keys, an async function that gives them, or 'anonymous'",
        { details: { option: 'credentials' } },
      )
    }
    return fromEnvironment() ?? (await (await this.#officialChain())())
  }

  /** Profile, SSO, web identity, container and instance metadata: the official chain. */
  async #officialChain(): Promise<() => Promise<S3Credentials>> {
    if (this.#chain !== undefined) return this.#chain
    let peer: { readonly defaultProvider?: () => () => Promise<S3Credentials> }
    try {
      peer = await import(CHAIN)
    } catch {
      throw new Unsupported(
        's3-credential-chain',
        's3 needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, pass ' +
          "`s3: { credentials }` ('anonymous' for public buckets), or install " +
          `${CHAIN} for profiles, SSO, web identity and instance roles`,
      )
    }
    if (peer.defaultProvider === undefined) {
      throw new Unsupported('s3-credential-chain', `${CHAIN} has no defaultProvider; update it`)
    }
    this.#chain = peer.defaultProvider()
    return this.#chain
  }
}

function fromEnvironment(): S3Credentials | undefined {
  const accessKeyId = environment('AWS_ACCESS_KEY_ID')
  const secretAccessKey = environment('AWS_SECRET_ACCESS_KEY')
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  const sessionToken = environment('AWS_SESSION_TOKEN')
  return { accessKeyId, secretAccessKey, sessionToken }
}
