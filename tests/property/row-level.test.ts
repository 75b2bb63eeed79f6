/** Row-level changes of every kind in both modes against a plain model, row lineage included. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { and, type Catalog, col, connect, t } from '../../src/index.js'

const schema = { id: t.long().required(), p: t.string(), v: t.int() }
interface Row {
  readonly id: number
  p: string | null
  v: number | null
  /** Undefined until it is first seen. */
  rowId: bigint | undefined
  /** Number of the commit that changed it last. */
  updated: bigint
}

const id = fc.nat(30)
const p = fc.constantFrom('a', 'b', null)
const v = fc.option(fc.integer({ min: 0, max: 5 }))
const range = fc.record({ from: id, length: fc.integer({ min: 1, max: 12 }) })
const source = fc.uniqueArray(fc.record({ id, p, v }), { maxLength: 8, selector: (row) => row.id })
const mode = fc.constantFrom('copy-on-write' as const, 'merge-on-read' as const)

const operation = fc.oneof(
  fc.record({
    op: fc.constant('append' as const),
    rows: fc.array(fc.record({ p, v }), { minLength: 1, maxLength: 8 }),
  }),
  fc.record({ op: fc.constant('delete' as const), range, p, mode }),
  fc.record({ op: fc.constant('update' as const), range, v, mode }),
  fc.record({ op: fc.constant('overwrite' as const), range, v, mode }),
  fc.record({ op: fc.constant('upsert' as const), source, mode }),
  fc.record({ op: fc.constant('merge' as const), source, v, mode }),
)
const program = fc.record({
  version: fc.constantFrom(2 as const, 3 as const),
  isPartitioned: fc.boolean(),
  granularity: fc.constantFrom('file', 'partition'),
  operations: fc.array(operation, { minLength: 2, maxLength: 9 }),
})
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

async function newTable(
  catalog: Catalog,
  program: { version: 2 | 3; isPartitioned: boolean; granularity: string },
) {
  await catalog.createNamespace('n')
  return catalog.createTable('n.t', {
    schema,
    formatVersion: program.version,
    properties: { 'write.delete.granularity': program.granularity },
    ...(program.isPartitioned && { partitionBy: ['p'] }),
  })
}
type Table = Awaited<ReturnType<typeof newTable>>

class Model {
  rows: Row[] = []
  next = 100

  /** Does the same to the table and to the model. */
  async apply(table: Table, one: Operation): Promise<void> {
    const inRange = (row: Row): boolean =>
      'range' in one && row.id >= one.range.from && row.id < one.range.from + one.range.length
    const where =
      'range' in one
        ? and(col('id').gte(one.range.from), col('id').lt(one.range.from + one.range.length))
        : undefined
    const before = table.metadata.lastSequenceNumber
    const make = (row: { id: number; p: string | null; v: number | null }): Row => ({
      ...row,
      rowId: undefined,
      updated: before + 1n,
    })
    switch (one.op) {
      case 'append': {
        const rows = one.rows.map((row, at) => ({
          ...row,
          id: this.rows.length + at < 31 ? this.#freeId() : this.next++,
        }))
        await table.append(rows)
        this.rows.push(...rows.map(make))
        return
      }
      case 'delete': {
        const both = one.p === null ? where! : and(where!, col('p').eq(one.p))
        await table.delete(both, { mode: one.mode })
        this.rows = this.rows.filter(
          (row) => !(inRange(row) && (one.p === null || row.p === one.p)),
        )
        return
      }
      case 'update':
        await table.update(
          where!,
          { v: one.v, p: (row) => (row.p === 'a' ? 'b' : row.p) },
          { mode: one.mode },
        )
        for (const row of this.rows.filter(inRange)) {
          row.v = one.v
          if (row.p === 'a') row.p = 'b'
          row.updated = before + 1n
        }
        return
      case 'overwrite': {
        const row = { id: this.next++, p: 'a', v: one.v }
        await table.overwrite([row], { where: where!, mode: one.mode })
        this.rows = [...this.rows.filter((other) => !inRange(other)), make(row)]
        return
      }
      case 'upsert':
        await table.upsert(one.source, { on: ['id'], mode: one.mode })
        this.#upsert(one.source, before)
        return
      case 'merge':
        await table
          .merge(one.source)
          .on('id')
          .whenMatched({ delete: true, if: (row) => row.v === 0 })
          .whenMatched({ update: 'all' })
          .whenNotMatched({ insert: 'all' })
          .whenNotMatchedBySource({ update: { v: one.v }, if: (row) => row.v === 1 })
          .run({ mode: one.mode })
        this.#merge(one.source, one.v, before)
    }
  }

