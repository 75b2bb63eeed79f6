import { InvalidArgument } from '../../errors.js'
import { Secret } from '../../util/secret.js'

/** What a connection string says. */
export interface ConnectionString {
  readonly account: string | undefined
  readonly accountKey: Secret | undefined
  readonly sasToken: Secret | undefined
  /** Of the Blob service; undefined for that of the public cloud. */
  readonly endpoint: string | undefined
}

/** What the emulator's `UseDevelopmentStorage=true` stands for: published, and the same everywhere. */
const EMULATOR_KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='

/**
 * `DefaultEndpointsProtocol=https;AccountName=…;AccountKey=…;EndpointSuffix=core.windows.net`, with
 * `BlobEndpoint=` or `SharedAccessSignature=` in place of what it would be made of.
 *
 * @throws InvalidArgument, which shows nothing of it.
 */
export function parseConnectionString(text: Secret): ConnectionString {
  const fields = new Map<string, string>()
  for (const part of text.expose().split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0) fields.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1))
  }
  if (fields.get('usedevelopmentstorage') === 'true') {
    return {
      account: 'devstoreaccount1',
      accountKey: new Secret(EMULATOR_KEY),
      sasToken: undefined,
      endpoint: 'http://127.0.0.1:10000/devstoreaccount1',
    }
  }
  const secret = (name: string): Secret | undefined => {
    const value = fields.get(name)
    return value === undefined || value === '' ? undefined : new Secret(value)
  }
  const account = fields.get('accountname')
  const stated = fields.get('blobendpoint')
  if (account === undefined && stated === undefined) {
    throw new InvalidArgument(
      'the Azure connection string has neither `AccountName` nor `BlobEndpoint`; copy it whole from the portal',
      { details: { option: 'connectionString' } },
    )
  }
  const protocol = fields.get('defaultendpointsprotocol') ?? 'https'
  const suffix = fields.get('endpointsuffix') ?? 'core.windows.net'
  return {
    account: account ?? accountIn(stated as string),
    accountKey: secret('accountkey'),
    sasToken: secret('sharedaccesssignature'),
    endpoint: stated?.replace(/\/+$/, '') ?? `${protocol}://${account}.blob.${suffix}`,
  }
}

/** The first label of a host such as `account.blob.core.windows.net`. */
function accountIn(endpoint: string): string | undefined {
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname : ''
  return /^([a-z0-9-]{3,50})\.blob\./.exec(host)?.[1]
}
