import { CommitConflict, InvalidArgument, NotFound } from '../../errors.js'
import { MAIN_BRANCH } from '../../format/constants.js'
import { ancestorsOf, isAncestorOf, requireSnapshot } from '../../format/lookup.js'
import type { Snapshot, TableMetadata } from '../../format/model.js'
import { sameData } from '../../util/same.js'
import type { Action } from '../action.js'

/** Where to go back to: a snapshot, or the last one that was made at or before a time. */
export type RollbackTarget = { readonly snapshotId: bigint } | { readonly timestampMs: number }

/**
 * Sets a branch (default `main`) back to one of its ancestors. The target is fixed at the first
 * attempt, and so is what is undone: a snapshot that others have added since is a conflict, for nobody
 * has decided to give it up.
 */
export function rollback(target: RollbackTarget, branch: string = MAIN_BRANCH): Action {
  let chosen: bigint | undefined
  let undone: readonly bigint[] | undefined
  return {
    kind: 'rollback',
    conflictsWith: ['head-moved'],
    snapshotId: () => undefined,
    apply: async (base) => {
      const ref = base.refs.get(branch)
      if (ref === undefined) throw new NotFound('ref', `no branch '${branch}' to roll back`)
      if (ref.type === 'tag') throw new InvalidArgument(`'${branch}' is a tag: it never moves`)
      chosen ??= choose(base, ref.snapshotId, target)
      const snapshot = requireSnapshot(base, chosen)
      if (!isAncestorOf(base, chosen, ref.snapshotId)) {
        throw new InvalidArgument(
          `snapshot ${chosen} is not an ancestor of '${branch}' (${ref.snapshotId})`,
          { details: { snapshotId: chosen, branch } },
        )
      }
      const above = idsAbove(base, ref.snapshotId, chosen)
      undone ??= above
      if (!sameData(undone, above)) throw headMoved(branch, ref.snapshotId)
      if (ref.snapshotId === chosen) return { updates: [], requirements: [], files: [], snapshot }
      return {
        updates: [
          { action: 'set-snapshot-ref', name: branch, ref: { ...ref, snapshotId: chosen } },
        ],
        requirements: [],
        files: [],
        snapshot,
      }
    },
  }
}

/** The snapshots from the head down to the target, without it. */
function idsAbove(base: TableMetadata, head: bigint, target: bigint): readonly bigint[] {
  const ids: bigint[] = []
  for (const { snapshotId } of ancestorsOf(base, head)) {
    if (snapshotId === target) break
    ids.push(snapshotId)
  }
  return ids
}

function headMoved(branch: string, head: bigint): CommitConflict {
  return new CommitConflict(
    `'${branch}' has moved on to snapshot ${head} since this rollback was asked for; refresh the ` +
      'table, and roll back again if that snapshot shall be undone too',
    { conflict: 'head-moved', details: { branch, head } },
  )
}

function choose(base: TableMetadata, head: bigint, target: RollbackTarget): bigint {
  if ('snapshotId' in target) return target.snapshotId
  const { timestampMs } = target
  let found: Snapshot | undefined
  for (const snapshot of ancestorsOf(base, head)) {
    if (snapshot.timestampMs > timestampMs) continue
    if (found === undefined || snapshot.timestampMs > found.timestampMs) found = snapshot
  }
  if (found !== undefined) return found.snapshotId
  throw new NotFound(
    'snapshot',
    `no snapshot of the branch was made at or before ${timestampMs} ms`,
    {
      details: { timestampMs },
    },
  )
}
