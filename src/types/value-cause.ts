/** Why a value does not fit a type, where that can be said in a few words. Only errors ask. */
import { daysInMonth } from './calendar.js'
import { fitsPrecision, parseExactNumber, rescale } from './decimal-text.js'

/** An ISO date, or the beginning of a timestamp. */
const DATE = /^([+-]?\d{4,9})-(\d\d)-(\d\d)/
const CLOCK = /(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?/
const OFFSET = /(?:[zZ]|[+-]\d\d(?::?\d\d){0,2})$/

/** The month or day of a date text that the calendar does not have. */
function missingDay(text: string): string | undefined {
  const match = DATE.exec(text)
  if (match === null) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const days = daysInMonth(year, month)
  if (days === 0) return `there is no month ${match[2]}`
  if (day >= 1 && day <= days) return undefined
  return `${match[1]}-${match[2]} has ${days} days, no day ${match[3]}`
}

/** The part of a clock time that no clock shows, or digits finer than the type's. */
function badClock(text: string, digits: number, unit: string): string | undefined {
  const match = CLOCK.exec(text)
  if (match === null) return undefined
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)]
  if (hour > 23) return `there is no hour ${match[1]}`
  if (minute > 59) return `there is no minute ${match[2]}`
  if (second > 59) return `there is no second ${match[3]}`
  const finer = (match[4] ?? '').slice(digits)
  return /[1-9]/.test(finer) ? `it has digits below the ${unit}` : undefined
}

export function dateCause(value: unknown): string | undefined {
  if (value instanceof Date) return 'a Date is an instant, whose day depends on the zone'
  if (typeof value !== 'string') return undefined
  const missing = missingDay(value)
  if (missing !== undefined) return missing
  return DATE.test(value) && CLOCK.test(value) ? 'it has a time of day' : undefined
}

export function timeCause(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  if (DATE.test(value)) return 'it has a date'
  return badClock(value, 6, 'microsecond')
}

export function timestampCause(
  value: unknown,
  unit: 'us' | 'ns',
  zone: boolean,
): string | undefined {
  if (value instanceof Date) {
    return zone ? undefined : 'a Date is an instant, and this type has no zone: pass a text'
  }
  if (typeof value !== 'string') return undefined
  const missing = missingDay(value)
  if (missing !== undefined) return missing
  const afterDate = value.replace(DATE, '')
  if (afterDate === '') return 'it has no time of day'
  const clock =
    unit === 'us' ? badClock(afterDate, 6, 'microsecond') : badClock(afterDate, 9, 'nanosecond')
  if (clock !== undefined) return clock
  if (!DATE.test(value) || !CLOCK.test(afterDate)) return undefined
  const hasOffset = OFFSET.test(afterDate.replace(CLOCK, ' '))
  if (zone) return hasOffset ? undefined : 'it has no offset, so it is no instant: add Z'
  return hasOffset ? 'it has an offset, and this type has no zone' : undefined
}

export function integerCause(value: unknown, bits: 32 | 64): string | undefined {
  if (typeof value === 'bigint') return `it is beyond ${bits} bits`
  if (typeof value === 'string') {
    return /^\s*[+-]?\d+\s*$/.test(value) ? 'texts are not converted: pass a number' : undefined
  }
  if (typeof value !== 'number') return undefined
  if (!Number.isInteger(value)) return 'it is no whole number'
  return bits === 32 ? 'it is beyond 32 bits' : 'beyond 2^53 a number is not exact: pass a bigint'
}

export function decimalCause(value: unknown, precision: number, scale: number): string | undefined {
  const text = typeof value === 'string' ? value : String(value)
  if (typeof value === 'object' || typeof value === 'boolean') return undefined
  const exact = parseExactNumber(text)
  if (exact === undefined) return typeof value === 'string' ? 'it is no decimal number' : undefined
  const scaled = rescale(exact, scale)
  if (scaled !== undefined && !scaled.exact) {
    return `it has more than ${scale} digits after the point, and nothing is rounded`
  }
  if (scaled === undefined || !fitsPrecision(scaled.floor, precision)) {
    return `it has more than ${precision - scale} digits before the point`
  }
  return undefined
}
