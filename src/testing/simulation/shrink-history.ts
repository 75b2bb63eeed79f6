/** Makes a failing history small: fewer writers, operations, faults and disturbances. */
import { FAULT_KINDS } from '../faults.js'
import { type HistoryOptions, type HistoryReport, runHistory } from './run-history.js'
import { isScripted } from './script.js'

export interface Shrunk {
  /** With these options the seed still fails. */
  readonly options: HistoryOptions
  readonly report: HistoryReport
  /** Histories that were tried. */
  readonly tried: number
}

/**
 * Leaves out what a failing seed fails without, as long as any promise is still broken; what is left has
 * no more operations than the seed's own history. Undefined when the seed does not fail at all.
 */
export async function shrinkHistory(
  seed: number,
  options: HistoryOptions = {},
  triesMax = 300,
): Promise<Shrunk | undefined> {
  let best = await runHistory(seed, options)
  if (best.bad.length === 0) return undefined
  let kept = options
  let tried = 1
  for (let changed = true; changed && tried < triesMax; ) {
    changed = false
    for (const candidate of smaller(kept, best)) {
      if (tried++ >= triesMax) break
      const report = await runHistory(seed, candidate)
      // Writers that meet less trouble may do more instead.
      if (report.bad.length === 0 || report.operations.length > best.operations.length) continue
      kept = candidate
      best = report
      changed = true
      break
    }
  }
  const report = await runHistory(seed, { ...kept, keepTrace: true })
  return { options: kept, report, tried }
}

/** What is a little less than these options; the largest steps first. */
function* smaller(options: HistoryOptions, report: HistoryReport): Generator<HistoryOptions> {
  const { calm = [], faults = FAULT_KINDS, writersMax = 3 } = options
  const ids = report.operations.map(({ id }) => id).filter(isScripted)
  if (options.only === undefined) yield { ...options, only: new Set(ids) }
  for (const what of ['drops', 'outages', 'vandal', 'reader']) {
    if (!calm.includes(what)) yield { ...options, calm: [...calm, what] }
  }
  if (writersMax > 2) yield { ...options, writersMax: writersMax - 1 }
  const fired = new Set([...report.coverage.keys()].map((cell) => cell.split(' × ')[1]))
  const used = faults.filter((kind) => fired.has(kind))
  if (used.length < faults.length) yield { ...options, faults: used }
  for (const kind of used) yield { ...options, faults: used.filter((other) => other !== kind) }
  for (const only of withoutSome(ids)) yield { ...options, only }
}

/** The ids without a half of them, without a quarter, …, and without each. */
function* withoutSome(ids: readonly string[]): Generator<ReadonlySet<string>> {
  for (let size = Math.max(1, ids.length >> 1); size >= 1; size >>= 1) {
    // The last ones first: what came before them stays what it was.
    for (let end = ids.length; end > 0; end -= size) {
      yield new Set([...ids.slice(0, Math.max(0, end - size)), ...ids.slice(end)])
    }
  }
}
