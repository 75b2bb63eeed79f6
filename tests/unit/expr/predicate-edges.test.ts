/** Predicates at the edges of their columns' values, and what no predicate may say. */
import { describe, expect, test } from 'vitest'
import { InvalidArgument } from '../../../src/errors.js'
import { bind } from '../../../src/expr/bind.js'
import { col, not } from '../../../src/expr/build.js'
import { evaluator } from '../../../src/expr/evaluate.js'
import type { Predicate } from '../../../src/expr/predicate.js'
import { formatPredicate } from '../../../src/expr/predicate-text.js'
import { parsePredicate, sql } from '../../../src/expr/sql.js'
import { toPredicate, type WhereInput } from '../../../src/expr/where.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import type { Datum } from '../../../src/types/datum.js'

const { schema } = buildSchema([
  ['n', t.int()],
  ['l', t.long().required()],
  ['fare', t.decimal(5, 2)],
  ['f', t.float()],
  ['d', t.double()],
  ['s', t.string()],
  ['on', t.date()],
  ['gone', t.unknown()],
  ['st', t.struct({ lat: t.double() })],
  ['tags', t.list(t.string())],
])
const show = (where: WhereInput) => formatPredicate(bind(toPredicate(where), schema))

describe('literals that lie between or beyond values', () => {
  test.each<[Predicate, string]>([
    [col('n').lt(2 ** 31), 'n is not null'],
    [col('n').gt(2 ** 31), 'false'],
    [col('n').ne(2 ** 31), 'n is not null'],
    [col('n').eq(-(2 ** 31) - 1), 'false'],
    [col('n').gte(-(2 ** 31) - 1), 'n is not null'],
    [col('n').ne(-(2 ** 31) - 1), 'n is not null'],
    [col('n').gt(2_147_483_646.5), 'n > 2147483646'],
    [col('n').gt(2_147_483_647.5), 'false'],
    [col('n').eq(1.5), 'false'],
    [col('n').ne(1.5), 'n is not null'],
    [col('n').lte(1.5), 'n <= 1'],
    [col('n').gte(-1.5), 'n > -2'],
    [col('l').ne(2n ** 63n), 'true'],
    [col('l').isNull(), 'false'],
    [col('fare').lt('1000'), 'fare is not null'],
    [col('fare').gt('999.995'), 'false'],
    [col('fare').eq('12.345'), 'false'],
    [col('n').in([1.5, 2, 2]), 'n = 2'],
    [col('n').in([1.5]), 'false'],
    [col('n').notIn([1.5]), 'n is not null'],
    [col('n').notIn([2, 1.5]), 'n <> 2'],
    [col('s').startsWith(''), 's is not null'],
    [col('s').notStartsWith(''), 'false'],
    [col('gone').isNull(), 'true'],
    [col('gone').notNull(), 'false'],
    [col('gone').eq(1), 'false'],
    [col('gone').in([1]), 'false'],
    [not(col('d').lt(1)), 'd >= 1 or d is nan'],
  ])('%o', (predicate, expected) => {
    expect(show(predicate)).toBe(expected)
  })

  test('numbers that no float holds compare as what they are', () => {
    const matches = (predicate: Predicate, value: Datum) =>
      evaluator(bind(predicate, schema))(() => value)
    const most = 3.4028234663852886e38
    expect(matches(col('f').lt(1e39), most)).toBe(true)
    expect(matches(col('f').lt(1e39), Number.POSITIVE_INFINITY)).toBe(false)
    expect(matches(col('f').gt(-1e39), -most)).toBe(true)
    expect(matches(col('f').gt(-1e39), Number.NEGATIVE_INFINITY)).toBe(false)
    expect(matches(col('f').lt(-1e39), Number.NEGATIVE_INFINITY)).toBe(true)
    expect(matches(col('f').eq(1e39), Number.POSITIVE_INFINITY)).toBe(false)
    expect(matches(col('f').eq(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY)).toBe(true)
  })
})

describe('refused', () => {
  test.each<[Predicate, RegExp]>([
    [col('n').eq('5'), /give a bigint or a number, not the string '5'/],
    [col('n').eq(Number.NaN), /give a bigint or a number/],
    [col('fare').eq({}), /give a decimal as text, bigint or number/],
    [col('fare').eq('x'), /'x' is not a number/],
    [col('fare').eq('.'), /'\.' is not a number/],
    [col('fare').eq('1e2000'), /too many digits/],
    [col('d').eq('1'), /give a number, not/],
    [col('d').eq(Number.NaN), /NaN: use isNaN\(\) or notNaN\(\)/],
    [col('n').isNaN(), /column 'n' of type int does not take isNaN/],
    [col('n').startsWith('1'), /does not take startsWith/],
    [col('s').startsWith(1 as never), /startsWith takes a text/],
    [col('st').eq(1), /does not take eq: compare its members/],
    [col('tags').eq(1), /only isNull\(\) and notNull\(\)/],
    [col('st').in([1]), /does not take in: compare its members/],
    [col('tags.element').eq('a'), /lies inside a list or map/],
    [{ op: 'near', term: { path: ['n'] }, value: 1 } as never, /unknown operator `near`/],
    [col('on').eq('2026-02-30'), /cannot be compared so/],
  ])('%o', (predicate, message) => {
    expect(() => bind(predicate, schema)).toThrow(InvalidArgument)
    expect(() => bind(predicate, schema)).toThrow(message)
  })

  test.each<[string, RegExp]>([
    ['1 n', /a comparison \(=, <>/],
    ["'x' in (s)", /a comparison \(=, <>/],
    ['n = -s', /a number was expected after the sign/],
    ['n = date', /a value was expected/],
    ['bucket(4 n) = 1', /`,` was expected/],
    ['day(on = 1', /`\)` was expected/],
    ['n between 1', /AND was expected/],
    ['n not 5', /a comparison/],
    ['st. = 1', /a column name was expected/],
    ['n = \0', /NUL character/],
  ])('%s', (text, message) => {
    expect(() => parsePredicate(text)).toThrow(InvalidArgument)
    expect(() => parsePredicate(text)).toThrow(message)
  })

  test('a predicate nested beyond any use', () => {
    let deep = col('n').eq(1)
    for (let at = 0; at < 1100; at++) deep = not(deep)
    expect(() => bind(deep, schema)).toThrow(/nested too deeply/)
  })

  test('bound values that are nothing', () => {
    expect(() => sql`n = ${undefined}`).toThrow(/a bound value is null; use IS NULL/)
    expect(() => sql`n in (${1}, ${null})`).toThrow(/a bound value is null/)
    expect(show(sql`n = ${-5} or ${7} < n or s like ${'Os%'}`)).toBe(
      "n = -5 or n > 7 or s like 'Os%'",
    )
  })
})

describe('what `where` takes', () => {
  test('a predicate, text, or a function of the columns', () => {
    const where = (row: Record<string, ReturnType<typeof col>>) => row['n']!.eq(1)
    expect(show(where as never)).toBe('n = 1')
    expect(
      show(((row: { st: { lat: ReturnType<typeof col> } }) => row.st.lat.lt(1)) as never),
    ).toBe('st.lat < 1')
    expect(show('n = 1')).toBe('n = 1')
  })

  test('never nothing', () => {
    for (const nothing of [undefined, null]) {
      expect(() => toPredicate(nothing as never)).toThrow(/never means "every row"/)
    }
    for (const wrong of [1, {}, [], () => undefined, () => true]) {
      expect(() => toPredicate(wrong as never)).toThrow(InvalidArgument)
    }
  })

  test('reading symbols of the columns names none', () => {
    const seen: unknown[] = []
    const where = (row: Record<PropertyKey, Record<PropertyKey, unknown>>) => {
      seen.push(row[Symbol.iterator], row['n']?.[Symbol.toPrimitive])
      return col('n').eq(1)
    }
    expect(show(where as never)).toBe('n = 1')
    expect(seen).toEqual([undefined, undefined])
  })
})
