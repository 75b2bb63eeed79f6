/** The step shared by all actions that add files, remove files, or both. */
import type { DataFile, ManifestFile, SnapshotOperation } from '../format/model.js'
import { type FileFilter, ManifestFilter } from './filter-manifests.js'
import { ManifestMerger } from './merge-manifests.js'
import { oldestDataSequence, removeDangling } from './remove-deletes.js'
import { checkAddedFiles, type SnapshotAttempt, type SnapshotWork } from './snapshot-action.js'

export interface Replacement {
  readonly operation: SnapshotOperation
  readonly added: readonly DataFile[]
  /** Which live data files go; undefined for none. */
  readonly remove: FileFilter | undefined
  /** Only add a manifest: nothing is merged. */
  readonly fast?: boolean
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
   * `onRemoved` sees the removed data files before anything else is done.
   */
  async apply(
    attempt: SnapshotAttempt,
    replacement: Replacement,
    onRemoved?: (removed: readonly DataFile[]) => void,
  ): Promise<SnapshotWork> {
    const { store, summary } = attempt
    const { added, remove, operation } = replacement
    checkAddedFiles(attempt.base, added)
    const data = attempt.manifests.filter((manifest) => manifest.content === 'data')
    let deletes = attempt.manifests.filter((manifest) => manifest.content === 'deletes')
    let kept = data
    let replaced = 0
    if (remove !== undefined) {
      this.#filter ??= new ManifestFilter(store, remove)
      const filtered = await this.#filter.apply(attempt, data)
      onRemoved?.(filtered.removed)
      for (const file of filtered.removed) summary.removeFile(file)
      const oldest = oldestDataSequence(filtered.manifests, attempt.base.lastSequenceNumber)
      const dangling = new ManifestFilter(store, removeDangling(filtered.removed, oldest))
      const without = await dangling.apply(attempt, deletes)
      for (const file of without.removed) summary.removeFile(file)
      kept = [...filtered.manifests]
      deletes = [...without.manifests]
      replaced = filtered.replaced + without.replaced
    }
    for (const file of added) summary.addFile(file)
    const manifests = [...(await this.#write(attempt, added)), ...kept]
    if (replacement.fast === true) {
      return { operation, manifests: [...manifests, ...deletes], replacedManifests: replaced }
    }
    this.#mergers ??= [new ManifestMerger(store), new ManifestMerger(store)]
    const mergedData = await this.#mergers[0].apply(attempt, manifests)
    const mergedDeletes = await this.#mergers[1].apply(attempt, deletes)
    return {
      operation,
      manifests: [...mergedData.manifests, ...mergedDeletes.manifests],
      replacedManifests: replaced + mergedData.replaced + mergedDeletes.replaced,
    }
  }

  /** Written once: sequence numbers and row ids are inherited, so the bytes fit every attempt. */
  async #write(
    attempt: SnapshotAttempt,
    added: readonly DataFile[],
  ): Promise<readonly ManifestFile[]> {
    const { formatVersion } = attempt.base
    if (this.#added?.formatVersion !== formatVersion) {
      const manifests = await attempt.store.writeAdded(attempt, added)
      this.#added = { formatVersion, manifests }
    }
    return this.#added.manifests
  }
}
