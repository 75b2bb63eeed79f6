import { InvalidArgument } from '../errors.js'

/**
 * When credentials end, milliseconds since the epoch; `Infinity` where no end is given. Throws
 * `InvalidArgument` for another thing than a date, which services give as text.
 */
export function endsMsOf(expiration: Date | undefined): number {
  if (expiration === undefined) return Number.POSITIVE_INFINITY
  const ms: unknown = expiration instanceof Date ? expiration.getTime() : undefined
  if (typeof ms === 'number' && !Number.isNaN(ms)) return ms
  throw new InvalidArgument(
    '`expiration` of credentials must be a valid Date, not a text or number',
    {
      details: { option: 'credentials' },
    },
  )
}
