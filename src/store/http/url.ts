/**
 * Locations and URLs. A location is a literal name, as everywhere in the store port; a URL is what a
 * user writes and what a server is asked, with percent signs that mean something.
 */
import { InvalidArgument } from '../../errors.js'
import { shownLocation } from '../../util/secret.js'
import { type Location, parseLocation } from '../location.js'

const HTTP = /^https?:\/\//i

/** Whether a text names a place that is reached by HTTP. */
export function isHttpLocation(text: unknown): text is string {
  return typeof text === 'string' && HTTP.test(text)
}

export interface SplitUrl {
  /** The literal location: no query, and percent-encoding undone. */
  readonly location: string
  /** What stood behind the question mark; it may be a credential. */
  readonly query: string | undefined
}

/**
 * What a user's URL names. Throws `InvalidArgument` for a text that is no URL, one with a fragment,
 * or one whose percent signs encode nothing; `LocationDenied` for what no location may hold.
 */
export function splitUrl(text: string): SplitUrl {
  const refuse = (why: string, cause?: unknown): never => {
    throw new InvalidArgument(`${shownLocation(text)} ${why}`, {
      cause,
      details: { path: shownLocation(text) },
    })
  }
  if (!URL.canParse(text)) return refuse('is not a URL')
  if (text.includes('#')) return refuse('has a fragment (#…), which no file has')
  const { origin, username, password } = new URL(text)
  if (username !== '' || password !== '') {
    return refuse('holds a user name; give `http: { headers: { authorization } }` instead')
  }
  const [bare = '', ...rest] = text.split('?')
  const slash = bare.indexOf('/', bare.indexOf('//') + 2)
  const path = slash < 0 ? '' : bare.slice(slash)
  let decoded: string
  try {
    decoded = path.split('/').map(decodeSegment).join('/')
  } catch (cause) {
    return refuse('is not percent-encoded correctly', cause)
  }
  const location = origin + decoded
  parseLocation(location)
  return { location, query: rest.length === 0 ? undefined : rest.join('?') }
}

/** An encoded slash stays as it is, and is refused as in every other location. */
function decodeSegment(segment: string): string {
  return decodeURIComponent(segment.replace(/%2f/gi, '%252F'))
}

/** The parsed location; throws `InvalidArgument` when it is none of HTTP. */
export function httpLocation(path: string): Location {
  const location = parseLocation(path)
  if (location.scheme === 'http' || location.scheme === 'https') return location
  throw new InvalidArgument(`${shownLocation(path)} is no http:// or https:// location`, {
    details: { path: shownLocation(path) },
  })
}

const AUTHORITY = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$/i

/** The URL of a location. Every character that could mean something else is encoded. */
export function urlOf({ scheme, authority, segments, text }: Location): URL {
  if (!AUTHORITY.test(authority) || !URL.canParse(`${scheme}://${authority}/`)) {
    throw new InvalidArgument(`${shownLocation(text)} names no host`, {
      details: { path: shownLocation(text) },
    })
  }
  return new URL(`${scheme}://${authority}/${segments.map(encodeSegment).join('/')}`)
}

function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replaceAll('%3D', '=').replaceAll('%2C', ',')
}
