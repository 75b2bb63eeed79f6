import { describe, expect, test } from 'vitest'
import { bind } from '../../../src/expr/bind.js'
import {
  type BoundsSource,
  type ColumnBounds,
  metricsBounds,
} from '../../../src/expr/bounds-source.js'
import { and, col, not, or } from '../../../src/expr/build.js'
import { evaluator } from '../../../src/expr/evaluate.js'
import { mayMatch } from '../../../src/expr/inclusive.js'
import { manifestBounds } from '../../../src/expr/manifest-bounds.js'
import type { Predicate } from '../../../src/expr/predicate.js'
import { formatPredicate } from '../../../src/expr/predicate-text.js'
import { projectInclusive, projectStrict } from '../../../src/expr/project.js'
import { residualFor } from '../../../src/expr/residual.js'
import { mustMatch } from '../../../src/expr/strict.js'
import { bucket, day, hour, month, truncate } from '../../../src/expr/terms.js'
import type { PartitionSpec } from '../../../src/partition/model.js'
import { buildPartitionSpec } from '../../../src/partition/spec-builder.js'
import type { PartitionTerm } from '../../../src/partition/terms.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import { encodeSingleValue } from '../../../src/types/single-value.js'
import type { Type } from '../../../src/types/type.js'
import { parseUuid } from '../../../src/types/uuid-text.js'
import { fromHex } from '../../../src/util/bytes.js'

const { schema } = buildSchema([
  ['id', t.long().required()],
  ['n', t.int()],
  ['d', t.double()],
  ['s', t.string()],
  ['at', t.timestamp()],
])
const IDS = { id: 1, n: 2, d: 3, s: 4, at: 5 } as const

function source(
  columns: Partial<Record<keyof typeof IDS, ColumnBounds>>,
  rowCount = 50,
): BoundsSource {
  const byId = new Map(
    Object.entries(columns).map(([name, bounds]) => [IDS[name as keyof typeof IDS], bounds]),
  )
  return { rowCount, column: (id) => byId.get(id as (typeof IDS)[keyof typeof IDS]) }
}

/** 50 rows; `n` from 30 to 79 without nulls, `d` with NaN, `s` with nulls and cut bounds. */
const FILE = source({
  n: { lower: 30, upper: 79, valueCount: 50, nullCount: 0 },
  d: { lower: -0, upper: 5, valueCount: 50, nullCount: 0, nanCount: 3 },
  s: { lower: 'abc', upper: 'dif', valueCount: 50, nullCount: 10 },
})

