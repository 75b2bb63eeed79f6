/** Rows to data files: the write path up to the point where a commit takes over. */
import type { Env } from '../env/env.js'
import { throwIfAborted } from '../env/system-env.js'
import { Unsupported } from '../errors.js'
import { currentSchema, defaultSortOrder, defaultSpec } from '../format/lookup.js'
import { metricsConfig } from '../format/metrics-config.js'
import type { DataFile, TableMetadata } from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import { inlineEncoder, type RowGroupEncoder } from '../parquet/write-encode.js'
import { parquetWriteOptions } from '../parquet/write-options.js'
import type { PartitionSpec } from '../partition/model.js'
import type { Store } from '../store/store.js'
import type { Schema } from '../types/type.js'
import { dataFilePaths } from './data-file-paths.js'
import type { WriteJob } from './data-file-writer.js'
import { FanOut } from './fan-out.js'
import { inputBatches, type WriteInput } from './input.js'
import { refuseEncrypted } from './refuse-encrypted.js'
import { sharedEncoder } from './shared-encoder.js'
import { batchSorter } from './sort-batch.js'
import { batchSplitter } from './split-batch.js'
import { MEMORY_LIMIT_BYTES, writeMemory } from './write-memory.js'

export type { WriteElement, WriteInput } from './input.js'

/** How far a write has come. */
export interface WriteProgress {
  readonly rows: bigint
  /** Data files begun. */
  readonly files: number
}

export interface WriteContext {
  readonly metadata: TableMetadata
  readonly store: Store
  readonly env: Env
  /** Encodes row groups; default in this thread. A function is called once rows are there. */
  readonly encoder?:
    | RowGroupEncoder
    | (() => RowGroupEncoder | Promise<RowGroupEncoder>)
    | undefined
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: WriteProgress) => void
  /** Default: the table's current schema. */
  readonly schema?: Schema
  /** Default: the table's default spec. */
  readonly spec?: PartitionSpec
  /** Bytes that may be held: rows that wait for their row groups, and those being encoded. Default 512 MiB. */
  readonly memoryBytes?: number
}

/** Files that no snapshot knows yet. */
export interface WrittenFiles {
  readonly files: readonly DataFile[]
  readonly rows: bigint
  readonly bytes: bigint
  /** Deletes the files. Only for when they are surely not committed. Never rejects. */
  discard(): Promise<void>
}

/**
 * Writes rows as data files of a table, partitioned by its spec and sorted by its sort order. The
 * files are durable when this resolves, and nobody's until a commit adds them. On any error, or when
 * the signal fires, every file made is removed before this rejects.
 *
 * @throws ValidationError naming row, column and value for what does not fit the schema
 * @throws Unsupported for a spec with a transform this version cannot compute, or a file format
 *   other than Parquet, and for encrypted tables
 * @throws InvalidArgument, LocationDenied, StoreUnavailable, Aborted
 */
export async function writeDataFiles(
  input: WriteInput,
  context: WriteContext,
): Promise<WrittenFiles> {
  const created: string[] = []
  const job = await writeJob(context, created)
  const fanOut = new FanOut(job)
  try {
    const rows = await writeRows(input, context, job, fanOut, created)
    const files = await fanOut.finish()
    throwIfAborted(context.signal)
    const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0n)
    return { files, rows, bytes, discard: () => removeFiles(context.store, created) }
  } catch (error) {
    await fanOut.abort()
    await removeFiles(context.store, created)
    throw error
  }
}

async function writeRows(
  input: WriteInput,
  context: WriteContext,
  job: WriteJob,
  fanOut: FanOut,
  created: readonly string[],
): Promise<bigint> {
  const split = batchSplitter(job.schema, job.spec)
  let rows = 0n
  const { signal, env } = context
  for await (const batch of inputBatches(job.schema, input, signal, env.limits)) {
    for (const part of split(batch)) await fanOut.write(part)
    await fanOut.endBatch()
    rows += BigInt(batch.numRows)
    context.onProgress?.({ rows, files: created.length })
  }
  return rows
}

async function writeJob(context: WriteContext, created: string[]): Promise<WriteJob> {
  const { metadata, store, env, signal } = context
  refuseEncrypted(metadata)
  const schema = context.schema ?? currentSchema(metadata)
  const spec = context.spec ?? defaultSpec(metadata)
  const properties = tableProperties(metadata.properties)
  if (properties.dataFormat !== 'parquet') {
    throw new Unsupported(
      `write-${properties.dataFormat}`,
      `table property write.format.default is ${properties.dataFormat}; only parquet is written`,
    )
  }
  const order = defaultSortOrder(metadata)
  const sorter = batchSorter(schema, order)
  const targetFileBytes = properties.targetFileSizeBytes
  const options = parquetWriteOptions(metadata.properties)
  const { encoder } = context
  const given = (typeof encoder === 'function' ? await encoder() : encoder) ?? inlineEncoder()
  const memory = writeMemory(context.memoryBytes ?? MEMORY_LIMIT_BYTES, given.size)
  // A row group larger than the file wanted would make the file miss its size.
  const rowGroupBytes = Math.min(options.rowGroupBytes, targetFileBytes, memory.rowGroupBytes)
  return {
    schema,
    spec,
    store,
    env,
    signal,
    encoder: sharedEncoder(given, memory),
    memory,
    options: { ...options, rowGroupBytes },
    metrics: metricsConfig(metadata.properties, schema, order),
    targetFileBytes,
    sorter,
    sortOrderId: sorter === undefined ? 0 : order.orderId,
    sortBytes: memory.waitingBytes / 2,
    newPath: dataFilePaths(metadata, schema, spec, env),
    onCreate: (path) => created.push(path),
  }
}

/** Deletes files that no commit refers to; one that stays is an orphan, not an error. */
async function removeFiles(store: Store, paths: readonly string[]): Promise<void> {
  for (const path of paths) await store.delete(path).catch(() => {})
}
