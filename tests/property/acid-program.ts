/** Runs a program of steps against the library and the model side by side. */
import { expect } from 'vitest'
import { type Catalog, col, InternalBug, MoraineError, type Table, t } from '../../src/index.js'
import type { UnknownSchema } from '../../src/types/infer.js'
import {
  asObject,
  type Cell,
  type ColumnType,
  cellOf,
  digest,
  type ModelColumn,
  type ModelRow,
  ModelTable,
  NAMES,
  TYPES,
} from './acid-model.js'

/** A step: what to do, and two numbers that say to what. */
export interface Step {
  readonly kind: StepKind
  readonly a: number
  readonly b: number
}

export const STEP_KINDS = [
  'append',
  'overwriteAll',
  'overwritePartition',
  'deletePartition',
  'deleteSome',
  'addColumn',
  'dropColumn',
  'renameColumn',
  'widenColumn',
  'recreate',
  'reopen',
  'timeTravel',
  'rollback',
  'race',
  'staleAppend',
  'scanDuringCommit',
  'transaction',
  'failingTransaction',
] as const
export type StepKind = (typeof STEP_KINDS)[number]

/** Opens the warehouse anew, as another process would. */
export type Open = () => Promise<Catalog>

const NAME = 'ns.t'
const PARTITIONS = ['x', 'y', null] as const
const TABLE = {
  schema: [
    ['k', t.long().required()],
    ['p', t.string()],
    ['a', t.int()],
  ],
  partitionBy: ['p'],
  properties: { 'commit.retry.num-retries': '50', 'commit.retry.min-wait-ms': '1' },
} as const

/** A commit as it was told, to be applied to the model in the order of versions. */
interface Told {
  readonly version: number
  readonly apply: () => void
}

type AnyTable = Table<UnknownSchema>

export class Program {
  readonly #open: Open
  #catalog!: Catalog
  #table!: AnyTable
  #model = new ModelTable()
  #key = 0
  /** A handle that was loaded some steps ago, with the columns it knows. */
  #stale: { readonly table: AnyTable; readonly columns: readonly ModelColumn[] } | undefined

  constructor(open: Open) {
    this.#open = open
  }

  async run(steps: readonly Step[]): Promise<void> {
    this.#catalog = await this.#open()
    try {
      this.#table = (await this.#catalog.createTable(NAME, TABLE)) as unknown as AnyTable
      for (const step of steps) {
        await this.#step(step)
        await this.#check()
      }
      await this.#verify()
    } finally {
      await this.#catalog.close()
    }
  }

