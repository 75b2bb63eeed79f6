/**
 * Values of columns that a file lacks (defaults) or holds in another type (promotions): in rows, under
 * projections, and under predicates through every level of pruning.
 */
import type { RecordBatch } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RowBatchBuilder } from '../../src/arrow/row-builder.js'
import { bind } from '../../src/expr/bind.js'
import { evaluator } from '../../src/expr/evaluate.js'
import type { Predicate } from '../../src/expr/predicate.js'
import { t } from '../../src/types/builder.js'
import { encodeRow } from '../../src/types/encode-row.js'
import { schemaIndex } from '../../src/types/schema-index.js'
import { toDatum } from '../../src/types/to-datum.js'
import type { Field, Schema, Type } from '../../src/types/type.js'
import { predicates } from '../support/random-predicates.js'
import { sampleTypes, sampleValues } from '../support/typed-values.js'
import { type WrittenTable, writtenTable } from '../support/written-table.js'

const runs = Number(process.env.MORAINE_EVOLVED_PROGRAMS ?? 6)

type Row = Readonly<Record<string, unknown>>

const field = (id: number, name: string, type: Type): Field => ({ id, name, required: false, type })

const defaultTypes: readonly Type[] = [
  ...sampleTypes,
  { kind: 'timestamp_ns' },
  { kind: 'timestamptz_ns' },
]

/** What a default may be: JSON has no NaN and no infinities. */
function defaultsOf(type: Type): readonly unknown[] {
  if (type.kind === 'timestamp_ns')
    return ['1969-12-31T23:59:59.999999999', '2024-02-29T12:00:00.000000001']
  if (type.kind === 'timestamptz_ns')
    return ['1969-12-31T23:59:59.999999999Z', '2024-02-29T12:00:00.000000001Z']
  return sampleValues(type).filter((value) => typeof value !== 'number' || Number.isFinite(value))
}

function batchOf(schema: Schema, row: Row): RecordBatch {
  const builder = new RowBatchBuilder(schema)
  builder.append([row])
  return builder.finish()
}

/** The value at a path, null where a struct on the way is. */
function valueAt(row: unknown, path: readonly string[]): unknown {
  let value = row
  for (const name of path) {
    if (value === null || value === undefined) return null
    value = (value as Row)[name]
  }
  return value ?? null
}

function matching(schema: Schema, rows: readonly Row[], where: Predicate): readonly string[] {
  const index = schemaIndex(schema)
  const matches = evaluator(bind(where, schema))
  return rows
    .filter((row) =>
      matches((fieldId) => {
        const found = index.byId.get(fieldId)
        const value = found === undefined ? null : valueAt(row, found.path)
        return found === undefined || value === null ? null : toDatum(found.type, value)
      }),
    )
    .map((row) => encodeRow(schema, row))
    .sort()
}

/** The rows of a table, all of them, some columns of them, and those that pass each predicate. */
async function check(table: WrittenTable, rows: readonly Row[], wheres: readonly Predicate[]) {
  const all = await table.scan()
  const schema = all.schema
  const texts = rows.map((row) => encodeRow(schema, row)).sort()
  expect((await all.toArray({ as: 'json' })).sort()).toEqual(texts)
  for (const { name } of schema.fields) {
    const one = await table.scan({ select: [[name]] })
    const values = rows.map((row) => encodeRow(one.schema, row)).sort()
    expect((await one.toArray({ as: 'json' })).sort()).toEqual(values)
  }
  for (const where of wheres) {
    const expected = matching(schema, rows, where)
    const scan = await table.scan({ where })
    expect((await scan.toArray({ as: 'json' })).sort()).toEqual(expected)
    expect(await scan.count()).toBe(expected.length)
    const narrow = await table.scan({ where, select: ['id'] })
    expect(await narrow.toArray()).toHaveLength(expected.length)
  }
}

