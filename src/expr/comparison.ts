import { datumComparator, isOrdered } from '../types/compare.js'
import type { Datum } from '../types/datum.js'
import type { Type } from '../types/type.js'

/** How predicates compare values of a type. */
export interface Comparison {
  readonly equal: (a: Datum, b: Datum) => boolean
  readonly less: (a: Datum, b: Datum) => boolean
}

/** IEEE 754: −0 equals 0, NaN equals nothing and is neither below nor above (expressions spec). */
const FLOATING: Comparison = {
  equal: (a, b) => a === b,
  less: (a, b) => a < b,
}

/** Types without an order are only ever tested for null: nested, variant, geometry, geography. */
const NONE: Comparison = { equal: () => false, less: () => false }

const cache = new Map<string, Comparison>()

/** The comparison of predicates, which differs from the sort order for floating point alone. */
export function comparison(type: Type): Comparison {
  if (type.kind === 'float' || type.kind === 'double') return FLOATING
  if (!isOrdered(type)) return NONE
  let found = cache.get(type.kind)
  if (found === undefined) {
    const compare = datumComparator(type)
    found = { equal: (a, b) => compare(a, b) === 0, less: (a, b) => compare(a, b) < 0 }
    cache.set(type.kind, found)
  }
  return found
}
