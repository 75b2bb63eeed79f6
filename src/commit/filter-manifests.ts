/** Takes files out of manifests: the manifests of a parent → those of the new snapshot. */
import type { DataFile, ManifestEntry, ManifestFile } from '../format/model.js'
import { type Attempt, inheritedKey, type ManifestStore, type Put } from './manifest-store.js'

/** Decides which files go. Must decide the same for the same manifest in every attempt. */
export interface FileFilter {
  /** Whether a manifest may list a file that goes, by what its list says of it. */
  mayRemoveFrom(manifest: ManifestFile): boolean
  /** Whether a live file goes. May throw, which fails the action. */
  removes(entry: ManifestEntry): boolean
}

/** Removes what one of two filters removes. */
export function eitherRemoves(a: FileFilter, b: FileFilter): FileFilter {
  return {
    mayRemoveFrom: (manifest) => a.mayRemoveFrom(manifest) || b.mayRemoveFrom(manifest),
    removes: (entry) => a.removes(entry) || b.removes(entry),
  }
}

/**
 * Leaves alone what some snapshots have added: rows that came after the state that was read. Which
 * these are does not depend on the attempt.
 */
export function sparing(snapshotIds: ReadonlySet<bigint>, filter: FileFilter): FileFilter {
  return {
    mayRemoveFrom: (manifest) => filter.mayRemoveFrom(manifest),
    removes: (entry) => !snapshotIds.has(entry.snapshotId) && filter.removes(entry),
  }
}

export interface FilteredManifest {
  /** What takes the manifest's place: itself when it loses no file. */
  readonly manifests: readonly ManifestFile[]
  readonly removed: readonly ManifestEntry[]
}

export interface FilterResult {
  readonly manifests: readonly ManifestFile[]
  readonly removed: readonly DataFile[]
  /** Manifests that were rewritten. */
  readonly replaced: number
}

/** Filters manifests, and remembers rewritten ones for the next attempt. */
export class ManifestFilter {
  readonly #store: ManifestStore
  readonly #done = new Map<string, FilteredManifest>()

  constructor(store: ManifestStore) {
    this.#store = store
  }

  /** `filter` may be another object in each attempt, made for its base; it decides alike. */
  async apply(
    attempt: Attempt,
    manifests: readonly ManifestFile[],
    filter: FileFilter,
  ): Promise<FilterResult> {
    const kept: ManifestFile[] = []
    const removed: DataFile[] = []
    let replaced = 0
    for (const manifest of manifests) {
      const result = await this.#one(attempt, manifest, filter)
      kept.push(...result.manifests)
      for (const entry of result.removed) removed.push(entry.file)
      if (result.removed.length > 0) replaced += 1
    }
    return { manifests: kept, removed, replaced }
  }

  async #one(
    attempt: Attempt,
    manifest: ManifestFile,
    filter: FileFilter,
  ): Promise<FilteredManifest> {
    const key = inheritedKey(attempt, manifest)
    const done = this.#done.get(key)
    if (done !== undefined) return done.removed.length === 0 ? unchanged(manifest) : done
    if (!filter.mayRemoveFrom(manifest)) return unchanged(manifest)
    const result = await this.#rewrite(attempt, manifest, filter)
    this.#done.set(key, result)
    return result
  }

  async #rewrite(
    attempt: Attempt,
    manifest: ManifestFile,
    filter: FileFilter,
  ): Promise<FilteredManifest> {
    const removed: ManifestEntry[] = []
    const puts: Put[] = []
    for (const entry of await this.#store.entries(attempt, manifest, { live: true })) {
      if (filter.removes(entry)) {
        removed.push(entry)
        puts.push((writer) => writer.delete(entry))
      } else puts.push((writer) => writer.existing(entry))
    }
    if (removed.length === 0) return unchanged(manifest)
    const { specId, content } = manifest
    const manifests = await this.#store.write(attempt, specId, content, puts, { roll: false })
    return { manifests, removed }
  }
}

function unchanged(manifest: ManifestFile): FilteredManifest {
  return { manifests: [manifest], removed: [] }
}
