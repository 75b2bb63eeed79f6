/** Expressions bound to columns: each part knows its shape, and is worked out row by row. */
import { InvalidArgument, ValidationError } from '../errors.js'
import type { Datum } from '../types/datum.js'
import type { IndexedField } from '../types/schema-index.js'
import { comparison } from './comparison.js'
import type { Term } from './predicate.js'
import type { ArithmeticOp, Comparison, FunctionName, ValueNode } from './value-node.js'
import {
  BOOLEAN,
  commonShape,
  conversion,
  literalOf,
  type RowValue,
  type Shape,
  STRING,
  shapeOf,
  shownShape,
} from './value-shape.js'

/** A column of one of the rows that an expression sees. */
export interface ValueColumn {
  readonly side: 'target' | 'source'
  readonly field: IndexedField
}

/** Finds the column that a name means. Throws `NotFound` or `InvalidArgument`. */
export type ResolveColumn = (term: Term) => ValueColumn

/** Reads a column of the rows at hand; what is opaque gives `true` where it is not null. */
export type ReadColumn = (column: ValueColumn) => (row: number) => RowValue
export type ReadRow = (row: number) => RowValue

export interface CompiledValue {
  readonly shape: Shape
  /** Set when it is a column as it is. */
  readonly column?: ValueColumn
  /** The values of a set of rows. */
  readonly open: (read: ReadColumn) => ReadRow
}

/** Compiles an expression. @throws NotFound('column'); InvalidArgument where kinds do not go together */
export function compileValue(node: ValueNode, resolve: ResolveColumn): CompiledValue {
  const compile = (child: ValueNode): CompiledValue => compileValue(child, resolve)
  const test = (child: ValueNode): CompiledValue => booleanOf(compile(child))
  switch (node.kind) {
    case 'literal': {
      const { shape, value } = literalOf(node.value)
      return { shape, open: () => () => value }
    }
    case 'column': {
      const column = resolve(node.term)
      return { shape: shapeOf(column.field.type), column, open: (read) => read(column) }
    }
    case 'isNull': {
      const { open } = compile(node.arg)
      return { shape: BOOLEAN, open: (read) => nullTest(open(read)) }
    }
    case 'isNaN':
      return isNaNTest(compile(node.arg))
    case 'not':
      return mapped(BOOLEAN, test(node.arg), (value) => value !== true)
    case 'and':
    case 'or':
      return junction(node.kind === 'or', node.args.map(test))
    case 'startsWith': {
      const { prefix } = node
      const arg = textOf(compile(node.arg), 'LIKE')
      return mapped(BOOLEAN, arg, (value) => (value as string).startsWith(prefix))
    }
    case 'in': {
      const arg = compile(node.arg)
      return junction(
        true,
        node.values.map((value) => compared('eq', arg, compile(value))),
      )
    }
    case 'compare':
      return compared(node.op, compile(node.left), compile(node.right))
    case 'negate':
      return arithmetic('-', numberLiteral(0n), compile(node.arg))
    case 'arithmetic':
      return arithmetic(node.op, compile(node.left), compile(node.right))
    case 'concat': {
      const [left, right] = [textOf(compile(node.left), '||'), textOf(compile(node.right), '||')]
      return combined(STRING, left, right, (a, b) => `${a as string}${b as string}`)
    }
    case 'call':
      return call(node.name, node.args.map(compile))
    case 'case':
      return choice(
        node.whens.map((when) => test(when.test)),
        [...node.whens.map(({ value }) => compile(value)), compile(node.otherwise)],
      )
  }
}

/** A condition: true, false or null. @throws InvalidArgument for other values */
export function booleanOf(value: CompiledValue): CompiledValue {
  const { shape } = value
  if (shape.kind === 'null' || (shape.kind === 'typed' && shape.type.kind === 'boolean'))
    return value
  throw new InvalidArgument(`a condition was expected, not ${shownShape(shape)}`)
}

function numberLiteral(value: bigint): CompiledValue {
  return { shape: { kind: 'whole', literal: true }, open: () => () => value }
}

function nullTest(read: ReadRow): ReadRow {
  return (row) => read(row) === null
}

