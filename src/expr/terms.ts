/** Transforms of columns: partition and sort terms, and left sides of comparisons. */
import { InvalidArgument } from '../errors.js'
import type { Transform } from '../partition/model.js'
import { type PathInput, TermBuilder, toTerm } from './build.js'

/** Years from 1970 of a date or timestamp, as an int (1970 is 0). */
export function year(path: PathInput): TermBuilder {
  return term(path, { kind: 'year' })
}

/** Months from 1970-01 of a date or timestamp, as an int. */
export function month(path: PathInput): TermBuilder {
  return term(path, { kind: 'month' })
}

/** The day of a date or timestamp, as a date. */
export function day(path: PathInput): TermBuilder {
  return term(path, { kind: 'day' })
}

/** Hours from 1970-01-01T00 of a timestamp, as an int. */
export function hour(path: PathInput): TermBuilder {
  return term(path, { kind: 'hour' })
}

/** The value itself. */
export function identity(path: PathInput): TermBuilder {
  return term(path, { kind: 'identity' })
}

/** Hash of the value modulo `buckets`, as an int from 0 to `buckets - 1`. */
export function bucket(buckets: number, path: PathInput): TermBuilder {
  return term(path, { kind: 'bucket', buckets: positive(buckets, 'bucket') })
}

/** The value cut to `width`: a number down to a multiple of it, text to its first code points. */
export function truncate(width: number, path: PathInput): TermBuilder {
  return term(path, { kind: 'truncate', width: positive(width, 'truncate') })
}

function term(path: PathInput, transform: Transform): TermBuilder {
  return new TermBuilder({ ...toTerm(path), transform })
}

function positive(value: number, name: string): number {
  if (Number.isInteger(value) && value > 0 && value <= 0x7fff_ffff) return value
  throw new InvalidArgument(
    `${name} takes a whole number from 1 to 2147483647 first, then the column; got ${String(value)}`,
  )
}
