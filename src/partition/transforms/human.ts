import { civilFromDays } from '../../types/calendar.js'
import type { Datum } from '../../types/datum.js'
import { formatYear } from '../../types/time-text.js'
import type { Type } from '../../types/type.js'
import { formatUuid } from '../../types/uuid-text.js'
import { base64, decimalText, doubleText, floatText } from './java-text.js'

/** Partition values as the reference writes them in paths and summaries. */

type Human = (datum: Datum | null) => string

/** Shows values of a type as they are: identity, truncate, and results of other transforms. */
export function humanValue(type: Type): Human {
  const show = showValue(type)
  return (datum) => (datum === null ? 'null' : show(datum))
}

/** Shows ordinals (years, months, hours from 1970) by `show`. */
export function humanOrdinal(show: (ordinal: number) => string): Human {
  return (datum) => (datum === null ? 'null' : show(datum as number))
}

function showValue(type: Type): (datum: Datum) => string {
  switch (type.kind) {
    case 'date':
      return (datum) => humanDay(datum as number)
    case 'time':
      return (datum) => shortTime(Number(datum) * 1000, false)
    case 'timestamp':
    case 'timestamptz':
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return timestampText(type.kind)
    case 'float':
      return (datum) => floatText(datum as number)
    case 'double':
      return (datum) => doubleText(datum as number)
    case 'decimal':
      return (datum) => decimalText(datum as bigint, type.scale)
    case 'uuid':
      return (datum) => formatUuid(datum as Uint8Array)
    case 'fixed':
    case 'binary':
      return (datum) => base64(datum as Uint8Array)
    default:
      return String
  }
}

/** Java's `%04d`: the sign counts as one of the four places. */
function year4(year: number): string {
  return year < 0 ? `-${String(-year).padStart(3, '0')}` : String(year).padStart(4, '0')
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

export function humanYear(ordinal: number): string {
  return year4(1970 + ordinal)
}

export function humanMonth(ordinal: number): string {
  const year = Math.floor(ordinal / 12)
  return `${year4(1970 + year)}-${two(ordinal - year * 12 + 1)}`
}

export function humanDay(days: number): string {
  const { year, month, day } = civilFromDays(days)
  return `${year4(year)}-${two(month)}-${two(day)}`
}

export function humanHour(ordinal: number): string {
  const days = Math.floor(ordinal / 24)
  return `${humanDay(days)}-${two(ordinal - days * 24)}`
}

const NANOS_PER_DAY = 86_400_000_000_000n

function timestampText(
  kind: 'timestamp' | 'timestamptz' | 'timestamp_ns' | 'timestamptz_ns',
): (datum: Datum) => string {
  const perUnit = kind === 'timestamp' || kind === 'timestamptz' ? 1000n : 1n
  const suffix = kind === 'timestamptz' || kind === 'timestamptz_ns' ? '+00:00' : ''
  return (datum) => {
    const nanos = (datum as bigint) * perUnit
    const ofDay = ((nanos % NANOS_PER_DAY) + NANOS_PER_DAY) % NANOS_PER_DAY
    const { year, month, day } = civilFromDays(Number((nanos - ofDay) / NANOS_PER_DAY))
    const date = `${formatYear(year)}-${two(month)}-${two(day)}`
    return `${date}T${shortTime(Number(ofDay), true)}${suffix}`
  }
}

/**
 * A time of day. ISO date-times drop trailing zeros of the fraction one by one; Java's `LocalTime`
 * shows 0, 3, 6 or 9 digits and leaves out seconds that are zero.
 */
function shortTime(nanosOfDay: number, iso: boolean): string {
  const seconds = Math.floor(nanosOfDay / 1_000_000_000)
  const nanos = nanosOfDay - seconds * 1_000_000_000
  const minute = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}`
  if (!iso && nanos === 0 && seconds % 60 === 0) return minute
  const second = `${minute}:${two(seconds % 60)}`
  if (nanos === 0) return second
  const digits = String(nanos).padStart(9, '0')
  if (iso) return `${second}.${digits.replace(/0+$/, '')}`
  if (nanos % 1_000_000 === 0) return `${second}.${digits.slice(0, 3)}`
  return `${second}.${nanos % 1000 === 0 ? digits.slice(0, 6) : digits}`
}
