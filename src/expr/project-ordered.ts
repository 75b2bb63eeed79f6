import type { Datum } from '../types/datum.js'
import type { BoundPredicate, BoundTerm } from './predicate.js'
import { noneOf, oneOf } from './project-bucket.js'
import type { Projection } from './projection.js'
import { type BoundLeaf, boundAnd, boundOr, FALSE, TRUE } from './simplify.js'

type Apply = (value: Datum) => Datum | null

/**
 * Truncated numbers, years, months, days and hours: steps that never fall. Old writers rounded times
 * before 1970 towards zero, one step too high, so for those (`time`) both steps are allowed for, as
 * the reference does. Truncating the very lowest integers wraps to the highest ones, which a range
 * of truncated integers must allow for too.
 */
export function projectOrdered(
  leaf: BoundLeaf,
  term: BoundTerm,
  apply: Apply,
  mode: Projection,
  time: boolean,
): BoundPredicate {
  const steps: Steps = { term, apply, slack: time }
  const projected = mode === 'inclusive' ? inclusive(leaf, steps) : strict(leaf, steps)
  if (time) return projected
  if (mode === 'inclusive' && (leaf.op === 'lt' || leaf.op === 'lte')) {
    const wrapped = wrappedStep(steps)
    return wrapped === undefined
      ? projected
      : boundOr([projected, { op: 'eq', term, value: wrapped }])
  }
  if (mode === 'strict' && (leaf.op === 'gt' || leaf.op === 'gte')) {
    const wrapped = wrappedStep(steps)
    return wrapped === undefined
      ? projected
      : boundAnd([projected, { op: 'ne', term, value: wrapped }])
  }
  return projected
}

/** The image of the lowest integer when truncation wraps it around; undefined when it does not. */
function wrappedStep({ term, apply }: Steps): Datum | undefined {
  if (term.type.kind === 'int') {
    const image = Number(apply(-0x8000_0000))
    return image > 0 ? image : undefined
  }
  if (term.type.kind !== 'long') return undefined
  const image = apply(-(2n ** 63n))
  return typeof image === 'bigint' && image > 0n ? image : undefined
}

interface Steps {
  readonly term: BoundTerm
  readonly apply: Apply
  readonly slack: boolean
}

function inclusive(leaf: BoundLeaf, steps: Steps): BoundPredicate {
  const { term } = steps
  switch (leaf.op) {
    case 'lt':
      return atMost(rangeStep(previous(leaf.value), steps), steps)
    case 'lte':
      return atMost(rangeStep(leaf.value, steps), steps)
    case 'gt':
      return atLeast(rangeStep(next(leaf.value), steps), term)
    case 'gte':
      return atLeast(rangeStep(leaf.value, steps), term)
    case 'eq':
      return oneOf(term, withSlack([leaf.value], steps), (value) => value)
    case 'in':
      return oneOf(term, withSlack(leaf.values, steps), (value) => value)
    case 'ne':
    case 'notIn':
      return { op: 'notNull', term }
    default:
      return TRUE
  }
}

function strict(leaf: BoundLeaf, steps: Steps): BoundPredicate {
  const { term } = steps
  switch (leaf.op) {
    case 'lt':
      return below(rangeStep(leaf.value, steps), term)
    case 'lte':
      return below(rangeStep(next(leaf.value), steps), term)
    case 'gt':
      return above(rangeStep(leaf.value, steps), steps)
    case 'gte':
      return above(rangeStep(previous(leaf.value), steps), steps)
    case 'ne':
      return noneOf(term, withSlack([leaf.value], steps), (value) => value)
    case 'notIn':
      return noneOf(term, withSlack(leaf.values, steps), (value) => value)
    default:
      return FALSE
  }
}

function step(value: Datum, { apply }: Steps): Datum | null {
  return apply(value)
}

/** The image of the end of a range; null when it wrapped around, so that nothing is known. */
function rangeStep(value: Datum, { apply, slack }: Steps): Datum | null {
  const image = apply(value)
  const wrapped = !slack && image !== null && image > value
  return wrapped ? null : image
}

function atMost(image: Datum | null, { term, slack }: Steps): BoundPredicate {
  if (image === null) return TRUE
  return { op: 'lte', term, value: slack && isNegative(image) ? next(image) : image }
}

function atLeast(image: Datum | null, term: BoundTerm): BoundPredicate {
  return image === null ? TRUE : { op: 'gte', term, value: image }
}

function below(image: Datum | null, term: BoundTerm): BoundPredicate {
  return image === null ? FALSE : { op: 'lt', term, value: image }
}

function above(image: Datum | null, { term, slack }: Steps): BoundPredicate {
  if (image === null) return FALSE
  return { op: 'gt', term, value: slack && isNegative(image) ? next(image) : image }
}

/** The images of the values, and for negative times the step above each. */
function withSlack(values: readonly Datum[], steps: Steps): readonly Datum[] {
  const images: Datum[] = []
  for (const value of values) {
    const image = step(value, steps)
    if (image === null) continue
    images.push(image)
    if (steps.slack && isNegative(image)) images.push(next(image))
  }
  return [...new Set(images)]
}

function isNegative(value: Datum): boolean {
  return typeof value === 'bigint' ? value < 0n : Number(value) < 0
}

/** The neighbour above among whole numbers. */
function next(value: Datum): Datum {
  return typeof value === 'bigint' ? value + 1n : Number(value) + 1
}

function previous(value: Datum): Datum {
  return typeof value === 'bigint' ? value - 1n : Number(value) - 1
}
