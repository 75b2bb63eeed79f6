import type { Datum } from '../../types/datum.js'
import type { Type } from '../../types/type.js'
import { humanOrdinal, humanValue } from './human.js'
import { DATE, INT, refuse, type TransformOps } from './ops-model.js'

/** What year, month, day and hour share: all floor towards minus infinity before 1970. */

const MICROS_PER_HOUR = 3_600_000_000
const NANOS_PER_HOUR = 3_600_000_000_000n
const WORD = 4294967296

export type DateOrTimestamp = 'date' | 'us' | 'ns'

/** What a source type counts in; `undefined` when it is neither a date nor a timestamp. */
export function unitOf(source: Type): DateOrTimestamp | undefined {
  switch (source.kind) {
    case 'date':
      return 'date'
    case 'timestamp':
    case 'timestamptz':
      return 'us'
    case 'timestamp_ns':
    case 'timestamptz_ns':
      return 'ns'
    default:
      return undefined
  }
}

/** floor(value / divisor), exact for safe integers although the division rounds. */
function floorDivide(value: number, divisor: number): number {
  const quotient = Math.floor(value / divisor)
  return quotient * divisor > value ? quotient - 1 : quotient
}

function hoursOfMicros(micros: bigint): number {
  const number = Number(micros)
  if (Number.isSafeInteger(number)) return floorDivide(number, MICROS_PER_HOUR)
  return hoursOfNanos(micros * 1000n)
}

function hoursOfNanos(nanos: bigint): number {
  const hours = nanos / NANOS_PER_HOUR
  return Number(nanos < 0n && hours * NANOS_PER_HOUR !== nanos ? hours - 1n : hours)
}

/** Hours from 1970 of a timestamp given as the halves of its microseconds. */
export function hoursOfWords(low: number, high: number): number {
  const micros = high * WORD + (low >>> 0)
  if (Number.isSafeInteger(micros)) return floorDivide(micros, MICROS_PER_HOUR)
  return hoursOfMicros((BigInt(high) << 32n) + BigInt(low >>> 0))
}

/** Hours from 1970 of a timestamp value. */
export function hoursOf(unit: 'us' | 'ns'): (datum: Datum) => number {
  return unit === 'us'
    ? (datum) => hoursOfMicros(datum as bigint)
    : (datum) => hoursOfNanos(datum as bigint)
}

/** A transform that depends on the day alone. */
export function dayBasedOps(
  name: 'year' | 'month' | 'day',
  source: Type,
  ofDay: (days: number) => number,
  human: (ordinal: number) => string,
): TransformOps {
  const unit = unitOf(source)
  const shared = {
    // The day is a date; readers accept ints for it, which are the same number.
    resultType: name === 'day' ? DATE : INT,
    preservesOrder: true,
    human: name === 'day' ? humanValue(DATE) : humanOrdinal(human),
  }
  if (unit === undefined) return { ...shared, accepts: false, apply: refuse(name, source) }
  if (unit === 'date') {
    return { ...shared, accepts: true, apply: (datum) => ofDay(datum as number), fromInt: ofDay }
  }
  const hours = hoursOf(unit)
  return {
    ...shared,
    accepts: true,
    apply: (datum) => ofDay(Math.floor(hours(datum) / 24)),
    ...(unit === 'us'
      ? {
          fromWords: (low: number, high: number) => ofDay(Math.floor(hoursOfWords(low, high) / 24)),
        }
      : {}),
  }
}
