/** Whether some row of a set may match, from statistics alone: "no" is certain, "yes" is not. */

import type { Datum } from '../types/datum.js'
import { compareUtf8 } from '../util/utf8.js'
import type { BoundsSource } from './bounds-source.js'
import type { BoundPredicate } from './predicate.js'
import type { BoundLeaf } from './simplify.js'
import { type TermBounds, termBounds } from './term-bounds.js'

/** False only when no row can match (spec: "Scan Planning", inclusive metrics evaluation). */
export function mayMatch(predicate: BoundPredicate, source: BoundsSource): boolean {
  if (source.rowCount !== undefined && BigInt(source.rowCount) === 0n) return false
  return walk(predicate, source)
}

function walk(predicate: BoundPredicate, source: BoundsSource): boolean {
  switch (predicate.op) {
    case 'true':
      return true
    case 'false':
      return false
    case 'and':
      return predicate.args.every((arg) => walk(arg, source))
    case 'or':
      return predicate.args.some((arg) => walk(arg, source))
    default:
      return leafMayMatch(predicate, termBounds(predicate.term, source))
  }
}

function leafMayMatch(leaf: BoundLeaf, bounds: TermBounds): boolean {
  if (leaf.op === 'isNull') return leaf.term.transform?.kind === 'void' || !bounds.noNull
  if (leaf.op === 'notNaN') return !bounds.allNaN
  if (bounds.allNull) return false
  switch (leaf.op) {
    case 'notNull':
      return true
    case 'isNaN':
      return !bounds.noNaN
    case 'ne':
      return !isOnly(leaf.value, bounds)
    case 'notIn':
      return !leaf.values.some((value) => isOnly(value, bounds))
    case 'notStartsWith':
      return !(hasPrefix(bounds.lower, leaf.value) && hasPrefix(bounds.upper, leaf.value))
    default:
      return !bounds.allNaN && orderedMayMatch(leaf, bounds)
  }
}

/** The tests that NaN never passes. */
function orderedMayMatch(leaf: BoundLeaf, bounds: TermBounds): boolean {
  const { cmp, lower, upper } = bounds
  switch (leaf.op) {
    case 'lt':
      return lower === undefined || cmp.less(lower, leaf.value)
    case 'lte':
      return lower === undefined || !cmp.less(leaf.value, lower)
    case 'gt':
      return upper === undefined || cmp.less(leaf.value, upper)
    case 'gte':
      return upper === undefined || !cmp.less(upper, leaf.value)
    case 'eq':
      return within(leaf.value, bounds)
    case 'in':
      return leaf.values.some((value) => within(value, bounds))
    case 'startsWith':
      return prefixWithin(leaf.value as string, lower, upper)
    default:
      return true
  }
}

function within(value: Datum, { cmp, lower, upper }: TermBounds): boolean {
  if (lower !== undefined && cmp.less(value, lower)) return false
  return upper === undefined || !cmp.less(upper, value)
}

/** Whether every non-null value is surely `value`. */
function isOnly(value: Datum, { cmp, lower, upper, noNaN }: TermBounds): boolean {
  if (!noNaN || lower === undefined || upper === undefined) return false
  return cmp.equal(lower, value) && cmp.equal(upper, value)
}

/** Texts with a prefix lie together, from the prefix itself upwards. */
function prefixWithin(prefix: string, lower: Datum | undefined, upper: Datum | undefined): boolean {
  if (typeof upper === 'string' && compareUtf8(upper, prefix) < 0) return false
  if (typeof lower !== 'string') return true
  return compareUtf8(lower, prefix) <= 0 || lower.startsWith(prefix)
}

function hasPrefix(bound: Datum | undefined, prefix: Datum): boolean {
  return typeof bound === 'string' && bound.startsWith(prefix as string)
}
