/** The JSON key files that Google's tools write. */
import { ObjectReader } from '../../codec/json/object-reader.js'
import { parseJson } from '../../codec/json/parse.js'
import { defaultLimits } from '../../env/limits.js'
import { InvalidArgument, MoraineError } from '../../errors.js'
import { Secret } from '../../util/secret.js'
import type { ServiceAccount } from './service-account.js'

const TOKEN_URI = 'https://oauth2.googleapis.com/token'

/**
 * The service account of a key file; undefined for one of another type, which the official library
 * understands.
 *
 * @throws InvalidArgument, which shows nothing of the file but `shown`.
 */
export function parseKeyFile(text: Uint8Array | string, shown: string): ServiceAccount | undefined {
  try {
    const file = new ObjectReader(parseJson(text, { limits: defaultLimits }))
    if (file.optString('type') !== 'service_account') return undefined
    const tokenUri = file.optString('token_uri') ?? TOKEN_URI
    if (!URL.canParse(tokenUri) || !/^https:\/\//i.test(tokenUri)) {
      throw new InvalidArgument(`${shown} names a \`token_uri\` that is no https URL`)
    }
    return {
      clientEmail: file.string('client_email'),
      privateKey: new Secret(file.string('private_key')),
      privateKeyId: file.optString('private_key_id'),
      tokenUri,
    }
  } catch (error) {
    if (error instanceof InvalidArgument) throw error
    // What the parser complains of may be part of a key.
    const why = error instanceof MoraineError ? '' : ' readable'
    throw new InvalidArgument(
      `${shown} is no${why} key file of a service account; download it again`,
    )
  }
}