function isNaNTest(arg: CompiledValue): CompiledValue {
  if (arg.shape.kind !== 'float') {
    throw new InvalidArgument(
      `IS NAN is asked of floating-point numbers, not of ${shownShape(arg.shape)}`,
    )
  }
  // As in predicates, null is not NaN.
  return { shape: BOOLEAN, open: (read) => nanTest(arg.open(read)) }
}

function nanTest(read: ReadRow): ReadRow {
  return (row) => Number.isNaN(read(row))
}

/** A function of one value; null stays null. */
function mapped(shape: Shape, arg: CompiledValue, map: (value: Datum) => Datum): CompiledValue {
  const open = (read: ReadColumn): ReadRow => {
    const at = arg.open(read)
    return (row) => {
      const value = at(row)
      return value === null ? null : map(value)
    }
  }
  return { shape, open }
}

/** A function of two values; null makes null. */
function combined(
  shape: Shape,
  left: CompiledValue,
  right: CompiledValue,
  combine: (a: Datum, b: Datum) => Datum,
): CompiledValue {
  const open = (read: ReadColumn): ReadRow => {
    const [first, second] = [left.open(read), right.open(read)]
    return (row) => {
      const a = first(row)
      if (a === null) return null
      const b = second(row)
      return b === null ? null : combine(a, b)
    }
  }
  return { shape, open }
}

/** AND and OR of three values: what decides wins over null. */
function junction(isOr: boolean, args: readonly CompiledValue[]): CompiledValue {
  const open = (read: ReadColumn): ReadRow => {
    const tests = args.map((arg) => arg.open(read))
    return (row) => {
      let unknown = false
      for (const test of tests) {
        const value = test(row)
        if (value === isOr) return isOr
        if (value === null) unknown = true
      }
      return unknown ? null : !isOr
    }
  }
  return { shape: BOOLEAN, open }
}

/** A value in another shape. Literals are converted once, so that a bad one fails at once. */
export function inShape(value: CompiledValue, shape: Shape): CompiledValue {
  const convert = conversion(value.shape, shape)
  if (convert === undefined) return { ...value, shape }
  if (value.shape.kind === 'text') {
    const constant = value.open(() => () => null)(0)
    const converted = constant === null ? null : convert(constant)
    return { shape, open: () => () => converted }
  }
  return mapped(shape, value, convert)
}

function compared(op: Comparison, left: CompiledValue, right: CompiledValue): CompiledValue {
  const shape = commonShape([left.shape, right.shape])
  if (shape.kind === 'opaque') {
    throw new InvalidArgument(
      `${shownShape(shape)} cannot be compared: only IS NULL can be asked of it`,
    )
  }
  const [a, b] = [inShape(left, shape), inShape(right, shape)]
  const type = shape.kind === 'typed' ? shape.type : ({ kind: 'double' } as const)
  const { equal, less } = comparison(type)
  switch (op) {
    case 'eq':
      return combined(BOOLEAN, a, b, equal)
    case 'ne':
      return combined(BOOLEAN, a, b, (x, y) => !equal(x, y))
    case 'lt':
      return combined(BOOLEAN, a, b, less)
    case 'lte':
      return combined(BOOLEAN, a, b, (x, y) => less(x, y) || equal(x, y))
    case 'gt':
      return combined(BOOLEAN, a, b, (x, y) => less(y, x))
    case 'gte':
      return combined(BOOLEAN, a, b, (x, y) => less(y, x) || equal(x, y))
  }
}

function arithmetic(op: ArithmeticOp, left: CompiledValue, right: CompiledValue): CompiledValue {
  for (const { shape } of [left, right]) {
    if (['whole', 'decimal', 'float', 'null'].includes(shape.kind)) continue
    throw new InvalidArgument(`\`${op}\` takes numbers, not ${shownShape(shape)}`)
  }
  const shape = commonShape([left.shape, right.shape])
  if (shape.kind === 'float') return floating(op, inShape(left, shape), inShape(right, shape))
  if (shape.kind === 'decimal') return decimals(op, left, right, shape)
  if (op !== '/') return combined(shape, left, right, EXACT[op])
  const float = { kind: 'float' } as const
  return combined(float, left, right, (a, b) => Number(a) / Number(nonZero(b as bigint)))
}

