/** What a request is allowed by, and when it is asked for again. */
import type { Env } from '../../env/env.js'
import { InvalidArgument, Unsupported } from '../../errors.js'
import { Secret } from '../../util/secret.js'
import { endsMsOf } from '../expiration.js'
import { environment, type Lasting, Refreshed } from '../refreshed.js'
import type { ConnectionString } from './connection-string.js'

/** One of an account key, a shared access signature, and a bearer token of Microsoft Entra ID. */
export type AzureCredentials =
  | { readonly accountKey: string | Secret }
  | {
      /** `sv=…&sig=…`, with or without the question mark. */
      readonly sasToken: string | Secret
      /** When it ends. Asked for again five minutes before. */
      readonly expiration?: Date | undefined
    }
  | {
      /** For the resource `https://storage.azure.com/`. */
      readonly token: string | Secret
      readonly expiration?: Date | undefined
    }

/** Credentials, a function that gives them, or `'anonymous'` for public containers. */
export type AzureCredentialSource =
  | AzureCredentials
  | (() => Promise<AzureCredentials>)
  | 'anonymous'

export type HeldCredentials =
  | { readonly kind: 'key'; readonly secret: Secret }
  | { readonly kind: 'sas'; readonly secret: Secret }
  | { readonly kind: 'token'; readonly secret: Secret }

/** An optional peer. Its name is not a literal in the import, so no bundler pulls it in. */
const CHAIN: string = '@azure/identity'
const SCOPE = 'https://storage.azure.com/.default'

interface TokenSource {
  getToken(scope: string): Promise<{ token: string; expiresOnTimestamp: number } | null>
}

/** Gives what the next request is allowed by; undefined for nothing. */
export class CredentialHolder {
  readonly #source: AzureCredentialSource | undefined
  readonly #connection: ConnectionString | undefined
  readonly #held: Refreshed<HeldCredentials>
  #chain: TokenSource | undefined

  constructor(
    source: AzureCredentialSource | undefined,
    connection: ConnectionString | undefined,
    env: Pick<Env, 'nowMs'>,
  ) {
    this.#source = source
    this.#connection = connection
    this.#held = new Refreshed('azure credentials', () => this.#ask(), env)
  }

  async current(): Promise<HeldCredentials | undefined> {
    return this.#source === 'anonymous' ? undefined : this.#held.current()
  }

  /** Others than `refused`; undefined when there are none to be had. */
  insteadOf(refused: HeldCredentials): Promise<HeldCredentials | undefined> {
    return this.#held.insteadOf(
      refused,
      (a, b) => a.kind === b.kind && a.secret.expose() === b.secret.expose(),
    )
  }

  async #ask(): Promise<Lasting<HeldCredentials>> {
    if (typeof this.#source === 'function') return heldOf(await this.#source())
    if (this.#source !== undefined) return heldOf(this.#source as AzureCredentials)
    const found = fromConnection(this.#connection) ?? fromEnvironment()
    return found === undefined ? this.#askChain() : heldOf(found)
  }

  /** Environment, workload and managed identity, Azure CLI …: the official chain. */
  async #askChain(): Promise<Lasting<HeldCredentials>> {
    this.#chain ??= await loadChain()
    const given = await this.#chain.getToken(SCOPE)
    if (given === null) {
      throw new Unsupported('azure-credential-chain', `${CHAIN} gave no token; log in again`)
    }
    const value = { kind: 'token', secret: Secret.of(given.token) } as const
    return { value, endsMs: given.expiresOnTimestamp }
  }
}

async function loadChain(): Promise<TokenSource> {
  let peer: { readonly DefaultAzureCredential?: new () => TokenSource }
  try {
    peer = await import(CHAIN)
  } catch {
    throw new Unsupported(
      'azure-credential-chain',
      'azure needs credentials: set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or ' +
        "AZURE_STORAGE_SAS_TOKEN, pass `azure: { credentials }` ('anonymous' for public containers), " +
        `or install ${CHAIN} for managed and workload identities and the Azure CLI's login`,
    )
  }
  if (peer.DefaultAzureCredential === undefined) {
    throw new Unsupported(
      'azure-credential-chain',
      `${CHAIN} has no DefaultAzureCredential; update it`,
    )
  }
  return new peer.DefaultAzureCredential()
}

function heldOf(given: AzureCredentials): Lasting<HeldCredentials> {
  if (typeof given === 'object' && given !== null) {
    const endsMs = endsMsOf('expiration' in given ? given.expiration : undefined)
    if ('accountKey' in given) {
      return { value: { kind: 'key', secret: Secret.of(given.accountKey) }, endsMs }
    }
    if ('sasToken' in given) {
      const query = Secret.of(given.sasToken).expose().replace(/^\?/, '')
      return { value: { kind: 'sas', secret: new Secret(query) }, endsMs }
    }
    if ('token' in given)
      return { value: { kind: 'token', secret: Secret.of(given.token) }, endsMs }
  }
  throw new InvalidArgument('azure credentials need one of `accountKey`, `sasToken` and `token`')
}

function fromConnection(connection: ConnectionString | undefined): AzureCredentials | undefined {
  if (connection?.accountKey !== undefined) return { accountKey: connection.accountKey }
  if (connection?.sasToken !== undefined) return { sasToken: connection.sasToken }
  return undefined
}

function fromEnvironment(): AzureCredentials | undefined {
  const accountKey = environment('AZURE_STORAGE_KEY')
  if (accountKey !== undefined) return { accountKey }
  const sasToken = environment('AZURE_STORAGE_SAS_TOKEN')
  return sasToken === undefined ? undefined : { sasToken }
}
