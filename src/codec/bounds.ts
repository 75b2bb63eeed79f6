import type { Limits } from '../env/limits.js'
import { CorruptData, LimitExceeded } from '../errors.js'

/** How much a decoder may make, and what to call the place in errors. */
export interface DecodeBounds {
  /** Most bytes the result may have. */
  readonly limit: number
  /** The key of `env/limits` that `limit` came from. */
  readonly limitName: keyof Limits
  /** The exact size that the container recorded; any other result is `CorruptData`. */
  readonly expectedSize?: number | undefined
  /** Named in errors. */
  readonly path?: string | undefined
}

export function corrupt(codec: string, what: string, bounds: DecodeBounds, cause?: unknown): never {
  const file = bounds.path === undefined ? '' : ` in ${bounds.path}`
  throw new CorruptData(`bad ${codec} data: ${what}${file}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { path: bounds.path },
  })
}

export function tooLarge(codec: string, bounds: DecodeBounds, actual?: number): never {
  const { limit: max, limitName: limit, path } = bounds
  const file = path === undefined ? '' : ` in ${path}`
  throw new LimitExceeded(`${codec} data inflates past the limit ${limit} = ${max}${file}`, {
    details: { limit, max, actual, path },
  })
}

/** Throws unless a size that was read from the data or its container is within the limit. */
export function checkSize(codec: string, size: number, bounds: DecodeBounds): void {
  if (size > bounds.limit) tooLarge(codec, bounds, size)
}
