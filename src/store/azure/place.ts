/** Locations of blobs as Iceberg's engines write them, and where they are. */
import { InvalidArgument } from '../../errors.js'
import { type Location, parseLocation } from '../location.js'

/** A container, or with a `name` a blob in it. */
export interface Place {
  /** Undefined in `abfss://container/…` and `az://container/…`: the account is that of the options. */
  readonly account: string | undefined
  /** Of a DNS zone endpoint, with its dot (`z12.`), mostly empty; undefined without an account. */
  readonly zone: string | undefined
  /** What follows `blob` or `dfs` in the host: `core.windows.net`; undefined without an account. */
  readonly suffix: string | undefined
  readonly container: string
  /** Segments joined by slashes; empty for the container itself. */
  readonly name: string
  readonly path: string
}

const SCHEMES = new Set(['abfs', 'wasb', 'az'])
const CONTAINER = /^(?:\$root|\$web|\$logs|[a-z0-9](?:[a-z0-9-]{1,61}[a-z0-9]))$/
/** Labels have single hyphens at most: what begins with `xn--` is another name than it shows. */
const HOST =
  /^([a-z0-9]+(?:-[a-z0-9]+)*)\.((?:[a-z0-9]+\.)?)(?:blob|dfs)\.([a-z0-9-]+(?:\.[a-z0-9-]+)*)$/

/**
 * `abfss://container@account.dfs.core.windows.net/path`, `wasbs://container@account.blob.…/path`,
 * and without an account `abfss://container/path`, `az://container/path`.
 *
 * @throws InvalidArgument for another scheme, a container's name that is none, a host that is no storage account's.
 */
export function folderPlace(path: string): Place {
  const location = parseLocation(path)
  if (!SCHEMES.has(location.scheme)) {
    throw new InvalidArgument(`${path} is no abfss://, wasbs:// or az:// location`, {
      details: { path },
    })
  }
  return { ...hostOf(location, path), name: location.segments.join('/'), path }
}

/** The same for an object. Throws `InvalidArgument` for a container. */
export function blobPlace(path: string): Place {
  const place = folderPlace(path)
  if (place.name === '') {
    throw new InvalidArgument(`${path} names a container, not an object`, { details: { path } })
  }
  return place
}

function hostOf(
  { authority }: Location,
  path: string,
): Pick<Place, 'account' | 'zone' | 'suffix' | 'container'> {
  const at = authority.indexOf('@')
  const container = at < 0 ? authority : authority.slice(0, at)
  if (!CONTAINER.test(container)) {
    throw new InvalidArgument(
      `${path} names no container: 3 to 63 lower-case letters, digits and single hyphens`,
      { details: { path } },
    )
  }
  if (at < 0) return { account: undefined, zone: undefined, suffix: undefined, container }
  const host = HOST.exec(authority.slice(at + 1))
  if (host === null) {
    throw new InvalidArgument(
      `${path} names no storage account after the @: it is written container@account.dfs.core.windows.net`,
      { details: { path } },
    )
  }
  const [, account, zone, suffix] = host
  return { account, zone, suffix, container }
}
