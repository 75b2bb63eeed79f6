/**
 * The anomalies of spec/protocol/isolation.md, each by its name: impossible at the levels that promise
 * so, and seen at those that allow it; for rewritten files, position deletes, vectors and equality deletes.
 */
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Catalog, col, connect, type Table, type Transaction, t } from '../../../src/index.js'
import { memoryStore } from '../../../src/store/memory.js'

const schema = { id: t.long().required(), n: t.int() }
type Schema = typeof schema
type Handle = Table<Schema>
type Level = 'serializable' | 'snapshot'
const levels = ['serializable', 'snapshot'] as const

const ways = [
  { name: 'copy-on-write', formatVersion: 1, mode: 'copy-on-write' },
  { name: 'copy-on-write with lineage', formatVersion: 3, mode: 'copy-on-write' },
  { name: 'position deletes', formatVersion: 2, mode: 'merge-on-read' },
  { name: 'deletion vectors', formatVersion: 3, mode: 'merge-on-read' },
  { name: 'equality deletes', formatVersion: 2, mode: 'equality-deletes' },
  { name: 'equality deletes beside vectors', formatVersion: 3, mode: 'equality-deletes' },
] as const

const refused = { code: 'COMMIT_CONFLICT', committed: 'no' }

const without = Object.assign(() => undefined, {
  each: () => () => undefined,
}) as unknown as typeof test

let mine: Catalog
let theirs: Catalog
const handle = (catalog: Catalog): Promise<Handle> => catalog.loadTable('ns.t', { schema })

/** The table as whoever comes now finds it, by id. */
async function now(): Promise<Record<string, number | null>> {
  const table = await handle(theirs)
  expect((await table.verify()).violations).toEqual([])
  return read(table)
}

async function read(view: Pick<Handle, 'scan'> | Transaction<Schema>) {
  const rows = await view.scan().toArray()
  return Object.fromEntries(rows.map(({ id, n }) => [String(id), n]))
}