describe('spec: Scan Planning, metrics evaluation', () => {
  test.each<[string, Predicate, boolean, boolean]>([
    ['below all', col('n').lt(30), false, false],
    ['at the lower bound', col('n').lte(30), true, false],
    ['above all', col('n').gt(79), false, false],
    ['at the upper bound', col('n').gte(79), true, false],
    ['holds for all', col('n').gt(29), true, true],
    ['holds for all, from', col('n').gte(30), true, true],
    ['holds for all, up to', col('n').lte(79), true, true],
    ['equal below', col('n').eq(29), false, false],
    ['equal inside', col('n').eq(50), true, false],
    ['not equal outside', col('n').ne(80), true, true],
    ['not equal inside', col('n').ne(50), true, false],
    ['in, all outside', col('n').in([1, 2, 100]), false, false],
    ['in, one inside', col('n').in([1, 40]), true, false],
    ['not in, all outside', col('n').notIn([1, 100]), true, true],
    ['no nulls', col('n').isNull(), false, false],
    ['no nulls, opposite', col('n').notNull(), true, true],
    ['required column', col('id').isNull(), false, false],
    ['some nulls', col('s').isNull(), true, false],
    ['nulls spoil "all match"', col('s').gte('a'), true, false],
    ['NaN may be there', col('d').isNaN(), true, false],
    ['NaN spoils "all match"', col('d').gte(-1), true, false],
    ['NaN is not equal to anything', col('d').ne(9), true, true],
    ['NaN beyond the bounds never passes a comparison', col('d').gt(5), false, false],
    ['but passes its opposite', not(col('d').lte(5)), true, false],
    ['negative zero equals zero', col('d').lt(0), false, false],
    ['negative zero equals zero, equal', col('d').eq(0), true, false],
    ['prefix below', col('s').startsWith('ab'), true, false],
    ['prefix outside', col('s').startsWith('e'), false, false],
    ['prefix outside, low', col('s').startsWith('a'), true, false],
    ['prefix beyond a cut upper bound', col('s').startsWith('dig'), false, false],
    ['not prefix, but nulls', col('s').notStartsWith('e'), true, false],
    ['nothing known of a column', col('at').lt('1970-01-01T00:00:00'), true, false],
    ['and', and(col('n').gt(29), col('n').lt(30)), false, false],
    ['or', or(col('n').gt(79), col('n').gt(29)), true, true],
    ['a transform that keeps order', truncate(10, 'n').lt(30), false, false],
    ['a transform that keeps order, all', truncate(10, 'n').gte(30), true, true],
    ['a transform without order', bucket(4, 'n').eq(1), true, false],
  ])('%s: may %s %s', (_name, predicate, may, must) => {
    const bound = bind(predicate, schema)
    expect(mayMatch(bound, FILE)).toBe(may)
    expect(mustMatch(bound, FILE)).toBe(must)
  })

  test('counts alone settle all-null and all-NaN columns', () => {
    const nulls = source({ n: { valueCount: 5, nullCount: 5 } }, 5)
    expect(mayMatch(bind(col('n').eq(1), schema), nulls)).toBe(false)
    expect(mayMatch(bind(col('n').notNull(), schema), nulls)).toBe(false)
    expect(mustMatch(bind(col('n').isNull(), schema), nulls)).toBe(true)
    const nans = source({ d: { valueCount: 5, nullCount: 0, nanCount: 5 } }, 5)
    expect(mayMatch(bind(col('d').gt(1), schema), nans)).toBe(false)
    expect(mayMatch(bind(col('d').notNaN(), schema), nans)).toBe(false)
    expect(mustMatch(bind(col('d').isNaN(), schema), nans)).toBe(true)
    expect(mustMatch(bind(col('d').ne(1), schema), nans)).toBe(true)
  })

  test('one value: equal settles both ways, unless NaN counts are missing', () => {
    const one = source({ n: { lower: 7, upper: 7, valueCount: 5, nullCount: 0 } })
    expect(mustMatch(bind(col('n').eq(7), schema), one)).toBe(true)
    expect(mustMatch(bind(col('n').in([7, 8]), schema), one)).toBe(true)
    expect(mayMatch(bind(col('n').ne(7), schema), one)).toBe(false)
    expect(mayMatch(bind(col('n').notIn([7]), schema), one)).toBe(false)
    const unknownNaN = source({ d: { lower: 7, upper: 7, valueCount: 5, nullCount: 0 } })
    expect(mayMatch(bind(col('d').ne(7), schema), unknownNaN)).toBe(true)
    expect(mustMatch(bind(col('d').eq(7), schema), unknownNaN)).toBe(false)
  })

  test('a file without rows matches nothing', () => {
    expect(mayMatch(bind(col('n').isNull(), schema), source({}, 0))).toBe(false)
  })

  test('spec: Schema Evolution, bounds of the old type, NaN bounds and broken bounds', () => {
    const file = (lower: string, upper: string) => ({
      recordCount: 5n,
      lowerBounds: new Map([
        [1, fromHex(lower)!],
        [3, fromHex('0000c07f')!],
      ]),
      upperBounds: new Map([
        [1, fromHex(upper)!],
        [3, fromHex('000000000000f87f')!],
      ]),
    })
    const old = metricsBounds(schema, file('05000000', '09000000'))
    expect(mayMatch(bind(col('id').lt(5), schema), old)).toBe(false)
    expect(mayMatch(bind(col('id').eq(9), schema), old)).toBe(true)
    // NaN bounds, which some writers leave, say nothing.
    expect(mayMatch(bind(col('d').lt(-1), schema), old)).toBe(true)
    expect(mustMatch(bind(col('d').lt(-1), schema), old)).toBe(false)
    const broken = metricsBounds(schema, file('0500', '09'))
    expect(mayMatch(bind(col('id').lt(-100), schema), broken)).toBe(true)
  })
})

