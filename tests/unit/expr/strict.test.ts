/** Which predicates all rows of a file are sure to match (spec: "Scan Planning"). */
import { describe, expect, test } from 'vitest'
import { bind } from '../../../src/expr/bind.js'
import type { BoundsSource, ColumnBounds } from '../../../src/expr/bounds-source.js'
import { col } from '../../../src/expr/build.js'
import type { BoundPredicate, BoundTerm } from '../../../src/expr/predicate.js'
import { mustMatch } from '../../../src/expr/strict.js'
import type { Transform } from '../../../src/partition/model.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'

const { schema } = buildSchema([
  ['n', t.int()],
  ['s', t.string()],
])
const whole = { valueCount: 9, nullCount: 0 } as const

function over(bounds: ColumnBounds, rowCount: number | undefined = 9): BoundsSource {
  return { rowCount, column: () => bounds }
}

/** `n` through a transform that no text of a predicate can name. */
function through(op: 'isNull' | 'notNull' | 'notNaN', transform: Transform): BoundPredicate {
  const bound = bind(col('n').isNull(), schema)
  if (!('term' in bound)) throw new RangeError('a test of a column is a leaf')
  const term: BoundTerm = { ...bound.term, transform }
  return { op, term }
}

test('no rows match everything', () => {
  expect(mustMatch(bind(col('n').eq(1), schema), over({}, 0))).toBe(true)
  expect(mustMatch(bind(col('n').eq(1), schema), over({}, 1))).toBe(false)
})

test('everything and nothing need no statistics', () => {
  const nothing: BoundsSource = { column: () => undefined }
  expect(mustMatch({ op: 'true' }, nothing)).toBe(true)
  expect(mustMatch({ op: 'false' }, nothing)).toBe(false)
  expect(mustMatch(bind(col('n').notNull(), schema), nothing)).toBe(false)
})

describe('void makes null of every value', () => {
  test.each([
    ['isNull', true],
    ['notNaN', true],
    ['notNull', false],
  ] as const)('%s', (op, all) => {
    expect(mustMatch(through(op, { kind: 'void' }), over({ ...whole, lower: 1, upper: 2 }))).toBe(
      all,
    )
  })
})

test('what an unknown transform makes is sure to match nothing', () => {
  const unknown = { kind: 'unknown', text: 'zorder' } as const
  for (const op of ['isNull', 'notNull', 'notNaN'] as const) {
    expect(mustMatch(through(op, unknown), over({ ...whole, lower: 1, upper: 2 }))).toBe(false)
  }
})

describe('beginnings', () => {
  test.each([
    ['all begin so', 'abc', 'abd', 'ab', true, false],
    ['all below', 'aaa', 'abb', 'b', false, true],
    ['all above', 'ca', 'cb', 'b', false, true],
    ['some may', 'a', 'c', 'b', false, false],
    ['the first does', 'ba', 'c', 'b', false, false],
  ])('%s', (_what, lower, upper, prefix, all, none) => {
    const bounds = over({ ...whole, lower, upper })
    expect(mustMatch(bind(col('s').startsWith(prefix), schema), bounds)).toBe(all)
    expect(mustMatch(bind(col('s').notStartsWith(prefix), schema), bounds)).toBe(none)
  })

  test('without bounds, or with a null, nothing is sure', () => {
    for (const bounds of [
      over(whole),
      over({ lower: 'abc', upper: 'abd', valueCount: 9, nullCount: 1 }),
    ]) {
      expect(mustMatch(bind(col('s').startsWith('ab'), schema), bounds)).toBe(false)
    }
    expect(mustMatch(bind(col('s').notStartsWith('ab'), schema), over(whole))).toBe(false)
  })
})

test('one value is sure only where both bounds are it', () => {
  const one = over({ ...whole, lower: 7, upper: 7 })
  expect(mustMatch(bind(col('n').eq(7), schema), one)).toBe(true)
  expect(mustMatch(bind(col('n').in([1, 7]), schema), one)).toBe(true)
  for (const bounds of [{ lower: 7 }, { upper: 7 }, { lower: 7, upper: 8 }]) {
    expect(mustMatch(bind(col('n').eq(7), schema), over({ ...whole, ...bounds }))).toBe(false)
  }
})
