/** `moraine/s3`: the store of `s3://` locations, for programs that make their own. */
export type { Store } from '../store.js'
export type { S3Options } from './config.js'
export type { S3CredentialSource, S3Credentials } from './credentials.js'
export { s3Store } from './s3.js'
