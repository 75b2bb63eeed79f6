/** Position delete files (v2): rows of data file and position, sorted by both. */
import { RecordBatch, Struct } from 'apache-arrow'
import { constantData } from '../../arrow/constant.js'
import { makeColumn } from '../../arrow/layout.js'
import { arrowSchemaOf, arrowTypeOf } from '../../arrow/schema.js'
import { specById } from '../../format/lookup.js'
import type { DataFile } from '../../format/model.js'
import { partitionKey } from '../../format/partition-key.js'
import { parquetWriteOptions } from '../../parquet/write-options.js'
import { ParquetWriter } from '../../parquet/writer.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { Schema } from '../../types/type.js'
import { compareUtf8 } from '../../util/utf8.js'
import { storeSink } from '../store-sink.js'
import { type DeleteContext, deleteFilePaths } from './delete-context.js'
import type { FileDeletes } from './file-deletes.js'

const SCHEMA: Schema = {
  schemaId: 0,
  identifierFieldIds: [],
  fields: [METADATA_COLUMNS.deleteFilePath, METADATA_COLUMNS.deletePos],
}
const ARROW_SCHEMA = arrowSchemaOf(SCHEMA)
const LONG = arrowTypeOf({ kind: 'long' })
/** Rows of one batch: each repeats the path of its data file. */
const BATCH_ROWS = 16_384

/** `file`: one delete file for each data file. `partition`: one for all of a partition. */
export type DeleteGranularity = 'file' | 'partition'

/** Writes position delete files, in the partitions of their data files. */
export async function writePositionDeletes(
  deletes: readonly FileDeletes[],
  granularity: DeleteGranularity,
  context: DeleteContext,
): Promise<readonly DataFile[]> {
  const groups = new Map<string, FileDeletes[]>()
  for (const one of deletes) {
    const { path, specId, partition } = one.file
    const key = granularity === 'file' ? path : partitionKey(specId, partition)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [one])
    else group.push(one)
  }
  const nextPath = new Map<number, ReturnType<typeof deleteFilePaths>>()
  const files: DataFile[] = []
  for (const group of groups.values()) {
    const { specId, partition } = group[0]!.file
    let next = nextPath.get(specId)
    if (next === undefined) {
      next = deleteFilePaths(context, specById(context.metadata, specId), 'parquet')
      nextPath.set(specId, next)
    }
    files.push(await writeOne(group, next(partition), context))
  }
  return files
}

async function writeOne(
  group: readonly FileDeletes[],
  path: string,
  context: DeleteContext,
): Promise<DataFile> {
  const { metadata, env, signal, store, onCreate } = context
  const writer = new ParquetWriter({
    schema: SCHEMA,
    sink: storeSink(store, path, signal, onCreate),
    options: parquetWriteOptions(metadata.properties),
    // Whole paths as bounds: readers find out from them which data files are meant.
    metrics: () => ({ kind: 'full' }),
    limits: env.limits,
    signal,
  })
  const sorted = [...group].sort((a, b) => compareUtf8(a.file.path, b.file.path))
  try {
    for (const { file, positions } of sorted) {
      const all = positions.toArray()
      for (let at = 0; at < all.length; at += BATCH_ROWS) {
        await writer.write(batchOf(file.path, all.slice(at, at + BATCH_ROWS)))
      }
    }
    const written = await writer.close()
    const { specId, partition, path: only } = sorted[0]!.file
    return {
      content: 'position-deletes',
      path,
      format: 'parquet',
      specId,
      partition,
      recordCount: written.recordCount,
      sizeBytes: written.sizeBytes,
      splitOffsets: written.splitOffsets,
      ...(sorted.length === 1 && { referencedDataFile: only }),
      ...written.metrics,
    }
  } catch (error) {
    await writer.abort()
    throw error
  }
}

function batchOf(path: string, positions: readonly number[]): RecordBatch {
  const rows = positions.length
  const values = BigInt64Array.from(positions, BigInt)
  const children = [
    constantData({ kind: 'string' }, path, rows),
    makeColumn(LONG, rows, 0, { values }),
  ]
  const data = makeColumn(new Struct(ARROW_SCHEMA.fields), rows, 0, { children })
  return new RecordBatch(ARROW_SCHEMA, data as RecordBatch['data'])
}
