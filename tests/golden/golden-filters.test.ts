/**
 * Filters on the golden tables: statistics, page indexes and partitions of the reference writer must
 * never lead to a row too few or too many. Every column is compared with values that it has.
 */
import { describe, expect, test } from 'vitest'
import { Unsupported } from '../../src/errors.js'
import { bind } from '../../src/expr/bind.js'
import { and, col, not } from '../../src/expr/build.js'
import { evaluator } from '../../src/expr/evaluate.js'
import type { Predicate } from '../../src/expr/predicate.js'
import type { Row } from '../../src/scan/scan.js'
import { rowEncoder } from '../../src/types/encode-row.js'
import { toDatum } from '../../src/types/to-datum.js'
import type { Field, Schema, Type } from '../../src/types/type.js'
import {
  type GoldenState,
  type GoldenTable,
  goldenNames,
  openGolden,
  scanGolden,
} from './golden-scan.js'

interface Leaf {
  readonly id: number
  readonly path: readonly string[]
  readonly type: Type
}

/** Primitive columns, members of structs included. */
function leavesOf(fields: readonly Field[], above: readonly string[] = []): readonly Leaf[] {
  return fields.flatMap(({ id, name, type }): readonly Leaf[] => {
    const path = [...above, name]
    switch (type.kind) {
      case 'struct':
        return leavesOf(type.fields, path)
      case 'list':
      case 'map':
      case 'variant':
      case 'unknown':
        return []
      default:
        return [{ id, path, type }]
    }
  })
}

function valueAt(row: Row, path: readonly string[]): unknown {
  let value: unknown = row
  for (const name of path) {
    if (value === null || value === undefined) return null
    value = (value as Row)[name]
  }
  return value ?? null
}

/** Up to five of the values that a column has, spread over the rows. */
function someValues(rows: readonly Row[], leaf: Leaf): readonly unknown[] {
  const values = rows
    .map((row) => valueAt(row, leaf.path))
    .filter((value) => value !== null && !Number.isNaN(value))
  const step = Math.max(1, Math.floor(values.length / 5))
  return values.filter((_value, at) => at % step === 0).slice(0, 5)
}

function predicatesOf(rows: readonly Row[], leaf: Leaf): readonly Predicate[] {
  const term = col(leaf.path)
  const values = someValues(rows, leaf)
  const tests = values.flatMap((value) => [
    term.eq(value),
    term.ne(value),
    term.lt(value),
    term.gte(value),
    not(term.lte(value)),
  ])
  tests.push(term.in(values.slice(0, 2)), term.notIn(values.slice(1, 3)))
  tests.push(
    term.isNull(),
    term.notNull(),
    and(term.notNull(), ...values.slice(0, 1).map((v) => term.ne(v))),
  )
  if (leaf.type.kind === 'string') {
    for (const value of values) tests.push(term.startsWith(String(value).slice(0, 2)))
  }
  if (leaf.type.kind === 'float' || leaf.type.kind === 'double') {
    tests.push(term.isNaN(), term.notNaN())
  }
  return tests
}

async function checkState(table: GoldenTable, state: GoldenState): Promise<number> {
  // A variant's binaries are kept, so that its row can be encoded as it was read.
  const rows = await scanGolden(table, state).toArray({ variants: 'binary' })
  const schema: Schema = state.schema
  const leaves = leavesOf(schema.fields)
  const byId = new Map(leaves.map((leaf) => [leaf.id, leaf]))
  const encode = rowEncoder(schema)
  const all = leaves.flatMap((leaf) => predicatesOf(rows, leaf).map((where) => ({ leaf, where })))
  const step = Math.max(1, all.length / filtersMax)
  let checked = 0
  for (let at = 0; at < all.length; at += step) {
    const { leaf, where } = all[Math.floor(at)]!
    const matches = evaluator(bind(where, schema))
    const expected = rows.filter((row) =>
      matches((id) => {
        const found = byId.get(id)
        const value = found === undefined ? null : valueAt(row, found.path)
        return found === undefined || value === null ? null : toDatum(found.type, value)
      }),
    )
    const got = await scanGolden(table, state, { where }).toArray({ as: 'json' })
    expect(got.sort(), `${table.name} ${leaf.path.join('.')}`).toEqual(expected.map(encode).sort())
    checked += 1
  }
  return checked
}

/** Filters tried on each table, spread evenly over all. */
const filtersMax = Number(process.env['MORAINE_GOLDEN_FILTERS'] ?? 16)

/** One state of each table, and tables small enough to be read a hundred times. */
const LARGE = new Set(['tables/v3_deletion_vector_containers'])

describe('filters on golden tables', () => {
  test.each(goldenNames.filter((name) => !LARGE.has(name)))('%s', async (name) => {
    const table = await openGolden(name)
    const state = table.states[0]
    if (state === undefined) throw new RangeError('no state')
    try {
      const checked = await checkState(table, state)
      expect(checked).toBeGreaterThan(0)
    } catch (error) {
      // Refused tables are counted by golden-rows.test.ts.
      if (!(error instanceof Unsupported)) throw error
      expect(error.feature).not.toBe('')
    }
  })
})
