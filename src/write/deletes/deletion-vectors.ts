/** Deletion vectors (v3): one blob for each data file, all of a commit in one Puffin file. */
import { encodeDeletionVector } from '../../codec/puffin/deletion-vector.js'
import { encodePuffin } from '../../codec/puffin/puffin.js'
import type { DataFile } from '../../format/model.js'
import { createdBy } from '../../parquet/created-by.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import { storeSink } from '../store-sink.js'
import { type DeleteContext, deleteFilePaths } from './delete-context.js'
import type { FileDeletes } from './file-deletes.js'

/** Snapshot and sequence number are those of the manifest entry (Puffin spec). */
const INHERITED = -1n

/**
 * Writes the deletion vectors of some data files. Each replaces every vector and position delete
 * that its data file had: the positions must hold theirs too (spec: "Deletion Vectors").
 */
export async function writeDeletionVectors(
  deletes: readonly FileDeletes[],
  context: DeleteContext,
): Promise<readonly DataFile[]> {
  if (deletes.length === 0) return []
  const blobs = deletes.map(({ file, positions }) => ({
    type: 'deletion-vector-v1',
    fields: [METADATA_COLUMNS.pos.id],
    snapshotId: INHERITED,
    sequenceNumber: INHERITED,
    properties: new Map([
      ['referenced-data-file', file.path],
      ['cardinality', `${positions.cardinality}`],
    ]),
    data: encodeDeletionVector(positions),
  }))
  const puffin = encodePuffin(blobs, new Map([['created-by', createdBy]]))
  const path = deleteFilePaths(context, { specId: 0, fields: [] }, 'puffin')([])
  await storeFile(path, puffin.bytes, context)
  return deletes.map(({ file, positions }, at) => ({
    content: 'position-deletes',
    path,
    format: 'puffin',
    specId: file.specId,
    partition: file.partition,
    recordCount: BigInt(positions.cardinality),
    sizeBytes: BigInt(puffin.bytes.length),
    referencedDataFile: file.path,
    contentOffset: BigInt(puffin.blobs[at]!.offset),
    contentSizeBytes: BigInt(puffin.blobs[at]!.length),
  }))
}

async function storeFile(path: string, bytes: Uint8Array, context: DeleteContext): Promise<void> {
  const sink = storeSink(context.store, path, context.signal, context.onCreate)
  try {
    await sink.write(bytes)
    await sink.close()
  } catch (error) {
    await sink.abort()
    throw error
  }
}
