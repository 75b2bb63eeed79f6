/** Binding: names to ids, literals to datums, NOT pushed down and gone. */
import { InvalidArgument } from '../errors.js'
import { transformOps } from '../partition/ops.js'
import { checkTransform } from '../partition/transform.js'
import { datumsEqual, isFloat, isOrdered } from '../types/compare.js'
import type { Datum } from '../types/datum.js'
import { type FindOptions, type IndexedField, schemaIndex } from '../types/schema-index.js'
import type { Schema, Type } from '../types/type.js'
import { formatType } from '../types/type-text.js'
import { checkPredicate } from './build.js'
import { placeCalendar, timeTransform } from './calendar-literal.js'
import { type Literal, placeLiteral } from './literal.js'
import type {
  BoundPredicate,
  BoundTerm,
  CompareOp,
  Predicate,
  SetOp,
  Term,
  UnaryOp,
} from './predicate.js'
import { formatTerm } from './predicate-text.js'
import { boundAnd, boundOr, FALSE, TRUE } from './simplify.js'

type Leaf = Extract<Predicate, { readonly term: Term }>
type LeafOp = UnaryOp | CompareOp | SetOp

const OPPOSITE: Readonly<Record<LeafOp, LeafOp>> = {
  eq: 'ne',
  ne: 'eq',
  lt: 'gte',
  gte: 'lt',
  gt: 'lte',
  lte: 'gt',
  in: 'notIn',
  notIn: 'in',
  startsWith: 'notStartsWith',
  notStartsWith: 'startsWith',
  isNull: 'notNull',
  notNull: 'isNull',
  isNaN: 'notNaN',
  notNaN: 'isNaN',
}
const DEPTH_LIMIT = 1000

/**
 * Resolves a predicate against a schema.
 *
 * @throws NotFound('column') for a column that is not there, InvalidArgument for a literal or an
 * operator that the column's type does not take.
 */
export function bind(
  predicate: Predicate,
  schema: Pick<Schema, 'fields'>,
  options: FindOptions = {},
): BoundPredicate {
  const index = schemaIndex(schema)
  const walk = (node: Predicate, negated: boolean, depth: number): BoundPredicate => {
    checkPredicate(node)
    if (depth > DEPTH_LIMIT) throw new InvalidArgument('the predicate is nested too deeply')
    switch (node.op) {
      case 'true':
      case 'false':
        return (node.op === 'true') !== negated ? TRUE : FALSE
      case 'not':
        return walk(node.arg, !negated, depth + 1)
      case 'and':
      case 'or': {
        const args = node.args.map((arg) => walk(arg, negated, depth + 1))
        return (node.op === 'and') !== negated ? boundAnd(args) : boundOr(args)
      }
      default: {
        if (OPPOSITE[node.op] === undefined) {
          throw new InvalidArgument(`a predicate has the unknown operator \`${String(node.op)}\``)
        }
        const path = node.term.dotted === true ? (node.term.path[0] ?? '') : node.term.path
        return bindLeaf(node, bindTerm(node.term, index.require(path, options)), negated)
      }
    }
  }
  return walk(predicate, false, 0)
}

function bindTerm(term: Term, field: IndexedField): BoundTerm {
  const column = field.path.join('.')
  if (field.inRepeated) {
    throw new InvalidArgument(
      `column '${column}' lies inside a list or map and has many values a row`,
      { details: { column } },
    )
  }
  const transform = term.transform?.kind === 'identity' ? undefined : term.transform
  if (transform !== undefined) checkTransform(transform, field.type, column)
  const type = transform === undefined ? field.type : transformOps(transform, field.type).resultType
  return {
    fieldId: field.id,
    path: field.path,
    sourceType: field.type,
    type,
    ...(transform !== undefined && { transform }),
    required: !field.nullable,
  }
}

function bindLeaf(leaf: Leaf, term: BoundTerm, negated: boolean): BoundPredicate {
  const op = negated ? OPPOSITE[leaf.op] : leaf.op
  const bound = bindOp(op, leaf, term)
  const ordering = op === 'lt' || op === 'lte' || op === 'gt' || op === 'gte'
  // A comparison with NaN is false, so its opposite is true: spelled out for floating point.
  return negated && ordering && isFloat(term.type) ? boundOr([bound, { op: 'isNaN', term }]) : bound
}

