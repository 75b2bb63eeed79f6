/**
 * The commit protocol as a small state machine: slots, the hint, requests on their way, writers that
 * crash, answers that are lost or come twice, a resolver. `explore.ts` visits every state within the
 * bounds; each step names the rules of `spec/protocol/commit.md` that it stands for.
 */

/** What one request puts into a slot. Two attempts are never equal (C2). */
export interface Content {
  /** The logical commit, or `fence`. */
  readonly commit: string
  /** Tells the attempts of a commit apart. */
  readonly nonce: string
  /** The content this one was computed from: of the slot before. */
  readonly base: string
  /** Replaced by a marker that keeps the nonce (C20). */
  readonly retired?: true
}

export type Told = 'committed' | 'failed' | 'unknown' | 'died'

/** A writer of one logical commit. */
export interface Writer {
  readonly name: string
  readonly at: 'idle' | 'loaded' | 'checked' | 'doubt' | 'exists' | 'conflict' | 'over'
  /** The slot that was the head when it loaded; it publishes into the next one. */
  readonly base: number
  readonly attempt: number
  readonly sends: number
  readonly told?: Told
}

/** Settles the token of a writer that was told `unknown` (C13). */
export interface Resolver {
  readonly of: string
  readonly slot: number
  readonly nonce: string
  readonly at: 'look' | 'fence' | 'over'
  readonly says?: 'committed' | 'not-committed'
}

/** A request that may still be applied, once or never. */
export interface Late {
  readonly slot: number
  readonly content: Content
}

export interface State {
  /** Slot n at index n; slot 0 is the table as it was made. A free slot is missing. */
  readonly slots: readonly Content[]
  /** What the hint says; any number at all (C16). */
  readonly hint: number
  readonly late: readonly Late[]
  readonly writers: readonly Writer[]
  readonly resolvers: readonly Resolver[]
  /** Commits whose data files were deleted (C15). */
  readonly deleted: readonly string[]
  /** Faults that may still happen. */
  readonly faults: number
}

/** Bounds of an exploration, and the rules that a planted bug leaves out. */
export interface ModelOptions {
  readonly writers: number
  readonly faults: number
  /** Attempts of one commit at most (`commit.retry.num-retries` + 1). */
  readonly attempts: number
  /** Sends of one attempt at most (`commit.status-check.num-retries` + 2). */
  readonly sends: number
  readonly without?: Rule
}

/** Rules that can be left out, to see that the model would notice. */
export const RULES = [
  'C2-exclusive',
  'C2-nonce',
  'C3',
  'C10.1',
  'C10.2',
  'C11',
  'C13',
  'C15',
  'C16',
  'C20',
] as const
export type Rule = (typeof RULES)[number]

/** One thing that happens. Steps without a label are invisible from outside. */
export interface Step {
  readonly rules: string
  readonly label?: string
  readonly next: State
}

export function initial(options: ModelOptions): State {
  return {
    slots: [{ commit: 'made', nonce: 'made', base: '' }],
    hint: 0,
    late: [],
    writers: Array.from({ length: options.writers }, (_, index) => ({
      name: `w${index}`,
      at: 'idle',
      base: 0,
      attempt: 0,
      sends: 0,
    })),
    resolvers: [],
    deleted: [],
    faults: options.faults,
  }
}

/** Everything that can happen next. */
export function steps(state: State, options: ModelOptions): readonly Step[] {
  return [
    ...state.late.flatMap((_, index) => lateSteps(state, index, options)),
    ...state.writers.flatMap((writer) => writerSteps(state, writer, options)),
    ...state.resolvers.flatMap((resolver) => resolverSteps(state, resolver, options)),
    ...environmentSteps(state, options),
  ]
}

function environmentSteps(state: State, options: ModelOptions): Step[] {
  if (state.faults === 0) return []
  const faults = state.faults - 1
  const made: Step[] = [state.hint === 9 ? 0 : 9].map((hint) => ({
    rules: 'C16: anybody may write anything into the hint',
    next: { ...state, hint, faults },
  }))
  const oldest = state.slots.findIndex((slot) => slot.retired !== true)
  if (oldest < state.slots.length - 1) {
    const nonce = options.without === 'C20' ? '?' : (state.slots[oldest] as Content).nonce
    const slots = state.slots.map((slot, index) =>
      index === oldest ? { ...slot, nonce, retired: true as const } : slot,
    )
    made.push({
      rules: 'C20: a slot that is not the head is retired',
      next: { ...state, slots, faults },
    })
    if (options.without === 'C3' && oldest === state.slots.length - 2) {
      // The head's predecessor is freed: in this model, the head with it.
      made.push({
        rules: 'not C3: names are freed',
        next: { ...state, slots: state.slots.slice(0, -1), faults },
      })
    }
  }
  return made
}

