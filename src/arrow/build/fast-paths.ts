/**
 * The common spellings of values, converted without garbage. What a fast path does not know it
 * leaves (undefined) to `toDatum`, which decides; so each must give the same as `toDatum` or nothing.
 */
import { daysFromCivil, daysInMonth } from '../../types/calendar.js'

const microsPerDay = 86_400_000_000
/** Beyond these days (year 2255) microseconds leave the safe integers. */
const exactDaysMax = 104_000

export function fastInt(value: unknown): number | undefined {
  return typeof value === 'number' && (value | 0) === value ? value : undefined
}

export function fastFloat(value: unknown): number | undefined {
  if (typeof value !== 'number') return undefined
  const float = Math.fround(value)
  return Number.isFinite(float) || !Number.isFinite(value) ? float : undefined
}

export function fastDouble(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

export function fastLong(value: unknown): number | bigint | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : undefined
  return undefined
}

export function noFastPath(): undefined {
  return undefined
}

/** `YYYY-MM-DD`. */
export function fastDate(value: unknown): number | undefined {
  return typeof value === 'string' && value.length === 10 ? daysAt(value) : undefined
}

/** The day that the first ten characters name. */
function daysAt(text: string): number | undefined {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined
  const century = twoDigits(text, 0)
  const yearOfCentury = twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const day = twoDigits(text, 8)
  if (century < 0 || yearOfCentury < 0 || month < 0 || day < 1) return undefined
  const year = century * 100 + yearOfCentury
  if (day > 28 && day > daysInMonth(year, month)) return undefined
  return month >= 1 && month <= 12 ? daysFromCivil(year, month, day) : undefined
}

/** The number that two digits spell, or -1. */
function twoDigits(text: string, at: number): number {
  const high = text.charCodeAt(at) - 48
  const low = text.charCodeAt(at + 1) - 48
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : -1
}

/** `YYYY-MM-DDTHH:MM:SS[.f…]` with up to six digits, without an offset. */
export function fastTimestamp(value: unknown): number | undefined {
  return typeof value === 'string' ? microsOf(value, value.length) : undefined
}

/** The same with a final `Z`, or a `Date`. */
export function fastTimestamptz(value: unknown): number | undefined {
  if (typeof value === 'string') {
    const end = value.length - 1
    return value.charCodeAt(end) === 90 ? microsOf(value, end) : undefined
  }
  if (!(value instanceof Date)) return undefined
  const micros = value.getTime() * 1000
  return Number.isSafeInteger(micros) ? micros : undefined
}

function microsOf(text: string, end: number): number | undefined {
  if (end < 19 || end > 26 || text.charCodeAt(10) !== 84) return undefined
  const days = daysAt(text)
  if (days === undefined || days > exactDaysMax || days < -exactDaysMax) return undefined
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined
  const hour = twoDigits(text, 11)
  const minute = twoDigits(text, 14)
  const second = twoDigits(text, 17)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return undefined
  }
  const fraction = end === 19 ? 0 : microsFraction(text, end)
  if (fraction < 0) return undefined
  return days * microsPerDay + (hour * 3600 + minute * 60 + second) * 1_000_000 + fraction
}

/** The digits after the point at 19, as microseconds; -1 when they are not digits. */
function microsFraction(text: string, end: number): number {
  if (text.charCodeAt(19) !== 46 || end < 21) return -1
  let value = 0
  for (let i = 20; i < 26; i++) {
    const digit = i < end ? text.charCodeAt(i) - 48 : 0
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}

/** Plain decimal text of at most 15 digits, as the unscaled value. */
export function fastDecimal(
  precision: number,
  scale: number,
): (value: unknown) => number | undefined {
  const limit = 10 ** Math.min(precision, 15)
  return (value) => {
    if (typeof value !== 'string' || value.length > 16) return undefined
    const length = value.length
    let at = value.charCodeAt(0) === 45 ? 1 : 0
    const negative = at === 1
    let unscaled = 0
    let digits = 0
    let decimals = -1
    for (; at < length; at++) {
      const code = value.charCodeAt(at)
      if (code === 46 && decimals < 0) decimals = 0
      else if (code >= 48 && code <= 57) {
        unscaled = unscaled * 10 + (code - 48)
        digits++
        if (decimals >= 0) decimals++
      } else return undefined
    }
    let missing = scale - Math.max(0, decimals)
    if (digits === 0 || decimals === 0 || missing < 0 || digits + missing > 15) return undefined
    for (; missing > 0; missing--) unscaled *= 10
    if (unscaled >= limit) return undefined
    return negative ? -unscaled : unscaled
  }
}
