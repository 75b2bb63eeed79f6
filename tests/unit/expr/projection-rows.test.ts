/** Projections and statistics against rows themselves: every operator, transform and neighbour of a value. */
import { describe, expect, test } from 'vitest'
import { bind } from '../../../src/expr/bind.js'
import type { BoundsSource } from '../../../src/expr/bounds-source.js'
import { col } from '../../../src/expr/build.js'
import { evaluator } from '../../../src/expr/evaluate.js'
import { mayMatch } from '../../../src/expr/inclusive.js'
import type { Predicate } from '../../../src/expr/predicate.js'
import { projectInclusive, projectStrict } from '../../../src/expr/project.js'
import { residualFor, tupleReader } from '../../../src/expr/residual.js'
import { mustMatch } from '../../../src/expr/strict.js'
import { bucket, day, hour, month, truncate, year } from '../../../src/expr/terms.js'
import { transformOps } from '../../../src/partition/ops.js'
import { buildPartitionSpec } from '../../../src/partition/spec-builder.js'
import type { PartitionTerm } from '../../../src/partition/terms.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'
import { datumComparator } from '../../../src/types/compare.js'
import type { Datum } from '../../../src/types/datum.js'
import { schemaIndex } from '../../../src/types/schema-index.js'
import { toDatum } from '../../../src/types/to-datum.js'

const { schema } = buildSchema([
  ['i', t.int()],
  ['l', t.long()],
  ['d', t.decimal(9, 2)],
  ['s', t.string()],
  ['b', t.binary()],
  ['on', t.date()],
  ['at', t.timestamp()],
])
const bytes = (...values: readonly number[]) => Uint8Array.from(values)
const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  i: [-2_147_483_648, -2_147_483_641, -11, -10, -1, 0, 9, 10, 11, 2_147_483_647],
  l: [-(2n ** 63n), -(2n ** 63n) + 9n, -11n, -10n, 0n, 9n, 10n, 2n ** 63n - 1n],
  d: ['-10.01', '-10.00', '-0.01', '0.00', '9.99', '10.00', '10.01'],
  s: ['', 'a', 'ab', 'abc', 'abcd', 'abd', '😀😀😀', 'b'],
  b: [bytes(), bytes(1), bytes(1, 2), bytes(1, 2, 3), bytes(1, 2, 255), bytes(255)],
  on: ['1969-11-30', '1969-12-31', '1970-01-01', '1970-01-31', '1970-02-01', '2024-02-29'],
  at: [
    '1969-12-31T22:59:59.999999',
    '1969-12-31T23:59:59.999999',
    '1970-01-01T00:00:00.000000',
    '1970-01-01T00:59:59.999999',
    '2024-02-29T10:00:00.000000',
  ],
}
const TERMS: readonly (readonly [string, string, PartitionTerm])[] = [
  ...['i', 'l', 's', 'b', 'on', 'at'].map((name) => ['bucket', name, bucket(4, name)] as const),
  ...['i', 'l', 'd'].map((name) => ['truncate', name, truncate(10, name)] as const),
  ...['s', 'b'].map((name) => ['truncate', name, truncate(2, name)] as const),
  ...['on', 'at'].flatMap((name) =>
    [year(name), month(name), day(name)].map(
      (term) => [term.transform?.kind ?? '', name, term] as const,
    ),
  ),
  ['hour', 'at', hour('at')],
  ['identity', 's', 's'],
]

/** Every operator on a column, with each of its values. */
function predicatesOf(name: string): readonly Predicate[] {
  const column = col(name)
  const values = VALUES[name] ?? []
  const pairs = values.map((value, at) => [value, values[(at + 1) % values.length]] as const)
  return [
    column.isNull(),
    column.notNull(),
    ...pairs.flatMap(([value, other]) => [
      column.eq(value),
      column.ne(value),
      column.lt(value),
      column.lte(value),
      column.gt(value),
      column.gte(value),
      column.in([value, other]),
      column.notIn([value, other]),
    ]),
    ...(name === 's'
      ? ['a', 'ab', 'abc', '😀'].flatMap((text) => [
          column.startsWith(text),
          column.notStartsWith(text),
        ])
      : []),
  ]
}

function datumsOf(name: string): readonly (Datum | null)[] {
  const { type } = schemaIndex(schema).require(name)
  return [null, ...(VALUES[name] ?? []).map((value) => toDatum(type, value))]
}

