/** What clauses of a merge take as a condition. */
import { InvalidArgument } from '../errors.js'
import { TermBuilder } from './build.js'
import type { Predicate } from './predicate.js'
import { Expression, expr, predicateNode } from './value.js'
import type { ValueNode } from './value-node.js'

/** A function of the rows, SQL text, an expression, or a predicate. */
export type Condition = ((...rows: never[]) => unknown) | string | Expression | Predicate

/** Throws `InvalidArgument` unless it may be a condition; what it names is looked at later. */
export function checkCondition(condition: unknown, where: string): void {
  if (condition === undefined || typeof condition === 'function') return
  if (typeof condition === 'string' || condition instanceof Expression) return
  const isTerm = condition instanceof TermBuilder
  if (!isTerm && typeof condition === 'object' && condition !== null && 'op' in condition) return
  throw new InvalidArgument(
    `${where}: \`if\` must be a function of the row, SQL text, expr\`…\` or a predicate${isTerm ? ', as col(…).eq(true)' : ''}`,
  )
}

/** A condition that is no function, as a tree. @throws InvalidArgument for text that cannot be read */
export function conditionNode(condition: string | Expression | Predicate): ValueNode {
  if (typeof condition === 'string') return expr(condition).node
  return condition instanceof Expression ? condition.node : predicateNode(condition)
}
