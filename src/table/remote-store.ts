import type { Env } from '../env/env.js'
import { InvalidArgument } from '../errors.js'
import type { S3Options } from '../store/s3/config.js'
import type { Store } from '../store/store.js'

const S3_SCHEME = /^s3[an]?:\/\//i

/**
 * The store of a location that is not local, loaded only now; undefined for every other location.
 * Throws `InvalidArgument` when the options are those of another kind of store.
 */
export async function remoteStore(
  location: string,
  options: { readonly s3?: S3Options | undefined; readonly unsafeNoSync?: boolean | undefined },
  env: Env,
): Promise<Store | undefined> {
  if (typeof location !== 'string' || !S3_SCHEME.test(location)) {
    if (options.s3 === undefined) return undefined
    throw new InvalidArgument('option `s3` goes with an s3:// location', {
      details: { option: 's3' },
    })
  }
  if (options.unsafeNoSync === true) {
    throw new InvalidArgument('option `unsafeNoSync` is for local folders only', {
      details: { option: 'unsafeNoSync' },
    })
  }
  const { s3Store } = await import('../store/s3/s3.js')
  return s3Store(options.s3, env)
}