describe('spec: Scan Planning, projections agree with rows', () => {
  test.each(TERMS)('%s of %s', (_kind, name, term) => {
    const { spec } = buildPartitionSpec(schema, [term])
    const { type, id } = schemaIndex(schema).require(name)
    const { apply } = transformOps(spec.fields[0]!.transform, type)
    for (const predicate of predicatesOf(name)) {
      const bound = bind(predicate, schema)
      const [row, may, must] = [
        evaluator(bound),
        evaluator(projectInclusive(bound, spec)),
        evaluator(projectStrict(bound, spec)),
      ]
      const residual = residualFor(bound, spec)
      for (const datum of datumsOf(name)) {
        const tuple = [datum === null ? null : apply(datum)]
        const matches = row((field) => (field === id ? datum : null))
        const get = tupleReader(spec, tuple)
        const where = `${JSON.stringify(predicate, shown)} on ${String(datum)}`
        if (matches) expect(may(get), `kept: ${where}`).toBe(true)
        if (must(get)) expect(matches, `all of it matches: ${where}`).toBe(true)
        expect(
          evaluator(residual(tuple))(() => datum),
          `residual: ${where}`,
        ).toBe(matches)
      }
    }
  })
})

describe('spec: Scan Planning, metrics agree with rows', () => {
  test.each(Object.keys(VALUES))('%s', (name) => {
    const { id, type } = schemaIndex(schema).require(name)
    const datums = datumsOf(name).filter((datum) => datum !== null)
    const order = [...datums].sort(datumComparator(type))
    for (const [from, to, nulls] of ranges(order.length)) {
      const rows: readonly (Datum | null)[] = [
        ...order.slice(from, to + 1),
        ...(nulls ? [null] : []),
      ]
      const source: BoundsSource = {
        rowCount: rows.length,
        column: (field) =>
          field === id
            ? {
                lower: order[from],
                upper: order[to],
                valueCount: rows.length,
                nullCount: nulls ? 1 : 0,
              }
            : undefined,
      }
      for (const predicate of predicatesOf(name)) {
        const bound = bind(predicate, schema)
        const matches = rows.map((row) => evaluator(bound)(() => row))
        const where = JSON.stringify([predicate, rows], shown)
        if (matches.includes(true)) expect(mayMatch(bound, source), where).toBe(true)
        if (mustMatch(bound, source)) expect(matches, where).not.toContain(false)
        // Nothing is known of the column: nothing is left out, nothing is taken whole but constants.
        const nothing: BoundsSource = { rowCount: rows.length, column: () => undefined }
        if (matches.includes(true)) expect(mayMatch(bound, nothing), where).toBe(true)
        if (mustMatch(bound, nothing)) expect(matches, where).not.toContain(false)
      }
    }
  })

  test('what a single value proves', () => {
    const one = (lower: Datum, upper: Datum = lower): BoundsSource => ({
      rowCount: 2,
      column: () => ({ lower, upper, valueCount: 2, nullCount: 0 }),
    })
    const all = (predicate: Predicate, source: BoundsSource) =>
      mustMatch(bind(predicate, schema), source)
    expect(all(col('s').eq('ab'), one('ab'))).toBe(true)
    expect(all(col('s').in(['x', 'ab']), one('ab'))).toBe(true)
    expect(all(col('s').in(['x', 'ab']), one('ab', 'x'))).toBe(false)
    expect(all(col('s').startsWith('a'), one('ab', 'az'))).toBe(true)
    expect(all(col('s').startsWith('a'), one('ab', 'b'))).toBe(false)
    expect(all(col('s').notStartsWith('b'), one('a', 'az'))).toBe(true)
    expect(all(col('s').notStartsWith('b'), one('c', 'd'))).toBe(true)
    expect(all(col('s').notStartsWith('b'), one('ba', 'd'))).toBe(false)
    expect(all(col('s').notIn(['a', 'z']), one('b', 'c'))).toBe(true)
    expect(all(col('s').notIn(['a', 'bb']), one('b', 'c'))).toBe(false)
  })
})

/** Runs of sorted values, with and without a null among them. */
function ranges(length: number): readonly (readonly [number, number, boolean])[] {
  const ends = Array.from({ length }, (_, at) => at)
  return ends.flatMap((from) =>
    ends
      .filter((to) => to >= from)
      .flatMap((to) => [[from, to, false] as const, [from, to, true] as const]),
  )
}

function shown(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value
}
