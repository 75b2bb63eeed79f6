/** Delete files of every kind, written for tests of reading. */
import { RowBatchBuilder } from '../../src/arrow/row-builder.js'
import { AVRO, avroField, avroRecord } from '../../src/codec/avro/schema.js'
import { AvroWriter } from '../../src/codec/avro/writer.js'
import { PositionBitmap } from '../../src/codec/roaring/position-bitmap.js'
import type { Action } from '../../src/commit/action.js'
import { rowDelta } from '../../src/commit/actions/row-delta.js'
import { seededEnv } from '../../src/env/seeded-env.js'
import { currentSchema, currentSnapshot } from '../../src/format/lookup.js'
import type { DataFile, PartitionTuple } from '../../src/format/model.js'
import type { PartitionSpec } from '../../src/partition/model.js'
import { pruneFields } from '../../src/scan/projection.js'
import type { Field, Schema } from '../../src/types/type.js'
import { writeDeletionVectors } from '../../src/write/deletes/deletion-vectors.js'
import { writeEqualityDeletes } from '../../src/write/deletes/equality-deletes.js'
import { writePositionDeletes } from '../../src/write/deletes/position-deletes.js'
import type { WrittenTable } from './written-table.js'

const env = seededEnv(77)
const ignore = (): void => {}

async function contextOf(table: WrittenTable) {
  return { metadata: await table.metadata(), store: table.store, env, onCreate: ignore }
}

export interface Positions {
  readonly file: DataFile
  readonly positions: readonly number[]
}

/** Commits delete files, with data files where some are given. */
export async function commitDeletes(
  table: WrittenTable,
  addedDeletes: readonly DataFile[],
  parts: { readonly added?: readonly DataFile[]; readonly replaced?: readonly DataFile[] } = {},
): Promise<void> {
  const metadata = await table.metadata()
  const action: Action = rowDelta({
    addedFiles: parts.added ?? [],
    addedDeletes,
    removedFiles: [],
    removedDeletes: parts.replaced ?? [],
    touched: [],
    read: { op: 'false' },
    schema: currentSchema(metadata),
    validate: { since: currentSnapshot(metadata)?.snapshotId ?? null, isolation: 'snapshot' },
  })
  await table.commit(action)
}

export async function positionDeletes(
  table: WrittenTable,
  deletes: readonly Positions[],
  options: {
    readonly format: 'parquet' | 'avro'
    readonly granularity: 'file' | 'partition'
    /** Leave out the name of the data file and the bounds that tell it. */
    readonly anonymous?: boolean
  },
): Promise<readonly DataFile[]> {
  if (options.format === 'avro') return [await avroPositions(table, deletes)]
  const sets = deletes.map(({ file, positions }) => ({
    file,
    positions: PositionBitmap.of(positions),
  }))
  const files = await writePositionDeletes(sets, options.granularity, await contextOf(table))
  if (options.anonymous !== true) return files
  return files.map(({ referencedDataFile: _, lowerBounds: _l, upperBounds: _u, ...file }) => file)
}

/** All in one file, in the partition of the first. */
async function avroPositions(
  table: WrittenTable,
  deletes: readonly Positions[],
): Promise<DataFile> {
  const writer = new AvroWriter({
    schema: avroRecord('file_position_delete', [
      avroField(2147483546, 'file_path', AVRO.string),
      avroField(2147483545, 'pos', AVRO.long),
    ]),
    codec: 'deflate',
    metadata: new Map(),
    sync: env.randomBytes(16),
  })
  let rows = 0
  for (const { file, positions } of deletes) {
    for (const position of positions) {
      writer.append([file.path, BigInt(position)])
      rows += 1
    }
  }
  const bytes = writer.finish()
  const { location } = await table.metadata()
  const path = `${location}/data/${Buffer.from(env.randomBytes(8)).toString('hex')}.avro`
  const out = await table.store.writer(path)
  await out.write(bytes)
  await out.close()
  const { specId, partition } = deletes[0]!.file
  return {
    content: 'position-deletes',
    path,
    format: 'avro',
    specId,
    partition,
    recordCount: BigInt(rows),
    sizeBytes: BigInt(bytes.length),
  }
}

export async function deletionVectors(
  table: WrittenTable,
  deletes: readonly Positions[],
): Promise<readonly DataFile[]> {
  const sets = deletes.map(({ file, positions }) => ({
    file,
    positions: PositionBitmap.of(positions),
  }))
  return writeDeletionVectors(sets, await contextOf(table))
}

/** The members of a row that the fields have. */
function projected(fields: readonly Field[], row: object): object {
  const members = row as Record<string, unknown>
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      const member = members[name] ?? null
      const isStruct = type.kind === 'struct' && member !== null
      return [name, isStruct ? projected(type.fields, member as object) : member]
    }),
  )
}

/** An equality delete of rows by some columns of a schema, which may lie inside structs. */
export async function equalityDeletes(
  table: WrittenTable,
  rows: readonly object[],
  target: {
    readonly schema: Schema
    readonly ids: readonly number[]
    readonly spec: PartitionSpec
    readonly partition: PartitionTuple
  },
): Promise<DataFile> {
  const fields = pruneFields(target.schema.fields, new Set(target.ids))
  const schema: Schema = { schemaId: 0, identifierFieldIds: [], fields }
  const builder = new RowBatchBuilder(schema)
  builder.append(rows.map((row) => projected(fields, row)))
  return writeEqualityDeletes(
    [builder.finish()],
    { schema, equalityIds: target.ids, spec: target.spec, partition: target.partition },
    await contextOf(table),
  )
}
