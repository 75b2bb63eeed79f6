/**
 * Group commit: appends of one process to one table that arrive together are published together, as
 * one snapshot, and each caller is told what became of its own (rules C27–C29 of
 * spec/protocol/commit.md).
 */
import type { Env } from '../env/env.js'
import { throwIfAborted } from '../env/system-env.js'
import { type ErrorCode, InternalBug, MoraineError } from '../errors.js'
import type { Snapshot } from '../format/model.js'
import type { Store } from '../store/store.js'
import {
  type AppendGroup,
  appendGroup,
  type GroupMember,
  type MemberStanding,
} from './actions/append-group.js'
import type { CommitTarget } from './commit-target.js'
import { type CommitReport, commitActions } from './committer.js'
import type { LoadedTable } from './contract.js'
import { newerOf, Turns } from './turns.js'

export interface GroupLimits {
  /** Appends in one snapshot at most. */
  readonly maxCalls: number
  /** How long a group waits, from its first append, for others that are still writing their files. */
  readonly maxDelayMs: number
}

export const defaultGroupLimits: GroupLimits = { maxCalls: 256, maxDelayMs: 10 }

/** One append, its data files written. */
export interface GroupCall extends GroupMember {
  readonly branch: string
  readonly summary?: ReadonlyMap<string, string>
  /** The table as the caller's handle knows it. */
  readonly base: LoadedTable
  /** Removes the data files. Called only when they are surely in no version of the table. */
  readonly discard: () => Promise<void>
}

/** What a caller is told. */
export interface GroupReport {
  readonly table: LoadedTable
  /** The snapshot that holds the caller's rows. */
  readonly snapshot: Snapshot | undefined
  /** False when an earlier commit, or another call of the group, had the same idempotency key. */
  readonly published: boolean
  readonly attempts: number
  /** Appends whose rows the snapshot holds. */
  readonly groupSize: number
}

interface Waiting {
  readonly call: GroupCall
  readonly resolve: (report: GroupReport) => void
  readonly reject: (error: unknown) => void
  readonly leave: () => void
}

/** Errors that may be of one member's making: then each is tried by itself. */
const PERHAPS_OF_ONE: ReadonlySet<ErrorCode> = new Set([
  'INVALID_ARGUMENT',
  'VALIDATION',
  'UNSUPPORTED',
  'LIMIT_EXCEEDED',
  'INTERNAL_BUG',
] as const)

/** The appends of one process to one table. Groups are published one after another. */
export class GroupQueue {
  readonly #target: CommitTarget
  readonly #env: Env
  readonly #store: Store
  readonly #turns: Turns
  #waiting: readonly Waiting[] = []
  #limits: GroupLimits = defaultGroupLimits
  /** Appends that have begun and will join or give up. */
  #writing = 0
  #running = false
  #changed: () => void = () => undefined

