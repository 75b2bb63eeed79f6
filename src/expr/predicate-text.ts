import { transformOps } from '../partition/ops.js'
import { formatTransform } from '../partition/transform.js'
import { fromDatum } from '../types/from-datum.js'
import type { Type } from '../types/type.js'
import { toHex } from '../util/bytes.js'
import { timeTransform } from './calendar-literal.js'
import type { BoundPredicate, BoundTerm, Predicate, Term } from './predicate.js'

const SIGNS: Readonly<Record<string, string>> = {
  eq: '=',
  ne: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
}
const VALUES_SHOWN = 10

/** A predicate as SQL-like text, for `explain()` and messages. Long sets are cut short. */
export function formatPredicate(predicate: Predicate | BoundPredicate): string {
  switch (predicate.op) {
    case 'true':
    case 'false':
      return predicate.op
    case 'not':
      return `not (${formatPredicate(predicate.arg)})`
    case 'and':
    case 'or':
      return predicate.args
        .map((arg) =>
          needsParens(predicate.op, arg) ? `(${formatPredicate(arg)})` : formatPredicate(arg),
        )
        .join(` ${predicate.op} `)
    default:
      return formatLeaf(predicate)
  }
}

type AnyLeaf = Exclude<
  Predicate | BoundPredicate,
  { readonly op: 'true' | 'false' | 'and' | 'or' | 'not' }
>

function formatLeaf(leaf: AnyLeaf): string {
  const term = formatTerm(leaf.term)
  const formatValue = valueFormat(leaf.term)
  switch (leaf.op) {
    case 'isNull':
      return `${term} is null`
    case 'notNull':
      return `${term} is not null`
    case 'isNaN':
      return `${term} is nan`
    case 'notNaN':
      return `${term} is not nan`
    case 'in':
    case 'notIn': {
      const shown = leaf.values.slice(0, VALUES_SHOWN).map((value) => formatValue(value))
      const rest = leaf.values.length - shown.length
      const list = rest > 0 ? [...shown, `… ${rest} more`] : shown
      return `${term} ${leaf.op === 'in' ? 'in' : 'not in'} (${list.join(', ')})`
    }
    case 'startsWith':
      return `${term} like ${quote(`${String(leaf.value)}%`)}`
    case 'notStartsWith':
      return `${term} not like ${quote(`${String(leaf.value)}%`)}`
    default:
      return `${term} ${SIGNS[leaf.op]} ${formatValue(leaf.value)}`
  }
}

function needsParens(op: 'and' | 'or', arg: Predicate | BoundPredicate): boolean {
  return op === 'and' ? arg.op === 'or' : arg.op === 'and'
}

/** A column or a transform of one as predicates write it: `bucket(16, id)`. */
export function formatTerm(term: Term | BoundTerm): string {
  const path = term.path.map(formatName).join('.')
  const { transform } = term
  if (transform === undefined) return path
  const text = formatTransform(transform)
  const width = /^(\w+)\[(\d+)\]$/.exec(text)
  return width === null ? `${text}(${path})` : `${width[1]}(${width[2]}, ${path})`
}

function formatName(name: string): string {
  return /^[A-Za-z_][\w.]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** How the values that a term is compared with are written. */
function valueFormat(term: Term | BoundTerm): (value: unknown) => string {
  if (!('type' in term)) return (value) => formatValue(value, undefined)
  const kind = timeTransform(term.transform)
  if (kind === undefined || term.transform === undefined) {
    return (value) => formatValue(value, term.type)
  }
  // Years, months and hours count from 1970: shown as the calendar has them, as they are given.
  const { human } = transformOps(term.transform, term.sourceType)
  return (value) => (kind === 'year' ? human(value as number) : quote(human(value as number)))
}

function formatValue(value: unknown, type: Type | undefined): string {
  if (value instanceof Uint8Array && type?.kind !== 'uuid') return `X'${toHex(value)}'`
  const shown = type === undefined ? value : fromDatum(type, value as never)
  const quoted = typeof shown === 'string' && type?.kind !== 'decimal'
  return quoted ? quote(shown) : String(shown)
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
