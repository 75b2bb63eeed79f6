import { InvalidArgument } from '../errors.js'
import { checkPredicate } from './build.js'
import type { Predicate } from './predicate.js'
import { parsePredicate } from './sql.js'
import { columnsProxy } from './typed.js'

/** What `where` takes: a predicate, SQL text, or a function from the row's columns. */
export type WhereInput = Predicate | string | ((row: never) => Predicate)

/** The predicate that a `where` stands for. Throws `InvalidArgument` for anything else. */
export function toPredicate(where: WhereInput): Predicate {
  if (typeof where === 'string') return parsePredicate(where)
  if (typeof where === 'function') {
    const predicate = where(columnsProxy() as never)
    checkPredicate(predicate)
    return predicate
  }
  if (where === undefined || where === null) {
    throw new InvalidArgument(
      'a predicate was expected; a change never means "every row" by leaving it out',
    )
  }
  checkPredicate(where)
  return where
}
