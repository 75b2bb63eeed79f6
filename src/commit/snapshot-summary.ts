/** Summaries of snapshots (spec: appendix F, "Optional Snapshot Summary Fields"). */
import type { DataFile, ManifestFile, Snapshot } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'

/** What a table has a total of. */
type Total =
  | 'data-files'
  | 'delete-files'
  | 'records'
  | 'files-size'
  | 'position-deletes'
  | 'equality-deletes'
/** Kinds of delete files, counted by change only. */
type DeleteKind = 'position-delete-files' | 'equality-delete-files' | 'dvs'
type Count = Total | DeleteKind

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
  ['equality-delete-files', 'added-equality-delete-files', 'removed-equality-delete-files'],
  ['position-delete-files', 'added-position-delete-files', 'removed-position-delete-files'],
  ['dvs', 'added-dvs', 'removed-dvs'],
]
const TOTALS: readonly Total[] = [
  'data-files',
  'delete-files',
  'records',
  'files-size',
  'position-deletes',
  'equality-deletes',
]

function noChange(): Change {
  const zeros = () => Object.fromEntries(NAMES.map(([count]) => [count, 0n])) as Change['added']
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
    const partitions = this.#byPath(context)
    summary.set('changed-partition-count', `${partitions.size}`)
    if (partitions.size > 0 && partitions.size <= context.partitionLimit) {
      addPartitions(summary, partitions)
    }
    this.#addTotals(summary, context.parent)
    const created = context.manifests.filter((m) => m.addedSnapshotId === context.snapshotId).length
    summary.set('manifests-created', `${created}`)
    summary.set('manifests-kept', `${context.manifests.length - created}`)
    summary.set('manifests-replaced', `${context.replacedManifests}`)
    return summary
  }

  /** Partitions are what they are called: that of an older spec may have the path of a newer one's. */
  #byPath({ partitionPath }: SummaryContext): ReadonlyMap<string, Change> {
    const found = new Map<string, Change>()
    for (const { change, file } of this.#partitions.values()) {
      const path = partitionPath(file)
      const same = found.get(path)
      if (same === undefined) found.set(path, change)
      else found.set(path, sumOf(same, change))
    }
    return found
  }

  /** A parent that does not know a total leaves it unknown; the first snapshot starts at 0. */
  #addTotals(summary: Map<string, string>, parent: Snapshot | undefined): void {
    for (const count of TOTALS) {
      const key = `total-${count}`
      const before = parent === undefined ? 0n : totalOf(parent.summary?.get(key))
      if (before === undefined) continue
      const total = before + this.#all.added[count] - this.#all.removed[count]
      if (total >= 0n) summary.set(key, `${total}`)
    }
  }
}

/** A table's one partition without a name is counted, but has nothing to be said under. */
function addPartitions(
  summary: Map<string, string>,
  partitions: ReadonlyMap<string, Change>,
): void {
  summary.set('partition-summaries-included', 'true')
  for (const [path, change] of partitions) {
    if (path === '') continue
    const members = new Map<string, string>()
    addCounts(members, change)
    const text = [...members].map(([key, value]) => `${key}=${value}`).join(',')
    summary.set(`partitions.${path}`, text)
  }
}

function sumOf(a: Change, b: Change): Change {
  const sum = noChange()
  for (const [count] of NAMES) {
    sum.added[count] = a.added[count] + b.added[count]
    sum.removed[count] = a.removed[count] + b.removed[count]
  }
  return sum
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
  if (file.content !== 'data') counts[deleteKind(file)] += 1n
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
