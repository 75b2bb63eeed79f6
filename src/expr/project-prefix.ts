import type { Datum } from '../types/datum.js'
import type { BoundPredicate, BoundTerm } from './predicate.js'
import { noneOf, oneOf } from './project-bucket.js'
import type { Projection } from './projection.js'
import { type BoundLeaf, FALSE, TRUE } from './simplify.js'

type Apply = (value: Datum) => Datum | null

/** Text and bytes cut to their first `width` code points or bytes: the cut keeps the order. */
export function projectPrefix(
  leaf: BoundLeaf,
  term: BoundTerm,
  apply: Apply,
  width: number,
  mode: Projection,
): BoundPredicate {
  if (leaf.op === 'startsWith' || leaf.op === 'notStartsWith') {
    return projectStartsWith(leaf.op, leaf.value as string, term, apply, width, mode)
  }
  return mode === 'inclusive' ? inclusive(leaf, term, apply) : strict(leaf, term, apply)
}

function inclusive(leaf: BoundLeaf, term: BoundTerm, apply: Apply): BoundPredicate {
  switch (leaf.op) {
    case 'lt':
    case 'lte':
      return { op: 'lte', term, value: apply(leaf.value) ?? leaf.value }
    case 'gt':
    case 'gte':
      return { op: 'gte', term, value: apply(leaf.value) ?? leaf.value }
    case 'eq':
      return oneOf(term, [leaf.value], apply)
    case 'in':
      return oneOf(term, leaf.values, apply)
    case 'ne':
    case 'notIn':
      return { op: 'notNull', term }
    default:
      return TRUE
  }
}

function strict(leaf: BoundLeaf, term: BoundTerm, apply: Apply): BoundPredicate {
  switch (leaf.op) {
    case 'lt':
    case 'lte':
      return { op: 'lt', term, value: apply(leaf.value) ?? leaf.value }
    case 'gt':
    case 'gte':
      return { op: 'gt', term, value: apply(leaf.value) ?? leaf.value }
    case 'ne':
      return noneOf(term, [leaf.value], apply)
    case 'notIn':
      return noneOf(term, leaf.values, apply)
    default:
      return FALSE
  }
}

/** A prefix shorter than the cut is seen whole in the partition value, a longer one only in part. */
function projectStartsWith(
  op: 'startsWith' | 'notStartsWith',
  prefix: string,
  term: BoundTerm,
  apply: Apply,
  width: number,
  mode: Projection,
): BoundPredicate {
  const length = [...prefix].length
  if (length <= width) return { op, term, value: prefix }
  if (op === 'startsWith') return mode === 'inclusive' ? oneOf(term, [prefix], apply) : FALSE
  return mode === 'inclusive' ? { op: 'notNull', term } : noneOf(term, [prefix], apply)
}
