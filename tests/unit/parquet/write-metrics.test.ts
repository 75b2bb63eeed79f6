import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { truncateLowerBound, truncateUpperBound } from '../../../src/types/bounds.js'
import { datumComparator } from '../../../src/types/compare.js'
import type { Datum } from '../../../src/types/datum.js'
import { decodeSingleValue } from '../../../src/types/single-value.js'
import { toDatum } from '../../../src/types/to-datum.js'
import type { PrimitiveType, Schema, Type } from '../../../src/types/type.js'
import { schemaAndRows, schemaOf } from '../arrow/random-rows.js'
import { physicalBatch, writeBatch, writeImage } from './write-support.js'

/** What one leaf's entries come to, counted from the rows. */
interface Expected {
  readonly type: PrimitiveType
  readonly repeated: boolean
  values: number
  nulls: number
  nans: number
  readonly datums: Datum[]
}

/** Walks rows as Dremel levels do: a missing parent and an empty list are one null entry each. */
function recount(schema: Schema, rows: readonly Record<string, unknown>[]): Map<number, Expected> {
  const counts = new Map<number, Expected>()
  const visit = (id: number, type: Type, value: unknown, repeated: boolean): void => {
    switch (type.kind) {
      case 'struct':
        for (const field of type.fields) {
          const member = value === null ? null : (value as Record<string, unknown>)[field.name]
          visit(field.id, field.type, member, repeated)
        }
        return
      case 'list': {
        const list = (value ?? []) as unknown[]
        for (const element of list.length === 0 ? [null] : list) {
          visit(type.elementId, type.element, element, true)
        }
        return
      }
      case 'map': {
        const entries = [...((value ?? new Map()) as Map<unknown, unknown>)]
        for (const [key, item] of entries.length === 0 ? [[null, null]] : entries) {
          visit(type.keyId, type.key, key, true)
          visit(type.valueId, type.value, item, true)
        }
        return
      }
      default: {
        let count = counts.get(id)
        if (count === undefined) {
          count = {
            type: type as PrimitiveType,
            repeated,
            values: 0,
            nulls: 0,
            nans: 0,
            datums: [],
          }
          counts.set(id, count)
        }
        count.values++
        if (value === null) count.nulls++
        else if (Number.isNaN(value)) count.nans++
        else count.datums.push(toDatum(type, value))
      }
    }
  }
  for (const row of rows) {
    for (const field of schema.fields) visit(field.id, field.type, row[field.name], false)
  }
  return counts
}

function sameBound(
  type: PrimitiveType,
  found: Uint8Array | undefined,
  wanted: Datum | undefined,
): void {
  const datum = found === undefined ? undefined : decodeSingleValue(type, found)
  // Zeros have a rule of their own, tested below.
  if (typeof wanted === 'number' && wanted === 0) expect(Math.abs(datum as number)).toBe(0)
  else expect(datum).toEqual(wanted)
}