function bindOp(op: LeafOp, leaf: Leaf, term: BoundTerm): BoundPredicate {
  switch (op) {
    case 'isNull':
      if (term.type.kind === 'unknown') return TRUE
      return term.required ? FALSE : { op, term }
    case 'notNull':
      return notNull(term)
    case 'isNaN':
    case 'notNaN':
      if (!isFloat(term.type)) throw wrongOperator(op, term)
      return { op, term }
    case 'in':
    case 'notIn':
      return bindSet(op, term, 'values' in leaf ? leaf.values : [])
    default:
      return bindCompare(op, term, 'value' in leaf ? leaf.value : undefined)
  }
}

function bindCompare(op: CompareOp, term: BoundTerm, value: unknown): BoundPredicate {
  if (term.type.kind === 'unknown') return FALSE
  if (!isOrdered(term.type)) throw wrongOperator(op, term)
  if (op === 'startsWith' || op === 'notStartsWith') return bindPrefix(op, term, value)
  const literal = place(term, value)
  switch (literal.at) {
    case 'value':
      return { op, term, value: literal.value }
    case 'gap':
      if (op === 'eq') return FALSE
      if (op === 'ne') return notNull(term)
      return { op: op === 'lt' || op === 'lte' ? 'lte' : 'gt', term, value: literal.floor }
    case 'below':
      return op === 'gt' || op === 'gte' || op === 'ne' ? notNull(term) : FALSE
    case 'above':
      return op === 'lt' || op === 'lte' || op === 'ne' ? notNull(term) : FALSE
  }
}

/** Where a literal stands among the values of a term. */
function place(term: BoundTerm, value: unknown): Literal {
  const column = term.path.join('.')
  const kind = timeTransform(term.transform)
  return kind === undefined
    ? placeLiteral(term.type, value, column, shownTerm(term))
    : placeCalendar(kind, value, column)
}

function bindPrefix(
  op: 'startsWith' | 'notStartsWith',
  term: BoundTerm,
  value: unknown,
): BoundPredicate {
  if (term.type.kind !== 'string') throw wrongOperator(op, term)
  if (typeof value !== 'string') {
    throw new InvalidArgument(`column '${term.path.join('.')}': ${op} takes a text`, {
      details: { column: term.path.join('.') },
    })
  }
  if (value === '') return op === 'startsWith' ? notNull(term) : FALSE
  return { op, term, value }
}

function bindSet(op: SetOp, term: BoundTerm, values: readonly unknown[]): BoundPredicate {
  if (term.type.kind === 'unknown') return FALSE
  if (!isOrdered(term.type)) throw wrongOperator(op, term)
  const literals = values.map((value) => place(term, value))
  const distinct = distinctValues(literals)
  const [first] = distinct
  if (first === undefined) return op === 'in' ? FALSE : notNull(term)
  if (distinct.length === 1) return { op: op === 'in' ? 'eq' : 'ne', term, value: first }
  return { op, term, values: distinct }
}

function distinctValues(literals: readonly Literal[]): readonly Datum[] {
  const plain = new Set<Datum>()
  const bytes: Uint8Array[] = []
  for (const literal of literals) {
    if (literal.at !== 'value') continue
    const { value } = literal
    if (!(value instanceof Uint8Array)) plain.add(value)
    else if (!bytes.some((other) => datumsEqual(other, value))) bytes.push(value)
  }
  return [...plain, ...bytes]
}

function notNull(term: BoundTerm): BoundPredicate {
  if (term.type.kind === 'unknown') return FALSE
  return term.required ? TRUE : { op: 'notNull', term }
}

function wrongOperator(op: string, term: BoundTerm): InvalidArgument {
  const column = term.path.join('.')
  return new InvalidArgument(
    `${shownTerm(term)} of type ${formatType(term.type)} does not take ${op}${operatorHint(term.type)}`,
    { details: { column } },
  )
}

function operatorHint(type: Type): string {
  if (type.kind === 'struct') return ': compare its members'
  return isOrdered(type) ? '' : ': only isNull() and notNull() can be asked of it'
}

/** What a message calls a term. */
function shownTerm(term: BoundTerm): string {
  return term.transform === undefined ? `column '${term.path.join('.')}'` : formatTerm(term)
}
