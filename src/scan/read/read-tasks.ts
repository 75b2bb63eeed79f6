/** From tasks to batches: files opened ahead, row groups decoded in parallel within bounded memory. */
import type { RecordBatch } from 'apache-arrow'
import { batchBytes } from '../../arrow/size.js'
import { Unsupported } from '../../errors.js'
import { avroBatches, type OpenAvroFile, openAvroFile } from '../avro/avro-units.js'
import { fromArray, mapBounded } from '../concurrency.js'
import type { ScanTask } from '../contract.js'
import { DeleteLoader } from '../deletes/delete-loader.js'
import { comparedColumns, type TaskDeletes, withPositions } from '../deletes/task-deletes.js'
import { deleteFileContext, deleteFileTask } from './delete-files.js'
import { FileReader } from './file-reader.js'
import { openFile } from './open-file.js'
import type { ReadContext } from './read-context.js'
import { ReadCounter } from './read-counter.js'
import { readUnit } from './read-unit.js'
import { type ReadUnit, readUnits } from './units.js'

/** Footers read ahead of the file that is being decoded; more where each answer takes its time. */
const FILES_AHEAD = 4
const FAR_FILES_AHEAD = 16
/** Row groups whose bytes may be on their way from afar, whatever the number of workers. */
const FAR_UNITS = 8

/** Something to decode: rows of a Parquet row group, or rows of another format made on the spot. */
export type AnyUnit = ReadUnit | MadeUnit

interface MadeUnit {
  readonly task: ScanTask
  readonly made: RecordBatch | undefined
  readonly weightBytes: number
}

type Opened =
  | { readonly reader: FileReader; readonly deletes: TaskDeletes | undefined }
  | { readonly avro: OpenAvroFile; readonly deletes: TaskDeletes | undefined }

/** The units of all tasks. Files are opened ahead; units of one file stay in order. */
export async function* taskUnits(
  tasks: AsyncIterable<ScanTask>,
  context: ReadContext,
): AsyncGenerator<AnyUnit, void, void> {
  const { signal, limit } = context
  const counter = context.counter ?? new ReadCounter()
  const deletes = context.deletes ?? deleteLoader(context)
  const opened = mapBounded(tasks, (task, inner) => openTask(task, context, deletes, inner), {
    width: isFar(context) ? FAR_FILES_AHEAD : FILES_AHEAD,
    ordered: context.ordered,
    // Avro files are held whole while they are read.
    weigh: (task) => (task.file.format === 'avro' ? Number(task.file.sizeBytes) : 0),
    maxWeight: context.memoryBytes,
    signal,
  })
  const options = {
    counter,
    limit,
    limits: context.env.limits,
    unitBytes: Math.max(1, context.memoryBytes / 2),
    ...(signal ? { signal } : {}),
  }
  for await (const file of opened) {
    if ('reader' in file) yield* readUnits(file.reader, file.deletes, options)
    else {
      counter.filesOpened += 1
      for (const made of avroBatches(file.avro, context, file.deletes)) {
        yield { task: file.avro.task, made, weightBytes: made === undefined ? 0 : batchBytes(made) }
      }
    }
  }
}

/** Whether every read is a request to somewhere else. */
function isFar({ store }: ReadContext): boolean {
  return store.localPath === undefined
}

/** What opens the deletes of a scan's tasks. */
export function deleteLoader(context: ReadContext): DeleteLoader {
  const { metadata, schema, store, env, memoryBytes } = context
  return new DeleteLoader({
    metadata,
    schema,
    store,
    env,
    maxBytes: memoryBytes / 2,
    readFile: (entry, fields, form, signal) => {
      const reading = deleteFileContext(context, fields, form)
      return readTask(deleteFileTask(entry), { ...reading, signal })
    },
  })
}

async function openTask(
  task: ScanTask,
  context: ReadContext,
  loader: DeleteLoader,
  signal: AbortSignal,
): Promise<Opened> {
  const { file } = task
  if (file.keyMetadata !== undefined) {
    throw new Unsupported('encryption', `data file ${file.path} is encrypted`)
  }
  const deletes = withPositions(
    await loader.open(task, signal),
    context.alsoDeleted?.get(task.file.path),
  )
  if (file.format === 'avro') return { avro: await openAvroFile(task, context, signal), deletes }
  const opened = await openFile(task, context, signal)
  return { reader: new FileReader(opened, context.shape, comparedColumns(deletes)), deletes }
}

/** Rows of one task. */
export interface TaskBatch {
  readonly task: ScanTask
  readonly batch: RecordBatch
}

/** The rows of the tasks, as batches of the scan's schema. */
export async function* readTasks(
  tasks: AsyncIterable<ScanTask>,
  context: ReadContext,
): AsyncGenerator<RecordBatch, void, void> {
  for await (const { batch } of readTaskBatches(tasks, context)) yield batch
}

/** The same, each batch with its task. */
export async function* readTaskBatches(
  tasks: AsyncIterable<ScanTask>,
  context: ReadContext,
): AsyncGenerator<TaskBatch, void, void> {
  let left = context.limit ?? Number.POSITIVE_INFINITY
  if (left <= 0) return
  const pool = await context.pool()
  const decode = { pool, limits: context.env.limits }
  const batches = mapBounded(
    taskUnits(tasks, context),
    async (unit, signal) =>
      'made' in unit
        ? { task: unit.task, batch: unit.made }
        : { task: unit.reader.file.task, batch: await readUnit(unit, decode, signal) },
    {
      // One more than there are workers, so that a worker never waits for the consumer.
      width: Math.max(Math.max(1, pool.size) + 1, isFar(context) ? FAR_UNITS : 0),
      ordered: context.ordered,
      weigh: (unit) => unit.weightBytes,
      maxWeight: context.memoryBytes,
      signal: context.signal,
    },
  )
  for await (const { task, batch } of batches) {
    if (batch === undefined || batch.numRows === 0) continue
    if (batch.numRows >= left) {
      yield { task, batch: batch.numRows === left ? batch : batch.slice(0, left) }
      return
    }
    left -= batch.numRows
    yield { task, batch }
  }
}

/** The rows of one task, in order: for tasks that were planned elsewhere. */
export function readTask(
  task: ScanTask,
  context: ReadContext,
): AsyncGenerator<RecordBatch, void, void> {
  return readTasks(fromArray([task]), { ...context, ordered: true })
}
