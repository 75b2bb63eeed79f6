/** Equality delete files: rows of the values that are deleted, in the columns that are compared. */
import type { RecordBatch } from 'apache-arrow'
import { conformBatch } from '../../arrow/conform.js'
import { InvalidArgument } from '../../errors.js'
import { metricsConfig } from '../../format/metrics-config.js'
import type { DataFile, PartitionTuple } from '../../format/model.js'
import { ParquetWriter } from '../../parquet/writer.js'
import type { PartitionSpec } from '../../partition/model.js'
import { schemaIndex } from '../../types/schema-index.js'
import type { Schema } from '../../types/type.js'
import { writeForm } from '../input.js'
import { storeSink } from '../store-sink.js'
import { type DeleteContext, deleteFilePaths } from './delete-context.js'
import { deleteFileOptions } from './delete-options.js'

export interface EqualityDeleteTarget {
  /** Columns of the file: those compared, and any others. */
  readonly schema: Schema
  /** Ids of the columns to compare; they may lie inside structs. */
  readonly equalityIds: readonly number[]
  /** Where the deletes apply; a spec without fields means the whole table. */
  readonly spec: PartitionSpec
  readonly partition: PartitionTuple
}

/**
 * Writes one equality delete file. Each row deletes the older rows that equal it in the compared
 * columns; null equals null.
 *
 * @throws InvalidArgument when a compared column is not in the file, or is none that can be compared
 */
export async function writeEqualityDeletes(
  rows: Iterable<RecordBatch> | AsyncIterable<RecordBatch>,
  target: EqualityDeleteTarget,
  context: DeleteContext,
): Promise<DataFile> {
  const { schema, equalityIds, spec, partition } = target
  checkCompared(schema, equalityIds)
  const { metadata, env, signal, store, onCreate } = context
  const path = deleteFilePaths(context, spec, 'parquet')(partition)
  const writer = new ParquetWriter({
    schema,
    sink: storeSink(store, path, signal, onCreate),
    options: deleteFileOptions(metadata.properties).parquet,
    metrics: metricsConfig(metadata.properties, schema),
    limits: env.limits,
    signal,
  })
  try {
    for await (const batch of rows) {
      await writer.write(conformBatch(schema, batch, { form: writeForm }))
    }
    const written = await writer.close()
    return {
      content: 'equality-deletes',
      path,
      format: 'parquet',
      specId: spec.specId,
      partition,
      recordCount: written.recordCount,
      sizeBytes: written.sizeBytes,
      splitOffsets: written.splitOffsets,
      equalityIds,
      sortOrderId: 0,
      ...written.metrics,
    }
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** Throws `InvalidArgument` unless the columns are in the schema and can be compared. */
export function checkCompared(schema: Schema, ids: readonly number[]): void {
  if (ids.length === 0) throw new InvalidArgument('an equality delete compares at least one column')
  const { byId } = schemaIndex(schema)
  for (const id of ids) {
    const field = byId.get(id)
    if (field === undefined) {
      throw new InvalidArgument(`column #${id} is compared, but not in the equality delete file`)
    }
    const { kind } = field.type
    const isNested = kind === 'struct' || kind === 'list' || kind === 'map' || kind === 'variant'
    if (isNested || field.inRepeated) {
      throw new InvalidArgument(
        `column \`${field.path.join('.')}\` cannot be compared by an equality delete`,
      )
    }
  }
}
