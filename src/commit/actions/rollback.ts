import { InvalidArgument, NotFound } from '../../errors.js'
import { MAIN_BRANCH } from '../../format/constants.js'
import { ancestorsOf, isAncestorOf, requireSnapshot } from '../../format/lookup.js'
import type { Snapshot, TableMetadata } from '../../format/model.js'
import type { Action } from '../action.js'

/** Where to go back to: a snapshot, or the last one that was made at or before a time. */
export type RollbackTarget = { readonly snapshotId: bigint } | { readonly timestampMs: number }

/**
 * Sets a branch (default `main`) back to one of its ancestors. The target is fixed at the first
 * attempt; snapshots that others add meanwhile are rolled back too.
 */
export function rollback(target: RollbackTarget, branch: string = MAIN_BRANCH): Action {
  let chosen: bigint | undefined
  return {
    kind: 'rollback',
    conflictsWith: [],
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
