/**
 * Evaluates a bound predicate over Arrow columns to a row mask. `not` has been pushed down when the
 * predicate was bound, so "unknown" behaves like "false" at every node (SQL three-valued logic
 * under AND and OR only) and two values suffice.
 */
import { type Data, Type } from 'apache-arrow'
import { dictionaryValues } from '../../arrow/concat.js'
import { datumReader } from '../../arrow/datum-reader.js'
import { InternalBug } from '../../errors.js'
import { comparison } from '../../expr/comparison.js'
import { valueTest } from '../../expr/evaluate.js'
import type { BoundPredicate, BoundTerm, CompareOp } from '../../expr/predicate.js'
import type { BoundLeaf } from '../../expr/simplify.js'
import { transformOps } from '../../partition/ops.js'
import type { Datum } from '../../types/datum.js'
import { assert } from '../../util/assert.js'
import { encodeUtf8 } from '../../util/utf8.js'
import { type ByteColumn, ByteSet, bytesIn, compareBytesColumn } from './bytes.js'
import { clearNonNulls, clearNulls, fullMask, type Mask, orMask } from './mask.js'
import { compareNumbers, keepNaN, type NumberValues, numbersIn } from './numbers.js'
import { compareInt64, compareInt128, int64In, int128In } from './wide.js'

/** The columns of a predicate: the chain from the top-level column down to the field itself. */
export type ColumnsOf = (term: BoundTerm) => readonly Data[]

/** A test of non-null values. */
type Test =
  | Extract<BoundLeaf, { readonly value: Datum }>
  | Extract<BoundLeaf, { readonly values: readonly Datum[] }>
  | { readonly op: 'isNaN'; readonly term: BoundTerm }

/** The rows of a batch of `rows` rows that pass. */
export function evaluateMask(predicate: BoundPredicate, columns: ColumnsOf, rows: number): Mask {
  const mask = fullMask(rows)
  narrow(predicate, columns, mask)
  return mask
}

function narrow(predicate: BoundPredicate, columns: ColumnsOf, mask: Mask): void {
  switch (predicate.op) {
    case 'true':
      return
    case 'false':
      mask.fill(0)
      return
    case 'and':
      narrowAll(predicate.args, columns, mask)
      return
    case 'or': {
      const any = new Uint8Array(mask.length)
      for (const arg of predicate.args) {
        const one = mask.slice()
        narrow(arg, columns, one)
        orMask(any, one)
      }
      mask.set(any)
      return
    }
    default:
      narrowLeaf(predicate, columns(predicate.term), mask)
  }
}

/** Narrows by one test after the other, cheap ones first: dear ones skip the rows that are gone. */
function narrowAll(args: readonly BoundPredicate[], columns: ColumnsOf, mask: Mask): void {
  const ordered = args
    .map((arg) => ({ arg, cost: costOf(arg, columns) }))
    .sort((a, b) => a.cost - b.cost)
  for (const { arg } of ordered) narrow(arg, columns, mask)
}

/** Relative costs: fixed-width values and dictionary keys, bytes, then everything else. */
function costOf(predicate: BoundPredicate, columns: ColumnsOf): number {
  if (!('term' in predicate)) return 4
  const path = columns(predicate.term)
  const column = path[0]
  if (column === undefined || path.length > 1 || predicate.term.transform !== undefined) return 3
  switch (column.typeId) {
    case Type.Utf8:
    case Type.Binary:
      return 2
    case Type.Struct:
    case Type.List:
    case Type.Map:
      return 3
    default:
      return 1
  }
}

function narrowLeaf(leaf: BoundLeaf, path: readonly Data[], mask: Mask): void {
  const column = path.at(-1)
  assert(column !== undefined, 'a predicate term has no column')
  switch (leaf.op) {
    case 'isNull':
      // A void transform makes every value null.
      if (leaf.term.transform?.kind !== 'void') clearNonNulls(path, mask)
      return
    case 'notNull':
      if (leaf.term.transform?.kind === 'void') mask.fill(0)
      for (const data of path) clearNulls(data, mask)
      return
    case 'notNaN': {
      // Two-valued: null is not NaN.
      const nan = mask.slice()
      narrowLeaf({ op: 'isNaN', term: leaf.term }, path, nan)
      for (let i = 0; i < mask.length; i += 1) mask[i]! &= nan[i]! ^ 1
      return
    }
    default:
      for (const data of path) clearNulls(data, mask)
      if (column.typeId === Type.Null) return
      if (leaf.term.transform === undefined) testColumn(testOf(leaf), column, mask)
      else testTransformed(testOf(leaf), column, mask)
  }
}

function testOf(leaf: BoundLeaf): Test {
  return 'value' in leaf || 'values' in leaf ? leaf : { op: 'isNaN', term: leaf.term }
}

