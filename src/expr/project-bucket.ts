import type { Datum } from '../types/datum.js'
import type { BoundPredicate, BoundTerm } from './predicate.js'
import type { Projection } from './projection.js'
import { type BoundLeaf, FALSE, TRUE } from './simplify.js'

type Apply = (value: Datum) => Datum | null

/** Buckets know equality only: a value lies in its bucket, and not in any other. */
export function projectBucket(
  leaf: BoundLeaf,
  term: BoundTerm,
  apply: Apply,
  mode: Projection,
): BoundPredicate {
  if (mode === 'inclusive') {
    if (leaf.op === 'eq') return oneOf(term, [leaf.value], apply)
    if (leaf.op === 'in') return oneOf(term, leaf.values, apply)
    return TRUE
  }
  if (leaf.op === 'ne') return noneOf(term, [leaf.value], apply)
  if (leaf.op === 'notIn') return noneOf(term, leaf.values, apply)
  return FALSE
}

/** The partition value is that of one of the values. */
export function oneOf(term: BoundTerm, values: readonly Datum[], apply: Apply): BoundPredicate {
  const images = imagesOf(values, apply)
  if (images === undefined) return TRUE
  const [first] = images
  return images.length === 1 && first !== undefined
    ? { op: 'eq', term, value: first }
    : { op: 'in', term, values: images }
}

/** The partition value is that of none of the values. */
export function noneOf(term: BoundTerm, values: readonly Datum[], apply: Apply): BoundPredicate {
  const images = imagesOf(values, apply)
  if (images === undefined) return FALSE
  const [first] = images
  return images.length === 1 && first !== undefined
    ? { op: 'ne', term, value: first }
    : { op: 'notIn', term, values: images }
}

/** Distinct images; undefined when a value has none. */
function imagesOf(values: readonly Datum[], apply: Apply): readonly Datum[] | undefined {
  const images: Datum[] = []
  for (const value of values) {
    const image = apply(value)
    if (image === null) return undefined
    if (image instanceof Uint8Array || !images.includes(image)) images.push(image)
  }
  return images
}
