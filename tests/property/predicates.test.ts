/**
 * The evaluators of predicates against a filter in plain JavaScript that knows values only by their
 * rank: three-valued logic, file metrics of every mode, partition projections, residuals, manifest
 * summaries.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bind } from '../../src/expr/bind.js'
import { metricsBounds } from '../../src/expr/bounds-source.js'
import { and, col, not, or, TermBuilder } from '../../src/expr/build.js'
import { evaluator } from '../../src/expr/evaluate.js'
import { mayMatch } from '../../src/expr/inclusive.js'
import { manifestBounds } from '../../src/expr/manifest-bounds.js'
import type { Predicate } from '../../src/expr/predicate.js'
import { projectInclusive, projectStrict } from '../../src/expr/project.js'
import { residualFor, tupleReader } from '../../src/expr/residual.js'
import { mustMatch } from '../../src/expr/strict.js'
import type { PartitionSpec, Transform } from '../../src/partition/model.js'
import { transformOps } from '../../src/partition/ops.js'
import { parseTransform } from '../../src/partition/transform.js'
import { truncateLowerBound, truncateUpperBound } from '../../src/types/bounds.js'
import { datumComparator } from '../../src/types/compare.js'
import type { Datum } from '../../src/types/datum.js'
import { fromDatum } from '../../src/types/from-datum.js'
import { encodeSingleValue } from '../../src/types/single-value.js'
import { toDatum } from '../../src/types/to-datum.js'
import type { Field, Type } from '../../src/types/type.js'
import { parseTypeText } from '../../src/types/type-text.js'

interface Column {
  readonly field: Field
  /** Public values in ascending order; NaN, where there is one, is last and has no order. */
  readonly pool: readonly unknown[]
  readonly transforms: readonly string[]
}

const TIMES = ['year', 'month', 'day', 'hour']
const CLOCK = [
  '1967-02-28T23:59:59.999999',
  '1969-12-31T23:00:00',
  '1969-12-31T23:59:59.999999',
  '1970-01-01T00:00:00',
  '1970-01-01T00:00:00.000001',
  '2024-02-29T12:00:00',
  '2024-03-01T00:00:00',
]
const DATES = [...new Set(CLOCK.map((text) => text.slice(0, 10)))]
const TEXTS = ['', 'a', 'aa', 'ab', 'ab\u{10ffff}', 'ab\u{10ffff}z', 'b', '\uff5e', '😀', '😀😀']
const BYTES = [[], [0], [0, 255], [1], [255], [255, 255]].map((b) => Uint8Array.from(b))
const LONGS = [-(2n ** 63n), -11n, -10n, -1n, 0n, 9n, 10n, 2n ** 53n + 1n, 2n ** 63n - 1n]
const INTS = [-2147483648, -11, -10, -1, 0, 1, 9, 10, 2147483647]
const DOUBLES = [Number.NEGATIVE_INFINITY, -1.5, 0, 1.5, Number.POSITIVE_INFINITY, Number.NaN]
const DECIMALS = ['-10.01', '-0.05', '0.00', '0.01', '9.99', '10.00']

const POOLS: readonly (readonly [string, readonly unknown[], readonly string[]])[] = [
  ['int', INTS, ['bucket[4]', 'truncate[10]', 'truncate[7]']],
  ['long', LONGS, ['bucket[4]', 'truncate[10]', 'truncate[7]']],
  ['double', DOUBLES, []],
  ['float', [-1.5, -0.5, 0, 0.5, Number.NaN], []],
  ['decimal(9,2)', DECIMALS, ['bucket[4]', 'truncate[10]']],
  ['date', DATES, ['bucket[4]', 'year', 'month', 'day']],
  ['timestamp', CLOCK, ['bucket[4]', ...TIMES]],
  ['timestamptz_ns', CLOCK.map((text) => `${text}Z`), ['bucket[4]', ...TIMES]],
  ['string', TEXTS, ['bucket[4]', 'truncate[1]', 'truncate[2]']],
  ['binary', BYTES, ['bucket[4]', 'truncate[1]']],
  ['boolean', [false, true], []],
]
const COLUMNS: readonly Column[] = POOLS.map(([text, pool, transforms], index) => ({
  field: { id: index + 1, name: `c${index + 1}`, required: false, type: parseTypeText(text) },
  pool,
  transforms: ['identity', 'void', ...transforms],
}))
const SCHEMA = { fields: COLUMNS.map((column) => column.field) }
const DATUMS: readonly (readonly Datum[])[] = COLUMNS.map(({ field, pool }) =>
  pool.map((value) => toDatum(field.type, value)),
)
const columnIndex = fc.integer({ min: 0, max: COLUMNS.length - 1 })

