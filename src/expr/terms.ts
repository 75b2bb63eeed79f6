/** Transforms of columns: partition and sort terms, and left sides of comparisons. */
import { InvalidArgument } from '../errors.js'
import type { Transform } from '../partition/model.js'
import { type PathInput, TermBuilder, toTerm } from './build.js'

/** The year of a date or timestamp: `year('at').eq(2024)`. Partition values count from 1970. */
export function year<const P extends PathInput>(path: P): TermBuilder<number | bigint | string, P> {
  return term(path, { kind: 'year' })
}

/**
 * The month of a date or timestamp, one of one year: `month('at').eq('2024-02')`. Partition values
 * count from 1970-01.
 */
export function month<const P extends PathInput>(path: P): TermBuilder<string, P> {
  return term(path, { kind: 'month' })
}

/** The day of a date or timestamp: `day('at').eq('2024-02-03')`. */
export function day<const P extends PathInput>(path: P): TermBuilder<string, P> {
  return term(path, { kind: 'day' })
}

/**
 * The hour of a timestamp, one of one day: `hour('at').eq('2024-02-03-10')`. Partition values count
 * from 1970-01-01T00.
 */
export function hour<const P extends PathInput>(path: P): TermBuilder<string, P> {
  return term(path, { kind: 'hour' })
}

/** The value itself. */
export function identity<const P extends PathInput>(path: P): TermBuilder<unknown, P> {
  return term(path, { kind: 'identity' })
}

/** Hash of the value modulo `buckets`, as an int from 0 to `buckets - 1`. */
export function bucket<const P extends PathInput>(
  buckets: number,
  path: P,
): TermBuilder<number | bigint, P> {
  return term(path, { kind: 'bucket', buckets: positive(buckets, 'bucket') })
}

/** The value cut to `width`: a number down to a multiple of it, text to its first code points. */
export function truncate<const P extends PathInput>(
  width: number,
  path: P,
): TermBuilder<unknown, P> {
  return term(path, { kind: 'truncate', width: positive(width, 'truncate') })
}

function term<V, P extends PathInput>(path: P, transform: Transform): TermBuilder<V, P> {
  return new TermBuilder<V, P>({ ...toTerm(path), transform })
}

function positive(value: number, name: string): number {
  if (Number.isInteger(value) && value > 0 && value <= 0x7fff_ffff) return value
  throw new InvalidArgument(
    `${name} takes a whole number from 1 to 2147483647 first, then the column; got ${String(value)}`,
  )
}
