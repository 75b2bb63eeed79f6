/**
 * Locations as they stand in Iceberg metadata, parsed once and compared by segment, never by prefix
 * of text (rule S8 of spec/protocol/storage.md).
 */
import { quoteJson } from '../codec/json/stringify.js'
import { defaultLimits, type Limits } from '../env/limits.js'
import { InvalidArgument, LimitExceeded, LocationDenied } from '../errors.js'
import { shownLocation } from '../util/secret.js'
import { encodeUtf8 } from '../util/utf8.js'

export interface Location {
  /** Lower case; `file` for plain paths, `s3` also for `s3a` and `s3n`. */
  readonly scheme: string
  /** Bucket, container or host; empty for local and in-memory locations. */
  readonly authority: string
  /** Without empty ends. Never holds `.` or `..`. */
  readonly segments: readonly string[]
  /** As it was written. */
  readonly text: string
}

const SCHEME = /^([a-zA-Z][a-zA-Z0-9+.-]*):(.*)$/s
/** Spellings of one store that different engines write. */
const SCHEME_ALIASES = new Map([
  ['s3a', 's3'],
  ['s3n', 's3'],
  ['abfss', 'abfs'],
  ['wasbs', 'wasb'],
])
/** Schemes whose locations have no authority, and where repeated slashes mean nothing. */
const LOCAL_SCHEMES = new Set(['file', 'memory'])
/** Azure writes `container@account…`: a name, not a user. */
const AT_SIGN_SCHEMES = new Set(['abfs', 'wasb'])

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN = /[\u0000-\u001f\u007f\\]/
const ENCODED = /%(2e|2f|5c|00)/i

/**
 * Parses an absolute location: `/x`, `file:/x`, `file:///x` (all equal), `memory:/x`, `s3://bucket/x`.
 * Throws `LocationDenied` for anything that could mean another place to another reader,
 * `InvalidArgument` for a relative path, `LimitExceeded` above `limits.pathBytes`.
 */
export function parseLocation(text: string, limits: Limits = defaultLimits): Location {
  checkLength(text, limits)
  const known = recent.get(text)
  if (known !== undefined) return known
  const location = parse(text)
  if (text.length <= RECENT_LENGTH_MAX) {
    if (recent.size >= RECENT_MAX) recent.clear()
    recent.set(text, location)
  }
  return location
}

/** One call to a store passes several decorators that each look at the same location. */
const recent = new Map<string, Location>()
const RECENT_MAX = 256
const RECENT_LENGTH_MAX = 512

function parse(text: string): Location {
  if (FORBIDDEN.test(text)) deny(text, 'it holds a control character or a backslash')
  if (text.startsWith('/')) return finish('file', '', text, text)
  const match = SCHEME.exec(text)
  if (match === null) {
    throw new InvalidArgument(`location ${shown(text)} is not absolute; give a full path or a URI`)
  }
  const written = (match[1] as string).toLowerCase()
  const scheme = SCHEME_ALIASES.get(written) ?? written
  if (scheme.length === 1) deny(text, 'drive letters are not supported; write file:///c/…')
  const rest = match[2] as string
  if (!rest.startsWith('//')) {
    if (LOCAL_SCHEMES.has(scheme) && (rest === '' || rest.startsWith('/'))) {
      return finish(scheme, '', rest, text)
    }
    return deny(text, `after ${scheme}: there must be ${LOCAL_SCHEMES.has(scheme) ? '/' : '//'}`)
  }
  const slash = rest.indexOf('/', 2)
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash)
  checkAuthority(scheme, authority, text)
  return finish(scheme, authority, slash < 0 ? '' : rest.slice(slash), text)
}

/**
 * Parses a location as metadata holds it: as {@link parseLocation}, but `data/x` too, which some
 * writers record relative to a folder that only they know. It is a place of its own, equal to no
 * absolute one, so that it can be read through `relocate` alone.
 */
export function parseRecorded(text: string, limits: Limits = defaultLimits): Location {
  // What was parsed lately is absolute.
  if (recent.has(text) || text === '' || text.startsWith('/') || SCHEME.test(text)) {
    return parseLocation(text, limits)
  }
  checkLength(text, limits)
  if (FORBIDDEN.test(text)) deny(text, 'it holds a control character or a backslash')
  return finish('relative', '', `/${text}`, text)
}

