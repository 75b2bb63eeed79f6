/** `moraine/gcs`: the store of `gs://` locations, for programs that make their own. */
export type { Store } from '../store.js'
export type { GcsOptions } from './config.js'
export type { GcsCredentialSource, GcsCredentials } from './credentials.js'
export { gcsStore } from './gcs.js'