  constructor(target: CommitTarget, env: Env, store: Store, turns = new Turns()) {
    this.#target = {
      load: async (signal) => {
        const table = await target.load(signal)
        turns.saw(table)
        return table
      },
      publish: (base, request) => target.publish(base, request),
      ...(target.hasMovedOn !== undefined && {
        hasMovedOn: target.hasMovedOn.bind(target),
      }),
    }
    this.#turns = turns
    this.#env = env
    this.#store = store
  }

  /**
   * Runs one append: `write` makes its files, then it joins the next group. Rejects with what `write`
   * rejects with, or as `commitActions` does.
   */
  async append(limits: GroupLimits, write: () => Promise<GroupCall>): Promise<GroupReport> {
    this.#limits = limits
    this.#writing++
    let joined: Promise<GroupReport>
    try {
      joined = this.#join(await write())
    } finally {
      this.#writing--
      this.#changed()
    }
    return joined
  }

  #join(call: GroupCall): Promise<GroupReport> {
    const { signal } = call
    const joined = new Promise<GroupReport>((resolve, reject) => {
      const leave = (): void => signal?.removeEventListener('abort', onAbort)
      const waiting: Waiting = { call, resolve, reject, leave }
      // Only who still waits is taken out here; once its group is taken the group minds the signal.
      const onAbort = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting)
        this.#changed()
        void giveUp(waiting, abortOf(signal))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting = [...this.#waiting, waiting]
      if (signal?.aborted === true) onAbort()
    })
    if (!this.#running && this.#waiting.length > 0) void this.#run()
    return joined
  }

  /** Publishes groups until nobody waits. Never rejects: each group settles its own callers. */
  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      await this.#turns.run(undefined, async () => {
        await this.#gather()
        const group = this.#take()
        if (group.length > 0) await this.#publish(group)
      })
    }
    this.#running = false
  }

  /** Waits while other appends are about to join, within the limits. A lone append never waits. */
  async #gather(): Promise<void> {
    const { maxCalls, maxDelayMs } = this.#limits
    const enough = (): boolean => {
      return this.#writing === 0 || this.#waiting.length === 0 || this.#waiting.length >= maxCalls
    }
    // The one that woke us still counts as writing until its promise has turned.
    await Promise.resolve()
    if (enough() || maxDelayMs === 0) return
    const over = new AbortController()
    const ready = new Promise<void>((resolve) => {
      this.#changed = () => {
        if (enough()) resolve()
      }
    })
    const timeout = this.#env.sleep(maxDelayMs, over.signal).catch(() => undefined)
    await Promise.race([ready, timeout])
    over.abort()
    this.#changed = () => undefined
  }

  /** The first that waits and those that can share a snapshot with it, in order. */
  #take(): readonly Waiting[] {
    const first = this.#waiting[0]
    if (first === undefined) return []
    const key = shareKey(first.call)
    const group = this.#waiting
      .filter((waiting) => shareKey(waiting.call) === key)
      .slice(0, this.#limits.maxCalls)
    for (const waiting of group) waiting.leave()
    this.#waiting = this.#waiting.filter((waiting) => !group.includes(waiting))
    return group
  }

  async #publish(group: readonly Waiting[]): Promise<void> {
    const [first] = group as readonly [Waiting]
    const { branch, summary } = first.call
    let proven = false
    let action: AppendGroup | undefined
    try {
      const members = group.map((waiting) => waiting.call)
      action = appendGroup(members, { branch, ...(summary && { summary }) })
      const report = await commitActions(this.#target, [action], {
        env: this.#env,
        store: this.#store,
        base: this.#newestOf(group),
        onUncommitted: async () => {
          proven = true
        },
      })
      this.#turns.saw(report.table)
      for (const waiting of group) await settle(waiting, report, action, group)
    } catch (error) {
      // Before the commit began there is nothing that could have been published.
      const surelyNot = proven || action === undefined
      if (surelyNot && group.length > 1 && perhapsOfOne(error)) {
        for (const waiting of group) await this.#publish([waiting])
        return
      }
      const table = this.#newestOf(group)
      for (const waiting of group) await failed(waiting, { error, surelyNot, action, table })
    }
  }

  /** The newest version that anybody here knows: the less it is out of date, the fewer conflicts. */
  #newestOf(group: readonly Waiting[]): LoadedTable {
    const [first, ...bases] = group.map((waiting) => waiting.call.base) as [LoadedTable]
    const { latest } = this.#turns
    return (latest === undefined ? bases : [latest, ...bases]).reduce(newerOf, first)
  }
}

/** Appends share a snapshot when nothing that is said of it differs: table, branch, summary. */
function shareKey({ base, branch, summary }: GroupCall): string {
  const members = [...(summary ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).flat()
  return [base.metadata.tableUuid, branch, ...members]
    .map((text) => `${text.length}:${text}`)
    .join()
}

function perhapsOfOne(error: unknown): boolean {
  return !(error instanceof MoraineError) || PERHAPS_OF_ONE.has(error.code)
}

/** After a commit that resolved: the snapshot is there, or nobody needed one. */
async function settle(
  waiting: Waiting,
  report: CommitReport,
  action: AppendGroup,
  group: readonly Waiting[],
): Promise<void> {
  const standing = action.standingOf(waiting.call) as MemberStanding
  if (standing.kind === 'failed') return giveUp(waiting, standing.error)
  const { table, attempts } = report
  const snapshot = standing.kind === 'done' ? standing.snapshot : report.results[0]?.snapshot
  const published = standing.kind === 'included'
  const groupSize = published
    ? group.filter((other) => action.standingOf(other.call)?.kind === 'included').length
    : 1
  // Its files are in no snapshot: the rows were committed under the same key by another call.
  if (!published) await discarded(waiting)
  waiting.resolve({ table, snapshot, published, attempts, groupSize })
}

interface FailedGroup {
  readonly error: unknown
  /** Whether it is proven that nothing was published. */
  readonly surelyNot: boolean
  /** Undefined when the group was never begun. */
  readonly action: AppendGroup | undefined
  readonly table: LoadedTable
}

/** After a commit that rejected. A member that was no part of the attempt has an answer of its own. */
async function failed(
  waiting: Waiting,
  { error, surelyNot, action, table }: FailedGroup,
): Promise<void> {
  const standing = action?.standingOf(waiting.call)
  if (standing?.kind === 'failed') return giveUp(waiting, standing.error)
  if (standing?.kind === 'done') {
    await discarded(waiting)
    const { snapshot } = standing
    return waiting.resolve({ table, snapshot, published: false, attempts: 1, groupSize: 1 })
  }
  if (surelyNot) return giveUp(waiting, error)
  waiting.reject(error)
}

async function giveUp(waiting: Waiting, error: unknown): Promise<void> {
  await discarded(waiting)
  waiting.reject(error)
}

/** What cannot be removed now is an orphan, and found later. */
async function discarded(waiting: Waiting): Promise<void> {
  try {
    await waiting.call.discard()
  } catch {
    // The outcome of the commit stands.
  }
}

function abortOf(signal: AbortSignal | undefined): unknown {
  try {
    throwIfAborted(signal)
  } catch (error) {
    return error
  }
  return new InternalBug('the signal has not fired')
}
