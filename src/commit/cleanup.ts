/** The only place that deletes files of a commit (rule C15). */
import type { Store } from '../store/store.js'
import type { CommitOutcome } from './contract.js'

declare const proven: unique symbol

/**
 * Proof that certain files are in no version of the table and never will be. It can only be had
 * from what proves it, so that cleaning up after an unknown outcome does not type-check.
 */
export interface DefinitelyUncommitted {
  readonly [proven]: true
  readonly because: string
}

function proof(because: string): DefinitelyUncommitted {
  return { because } as DefinitelyUncommitted
}

/** The attempt met a name that is taken for ever by somebody else (C10.2). */
export function provenByConflict(
  outcome: Extract<CommitOutcome, { outcome: 'conflict' }>,
): DefinitelyUncommitted {
  return proof(outcome.reason)
}

/** Nothing was sent: the attempt ended before it was published. */
export function provenByNotPublishing(stage: 'before-publishing'): DefinitelyUncommitted {
  return proof(stage)
}

/** Another attempt of the same commit was published, and does not use these files. */
export function provenBySuccess(
  outcome: Extract<CommitOutcome, { outcome: 'committed' }>,
): DefinitelyUncommitted {
  return proof(`superseded by ${outcome.table.metadataLocation}`)
}

/** Deletes files that are surely in no version. Never rejects: what is left is an orphan. */
export async function deleteUncommitted(
  store: Store,
  _proof: DefinitelyUncommitted,
  paths: Iterable<string>,
): Promise<void> {
  for (const path of paths) {
    try {
      await store.delete(path)
    } catch {
      // Orphan removal finds it later.
    }
  }
}
