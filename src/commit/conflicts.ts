/**
 * What others have committed since a snapshot was read, and whether it gets in the way (spec:
 * "Commit Conflict Resolution and Retry").
 */
import { CommitConflict, type ConflictKind } from '../errors.js'
import { snapshotsBetween } from '../format/lookup.js'
import type { ManifestContent, ManifestEntry, Snapshot, TableMetadata } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'
import type { IsolationLevel } from './action.js'
import type { RowFilter } from './row-filter.js'
import type { SnapshotAttempt } from './snapshot-action.js'

/** The snapshot an action has read, and how strictly later commits are looked at. */
export interface Validation {
  /** The branch head that was read; `null` when the branch was empty. */
  readonly since: bigint | null
  readonly isolation: IsolationLevel
}

/** What an action that validates itself so conflicts with. */
export function validationConflicts(validation: Validation | undefined): readonly ConflictKind[] {
  if (validation === undefined) return []
  const always: readonly ConflictKind[] = ['files-removed', 'deletes-added', 'history-rewritten']
  return validation.isolation === 'serializable' ? [...always, 'rows-added'] : always
}

/** Rows an action depends on: by predicate, by partition, or all of them. */
export type ConflictScope =
  | { readonly rows: RowFilter }
  | { readonly partitions: ReadonlySet<string> }
  | 'everything'

/**
 * Rejects with `CommitConflict` when commits since `since` touch the scope: files removed from it or
 * delete files added to it always, files added to it under `serializable`.
 */
export async function checkConflicts(
  attempt: SnapshotAttempt,
  validation: Validation,
  scope: ConflictScope,
): Promise<void> {
  const snapshots = newSnapshots(attempt.base, validation.since, attempt.parent)
  if (snapshots.length === 0) return
  const own = new Set(snapshots.map((snapshot) => snapshot.snapshotId))
  const touches = (entry: ManifestEntry): boolean => inScope(scope, entry)
  for await (const entry of changedEntries(attempt, snapshots, 'data', own)) {
    if (!touches(entry)) continue
    if (entry.status === 'deleted') throw conflict('files-removed', 'removed', entry)
    if (entry.status === 'added' && validation.isolation === 'serializable') {
      throw conflict('rows-added', 'added', entry)
    }
  }
  for await (const entry of changedEntries(attempt, snapshots, 'deletes', own)) {
    if (entry.status === 'added' && touches(entry))
      throw conflict('deletes-added', 'added deletes', entry)
  }
}

export function conflict(kind: ConflictKind, what: string, entry: ManifestEntry): CommitConflict {
  const { snapshotId, file } = entry
  return new CommitConflict(
    `snapshot ${snapshotId} has ${what} where this commit has read: ${file.path}`,
    { conflict: kind, details: { snapshotId, path: file.path } },
  )
}

/** Snapshots of the branch after the one that was read. A rewritten history is a conflict itself. */
export function newSnapshots(
  base: TableMetadata,
  since: bigint | null,
  head: Snapshot | undefined,
): readonly Snapshot[] {
  if (head === undefined) {
    if (since === null) return []
    throw new CommitConflict(`the branch that was read at snapshot ${since} is gone`, {
      conflict: 'history-rewritten',
    })
  }
  const between = snapshotsBetween(base, since ?? undefined, head.snapshotId)
  if (between !== undefined) return between
  const from = since === null ? 'its beginning' : `snapshot ${since}`
  throw new CommitConflict(
    `the history from ${from} to snapshot ${head.snapshotId} is not known: it was rolled back or expired`,
    { conflict: 'history-rewritten' },
  )
}

/**
 * Entries that the snapshots added or removed: each is in a manifest of the snapshot itself. What a
 * rewrite adds is left out, unless `rewrites` takes some of it in.
 */
export async function* changedEntries(
  attempt: SnapshotAttempt,
  snapshots: readonly Snapshot[],
  content: ManifestContent,
  own: ReadonlySet<bigint>,
  rewrites?: (entry: ManifestEntry) => boolean,
): AsyncGenerator<ManifestEntry> {
  for (const snapshot of snapshots) {
    // A rewrite keeps the rows: it conflicts with nobody but who removes the same files.
    const manifests = await attempt.store.load(attempt, snapshot)
    for (const manifest of manifests) {
      if (manifest.content !== content || manifest.addedSnapshotId !== snapshot.snapshotId) continue
      for (const entry of await attempt.store.entries(attempt, manifest)) {
        if (entry.status !== 'existing' && own.has(entry.snapshotId)) {
          const isRewrite = snapshot.summary?.get('operation') === 'replace'
          if (isRewrite && entry.status === 'added' && rewrites?.(entry) !== true) continue
          yield entry
        }
      }
    }
  }
}

export function inScope(scope: ConflictScope, entry: ManifestEntry): boolean {
  if (scope === 'everything') return true
  const { file } = entry
  if ('partitions' in scope) return scope.partitions.has(partitionKey(file.specId, file.partition))
  // Metrics of delete files describe the deletes, not the rows they remove.
  const bare =
    file.content === 'data' ? file : { ...file, lowerBounds: new Map(), upperBounds: new Map() }
  return scope.rows.match(bare) !== 'none'
}
