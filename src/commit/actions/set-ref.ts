import { AlreadyExists, InvalidArgument, NotFound } from '../../errors.js'
import { MAIN_BRANCH } from '../../format/constants.js'
import { isAncestorOf, requireSnapshot, snapshotOfRef } from '../../format/lookup.js'
import type { SnapshotRef, TableMetadata } from '../../format/model.js'
import type { Action, ActionResult } from '../action.js'

/** How long a reference and its snapshots are kept; `maxSnapshotAgeMs` and `min…` for branches. */
export interface RefRetention {
  readonly minSnapshotsToKeep?: number
  readonly maxSnapshotAgeMs?: bigint
  readonly maxRefAgeMs?: bigint
}

export interface CreateRef extends RefRetention {
  readonly name: string
  readonly type: 'branch' | 'tag'
  /** Default: the head of `main` at the first attempt. */
  readonly snapshotId?: bigint
  /** Moves a reference of the same type that exists; otherwise it is `AlreadyExists`. */
  readonly replace?: boolean
}

/** Creates a branch or a tag. */
export function createRef(options: CreateRef): Action {
  const { name, type, replace = false } = options
  checkRetention(options)
  if (name === '') throw new InvalidArgument(`the name of a ${type} is empty`)
  if (name === MAIN_BRANCH && type === 'tag') {
    throw new InvalidArgument(`'${MAIN_BRANCH}' is always a branch`)
  }
  let { snapshotId } = options
  return refAction(`create-${type}`, (base) => {
    snapshotId ??= base.currentSnapshotId
    if (snapshotId === undefined) {
      throw new InvalidArgument(`the table has no snapshot yet that a ${type} could name`)
    }
    requireSnapshot(base, snapshotId)
    const before = base.refs.get(name)
    if (before !== undefined && (!replace || before.type !== type)) {
      throw new AlreadyExists(`a ${before.type} '${name}' exists already`, {
        details: { ref: name },
      })
    }
    return setRef(name, { type, snapshotId, ...retentionOf(options) })
  })
}

/** Moves a branch forward to another reference or snapshot that descends from it. */
export function fastForward(branch: string, to: string | bigint): Action {
  return refAction('fast-forward', (base) => {
    const target = typeof to === 'bigint' ? requireSnapshot(base, to) : snapshotOfRef(base, to)
    const ref = base.refs.get(branch)
    if (ref?.type === 'tag') throw new InvalidArgument(`'${branch}' is a tag: it never moves`)
    const { snapshotId } = target
    if (ref === undefined) return setRef(branch, { type: 'branch', snapshotId })
    if (!isAncestorOf(base, ref.snapshotId, snapshotId)) {
      throw new InvalidArgument(
        `cannot fast-forward '${branch}': snapshot ${snapshotId} does not descend from it`,
        { details: { branch, snapshotId } },
      )
    }
    return setRef(branch, { ...ref, snapshotId })
  })
}

/** Changes how long a reference is kept. Members that are left out keep their value. */
export function updateRefRetention(name: string, retention: RefRetention): Action {
  checkRetention(retention)
  return refAction('update-ref', (base) => {
    const ref = base.refs.get(name)
    if (ref === undefined) throw missing(base, name)
    return setRef(name, { ...ref, ...retentionOf(retention) })
  })
}

/** Removes a branch or tag; its snapshots stay until they expire. */
export function removeRef(name: string): Action {
  if (name === MAIN_BRANCH) throw new InvalidArgument(`'${MAIN_BRANCH}' cannot be removed`)
  return refAction('remove-ref', (base) => {
    if (!base.refs.has(name)) throw missing(base, name)
    return { updates: [{ action: 'remove-snapshot-ref', name }], requirements: [], files: [] }
  })
}

function refAction(kind: string, apply: (base: TableMetadata) => ActionResult): Action {
  return {
    kind,
    conflictsWith: [],
    snapshotId: () => undefined,
    apply: async (base) => apply(base),
  }
}

function setRef(name: string, ref: SnapshotRef): ActionResult {
  return {
    updates: [{ action: 'set-snapshot-ref', name, ref }],
    requirements: [],
    files: [],
  }
}

function retentionOf(from: RefRetention): RefRetention {
  const { minSnapshotsToKeep, maxSnapshotAgeMs, maxRefAgeMs } = from
  return {
    ...(minSnapshotsToKeep !== undefined && { minSnapshotsToKeep }),
    ...(maxSnapshotAgeMs !== undefined && { maxSnapshotAgeMs }),
    ...(maxRefAgeMs !== undefined && { maxRefAgeMs }),
  }
}

function checkRetention(retention: RefRetention & { readonly type?: string }): void {
  const { minSnapshotsToKeep, maxSnapshotAgeMs, maxRefAgeMs, type } = retention
  if (minSnapshotsToKeep !== undefined && !(minSnapshotsToKeep > 0)) {
    throw new InvalidArgument('minSnapshotsToKeep must be at least 1')
  }
  for (const age of [maxSnapshotAgeMs, maxRefAgeMs]) {
    if (age !== undefined && age <= 0n) throw new InvalidArgument('an age must be positive')
  }
  // Spec, "Snapshot References": tags name one snapshot, so these say nothing for them.
  if (type === 'tag' && (minSnapshotsToKeep ?? maxSnapshotAgeMs) !== undefined) {
    throw new InvalidArgument('a tag keeps its own snapshot only: set maxRefAgeMs alone')
  }
}

function missing(base: TableMetadata, name: string): NotFound {
  const names = [...base.refs.keys()].slice(0, 20).join(', ')
  return new NotFound('ref', `no branch or tag '${name}'; there are: ${names}`, {
    details: { ref: name },
  })
}