/** A row: the rank of each value in its pool, or null. */
type Row = readonly (number | null)[]

const anyRow: fc.Arbitrary<Row> = fc.tuple(
  ...COLUMNS.map(({ pool }) =>
    fc.option(fc.integer({ min: 0, max: pool.length - 1 }), { freq: 5 }),
  ),
)
const someRows = fc.array(anyRow, { minLength: 1, maxLength: 4 })

const readerOf = (row: Row) => (fieldId: number) => {
  const rank = row[fieldId - 1] ?? null
  return rank === null ? null : DATUMS[fieldId - 1]?.[rank]
}

/** A predicate for the library beside its plain meaning; null is "unknown". */
interface Case {
  readonly predicate: Predicate
  readonly matches: (row: Row) => boolean | null
}

function leaf(
  index: number,
  predicate: (term: TermBuilder) => Predicate,
  matches: (rank: number, nan: boolean) => boolean,
): Case {
  const { field, pool } = COLUMNS[index] as Column
  return {
    predicate: predicate(col(field.name)),
    matches: (row) => {
      const rank = row[index] ?? null
      return rank === null ? null : matches(rank, Number.isNaN(pool[rank]))
    },
  }
}

const COMPARISONS: Readonly<
  Record<string, (index: number, a: number, b: number, x: unknown, y: unknown) => Case>
> = {
  eq: (i, a, _b, x) =>
    leaf(
      i,
      (c) => c.eq(x),
      (r) => r === a,
    ),
  ne: (i, a, _b, x) =>
    leaf(
      i,
      (c) => c.ne(x),
      (r) => r !== a,
    ),
  lt: (i, a, _b, x) =>
    leaf(
      i,
      (c) => c.lt(x),
      (r, nan) => !nan && r < a,
    ),
  lte: (i, a, _b, x) =>
    leaf(
      i,
      (c) => c.lte(x),
      (r, nan) => !nan && r <= a,
    ),
  gt: (i, a, _b, x) =>
    leaf(
      i,
      (c) => c.gt(x),
      (r, nan) => !nan && r > a,
    ),
  gte: (i, a, _b, x) =>
    leaf(
      i,
      (c) => c.gte(x),
      (r, nan) => !nan && r >= a,
    ),
  in: (i, a, b, x, y) =>
    leaf(
      i,
      (c) => c.in([x, y]),
      (r) => r === a || r === b,
    ),
  notIn: (i, a, b, x, y) =>
    leaf(
      i,
      (c) => c.notIn([x, y]),
      (r) => r !== a && r !== b,
    ),
  between: (i, a, b, x, y) =>
    leaf(
      i,
      (c) => c.between(x, y),
      (r, nan) => !nan && r >= a && r <= b,
    ),
}

const anyComparison: fc.Arbitrary<Case> = fc
  .tuple(columnIndex, fc.constantFrom(...Object.keys(COMPARISONS)), fc.nat(), fc.nat())
  .map(([index, op, first, second]) => {
    const { pool } = COLUMNS[index] as Column
    const size = Number.isNaN(pool.at(-1)) ? pool.length - 1 : pool.length
    const [a, b] = [first % size, second % size]
    return (COMPARISONS[op] as (typeof COMPARISONS)[string])(index, a, b, pool[a], pool[b])
  })

/** Tests that are two-valued: they answer for null too. */
const anyUnary: fc.Arbitrary<Case> = fc
  .tuple(columnIndex, fc.constantFrom('isNull', 'notNull', 'isNaN', 'notNaN'))
  .map(([any, op]): Case => {
    const index = op === 'isNaN' || op === 'notNaN' ? 2 + (any % 2) : any
    const { field, pool } = COLUMNS[index] as Column
    const term = col(field.name)
    const nan = (row: Row): boolean => Number.isNaN(pool[row[index] ?? 0])
    switch (op) {
      case 'isNull':
        return { predicate: term.isNull(), matches: (row) => row[index] === null }
      case 'notNull':
        return { predicate: term.notNull(), matches: (row) => row[index] !== null }
      case 'isNaN':
        return { predicate: term.isNaN(), matches: nan }
      default:
        return { predicate: term.notNaN(), matches: (row) => !nan(row) }
    }
  })

