/** The step shared by all actions that add files, remove files, or both. */
import type { DataFile, ManifestContent, ManifestFile, SnapshotOperation } from '../format/model.js'
import {
  eitherRemoves,
  type FileFilter,
  type FilterResult,
  ManifestFilter,
} from './filter-manifests.js'
import { mayHaveLiveFiles, type SequenceOf } from './manifest-store.js'
import { ManifestMerger } from './merge-manifests.js'
import { oldestDataSequence, removeDangling } from './remove-deletes.js'
import { checkAddedFiles, type SnapshotAttempt, type SnapshotWork } from './snapshot-action.js'

export interface Replacement {
  readonly operation: SnapshotOperation
  readonly added: readonly DataFile[]
  /** Which live data files go; undefined for none. */
  readonly remove: FileFilter | undefined
  /** Which live delete files go, beside those that are left without work. */
  readonly removeDeletes?: FileFilter
  /** Data sequence numbers of added files that have rows from before, or deletes of such rows. */
  readonly sequenceOf?: SequenceOf
  /** Only add a manifest: nothing is merged. */
  readonly fast?: boolean
}

/** Told what was removed. May throw, which fails the action. */
export type OnRemoved = (removed: readonly DataFile[], content: ManifestContent) => void

interface Kept {
  readonly data: readonly ManifestFile[]
  readonly deletes: readonly ManifestFile[]
  readonly replaced: number
}

function isData(manifest: ManifestFile): boolean {
  return manifest.content === 'data'
}

/** Manifests of an action over its attempts. */
export class FileReplacer {
  #added:
    | { readonly formatVersion: number; readonly manifests: readonly ManifestFile[] }
    | undefined
  #filter: ManifestFilter | undefined
  #mergers: readonly [ManifestMerger, ManifestMerger] | undefined

  /**
   * New manifests first, as in the reference; then the parent's, without what was removed.
   * `onRemoved` sees the removed data files, then the removed delete files, and may refuse.
   */
  async apply(
    attempt: SnapshotAttempt,
    replacement: Replacement,
    onRemoved?: OnRemoved,
  ): Promise<SnapshotWork> {
    const { store, summary } = attempt
    const { added, operation } = replacement
    checkAddedFiles(attempt.base, added)
    const kept = await this.#filterParent(attempt, replacement, onRemoved)
    for (const file of added) summary.addFile(file)
    const written = await this.#write(attempt, replacement)
    const data = [...written.filter(isData), ...kept.data]
    const deletes = [...written.filter((manifest) => !isData(manifest)), ...kept.deletes]
    if (replacement.fast === true) {
      return { operation, manifests: [...data, ...deletes], replacedManifests: kept.replaced }
    }
    this.#mergers ??= [new ManifestMerger(store), new ManifestMerger(store)]
    const mergedData = await this.#mergers[0].apply(attempt, data)
    const mergedDeletes = await this.#mergers[1].apply(attempt, deletes)
    return {
      operation,
      manifests: [...mergedData.manifests, ...mergedDeletes.manifests],
      replacedManifests: kept.replaced + mergedData.replaced + mergedDeletes.replaced,
    }
  }

  async #filterParent(
    attempt: SnapshotAttempt,
    replacement: Replacement,
    onRemoved: OnRemoved | undefined,
  ): Promise<Kept> {
    const { remove, removeDeletes, fast } = replacement
    const { store, summary } = attempt
    // Spec, "Manifests": entries of removed files are for the snapshot that removes them only.
    const manifests = fast === true ? attempt.manifests : attempt.manifests.filter(mayHaveLiveFiles)
    const data = manifests.filter(isData)
    const deletes = manifests.filter((manifest) => !isData(manifest))
    if (remove === undefined && removeDeletes === undefined) return { data, deletes, replaced: 0 }
    const filtered = await this.#filterData(attempt, remove, data)
    onRemoved?.(filtered.removed, 'data')
    const oldest = oldestSequence(attempt, replacement, filtered.manifests)
    const dangling = removeDangling(filtered.removed, oldest)
    const filter = removeDeletes === undefined ? dangling : eitherRemoves(dangling, removeDeletes)
    const without = await new ManifestFilter(store).apply(attempt, deletes, filter)
    onRemoved?.(without.removed, 'deletes')
    for (const file of [...filtered.removed, ...without.removed]) summary.removeFile(file)
    const replaced = filtered.replaced + without.replaced
    return { data: filtered.manifests, deletes: without.manifests, replaced }
  }

  async #filterData(
    attempt: SnapshotAttempt,
    remove: FileFilter | undefined,
    data: readonly ManifestFile[],
  ): Promise<FilterResult> {
    if (remove === undefined) return { manifests: data, removed: [], replaced: 0 }
    this.#filter ??= new ManifestFilter(attempt.store)
    return this.#filter.apply(attempt, data, remove)
  }

  /** Written once: sequence numbers and row ids are inherited, so the bytes fit every attempt. */
  async #write(
    attempt: SnapshotAttempt,
    { added, sequenceOf }: Replacement,
  ): Promise<readonly ManifestFile[]> {
    const { formatVersion } = attempt.base
    if (this.#added?.formatVersion !== formatVersion) {
      const manifests = await attempt.store.writeAdded(attempt, added, sequenceOf)
      this.#added = { formatVersion, manifests }
    }
    return this.#added.manifests
  }
}

/** The lowest data sequence number of the data files that are kept or added. */
function oldestSequence(
  { base }: SnapshotAttempt,
  { added, sequenceOf }: Replacement,
  kept: readonly ManifestFile[],
): bigint {
  let oldest = oldestDataSequence(kept, base.lastSequenceNumber)
  if (sequenceOf === undefined) return oldest
  for (const file of added) {
    const own = file.content === 'data' ? sequenceOf(file) : undefined
    if (own !== undefined && own < oldest) oldest = own
  }
  return oldest
}
