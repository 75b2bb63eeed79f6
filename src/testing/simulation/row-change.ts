/** Row-level changes of a simulated history: what is asked of a table, and what its rows become by it. */
import type { SeededEnv } from '../../env/seeded-env.js'
import { col } from '../../expr/build.js'
import type { Table } from '../../table/table.js'
import type { UnknownSchema } from '../../types/infer.js'

/** A row; `by` is the change that wrote it last. */
export type SimRow = {
  readonly id: number
  readonly k: number
  readonly n: number
  readonly by: string
}

export type Rows = readonly SimRow[]

export const ROW_CHANGES = [
  'append',
  'delete',
  'update',
  'overwrite',
  'upsert',
  'merge',
  'partitions',
  'key-upsert',
  'read-append',
  'compact',
  'rewrite-deletes',
] as const
export type RowChangeKind = (typeof ROW_CHANGES)[number]

export interface RowChange {
  readonly id: string
  readonly kind: RowChangeKind
  readonly isolation: 'serializable' | 'snapshot'
  readonly mode: 'copy-on-write' | 'merge-on-read'
  /** How often it is worked out anew after a conflict: what it has read is then what was there later. */
  readonly retries: number
  /** What rows it is about. */
  readonly key: number
  /** The table has no partitions: replacing those of its rows replaces everything. */
  readonly whole: boolean
  /** New rows, or those of the source. */
  readonly rows: Rows
}

export const ROW_KEYS = 4
const IDS = 12

const WITH_RETRIES: ReadonlySet<RowChangeKind> = new Set([
  'delete',
  'update',
  'overwrite',
  'upsert',
  'merge',
  'partitions',
])

/** Of most histories. What a transaction only reads is easily forgotten. */
export const MIXED: readonly RowChangeKind[] = [...ROW_CHANGES, 'read-append', 'read-append']

/** Of histories that are about compaction: deletes by key pile up, and are rewritten beside those who add more. */
export const UPKEEP: readonly RowChangeKind[] = [
  'key-upsert',
  'key-upsert',
  'upsert',
  'delete',
  'compact',
  'rewrite-deletes',
]

export function drawRowChange(
  env: SeededEnv,
  id: string,
  whole: boolean,
  kinds: readonly RowChangeKind[],
): RowChange {
  const kind = kinds[env.int(kinds.length)] ?? 'append'
  const key = env.int(ROW_KEYS)
  const same = kind === 'overwrite' || kind === 'partitions'
  const ids = new Set([env.int(IDS), env.int(IDS)])
  const rows = [...ids].map((rowId) => ({
    id: rowId,
    k: same ? key : rowId % ROW_KEYS,
    n: env.int(100),
    by: id,
  }))
  return {
    id,
    kind,
    isolation: env.chance(0.6) ? 'serializable' : 'snapshot',
    mode: env.chance(0.5) ? 'copy-on-write' : 'merge-on-read',
    retries: WITH_RETRIES.has(kind) && env.chance(0.4) ? 1 + env.int(2) : 0,
    key,
    whole,
    rows,
  }
}

/** Changes that leave the rows as they are, in one commit or more. */
export function keepsRows(kind: RowChangeKind): boolean {
  return kind === 'compact' || kind === 'rewrite-deletes'
}

/** Changes that add rows by what they have read, and leave that as it is. */
export function onlyReads(kind: RowChangeKind): boolean {
  return kind === 'read-append'
}

/** Asks a table for the change; tells whether anything was published. */
export async function askFor(
  table: Table<UnknownSchema>,
  change: RowChange,
  mark: string,
): Promise<boolean> {
  const { id, kind } = change
  const summary = { [mark]: id }
  if (kind === 'compact') {
    const { commits } = await table.compact({ rewriteAll: true, summary })
    return commits.some(({ published }) => published)
  }
  if (kind === 'rewrite-deletes') {
    const { commit } = await table.rewriteDeletes({ rewriteAll: true, summary })
    return commit?.published === true
  }
  return (await askForRows(table, { ...change, kind }, summary)).published
}

async function askForRows(
  table: Table<UnknownSchema>,
  change: RowChange & { readonly kind: Exclude<RowChangeKind, 'compact' | 'rewrite-deletes'> },
  summary: Readonly<Record<string, string>>,
): Promise<{ readonly published: boolean }> {
  const { id, kind, isolation, mode, retries: retryConflicts, key, rows } = change
  const options = { isolation, mode, summary, retryConflicts }
  const where = col('k').eq(key)
  switch (kind) {
    case 'append':
      return table.append(rows, { summary })
    case 'delete':
      return table.delete(where, options)
    case 'update':
      return table.update(where, { n: (row: unknown) => (row as SimRow).n + 1, by: id }, options)
    case 'overwrite':
      return table.overwrite(rows, { where, ...options })
    case 'upsert':
      return table.upsert(rows, { on: ['id'], ...options })
    case 'merge':
      return table
        .merge(rows)
        .on('id')
        .whenMatched({ delete: true, if: (_row, source) => (source as unknown as SimRow).n < 50 })
        .whenMatched({ update: 'all' })
        .whenNotMatched({ insert: 'all' })
        .run(options)
    case 'partitions':
      return table.replacePartitions(rows, { isolation, summary, retryConflicts })
    case 'read-append':
      await table.transaction(
        async (tx) => {
          const read = await tx.scan({ where }).toArray()
          await tx.append(countOf(change, read.length), { summary })
        },
        { isolation },
      )
      return { published: true }
    case 'key-upsert':
      return table.upsert(rows, { on: ['id', 'k'], mode: 'equality-deletes', summary })
  }
}

/** The row that says how many rows of the key were there. */
function countOf({ id, key, rows }: RowChange, count: number): Rows {
  return rows.slice(0, 1).map((row) => ({ id: row.id, k: key, n: count, by: id }))
}

/** Whether the change reads a row: what it does to it, `effectOf` says. */
export function readsRow({ kind, key, rows, whole }: RowChange, row: SimRow): boolean {
  if (kind === 'partitions' && whole) return true
  if (kind === 'append' || keepsRows(kind)) return false
  if (kind === 'key-upsert') return rows.some(({ id, k }) => id === row.id && k === row.k)
  if (kind === 'upsert' || kind === 'merge') return rows.some(({ id }) => id === row.id)
  return row.k === key
}

/** What comes in place of the rows that were read. */
export function effectOf(change: RowChange, read: Rows): Rows {
  const { id, kind, rows } = change
  switch (kind) {
    case 'read-append':
      return countOf(change, read.length)
    case 'delete':
    case 'compact':
    case 'rewrite-deletes':
      return []
    case 'update':
      return read.map((row) => ({ ...row, n: row.n + 1, by: id }))
    case 'merge': {
      const known = new Set(read.map((row) => row.id))
      return [
        ...read.flatMap((row) => rows.filter((source) => source.id === row.id && source.n >= 50)),
        ...rows.filter((source) => !known.has(source.id)),
      ]
    }
    case 'upsert': {
      // Rows that have one key all become the source's.
      const known = new Set(read.map((row) => row.id))
      return [
        ...read.flatMap((row) => rows.filter((source) => source.id === row.id)),
        ...rows.filter((source) => !known.has(source.id)),
      ]
    }
    default:
      return rows
  }
}