const TEXT_COLUMN = 8
const anyPrefix: fc.Arbitrary<Case> = fc
  .tuple(fc.constantFrom(...TEXTS, 'ab\u{10ffff}zz'), fc.boolean())
  .map(([prefix, positive]) => {
    const has = (rank: number): boolean => (TEXTS[rank] as string).startsWith(prefix)
    return positive
      ? leaf(TEXT_COLUMN, (c) => c.startsWith(prefix), has)
      : leaf(
          TEXT_COLUMN,
          (c) => c.notStartsWith(prefix),
          (rank) => !has(rank),
        )
  })

/** Comparisons of transformed columns, `day(at) >= …`: pruned through bounds and partitions alike. */
const anyTransformed: fc.Arbitrary<Case> = fc
  .tuple(columnIndex, fc.nat(), fc.nat(), fc.constantFrom('eq' as const, 'ne', 'lt', 'gte'))
  .map(([index, pick, first, op]): Case => {
    const { field, pool, transforms } = COLUMNS[index] as Column
    const usable = transforms.filter((text) => text !== 'void')
    const transform = parseTransform(usable[pick % usable.length] as string)
    const ops = transformOps(transform, field.type)
    const image = (rank: number): Datum => ops.apply(DATUMS[index]?.[rank] as Datum) as Datum
    const size = Number.isNaN(pool.at(-1)) ? pool.length - 1 : pool.length
    const a = image(first % size)
    const compare = datumComparator(ops.resultType)
    return {
      predicate: new TermBuilder({ path: [field.name], transform })[op](
        // Years, months and hours are written as the calendar has them.
        /^(year|month|hour)$/.test(transform.kind) ? ops.human(a) : fromDatum(ops.resultType, a),
      ),
      matches: (row) => {
        const rank = row[index] ?? null
        if (rank === null) return null
        if (Number.isNaN(pool[rank])) return op === 'ne'
        const order = compare(image(rank), a)
        if (op === 'eq' || op === 'ne') return (order === 0) === (op === 'eq')
        return op === 'lt' ? order < 0 : order >= 0
      },
    }
  })

function combined(isOr: boolean, a: Case, b: Case): Case {
  return {
    predicate: isOr ? or(a.predicate, b.predicate) : and(a.predicate, b.predicate),
    matches: (row) => {
      const [x, y] = [a.matches(row), b.matches(row)]
      if (x === isOr || y === isOr) return isOr
      return x === null || y === null ? null : !isOr
    },
  }
}

const { node: anyCase } = fc.letrec<{ node: Case }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    anyComparison,
    anyUnary,
    anyPrefix,
    anyTransformed,
    fc.tuple(fc.boolean(), tie('node'), tie('node')).map(([isOr, a, b]) => combined(isOr, a, b)),
    tie('node').map(
      (inner): Case => ({
        predicate: not(inner.predicate),
        matches: (row) => {
          const truth = inner.matches(row)
          return truth === null ? null : !truth
        },
      }),
    ),
  ),
}))

type Mode = 'none' | 'counts' | 'truncate' | 'full'

/** What a writer in some metrics mode records of rows. */
function metricsOf(rows: readonly Row[], mode: Mode) {
  const recordCount = BigInt(rows.length)
  if (mode === 'none') return { recordCount }
  const metrics = {
    recordCount,
    valueCounts: new Map<number, bigint>(),
    nullValueCounts: new Map<number, bigint>(),
    nanValueCounts: new Map<number, bigint>(),
    lowerBounds: new Map<number, Uint8Array>(),
    upperBounds: new Map<number, Uint8Array>(),
  }
  for (const { field } of COLUMNS) {
    const values = rows.map((row) => readerOf(row)(field.id) ?? null).filter((v) => v !== null)
    const real = values.filter((value) => !Number.isNaN(value))
    metrics.valueCounts.set(field.id, recordCount)
    metrics.nullValueCounts.set(field.id, BigInt(rows.length - values.length))
    if (field.type.kind === 'float' || field.type.kind === 'double') {
      metrics.nanValueCounts.set(field.id, BigInt(values.length - real.length))
    }
    const [least, most] = extremes(field.type, real)
    if (mode === 'counts' || least === undefined || most === undefined) continue
    const width = mode === 'truncate' ? 1 : 100
    const upper = truncateUpperBound(field.type, most, width)
    const lower = truncateLowerBound(field.type, least, width)
    metrics.lowerBounds.set(field.id, encodeSingleValue(field.type, lower))
    if (upper !== undefined) {
      metrics.upperBounds.set(field.id, encodeSingleValue(field.type, upper))
    }
  }
  return metrics
}

function extremes(type: Type, values: readonly Datum[]): readonly [Datum?, Datum?] {
  const sorted = values.toSorted(datumComparator(type))
  const [least, most] = [sorted[0], sorted.at(-1)]
  return least === undefined || most === undefined ? [] : [least, most]
}

