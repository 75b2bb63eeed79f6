/** Transforms of columns: partition and sort terms, and left sides of comparisons. */
import { InvalidArgument } from '../errors.js'
import type { Transform } from '../partition/model.js'
import { type PathInput, TermBuilder, toTerm } from './build.js'

/** The year of a date or timestamp: `year('at').eq(2024)`. Partition values count from 1970. */
export function year(path: PathInput): TermBuilder<number | bigint | string> {
  return term(path, { kind: 'year' })
}

/**
 * The month of a date or timestamp, one of one year: `month('at').eq('2024-02')`. Partition values
 * count from 1970-01.
 */
export function month(path: PathInput): TermBuilder<string> {
  return term(path, { kind: 'month' })
}

/** The day of a date or timestamp: `day('at').eq('2024-02-03')`. */
export function day(path: PathInput): TermBuilder<string> {
  return term(path, { kind: 'day' })
}

/**
 * The hour of a timestamp, one of one day: `hour('at').eq('2024-02-03-10')`. Partition values count
 * from 1970-01-01T00.
 */
export function hour(path: PathInput): TermBuilder<string> {
  return term(path, { kind: 'hour' })
}

/** The value itself. */
export function identity(path: PathInput): TermBuilder {
  return term(path, { kind: 'identity' })
}

/** Hash of the value modulo `buckets`, as an int from 0 to `buckets - 1`. */
export function bucket(buckets: number, path: PathInput): TermBuilder<number | bigint> {
  return term(path, { kind: 'bucket', buckets: positive(buckets, 'bucket') })
}

/** The value cut to `width`: a number down to a multiple of it, text to its first code points. */
export function truncate(width: number, path: PathInput): TermBuilder {
  return term(path, { kind: 'truncate', width: positive(width, 'truncate') })
}

function term<V>(path: PathInput, transform: Transform): TermBuilder<V> {
  return new TermBuilder<V>({ ...toTerm(path), transform })
}

function positive(value: number, name: string): number {
  if (Number.isInteger(value) && value > 0 && value <= 0x7fff_ffff) return value
  throw new InvalidArgument(
    `${name} takes a whole number from 1 to 2147483647 first, then the column; got ${String(value)}`,
  )
}
