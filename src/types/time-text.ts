import { civilFromDays, daysFromCivil, daysInMonth } from './calendar.js'

/** Texts of dates, times and timestamps: ISO 8601 with fixed digits, exact, without `Date`. */

const MICROS_PER_DAY = 86_400_000_000
const NANOS_PER_DAY = 86_400_000_000_000n
const INT_MIN = -(2 ** 31)
const INT_MAX = 2 ** 31 - 1
const LONG_MIN = -(2n ** 63n)
const LONG_MAX = 2n ** 63n - 1n

const DIGITS_2 = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'))
const DIGITS_3 = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, '0'))

function two(n: number): string {
  return DIGITS_2[n] as string
}

/** Neighbouring values often share their day: the last text made is kept. */
let lastDays = 0
let lastDate = '1970-01-01'

/** `2024-01-31`; years beyond 0000–9999 have a sign, as ISO 8601 expanded years do. */
export function formatDate(days: number): string {
  if (days === lastDays) return lastDate
  const { year, month, day } = civilFromDays(days)
  lastDays = days
  lastDate = `${formatYear(year)}-${two(month)}-${two(day)}`
  return lastDate
}

/** Four digits at least; a sign before negative years and those beyond 9999. */
export function formatYear(year: number): string {
  if (year >= 1000 && year <= 9999) return String(year)
  const digits = String(Math.abs(year)).padStart(4, '0')
  if (year < 0) return `-${digits}`
  return year > 9999 ? `+${digits}` : digits
}

/** `13:45:00.000000` from microseconds since midnight (0 to 86,399,999,999). */
export function formatTime(micros: bigint): string {
  return formatMicrosOfDay(Number(micros))
}

function formatMicrosOfDay(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000)
  const fraction = micros - seconds * 1_000_000
  const high = Math.floor(fraction / 1000)
  return `${formatSecondsOfDay(seconds)}.${DIGITS_3[high]}${DIGITS_3[fraction - high * 1000]}`
}

function formatSecondsOfDay(seconds: number): string {
  const hour = Math.floor(seconds / 3600)
  const minute = Math.floor(seconds / 60) % 60
  return `${two(hour)}:${two(minute)}:${two(seconds % 60)}`
}

/** `2024-01-31T13:45:00.000000` from microseconds since 1970, with a final `Z` if `utc`. */
export function formatTimestampMicros(value: bigint, utc: boolean): string {
  const micros = Number(value)
  if (!Number.isSafeInteger(micros)) return formatTimestampNanos(value * 1000n, utc, 6)
  const days = Math.floor(micros / MICROS_PER_DAY)
  const text = `${formatDate(days)}T${formatMicrosOfDay(micros - days * MICROS_PER_DAY)}`
  return utc ? `${text}Z` : text
}

/** `2024-01-31T13:45:00.000000000` from nanoseconds since 1970, with a final `Z` if `utc`. */
export function formatTimestampNanos(value: bigint, utc: boolean, digits: 6 | 9 = 9): string {
  let days = value / NANOS_PER_DAY
  let ofDay = value - days * NANOS_PER_DAY
  if (ofDay < 0n) {
    days -= 1n
    ofDay += NANOS_PER_DAY
  }
  // Nanoseconds of a day stay below 2^53.
  const nanos = Number(ofDay)
  const seconds = Math.floor(nanos / 1_000_000_000)
  const fraction = String(nanos - seconds * 1_000_000_000)
    .padStart(9, '0')
    .slice(0, digits)
  const text = `${formatDate(Number(days))}T${formatSecondsOfDay(seconds)}.${fraction}`
  return utc ? `${text}Z` : text
}

/** Whether a timestamp text must have, or must not have, a zone offset. */
export type OffsetRule = 'required' | 'refused'

/** A cursor over a text; every method answers -1 (or false) when the text does not fit. */
class Scanner {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get done(): boolean {
    return this.at === this.text.length
  }