const sourceType = (field: { readonly sourceIds: readonly number[] }): Type =>
  COLUMNS[(field.sourceIds[0] as number) - 1]?.field.type as Type

const anySpec: fc.Arbitrary<PartitionSpec> = fc
  .array(fc.tuple(columnIndex, fc.nat()), { minLength: 1, maxLength: 3 })
  .map((picks) => ({
    specId: 0,
    fields: picks.map(([index, pick], at) => {
      const { field, transforms } = COLUMNS[index] as Column
      const transform: Transform = parseTransform(transforms[pick % transforms.length] as string)
      return { sourceIds: [field.id], fieldId: 1000 + at, name: `p${at}`, transform }
    }),
  }))

const tupleOf = (spec: PartitionSpec, row: Row): readonly (Datum | null)[] =>
  spec.fields.map((field) => {
    const value = readerOf(row)(field.sourceIds[0] as number) ?? null
    return value === null ? null : transformOps(field.transform, sourceType(field)).apply(value)
  })

describe('property: predicates', () => {
  test('a bound predicate means what three-valued logic says', () => {
    fc.assert(
      fc.property(anyCase, anyRow, ({ predicate, matches }, row) => {
        expect(evaluator(bind(predicate, SCHEMA))(readerOf(row))).toBe(matches(row) === true)
      }),
      { numRuns: 4000 },
    )
  })

  test('file metrics of every mode: no match is dropped, "all match" is true, and both are of use', () => {
    let skipped = 0
    let whole = 0
    const anyMode = fc.constantFrom<Mode>('none', 'counts', 'truncate', 'full')
    fc.assert(
      fc.property(anyCase, someRows, anyMode, ({ predicate, matches }, rows, mode) => {
        const bound = bind(predicate, SCHEMA)
        const bounds = metricsBounds(SCHEMA, metricsOf(rows, mode))
        const hits = rows.filter((row) => matches(row) === true).length
        const may = mayMatch(bound, bounds)
        const must = mustMatch(bound, bounds)
        if (!may) skipped++
        if (must) whole++
        if (hits > 0) expect(may).toBe(true)
        if (must) expect(hits).toBe(rows.length)
      }),
      { numRuns: 4000 },
    )
    expect(skipped).toBeGreaterThan(300)
    expect(whole).toBeGreaterThan(100)
  })

  test('partition values: projections err on their side only, and residuals keep the answer', () => {
    let skipped = 0
    let settled = 0
    fc.assert(
      fc.property(anyCase, anySpec, anyRow, ({ predicate, matches }, spec, row) => {
        const bound = bind(predicate, SCHEMA)
        const tuple = tupleOf(spec, row)
        const isMatch = matches(row) === true
        const may = evaluator(projectInclusive(bound, spec))(tupleReader(spec, tuple))
        const must = evaluator(projectStrict(bound, spec))(tupleReader(spec, tuple))
        if (!may) skipped++
        if (must) settled++
        if (isMatch) expect(may).toBe(true)
        if (must) expect(isMatch).toBe(true)
        expect(evaluator(residualFor(bound, spec)(tuple))(readerOf(row))).toBe(isMatch)
      }),
      { numRuns: 6000 },
    )
    expect(skipped).toBeGreaterThan(100)
    expect(settled).toBeGreaterThan(50)
  })

  test('manifest summaries: no matching partition is dropped', () => {
    fc.assert(
      fc.property(anyCase, anySpec, someRows, ({ predicate, matches }, spec, rows) => {
        const projected = projectInclusive(bind(predicate, SCHEMA), spec)
        const types = spec.fields.map(
          (field) => transformOps(field.transform, sourceType(field)).resultType,
        )
        const tuples = rows.map((row) => tupleOf(spec, row))
        const summaries = types.map((type, index) => {
          const values = tuples.map((tuple) => tuple[index] ?? null)
          const real = values.filter((value) => value !== null && !Number.isNaN(value))
          const [least, most] = extremes(type, real as Datum[])
          return {
            containsNull: values.includes(null),
            containsNan: values.some((value) => Number.isNaN(value)),
            ...(least === undefined ? {} : { lowerBound: encodeSingleValue(type, least) }),
            ...(most === undefined ? {} : { upperBound: encodeSingleValue(type, most) }),
          }
        })
        if (!rows.some((row) => matches(row) === true)) return
        expect(mayMatch(projected, manifestBounds(spec, types, summaries))).toBe(true)
      }),
      { numRuns: 1500 },
    )
  })
})
