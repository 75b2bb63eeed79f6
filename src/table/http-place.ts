import type { Env } from '../env/env.js'
import { InvalidArgument } from '../errors.js'
import type { HttpOptions } from '../store/http/config.js'
import type { Store } from '../store/store.js'

const HTTP_SCHEME = /^https?:\/\//i

export interface RemotePlace {
  readonly store: Store
  /** The location as the store knows it. */
  readonly path: string
  /** Why nothing can be written there. */
  readonly readOnly: string
}

/**
 * The store and the literal location of an `https://` URL; undefined for every other location. What
 * stands behind a question mark goes to every URL of its origin, as signatures of folders want it.
 * Throws `InvalidArgument` when `http` is given for another location.
 */
export async function httpPlace(
  location: string,
  options: HttpOptions | undefined,
  env: Env,
): Promise<RemotePlace | undefined> {
  if (!isHttpUrl(location)) {
    if (options === undefined) return undefined
    throw new InvalidArgument('option `http` goes with an http:// or https:// location', {
      details: { option: 'http' },
    })
  }
  const { splitUrl } = await import('../store/http/url.js')
  const { httpStore } = await import('../store/http/http.js')
  const { location: path, query } = splitUrl(location)
  if (query !== undefined && options?.query !== undefined) {
    throw new InvalidArgument('give the query in the location or as `http: { query }`, not both', {
      details: { option: 'http' },
    })
  }
  const all = {
    origin: new URL(location).origin,
    ...(query !== undefined && { query }),
    ...options,
  }
  return { store: httpStore(all, env), path, readOnly: 'it is reached by HTTP' }
}

export function isHttpUrl(text: unknown): text is string {
  return typeof text === 'string' && HTTP_SCHEME.test(text)
}

/** The literal location of another place that is reached by HTTP: a target of relocation, a root. */
export async function httpRoot(url: string): Promise<string> {
  const { splitUrl } = await import('../store/http/url.js')
  const { location, query } = splitUrl(url)
  if (query === undefined) return location
  throw new InvalidArgument('only the location that is opened may have a query', {
    details: { path: location },
  })
}
