/** Values worked out from columns: `expr('visits + 1')`, `expr('source.city')`. */
import { InvalidArgument } from '../errors.js'
import { TermBuilder } from './build.js'
import type { Predicate, Term } from './predicate.js'
import { VALUE_MARK } from './sql-lexer.js'
import type { ValueNode } from './value-node.js'
import { parseValue } from './value-parser.js'

/** A value to be worked out from the columns of a row. Made by {@link expr}. */
export class Expression {
  /** @internal */
  readonly node: ValueNode

  /** @internal Use `expr`. */
  constructor(node: ValueNode) {
    this.node = node
    Object.freeze(this)
  }
}

/**
 * An expression from SQL text: the new value of a column, or a condition of a merge. In a merge
 * `source.` and `target.` name the two rows. As a template, values are bound, never spliced in.
 *
 *     expr('visits + 1')      expr`price * ${factor}`      expr("coalesce(source.city, 'unknown')")
 *
 * It knows `+ - * / %`, `||`, comparisons, AND, OR, NOT, IS NULL, IS NAN, IN, BETWEEN, LIKE 'prefix%',
 * CASE, COALESCE, GREATEST, LEAST, LOWER and UPPER. Integers and decimals are exact; `/` of integers
 * gives a double; null makes null, as in SQL.
 *
 * @throws InvalidArgument that shows where the text cannot be read
 */
export function expr(
  text: string | TemplateStringsArray,
  ...values: readonly unknown[]
): Expression {
  const parts: readonly string[] = typeof text === 'string' ? [text] : text
  if (!Array.isArray(parts) || parts.some((part) => typeof part !== 'string')) {
    throw new InvalidArgument('expr takes SQL text, or is used as a template')
  }
  if (parts.some((part) => part.includes(VALUE_MARK))) {
    throw new InvalidArgument('an expression holds a NUL character')
  }
  return new Expression(parseValue(parts.join(VALUE_MARK), values))
}

/** What may stand for an expression, as its tree; undefined for anything else. */
export function nodeOf(value: unknown): ValueNode | undefined {
  if (value instanceof Expression) return value.node
  if (value instanceof TermBuilder) {
    return value.transform === undefined ? columnNode(value) : undefined
  }
  return undefined
}

/** A predicate as an expression, whose literals may be columns: `col('source.at').gt(col('target.at'))`. */
export function predicateNode(predicate: Predicate): ValueNode {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return { kind: 'literal', value: predicate.op === 'true' }
    case 'and':
    case 'or':
      return { kind: predicate.op, args: predicate.args.map(predicateNode) }
    case 'not':
      return { kind: 'not', arg: predicateNode(predicate.arg) }
    default:
      return leafNode(predicate)
  }
}

function leafNode(leaf: Extract<Predicate, { readonly term: Term }>): ValueNode {
  const arg = columnNode(leaf.term)
  switch (leaf.op) {
    case 'isNull':
    case 'isNaN':
      return { kind: leaf.op, arg }
    case 'notNull':
      return { kind: 'not', arg: { kind: 'isNull', arg } }
    case 'notNaN':
      return { kind: 'not', arg: { kind: 'isNaN', arg } }
    case 'in':
      return { kind: 'in', arg, values: leaf.values.map(valueNode) }
    case 'notIn':
      return { kind: 'not', arg: { kind: 'in', arg, values: leaf.values.map(valueNode) } }
    case 'startsWith':
      return { kind: 'startsWith', arg, prefix: String(leaf.value) }
    case 'notStartsWith':
      return { kind: 'not', arg: { kind: 'startsWith', arg, prefix: String(leaf.value) } }
    default:
      return { kind: 'compare', op: leaf.op, left: arg, right: valueNode(leaf.value) }
  }
}

function valueNode(value: unknown): ValueNode {
  return nodeOf(value) ?? { kind: 'literal', value }
}

function columnNode(term: Term): ValueNode {
  if (term.transform !== undefined && term.transform.kind !== 'identity') {
    throw new InvalidArgument(
      `${term.path.join('.')}: a transform of a column cannot be used here; use the column`,
    )
  }
  const { path, dotted } = term
  return { kind: 'column', term: dotted === undefined ? { path } : { path, dotted } }
}