describe.each(ways)('$name', ({ formatVersion, mode }) => {
  const isEquality = mode === 'equality-deletes'

  /** Tests of changes that read the rows that they change: equality deletes do not. */
  const reading = isEquality ? without : test

  /** Rows 1 and 2 with 10 each, in a file each, and two handles of that state. */
  beforeEach(async () => {
    const store = memoryStore()
    mine = await connect('memory:', { store, workers: 0 })
    theirs = await connect('memory:', { store, workers: 0 })
    const table = await mine.createTable('ns.t', { schema, formatVersion })
    for (const id of [1, 2]) await table.append([{ id, n: 10 }])
    return async () => {
      await mine.close()
      await theirs.close()
    }
  })

  type Options = { readonly isolation?: Level; readonly retryConflicts?: number }

  /** Gives a row a value that was worked out before. */
  async function set(to: Handle, id: number, n: number, options: Options = {}): Promise<unknown> {
    if (isEquality) return to.upsert([{ id, n }], { on: ['id'], mode, ...options })
    return to.update(col('id').eq(id), { n }, { mode, ...options })
  }

  async function setIn(tx: Transaction<Schema>, id: number, n: number): Promise<void> {
    if (isEquality) await tx.upsert([{ id, n }], { on: ['id'], mode })
    else await tx.update(col('id').eq(id), { n }, { mode })
  }

  describe('Lost update', () => {
    test.each(levels)('is impossible under %s', async (isolation) => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      const seen = [(await read(a))['1']!, (await read(b))['1']!] as const
      await set(a, 1, seen[0] + 1, { isolation })
      await expect(set(b, 1, seen[1] + 1, { isolation })).rejects.toMatchObject(refused)
      await b.refresh()
      await set(b, 1, (await read(b))['1']! + 1, { isolation })
      expect(await now()).toEqual({ 1: 12, 2: 10 })
    })

    test('is possible where the caller does not mind', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      const seen = [(await read(a))['1']!, (await read(b))['1']!] as const
      await set(a, 1, seen[0] + 1)
      // Equality deletes have read nothing; the others are refused unless they are told to go on.
      await set(b, 1, seen[1] + 1, isEquality ? {} : { retryConflicts: 1 })
      expect(await now()).toEqual({ 1: 11, 2: 10 })
    })

    reading.each(levels)('is impossible in a table of %s', async (level) => {
      const table = await handle(mine)
      await table.updateProperties({ set: { 'write.update.isolation-level': level } })
      const [a, b] = [await handle(mine), await handle(theirs)]
      await set(a, 1, 11)
      await expect(set(b, 1, 11)).rejects.toMatchObject(refused)
      expect(await now()).toEqual({ 1: 11, 2: 10 })
    })
  })

  describe('Write skew', () => {
    /** Whoever sees that both are in takes one out: there must be one left. */
    const takeOut = (table: Handle, id: number, isolation: Level, between?: () => unknown) =>
      table.transaction(
        async (tx) => {
          const { 1: one, 2: two } = await read(tx)
          if ((one ?? 0) + (two ?? 0) >= 20) await setIn(tx, id, 0)
          await between?.()
        },
        { isolation },
      )

    test('is impossible under serializable', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      const late = takeOut(b, 2, 'serializable', () => takeOut(a, 1, 'serializable'))
      await expect(late).rejects.toMatchObject(refused)
      expect(await now()).toEqual({ 1: 0, 2: 10 })
      await takeOut(await b.refresh(), 2, 'serializable')
      expect(await now()).toEqual({ 1: 0, 2: 10 })
    })

    test('is possible under snapshot', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      await takeOut(b, 2, 'snapshot', () => takeOut(a, 1, 'snapshot'))
      expect(await now()).toEqual({ 1: 0, 2: 0 })
    })

    /** The same in one call: it reads both rows, and changes one. */
    const mergeOut = (table: Handle, id: bigint, isolation: Level) =>
      table
        .merge([
          { id: 1, n: null },
          { id: 2, n: null },
        ])
        .on('id')
        .whenMatched({ if: (row) => row.id === id, update: { n: 0 } })
        .run({ mode: mode as 'copy-on-write', isolation })

    reading('is impossible between merges under serializable', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      await mergeOut(a, 1n, 'serializable')
      await expect(mergeOut(b, 2n, 'serializable')).rejects.toMatchObject(refused)
      expect(await now()).toEqual({ 1: 0, 2: 10 })
    })

    reading('is impossible where what was read was deleted', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      await a.delete(col('id').eq(1), { mode: mode as 'copy-on-write' })
      await expect(mergeOut(b, 2n, 'serializable')).rejects.toMatchObject(refused)
      expect(await now()).toEqual({ 2: 10 })
    })

    reading('is possible between merges under snapshot', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      await mergeOut(a, 1n, 'snapshot')
      await mergeOut(b, 2n, 'snapshot')
      expect(await now()).toEqual({ 1: 0, 2: 0 })
    })
  })

  describe('Phantom', () => {
    const tens = col('n').eq(10)
    const lower = (table: Handle, isolation: Level) => {
      if (isEquality) return table.deleteKeys([{ id: 3 }], { on: ['id'], isolation })
      return table.update(tens, { n: 9 }, { mode, isolation })
    }

    test('is impossible under serializable', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      await a.append([{ id: 3, n: 10 }])
      await expect(lower(b, 'serializable')).rejects.toMatchObject({
        ...refused,
        conflict: 'rows-added',
      })
      expect(await now()).toEqual({ 1: 10, 2: 10, 3: 10 })
    })

    test('is possible under snapshot', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      await a.append([{ id: 3, n: 10 }])
      await lower(b, 'snapshot')
      // Equality deletes take what is there by then; the others what they have seen.
      expect(await now()).toEqual(isEquality ? { 1: 10, 2: 10 } : { 1: 9, 2: 9, 3: 10 })
    })

    test.each(levels)('is never read by a transaction (%s)', async (isolation) => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      const counts: number[] = []
      await b.transaction(
        async (tx) => {
          counts.push(await tx.scan({ where: tens }).count())
          await a.append([{ id: 3, n: 10 }])
          counts.push(await tx.scan({ where: tens }).count())
        },
        { isolation },
      )
      expect(counts).toEqual([2, 2])
    })

    test('that an insert would have seen', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      const add = (table: Handle, isolation: Level) =>
        table.upsert([{ id: 3, n: 1 }], { on: ['id'], mode, isolation })
      await add(a, 'serializable')
      await expect(add(b, 'serializable')).rejects.toMatchObject(refused)
      expect(await now()).toEqual({ 1: 10, 2: 10, 3: 1 })
    })
  })

  describe('Dirty read', () => {
    test.each(levels)('is impossible under %s', async (isolation) => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      await a.transaction(
        async (tx) => {
          await setIn(tx, 1, 99)
          expect((await read(tx))['1']).toBe(99)
          expect((await read(await b.refresh()))['1']).toBe(10)
        },
        { isolation },
      )
      const givenUp = a.transaction(
        async (tx) => {
          await setIn(tx, 2, 99)
          throw new RangeError('never mind')
        },
        { isolation },
      )
      await expect(givenUp).rejects.toBeInstanceOf(RangeError)
      expect(await now()).toEqual({ 1: 99, 2: 10 })
    })
  })

  describe('Non-repeatable read', () => {
    test.each(levels)('is impossible under %s', async (isolation) => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      const view = b.current()
      await b.transaction(
        async (tx) => {
          const first = await read(tx)
          await set(a, 1, 11)
          expect(await read(tx)).toEqual(first)
        },
        { isolation },
      )
      // A handle and a view show the version that they were loaded with, whatever others do.
      expect(await read(view)).toEqual({ 1: 10, 2: 10 })
      expect(await read(b)).toEqual({ 1: 10, 2: 10 })
    })

    test('is what refresh is for', async () => {
      const [a, b] = [await handle(mine), await handle(theirs)]
      await set(a, 1, 11)
      expect((await read(b))['1']).toBe(10)
      expect((await read(await b.refresh()))['1']).toBe(11)
    })
  })

  describe('Read-only anomaly', () => {
    /** Takes ten of the first account; eleven when both together do not have them. */
    const withdraw = (table: Handle, isolation: Level, between: () => Promise<unknown>) =>
      table.transaction(
        async (tx) => {
          const { 1: one, 2: two } = await read(tx)
          await setIn(tx, 1, one! - (one! + two! >= 10 ? 10 : 11))
          await between()
        },
        { isolation },
      )
    const empty = async (): Promise<void> => {
      const table = await handle(mine)
      for (const id of [1, 2]) await set(table, id, 0)
    }

    test('is impossible under serializable', async () => {
      await empty()
      const [a, b] = [await handle(mine), await handle(theirs)]
      let statement: unknown
      const late = withdraw(b, 'serializable', async () => {
        await set(a, 2, 20)
        statement = await now()
      })
      await expect(late).rejects.toMatchObject(refused)
      expect(statement).toEqual({ 1: 0, 2: 20 })
      expect(await now()).toEqual({ 1: 0, 2: 20 })
    })

    test('is possible under snapshot', async () => {
      await empty()
      const [a, b] = [await handle(mine), await handle(theirs)]
      let statement: unknown
      await withdraw(b, 'snapshot', async () => {
        await set(a, 2, 20)
        statement = await now()
      })
      // The statement shows the deposit before the withdrawal, which nevertheless paid the penalty.
      expect(statement).toEqual({ 1: 0, 2: 20 })
      expect(await now()).toEqual({ 1: -11, 2: 20 })
    })
  })
})

test('every anomaly of the specification is here', () => {
  const spec = readFileSync(new URL('../../../spec/protocol/isolation.md', import.meta.url), 'utf8')
  const source = readFileSync(new URL(import.meta.url), 'utf8')
  const section = spec.split('\n## Anomalies\n')[1] ?? expect.fail('no section')
  const named = [...section.matchAll(/^### (.+)$/gm)].map((match) => match[1])
  expect(named).toEqual([...source.matchAll(/^ {2}describe\('(.+)', \(\) =>/gm)].map((m) => m[1]))
})
