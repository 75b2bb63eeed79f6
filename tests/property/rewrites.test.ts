/**
 * Compaction and rewrites of deletes between changes of every kind, and in the middle of each other:
 * they never change a row, nor its lineage.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  asc,
  bucket,
  type Catalog,
  CommitConflict,
  col,
  connect,
  desc,
  t,
} from '../../src/index.js'
import { memoryStore } from '../../src/store/memory.js'
import type { Store } from '../../src/store/store.js'

/** More of them find more: MORAINE_REWRITE_PROGRAMS=500. */
const programs = Number(process.env.MORAINE_REWRITE_PROGRAMS ?? 15)

const schema = { id: t.long(), p: t.string(), v: t.int() }
interface Row {
  readonly id: number | null
  readonly p: string | null
  readonly v: number | null
}

const id = fc.option(fc.nat(20), { freq: 8 })
const p = fc.constantFrom('a', 'b', null)
const v = fc.option(fc.integer({ min: 0, max: 5 }))
const some = { minLength: 1, maxLength: 6 }
const key = fc.record({ id, p })
const rows = fc.uniqueArray(fc.record({ id, p, v }), { ...some, selector: (row) => String(row.id) })
const mode = fc.constantFrom('copy-on-write' as const, 'merge-on-read' as const)

const change = fc.oneof(
  fc.record({ op: fc.constant('append' as const), rows }),
  fc.record({ op: fc.constant('delete' as const), from: fc.nat(20), mode }),
  fc.record({ op: fc.constant('update' as const), from: fc.nat(20), v, mode }),
  fc.record({ op: fc.constant('upsert' as const), rows }),
  fc.record({ op: fc.constant('deleteKeys' as const), keys: fc.array(key, some) }),
)
const compact = fc.record({
  op: fc.constant('compact' as const),
  rewriteAll: fc.boolean(),
  minInputFiles: fc.integer({ min: 1, max: 3 }),
  maxGroupSize: fc.constantFrom(1, 4000, 1_000_000),
  useStartingSequenceNumber: fc.boolean(),
  removeDangling: fc.boolean(),
  isSorted: fc.boolean(),
  isPartial: fc.boolean(),
  onlyA: fc.boolean(),
})
const rewriteDeletes = fc.record({
  op: fc.constant('rewriteDeletes' as const),
  rewriteAll: fc.boolean(),
  removeDangling: fc.boolean(),
})
const rewrite = fc.oneof({ arbitrary: compact, weight: 2 }, rewriteDeletes)
const operation = fc.oneof(
  { arbitrary: change, weight: 6 },
  { arbitrary: rewrite, weight: 3 },
  fc.record({ op: fc.constant('race' as const), rewrite, change }),
  fc.record({ op: fc.constantFrom('upgrade' as const, 'respec' as const, 'reshape' as const) }),
)
const program = fc.record({
  version: fc.constantFrom(2 as const, 3 as const),
  isPartitioned: fc.boolean(),
  granularity: fc.constantFrom('file', 'partition'),
  operations: fc.array(operation, { minLength: 3, maxLength: 12 }),
})
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never
type Rewrite = typeof rewrite extends fc.Arbitrary<infer T> ? T : never
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

/** A store that runs something once, when the next data file is about to be written. */
class Hooked {
  readonly store: Store
  run: (() => Promise<void>) | undefined

  constructor(inner: Store) {
    this.store = new Proxy(inner, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown
        if (typeof member !== 'function') return member
        if (name !== 'writer') return member.bind(target)
        return async (path: string, ...rest: unknown[]) => {
          const run = path.includes('/data/') ? this.run : undefined
          if (run !== undefined) {
            this.run = undefined
            await run()
          }
          return member.call(target, path, ...rest)
        }
      },
    })
  }
}

async function newTable(
  catalog: Catalog,
  made: { version: 2 | 3; isPartitioned: boolean; granularity: string },
) {
  return catalog.createTable('n.t', {
    schema,
    formatVersion: made.version,
    properties: { 'write.delete.granularity': made.granularity },
    ...(made.isPartitioned && { partitionBy: ['p'] }),
  })
}
type Table = Awaited<ReturnType<typeof newTable>>

class Model {
  rows: Row[] = []
  #shapes = 0

  async change(table: Table, one: Change): Promise<void> {
    const after = this.#after(one)
    switch (one.op) {
      case 'append':
        await table.append(one.rows)
        break
      case 'delete':
        await table.delete(col('id').gte(one.from), { mode: one.mode })
        break
      case 'update':
        await table.update(col('id').eq(one.from), { v: one.v }, { mode: one.mode })
        break
      case 'upsert':
        await table.upsert(one.rows, { on: ['id'], mode: 'equality-deletes' })
        break
      case 'deleteKeys':
        await table.deleteKeys(one.keys, { on: ['id', 'p'] })
    }
    this.rows = after
  }

