/** Checks the rows of every snapshot against the model: I1–I3, I13, I16 and I17 of changes of rows. */
import {
  effectOf,
  keepsRows,
  onlyReads,
  type RowChange,
  type Rows,
  readsRow,
  type SimRow,
} from './row-change.js'

/** A change that was asked for. */
export interface AskedChange {
  readonly change: RowChange
  /** Snapshot that the handle had when it was asked. */
  readonly base: bigint | undefined
}

/** A snapshot of the finished table, oldest first. */
export interface FoundSnapshot {
  readonly snapshotId: bigint
  readonly by: string | undefined
  readonly rows: Rows
}

/** What the snapshots break. */
export function checkRows(
  asked: ReadonlyMap<string, AskedChange>,
  snapshots: readonly FoundSnapshot[],
): readonly string[] {
  const bad: string[] = []
  const at = new Map<bigint | undefined, Rows>([[undefined, []]])
  let before: Rows = []
  for (const { snapshotId, by, rows } of snapshots) {
    const known = asked.get(by ?? '')
    if (known === undefined) bad.push(`I2 snapshot ${snapshotId}: nobody asked for ${by}`)
    else {
      const { change } = known
      const seen = [...at.keys()]
      const bases = change.retries === 0 ? [known.base] : seen.slice(seen.indexOf(known.base))
      const wrong = bases.map((base) => wrongIn(change, at.get(base) ?? [], before, rows))
      // Worked out anew, it may have read any state since it was asked for.
      if (!wrong.some((texts) => texts.length === 0)) {
        bad.push(...(wrong.at(-1) ?? []).map((text) => `${by} (${change.kind}): ${text}`))
      }
    }
    at.set(snapshotId, rows)
    before = rows
  }
  return bad
}

/** What is wrong with `rows` as what the change made of `before`, when it had read `base`. */
function wrongIn(change: RowChange, base: Rows, before: Rows, rows: Rows): readonly string[] {
  const bad: string[] = []
  const expected = stateAfter(change, base, before, (text) => bad.push(text))
  if (!sameRows(expected, rows)) {
    bad.push(
      `I13 ${change.isolation}: made of ${shown(before)} ${shown(rows)}, not ${shown(expected)}`,
    )
  }
  return bad
}

/**
 * The state that a change leads to. One that is serializable has the effect that it has on what is
 * there. Under `snapshot` it was worked out from what its handle saw, and every row that it changes is
 * still there as it was; rows that came since stay.
 */
function stateAfter(
  change: RowChange,
  base: Rows,
  before: Rows,
  complain: (text: string) => void,
): Rows {
  const { kind, isolation } = change
  // These read nothing, and take their turn.
  const isBlind = kind === 'append' || kind === 'key-upsert' || keepsRows(kind)
  if (isBlind || isolation === 'serializable') {
    return applied(change, before, before)
  }
  // Others may change what was only read: at this level that is no conflict (write skew).
  if (onlyReads(kind)) return applied(change, base, before)
  const there = new Set(before.map(textOf))
  const read = base.filter((row) => readsRow(change, row))
  if (!read.every((row) => there.has(textOf(row)))) {
    complain('I16 a row that it read had changed (lost update)')
  }
  return applied(change, base, before)
}

/** `before` with the change that was worked out from `seen`. */
function applied(change: RowChange, seen: Rows, before: Rows): Rows {
  const read = seen.filter((row) => readsRow(change, row))
  const gone = onlyReads(change.kind) ? [] : read.map(textOf)
  const stay = before.filter((row) => {
    const index = gone.indexOf(textOf(row))
    if (index >= 0) gone.splice(index, 1)
    return index < 0
  })
  return [...stay, ...effectOf(change, read)]
}

export function textOf({ id, k, n, by }: SimRow): string {
  return `${id}/${k}/${n}/${by}`
}

function sameRows(a: Rows, b: Rows): boolean {
  return shown(a) === shown(b)
}

function shown(rows: Rows): string {
  return `[${rows.map(textOf).sort().join(' ')}]`
}
