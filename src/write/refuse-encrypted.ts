import { Unsupported } from '../errors.js'
import type { TableMetadata } from '../format/model.js'

/** The table property that names the key of an encrypted table (spec: "Encryption Keys"). */
const KEY_PROPERTY = 'encryption.key-id'

/**
 * Throws `Unsupported('encryption')` for a table whose files are to be encrypted: plain ones would
 * lay open what somebody wants hidden.
 */
export function refuseEncrypted(metadata: TableMetadata): void {
  const encrypted = metadata.properties.has(KEY_PROPERTY) || metadata.encryptionKeys.length > 0
  if (!encrypted) return
  throw new Unsupported(
    'encryption',
    `the table in ${metadata.location} is encrypted (it has ${KEY_PROPERTY} or encryption keys), and only plain files are written`,
    { details: { path: metadata.location } },
  )
}
