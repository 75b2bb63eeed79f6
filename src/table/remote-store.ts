import type { Env } from '../env/env.js'
import { InvalidArgument } from '../errors.js'
import type { AzureOptions } from '../store/azure/config.js'
import type { GcsOptions } from '../store/gcs/config.js'
import type { S3Options } from '../store/s3/config.js'
import type { Store } from '../store/store.js'
import { shownLocation } from '../util/secret.js'

/** How the stores of other machines are reached; each option goes with its own kind of location. */
export interface RemoteOptions {
  /** Region, endpoint, credentials … of `s3://` locations. Without it the environment decides. */
  readonly s3?: S3Options
  /** Credentials, endpoint … of `gs://` locations. Without it the environment decides. */
  readonly gcs?: GcsOptions
  /** Account, endpoint, credentials … of `abfss://`, `wasbs://` and `az://` locations. Without it the environment decides. */
  readonly azure?: AzureOptions
}

export const REMOTE_OPTIONS = ['s3', 'gcs', 'azure'] as const

interface Kind {
  readonly scheme: RegExp
  /** As errors call its locations. */
  readonly named: string
  /** Its code is loaded only now. */
  readonly open: (options: RemoteOptions, env: Env) => Promise<Store>
}

const KINDS: Readonly<Record<keyof RemoteOptions, Kind>> = {
  s3: {
    scheme: /^s3[an]?:\/\//i,
    named: 'an s3://',
    open: async ({ s3 }, env) => (await import('../store/s3/s3.js')).s3Store(s3, env),
  },
  gcs: {
    scheme: /^gs:\/\//i,
    named: 'a gs://',
    open: async ({ gcs }, env) => (await import('../store/gcs/gcs.js')).gcsStore(gcs, env),
  },
  azure: {
    scheme: /^(?:abfss?|wasbs?|az):\/\//i,
    named: 'an abfss://, wasbs:// or az://',
    open: async ({ azure }, env) =>
      (await import('../store/azure/azure.js')).azureStore(azure, env),
  },
}

/**
 * The store of a location that is not local, loaded only now; undefined for every other location.
 * Throws `InvalidArgument` when the options are those of another kind of store, and for a query.
 */
export async function remoteStore(
  location: string,
  options: RemoteOptions & { readonly unsafeNoSync?: boolean | undefined },
  env: Env,
): Promise<Store | undefined> {
  const kind = REMOTE_OPTIONS.find(
    (name) => typeof location === 'string' && KINDS[name].scheme.test(location),
  )
  for (const option of REMOTE_OPTIONS) {
    if (option === kind || options[option] === undefined) continue
    throw new InvalidArgument(`option \`${option}\` goes with ${KINDS[option].named} location`, {
      details: { option },
    })
  }
  if (kind === undefined) return undefined
  refuseQuery(location, kind)
  if (options.unsafeNoSync === true) {
    throw new InvalidArgument('option `unsafeNoSync` is for local folders only', {
      details: { option: 'unsafeNoSync' },
    })
  }
  return KINDS[kind].open(options, env)
}

/** What stands there is mostly a signature that was meant to allow the requests. */
function refuseQuery(location: string, kind: keyof RemoteOptions): void {
  if (!location.includes('?')) return
  throw new InvalidArgument(
    `the location ${shownLocation(location)} has a query; what allows the requests is passed as \`${kind}: { credentials }\``,
    { details: { path: shownLocation(location) } },
  )
}
