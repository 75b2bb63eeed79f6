/** What a table should hold, kept in plain memory: the oracle of the ACID programs. */

export type ColumnType = 'int' | 'long' | 'string' | 'double' | 'boolean' | 'date'
export type Cell = number | bigint | string | boolean | null

/** A column under its current name; `id` is its identity over renames, and never used again. */
export interface ModelColumn {
  readonly id: number
  readonly name: string
  readonly type: ColumnType
}

/** Cells by column id. An int stays a number; how it reads depends on the column's type by then. */
export type ModelRow = ReadonlyMap<number, Cell>

export interface ModelSnapshot {
  readonly id: bigint
  readonly rows: readonly ModelRow[]
  /** The table's columns when it was committed. */
  readonly columns: readonly ModelColumn[]
}

/** `k` tells rows apart, `p` is the partition; neither is ever changed. */
export const KEY: ModelColumn = { id: 1, name: 'k', type: 'long' }
export const PARTITION: ModelColumn = { id: 2, name: 'p', type: 'string' }
const FIRST: readonly ModelColumn[] = [KEY, PARTITION, { id: 3, name: 'a', type: 'int' }]
export const NAMES = ['a', 'b', 'c', 'd', 'e'] as const
export const TYPES: readonly ColumnType[] = ['int', 'long', 'string', 'double', 'boolean', 'date']

/** One incarnation of the table. */
export class ModelTable {
  columns: readonly ModelColumn[] = FIRST
  /** Every snapshot ever committed, oldest first. */
  readonly snapshots: ModelSnapshot[] = []
  current: ModelSnapshot | undefined
  /** Ids of the snapshots that were current, in order. */
  readonly history: bigint[] = []
  #lastId = 3

  get rows(): readonly ModelRow[] {
    return this.current?.rows ?? []
  }

  commit(id: bigint, rows: readonly ModelRow[]): void {
    const snapshot = { id, rows, columns: this.columns }
    this.snapshots.push(snapshot)
    this.#moveTo(snapshot)
  }

  append(id: bigint, rows: readonly ModelRow[]): void {
    this.commit(id, [...this.rows, ...rows])
  }

  overwrite(id: bigint, gone: (row: ModelRow) => boolean, rows: readonly ModelRow[]): void {
    this.commit(id, [...this.rows.filter((row) => !gone(row)), ...rows])
  }

  rollback(snapshot: ModelSnapshot): void {
    this.#moveTo(snapshot)
  }

  addColumn(name: string, type: ColumnType): void {
    this.columns = [...this.columns, { id: ++this.#lastId, name, type }]
  }

  dropColumn(id: number): void {
    this.columns = this.columns.filter((column) => column.id !== id)
  }

  changeColumn(id: number, change: Partial<Omit<ModelColumn, 'id'>>): void {
    this.columns = this.columns.map((column) =>
      column.id === id ? { ...column, ...change } : column,
    )
  }

  /** Snapshots that a rollback may go to: ancestors of the current one. */
  ancestors(): readonly ModelSnapshot[] {
    const found: ModelSnapshot[] = []
    let at = this.current
    while (at !== undefined) {
      found.push(at)
      at = this.#parents.get(at)
    }
    return found
  }

  readonly #parents = new Map<ModelSnapshot, ModelSnapshot | undefined>()

  #moveTo(snapshot: ModelSnapshot): void {
    if (!this.#parents.has(snapshot)) this.#parents.set(snapshot, this.current)
    this.current = snapshot
    this.history.push(snapshot.id)
  }
}

/** A row as the public API takes and gives it, under these columns. */
export function asObject(row: ModelRow, columns: readonly ModelColumn[]): Record<string, Cell> {
  return Object.fromEntries(
    columns.map((column) => [column.name, cellAs(column.type, row.get(column.id) ?? null)]),
  )
}

function cellAs(type: ColumnType, cell: Cell): Cell {
  return type === 'long' && typeof cell === 'number' ? BigInt(cell) : cell
}

/** One text for equal sets of rows, whatever their order. */
export function digest(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const lines = rows.map((row) => {
    const cells = Object.entries(row).map(([name, cell]) => `${name}:${shown(cell)}`)
    return `${String(row.k).padStart(8, '0')} ${cells.join(' ')}`
  })
  return lines.sort().join('\n')
}

function shown(cell: unknown): string {
  return typeof cell === 'bigint'
    ? `${cell}n`
    : typeof cell === 'string'
      ? `'${cell}'`
      : String(cell)
}

/** A made-up cell, a function of its arguments. */
export function cellOf(type: ColumnType, n: number): Cell {
  if (n % 5 === 0) return null
  switch (type) {
    case 'int':
      return (n % 2 === 0 ? 1 : -1) * ((n * 7919) % 2 ** 31)
    case 'long':
      return BigInt(n) * 9_007_199_254_740_993n
    case 'string':
      return `text ${n} ${n % 3 === 0 ? 'ø' : ''}`
    case 'double':
      return n / 3
    case 'boolean':
      return n % 2 === 0
    case 'date':
      return `20${String(10 + (n % 80)).padStart(2, '0')}-03-${String(1 + (n % 28)).padStart(2, '0')}`
  }
}
