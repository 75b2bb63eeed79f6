/** Merges small manifests into larger ones while a snapshot is made (`commit.manifest-merge.*`). */
import type { ManifestFile } from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import { type Attempt, inheritedKey, type ManifestStore, type Put } from './manifest-store.js'

export interface MergeResult {
  readonly manifests: readonly ManifestFile[]
  /** Manifests of earlier snapshots that went into merged ones. */
  readonly replaced: number
}

/** Merges, and remembers what it merged for the next attempt. */
export class ManifestMerger {
  readonly #store: ManifestStore
  readonly #done = new Map<string, readonly ManifestFile[]>()

  constructor(store: ManifestStore) {
    this.#store = store
  }

  /**
   * Packs manifests of one content, newest first, by spec. Bins are filled from the old end, so that
   * the one left under-filled holds the newest, which the next commit merges again; that bin is
   * merged only from `min-count-to-merge` manifests on.
   */
  async apply(attempt: Attempt, manifests: readonly ManifestFile[]): Promise<MergeResult> {
    const properties = tableProperties(attempt.base.properties)
    const first = manifests[0]
    if (first === undefined || !properties.manifestMergeEnabled) return { manifests, replaced: 0 }
    const target = BigInt(properties.manifestTargetSizeBytes)
    const minCount = properties.manifestMinCountToMerge
    const result: ManifestFile[] = []
    let replaced = 0
    for (const group of groupBySpec(manifests)) {
      for (const bin of packFromEnd(group, target)) {
        if (bin.length === 1 || (bin.includes(first) && bin.length < minCount)) result.push(...bin)
        else {
          result.push(...(await this.#merge(attempt, bin)))
          replaced += bin.filter((m) => m.addedSnapshotId !== this.#store.snapshotId).length
        }
      }
    }
    return { manifests: result, replaced }
  }

  /** One manifest; none for a bin without any entry to carry over. */
  async #merge(attempt: Attempt, bin: readonly ManifestFile[]): Promise<readonly ManifestFile[]> {
    const key = bin.map((manifest) => inheritedKey(attempt, manifest)).join('\n')
    const done = this.#done.get(key)
    if (done !== undefined) return done
    const puts: Put[] = []
    for (const manifest of bin) {
      for (const put of await this.#carry(attempt, manifest)) puts.push(put)
    }
    const { specId, content } = bin[0] as ManifestFile
    const merged = await this.#store.write(attempt, specId, content, puts, { roll: false })
    this.#done.set(key, merged)
    return merged
  }

  /** What this snapshot adds or removes stays so; all else becomes existing, old removals go. */
  async #carry(attempt: Attempt, manifest: ManifestFile): Promise<readonly Put[]> {
    const own = this.#store.snapshotId
    const puts: Put[] = []
    for (const entry of await this.#store.entries(attempt, manifest)) {
      if (entry.snapshotId !== own || entry.status === 'existing') {
        if (entry.status !== 'deleted') puts.push((writer) => writer.existing(entry))
      } else if (entry.status === 'deleted') puts.push((writer) => writer.delete(entry))
      // Read before its manifest has a sequence number: unassigned still.
      else if (entry.sequenceNumber < 0n) puts.push((writer) => writer.add(entry.file))
      else puts.push((writer) => writer.add(entry.file, entry.sequenceNumber))
    }
    return puts
  }
}

/** Highest spec id first, order kept inside. */
function groupBySpec(manifests: readonly ManifestFile[]): readonly (readonly ManifestFile[])[] {
  const groups = new Map<number, ManifestFile[]>()
  for (const manifest of manifests) {
    const group = groups.get(manifest.specId)
    if (group === undefined) groups.set(manifest.specId, [manifest])
    else group.push(manifest)
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, group]) => group)
}

/** Consecutive bins of at most `target` bytes, filled from the end; of one manifest or more. */
function packFromEnd(
  manifests: readonly ManifestFile[],
  target: bigint,
): readonly (readonly ManifestFile[])[] {
  const bins: ManifestFile[][] = []
  let bin: ManifestFile[] = []
  let size = 0n
  for (const manifest of manifests.toReversed()) {
    if (bin.length > 0 && size + manifest.length > target) {
      bins.unshift(bin)
      bin = []
      size = 0n
    }
    bin.unshift(manifest)
    size += manifest.length
  }
  bins.unshift(bin)
  return bins
}
