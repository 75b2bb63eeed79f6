/**
 * What a table holds, as plain arrays: the word against which writers and readers are held in random
 * programs. Values are kept by column id, so that an old row can be read under a newer schema.
 */
import type { Dice } from './dice.js'
import { randomValue } from './random-values.js'
import type { FieldJson, Json, Pred, Row, TypeJson } from './scenario.js'

export interface Column {
  readonly id: number
  readonly name: string
  readonly type: TypeJson
}

export interface PartitionField {
  readonly name: string
  readonly column: number
  readonly transform: string
}

/** A row by column id. */
export type Stored = ReadonlyMap<number, Json>

/** A table under way: its shape, its rows, and what is needed to give new things new names. */
export class Model {
  columns: readonly Column[] = []
  partitions: readonly PartitionField[] = []
  version: 1 | 2 | 3 = 2
  rows: readonly Stored[] = []
  branches: ReadonlyMap<string, readonly Stored[]> = new Map()
  /** Earlier states of `main` that it can be rolled back to, oldest first. */
  past: readonly { readonly label: string; readonly rows: readonly Stored[] }[] = []
  /** Columns that a spec or a sort order has had: they stay as they are. */
  readonly used = new Set<number>()
  isRepartitioned = false
  #columnIds = 0
  #rowIds = 0
  #names = 0

  addColumn(type: TypeJson, name: string = this.name('n')): Column {
    const column = { id: ++this.#columnIds, name, type }
    this.columns = [...this.columns, column]
    return column
  }

  name(start: string): string {
    return `${start}${this.#names++}`
  }

  /** Ids that rows have had, from 0 up to this, exclusive. */
  get rowIds(): number {
    return this.#rowIds
  }

  get fields(): readonly FieldJson[] {
    return this.columns.map(({ name, type }) => ({ name, type }))
  }

  newRow(roll: Dice, id = this.#rowIds++): Row {
    const values = this.columns.map(({ name, type }) => [name, randomValue(type, roll)])
    return { ...Object.fromEntries(values), id: String(id) }
  }

  newRows(roll: Dice, count: number): readonly Row[] {
    return Array.from({ length: count }, () => this.newRow(roll))
  }

  store(row: Row): Stored {
    return new Map(this.columns.map(({ id, name }) => [id, row[name] ?? null]))
  }

  /** Rows as a reader with the newest schema has them. */
  show(rows: readonly Stored[]): readonly Row[] {
    return rows.map((row) => this.showOne(row))
  }

  showOne(row: Stored): Row {
    return Object.fromEntries(
      this.columns.map(({ id, name, type }) => {
        const value = row.get(id) ?? null
        // An int that was widened: longs are texts.
        return [name, value !== null && type === 'long' ? String(value) : value]
      }),
    )
  }

  on(branch: string | undefined): readonly Stored[] {
    return branch === undefined ? this.rows : (this.branches.get(branch) ?? [])
  }

  put(branch: string | undefined, rows: readonly Stored[]): void {
    if (branch === undefined) this.rows = rows
    else this.branches = new Map([...this.branches, [branch, rows]])
  }

  /** The rows of a branch for which a predicate is true, and the others. */
  split(branch: string | undefined, where: Pred) {
    const rows = this.on(branch)
    const isIn = (row: Stored) => holds(this.columns, this.showOne(row), where) === true
    return { matching: rows.filter(isIn), others: rows.filter((row) => !isIn(row)) }
  }
}

/** Whether a row satisfies a predicate; null where SQL does not know. */
export function holds(columns: readonly Column[], row: Row, where: Pred): boolean | null {
  if (typeof where === 'boolean') return where
  if ('arg' in where) throw new Error('random predicates have no `not`')
  if ('args' in where) {
    const parts = where.args.map((part) => holds(columns, row, part))
    const deciding = where.op === 'or'
    if (parts.includes(deciding)) return deciding
    return parts.includes(null) ? null : !deciding
  }
  const [name = ''] = where.path
  const value = row[name] ?? null
  if (where.op === 'isNull') return value === null
  if (where.op === 'notNull') return value !== null
  if (value === null) return null
  const kind = String(columns.find((column) => column.name === name)?.type)
  if ('values' in where) return where.values.some((one) => order(kind, value, one) === 0)
  if (!('value' in where)) throw new Error(`random predicates have no ${where.op}`)
  if (where.op === 'startsWith') return String(value).startsWith(String(where.value))
  return compares(where.op, order(kind, value, where.value))
}

function compares(op: string, sign: number): boolean {
  if (op === 'eq') return sign === 0
  if (op === 'lt') return sign < 0
  if (op === 'lte') return sign <= 0
  if (op === 'gt') return sign > 0
  if (op === 'gte') return sign >= 0
  throw new Error(`random predicates have no ${op}`)
}

/** The order of two values that are not null, in the table's sense. */
function order(kind: string, one: Json, other: Json): number {
  if (kind === 'string') return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)))
  const [a, b] = [comparable(kind, one), comparable(kind, other)]
  return a < b ? -1 : a > b ? 1 : 0
}

function comparable(kind: string, value: Json): bigint | number | string {
  if (kind === 'long') return BigInt(value as string)
  if (kind.startsWith('decimal')) return BigInt(String(value).replace('.', ''))
  return typeof value === 'boolean' ? Number(value) : (value as number | string)
}
