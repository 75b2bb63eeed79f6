/** The appends of several callers as one snapshot (spec/protocol/commit.md, rules C27–C29). */
import { throwIfAborted } from '../../env/system-env.js'
import { snapshotById } from '../../format/lookup.js'
import type { DataFile, Snapshot, TableMetadata } from '../../format/model.js'
import type { Action, ActionContext, ActionResult } from '../action.js'
import { APPEND_JOB, otherWork, snapshotsWithKeys } from '../idempotency.js'
import { FileReplacer } from '../replace-files.js'
import { checkAddedFiles, type SnapshotOptions, snapshotAction } from '../snapshot-action.js'
import { appendFiles } from './append-files.js'

/** One caller's append. */
export interface GroupMember {
  readonly files: readonly DataFile[]
  readonly idempotencyKey?: string
  /** Obeyed at the start of each attempt: the member is left out, the others go on. */
  readonly signal?: AbortSignal
}

/** What became of a member in the attempt that was applied last. */
export type MemberStanding =
  /** Its files are in the snapshot of the attempt. */
  | { readonly kind: 'included' }
  /** Another member of the same attempt has its idempotency key: it shares that one's fate. */
  | { readonly kind: 'repeats' }
  /** Its idempotency key is in the history: that snapshot did its work. */
  | { readonly kind: 'done'; readonly snapshot: Snapshot }
  /** It cannot be committed, and stands in the way of nobody. */
  | { readonly kind: 'failed'; readonly error: unknown }

export interface AppendGroup extends Action {
  /** Undefined before the group is applied for the first time. */
  readonly standingOf: (member: GroupMember) => MemberStanding | undefined
}

type Standings = ReadonlyMap<GroupMember, MemberStanding>

/**
 * Adds the data files of all members that can be committed, as one snapshot. Who they are is decided
 * anew in each attempt: a key that has landed meanwhile, a signal, a file that does not fit the table
 * leave out their own member only. Valid on every base.
 *
 * @throws InvalidArgument as `appendFiles` does, for the options or a file that is no data file.
 */
export function appendGroup(
  members: readonly GroupMember[],
  options: Pick<SnapshotOptions, 'branch' | 'summary'>,
): AppendGroup {
  for (const { files } of members) appendFiles({ files })
  const group = new Group(members, options)
  return {
    kind: 'append-group',
    conflictsWith: [],
    snapshotId: () => group.snapshotId(),
    apply: (base, ctx) => group.apply(base, ctx),
    standingOf: (member) => group.standingOf(member),
  }
}

class Group {
  readonly #members: readonly GroupMember[]
  readonly #branch: string
  readonly #inner: Action
  #standings: Standings = new Map()
  /** Of each attempt, by its manifest list: the one that landed says who is in it. */
  readonly #attempts = new Map<string | undefined, Standings>()
  #included: readonly GroupMember[] = []
  /** Manifests are kept over attempts as long as the members are the same. */
  #replacer = new FileReplacer()

  constructor(
    members: readonly GroupMember[],
    options: Pick<SnapshotOptions, 'branch' | 'summary'>,
  ) {
    this.#members = members
    this.#branch = options.branch ?? 'main'
    this.#inner = snapshotAction(
      'append',
      [],
      { ...options, idempotencyJob: APPEND_JOB },
      async (attempt) => {
        const added = this.#included.flatMap((member) => member.files)
        const work = await this.#replacer.apply(attempt, {
          operation: 'append',
          added,
          remove: undefined,
        })
        return { ...work, idempotencyKeys: keysOfMembers(this.#included) }
      },
    )
  }

  snapshotId(): bigint | undefined {
    return this.#inner.snapshotId()
  }

  standingOf(member: GroupMember): MemberStanding | undefined {
    return this.#standings.get(member)
  }

  async apply(base: TableMetadata, ctx: ActionContext): Promise<ActionResult> {
    const id = this.snapshotId()
    const landed = id === undefined ? undefined : snapshotById(base, id)
    if (landed !== undefined) {
      this.#standings = this.#attempts.get(landed.manifestList) as Standings
      return this.#inner.apply(base, ctx)
    }
    this.#decide(base, ctx)
    if (this.#included.length === 0) return { updates: [], requirements: [], files: [] }
    const result = await this.#inner.apply(base, ctx)
    this.#attempts.set(result.snapshot?.manifestList, this.#standings)
    return result
  }

  #decide(base: TableMetadata, ctx: ActionContext): void {
    const keys = new Set(keysOfMembers(this.#members))
    const done = snapshotsWithKeys(base, this.#branch, keys, ctx.env.limits)
    const standings = new Map<GroupMember, MemberStanding>()
    const seen = new Set<string>()
    const paths = new Set<string>()
    for (const member of this.#members) {
      standings.set(member, standingIn(base, member, done, seen, paths))
    }
    const included = this.#members.filter((m) => standings.get(m)?.kind === 'included')
    if (!sameMembers(included, this.#included)) this.#replacer = new FileReplacer()
    this.#standings = standings
    this.#included = included
  }
}

function standingIn(
  base: TableMetadata,
  member: GroupMember,
  done: ReadonlyMap<string, Snapshot>,
  seenKeys: Set<string>,
  seenPaths: Set<string>,
): MemberStanding {
  const { idempotencyKey: key, files, signal } = member
  const snapshot = key === undefined ? undefined : done.get(key)
  if (key !== undefined && snapshot !== undefined) {
    const error = otherWork(snapshot, key, APPEND_JOB)
    return error === undefined ? { kind: 'done', snapshot } : { kind: 'failed', error }
  }
  if (key !== undefined && seenKeys.has(key)) return { kind: 'repeats' }
  try {
    throwIfAborted(signal)
    checkAddedFiles(base, files, seenPaths)
  } catch (error) {
    return { kind: 'failed', error }
  }
  for (const file of files) seenPaths.add(file.path)
  if (key !== undefined) seenKeys.add(key)
  return { kind: 'included' }
}

function keysOfMembers(members: readonly GroupMember[]): readonly string[] {
  return members.flatMap(({ idempotencyKey: key }) => (key === undefined ? [] : [key]))
}

function sameMembers(a: readonly GroupMember[], b: readonly GroupMember[]): boolean {
  return a.length === b.length && a.every((member, index) => member === b[index])
}
