/** Visits every state of the model and checks the invariants (numbered as in the reliability notes). */
import { initial, type ModelOptions, type State, type Step, steps } from './commit-model.js'

export interface Exploration {
  readonly states: number
  readonly finished: number
  /** What was wrong, and the steps that led there; undefined when nothing was. */
  readonly violation: { readonly what: string; readonly path: readonly string[] } | undefined
}

interface Visited {
  readonly from: string | undefined
  readonly rules: string
}

export function explore(options: ModelOptions): Exploration {
  const start = initial(options)
  const seen = new Map<string, Visited>([[keyOf(start), { from: undefined, rules: 'start' }]])
  const pending: State[] = [start]
  let finished = 0
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    const key = keyOf(state)
    const what = broken(state) ?? unfinished(state, options)
    if (what !== undefined) {
      return { states: seen.size, finished, violation: { what, path: pathTo(seen, key) } }
    }
    const next = steps(state, options)
    if (next.length === 0) finished++
    for (const step of next) {
      const nextKey = keyOf(step.next)
      if (seen.has(nextKey)) continue
      seen.set(nextKey, { from: key, rules: step.rules })
      pending.push(step.next)
    }
  }
  return { states: seen.size, finished, violation: undefined }
}

/** States that differ only in the order of requests on their way are one. */
export function keyOf(state: State): string {
  const late = state.late.map((item) => JSON.stringify(item)).sort()
  const deleted = [...state.deleted].sort()
  return JSON.stringify([
    state.slots,
    state.hint,
    late,
    state.writers,
    state.resolvers,
    deleted,
    state.faults,
  ])
}

/** Safety: what must hold in every state. */
export function broken(state: State): string | undefined {
  const { slots, writers, resolvers, deleted } = state
  for (const [index, slot] of slots.entries()) {
    const before = slots[index - 1]
    if (before === undefined) continue
    const isLinked = slot.base === before.nonce
    if (!isLinked) return `I7: slot ${index} does not build upon slot ${index - 1}`
  }
  for (const { name, told } of writers) {
    const count = slots.filter((slot) => slot.commit === name).length
    if (count > 1) return `I3: ${name} is there ${count} times`
    if (told === 'committed' && count !== 1) return `I1: ${name} was acknowledged and is not there`
    if (told === 'failed' && count !== 0) return `I2: ${name} was denied and is there`
    if (count > 0 && deleted.includes(name)) return `I4: the files of ${name} were deleted`
  }
  for (const { of, says } of resolvers) {
    const isThere = slots.some((slot) => slot.commit === of)
    if (says !== undefined && (says === 'committed') !== isThere) {
      return `I3: ${of} was said to be ${says}`
    }
  }
  return undefined
}

/** Liveness (I18): when nothing can happen any more, everybody was told something. */
function unfinished(state: State, options: ModelOptions): string | undefined {
  if (steps(state, { ...options, faults: 0 }).length > 0) return undefined
  const waiting = state.writers.find((writer) => writer.told === undefined)
  if (waiting !== undefined) return `I18: ${waiting.name} waits for ever`
  const open = state.resolvers.find((resolver) => resolver.says === undefined)
  if (open !== undefined) return `I18: the token of ${open.of} is never settled`
  return latecomer(state, options)
}

/** I18: whatever has happened, a writer that comes when the faults are over commits in two attempts. */
function latecomer(state: State, options: ModelOptions): string | undefined {
  const name = 'latecomer'
  const writer = { name, at: 'idle', base: 0, attempt: 0, sends: 0 } as const
  let now: State = { ...state, faults: 0, writers: [...state.writers, writer] }
  for (let step = steps(now, options)[0]; step !== undefined; step = steps(now, options)[0]) {
    now = step.next
  }
  const end = now.writers.at(-1)
  if (end?.told === 'committed' && end.attempt <= 2) return undefined
  return `I18: a writer that comes later is told ${end?.told}`
}

function pathTo(seen: ReadonlyMap<string, Visited>, key: string): readonly string[] {
  const path: string[] = []
  for (let at: string | undefined = key; at !== undefined; at = seen.get(at)?.from) {
    path.unshift(`${seen.get(at)?.rules}: ${at}`)
  }
  return path
}

/** The states that the model can be in after it did what is said, in this order, and nothing else visible. */
export function following(options: ModelOptions, labels: readonly string[]): readonly State[] {
  let states = closure([initial(options)], options)
  for (const label of labels) {
    const after: State[] = []
    for (const state of states) {
      for (const step of steps(state, options)) if (step.label === label) after.push(step.next)
    }
    states = closure(after, options)
    if (states.length === 0) break
  }
  return states
}

/** Everything that can be reached without being seen. */
function closure(from: readonly State[], options: ModelOptions): readonly State[] {
  const seen = new Map(from.map((state) => [keyOf(state), state]))
  const pending = [...seen.values()]
  for (let state = pending.pop(); state !== undefined; state = pending.pop()) {
    for (const step of steps(state, options)) addQuiet(step, seen, pending)
  }
  return [...seen.values()]
}

function addQuiet(step: Step, seen: Map<string, State>, pending: State[]): void {
  if (step.label !== undefined) return
  const key = keyOf(step.next)
  if (seen.has(key)) return
  seen.set(key, step.next)
  pending.push(step.next)
}
