/** Changes of rows as functions on plain rows, and what a level promises of several of them at once. */
import fc from 'fast-check'

export interface Row {
  readonly id: number
  readonly p: string
  readonly v: number
}
export type Rows = readonly Row[]
export type Level = 'serializable' | 'snapshot'

const id = fc.nat(15)
const p = fc.constantFrom('a', 'b')
const v = fc.integer({ min: 0, max: 3 })
export const rowArbitrary = fc.record({ id, p, v })
const range = fc.record({ from: id, length: fc.integer({ min: 1, max: 5 }) })
const source = fc.uniqueArray(rowArbitrary, {
  minLength: 1,
  maxLength: 3,
  selector: (row) => row.id,
})
const mode = fc.constantFrom('copy-on-write' as const, 'merge-on-read' as const)
const flag = fc.boolean()

export type Range = { readonly from: number; readonly length: number }

/** A change of rows that reads. */
const reading = fc.oneof(
  fc.record({ op: fc.constant('delete' as const), range, mode }),
  fc.record({ op: fc.constant('update' as const), range, mode }),
  fc.record({ op: fc.constant('overwrite' as const), range, row: rowArbitrary, mode }),
  fc.record({ op: fc.constant('upsert' as const), source, mode }),
  fc.record({ op: fc.constant('merge' as const), source, mode, deletes: flag, bySource: flag }),
)
/** One that does not. */
const blind = fc.oneof(
  fc.record({ op: fc.constant('append' as const), source }),
  fc.record({ op: fc.constant('keys' as const), source, named: flag }),
  fc.record({ op: fc.constant('key-upsert' as const), source, named: flag }),
)
export const changeArbitrary = fc.oneof({ arbitrary: reading, weight: 3 }, blind)
export type Change = typeof changeArbitrary extends fc.Arbitrary<infer T> ? T : never

/** A transaction: reads, then changes. One change without reads is a call of its own. */
export const workArbitrary = fc.record({
  reads: fc.array(range, { maxLength: 2 }),
  changes: fc.array(changeArbitrary, { minLength: 1, maxLength: 2 }),
})
export type Work = typeof workArbitrary extends fc.Arbitrary<infer T> ? T : never

export const isIn = ({ from, length }: Range, row: Row): boolean =>
  row.id >= from && row.id < from + length

const textOf = (row: Row): string => `${row.id}|${row.p}|${row.v}`
export const shown = (rows: Rows): string => rows.map(textOf).sort().join(' ')

export function isBlind({ op }: Change): boolean {
  return op === 'append' || op === 'keys' || op === 'key-upsert'
}

/** The rows after one change. */
export function after(change: Change, rows: Rows): Rows {
  switch (change.op) {
    case 'append':
      return [...rows, ...change.source]
    case 'delete':
      return rows.filter((row) => !isIn(change.range, row))
    case 'update':
      return rows.map((row) => (isIn(change.range, row) ? { ...row, v: row.v + 1 } : row))
    case 'overwrite':
      return [...rows.filter((row) => !isIn(change.range, row)), change.row]
    case 'keys':
      return rows.filter((row) => !change.source.some(({ id, p }) => id === row.id && p === row.p))
    case 'key-upsert':
      return [
        ...rows.filter((row) => !change.source.some(({ id }) => id === row.id)),
        ...change.source,
      ]
    case 'upsert':
      return merged(rows, change.source, () => false, undefined)
    case 'merge': {
      const bySource = change.bySource ? (row: Row) => ({ ...row, v: 9 }) : undefined
      return merged(rows, change.source, (row) => change.deletes && row.v === 0, bySource)
    }
  }
}

function merged(
  rows: Rows,
  source: Rows,
  goes: (row: Row) => boolean,
  bySource: ((row: Row) => Row) | undefined,
): Rows {
  const from = new Map(source.map((row) => [row.id, row]))
  const known = new Set(rows.map((row) => row.id))
  const kept = rows.flatMap((row) => {
    const other = from.get(row.id)
    if (other === undefined) return [row.v === 1 && bySource ? bySource(row) : row]
    return goes(row) ? [] : [other]
  })
  return [...kept, ...source.filter((row) => !known.has(row.id))]
}

/** What a transaction reads, and what it makes of the rows. */
export function run(work: Work, rows: Rows): { readonly seen: string; readonly rows: Rows } {
  const seen = work.reads.map((read) => shown(rows.filter((row) => isIn(read, row)))).join('; ')
  return { seen, rows: work.changes.reduce((now, change) => after(change, now), rows) }
}

/** A transaction that has landed, with what it was told when it read. */
export interface Landed {
  readonly work: Work
  readonly seen: string
}

/** Whether there is an order of the transactions that explains what they saw, and the end. */
export function isSerializable(base: Rows, landed: readonly Landed[], end: Rows): boolean {
  if (landed.length === 0) return shown(base) === shown(end)
  return landed.some((first, at) => {
    const { seen, rows } = run(first.work, base)
    if (seen !== first.seen) return false
    return isSerializable(rows, [...landed.slice(0, at), ...landed.slice(at + 1)], end)
  })
}

/**
 * The rows that snapshot isolation gives: each transaction has worked on the base, and nobody has changed
 * what it changes; in the order in which they landed. Undefined when somebody has (a lost update).
 */
export function underSnapshot(base: Rows, landed: readonly Landed[]): Rows | undefined {
  let state = base
  for (const { work } of landed) {
    // Changes by key take what is there by then.
    if (work.changes.every(isBlind)) {
      state = run(work, state).rows
      continue
    }
    const mine = run(work, base).rows
    const [gone, added] = [without(base, mine), without(mine, base)]
    const rest = without(state, gone)
    if (rest.length !== state.length - gone.length) return undefined
    state = [...rest, ...added]
  }
  return state
}

/** The rows less others, each of these once. */
function without(rows: Rows, less: Rows): Rows {
  const left = less.map(textOf)
  return rows.filter((row) => {
    const at = left.indexOf(textOf(row))
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}
