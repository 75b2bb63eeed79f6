/** Locations of objects in Google Cloud Storage. */
import { InvalidArgument } from '../../errors.js'
import { parseLocation } from '../location.js'

/** A bucket, or with a `name` an object in it. */
export interface Place {
  readonly bucket: string
  /** Segments joined by slashes; empty for the bucket itself. */
  readonly name: string
  readonly path: string
}

/** 3 to 63 characters, 222 with dots; never what could leave its place in a URL. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/

/** `gs://bucket/path`. Throws `InvalidArgument` for another scheme, or a bucket's name that is none. */
export function folderPlace(path: string): Place {
  const location = parseLocation(path)
  if (location.scheme !== 'gs') {
    throw new InvalidArgument(`${path} is no gs:// location`, { details: { path } })
  }
  if (!BUCKET.test(location.authority)) {
    throw new InvalidArgument(
      `${path} names no bucket: lower-case letters, digits, dots, hyphens and underscores`,
      { details: { path } },
    )
  }
  return { bucket: location.authority, name: location.segments.join('/'), path }
}

/** The same for an object. Throws `InvalidArgument` for a bucket. */
export function objectPlace(path: string): Place {
  const place = folderPlace(path)
  if (place.name === '') {
    throw new InvalidArgument(`${path} names a bucket, not an object`, { details: { path } })
  }
  return place
}
