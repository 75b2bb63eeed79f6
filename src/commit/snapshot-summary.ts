/** Summaries of snapshots (spec: appendix F, "Optional Snapshot Summary Fields"). */
import type { DataFile, ManifestFile, Snapshot } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'

type Count =
  | 'data-files'
  | 'delete-files'
  | 'records'
  | 'files-size'
  | 'position-deletes'
  | 'equality-deletes'

interface Change {
  readonly added: Record<Count, bigint>
  readonly removed: Record<Count, bigint>
}

/** Names of the added and removed counts; totals are `total-` and the count. */
const NAMES: readonly (readonly [count: Count, added: string, removed: string])[] = [
  ['data-files', 'added-data-files', 'deleted-data-files'],
  ['delete-files', 'added-delete-files', 'removed-delete-files'],
  ['records', 'added-records', 'deleted-records'],
  ['files-size', 'added-files-size', 'removed-files-size'],
  ['position-deletes', 'added-position-deletes', 'removed-position-deletes'],
  ['equality-deletes', 'added-equality-deletes', 'removed-equality-deletes'],
]

/** Kinds of delete files, counted for the whole snapshot only. */
type DeleteKind = 'position-delete-files' | 'equality-delete-files' | 'dvs'
const DELETE_KINDS: readonly DeleteKind[] = [
  'equality-delete-files',
  'position-delete-files',
  'dvs',
]

function noChange(): Change {
  const zeros = (): Record<Count, bigint> => ({
    'data-files': 0n,
    'delete-files': 0n,
    records: 0n,
    'files-size': 0n,
    'position-deletes': 0n,
    'equality-deletes': 0n,
  })
  return { added: zeros(), removed: zeros() }
}

export interface SummaryContext {
  /** Head of the branch before; undefined for its first snapshot. */
  readonly parent: Snapshot | undefined
  readonly snapshotId: bigint
  /** The manifests of the new snapshot. */
  readonly manifests: readonly ManifestFile[]
  /** Manifests of the parent that were rewritten. */
  readonly replacedManifests: number
  /** `write.summary.partition-limit`. */
  readonly partitionLimit: number
  /** `part=value` path of a file's partition; '' when it has none. */
  readonly partitionPath: (file: DataFile) => string
}

/** Counts what a snapshot adds and removes. */
export class SnapshotSummary {
  readonly #all = noChange()
  readonly #kinds = new Map<string, bigint>()
  readonly #partitions = new Map<string, { readonly change: Change; readonly file: DataFile }>()
  readonly #extra = new Map<string, string>()

  addFile(file: DataFile): void {
    this.#count('added', file)
  }

  removeFile(file: DataFile): void {
    this.#count('removed', file)
  }

  /** A member beyond the counts, such as `replace-partitions`. */
  set(key: string, value: string): void {
    this.#extra.set(key, value)
  }

  #count(side: 'added' | 'removed', file: DataFile): void {
    const key = partitionKey(file.specId, file.partition)
    let partition = this.#partitions.get(key)
    if (partition === undefined) {
      partition = { change: noChange(), file }
      this.#partitions.set(key, partition)
    }
    for (const change of [this.#all, partition.change]) countFile(change[side], file)
    if (file.content === 'data') return
    const kind = `${side}-${deleteKind(file)}`
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0n) + 1n)
  }

  /**
   * The summary: `operation` first, then the caller's members, then counts, totals carried on from
   * the parent, manifests. Counts of zero are left out, but for that of partitions; totals never.
   */
  build(
    operation: string,
    members: ReadonlyMap<string, string>,
    context: SummaryContext,
  ): ReadonlyMap<string, string> {
    const summary = new Map<string, string>([['operation', operation]])
    for (const [key, value] of members) summary.set(key, value)
    for (const [key, value] of this.#extra) summary.set(key, value)
    addCounts(summary, this.#all)
    for (const side of ['added', 'removed']) {
      for (const kind of DELETE_KINDS) {
        const count = this.#kinds.get(`${side}-${kind}`)
        if (count !== undefined) summary.set(`${side}-${kind}`, `${count}`)
      }
    }
    summary.set('changed-partition-count', `${this.#partitions.size}`)
    this.#addPartitions(summary, context)
    this.#addTotals(summary, context.parent)
    const created = context.manifests.filter((m) => m.addedSnapshotId === context.snapshotId).length
    summary.set('manifests-created', `${created}`)
    summary.set('manifests-kept', `${context.manifests.length - created}`)
    summary.set('manifests-replaced', `${context.replacedManifests}`)
    return summary
  }

  #addPartitions(summary: Map<string, string>, context: SummaryContext): void {
    const { size } = this.#partitions
    if (size === 0 || size > context.partitionLimit) return
    summary.set('partition-summaries-included', 'true')
    for (const { change, file } of this.#partitions.values()) {
      const members = new Map<string, string>()
      addCounts(members, change)
      const text = [...members].map(([key, value]) => `${key}=${value}`).join(',')
      summary.set(`partitions.${context.partitionPath(file)}`, text)
    }
  }

  /** A parent that does not know a total leaves it unknown; the first snapshot starts at 0. */
  #addTotals(summary: Map<string, string>, parent: Snapshot | undefined): void {
    for (const [count] of NAMES) {
      const key = `total-${count}`
      const before = parent === undefined ? 0n : totalOf(parent.summary?.get(key))
      if (before === undefined) continue
      const total = before + this.#all.added[count] - this.#all.removed[count]
      if (total >= 0n) summary.set(key, `${total}`)
    }
  }
}

function totalOf(text: string | undefined): bigint | undefined {
  return text !== undefined && /^[0-9]{1,19}$/.test(text) ? BigInt(text) : undefined
}

function addCounts(summary: Map<string, string>, change: Change): void {
  for (const [count, added, removed] of NAMES) {
    if (change.added[count] > 0n) summary.set(added, `${change.added[count]}`)
    if (change.removed[count] > 0n) summary.set(removed, `${change.removed[count]}`)
  }
}

function countFile(counts: Record<Count, bigint>, file: DataFile): void {
  // A deletion vector is a part of its Puffin file.
  counts['files-size'] += file.contentSizeBytes ?? file.sizeBytes
  switch (file.content) {
    case 'data':
      counts['data-files'] += 1n
      counts.records += file.recordCount
      return
    case 'position-deletes':
      counts['delete-files'] += 1n
      counts['position-deletes'] += file.recordCount
      return
    case 'equality-deletes':
      counts['delete-files'] += 1n
      counts['equality-deletes'] += file.recordCount
  }
}

function deleteKind(file: DataFile): DeleteKind {
  if (file.content === 'equality-deletes') return 'equality-delete-files'
  return file.format === 'puffin' ? 'dvs' : 'position-delete-files'
}
