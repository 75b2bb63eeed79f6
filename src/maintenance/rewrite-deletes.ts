/** Position deletes in fewer files, and from version 3 on as deletion vectors. */
import { PositionBitmap } from '../codec/roaring/position-bitmap.js'
import type { DataFile, ManifestEntry } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'
import { tableProperties } from '../format/properties.js'
import type { ScanTask } from '../scan/contract.js'
import { deleteKind } from '../scan/plan/delete-index.js'
import { planFiles } from '../scan/plan/plan-files.js'
import { createScan, type Scan } from '../scan/scan.js'
import { writeDeletionVectors } from '../write/deletes/deletion-vectors.js'
import type { FileDeletes } from '../write/deletes/file-deletes.js'
import { writePositionDeletes } from '../write/deletes/position-deletes.js'
import { refuseEncrypted } from '../write/refuse-encrypted.js'
import type { RewriteContext } from './rewrite-context.js'

export interface DeleteRewriteLimits {
  readonly targetFileBytes: number
  /** Delete files of a partition that are worth a rewrite. */
  readonly minInputFiles: number
  /** Rewrite every position delete file. */
  readonly rewriteAll: boolean
}

/** Delete files with the same deletes as others. Nobody knows them before they are committed. */
export interface DeleteRewrite {
  readonly removed: readonly DataFile[]
  readonly added: readonly { readonly file: DataFile; readonly sequenceNumber: bigint }[]
  /** Deletes the files. Only for when they are surely not committed. Never rejects. */
  discard(): Promise<void>
}

/** Position delete files of one partition that are rewritten together. */
export interface DeleteGroup {
  readonly entries: readonly ManifestEntry[]
  /** The data files that they may apply to. */
  readonly tasks: readonly ScanTask[]
}

/**
 * The position delete files to rewrite. From version 3 on these are all of them: deletion vectors
 * take their place (spec: "Position Delete Files"). Files that apply to nothing are left out.
 */
export async function planDeleteRewrite(
  context: RewriteContext,
  limits: DeleteRewriteLimits,
): Promise<readonly DeleteGroup[]> {
  const { metadata } = context
  const isVector = metadata.formatVersion >= 3
  const groups = new Map<string, { entries: Set<ManifestEntry>; tasks: ScanTask[] }>()
  const where = { op: 'true' } as const
  for await (const task of planFiles({ ...context, where, ordered: true, fullEntries: true })) {
    const positions = task.deletes.filter((entry) => deleteKind(entry) === 'position-deletes')
    if (positions.length === 0) continue
    const key = partitionKey(task.file.specId, task.file.partition)
    let group = groups.get(key)
    if (group === undefined) {
      group = { entries: new Set(), tasks: [] }
      groups.set(key, group)
    }
    for (const entry of positions) group.entries.add(entry)
    group.tasks.push({ ...task, deletes: positions, residual: where })
  }
  const chosen: DeleteGroup[] = []
  for (const { entries, tasks } of groups.values()) {
    const all = isVector || limits.rewriteAll
    const some = [...entries].filter(({ file }) => all || isOddSize(file, limits))
    if (some.length === 0 || (!all && some.length < limits.minInputFiles)) continue
    const rewritten = new Set(some)
    const own = tasks
      .map((task) => ({ ...task, deletes: task.deletes.filter((one) => rewritten.has(one)) }))
      .filter(({ deletes }) => deletes.length > 0)
    chosen.push({ entries: some, tasks: own })
  }
  return chosen
}

function isOddSize({ sizeBytes }: DataFile, { targetFileBytes }: DeleteRewriteLimits): boolean {
  const bytes = Number(sizeBytes)
  return bytes < targetFileBytes * 0.75 || bytes > targetFileBytes * 1.8
}

/** Writes the deletes of the groups anew, a partition at a time; what no data file has is dropped. */
export async function rewriteDeletes(
  context: RewriteContext,
  groups: readonly DeleteGroup[],
  limits: DeleteRewriteLimits,
): Promise<DeleteRewrite> {
  const { metadata, store, env, signal } = context
  refuseEncrypted(metadata)
  const created: string[] = []
  const properties = new Map(metadata.properties)
  properties.set('write.delete.target-file-size-bytes', `${limits.targetFileBytes}`)
  const writing = {
    metadata: { ...metadata, properties },
    store,
    env,
    signal,
    onCreate: (path: string) => created.push(path),
  }
  const discard = async (): Promise<void> => {
    for (const path of created) await store.delete(path).catch(() => {})
  }
  const granularity = tableProperties(metadata.properties).deleteGranularity
  const removed: DataFile[] = []
  const added: { file: DataFile; sequenceNumber: bigint }[] = []
  const scan = scanOf(context)
  try {
    for (const { entries, tasks } of groups) {
      const deletes: FileDeletes[] = []
      for (const task of tasks) {
        const positions = await positionsOf(scan, task)
        if (positions.cardinality > 0) deletes.push({ file: task.file, positions })
      }
      const files =
        metadata.formatVersion >= 3
          ? await writeDeletionVectors(deletes, writing)
          : await writePositionDeletes(deletes, granularity, writing)
      const sequenceNumber = latest(entries)
      added.push(...files.map((file) => ({ file, sequenceNumber })))
      removed.push(...entries.map(({ file }) => file))
    }
  } catch (error) {
    await discard()
    throw error
  }
  return { removed, added, discard }
}

function latest(entries: readonly ManifestEntry[]): bigint {
  let last = 0n
  for (const { sequenceNumber } of entries) if (sequenceNumber > last) last = sequenceNumber
  return last
}

function scanOf(context: RewriteContext): Scan {
  const { memoryLimit, signal } = context
  return createScan(context, {
    ...(memoryLimit !== undefined && { memoryLimit }),
    ...(signal && { signal }),
  })
}

/** Deleted positions of a data file, those beyond its end left out. */
async function positionsOf(scan: Scan, task: ScanTask): Promise<PositionBitmap> {
  const all = new PositionBitmap()
  const deletes = await scan.deletesOf(task)
  for (const positions of deletes?.positions ?? []) {
    positions.forEachIn(0, Number(task.file.recordCount), (position) => {
      all.add(position)
    })
  }
  return all
}
