/** What `year(d)`, `month(d)`, `day(d)` and `hour(at)` are compared with: parts of the calendar. */
import { InvalidArgument } from '../errors.js'
import type { Transform } from '../partition/model.js'
import { daysFromCivil, daysInMonth } from '../types/calendar.js'
import { describeValue } from '../types/value-error.js'
import { type Literal, placeInteger } from './literal.js'
import { NumericText } from './numeric-text.js'

export type TimeTransform = 'year' | 'month' | 'day' | 'hour'

const INT_MIN = -(2 ** 31)
const INT_MAX = 2 ** 31 - 1

/**
 * `2024`, `2024-02`, `2024-02-03`, `2024-02-03-10`; `T` or a space may stand before the hour. Years
 * are read as dates and as partition paths spell them.
 */
const CALENDAR = /^(\+?\d{4,9}|-\d{3,9})(?:-(\d\d)(?:-(\d\d)(?:[-T ](\d\d))?)?)?$/

const FORMS: Readonly<Record<TimeTransform, string>> = {
  year: "it is a calendar year, written as 2024 or '2024'",
  month: "it is one month of one year, written as '2024-02'; it is no month from 1 to 12",
  day: "it is one day of the calendar, written as '2024-02-03'; it is no day from 1 to 31",
  hour: "it is one hour of one day, written as '2024-02-03-10'; it is no hour from 0 to 23",
}

export function timeTransform(transform: Transform | undefined): TimeTransform | undefined {
  switch (transform?.kind) {
    case 'year':
    case 'month':
    case 'day':
    case 'hour':
      return transform.kind
    default:
      return undefined
  }
}

/**
 * Places a part of the calendar among the values of a transform, which count from 1970 (spec:
 * "Partition Transforms"). A year may be a number, as in SQL. The other three may not: in SQL
 * `month(d) = 2` means every February, which no partition value can say.
 *
 * @throws InvalidArgument that shows the right form.
 */
export function placeCalendar(kind: TimeTransform, value: unknown, column: string): Literal {
  if (kind === 'year' && isNumeric(value)) return placeInteger('int', value, 1970n)
  const ordinal = typeof value === 'string' ? ordinalOf(kind, value) : undefined
  if (ordinal === undefined) {
    const shown = value instanceof NumericText ? `the number ${value}` : describeValue(value)
    throw new InvalidArgument(
      `${kind}(${column}) cannot be compared with ${shown}: ${FORMS[kind]}`,
      { details: { column } },
    )
  }
  if (ordinal < INT_MIN) return { at: 'below' }
  return ordinal > INT_MAX ? { at: 'above' } : { at: 'value', value: ordinal }
}

function isNumeric(value: unknown): boolean {
  return (
    value instanceof NumericText ||
    typeof value === 'bigint' ||
    (typeof value === 'number' && Number.isFinite(value))
  )
}

/** Years, months, days or hours from 1970 of a text; undefined unless it says just that much. */
function ordinalOf(kind: TimeTransform, text: string): number | undefined {
  const [, ...parts] = CALENDAR.exec(text.trim()) ?? []
  const given = parts.filter((part) => part !== undefined).map(Number)
  const [year = 0, month = 1, day = 1, hour = 0] = given
  if (given.length !== ['year', 'month', 'day', 'hour'].indexOf(kind) + 1) return undefined
  if (day < 1 || day > daysInMonth(year, month) || hour > 23) return undefined
  if (kind === 'year') return year - 1970
  if (kind === 'month') return (year - 1970) * 12 + month - 1
  const days = daysFromCivil(year, month, day)
  return kind === 'day' ? days : days * 24 + hour
}
