/** The frame of every row-level change: find rows, write new ones, take the old ones away. */
import type { RecordBatch } from 'apache-arrow'
import { PositionBitmap } from '../../codec/roaring/position-bitmap.js'
import { Unsupported } from '../../errors.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import type { DataFile } from '../../format/model.js'
import { tableProperties } from '../../format/properties.js'
import type { ScanTask } from '../../scan/contract.js'
import { deleteKind, referencedPath } from '../../scan/plan/delete-index.js'
import type { Scan } from '../../scan/scan.js'
import { writeDeletionVectors } from '../deletes/deletion-vectors.js'
import type { FileDeletes } from '../deletes/file-deletes.js'
import { writePositionDeletes } from '../deletes/position-deletes.js'
import { writeDataFiles } from '../write-data-files.js'
import type { ChangeContext, ChangeCounts, RowChange } from './change-context.js'
import { changeMemory } from './change-memory.js'
import { rewriteSchema, scanOf } from './change-scan.js'
import { type MatchedFile, MatchedRows } from './matched-rows.js'

/** Gives new rows, and marks those that go. */
export type ChangeStep = (
  matched: MatchedRows,
  counts: ChangeCounts,
) => AsyncGenerator<RecordBatch, void, void>

/**
 * Runs a change. Rows that `step` marks are deleted: files that lose all their rows are dropped, the
 * others are rewritten (copy-on-write) or given deletes (merge-on-read). On any error every file
 * made is removed.
 */
export async function runChange(
  context: ChangeContext,
  read: BoundPredicate,
  step: ChangeStep,
): Promise<RowChange> {
  const { metadata, store, env, signal, onProgress, mode } = context
  if (mode === 'merge-on-read' && metadata.formatVersion < 2) {
    throw new Unsupported(
      'merge-on-read-v1',
      'a table of format version 1 has no delete files: use copy-on-write, or upgradeFormat(2)',
    )
  }
  const schema = rewriteSchema(context)
  const matched = new MatchedRows()
  const counts: ChangeCounts = { deleted: 0, updated: 0, inserted: 0 }
  const scan = scanOf(
    context,
    schema.fields.map(({ name }) => name),
  )
  let sorted: Sorted = { dropped: [], partly: [] }
  async function* rows(): AsyncGenerator<RecordBatch, void, void> {
    yield* step(matched, counts)
    sorted = await sortOut(matched, scan)
    if (mode === 'copy-on-write') yield* rest(sorted.partly, scan)
  }
  const created: string[] = []
  const discards = [async (): Promise<void> => removeAll(context, created)]
  const discard = async (): Promise<void> => {
    for (const one of discards) await one()
  }
  const written = await writeDataFiles(rows(), {
    metadata,
    store,
    env,
    schema,
    encoder: context.pool,
    memoryBytes: changeMemory(context).writeBytes,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  })
  discards.push(() => written.discard())
  try {
    const isMerge = mode === 'merge-on-read'
    const deletes = isMerge
      ? await writeDeletes(sorted.partly, scan, context, created)
      : { added: [], removed: [] }
    const removed = isMerge ? sorted.dropped : [...sorted.dropped, ...sorted.partly.map(taskOf)]
    return {
      addedFiles: written.files,
      addedDeletes: deletes.added,
      removedFiles: removed.map(({ file }) => file),
      removedDeletes: deletes.removed,
      touched: isMerge ? sorted.partly.map(({ task }) => task.file) : [],
      read,
      counts,
      discard,
    }
  } catch (error) {
    await discard()
    throw error
  }
}

async function removeAll({ store }: ChangeContext, paths: readonly string[]): Promise<void> {
  for (const path of paths) await store.delete(path).catch(() => {})
}

function taskOf({ task }: MatchedFile): ScanTask {
  return task
}

interface Sorted {
  /** Files of which no row is left. */
  readonly dropped: readonly ScanTask[]
  readonly partly: readonly MatchedFile[]
}

/** Tells files that lose every row from those that keep some. */
async function sortOut(matched: MatchedRows, scan: Scan): Promise<Sorted> {
  const dropped = [...matched.whole]
  const partly: MatchedFile[] = []
  for (const file of matched.files) {
    if (file.count === 0) continue
    if ((await liveRows(file.task, scan)) === file.count) dropped.push(file.task)
    else partly.push(file)
  }
  return { dropped, partly }
}

/** Rows of a file that are not deleted; undefined when that cannot be told without reading it. */
async function liveRows(task: ScanTask, scan: Scan): Promise<number | undefined> {
  const rows = Number(task.file.recordCount)
  if (task.deletes.length === 0) return rows
  if (task.deletes.some((entry) => deleteKind(entry) === 'equality-deletes')) return undefined
  return rows - (await deletedPositions(task, scan)).cardinality
}

/** Positions that are deleted already, those beyond the end of the file left out. */
async function deletedPositions(task: ScanTask, scan: Scan): Promise<PositionBitmap> {
  const all = new PositionBitmap()
  const deletes = await scan.deletesOf(task)
  for (const positions of deletes?.positions ?? []) {
    positions.forEachIn(0, Number(task.file.recordCount), (position) => {
      all.add(position)
    })
  }
  return all
}

/** The rows that stay, of files that are rewritten. */
async function* rest(
  partly: readonly MatchedFile[],
  scan: Scan,
): AsyncGenerator<RecordBatch, void, void> {
  const tasks = partly.map(({ task }): ScanTask => ({ ...task, residual: { op: 'true' } }))
  const without = new Map(partly.map(({ task, positions }) => [task.file.path, positions]))
  for await (const { batch } of scan.readTasks(tasks, without)) yield batch
}

interface Deletes {
  readonly added: readonly DataFile[]
  readonly removed: readonly DataFile[]
}

/** The deletes of files that keep some rows, joined with those that they replace. */
async function writeDeletes(
  partly: readonly MatchedFile[],
  scan: Scan,
  context: ChangeContext,
  created: string[],
): Promise<Deletes> {
  const { metadata, store, env, signal } = context
  const granularity = tableProperties(metadata.properties).deleteGranularity
  const isVector = metadata.formatVersion >= 3
  const joins = isVector || granularity === 'file'
  const removed: DataFile[] = []
  const deletes: FileDeletes[] = []
  for (const { task, positions } of partly) {
    if (joins) {
      // A vector holds every delete of its file; a delete file takes the place of older ones.
      positions.addAll(await deletedPositions(task, scan))
      removed.push(...replacedDeletes(task))
    }
    deletes.push({ file: task.file, positions })
  }
  const writing = { metadata, store, env, signal, onCreate: (path: string) => created.push(path) }
  const added = isVector
    ? await writeDeletionVectors(deletes, writing)
    : await writePositionDeletes(deletes, granularity, writing)
  return { added, removed }
}

/** Deletes of this data file alone: what they say is in the new ones. */
function replacedDeletes(task: ScanTask): readonly DataFile[] {
  return task.deletes
    .filter((entry) => deleteKind(entry) !== 'equality-deletes')
    .filter((entry) => referencedPath(entry) === task.file.path)
    .map(({ file }) => file)
}