  /** Two digits as a number, or -1. */
  two(): number {
    const high = this.text.charCodeAt(this.at) - 48
    const low = this.text.charCodeAt(this.at + 1) - 48
    if (!(high >= 0 && high <= 9 && low >= 0 && low <= 9)) return -1
    this.at += 2
    return high * 10 + low
  }

  skip(char: string): boolean {
    if (this.text[this.at] !== char) return false
    this.at++
    return true
  }

  /** Up to `max` digits; the count of them is how far `at` moved. -1 when there is none. */
  digits(max: number): number {
    const start = this.at
    let value = 0
    while (this.at - start < max) {
      const digit = this.text.charCodeAt(this.at) - 48
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
      this.at++
    }
    return this.at === start ? -1 : value
  }
}

function scanDate(s: Scanner): number | undefined {
  const negative = s.skip('-')
  const signed = negative || s.skip('+')
  const start = s.at
  const digits = s.digits(signed ? 9 : 4)
  const length = s.at - start
  if (length < 4 || !s.skip('-')) return undefined
  const year = negative ? -digits : digits
  const month = s.two()
  if (!s.skip('-')) return undefined
  const day = s.two()
  if (day < 1 || day > daysInMonth(year, month)) return undefined
  return daysFromCivil(year, month, day)
}

interface ClockTime {
  readonly seconds: number
  /** Nanoseconds within the second; -1 when the text has finer digits. */
  readonly nanos: number
}

function scanClock(s: Scanner): ClockTime | undefined {
  const hour = s.two()
  if (hour < 0 || hour > 23 || !s.skip(':')) return undefined
  const minute = s.two()
  if (minute < 0 || minute > 59) return undefined
  let second = 0
  let nanos = 0
  if (s.skip(':')) {
    second = s.two()
    if (second < 0 || second > 59) return undefined
    if (s.skip('.')) {
      const fraction = scanFraction(s)
      if (fraction === undefined) return undefined
      nanos = fraction
    }
  }
  return { seconds: hour * 3600 + minute * 60 + second, nanos }
}

function scanFraction(s: Scanner): number | undefined {
  const start = s.at
  const value = s.digits(9)
  if (value < 0) return undefined
  const nanos = value * 10 ** (9 - (s.at - start))
  // Finer digits are refused unless they are zeros: nothing is rounded silently.
  let exact = true
  for (let digit = s.digits(1); digit >= 0; digit = s.digits(1)) if (digit > 0) exact = false
  return exact ? nanos : -1
}

/** Seconds east of UTC; `undefined` when there is no well-formed offset. */
function scanOffset(s: Scanner): number | undefined {
  if (s.skip('Z') || s.skip('z')) return 0
  const negative = s.skip('-')
  if (!negative && !s.skip('+')) return undefined
  const hour = s.two()
  if (hour < 0 || hour > 18) return undefined
  let minute = 0
  let second = 0
  if (!s.done) {
    const colon = s.skip(':')
    minute = s.two()
    if (minute < 0 || minute > 59) return undefined
    if (colon && s.skip(':')) second = s.two()
    if (second < 0 || second > 59) return undefined
  }
  const seconds = hour * 3600 + minute * 60 + second
  return negative ? -seconds : seconds
}

/** Days since 1970 of a date text, or `undefined` when it is none that an Iceberg date can hold. */
export function parseDate(text: string): number | undefined {
  const s = new Scanner(text)
  const days = scanDate(s)
  return days === undefined || !s.done || days < INT_MIN || days > INT_MAX ? undefined : days
}

/** Microseconds since midnight of `HH:MM[:SS[.ffffff]]`, or `undefined`. */
export function parseTime(text: string): bigint | undefined {
  const s = new Scanner(text)
  const clock = scanClock(s)
  if (clock === undefined || !s.done || clock.nanos < 0 || clock.nanos % 1000 !== 0) {
    return undefined
  }
  return BigInt(clock.seconds * 1_000_000 + clock.nanos / 1000)
}