function testColumn(test: Test, data: Data, mask: Mask): void {
  switch (data.typeId) {
    case Type.Dictionary:
      testDictionary(test, data, mask)
      return
    case Type.Bool:
      testBooleans(test, data, mask)
      return
    case Type.Decimal:
      testInt128(test, data.values as unknown as Uint32Array, mask)
      return
    case Type.Utf8:
    case Type.Binary:
    case Type.FixedSizeBinary:
      testBytes(test, byteColumn(data), mask)
      return
    default: {
      const values = data.values as unknown
      if (values instanceof BigInt64Array) {
        testInt64(test, values, mask)
        return
      }
      if (
        values instanceof Int32Array ||
        values instanceof Float32Array ||
        values instanceof Float64Array
      ) {
        testNumbers(test, values, mask)
        return
      }
      throw new InternalBug(`no comparison for an Arrow column of type ${data.type}`)
    }
  }
}

function testNumbers(test: Test, values: NumberValues, mask: Mask): void {
  switch (test.op) {
    case 'isNaN':
      keepNaN(values, mask)
      return
    case 'in':
    case 'notIn':
      numbersIn(values, numberSet(test.values), test.op === 'in' ? 1 : 0, mask)
      return
    case 'startsWith':
    case 'notStartsWith':
      throw new InternalBug(`${test.op} on a numeric column`)
    default:
      compareNumbers(test.op, values, Number(test.value), mask)
      return
  }
}

/** `Set` treats 0 and -0 as one, as the comparison must. */
function numberSet(values: readonly Datum[]): Set<number> {
  return new Set(values.map(Number))
}

function testInt64(test: Test, values: BigInt64Array, mask: Mask): void {
  if (test.op === 'in' || test.op === 'notIn') {
    const set = new Set(test.values as readonly bigint[])
    int64In(values, set, test.op === 'in' ? 1 : 0, mask)
    return
  }
  const { op, value } = ordered(test)
  compareInt64(op, values, value as bigint, mask)
}

function testInt128(test: Test, words: Uint32Array, mask: Mask): void {
  if (test.op === 'in' || test.op === 'notIn') {
    const set = new Set(test.values as readonly bigint[])
    int128In(words, set, test.op === 'in' ? 1 : 0, mask)
    return
  }
  const { op, value } = ordered(test)
  compareInt128(op, words, value as bigint, mask)
}

function ordered(test: Test): {
  readonly op: Exclude<CompareOp, 'startsWith' | 'notStartsWith'>
  readonly value: Datum
} {
  switch (test.op) {
    case 'eq':
    case 'ne':
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return { op: test.op, value: test.value }
    default:
      throw new InternalBug(`${test.op} on an integer column`)
  }
}

function byteColumn(data: Data): ByteColumn {
  const bytes = data.values as unknown as Uint8Array
  return data.typeId === Type.FixedSizeBinary
    ? { bytes, offsets: undefined, width: data.stride }
    : { bytes, offsets: data.valueOffsets as Int32Array, width: 0 }
}

function bytesOf(datum: Datum): Uint8Array {
  return typeof datum === 'string' ? encodeUtf8(datum) : (datum as Uint8Array)
}

function testBytes(test: Test, column: ByteColumn, mask: Mask): void {
  switch (test.op) {
    case 'isNaN':
      throw new InternalBug('isNaN on a column of bytes')
    case 'in':
    case 'notIn':
      bytesIn(column, new ByteSet(test.values.map(bytesOf)), test.op === 'in' ? 1 : 0, mask)
      return
    default:
      compareBytesColumn(test.op, column, bytesOf(test.value), mask)
      return
  }
}

/** Tests the two values once, then maps the bits. */
function testBooleans(test: Test, data: Data, mask: Mask): void {
  const matches = valueTest(test, comparison(test.term.type))
  const outcome = [matches(false) ? 1 : 0, matches(true) ? 1 : 0] as const
  const bits = data.values as unknown as Uint8Array
  for (let i = 0; i < mask.length; i += 1) {
    const bit = data.offset + i
    mask[i]! &= outcome[((bits[bit >> 3]! >> (bit & 7)) & 1) as 0 | 1]
  }
}

/** Tests each dictionary value once, then maps the keys. */
function testDictionary(test: Test, data: Data, mask: Mask): void {
  const dictionary = dictionaryValues(data.dictionary!)
  const passes = fullMask(dictionary.length)
  clearNulls(dictionary, passes)
  testColumn(test, dictionary, passes)
  const keys = data.values as unknown as Int32Array
  for (let i = 0; i < mask.length; i += 1) if (mask[i] === 1) mask[i] = passes[keys[i]!]!
}

/** Terms with a transform are tested value by value. */
function testTransformed(test: Test, data: Data, mask: Mask): void {
  const { apply } = transformOps(test.term.transform!, test.term.sourceType)
  const matches = valueTest(test, comparison(test.term.type))
  const at = datumReader(test.term.sourceType, data)
  for (let i = 0; i < mask.length; i += 1) {
    if (mask[i] !== 1) continue
    const value = at(i)
    mask[i] = value !== null && matches(apply(value)) ? 1 : 0
  }
}
