/**
 * Pruning never drops a matching row: random tables and predicates, read through every level of
 * pruning and compared with a filter in plain JavaScript. And it does skip: what was left out is
 * counted over all runs.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { bind } from '../../src/expr/bind.js'
import { evaluator } from '../../src/expr/evaluate.js'
import type { Predicate } from '../../src/expr/predicate.js'
import type { Transform } from '../../src/partition/model.js'
import type { PartitionTerm } from '../../src/partition/terms.js'
import { encodeRow } from '../../src/types/encode-row.js'
import { toDatum } from '../../src/types/to-datum.js'
import type { Field, Schema, Type } from '../../src/types/type.js'
import { predicates, rowsOf } from '../support/random-predicates.js'
import { sampleTypes } from '../support/typed-values.js'
import { writtenTable } from '../support/written-table.js'

interface Plan {
  readonly fields: readonly Field[]
  readonly partitionBy: readonly PartitionTerm[]
  readonly properties: Readonly<Record<string, string>>
  readonly formatVersion: 1 | 2 | 3
  readonly appends: readonly (readonly Readonly<Record<string, unknown>>[])[]
  readonly where: readonly Predicate[]
}

function transformsOf(type: Type): readonly Transform[] {
  switch (type.kind) {
    case 'int':
    case 'long':
      return [{ kind: 'identity' }, { kind: 'bucket', buckets: 3 }, { kind: 'truncate', width: 10 }]
    case 'string':
    case 'binary':
      return [{ kind: 'identity' }, { kind: 'bucket', buckets: 3 }, { kind: 'truncate', width: 1 }]
    case 'decimal':
      return [
        { kind: 'bucket', buckets: 2 },
        { kind: 'truncate', width: 50 },
      ]
    case 'date':
      return [{ kind: 'identity' }, { kind: 'year' }, { kind: 'month' }, { kind: 'day' }]
    case 'timestamp':
    case 'timestamptz':
      return [{ kind: 'year' }, { kind: 'month' }, { kind: 'day' }, { kind: 'hour' }]
    case 'time':
    case 'uuid':
    case 'fixed':
      return [{ kind: 'identity' }, { kind: 'bucket', buckets: 4 }]
    default:
      return [{ kind: 'identity' }]
  }
}

const metrics = fc.constantFrom('none', 'counts', 'truncate(1)', 'truncate(3)', 'full')

const plans: fc.Arbitrary<Plan> = fc
  .uniqueArray(fc.constantFrom(...sampleTypes), { minLength: 1, maxLength: 4 })
  .chain((types) => {
    const fields = types.map(
      (type, at): Field => ({ id: at + 1, name: `c${at}`, required: false, type }),
    )
    const term = fc
      .constantFrom(...fields)
      .chain((field) =>
        fc
          .constantFrom(...transformsOf(field.type))
          .map((transform): PartitionTerm => ({ path: [field.name], transform })),
      )
    const columns = fields.map(({ name, type }) => ({ path: [name], type }))
    return fc.record({
      fields: fc.constant(fields),
      partitionBy: fc.oneof(
        fc.constant<PartitionTerm[]>([]),
        fc.uniqueArray(term, {
          minLength: 1,
          maxLength: 2,
          selector: (one) => (typeof one === 'string' ? one : one.path[0]),
        }),
      ),
      properties: fc.record({
        'write.metadata.metrics.default': metrics,
        'write.parquet.row-group-size-bytes': fc.constantFrom('64', '400', '134217728'),
        'write.parquet.page-row-limit': fc.constantFrom('3', '20000'),
        'write.parquet.compression-codec': fc.constantFrom('zstd', 'uncompressed'),
      }),
      formatVersion: fc.constantFrom<(1 | 2 | 3)[]>(1, 2, 3),
      appends: fc.array(rowsOf(fields, { minLength: 1, maxLength: 20 }), {
        minLength: 1,
        maxLength: 3,
      }),
      where: fc.array(predicates(columns), { minLength: 3, maxLength: 3 }),
    })
  })

const skipped = new Map<string, number>()

function count(level: string, number: number): void {
  skipped.set(level, (skipped.get(level) ?? 0) + number)
}

function expectedRows(schema: Schema, plan: Plan, where: Predicate): readonly string[] {
  const byId = new Map(schema.fields.map((field) => [field.id, field]))
  const matches = evaluator(bind(where, schema))
  return plan.appends
    .flat()
    .filter((row) =>
      matches((fieldId) => {
        const field = byId.get(fieldId)
        const value = field === undefined ? null : row[field.name]
        return field === undefined || value === null ? null : toDatum(field.type, value)
      }),
    )
    .map((row) => encodeRow(schema, row))
    .sort()
}

async function check(plan: Plan): Promise<void> {
  const table = await writtenTable(plan)
  for (const rows of plan.appends) await table.append(rows)
  const schema: Schema = { schemaId: 0, identifierFieldIds: [], fields: plan.fields }
  for (const where of plan.where) {
    const scan = await table.scan({ where })
    const expected = expectedRows(schema, plan, where)
    const got = await scan.toArray({ as: 'json' })
    expect(got.sort()).toEqual(expected)
    expect(await scan.count()).toBe(expected.length)
    for (const level of (await scan.explain()).levels) count(level.level, level.skipped)
  }
}

const programs = Number(process.env['MORAINE_PRUNING_PROGRAMS'] ?? 60)

describe('pruning', () => {
  test('gives exactly the rows that a plain filter gives', async () => {
    await fc.assert(fc.asyncProperty(plans, check), { numRuns: programs })
  }, 240_000)

  afterAll(() => {
    for (const level of [
      'manifests by partition',
      'files by partition',
      'files by column bounds',
      'row groups by statistics',
    ]) {
      expect(skipped.get(level) ?? 0, `skipped: ${level}`).toBeGreaterThan(0)
    }
  })
})
