/** Makes a failing history small: fewer writers, operations, faults and disturbances. */
import { FAULT_KINDS } from '../faults.js'
import { type HistoryOptions, type HistoryReport, runHistory } from './run-history.js'

export interface Shrunk {
  /** With these options the seed still fails. */
  readonly options: HistoryOptions
  readonly report: HistoryReport
  /** Histories that were tried. */
  readonly tried: number
}

/**
 * Leaves out what a failing seed fails without, as long as any promise is still broken. Undefined
 * when the seed does not fail at all.
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
      if (report.bad.length === 0) continue
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
  const { calm = [], faults = FAULT_KINDS, writersMax = 3, skip = new Set<string>() } = options
  for (const what of ['drops', 'outages', 'vandal', 'reader']) {
    if (!calm.includes(what)) yield { ...options, calm: [...calm, what] }
  }
  if (writersMax > 2) yield { ...options, writersMax: writersMax - 1 }
  const fired = new Set([...report.coverage.keys()].map((cell) => cell.split(' × ')[1]))
  const used = faults.filter((kind) => fired.has(kind))
  if (used.length < faults.length) yield { ...options, faults: used }
  for (const kind of used) yield { ...options, faults: used.filter((other) => other !== kind) }
  const writers = report.operations.filter(({ id }) => /^w[0-9]+-[0-9]+$/.test(id))
  // A writer would go on for longer instead: it stops after the last change that is left.
  const last = Math.max(0, ...writers.map(({ id }) => Number(id.split('-')[1])))
  const { changesMax = last + 1 } = options
  if (changesMax > last + 1 || options.changesMax === undefined) {
    yield { ...options, changesMax: last + 1, callsMin: Number.POSITIVE_INFINITY }
  }
  for (const { id } of writers.reverse()) yield { ...options, skip: new Set([...skip, id]) }
}