describe('spec: Manifest Lists, field summaries', () => {
  const { spec } = buildPartitionSpec(schema, ['n', 'd'])
  const types: readonly Type[] = [{ kind: 'int' }, { kind: 'double' }]
  const may = (predicate: Predicate, summaries: Parameters<typeof manifestBounds>[2]) =>
    mayMatch(
      projectInclusive(bind(predicate, schema), spec),
      manifestBounds(spec, types, summaries),
    )
  const bounds = (type: Type, low: number, high: number) => ({
    lowerBound: encodeSingleValue(type, low),
    upperBound: encodeSingleValue(type, high),
  })

  test('bounds, nulls and NaN of partitions', () => {
    const summaries = [
      { containsNull: false, ...bounds({ kind: 'int' }, 5, 9) },
      { containsNull: true, containsNan: false, ...bounds({ kind: 'double' }, 0, 1) },
    ]
    expect(may(col('n').eq(4), summaries)).toBe(false)
    expect(may(col('n').eq(5), summaries)).toBe(true)
    expect(may(col('n').isNull(), summaries)).toBe(false)
    expect(may(col('d').isNull(), summaries)).toBe(true)
    expect(may(col('d').isNaN(), summaries)).toBe(false)
    expect(may(col('d').gt(1), summaries)).toBe(false)
  })

  test('only nulls; nothing known; missing summaries', () => {
    const onlyNull = [{ containsNull: true }, { containsNull: true }]
    expect(may(col('n').notNull(), onlyNull)).toBe(false)
    // Without contains_nan the column may hold NaN beside null.
    expect(may(col('d').isNaN(), onlyNull)).toBe(true)
    expect(may(col('n').eq(1), undefined)).toBe(true)
    expect(may(col('n').eq(1), [])).toBe(true)
  })
})

describe('bounds of uuids', () => {
  const { schema: uuids } = buildSchema({ u: t.uuid() })
  const [low, high] = [
    `00000000-0000-4000-8000-${'1'.repeat(12)}`,
    `f79c3e09-677c-4bbd-a479-${'3'.repeat(12)}`,
  ]
  const bytes = (text: string) =>
    encodeSingleValue({ kind: 'uuid' }, parseUuid(text) ?? new Uint8Array(16))
  const { spec } = buildPartitionSpec(uuids, ['u'])
  const summary = (lower: string, upper: string) =>
    manifestBounds(
      spec,
      [{ kind: 'uuid' }],
      [{ containsNull: false, lowerBound: bytes(lower), upperBound: bytes(upper) }],
    )
  const may = (value: string, bounds: ReturnType<typeof summary>) =>
    mayMatch(projectInclusive(bind(col('u').eq(value), uuids), spec), bounds)

  test('the order of signed halves loses no value', () => {
    for (const value of [low, high]) expect(may(value, summary(high, low))).toBe(true)
    // The same first half: signed order has the nil variant above the others.
    const [minus, plus] = [
      '10000000-0000-0000-8000-000000000000',
      '10000000-0000-0000-0000-000000000000',
    ]
    for (const value of [minus, plus]) expect(may(value, summary(minus, plus))).toBe(true)
    expect(may(plus, summary(minus, '20000000-0000-0000-0000-000000000000'))).toBe(true)
  })

  test('where both orders agree, they prune', () => {
    expect(may(low, summary(high, high))).toBe(false)
    expect(may(high, summary(low, low))).toBe(false)
  })
})