  async #step({ kind, a, b }: Step): Promise<void> {
    switch (kind) {
      case 'append':
        return this.#append(this.#table, this.#model.columns, a % 5)
      case 'overwriteAll':
        return this.#overwrite(a % 4, undefined)
      case 'overwritePartition':
        return this.#overwrite(a % 4, PARTITIONS[b % 3] ?? null)
      case 'deletePartition':
        return this.#deletePartition(PARTITIONS[b % 3] ?? null)
      case 'deleteSome':
        return this.#deleteSome(a)
      case 'recreate':
        return this.#recreate(b % 2 === 0)
      case 'reopen':
        return this.#reopen()
      case 'timeTravel':
        return this.#timeTravel(a)
      case 'rollback':
        return this.#rollback(a)
      case 'race':
        return this.#race(a, b)
      case 'staleAppend':
        return this.#staleAppend(a)
      case 'scanDuringCommit':
        return this.#scanDuringCommit(a)
      case 'transaction':
        return this.#transaction(a, b, false)
      case 'failingTransaction':
        return this.#transaction(a, b, true)
      default:
        return this.#evolve(kind, a, b)
    }
  }

  /** Consistency and durability: another handle, and now and then another process, sees the model. */
  async #check(): Promise<void> {
    const table = await this.#load()
    expect(digest(await rowsOf(table))).toBe(this.#expected())
    const { snapshots, history, current } = this.#model
    expect(table.snapshots().map((snapshot) => snapshot.snapshotId)).toEqual(
      snapshots.map((snapshot) => snapshot.id),
    )
    expect(table.currentSnapshotId).toBe(current?.id)
    expect(table.history().map((entry) => entry.snapshotId)).toEqual(history)
    const total = table.snapshots().find((snapshot) => snapshot.snapshotId === current?.id)
    if (total !== undefined) {
      expect(total.summary['total-records']).toBe(String(this.#model.rows.length))
    }
  }

  #expected(rows = this.#model.rows, columns = this.#model.columns): string {
    return digest(rows.map((row) => asObject(row, columns)))
  }

  async #verify(): Promise<void> {
    const report = await (await this.#load()).verify()
    expect(report.violations).toEqual([])
    expect(report.ok).toBe(true)
  }

  async #load(catalog = this.#catalog): Promise<AnyTable> {
    return (await catalog.loadTable(NAME)) as unknown as AnyTable
  }

  #rows(count: number, columns: readonly ModelColumn[], partition?: string | null): ModelRow[] {
    return Array.from({ length: count }, () => {
      const n = ++this.#key
      const cells = columns.map((column): [number, Cell] => [column.id, cellOf(column.type, n)])
      const p = partition === undefined ? (PARTITIONS[n % 3] ?? null) : partition
      return new Map<number, Cell>([...cells, [1, BigInt(n)], [2, p]])
    })
  }

  async #append(table: AnyTable, columns: readonly ModelColumn[], count: number): Promise<void> {
    const rows = this.#rows(count, columns)
    const { snapshotId } = await table.append(objects(rows, columns))
    // An empty append is a commit like any other, unless it says that it made no snapshot.
    if (snapshotId !== undefined) this.#model.append(snapshotId, rows)
    else expect(count).toBe(0)
  }

  async #overwrite(count: number, partition: string | null | undefined): Promise<void> {
    const { columns } = this.#model
    const rows = this.#rows(count, columns, partition)
    const target =
      partition === undefined ? { all: true as const } : { where: inPartition(partition) }
    const result = await this.#table.overwrite(objects(rows, columns), target as never)
    const gone = (row: ModelRow): boolean => partition === undefined || row.get(2) === partition
    this.#applyOverwrite(result.snapshotId, gone, rows)
  }

  async #deletePartition(partition: string | null): Promise<void> {
    const { snapshotId } = await this.#table.delete(inPartition(partition) as never)
    this.#applyOverwrite(snapshotId, (row) => row.get(2) === partition, [])
  }

  /** Rows that may fill files only in part: done wholly, or refused wholly. */
  async #deleteSome(a: number): Promise<void> {
    const from = BigInt(a % (this.#key + 2))
    const gone = (row: ModelRow): boolean => (row.get(1) as bigint) >= from
    try {
      const { snapshotId } = await this.#table.delete(col('k').gte(from) as never)
      this.#applyOverwrite(snapshotId, gone, [])
    } catch (error) {
      expect(error).toMatchObject({ code: 'UNSUPPORTED', committed: 'no' })
    }
  }

  #applyOverwrite(
    id: bigint | undefined,
    gone: (row: ModelRow) => boolean,
    rows: readonly ModelRow[],
  ): void {
    if (id !== undefined) this.#model.overwrite(id, gone, rows)
    else expect(rows.length + this.#model.rows.filter(gone).length).toBe(0)
  }

  async #evolve(kind: StepKind, a: number, b: number): Promise<void> {
    const { columns } = this.#model
    const own = columns.filter((column) => column.id > 2)
    const column = own[a % Math.max(1, own.length)]
    const free = NAMES.filter((name) => !columns.some((other) => other.name === name))
    const name = free[b % Math.max(1, free.length)]
    if (kind === 'addColumn' && name !== undefined) {
      const type = TYPES[a % TYPES.length] as ColumnType
      await this.#table.updateSchema((s) => s.addColumn(name, t[type]()))
      this.#model.addColumn(name, type)
    } else if (kind === 'dropColumn' && column !== undefined) {
      await this.#table.updateSchema((s) => s.dropColumn(column.name))
      this.#model.dropColumn(column.id)
    } else if (kind === 'renameColumn' && column !== undefined && name !== undefined) {
      await this.#table.updateSchema((s) => s.renameColumn(column.name, name))
      this.#model.changeColumn(column.id, { name })
    } else if (kind === 'widenColumn') {
      const narrow = own.find((other) => other.type === 'int')
      if (narrow === undefined) return
      await this.#table.updateSchema((s) => s.widenColumn(narrow.name, t.long()))
      this.#model.changeColumn(narrow.id, { type: 'long' })
    }
  }

  async #recreate(purge: boolean): Promise<void> {
    const before = this.#table
    await this.#catalog.dropTable(NAME, { purge })
    expect(await this.#catalog.tableExists(NAME)).toBe(false)
    await expect(this.#catalog.loadTable(NAME)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    this.#table = (await this.#catalog.createTable(NAME, TABLE)) as unknown as AnyTable
    expect(this.#table.uuid).not.toBe(before.uuid)
    this.#model = new ModelTable()
    this.#stale = undefined
    // The handle of the old table cannot write into the new one.
    await expect(before.append([{ k: 0n }] as never)).rejects.toMatchObject({ committed: 'no' })
  }

  async #reopen(): Promise<void> {
    await this.#catalog.close()
    this.#catalog = await this.#open()
    const table = await this.#load()
    this.#stale = { table, columns: this.#model.columns }
    this.#table = await this.#load()
  }

  async #timeTravel(a: number): Promise<void> {
    const { snapshots } = this.#model
    const snapshot = snapshots[a % Math.max(1, snapshots.length)]
    if (snapshot === undefined) return
    const then = await this.#table.asOf({ snapshot: snapshot.id })
    expect(digest(await rowsOf(then))).toBe(this.#expected(snapshot.rows, snapshot.columns))
    const now = await this.#table.asOf({ snapshot: snapshot.id }, { schema: 'current' })
    expect(digest(await rowsOf(now))).toBe(this.#expected(snapshot.rows))
    const log = this.#table.history()
    const entry = log[a % log.length]
    if (entry === undefined) return
    const last = log.filter(({ timestampMs }) => timestampMs <= entry.timestampMs).at(-1)
    const time = new Date(entry.timestampMs).toISOString()
    expect((await this.#table.asOf({ time })).snapshotId).toBe(last?.snapshotId)
  }

  async #rollback(a: number): Promise<void> {
    const past = this.#model.ancestors()
    const target = past[a % Math.max(1, past.length)]
    if (target === undefined) return
    await this.#table.rollback({ snapshot: target.id })
    if (target !== this.#model.current) this.#model.rollback(target)
  }

  /** Isolation: writers at once, each in a process of its own; what was told happened, in version order. */
  async #race(a: number, b: number): Promise<void> {
    const catalogs = await Promise.all(Array.from({ length: 2 + (a % 2) }, () => this.#open()))
    const { columns } = this.#model
    const tables = await Promise.all(catalogs.map((catalog) => this.#load(catalog)))
    const told = await Promise.all(
      tables.map((table, i) => this.#racer(table, columns, (a + i * b) % 7).catch(refused)),
    )
    const happened = told.filter((one): one is Told => one !== undefined)
    const versions = happened.map(({ version }) => version)
    expect(new Set(versions).size, 'two commits got one version').toBe(versions.length)
    for (const { apply } of happened.sort((x, y) => x.version - y.version)) apply()
    await Promise.all(catalogs.map((catalog) => catalog.close()))
    await this.#table.refresh()
  }

  async #racer(
    table: AnyTable,
    columns: readonly ModelColumn[],
    choice: number,
  ): Promise<Told | undefined> {
    const model = this.#model
    if (choice === 0) {
      const name = NAMES.find((free) => !columns.some((column) => column.name === free))
      if (name === undefined) return undefined
      const next = await table.updateSchema((s) => s.addColumn(name, t.int()))
      return { version: next.version ?? 0, apply: () => model.addColumn(name, 'int') }
    }
    const partition = choice < 3 ? (PARTITIONS[choice] ?? null) : undefined
    const rows = this.#rows(1 + (choice % 3), columns, partition)
    const input = objects(rows, columns)
    const result =
      partition === undefined
        ? await table.append(input)
        : await table.overwrite(input, { where: inPartition(partition) } as never)
    const { snapshotId, version = 0 } = result
    if (snapshotId === undefined) return undefined
    const gone = (row: ModelRow): boolean => partition !== undefined && row.get(2) === partition
    return { version, apply: () => model.overwrite(snapshotId, gone, rows) }
  }

  /** A handle that knows neither the newest snapshot nor the newest schema adds its rows all the same. */
  async #staleAppend(a: number): Promise<void> {
    if (this.#stale !== undefined) {
      await this.#append(this.#stale.table, this.#stale.columns, 1 + (a % 3))
      await this.#table.refresh()
    }
    this.#stale = { table: await this.#load(), columns: this.#model.columns }
  }

  /** A scan that began before a commit never sees it. */
  async #scanDuringCommit(a: number): Promise<void> {
    const expected = this.#expected()
    const rows = this.#table.scan().rows()
    const first = await rows.next()
    await this.#append(await this.#load(), this.#model.columns, 1 + (a % 3))
    const seen: Record<string, unknown>[] = first.done === true ? [] : [first.value]
    for await (const row of rows) seen.push(row)
    expect(digest(seen)).toBe(expected)
    await this.#table.refresh()
  }

  /** Atomicity: all of it in one version, or, when it throws, nothing. */
  async #transaction(a: number, b: number, fails: boolean): Promise<void> {
    const { columns } = this.#model
    const rows = [this.#rows(1 + (a % 2), columns), this.#rows(1 + (b % 2), columns)] as const
    const before = this.#table.version
    let inside = ''
    const running = this.#table.transaction(async (tx) => {
      await tx.append(objects(rows[0], columns))
      await tx.append(objects(rows[1], columns))
      inside = digest((await tx.scan().toArray()) as never)
      if (fails) throw new InternalBug('the caller changed his mind')
    })
    if (fails) await expect(running).rejects.toThrow('changed his mind')
    else await running
    expect(inside).toBe(this.#expected([...this.#model.rows, ...rows[0], ...rows[1]]))
    const table = await this.#load()
    expect(table.version).toBe((before ?? 0) + (fails ? 0 : 1))
    if (fails) return
    const [first, second] = table.snapshots().slice(-2)
    this.#model.append(first?.snapshotId ?? 0n, rows[0])
    this.#model.append(second?.snapshotId ?? 0n, rows[1])
    // Only the last of them was ever current.
    this.#model.history.splice(-2, 1)
  }
}

function refused(error: unknown): undefined {
  expect(error).toBeInstanceOf(MoraineError)
  expect(error).not.toBeInstanceOf(InternalBug)
  expect(error).toMatchObject({ committed: 'no' })
}

function inPartition(partition: string | null): ReturnType<ReturnType<typeof col>['isNull']> {
  return partition === null ? col('p').isNull() : col('p').eq(partition)
}

function objects(rows: readonly ModelRow[], columns: readonly ModelColumn[]): never[] {
  return rows.map((row) => asObject(row, columns)) as never[]
}

interface Scannable {
  scan(): { toArray(): Promise<readonly unknown[]> }
}

async function rowsOf(table: Scannable): Promise<Record<string, unknown>[]> {
  return (await table.scan().toArray()) as Record<string, unknown>[]
}