describe('metrics', () => {
  test('are what counting the rows gives, over row groups and nesting', async () => {
    await fc.assert(
      fc.asyncProperty(
        schemaAndRows(4, 3, 14),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('truncate(16)', 'full', 'truncate(3)'),
        async ({ schema, rows }, rowGroupRows, mode) => {
          fc.pre(rows.length > 0)
          const properties = { 'write.metadata.metrics.default': mode }
          const { metrics } = await writeImage(schema, rows, {
            properties,
            overrides: { rowGroupRows },
          })
          const width = mode === 'full' ? 1e9 : Number(/\d+/.exec(mode)?.[0])
          const wanted = recount(schema, rows)
          expect(new Set(metrics.columnSizes?.keys())).toEqual(new Set(wanted.keys()))
          for (const [id, it] of wanted) {
            const counted = (count: number) => (it.repeated ? undefined : BigInt(count))
            expect(metrics.valueCounts?.get(id)).toBe(counted(it.values))
            expect(metrics.nullValueCounts?.get(id)).toBe(counted(it.nulls))
            const floating = it.type.kind === 'float' || it.type.kind === 'double'
            expect(metrics.nanValueCounts?.get(id)).toBe(floating ? counted(it.nans) : undefined)
            const sorted = it.repeated ? [] : it.datums.toSorted(datumComparator(it.type))
            const lower = sorted[0]
            const upper = sorted.at(-1)
            sameBound(
              it.type,
              metrics.lowerBounds?.get(id),
              lower === undefined ? undefined : truncateLowerBound(it.type, lower, width),
            )
            sameBound(
              it.type,
              metrics.upperBounds?.get(id),
              upper === undefined ? undefined : truncateUpperBound(it.type, upper, width),
            )
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  const bounds = async (schema: Schema, rows: unknown[], properties = {}) => {
    const { metrics } = await writeImage(schema, rows, { properties })
    return metrics
  }

  test('a zero bound covers both zeros; NaN is no bound', async () => {
    const schema = schemaOf([
      ['d', { kind: 'double' }],
      ['f', { kind: 'float' }],
      ['n', { kind: 'double' }],
    ])
    const rows = [
      { d: 0, f: -0, n: Number.NaN },
      { d: Number.NaN, f: -0 },
    ]
    const { lowerBounds, upperBounds, nanValueCounts } = await bounds(schema, rows)
    const double = (bytes?: Uint8Array) =>
      decodeSingleValue({ kind: 'double' }, bytes as Uint8Array)
    const float = (bytes?: Uint8Array) => decodeSingleValue({ kind: 'float' }, bytes as Uint8Array)
    expect([double(lowerBounds?.get(1)), double(upperBounds?.get(1))]).toEqual([-0, 0])
    expect([float(lowerBounds?.get(2)), float(upperBounds?.get(2))]).toEqual([-0, 0])
    expect([lowerBounds?.has(3), upperBounds?.has(3)]).toEqual([false, false])
    expect([...(nanValueCounts ?? [])]).toEqual([
      [1, 1n],
      [2, 0n],
      [3, 1n],
    ])
  })

  test('what stands below a null is not counted', async () => {
    const schema = schemaOf([['d', { kind: 'double' }]])
    const batch = physicalBatch(schema, [{ d: 1 }, { d: null }, { d: 2 }])
    const column = batch.data.children[0] as typeof batch.data
    ;(column.values as unknown as Float64Array)[1] = Number.NaN
    const { metrics } = await writeBatch(schema, batch)
    expect([...(metrics.nanValueCounts ?? [])]).toEqual([[1, 0n]])
    expect([...(metrics.nullValueCounts ?? [])]).toEqual([[1, 1n]])
  })

  test('modes by column: none, counts, truncate, full', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const schema = schemaOf(names.map((name) => [name, { kind: 'string' }]))
    const text = 'x'.repeat(100)
    const row = Object.fromEntries(names.map((name) => [name, text]))
    const metrics = await bounds(schema, [row], {
      'write.metadata.metrics.column.a': 'none',
      'write.metadata.metrics.column.b': 'counts',
      'write.metadata.metrics.column.c': 'truncate(4)',
      'write.metadata.metrics.column.d': 'full',
      'write.metadata.metrics.column.f': 'truncate(80)',
    })
    expect([...(metrics.columnSizes?.keys() ?? [])]).toEqual([2, 3, 4, 5, 6])
    expect([...(metrics.valueCounts?.keys() ?? [])]).toEqual([2, 3, 4, 5, 6])
    const lower = new Map(
      [...(metrics.lowerBounds ?? [])].map(([id, b]) => [id, new TextDecoder().decode(b)]),
    )
    const upper = new Map(
      [...(metrics.upperBounds ?? [])].map(([id, b]) => [id, new TextDecoder().decode(b)]),
    )
    expect(lower).toEqual(
      new Map([
        [3, 'xxxx'],
        [4, text],
        [5, 'x'.repeat(16)],
        [6, 'x'.repeat(80)],
      ]),
    )
    expect(upper).toEqual(
      new Map([
        [3, 'xxxy'],
        [4, text],
        [5, `${'x'.repeat(15)}y`],
        [6, `${'x'.repeat(79)}y`],
      ]),
    )
  })

  test('an upper bound that cannot be raised is left out', async () => {
    const schema = schemaOf([
      ['s', { kind: 'string' }],
      ['b', { kind: 'binary' }],
    ])
    const row = { s: '\u{10ffff}'.repeat(20), b: new Uint8Array(20).fill(255) }
    const { lowerBounds, upperBounds } = await bounds(schema, [row])
    expect([lowerBounds?.size, upperBounds?.size]).toEqual([2, 0])
  })

  test('the first hundred columns only, unless a default is set', async () => {
    const columns = Array.from({ length: 120 }, (_, i) => [`c${i}`, { kind: 'int' }] as const)
    const row = Object.fromEntries(columns.map(([name], i) => [name, i]))
    const schema = schemaOf(columns)
    expect((await bounds(schema, [row])).lowerBounds?.size).toBe(100)
    const properties = { 'write.metadata.metrics.default': 'full' }
    expect((await bounds(schema, [row], properties)).lowerBounds?.size).toBe(120)
  })
})