/** Applies a create. S3: at most one ever succeeds. */
function apply(
  state: State,
  late: Late,
  options: ModelOptions,
): { state: State; created: boolean } {
  const taken = late.slot < state.slots.length
  if (!taken && late.slot === state.slots.length) {
    return { state: { ...state, slots: [...state.slots, late.content] }, created: true }
  }
  if (taken && options.without === 'C2-exclusive') {
    const slots = state.slots.map((slot, index) => (index === late.slot ? late.content : slot))
    return { state: { ...state, slots }, created: true }
  }
  return { state, created: false }
}

function lateSteps(state: State, index: number, options: ModelOptions): Step[] {
  const late = state.late[index] as Late
  const without = { ...state, late: state.late.filter((_, other) => other !== index) }
  return [
    { rules: 'S3: a late request arrives', next: apply(without, late, options).state },
    { rules: 'S3: a late request is lost', next: without },
  ]
}

/** How the world may answer one create: honestly, or with a fault. */
function answers(state: State, late: Late, options: ModelOptions) {
  const honest = apply(state, late, options)
  const all: { outcome: 'created' | 'exists' | 'unknown'; state: State }[] = [
    { outcome: honest.created ? 'created' : 'exists', state: honest.state },
  ]
  if (state.faults === 0) return all
  const faulty = { ...state, faults: state.faults - 1 }
  const applied = apply(faulty, late, options)
  const again: State = { ...applied.state, late: [...applied.state.late, late] }
  all.push(
    // The request was lost; its answer was lost; it is still on its way; a proxy repeats it.
    { outcome: 'unknown', state: faulty },
    { outcome: 'unknown', state: applied.state },
    { outcome: 'unknown', state: { ...faulty, late: [...faulty.late, late] } },
    { outcome: applied.created ? 'created' : 'exists', state: again },
    { outcome: 'exists', state: apply(applied.state, late, options).state },
  )
  return all
}

export function contentOf(state: State, writer: Writer, options: ModelOptions): Content {
  const base = state.slots[writer.base] as Content
  const nonce =
    options.without === 'C2-nonce' ? `n${writer.base}` : `${writer.name}.${writer.attempt}`
  return { commit: writer.name, nonce, base: base.nonce }
}

function writerSteps(state: State, writer: Writer, options: ModelOptions): Step[] {
  if (writer.at === 'over') return []
  const to = (change: Partial<Writer>, from: State = state): State => ({
    ...from,
    writers: from.writers.map((other) =>
      other.name === writer.name ? { ...other, ...change } : other,
    ),
  })
  const told = (as: Told, from: State = state): State => to({ at: 'over', told: as }, from)
  const all: Step[] = []
  if (state.faults > 0) {
    all.push({
      rules: 'a process may die at any time',
      next: told('died', { ...state, faults: state.faults - 1 }),
    })
  }
  const slot = writer.base + 1
  const mine = writer.at === 'idle' ? undefined : contentOf(state, writer, options)
  switch (writer.at) {
    case 'idle':
    case 'conflict':
      all.push(...loadSteps(state, writer, options, to, told))
      break
    case 'loaded':
      // C8: the head must still be the base.
      all.push(
        slot < state.slots.length
          ? conflictStep(writer, options, to, told, 'C8: the next slot is taken')
          : { rules: 'C8', next: to({ at: 'checked' }) },
      )
      break
    case 'checked':
    case 'doubt':
      if (writer.sends < options.sends) {
        for (const { outcome, state: after } of answers(
          state,
          { slot, content: mine as Content },
          options,
        )) {
          all.push(sent(writer, outcome, after, to, told))
        }
      } else all.push(unknownStep(state, writer, mine as Content, told, options))
      if (writer.at === 'doubt')
        all.push(...readBack(state, writer, mine as Content, options, to, told))
      break
    case 'exists':
      all.push(...readBack(state, writer, mine as Content, options, to, told))
      break
  }
  return all
}

type To = (change: Partial<Writer>, from?: State) => State
type Tell = (as: Told, from?: State) => State

/**
 * C6, C16: the head, wherever the hint points, or what was the head while the search was under way.
 * C14: the history is looked at first.
 */
function loadSteps(
  { slots, hint }: State,
  writer: Writer,
  options: ModelOptions,
  to: To,
  told: Tell,
): Step[] {
  const { name } = writer
  const head = slots.length - 1
  const believed = options.without === 'C16' && hint < slots.length
  const lowest = writer.attempt === 0 ? Math.max(0, head - 1) : writer.base + 1
  const found = believed ? [hint] : [head, ...(lowest < head ? [head - 1] : [])]
  return found.map((base) => {
    const label = `${name} loads ${base}`
    if (slots.some((slot, index) => index <= base && slot.commit === name)) {
      return { rules: 'C14: it had happened', label, next: told('committed') }
    }
    const attempt = writer.attempt + 1
    return { rules: 'C6', label, next: to({ at: 'loaded', base, attempt, sends: 0 }) }
  })
}