/**
 * Microseconds or nanoseconds since 1970 of `YYYY-MM-DDTHH:MM[:SS[.f…]]` (a space may stand for the
 * `T`), or `undefined`: also when the offset rule is broken, when digits are finer than the unit
 * and not zero, and when the value passes 64 bits.
 */
export function parseTimestamp(
  text: string,
  unit: 'us' | 'ns',
  offsetRule: OffsetRule,
): bigint | undefined {
  if (unit === 'us') {
    const quick = parseFixedMicros(text, offsetRule === 'required')
    if (quick !== undefined) return quick
  }
  const s = new Scanner(text)
  const days = scanDate(s)
  if (days === undefined || !(s.skip('T') || s.skip(' ') || s.skip('t'))) return undefined
  const clock = scanClock(s)
  if (clock === undefined || clock.nanos < 0) return undefined
  let offset = 0
  if (offsetRule === 'required') {
    const scanned = scanOffset(s)
    if (scanned === undefined) return undefined
    offset = scanned
  }
  if (!s.done) return undefined
  return unit === 'us'
    ? microsOf(days, clock.seconds - offset, clock.nanos)
    : nanosOf(days, clock.seconds - offset, clock.nanos)
}

/** Two digits at a position as a number; NaN when they are none. */
function twoAt(text: string, at: number): number {
  const high = text.charCodeAt(at) - 48
  const low = text.charCodeAt(at + 1) - 48
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : Number.NaN
}

/**
 * The usual layout `YYYY-MM-DDTHH:MM:SS.ffffff` (then `Z` for instants) without a scanner; anything
 * else is `undefined` and left to it.
 */
function parseFixedMicros(text: string, utc: boolean): bigint | undefined {
  if (text.length !== (utc ? 27 : 26) || (utc && text.charCodeAt(26) !== 90)) return undefined
  const marks =
    text.charCodeAt(4) === 45 &&
    text.charCodeAt(7) === 45 &&
    text.charCodeAt(10) === 84 &&
    text.charCodeAt(13) === 58 &&
    text.charCodeAt(16) === 58 &&
    text.charCodeAt(19) === 46
  if (!marks) return undefined
  const year = twoAt(text, 0) * 100 + twoAt(text, 2)
  const month = twoAt(text, 5)
  const day = twoAt(text, 8)
  const hour = twoAt(text, 11)
  const minute = twoAt(text, 14)
  const second = twoAt(text, 17)
  const micros = twoAt(text, 20) * 10_000 + twoAt(text, 22) * 100 + twoAt(text, 24)
  // A comparison with NaN is false, so this also refuses whatever is no digit.
  const isValid =
    year >= 1700 &&
    year <= 2200 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour <= 23 &&
    minute <= 59 &&
    second <= 59 &&
    micros >= 0
  if (!isValid) return undefined
  const seconds = hour * 3600 + minute * 60 + second
  return BigInt(daysFromCivil(year, month, day) * MICROS_PER_DAY + seconds * 1_000_000 + micros)
}

function microsOf(days: number, seconds: number, nanos: number): bigint | undefined {
  if (nanos % 1000 !== 0) return undefined
  const micros = days * MICROS_PER_DAY + seconds * 1_000_000 + nanos / 1000
  if (Number.isSafeInteger(micros) && days > -100_000 && days < 100_000) return BigInt(micros)
  return inLongRange((BigInt(days) * 86_400n + BigInt(seconds)) * 1_000_000n + BigInt(nanos / 1000))
}

function nanosOf(days: number, seconds: number, nanos: number): bigint | undefined {
  return inLongRange((BigInt(days) * 86_400n + BigInt(seconds)) * 1_000_000_000n + BigInt(nanos))
}

function inLongRange(value: bigint): bigint | undefined {
  return value < LONG_MIN || value > LONG_MAX ? undefined : value
}
