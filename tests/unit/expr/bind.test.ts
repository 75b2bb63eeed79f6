import { describe, expect, test } from 'vitest'
import { InvalidArgument, NotFound } from '../../../src/errors.js'
import { bind } from '../../../src/expr/bind.js'
import { alwaysFalse, alwaysTrue, and, col, not, or } from '../../../src/expr/build.js'
import { evaluator } from '../../../src/expr/evaluate.js'
import type { Predicate } from '../../../src/expr/predicate.js'
import { formatPredicate } from '../../../src/expr/predicate-text.js'
import { referencedFields } from '../../../src/expr/simplify.js'
import { bucket, day, hour, month, truncate, year } from '../../../src/expr/terms.js'
import { toPredicate } from '../../../src/expr/where.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'

const { schema } = buildSchema([
  ['id', t.long().required()],
  ['n', t.int()],
  ['f', t.float()],
  ['d', t.double()],
  ['dec', t.decimal(9, 2)],
  ['at', t.timestamptz()],
  ['ts', t.timestamp()],
  ['day', t.date()],
  ['s', t.string()],
  ['u', t.uuid()],
  ['b', t.binary()],
  ['ok', t.boolean()],
  ['st', t.struct({ x: t.int(), 'a.b': t.int().required() })],
  ['l', t.list(t.int())],
  ['nil', t.unknown()],
  ['g', t.geometry()],
  ['st.x', t.int()],
])

const show = (predicate: Predicate) => formatPredicate(bind(predicate, schema))

