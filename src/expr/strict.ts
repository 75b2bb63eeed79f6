/** Whether every row of a set surely matches, from statistics alone: "yes" is certain, "no" is not. */
import type { Datum } from '../types/datum.js'
import type { BoundsSource } from './bounds-source.js'
import type { BoundPredicate } from './predicate.js'
import type { BoundLeaf } from './simplify.js'
import { type TermBounds, termBounds } from './term-bounds.js'

/** True only when every row matches (spec: "Scan Planning", strict metrics evaluation). */
export function mustMatch(predicate: BoundPredicate, source: BoundsSource): boolean {
  if (source.rowCount !== undefined && BigInt(source.rowCount) === 0n) return true
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
      return leafMustMatch(predicate, termBounds(predicate.term, source))
  }
}

function leafMustMatch(leaf: BoundLeaf, bounds: TermBounds): boolean {
  const { transform } = leaf.term
  // Void makes null of everything, and what an unknown transform makes nobody knows.
  if (transform?.kind === 'void') return leaf.op === 'isNull' || leaf.op === 'notNaN'
  if (transform?.kind === 'unknown') return false
  switch (leaf.op) {
    case 'isNull':
      return bounds.allNull
    case 'isNaN':
      return bounds.allNaN
    case 'notNaN':
      return bounds.noNaN || bounds.allNull
    case 'notNull':
      return bounds.noNull
    case 'ne':
      return bounds.noNull && outside(leaf.value, bounds)
    case 'notIn':
      return bounds.noNull && leaf.values.every((value) => outside(value, bounds))
    default:
      return bounds.noNull && bounds.noNaN && orderedMustMatch(leaf, bounds)
  }
}

function orderedMustMatch(leaf: BoundLeaf, bounds: TermBounds): boolean {
  const { cmp, lower, upper } = bounds
  switch (leaf.op) {
    case 'lt':
      return upper !== undefined && cmp.less(upper, leaf.value)
    case 'lte':
      return upper !== undefined && !cmp.less(leaf.value, upper)
    case 'gt':
      return lower !== undefined && cmp.less(leaf.value, lower)
    case 'gte':
      return lower !== undefined && !cmp.less(lower, leaf.value)
    case 'eq':
      return isOnly(leaf.value, bounds)
    case 'in':
      return leaf.values.some((value) => isOnly(value, bounds))
    case 'startsWith':
      return startsWith(lower, leaf.value) && startsWith(upper, leaf.value)
    case 'notStartsWith':
      return noneStartsWith(leaf.value as string, bounds)
    default:
      return false
  }
}

/** Whether no value can equal it: NaN, which equals nothing, does no harm. */
function outside(value: Datum, { cmp, lower, upper, allNaN }: TermBounds): boolean {
  if (allNaN) return true
  if (lower !== undefined && cmp.less(value, lower)) return true
  return upper !== undefined && cmp.less(upper, value)
}

function isOnly(value: Datum, { cmp, lower, upper }: TermBounds): boolean {
  if (lower === undefined || upper === undefined) return false
  return cmp.equal(lower, value) && cmp.equal(upper, value)
}

function startsWith(bound: Datum | undefined, prefix: Datum): boolean {
  return typeof bound === 'string' && bound.startsWith(prefix as string)
}

/** All below the prefix, or all above everything that starts with it. */
function noneStartsWith(prefix: string, { cmp, lower, upper }: TermBounds): boolean {
  if (upper !== undefined && cmp.less(upper, prefix)) return true
  return lower !== undefined && cmp.less(prefix, lower) && !startsWith(lower, prefix)
}