describe('property: defaults', () => {
  const old: Row[] = [
    { id: 0, s: { a: 1 }, l: [{ a: 1 }, null], m: new Map([['k', { a: 1 }]]) },
    { id: 1, s: null, l: [], m: new Map() },
    { id: 2, s: { a: null }, l: null, m: null },
    { id: 3, s: { a: 4 }, l: [{ a: null }], m: new Map([['n', null]]) },
  ]
  const plan = fc.constantFrom(...defaultTypes).chain((type) => {
    const value = fc.constantFrom(...defaultsOf(type))
    const columns = [['c'], ['r'], ['s', 'd'], ['p', 'x'], ['p', 'q', 'y']].map((path) => ({
      path,
      type,
    }))
    const hasSamples = sampleValues(type).length > 0
    return fc.record({
      type: fc.constant(type),
      first: value,
      second: value,
      wheres: hasSamples
        ? fc.array(predicates(columns), { minLength: 6, maxLength: 6 })
        : fc.constant([]),
    })
  })

  test.each(['rows', 'Arrow'])(
    'of every type, at every level; %s written',
    async (form) => {
      await fc.assert(
        fc.asyncProperty(plan, async ({ type, first, second, wheres }) => {
          const inner: Type = { kind: 'struct', fields: [field(5, 'a', { kind: 'int' })] }
          const element: Type = { kind: 'struct', fields: [field(7, 'a', { kind: 'int' })] }
          const value: Type = { kind: 'struct', fields: [field(10, 'a', { kind: 'int' })] }
          const table = await writtenTable({
            formatVersion: 3,
            properties: { 'write.parquet.row-group-size-bytes': '64' },
            fields: [
              field(1, 'id', { kind: 'int' }),
              field(2, 's', inner),
              field(3, 'l', { kind: 'list', elementId: 6, elementRequired: false, element }),
              field(4, 'm', {
                kind: 'map',
                keyId: 8,
                key: { kind: 'string' },
                valueId: 9,
                valueRequired: false,
                value,
              }),
            ],
          })
          const column = () => t.of(type)
          const { schema: before } = await table.scan()
          await table.append(old)
          await table.reshape((editor) => {
            const edit = editor as unknown as { addColumn(path: string, column: unknown): unknown }
            const given = column().default(first as never)
            edit.addColumn('c', given)
            edit.addColumn(
              'r',
              column()
                .required()
                .default(first as never),
            )
            edit.addColumn('s.d', given)
            edit.addColumn('l.element.d', given)
            edit.addColumn('m.value.d', given)
            edit.addColumn(
              'p',
              t
                .struct({ x: given, q: t.struct({ y: given }).default({} as never) })
                .default({} as never),
            )
            edit.addColumn('i', t.list(column()).default([first, second, null] as never))
            edit.addColumn(
              'j',
              t.map(t.string(), column()).default(new Map([['a', second]]) as never),
            )
            edit.addColumn('e', t.list(t.struct({ z: given })).default([{}, null] as never))
          })
          const whole = {
            p: { x: first, q: { y: first } },
            i: [first, second, null],
            j: new Map([['a', second]]),
            e: [{ z: first }, null],
          }
          const filled = old.map((row) => ({
            ...row,
            ...whole,
            c: first,
            r: first,
            s: row.s && { ...(row.s as object), d: first },
            l:
              (row.l as unknown[] | null)?.map(
                (item) => item && { ...(item as object), d: first },
              ) ?? null,
            m:
              row.m &&
              new Map(
                [...(row.m as Map<string, object>)].map(([k, v]) => [k, v && { ...v, d: first }]),
              ),
          }))
          await check(table, filled, wheres)

          await table.reshape((editor) => {
            const edit = editor as unknown as {
              updateDefault(path: string, value: unknown): unknown
            }
            for (const path of ['c', 'r', 's.d', 'l.element.d', 'p.x'])
              edit.updateDefault(path, second)
          })
          const omitted = { id: 10, s: { a: 1 }, l: [{ a: 1 }], m: new Map([['k', {}]]) }
          const explicit = {
            ...omitted,
            id: 11,
            c: null,
            s: { a: 1, d: null },
            p: null,
            i: null,
            j: null,
            e: [],
          }
          const written = {
            ...omitted,
            ...whole,
            c: second,
            r: second,
            s: { a: 1, d: second },
            l: [{ a: 1, d: second }],
            m: new Map([['k', { a: null, d: first }]]),
            p: { x: second, q: { y: first } },
          }
          const kept = { ...explicit, r: second, l: written.l, m: written.m }
          if (form === 'rows') await table.append([omitted, explicit])
          else {
            const { schema } = await table.scan()
            // Arrow data has columns for all rows, or for none of them.
            await table.append([batchOf(before, omitted)])
            await table.append([batchOf(schema, kept)])
          }
          await check(table, [...filled, written, kept], wheres)
        }),
        { numRuns: runs },
      )
    },
    240_000,
  )
})