describe('binding', () => {
  test.each<[Predicate, string]>([
    [col('n').eq(5), 'n = 5'],
    [col('n').gt(5.5), 'n > 5'],
    [col('n').gte(5.5), 'n > 5'],
    [col('n').lt(5.5), 'n <= 5'],
    [col('n').lte(-5.5), 'n <= -6'],
    [col('n').eq(5.5), 'false'],
    [col('n').ne(5.5), 'n is not null'],
    [col('id').ne(5.5), 'true'],
    [col('n').lt(2 ** 31), 'n is not null'],
    [col('n').gt(2 ** 31), 'false'],
    [col('n').eq(2n ** 40n), 'false'],
    [col('n').gte(-(2 ** 31) - 1), 'n is not null'],
    [col('id').lt(2n ** 63n), 'true'],
    [col('id').eq(-(2n ** 63n) - 1n), 'false'],
    [col('id').gt(9007199254740993n), 'id > 9007199254740993'],
    [col('n').in([1, 2.5, 2, 1, 2n ** 40n]), 'n in (1, 2)'],
    [col('n').in([1.5]), 'false'],
    [col('n').in([]), 'false'],
    [col('n').notIn([]), 'n is not null'],
    [col('n').notIn([1.5]), 'n is not null'],
    [col('n').in([7]), 'n = 7'],
    [col('n').notIn([7, 7]), 'n <> 7'],
    [col('dec').eq('1.5'), 'dec = 1.50'],
    [col('dec').lt('1.005'), 'dec <= 1.00'],
    [col('dec').lt('-1.005'), 'dec <= -1.01'],
    [col('dec').eq('1.005'), 'false'],
    [col('dec').lt('1e20'), 'dec is not null'],
    [col('dec').gt(10n), 'dec > 10.00'],
    [col('f').eq(0.1), `f = ${Math.fround(0.1)}`],
    [col('f').lt(1e39), 'f <= 3.4028234663852886e+38'],
    [col('f').eq(1e39), 'false'],
    [col('d').lt(Number.POSITIVE_INFINITY), 'd < Infinity'],
    [col('at').gte('2024-01-31T01:00:00+01:00'), "at >= '2024-01-31T00:00:00.000000Z'"],
    [col('at').lt(new Date(0)), "at < '1970-01-01T00:00:00.000000Z'"],
    [col('ts').gte('2024-01-31'), "ts >= '2024-01-31T00:00:00.000000'"],
    [col('ts').gte('2024-01-31 10:00'), "ts >= '2024-01-31T10:00:00.000000'"],
    [col('day').eq('2024-01-31'), "day = '2024-01-31'"],
    [col('s').startsWith(''), 's is not null'],
    [col('s').notStartsWith(''), 'false'],
    [col('s').notStartsWith('Os'), "s not like 'Os%'"],
    [col('b').eq(Uint8Array.of(1)), "b = X'01'"],
    [col('ok').eq(true), 'ok = true'],
    [col('id').isNull(), 'false'],
    [col('id').notNull(), 'true'],
    [col(['st', 'a.b']).isNull(), 'st."a.b" is null'.replace('"a.b"', 'a.b')],
    [col('nil').isNull(), 'true'],
    [col('nil').eq(5), 'false'],
    [day('at').eq('2024-01-31'), "day(at) = '2024-01-31'"],
    [day('day').lt('1969-12-31'), "day(day) < '1969-12-31'"],
    [year('at').eq(2024), 'year(at) = 2024'],
    [year('at').lt('2024'), 'year(at) < 2024'],
    [year('day').gte(1969n), 'year(day) >= 1969'],
    [year('day').gt(2023.5), 'year(day) > 2023'],
    [year('day').in([2024, '2025', 2024]), 'year(day) in (2024, 2025)'],
    [year('day').eq('-0001'), 'year(day) = -001'],
    [year('day').lt(2 ** 40), 'day is not null'.replace('day', 'year(day)')],
    [month('day').eq('2024-02'), "month(day) = '2024-02'"],
    [
      month('ts').between('1969-12', '1970-01'),
      "month(ts) >= '1969-12' and month(ts) <= '1970-01'",
    ],
    [month('day').gt('+999999999-01'), 'false'],
    [hour('at').lt('1970-01-01-05'), "hour(at) < '1970-01-01-05'"],
    [hour('at').eq('2024-02-03T10'), "hour(at) = '2024-02-03-10'"],
    [hour('ts').eq('1969-12-31 23'), "hour(ts) = '1969-12-31-23'"],
    [bucket(16, 'id').in([1, 2]), 'bucket(16, id) in (1, 2)'],
    [truncate(3, 's').eq('ice'), "truncate(3, s) = 'ice'"],
    [col('n').between(1, 5), 'n >= 1 and n <= 5'],
    [and(), 'true'],
    [or(), 'false'],
    [and(alwaysTrue, col('n').eq(1)), 'n = 1'],
    [and(alwaysFalse, col('n').eq(1)), 'false'],
    [or(alwaysTrue, col('n').eq(1)), 'true'],
    [
      and(col('n').eq(1), or(col('s').eq("O'slo"), col('ok').eq(false))),
      "n = 1 and (s = 'O''slo' or ok = false)",
    ],
  ])('%o', (predicate, expected) => {
    expect(show(predicate)).toBe(expected)
  })

  test.each<[Predicate, string]>([
    [not(col('n').lt(5)), 'n >= 5'],
    [not(col('n').lte(5)), 'n > 5'],
    [not(col('n').eq(5)), 'n <> 5'],
    [not(not(col('n').eq(5))), 'n = 5'],
    [not(col('n').in([1, 2])), 'n not in (1, 2)'],
    [not(col('s').startsWith('a')), "s not like 'a%'"],
    [not(col('n').isNull()), 'n is not null'],
    [not(col('d').isNaN()), 'd is not nan'],
    // A comparison with NaN is false, so its opposite is true.
    [not(col('d').lt(5)), 'd >= 5 or d is nan'],
    [not(col('d').eq(5)), 'd <> 5'],
    [not(and(col('n').eq(1), col('s').isNull())), 'n <> 1 or s is not null'],
    [not(or(col('n').eq(1), col('s').isNull())), 'n <> 1 and s is not null'],
    [not(col('n').between(1, 5)), 'n < 1 or n > 5'],
    [not(col('n').eq(5.5)), 'n is not null'],
    [not(alwaysTrue), 'false'],
  ])('NOT is pushed down: %o', (predicate, expected) => {
    expect(show(predicate)).toBe(expected)
  })

  test('paths: text where it is clear, names where it is not', () => {
    expect(bind(col(['st', 'x']).eq(1), schema)).toMatchObject({
      term: { path: ['st', 'x'], required: false },
    })
    expect(bind(col(['st.x']).eq(1), schema)).toMatchObject({ term: { path: ['st.x'] } })
    expect(() => bind(col('st.x').eq(1), schema)).toThrow('ambiguous')
    expect(() => bind(col('nope').eq(1), schema)).toThrow(NotFound)
    expect(bind(col('ID').eq(1), schema, { caseSensitive: false })).toMatchObject({
      term: { fieldId: 1 },
    })
  })

  test.each<[Predicate, string]>([
    [col('n').eq('5'), "column 'n' of type int"],
    [col('n').eq(Number.NaN), "column 'n' of type int"],
    [col('d').eq(Number.NaN), 'use isNaN()'],
    [col('s').eq(5), "column 's' of type string"],
    [col('s').isNaN(), 'does not take isNaN'],
    [col('n').startsWith('a'), 'does not take startsWith'],
    [col('l').eq(1), 'does not take eq'],
    [col('l.element').eq(1), 'lies inside a list or map'],
    [col('st').in([1]), 'does not take in'],
    [col('at').eq('2024-01-31T00:00:00'), "column 'at' of type timestamptz"],
    [col('ts').eq('2024-01-31T00:00:00Z'), "column 'ts' of type timestamp"],
    [col('g').eq(Uint8Array.of(1)), 'does not take eq'],
    [hour('day').eq('2024-01-01-00'), "hour does not take column 'day'"],
    [month('at').eq(2 as never), 'month(at) cannot be compared with the number 2: it is one month'],
    [month('at').eq('02'), "written as '2024-02'"],
    [month('at').eq('2024-13'), "written as '2024-02'"],
    [month('at').eq('2024-02-01'), "written as '2024-02'"],
    [day('at').in(['2024-02-30']), "day(at) cannot be compared with the string '2024-02-30'"],
    [day('at').eq(3 as never), 'it is no day from 1 to 31'],
    [hour('at').gt(10 as never), 'it is no hour from 0 to 23'],
    [hour('at').gt('2024-02-03-24'), "written as '2024-02-03-10'"],
    [year('at').eq('2024-02'), "it is a calendar year, written as 2024 or '2024'"],
    [year('at').eq(Number.NaN), 'written as 2024'],
    [year('at').startsWith('20'), 'year(at) of type int does not take startsWith'],
    [bucket(4, 'id').eq('x' as never), 'bucket(4, id) of type int cannot be compared so'],
    [bucket(4, 'd').eq(1), "bucket[4] does not take column 'd'"],
    [col('dec').eq('abc'), 'is not a number'],
  ])('%o is refused', (predicate, message) => {
    expect(() => bind(predicate, schema)).toThrow(InvalidArgument)
    expect(() => bind(predicate, schema)).toThrow(message)
  })

  test('building: null and foreign values are refused where they are written', () => {
    expect(() => col('n').eq(null)).toThrow('use isNull()')
    expect(() => col('n').in([1, null])).toThrow('null in a set')
    expect(() => col('n').in('abc')).toThrow('takes an array')
    expect(() => col('')).toThrow(InvalidArgument)
    expect(() => and(undefined as never)).toThrow('a predicate was expected')
    expect(() => bucket(0, 'n')).toThrow('bucket takes a whole number')
    expect(() => toPredicate(undefined as never)).toThrow('never means "every row"')
    expect(() => bind({ op: 'nonsense' } as never, schema)).toThrow(InvalidArgument)
  })

  test('where takes text, predicates and a function of typed columns', () => {
    expect(show(toPredicate('n > 5'))).toBe('n > 5')
    expect(show(toPredicate(((r: { n: ReturnType<typeof col> }) => r.n.gt(5)) as never))).toBe(
      'n > 5',
    )
    const nested = (r: { st: { x: ReturnType<typeof col> } }) => r.st.x.isNull()
    expect(show(toPredicate(nested as never))).toBe('st.x is null')
  })

  test('null tests of nested columns can be evaluated', () => {
    const matches = evaluator(bind(or(col('st').isNull(), col('g').notNull()), schema))
    expect(matches(() => null)).toBe(true)
    expect(matches(() => 1)).toBe(true)
  })

  test('the columns a predicate reads', () => {
    const bound = bind(
      and(col('n').eq(1), or(col('s').isNull(), day('at').eq('2024-01-31'))),
      schema,
    )
    expect([...referencedFields(bound)].sort()).toEqual([2, 6, 9])
  })

  test('long sets are cut short in print', () => {
    expect(show(col('n').in(Array.from({ length: 15 }, (_, i) => i)))).toBe(
      'n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 5 more)',
    )
  })
})
