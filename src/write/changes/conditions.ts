/** The `if` of a clause of a merge: a function of the rows, or an expression. */
import { InvalidArgument } from '../../errors.js'
import { type Condition, conditionNode } from '../../expr/condition.js'
import { booleanOf, compileValue } from '../../expr/value-compile.js'
import { describeValue } from '../../types/value-error.js'
import { type ClauseRows, columnReader, columnsOfScope, type RowScope } from './row-columns.js'

/** Tells for each row whether the condition holds: 1 or 0. */
export type ConditionTest = (rows: ClauseRows) => Uint8Array

/**
 * Compiles a condition.
 *
 * @throws NotFound('column'); InvalidArgument for text that cannot be read and for kinds of values
 *   that do not go together
 */
export function compileCondition(condition: Condition, scope: RowScope): ConditionTest {
  if (typeof condition === 'function') return functionTest(condition, scope.where)
  const { open } = booleanOf(compileValue(conditionNode(condition), columnsOfScope(scope)))
  return (rows) => {
    const value = open(columnReader(scope, rows))
    const holds = new Uint8Array(rows.count)
    // Neither false nor unknown passes, as in SQL.
    for (let row = 0; row < rows.count; row += 1) holds[row] = value(row) === true ? 1 : 0
    return holds
  }
}

function functionTest(condition: (...rows: never[]) => unknown, where: string): ConditionTest {
  const call = condition as (...rows: readonly unknown[]) => unknown
  return (rows) => Uint8Array.from(rows.objects(), (row) => (answer(where, call(...row)) ? 1 : 0))
}

/** What a condition said: a promise or a number must not pass for no. */
function answer(where: string, said: unknown): boolean {
  if (typeof said === 'boolean') return said
  const what = said instanceof Promise ? 'a promise' : describeValue(said)
  throw new InvalidArgument(`${where}: \`if\` gave ${what}; it must give true or false, at once`, {
    details: { clause: where },
  })
}