describe('spec: Scan Planning, projections', () => {
  const project = (predicate: Predicate, ...terms: PartitionTerm[]): readonly [string, string] => {
    const { spec } = buildPartitionSpec(schema, terms)
    const bound = bind(predicate, schema)
    return [
      formatPredicate(projectInclusive(bound, spec)),
      formatPredicate(projectStrict(bound, spec)),
    ]
  }

  test.each<[Predicate, PartitionTerm, string, string]>([
    [col('n').lt(5), 'n', 'n < 5', 'n < 5'],
    [col('n').eq(34), bucket(16, 'n'), 'n_bucket = 3', 'false'],
    [col('n').ne(34), bucket(16, 'n'), 'true', 'n_bucket <> 3'],
    [col('n').lt(34), bucket(16, 'n'), 'true', 'false'],
    [col('n').isNull(), bucket(16, 'n'), 'n_bucket is null', 'n_bucket is null'],
    [col('n').lt(100), truncate(10, 'n'), 'n_trunc <= 90 or n_trunc = 2147483646', 'n_trunc < 100'],
    [
      col('n').gt(99),
      truncate(10, 'n'),
      'n_trunc >= 100',
      'n_trunc > 90 and n_trunc <> 2147483646',
    ],
    [col('n').eq(105), truncate(10, 'n'), 'n_trunc = 100', 'false'],
    [col('n').in([105, 106, 7]), truncate(10, 'n'), 'n_trunc in (100, 0)', 'false'],
    [col('s').eq('iceberg'), truncate(3, 's'), "s_trunc = 'ice'", 'false'],
    [col('s').startsWith('ic'), truncate(3, 's'), "s_trunc like 'ic%'", "s_trunc like 'ic%'"],
    [col('s').startsWith('iceb'), truncate(3, 's'), "s_trunc = 'ice'", 'false'],
    [col('s').notStartsWith('iceb'), truncate(3, 's'), 's_trunc is not null', "s_trunc <> 'ice'"],
    [
      col('at').gte('2024-01-31T10:00:00'),
      day('at'),
      "at_day >= '2024-01-31'",
      "at_day > '2024-01-31'",
    ],
    [
      col('at').lt('2024-01-31T00:00:00'),
      day('at'),
      "at_day <= '2024-01-30'",
      "at_day < '2024-01-31'",
    ],
    [
      col('at').lt('2024-01-31T00:00:00.000001'),
      day('at'),
      "at_day <= '2024-01-31'",
      "at_day < '2024-01-31'",
    ],
    [col('at').eq('2024-01-31T10:00:00'), month('at'), 'at_month = 648', 'false'],
    // Writers before 0.11 rounded times before 1970 one step up: both steps are looked at.
    [
      col('at').eq('1969-12-31T10:00:00'),
      day('at'),
      "at_day in ('1969-12-31', '1970-01-01')",
      'false',
    ],
    [
      col('at').lte('1969-12-30T10:00:00'),
      day('at'),
      "at_day <= '1969-12-31'",
      "at_day < '1969-12-30'",
    ],
    [day('at').eq('2024-01-31'), day('at'), "at_day = '2024-01-31'", "at_day = '2024-01-31'"],
    [day('at').eq('2024-01-31'), hour('at'), 'true', 'false'],
    [col('d').gt(1), 'n', 'true', 'false'],
  ])('%o through a field', (predicate, term, inclusive, strict) => {
    expect(project(predicate, term)).toEqual([inclusive, strict])
  })

  test('several fields of one column are all used', () => {
    expect(project(col('n').eq(34), bucket(16, 'n'), truncate(10, 'n'))[0]).toBe(
      'n_bucket = 3 and n_trunc = 30',
    )
    expect(project(or(col('n').eq(34), col('d').gt(1)), bucket(16, 'n'))[0]).toBe('true')
    expect(project(and(col('n').eq(34), col('d').gt(1)), bucket(16, 'n'))[0]).toBe('n_bucket = 3')
  })

  test('void and unknown transforms project to true, strictly to false', () => {
    const field = { sourceIds: [2], fieldId: 1000, name: 'p' }
    for (const transform of [{ kind: 'void' }, { kind: 'unknown', text: 'zz' }] as const) {
      const spec: PartitionSpec = { specId: 0, fields: [{ ...field, transform }] }
      const bound = bind(col('n').eq(1), schema)
      expect(projectInclusive(bound, spec)).toEqual({ op: 'true' })
      expect(projectStrict(bound, spec)).toEqual({ op: 'false' })
    }
  })

  test('residuals: what a partition settles is gone', () => {
    const { spec } = buildPartitionSpec(schema, [day('at'), 'n'])
    const bound = bind(
      and(col('at').gte('2024-01-31T10:00:00'), col('n').in([1, 2]), col('s').eq('x')),
      schema,
    )
    const residual = residualFor(bound, spec)
    const days = (text: string) => Math.floor(Date.parse(text) / 86400000)
    expect(formatPredicate(residual([days('2024-02-01'), 1]))).toBe("s = 'x'")
    expect(formatPredicate(residual([days('2024-01-31'), 2]))).toBe(
      "at >= '2024-01-31T10:00:00.000000' and s = 'x'",
    )
    expect(formatPredicate(residual([days('2024-02-01'), 3]))).toBe('false')
    expect(formatPredicate(residual([days('2024-01-30'), 1]))).toBe('false')
    expect(formatPredicate(residual([null, null]))).toBe('false')
  })
})

describe('evaluation of rows', () => {
  test('large sets are looked up, -0 as 0', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i)
    const has = evaluator(bind(col('d').in(values), schema))
    expect(has(() => -0)).toBe(true)
    expect(has(() => 999)).toBe(true)
    expect(has(() => 1000)).toBe(false)
    expect(has(() => Number.NaN)).toBe(false)
    expect(has(() => null)).toBe(false)
  })
})
