/**
 * Transactions of every kind that begin with one version of a table and land one after the other: what
 * lands is serializable, or has snapshot isolation, as the level says, whatever the layout of the files.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  and,
  bucket,
  type Catalog,
  CommitConflict,
  col,
  connect,
  type Table,
  type Transaction,
  t,
} from '../../src/index.js'
import { memoryStore } from '../../src/store/memory.js'
import {
  after,
  type Change,
  isBlind,
  isSerializable,
  type Landed,
  type Level,
  type Range,
  type Row,
  type Rows,
  rowArbitrary,
  shown,
  underSnapshot,
  type Work,
  workArbitrary,
} from './racing-model.js'

/** More of them find more: MORAINE_RACES=300. */
const programs = Number(process.env['MORAINE_RACES'] ?? 12)

const schema = { id: t.int().required(), p: t.string(), v: t.int() }
type Handle = Table<typeof schema>
type Target = Handle | Transaction<typeof schema>

const upkeep = fc.constantFrom(
  'compact' as const,
  'rewriteDeletes' as const,
  'reshape' as const,
  'respec' as const,
)
const round = fc.record({
  racers: fc.array(workArbitrary, { minLength: 2, maxLength: 3 }),
  between: fc.option(upkeep, { freq: 4 }),
  before: fc.option(upkeep, { freq: 3 }),
})
const program = fc.record({
  version: fc.constantFrom(1 as const, 2 as const, 2 as const, 3 as const),
  isPartitioned: fc.boolean(),
  granularity: fc.constantFrom('file', 'partition'),
  files: fc.array(fc.array(rowArbitrary, { minLength: 1, maxLength: 3 }), {
    minLength: 2,
    maxLength: 4,
  }),
  rounds: fc.array(round, { minLength: 1, maxLength: 4 }),
})
type Program = typeof program extends fc.Arbitrary<infer T> ? T : never

const where = ({ from, length }: Range) => and(col('id').gte(from), col('id').lt(from + length))

class Race {
  readonly #program: Program
  readonly #level: Level
  readonly #store = memoryStore()
  readonly #catalogs: Catalog[] = []
  #names = 0
  landed = 0
  refused = 0

  constructor(one: Program, level: Level) {
    this.#program = one
    this.#level = level
  }

