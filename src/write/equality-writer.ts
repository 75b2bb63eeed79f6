/** Equality deletes as they stream in, to delete files by spec and partition. */
import type { RecordBatch } from 'apache-arrow'
import { metricsConfig } from '../format/metrics-config.js'
import type { DataFile } from '../format/model.js'
import { inlineEncoder } from '../parquet/write-encode.js'
import type { PartitionSpec } from '../partition/model.js'
import type { WriteJob } from './data-file-writer.js'
import { type DeleteContext, deleteFilePaths } from './deletes/delete-context.js'
import { deleteFileOptions } from './deletes/delete-options.js'
import type { EqualityKey } from './equality-keys.js'
import { FanOut } from './fan-out.js'
import { refuseEncrypted } from './refuse-encrypted.js'
import { batchSplitter, type PartitionedRows } from './split-batch.js'
import { writeMemory } from './write-memory.js'

interface SpecWriter {
  readonly split: (batch: RecordBatch) => readonly PartitionedRows[]
  readonly fanOut: FanOut
}

export class EqualityDeleteWriter {
  readonly #writers: readonly SpecWriter[]

  /** @throws InvalidArgument, Unsupported: see `deleteFileOptions` and `fieldCoder` */
  constructor(
    key: EqualityKey,
    specs: readonly PartitionSpec[],
    context: DeleteContext,
    memoryBytes: number,
  ) {
    refuseEncrypted(context.metadata)
    this.#writers = specs.map((spec) => ({
      split: batchSplitter(key.schema, spec),
      fanOut: new FanOut(jobOf(key, spec, context, memoryBytes / specs.length)),
    }))
  }

  /** Deletes the rows with the keys of a batch of the key's schema. */
  async write(batch: RecordBatch): Promise<void> {
    for (const { split, fanOut } of this.#writers) {
      for (const part of split(batch)) await fanOut.write(part)
      await fanOut.endBatch()
    }
  }

  async finish(): Promise<readonly DataFile[]> {
    const files: DataFile[] = []
    for (const { fanOut } of this.#writers) files.push(...(await fanOut.finish()))
    return files
  }

  /** Drops what is open. Never rejects. */
  async abort(): Promise<void> {
    for (const { fanOut } of this.#writers) await fanOut.abort()
  }
}

function jobOf(
  key: EqualityKey,
  spec: PartitionSpec,
  context: DeleteContext,
  memoryBytes: number,
): WriteJob {
  const { metadata, store, env, signal, onCreate } = context
  const { parquet, targetFileBytes } = deleteFileOptions(metadata.properties)
  const encoder = inlineEncoder()
  const memory = writeMemory(memoryBytes, encoder.size)
  return {
    schema: key.schema,
    spec,
    store,
    env,
    signal,
    encoder,
    options: { ...parquet, rowGroupBytes: Math.min(parquet.rowGroupBytes, memory.rowGroupBytes) },
    memory,
    metrics: metricsConfig(metadata.properties, key.schema),
    targetFileBytes,
    sorter: undefined,
    sortOrderId: 0,
    sortBytes: 0,
    equalityIds: key.ids,
    newPath: deleteFilePaths(context, spec, 'parquet'),
    onCreate,
  }
}