/** C14: reload and try again; when the tries are used up it is surely not committed (C15). */
function conflictStep(
  writer: Writer,
  options: ModelOptions,
  to: To,
  told: Tell,
  rules: string,
): Step {
  if (writer.attempt < options.attempts) return { rules, next: to({ at: 'conflict' }) }
  const failed = told('failed')
  return {
    rules: `${rules}; C15: cleaned up`,
    label: `${writer.name} failed`,
    next: { ...failed, deleted: [...failed.deleted, writer.name] },
  }
}

/** C9, C10.1: what a create answers. */
function sent(
  writer: Writer,
  outcome: 'created' | 'exists' | 'unknown',
  after: State,
  to: To,
  told: Tell,
): Step {
  const label = `${writer.name} sends ${writer.base + 1} ${outcome}`
  if (outcome === 'created') {
    // C12: the hint is written after the fact.
    const hint = Math.max(writer.base + 1, after.hint === 9 ? 0 : after.hint)
    return { rules: 'C9, C12', label, next: told('committed', { ...after, hint }) }
  }
  const at = outcome === 'exists' ? 'exists' : 'doubt'
  return { rules: 'C10.1', label, next: to({ at, sends: writer.sends + 1 }, after) }
}

/** C10.2: equal is ours, different is a conflict; free, after a lost answer, says nothing. */
function readBack(
  state: State,
  writer: Writer,
  mine: Content,
  options: ModelOptions,
  to: To,
  told: Tell,
): Step[] {
  const found = state.slots[writer.base + 1]
  const all: Step[] = []
  if (state.faults > 0 && writer.at === 'exists') {
    // C10.4: an answer that cannot be had is asked for again.
    all.push({ rules: 'C10.4', next: to({ at: 'doubt' }, { ...state, faults: state.faults - 1 }) })
  }
  if (found === undefined) {
    if (options.without !== 'C10.1') return all
    return [...all, conflictStep(writer, options, to, told, 'not C10.1: missing means failed')]
  }
  if (found.nonce === mine.nonce && options.without !== 'C10.2') {
    return [
      ...all,
      { rules: 'C10.2: ours', label: `${writer.name} committed`, next: told('committed') },
    ]
  }
  return [...all, conflictStep(writer, options, to, told, 'C10.2: another has the name')]
}

/** C11: nobody knows; the token can be settled later. Nothing is deleted. */
function unknownStep(
  state: State,
  writer: Writer,
  mine: Content,
  told: Tell,
  options: ModelOptions,
): Step {
  const label = `${writer.name} unknown`
  if (options.without === 'C11') {
    const failed = told('failed')
    return {
      rules: 'not C11',
      label,
      next: { ...failed, deleted: [...failed.deleted, writer.name] },
    }
  }
  const after = told('unknown')
  const resolver: Resolver = {
    of: writer.name,
    slot: writer.base + 1,
    nonce: mine.nonce,
    at: 'look',
  }
  const deleted = options.without === 'C15' ? [...state.deleted, writer.name] : state.deleted
  return {
    rules: 'C11',
    label,
    next: { ...after, resolvers: [...after.resolvers, resolver], deleted },
  }
}

/** C13: look; a free slot is fenced first, so that the late request can no longer land. */
function resolverSteps(state: State, resolver: Resolver, options: ModelOptions): Step[] {
  if (resolver.at === 'over') return []
  const to = (change: Partial<Resolver>, from: State = state): State => ({
    ...from,
    resolvers: from.resolvers.map((other) =>
      other.of === resolver.of ? { ...other, ...change } : other,
    ),
  })
  const found = state.slots[resolver.slot]
  if (found !== undefined) {
    const says = found.nonce === resolver.nonce ? 'committed' : 'not-committed'
    return [{ rules: 'C13', label: `${resolver.of} is ${says}`, next: to({ at: 'over', says }) }]
  }
  if (options.without === 'C13') {
    return [{ rules: 'not C13', next: to({ at: 'over', says: 'not-committed' }) }]
  }
  const base = (state.slots.at(-1) as Content).nonce
  const fence = { commit: 'fence', nonce: `fence.${resolver.of}`, base }
  return answers(state, { slot: resolver.slot, content: fence }, options).map(
    ({ state: after }) => ({
      rules: 'C13: a fence',
      next: to({ at: 'fence' }, after),
    }),
  )
}
