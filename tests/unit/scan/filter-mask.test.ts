/** Predicates over columns in forms that random rows seldom have, and what no column can be asked. */
import {
  Bool,
  type Data,
  Field,
  Float64,
  Int64,
  makeData,
  Null,
  Struct,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'
import { describe, expect, test } from 'vitest'
import { bind } from '../../../src/expr/bind.js'
import { and, col, or } from '../../../src/expr/build.js'
import type { BoundPredicate, BoundTerm } from '../../../src/expr/predicate.js'
import { bucket, truncate } from '../../../src/expr/terms.js'
import type { Transform } from '../../../src/partition/model.js'
import { evaluateMask } from '../../../src/scan/filter/evaluate.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'

const { schema } = buildSchema([
  ['d', t.double()],
  ['l', t.long()],
  ['s', t.string()],
  ['b', t.boolean()],
  ['at', t.timestamp()],
])

function columnOf(values: readonly unknown[], type: Float64 | Int64 | Utf8 | Bool): Data {
  const [data] = vectorFromArray(values, type).data
  if (data === undefined) throw new RangeError('a vector of rows has data')
  return data
}

const doubles = columnOf([1.5, null, Number.NaN, -0, 3], new Float64())
const longs = columnOf([10n, null, 21n, -1n, 30n], new Int64())
const texts = columnOf(['apple', null, 'apricot', 'plum', ''], new Utf8())
const booleans = columnOf([true, null, false, true, false], new Bool())
const byId = new Map([doubles, longs, texts, booleans].map((data, at) => [at + 1, data]))

function maskOf(predicate: BoundPredicate, columns = byId): readonly number[] {
  return [
    ...evaluateMask(
      predicate,
      ({ fieldId }) => {
        const data = columns.get(fieldId)
        return data === undefined ? [] : [data]
      },
      5,
    ),
  ]
}

/** A test of a column through a transform that no predicate of a user can name. */
function through(
  op: 'isNull' | 'notNull' | 'isNaN' | 'notNaN',
  transform: Transform,
): BoundPredicate {
  const bound = bind(col('l').isNull(), schema)
  if (!('term' in bound)) throw new RangeError('a test of a column is a leaf')
  const term: BoundTerm = { ...bound.term, transform }
  return { op, term }
}

test('everything and nothing', () => {
  expect(maskOf({ op: 'true' })).toEqual([1, 1, 1, 1, 1])
  expect(maskOf({ op: 'false' })).toEqual([0, 0, 0, 0, 0])
})

describe('void makes null of every value', () => {
  test.each([
    ['isNull', [1, 1, 1, 1, 1]],
    ['notNull', [0, 0, 0, 0, 0]],
  ] as const)('%s', (op, mask) => {
    expect(maskOf(through(op, { kind: 'void' }))).toEqual(mask)
  })
})

test('NaN is a number that is none; null is not NaN', () => {
  expect(maskOf(bind(col('d').isNaN(), schema))).toEqual([0, 0, 1, 0, 0])
  expect(maskOf(bind(col('d').notNaN(), schema))).toEqual([1, 1, 0, 1, 1])
})

test('terms with a transform are tested value by value, nulls apart', () => {
  expect(maskOf(bind(truncate(10, 'l').eq(20n), schema))).toEqual([0, 0, 1, 0, 0])
  expect(maskOf(bind(truncate(2, 's').eq('ap'), schema))).toEqual([1, 0, 1, 0, 0])
  const buckets = maskOf(bind(bucket(1, 'l').eq(0), schema))
  expect(buckets).toEqual([1, 0, 1, 1, 1])
})

test('a column that is null throughout passes no test but one', () => {
  const nulls = makeData({ type: new Null(), length: 5 })
  const columns = new Map([[2, nulls]])
  expect(maskOf(bind(col('l').gt(1n), schema), columns)).toEqual([0, 0, 0, 0, 0])
  expect(maskOf(bind(col('l').notIn([1n]), schema), columns)).toEqual([0, 0, 0, 0, 0])
  expect(maskOf(bind(col('l').isNull(), schema), columns)).toEqual([1, 1, 1, 1, 1])
})

test('the order of the tests of a conjunction changes nothing', () => {
  const tests = [
    col('s').startsWith('ap'),
    col('l').gt(0n),
    or(col('b').eq(true), col('l').eq(21n)),
    truncate(10, 'l').lt(30n),
  ]
  const expected = [1, 0, 1, 0, 0]
  for (let turn = 0; turn < tests.length; turn++) {
    const turned = [...tests.slice(turn), ...tests.slice(0, turn)]
    expect(maskOf(bind(and(...turned), schema))).toEqual(expected)
  }
})

describe('a column that cannot be asked so is a bug of ours, and is named', () => {
  const cases: readonly (readonly [string, BoundPredicate, Data])[] = [
    ['a beginning of numbers', bind(col('s').startsWith('a'), schema), doubles],
    ['no beginning of numbers', bind(col('s').notStartsWith('a'), schema), doubles],
    ['a beginning of integers', bind(col('s').startsWith('a'), schema), longs],
    ['a text that is NaN', bind(col('d').isNaN(), schema), texts],
    [
      'a struct',
      bind(col('l').eq(1n), schema),
      makeData({
        type: new Struct([new Field('x', new Int64(), true)]),
        length: 5,
        children: [longs],
      }),
    ],
  ]
  test.each(cases)('%s', (_what, predicate, data) => {
    const columns = new Map([1, 2, 3].map((id) => [id, data]))
    expect(() => maskOf(predicate, columns)).toThrow(
      expect.objectContaining({ code: 'INTERNAL_BUG' }),
    )
  })

  test('a term without a column', () => {
    expect(() => maskOf(bind(col('at').isNull(), schema))).toThrow(
      expect.objectContaining({ code: 'INTERNAL_BUG' }),
    )
  })
})
