/** The meaning of a bound predicate, row by row: the oracle of every faster way. */
import { transformOps } from '../partition/ops.js'
import type { Datum } from '../types/datum.js'
import { type Comparison, comparison } from './comparison.js'
import type { BoundPredicate } from './predicate.js'
import type { BoundLeaf } from './simplify.js'

/** Gives a row's value of a column; null and undefined both mean null. */
export type GetDatum = (fieldId: number) => Datum | null | undefined
export type RowTest = (get: GetDatum) => boolean

/**
 * Compiles a predicate into a test of rows. As NOT is gone after binding, "unknown" may count as
 * false everywhere: AND and OR keep the answer the same.
 */
export function evaluator(predicate: BoundPredicate): RowTest {
  switch (predicate.op) {
    case 'true':
      return () => true
    case 'false':
      return () => false
    case 'and': {
      const tests = predicate.args.map(evaluator)
      return (get) => tests.every((test) => test(get))
    }
    case 'or': {
      const tests = predicate.args.map(evaluator)
      return (get) => tests.some((test) => test(get))
    }
    default:
      return leafTest(predicate)
  }
}

function leafTest(leaf: BoundLeaf): RowTest {
  const { term } = leaf
  const test = valueTest(leaf, comparison(term.type))
  const { fieldId, transform } = term
  if (transform === undefined) return (get) => test(get(fieldId) ?? null)
  const { apply } = transformOps(transform, term.sourceType)
  return (get) => {
    const value = get(fieldId) ?? null
    return test(value === null ? null : apply(value))
  }
}

/** The test of one leaf on a value of the term's type. */
export function valueTest(leaf: BoundLeaf, cmp: Comparison): (value: Datum | null) => boolean {
  switch (leaf.op) {
    case 'isNull':
      return (value) => value === null
    case 'notNull':
      return (value) => value !== null
    case 'isNaN':
      return (value) => Number.isNaN(value)
    case 'notNaN':
      return (value) => !Number.isNaN(value)
    case 'in': {
      const has = membership(leaf.values, cmp)
      return (value) => value !== null && has(value)
    }
    case 'notIn': {
      const has = membership(leaf.values, cmp)
      return (value) => value !== null && !has(value)
    }
    case 'startsWith':
      return (value) => typeof value === 'string' && value.startsWith(leaf.value as string)
    case 'notStartsWith':
      return (value) => typeof value === 'string' && !value.startsWith(leaf.value as string)
    case 'eq':
      return (value) => value !== null && cmp.equal(value, leaf.value)
    case 'ne':
      return (value) => value !== null && !cmp.equal(value, leaf.value)
    case 'lt':
      return (value) => value !== null && cmp.less(value, leaf.value)
    case 'lte':
      return (value) =>
        value !== null && (cmp.less(value, leaf.value) || cmp.equal(value, leaf.value))
    case 'gt':
      return (value) => value !== null && cmp.less(leaf.value, value)
    case 'gte':
      return (value) =>
        value !== null && (cmp.less(leaf.value, value) || cmp.equal(value, leaf.value))
  }
}

/** Sets hold −0 and 0 as one and never hold NaN here, so they answer like the comparison. */
function membership(values: readonly Datum[], cmp: Comparison): (value: Datum) => boolean {
  if (values.some((value) => value instanceof Uint8Array)) {
    return (value) => values.some((other) => cmp.equal(value, other))
  }
  const set = new Set(values)
  return (value) => set.has(value)
}