function floating(op: ArithmeticOp, left: CompiledValue, right: CompiledValue): CompiledValue {
  return combined({ kind: 'float' }, left, right, FLOATING[op] as (a: Datum, b: Datum) => number)
}

function decimals(
  op: ArithmeticOp,
  left: CompiledValue,
  right: CompiledValue,
  shape: Extract<Shape, { readonly kind: 'decimal' }>,
): CompiledValue {
  if (op === '/') {
    throw new InvalidArgument('`/` of decimals would round: use a function of the row')
  }
  if (op !== '*') return combined(shape, inShape(left, shape), inShape(right, shape), EXACT[op])
  const scaleOf = ({ shape: one }: CompiledValue): number =>
    one.kind === 'decimal' ? one.scale : 0
  const product = { ...shape, scale: scaleOf(left) + scaleOf(right) }
  return combined(product, left, right, EXACT['*'])
}

type Combine = (a: Datum, b: Datum) => Datum
const EXACT: Readonly<Record<Exclude<ArithmeticOp, '/'>, Combine>> = {
  '+': (a, b) => (a as bigint) + (b as bigint),
  '-': (a, b) => (a as bigint) - (b as bigint),
  '*': (a, b) => (a as bigint) * (b as bigint),
  '%': (a, b) => (a as bigint) % nonZero(b as bigint),
}
const FLOATING: Readonly<Record<ArithmeticOp, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
}

function nonZero(divisor: bigint): bigint {
  if (divisor !== 0n) return divisor
  throw new ValidationError('an expression divides by zero; guard it with CASE WHEN')
}

function textOf(value: CompiledValue, where: string): CompiledValue {
  const { shape } = value
  if (shape.kind === 'null' || shape.kind === 'text') return { ...value, shape: STRING }
  if (shape.kind === 'typed' && shape.type.kind === 'string') return value
  throw new InvalidArgument(`${where} takes texts, not ${shownShape(shape)}`)
}

function call(name: FunctionName, args: readonly CompiledValue[]): CompiledValue {
  if (name === 'lower' || name === 'upper') {
    const change = name === 'lower' ? 'toLowerCase' : 'toUpperCase'
    return mapped(STRING, textOf(args[0]!, name), (value) => (value as string)[change]())
  }
  const shape = commonShape(args.map((arg) => arg.shape))
  const same = args.map((arg) => inShape(arg, shape))
  if (name === 'coalesce')
    return { shape, open: (read) => firstValue(same.map((arg) => arg.open(read))) }
  if (shape.kind === 'opaque') throw new InvalidArgument(`${name} takes values that have an order`)
  const { less } = comparison(shape.kind === 'typed' ? shape.type : { kind: 'double' })
  const better: (a: Datum, b: Datum) => boolean = name === 'least' ? less : (a, b) => less(b, a)
  return {
    shape,
    open: (read) =>
      bestValue(
        same.map((arg) => arg.open(read)),
        better,
      ),
  }
}

function firstValue(reads: readonly ReadRow[]): ReadRow {
  return (row) => {
    for (const read of reads) {
      const value = read(row)
      if (value !== null) return value
    }
    return null
  }
}

/** Nulls are passed over, as Spark and PostgreSQL do. */
function bestValue(reads: readonly ReadRow[], better: (a: Datum, b: Datum) => boolean): ReadRow {
  return (row) => {
    let best: RowValue = null
    for (const read of reads) {
      const value = read(row)
      if (value !== null && (best === null || better(value, best))) best = value
    }
    return best
  }
}

/** CASE: the value beside the first test that is true, else the last value. */
function choice(tests: readonly CompiledValue[], values: readonly CompiledValue[]): CompiledValue {
  const shape = commonShape(values.map((value) => value.shape))
  const same = values.map((value) => inShape(value, shape))
  const open = (read: ReadColumn): ReadRow => {
    const holds = tests.map((test) => test.open(read))
    const gives = same.map((value) => value.open(read))
    return (row) => {
      const at = holds.findIndex((test) => test(row) === true)
      return gives.at(at)!(row)
    }
  }
  return { shape, open }
}