  #after(one: Change): Row[] {
    switch (one.op) {
      case 'append':
        return [...this.rows, ...one.rows]
      case 'delete':
        return this.rows.filter((row) => row.id === null || row.id < one.from)
      case 'update':
        return this.rows.map((row) => (row.id === one.from ? { ...row, v: one.v } : row))
      case 'upsert': {
        const ids = new Set(one.rows.map((row) => row.id))
        return [...this.rows.filter((row) => !ids.has(row.id)), ...one.rows]
      }
      case 'deleteKeys': {
        const keys = new Set(one.keys.map((row) => `${row.id} ${row.p}`))
        return this.rows.filter((row) => !keys.has(`${row.id} ${row.p}`))
      }
    }
  }

  async shape(table: Table, op: 'upgrade' | 'respec' | 'reshape'): Promise<void> {
    if (op === 'upgrade') await table.upgradeFormat(3)
    else if (op === 'reshape') {
      this.#shapes += 1
      await table.updateSchema((s) => s.addColumn(`x${this.#shapes}` as 'x', t.int()) as never)
    } else {
      const has = table.spec.fields.length > 0
      await table.updateSpec((s) =>
        has ? s.removeField(table.spec.fields[0]!.name) : s.addField(bucket(2, 'p')),
      )
    }
  }
}

async function rewritten(table: Table, one: Rewrite): Promise<void> {
  if (one.op === 'rewriteDeletes') {
    const { rewriteAll, removeDangling } = one
    await table.rewriteDeletes({ rewriteAll, removeDangling })
    return
  }
  const { op: _, isSorted, isPartial, onlyA, ...options } = one
  await table.compact({
    ...options,
    ...(isSorted && { strategy: 'sort', sort: [desc('v'), asc('id')] }),
    ...(isPartial && { partialProgress: { maxCommits: 3 } }),
    ...(onlyA && { where: col('p').eq('a') }),
  })
}

const textOf = (row: Row): string => `${row.id} ${row.p} ${row.v}`

async function shown(table: Table, hasLineage = false): Promise<string[]> {
  const lineage = hasLineage ? ['_row_id', '_last_updated_sequence_number'] : []
  const names = ['id', 'p', 'v', ...lineage]
  const all = await table.scan({ select: names.map((name) => [name]) } as never).toArray()
  return (all as Record<string, unknown>[])
    .map((row) => names.map((name) => `${row[name]}`).join(' '))
    .sort()
}

async function run(made: typeof program extends fc.Arbitrary<infer T> ? T : never): Promise<void> {
  const inner = memoryStore()
  const hooked = new Hooked(inner)
  const catalog = await connect('memory:', { store: hooked.store, workers: 0 })
  const table = await newTable(catalog, made)
  const other = await (await connect('memory:', { store: inner, workers: 0 })).loadTable('n.t', {
    schema,
  })
  const model = new Model()
  for (const one of made.operations) await step(one, model, table, other, hooked)
}

async function step(one: Operation, model: Model, table: Table, other: Table, hooked: Hooked) {
  switch (one.op) {
    case 'upgrade':
    case 'respec':
    case 'reshape':
      await model.shape(table, one.op)
      break
    case 'compact':
    case 'rewriteDeletes': {
      // A table that was upgraded numbers its rows with its next snapshot.
      const isNumbered = table.formatVersion === 3 && table.current().snapshotId !== undefined
      if (isNumbered && table.metadata.nextRowId === 0n) await table.append([])
      const before = await shown(table, table.formatVersion === 3)
      await rewritten(table, one)
      // Rows that had no id yet may get one.
      const isKnown = !before.some((row) => row.endsWith(' null null'))
      if (table.formatVersion < 3 || isKnown) {
        expect(await shown(table, table.formatVersion === 3)).toEqual(before)
      }
      break
    }
    case 'race': {
      await other.refresh()
      let isOver = false
      hooked.run = async () => {
        isOver = true
        await model.change(other, one.change)
      }
      try {
        await rewritten(table, one.rewrite)
      } catch (error) {
        if (!(error instanceof CommitConflict)) throw error
      }
      hooked.run = undefined
      if (!isOver) await model.change(other, one.change)
      await table.refresh()
      break
    }
    default:
      await model.change(table, one)
  }
  expect(await shown(table)).toEqual(model.rows.map(textOf).sort())
}

describe('rewrites between changes, and during them', () => {
  test('change no row and no lineage', {
    timeout: 120_000 * Math.ceil(programs / 50),
  }, async () => {
    await fc.assert(fc.asyncProperty(program, run), { numRuns: programs })
  })
})
