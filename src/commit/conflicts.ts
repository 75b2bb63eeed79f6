/**
 * What others have committed since a snapshot was read, and whether it gets in the way (spec:
 * "Commit Conflict Resolution and Retry").
 */
import { CommitConflict, type ConflictKind } from '../errors.js'
import { snapshotsBetween } from '../format/lookup.js'
import type { ManifestContent, ManifestEntry, Snapshot, TableMetadata } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'
import { deleteKind, referencedPath } from '../scan/plan/delete-index.js'
import type { IsolationLevel } from './action.js'
import { mayHaveLiveFiles } from './manifest-store.js'
import type { RowFilter } from './row-filter.js'
import type { SnapshotAttempt } from './snapshot-action.js'

/** The snapshot an action has read, and how strictly later commits are looked at. */
export interface Validation {
  /** The branch head that was read; `null` when the branch was empty. */
  readonly since: bigint | null
  readonly isolation: IsolationLevel
  /** Snapshots that earlier actions of the same commit make: what they did is no surprise. */
  readonly own?: ReadonlySet<bigint>
}

/** What an action that validates itself so conflicts with. */
export function validationConflicts(validation: Validation | undefined): readonly ConflictKind[] {
  if (validation === undefined) return []
  const always: readonly ConflictKind[] = ['files-removed', 'deletes-added', 'history-rewritten']
  return validation.isolation === 'serializable' ? [...always, 'rows-added'] : always
}

/** What the checks need of an attempt. */
export type CheckedAttempt = Pick<SnapshotAttempt, 'base' | 'ctx' | 'parent' | 'store'>

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
  attempt: CheckedAttempt,
  validation: Validation,
  scope: ConflictScope,
): Promise<void> {
  const snapshots = othersSince(attempt, validation)
  if (snapshots.length === 0) return
  const own = idsOf(snapshots)
  const touches = (entry: ManifestEntry): boolean => inScope(scope, entry)
  for await (const entry of changedEntries(attempt, snapshots, 'data', own)) {
    if (!touches(entry)) continue
    if (entry.status === 'deleted') throw conflict('files-removed', 'removed', entry)
    if (entry.status === 'added' && validation.isolation === 'serializable') {
      throw conflict('rows-added', 'added', entry)
    }
  }
  await checkNewDeletes(attempt, snapshots, scope)
}

/** Rejects with `CommitConflict` when snapshots have added deletes that are about rows of the scope. */
export async function checkNewDeletes(
  attempt: CheckedAttempt,
  snapshots: readonly Snapshot[],
  scope: ConflictScope,
): Promise<void> {
  const byFile = new Map<string, ManifestEntry>()
  for await (const entry of changedEntries(attempt, snapshots, 'deletes', idsOf(snapshots))) {
    if (entry.status !== 'added' || !inScope(scope, entry)) continue
    const path = deleteKind(entry) === 'equality-deletes' ? undefined : referencedPath(entry)
    if (scope === 'everything' || 'partitions' in scope || path === undefined) {
      throw conflict('deletes-added', 'added deletes', entry)
    }
    byFile.set(path, entry)
  }
  if (scope === 'everything' || 'partitions' in scope || byFile.size === 0) return
  const { store, parent } = attempt
  // Deletes of one file are about the rows of the scope only if the file may hold some of them.
  for (const manifest of await store.load(attempt, parent)) {
    if (manifest.content !== 'data' || !mayHaveLiveFiles(manifest)) continue
    if (!scope.rows.mayMatch(manifest)) continue
    for (const { file } of await store.entries(attempt, manifest, { live: true })) {
      const deletes = byFile.get(file.path)
      if (deletes === undefined || scope.rows.match(file) === 'none') continue
      throw conflict('deletes-added', 'added deletes', deletes)
    }
  }
}

export function conflict(kind: ConflictKind, what: string, entry: ManifestEntry): CommitConflict {
  const { snapshotId, file } = entry
  return new CommitConflict(
    `snapshot ${snapshotId} has ${what} where this commit has read: ${file.path}; ` +
      'refresh the handle and decide anew, or let `retryConflicts` do so',
    { conflict: kind, details: { snapshotId, path: file.path } },
  )
}

/** What others have committed to the branch since the snapshot that was read. */
export function othersSince(
  { base, parent }: Pick<SnapshotAttempt, 'base' | 'parent'>,
  { since, own }: Pick<Validation, 'since' | 'own'>,
): readonly Snapshot[] {
  const all = newSnapshots(base, since, parent)
  return own === undefined ? all : all.filter(({ snapshotId }) => !own.has(snapshotId))
}

export function idsOf(snapshots: readonly Snapshot[]): ReadonlySet<bigint> {
  return new Set(snapshots.map(({ snapshotId }) => snapshotId))
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
  attempt: Pick<SnapshotAttempt, 'base' | 'ctx' | 'store'>,
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
