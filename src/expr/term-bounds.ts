import { transformOps } from '../partition/ops.js'
import type { Datum } from '../types/datum.js'
import type { BoundsSource } from './bounds-source.js'
import { type Comparison, comparison } from './comparison.js'
import type { BoundTerm } from './predicate.js'

/** What is known of a term over a set of rows: its column's bounds, taken through its transform. */
export interface TermBounds {
  readonly cmp: Comparison
  readonly lower: Datum | undefined
  readonly upper: Datum | undefined
  /** True only when surely so. */
  readonly allNull: boolean
  readonly noNull: boolean
  readonly allNaN: boolean
  readonly noNaN: boolean
}

/** Looks a term up in the statistics. */
export function termBounds(term: BoundTerm, source: BoundsSource): TermBounds {
  const column = source.column(term.fieldId)
  const isFloat = term.type.kind === 'float' || term.type.kind === 'double'
  const values = column?.valueCount === undefined ? undefined : BigInt(column.valueCount)
  const nulls = column?.nullCount === undefined ? undefined : BigInt(column.nullCount)
  const nans = column?.nanCount === undefined ? undefined : BigInt(column.nanCount)
  const [lower, upper] = throughTransform(term, column?.lower, column?.upper)
  return {
    cmp: comparison(term.type),
    lower,
    upper,
    allNull: values !== undefined && values > 0n && nulls === values,
    noNull: term.required || nulls === 0n,
    allNaN: isFloat && values !== undefined && values > 0n && nans === values,
    noNaN: !isFloat || nans === 0n,
  }
}

/** Order-preserving transforms carry bounds over; the others leave nothing known. */
function throughTransform(
  term: BoundTerm,
  lower: Datum | undefined,
  upper: Datum | undefined,
): readonly [Datum | undefined, Datum | undefined] {
  if (term.transform === undefined) return [lower, upper]
  const ops = transformOps(term.transform, term.sourceType)
  if (!ops.preservesOrder) return [undefined, undefined]
  const apply = (bound: Datum | undefined): Datum | undefined =>
    bound === undefined ? undefined : (ops.apply(bound) ?? undefined)
  const [low, high] = [apply(lower), apply(upper)]
  const { kind } = term.sourceType
  // Truncating the lowest integers wraps to the highest ones: then nothing is known.
  if (term.transform.kind === 'truncate' && (kind === 'int' || kind === 'long')) {
    const isWhole = low !== undefined && lower !== undefined && low <= lower
    if (!isWhole) return [undefined, undefined]
  }
  return [low, high]
}
