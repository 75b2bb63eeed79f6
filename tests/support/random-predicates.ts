/** Random predicates over the columns of a schema. */
import fc from 'fast-check'
import { and, col, not, or } from '../../src/expr/build.js'
import type { Predicate } from '../../src/expr/predicate.js'
import { bucket, day, hour, month, truncate, year } from '../../src/expr/terms.js'
import type { Type } from '../../src/types/type.js'
import { sampleValues } from './typed-values.js'

/** A column that predicates may name. */
export interface FilterColumn {
  readonly path: readonly string[]
  readonly type: Type
}

/** A predicate of a few tests joined by AND, OR and NOT. */
export function predicates(columns: readonly FilterColumn[]): fc.Arbitrary<Predicate> {
  const { node } = fc.letrec<{ node: Predicate }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 4, arbitrary: leaves(columns) },
      { weight: 1, arbitrary: fc.tuple(tie('node'), tie('node')).map(([a, b]) => and(a, b)) },
      { weight: 1, arbitrary: fc.tuple(tie('node'), tie('node')).map(([a, b]) => or(a, b)) },
      { weight: 1, arbitrary: tie('node').map((inner) => not(inner)) },
    ),
  }))
  return node
}

function leaves(columns: readonly FilterColumn[]): fc.Arbitrary<Predicate> {
  return fc.constantFrom(...columns).chain((column) => fc.oneof(plain(column), transformed(column)))
}

function literal(type: Type): fc.Arbitrary<unknown> {
  // NaN is no literal: it is asked for with isNaN.
  return fc.constantFrom(...sampleValues(type).filter((value) => !Number.isNaN(value)))
}

function plain({ path, type }: FilterColumn): fc.Arbitrary<Predicate> {
  const term = col(path)
  const value = literal(type)
  const several = fc.array(value, { minLength: 0, maxLength: 4 })
  const options: fc.Arbitrary<Predicate>[] = [
    value.map((v) => term.eq(v)),
    value.map((v) => term.ne(v)),
    value.map((v) => term.lt(v)),
    value.map((v) => term.lte(v)),
    value.map((v) => term.gt(v)),
    value.map((v) => term.gte(v)),
    several.map((vs) => term.in(vs)),
    several.map((vs) => term.notIn(vs)),
    fc.constant(term.isNull()),
    fc.constant(term.notNull()),
  ]
  if (type.kind === 'float' || type.kind === 'double') {
    options.push(fc.constant(term.isNaN()), fc.constant(term.notNaN()))
  }
  if (type.kind === 'string') {
    const prefix = fc.constantFrom('', 'a', 'ab', '日', '日本語テキスト日本語')
    options.push(
      prefix.map((v) => term.startsWith(v)),
      prefix.map((v) => term.notStartsWith(v)),
    )
  }
  return fc.oneof(...options)
}

function transformed({ path, type }: FilterColumn): fc.Arbitrary<Predicate> {
  switch (type.kind) {
    case 'date':
      return fc.oneof(
        fc.constantFrom(day(path).eq('2024-02-29'), day(path).lt('1970-01-01')),
        fc.constantFrom(year(path).gte(2024), month(path).eq('2024-02')),
      )
    case 'timestamp':
    case 'timestamptz':
      return fc.oneof(
        fc.constantFrom(day(path).eq('2024-02-29'), day(path).lt('1970-01-01')),
        fc.constantFrom(
          hour(path).gt('1970-01-01-00'),
          year(path).lte('1969'),
          month(path).in(['2024-02', '1969-12']),
        ),
      )
    case 'int':
    case 'long':
      return fc.oneof(
        fc.nat(3).map((b) => bucket(4, path).eq(b)),
        fc.constantFrom(truncate(10, path).eq(0), truncate(10, path).lt(-10)),
      )
    case 'string':
      return fc.oneof(
        fc.nat(3).map((b) => bucket(4, path).in([b, 1])),
        fc.constantFrom(truncate(1, path).eq('日'), truncate(2, path).gte('ab')),
      )
    default:
      return plain({ path, type })
  }
}

/** A row of random values, null one time in five. */
export function rowsOf(
  columns: readonly { readonly name: string; readonly type: Type }[],
  options: { readonly minLength?: number; readonly maxLength: number },
): fc.Arbitrary<readonly Readonly<Record<string, unknown>>[]> {
  const members = Object.fromEntries(
    columns.map(({ name, type }) => [
      name,
      fc.option(fc.constantFrom(...sampleValues(type)), { freq: 4, nil: null }),
    ]),
  )
  return fc.array(fc.record(members), options)
}