function checkLength(text: string, limits: Limits): void {
  // Below a third of the limit in UTF-16 units, UTF-8 cannot pass it: no need to encode.
  if (text.length * 3 <= limits.pathBytes) return
  const actual = text.length > limits.pathBytes ? text.length : encodeUtf8(text).length
  if (actual > limits.pathBytes) {
    throw new LimitExceeded(`location of ${actual} bytes is longer than ${limits.pathBytes}`, {
      details: { limit: 'pathBytes', max: limits.pathBytes, actual },
    })
  }
}

function checkAuthority(scheme: string, authority: string, text: string): void {
  if (LOCAL_SCHEMES.has(scheme)) {
    if (authority !== '') deny(text, 'a local location names no host')
    return
  }
  if (authority === '') deny(text, 'it names no bucket')
  if (authority.includes('%')) deny(text, 'its bucket holds a percent sign')
  if (authority.includes('@') && !AT_SIGN_SCHEMES.has(scheme)) deny(text, 'it holds a user name')
  if (authority === '.' || authority === '..') deny(text, 'its bucket is a dot')
}

function finish(scheme: string, authority: string, path: string, text: string): Location {
  const segments = path.split('/')
  // The path begins with a slash; a closing slash marks a folder and means nothing more.
  segments.shift()
  if (segments.at(-1) === '') segments.pop()
  const kept = LOCAL_SCHEMES.has(scheme) ? segments.filter((segment) => segment !== '') : segments
  for (const segment of kept) checkSegment(segment, text)
  return { scheme, authority, segments: kept, text }
}

function checkSegment(segment: string, text: string): void {
  if (segment === '.' || segment === '..') deny(text, `it holds '${segment}'`)
  if (!segment.includes('%')) return
  const dots = segment.replace(/%2e/gi, '.')
  if (dots === '.' || dots === '..') deny(text, 'it holds dots written with a percent sign')
  // `city=a%2Fb` is what the Iceberg specification makes of the partition value 'a/b': a literal name.
  if (!segment.includes('=') && ENCODED.test(segment.replace(/%2e/gi, '.'))) {
    deny(text, 'it holds a separator written with a percent sign')
  }
}

function deny(text: string, why: string): never {
  throw new LocationDenied(`location ${shown(text)} is refused: ${why}`, {
    details: { path: shownLocation(text) },
  })
}

function shown(text: string): string {
  return quoteJson(shownLocation(text))
}

/** One spelling for every location of the same place. */
export function canonicalLocation(location: Location): string {
  const path = location.segments.join('/')
  if (LOCAL_SCHEMES.has(location.scheme)) return `${location.scheme}:/${path}`
  return `${location.scheme}://${location.authority}/${path}`
}

/** Whether two locations are the same place, however they are spelled. */
export function sameLocation(a: Location, b: Location): boolean {
  return a.segments.length === b.segments.length && relativeSegments(a, b) !== undefined
}

/** Whether `location` is `root` or lies below it. */
export function isUnder(location: Location, root: Location): boolean {
  return relativeSegments(location, root) !== undefined
}

/** The segments of `location` below `root`; undefined when it is not under it. */
export function relativeSegments(location: Location, root: Location): string[] | undefined {
  if (location.scheme !== root.scheme || location.authority !== root.authority) return undefined
  if (location.segments.length < root.segments.length) return undefined
  for (let i = 0; i < root.segments.length; i++) {
    if (location.segments[i] !== root.segments[i]) return undefined
  }
  return location.segments.slice(root.segments.length)
}

/** `base` with segments added, its spelling kept. Throws `InvalidArgument` for a bad segment. */
export function joinLocation(base: string, ...segments: readonly string[]): string {
  let joined = base.endsWith('/') ? base.replace(/\/+$/, '') : base
  for (const segment of segments) {
    if (segment === '' || segment.includes('/')) {
      throw new InvalidArgument(`not one path segment: ${shown(segment)}`)
    }
    checkSegment(segment, segment)
    joined += `/${segment}`
  }
  return joined
}

/** The last segment of a location's text. */
export function baseName(text: string): string {
  const trimmed = text.replace(/\/+$/, '')
  return trimmed.slice(trimmed.lastIndexOf('/') + 1)
}

/** The location without its last segment. */
export function parentOf(text: string): string {
  const trimmed = text.replace(/\/+$/, '')
  const slash = trimmed.lastIndexOf('/')
  return slash <= 0 ? '/' : trimmed.slice(0, slash)
}