  #freeId(): number {
    for (let candidate = 0; ; candidate += 1) {
      if (this.#taken(candidate)) continue
      this.#given.add(candidate)
      return candidate
    }
  }
  readonly #given = new Set<number>()
  #taken(candidate: number): boolean {
    return this.#given.has(candidate) || this.rows.some((row) => row.id === candidate)
  }

  #upsert(
    rows: readonly { id: number; p: string | null; v: number | null }[],
    before: bigint,
  ): void {
    for (const row of rows) {
      const known = this.rows.find((other) => other.id === row.id)
      if (known === undefined) this.rows.push({ ...row, rowId: undefined, updated: before + 1n })
      else Object.assign(known, { p: row.p, v: row.v, updated: before + 1n })
    }
  }

  #merge(
    rows: readonly { id: number; p: string | null; v: number | null }[],
    v: number | null,
    before: bigint,
  ): void {
    const keys = new Set(rows.map((row) => row.id))
    for (const row of this.rows) {
      if (keys.has(row.id) || row.v !== 1) continue
      row.v = v
      row.updated = before + 1n
    }
    const gone = new Set(
      this.rows.filter((row) => keys.has(row.id) && row.v === 0).map((row) => row.id),
    )
    this.rows = this.rows.filter((row) => !gone.has(row.id))
    this.#upsert(
      rows.filter((row) => !gone.has(row.id)),
      before,
    )
  }

  async check(table: Table, version: 2 | 3): Promise<void> {
    const rows = await table.scan().toArray()
    const shown = (list: readonly { id: number | bigint; p: string | null; v: number | null }[]) =>
      list.map((row) => `${row.id}|${row.p}|${row.v}`).sort()
    expect(shown(rows)).toEqual(shown(this.rows))
    expect(await table.scan().count()).toBe(this.rows.length)
    if (version === 3) await this.#checkLineage(table)
  }

  /** Ids are unique and kept for good; sequence numbers are those of the last change. */
  async #checkLineage(table: Table): Promise<void> {
    const select = ['id', '_row_id', '_last_updated_sequence_number'] as never
    const rows = (await table.scan({ select }).toArray()) as unknown as Record<string, bigint>[]
    expect(new Set(rows.map((row) => row['_row_id'])).size).toBe(rows.length)
    for (const row of rows) {
      const known = this.rows.find((other) => BigInt(other.id) === row['id'])!
      known.rowId ??= row['_row_id']
      expect({
        id: row['id'],
        rowId: row['_row_id'],
        updated: row['_last_updated_sequence_number'],
      }).toEqual({
        id: BigInt(known.id),
        rowId: known.rowId,
        updated: known.updated,
      })
    }
  }
}

describe('row-level changes', () => {
  test('do what the model does, in both modes', async () => {
    const runs = Number(process.env['MORAINE_ROW_PROGRAMS'] ?? 10)
    await fc.assert(
      fc.asyncProperty(program, async (one) => {
        const catalog = await connect('memory:', { workers: 0 })
        const table = await newTable(catalog, one)
        const model = new Model()
        await model.apply(table, {
          op: 'append',
          rows: Array.from({ length: 12 }, (_, at) => ({ p: at % 2 ? 'a' : 'b', v: at % 3 })),
        })
        for (const operation of one.operations) {
          await model.apply(table, operation)
          await model.check(table, one.version)
        }
        expect((await table.verify()).violations).toEqual([])
        await catalog.close()
      }),
      { numRuns: runs, seed: 20261124 },
    )
  }, 120_000)
})
