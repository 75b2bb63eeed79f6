import { InvalidArgument } from '../errors.js'
import type { Predicate } from './predicate.js'
import { VALUE_MARK } from './sql-lexer.js'
import { parseSql } from './sql-parser.js'

/**
 * A predicate from SQL text with bound values: sql`fare > ${limit} and city in (${cities})`. Values
 * are never spliced into the text; an array fills an IN list.
 *
 * @throws InvalidArgument that shows where the text cannot be read.
 */
export function sql(parts: TemplateStringsArray, ...values: readonly unknown[]): Predicate {
  const raw = parts.map((part) => {
    refuseMark(part)
    return part
  })
  return parseSql(raw.join(VALUE_MARK), values)
}

/** A predicate from plain SQL text. Throws `InvalidArgument` that shows where it cannot be read. */
export function parsePredicate(text: string): Predicate {
  refuseMark(text)
  return parseSql(text, [])
}

function refuseMark(text: string): void {
  if (text.includes(VALUE_MARK)) throw new InvalidArgument('a predicate holds a NUL character')
}