type PartitionTransform = { kind: 'identity' } | { kind: 'bucket'; buckets: number }

describe('property: promoted types', () => {
  const steps: readonly (readonly [Type, Type])[] = [
    [{ kind: 'int' }, { kind: 'long' }],
    [{ kind: 'float' }, { kind: 'double' }],
    [
      { kind: 'decimal', precision: 9, scale: 2 },
      { kind: 'decimal', precision: 18, scale: 2 },
    ],
    [
      { kind: 'decimal', precision: 9, scale: 2 },
      { kind: 'decimal', precision: 38, scale: 2 },
    ],
    [
      { kind: 'decimal', precision: 18, scale: 0 },
      { kind: 'decimal', precision: 38, scale: 0 },
    ],
    [{ kind: 'date' }, { kind: 'timestamp' }],
  ]
  /** The public value of the wider type. */
  const widened = (to: Type, value: unknown): unknown => {
    if (value === null) return null
    if (to.kind === 'long') return BigInt(value as number)
    return to.kind === 'timestamp' ? `${value as string}T00:00:00.000000` : value
  }

  const plan = fc.constantFrom(...steps).chain(([from, to]) => {
    const value = fc.option(fc.constantFrom(...sampleValues(from)))
    const wide = fc.option(fc.constantFrom(...sampleValues(to)))
    const rows = (one: fc.Arbitrary<unknown>) =>
      fc.array(fc.tuple(one, one, fc.boolean()), { minLength: 1, maxLength: 12 })
    const columns = [['c'], ['s', 'c']].map((path) => ({ path, type: to }))
    const transforms: PartitionTransform[] = [{ kind: 'identity' }]
    if (from.kind === 'int' || from.kind === 'decimal')
      transforms.push({ kind: 'bucket', buckets: 3 })
    return fc.record({
      from: fc.constant(from),
      to: fc.constant(to),
      before: rows(value),
      after: rows(wide),
      wheres: fc.array(predicates(columns), { minLength: 8, maxLength: 8 }),
      transform:
        from.kind === 'float' ? fc.constant(null) : fc.option(fc.constantFrom(...transforms)),
      metrics: fc.constantFrom('full', 'truncate(2)', 'none'),
    })
  })

  test('in data, bounds, statistics and partition values', async () => {
    await fc.assert(
      fc.asyncProperty(plan, async ({ from, to, before, after, wheres, transform, metrics }) => {
        const table = await writtenTable({
          formatVersion: 3,
          partitionBy: transform === null ? [] : [{ path: ['c'], transform }],
          properties: {
            'write.parquet.row-group-size-bytes': '64',
            'write.metadata.metrics.default': metrics,
          },
          fields: [
            field(1, 'id', { kind: 'int' }),
            field(2, 'c', from),
            field(3, 's', { kind: 'struct', fields: [field(5, 'c', from)] }),
            field(4, 'l', { kind: 'list', elementId: 6, elementRequired: false, element: from }),
          ],
        })
        const rowsOf = (values: typeof before, base: number): Row[] =>
          values.map(([a, b, isNull], at) => ({
            id: base + at,
            c: a,
            s: isNull ? null : { c: b },
            l: isNull ? [] : [a, b],
          }))
        const old = rowsOf(before, 0)
        await table.append(old)
        const first = (await table.metadata()).currentSnapshotId
        await table.reshape((editor) => {
          const edit = editor as unknown as { widenColumn(path: string, column: unknown): unknown }
          for (const path of ['c', 's.c', 'l.element']) edit.widenColumn(path, t.of(to))
        })
        const wide = old.map((row) => ({
          id: row.id,
          c: widened(to, row.c),
          s: row.s && { c: widened(to, (row.s as Row).c) },
          l: (row.l as unknown[]).map((item) => widened(to, item)),
        }))
        await check(table, wide, wheres.slice(0, 4))
        const more = rowsOf(after, 100)
        await table.append(more)
        await check(table, [...wide, ...more], wheres)
        const past = await table.scan({ ordered: false }, first as bigint)
        const texts = old.map((row) => encodeRow(past.schema, row)).sort()
        expect((await past.toArray({ as: 'json' })).sort()).toEqual(texts)
      }),
      { numRuns: runs },
    )
  }, 240_000)
})