  async run(): Promise<void> {
    for (let at = 0; at < 4; at += 1) {
      this.#catalogs.push(await connect('memory:', { store: this.#store, workers: 0 }))
    }
    const { version, isPartitioned, granularity, files, rounds } = this.#program
    const table = await this.#catalogs[0]!.createTable('n.t', {
      schema,
      formatVersion: version,
      properties: { 'write.delete.granularity': granularity },
      ...(isPartitioned && { partitionBy: ['p'] }),
    })
    for (const rows of files) await table.append(rows)
    for (const one of rounds) await this.#round(one)
    const report = await (await this.#handle(0)).verify()
    expect(report.violations).toEqual([])
    for (const catalog of this.#catalogs) await catalog.close()
  }

  #handle(at: number): Promise<Handle> {
    return this.#catalogs[at]!.loadTable('n.t', { schema }) as Promise<Handle>
  }

  async #rows(): Promise<Rows> {
    const rows = await (await this.#handle(0)).scan({ select: ['id', 'p', 'v'] }).toArray()
    return rows as Row[]
  }

  async #round({ racers, between, before }: Program['rounds'][number]): Promise<void> {
    if (before !== null) await this.#upkeep(before)
    const base = await this.#rows()
    const handles = await Promise.all(racers.map((_, at) => this.#handle(at + 1)))
    const landed: Landed[] = []
    let isFirst = true
    for (const [at, work] of racers.entries()) {
      const one = this.#fit(work)
      const seen = await this.#try(handles[at] as Handle, one)
      if (seen !== undefined) landed.push({ work: one, seen })
      // Nobody is refused without a reason.
      if (isFirst) expect(seen, 'the first was refused').toBeDefined()
      isFirst = false
      if (at === 0 && between !== null) await this.#upkeep(between)
    }
    const end = await this.#rows()
    const story = `${shown(base)}\n${JSON.stringify(landed)}\n${shown(end)}`
    if (this.#level === 'serializable') {
      expect(isSerializable(base, landed, end), story).toBe(true)
    } else {
      const expected = underSnapshot(base, landed)
      expect(expected === undefined ? 'lost update' : shown(expected), story).toBe(shown(end))
    }
  }

  /** Format 1 has no deletes, and what is about rows by then is not mixed with what is about the base. */
  #fit(work: Work): Work {
    const { version } = this.#program
    const changes = work.changes
      .map((change): Change => {
        if (version > 1) return change
        if (change.op === 'keys' || change.op === 'key-upsert') {
          return { op: 'append', source: change.source }
        }
        return 'mode' in change ? { ...change, mode: 'copy-on-write' } : change
      })
      .filter(
        (change, _, all) => this.#level === 'serializable' || isBlind(change) === isBlind(all[0]!),
      )
    return { reads: work.reads, changes }
  }

  /** What it has read when it landed; undefined when it was refused. */
  async #try(table: Handle, work: Work): Promise<string | undefined> {
    const isolation = this.#level
    const { reads, changes } = work
    try {
      if (reads.length === 0 && changes.length === 1) {
        await this.#apply(table, changes[0] as Change, true)
        this.landed += 1
        return ''
      }
      const seen = await table.transaction(
        async (tx) => {
          const all: string[] = []
          for (const read of reads)
            all.push(shown((await tx.scan({ where: where(read) }).toArray()) as Row[]))
          for (const change of changes) await this.#apply(tx, change, false)
          return all.join('; ')
        },
        { isolation },
      )
      this.landed += 1
      return seen
    } catch (error) {
      if (!(error instanceof CommitConflict)) throw error
      this.refused += 1
      return undefined
    }
  }

  async #apply(to: Target, change: Change, isCall: boolean): Promise<void> {
    const level = isCall ? { isolation: this.#level } : {}
    const on = ['id'] as const
    const { op } = change
    switch (op) {
      case 'append':
        await to.append(change.source)
        return
      case 'delete':
        await to.delete(where(change.range), { mode: change.mode, ...level })
        return
      case 'update': {
        const set = { v: (row: { v: number | null }) => (row.v ?? 0) + 1 }
        await to.update(where(change.range), set, { mode: change.mode, ...level })
        return
      }
      case 'overwrite': {
        const options = { where: where(change.range), mode: change.mode, ...level }
        await to.overwrite([change.row], options)
        return
      }
      case 'keys': {
        const keys = change.source.map(({ id, p }) => ({ id, p }))
        await to.deleteKeys(keys, { on: ['id', 'p'], ...(change.named && level) })
        return
      }
      case 'key-upsert':
        await to.upsert(change.source, { on, mode: 'equality-deletes', ...(change.named && level) })
        return
      case 'upsert':
        await to.upsert(change.source, { on, mode: change.mode, ...level })
        return
      case 'merge': {
        let merge = to.merge(change.source).on('id')
        if (change.deletes) merge = merge.whenMatched({ if: (row) => row.v === 0, delete: true })
        merge = merge.whenMatched({ update: 'all' }).whenNotMatched({ insert: 'all' })
        if (change.bySource) {
          merge = merge.whenNotMatchedBySource({ if: (row) => row.v === 1, update: { v: 9 } })
        }
        await merge.run({ mode: change.mode, ...level })
      }
    }
  }

  /** Leaves the rows as they are. */
  async #upkeep(kind: 'compact' | 'rewriteDeletes' | 'reshape' | 'respec'): Promise<void> {
    const table = await this.#handle(0)
    this.#names += 1
    const name = `x${this.#names}`
    if (kind === 'compact') await table.compact({ rewriteAll: true })
    else if (kind === 'rewriteDeletes') await table.rewriteDeletes({ rewriteAll: true })
    else if (kind === 'reshape') await table.updateSchema((s) => s.addColumn(name, t.string()))
    else await table.updateSpec((s) => s.addField({ ...bucket(this.#names + 1, 'id'), name }))
  }
}

describe('racing writers', () => {
  test.each(['serializable', 'snapshot'] as const)(
    'keep what %s promises',
    async (level) => {
      let [landed, refused] = [0, 0]
      await fc.assert(
        fc.asyncProperty(program, async (one) => {
          const race = new Race(one, level)
          await race.run()
          landed += race.landed
          refused += race.refused
        }),
        { numRuns: programs, seed: 20261123 },
      )
      expect(landed).toBeGreaterThan(refused / 3)
      expect(refused).toBeGreaterThan(0)
    },
    240_000,
  )
})

test('the model tells histories apart', () => {
  const base = [
    { id: 1, p: 'a', v: 0 },
    { id: 2, p: 'a', v: 0 },
  ]
  const one = { from: 1, length: 1 }
  const two = { from: 2, length: 1 }
  const both = { from: 1, length: 2 }
  const update = (range: Range): Change => ({ op: 'update', range, mode: 'copy-on-write' })
  const of = (range: Range): Landed => ({
    work: { reads: [both], changes: [update(range)] },
    seen: shown(base),
  })
  const end = [one, two].reduce((rows: Rows, range) => after(update(range), rows), base)
  // Write skew: no order explains what both have seen, but each has changed rows of its own.
  expect(isSerializable(base, [of(one), of(two)], end)).toBe(false)
  expect(shown(underSnapshot(base, [of(one), of(two)]) ?? [])).toBe(shown(end))
  // Lost update.
  expect(underSnapshot(base, [of(one), of(one)])).toBeUndefined()
  expect(isSerializable(base, [of(one)], after(update(one), base))).toBe(true)
})
