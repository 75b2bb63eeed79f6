import type { BoundPredicate } from './predicate.js'

export const TRUE: BoundPredicate = Object.freeze({ op: 'true' })
export const FALSE: BoundPredicate = Object.freeze({ op: 'false' })

/** All of them, flattened, without what is always true. */
export function boundAnd(args: readonly BoundPredicate[]): BoundPredicate {
  return combine('and', args, TRUE, FALSE)
}

/** Any of them, flattened, without what is always false. */
export function boundOr(args: readonly BoundPredicate[]): BoundPredicate {
  return combine('or', args, FALSE, TRUE)
}

function combine(
  op: 'and' | 'or',
  args: readonly BoundPredicate[],
  neutral: BoundPredicate,
  absorbing: BoundPredicate,
): BoundPredicate {
  const kept: BoundPredicate[] = []
  for (const arg of args) {
    if (arg.op === absorbing.op) return absorbing
    if (arg.op === neutral.op) continue
    if (arg.op === op) kept.push(...arg.args)
    else kept.push(arg)
  }
  const [first] = kept
  if (first === undefined) return neutral
  return kept.length === 1 ? first : { op, args: kept }
}

/** The same predicate with each leaf replaced; the result is simplified. */
export function mapLeaves(
  predicate: BoundPredicate,
  replace: (leaf: BoundLeaf) => BoundPredicate,
): BoundPredicate {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate
    case 'and':
      return boundAnd(predicate.args.map((arg) => mapLeaves(arg, replace)))
    case 'or':
      return boundOr(predicate.args.map((arg) => mapLeaves(arg, replace)))
    default:
      return replace(predicate)
  }
}

/** A node that tests one term. */
export type BoundLeaf = Exclude<BoundPredicate, { readonly op: 'true' | 'false' | 'and' | 'or' }>

/** Ids of the columns a predicate reads. */
export function referencedFields(predicate: BoundPredicate): ReadonlySet<number> {
  const ids = new Set<number>()
  mapLeaves(predicate, (leaf) => {
    ids.add(leaf.term.fieldId)
    return leaf
  })
  return ids
}
