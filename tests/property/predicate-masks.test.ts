/** The column-wise evaluation of predicates agrees with the row-wise one, on every type and form. */
import type { Data } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RowBatchBuilder } from '../../src/arrow/row-builder.js'
import type { ArrowForm } from '../../src/arrow/schema.js'
import { bind } from '../../src/expr/bind.js'
import { evaluator } from '../../src/expr/evaluate.js'
import type { BoundTerm, Predicate } from '../../src/expr/predicate.js'
import { evaluateMask } from '../../src/scan/filter/evaluate.js'
import type { Datum } from '../../src/types/datum.js'
import { toDatum } from '../../src/types/to-datum.js'
import type { Field, Schema } from '../../src/types/type.js'
import { predicates, rowsOf } from '../support/random-predicates.js'
import { sampleTypes } from '../support/typed-values.js'

const columns = sampleTypes.map((type, at) => ({ name: `c${at}`, type }))
const inner: readonly Field[] = columns.slice(0, 13).map(({ name, type }, at) => ({
  id: 101 + at,
  name,
  required: false,
  type,
}))
const schema: Schema = {
  schemaId: 0,
  identifierFieldIds: [],
  fields: [
    ...columns.map(({ name, type }, at) => ({ id: 1 + at, name, required: false, type })),
    { id: 100, name: 's', required: false, type: { kind: 'struct', fields: inner } },
  ],
}
const places = new Map<number, readonly number[]>([
  ...columns.map((_column, at) => [1 + at, [at]] as const),
  ...inner.map((field, at) => [field.id, [columns.length, at]] as const),
  [100, [columns.length]],
])
const filterable = [
  ...columns.map(({ name, type }) => ({ path: [name], type })),
  ...inner.map(({ name, type }) => ({ path: ['s', name], type })),
]

type Row = Readonly<Record<string, unknown>>

/** The datum of a field in a row as it was given. */
function datumOf(row: Row, fieldId: number): Datum | null {
  const path = places.get(fieldId) ?? []
  const top = schema.fields[path[0] ?? 0]
  const value = row[top?.name ?? '']
  const field = path.length === 2 ? inner[path[1] ?? 0] : top
  const leaf = path.length === 2 ? (value as Row | null)?.[field?.name ?? ''] : value
  if (leaf === null || leaf === undefined || field === undefined) return null
  return toDatum(field.type, leaf)
}

function chainOf(data: readonly Data[], term: BoundTerm): readonly Data[] {
  const chain: Data[] = []
  let level = data
  for (const at of places.get(term.fieldId) ?? []) {
    const column = level[at]
    if (column === undefined) break
    chain.push(column)
    level = column.children
  }
  return chain
}

const rows = fc
  .tuple(
    rowsOf(columns, { minLength: 1, maxLength: 40 }),
    fc.array(fc.option(rowsOf(columns.slice(0, 13), { minLength: 1, maxLength: 1 }), { freq: 4 }), {
      minLength: 40,
      maxLength: 40,
    }),
  )
  .map(([tops, nested]) =>
    tops.map((row, at): Row => ({ ...row, s: nested[at] === null ? null : nested[at]?.[0] })),
  )

const forms: readonly ArrowForm[] = [{}, { decimals: 'int64' }, { strings: 'dictionary' }]

function check(list: readonly Row[], predicate: Predicate, form: ArrowForm, from: number): void {
  const builder = new RowBatchBuilder(schema, { form })
  builder.append(list)
  const whole = builder.finish()
  const start = Math.min(from, list.length)
  // A slice has offsets into bitmaps, which is where kernels go wrong.
  const data = whole.data.children.map((column) => column.slice(start, list.length - start))
  const bound = bind(predicate, schema)
  const matches = evaluator(bound)
  const mask = evaluateMask(bound, (term) => chainOf(data, term), list.length - start)
  const expected = list.slice(start).map((row) => Number(matches((id) => datumOf(row, id))))
  expect([...mask]).toEqual(expected)
}

describe('predicate masks', () => {
  test.each(forms)('agree with the row-wise evaluation in form %j', (form) => {
    fc.assert(
      fc.property(rows, predicates(filterable), fc.nat(9), (list, predicate, from) => {
        check(list, predicate, form, from)
      }),
      { numRuns: 300 },
    )
  })
})
