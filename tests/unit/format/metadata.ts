/** Small pieces of metadata for the format tests. */
import type { DataFile, FormatVersion, Snapshot, TableMetadata } from '../../../src/format/model.js'
import { newTableMetadata } from '../../../src/format/new-table.js'
import { buildSchema } from '../../../src/types/build-schema.js'
import { t } from '../../../src/types/builder.js'

export const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e'

/** A new table with columns id (long) and name (string), unpartitioned, made at 1000 ms. */
export function baseMetadata(formatVersion: FormatVersion = 2): TableMetadata {
  const { schema } = buildSchema({ id: t.long().required(), name: t.string() })
  return newTableMetadata({ schema, location: '/w/t', uuid: UUID, nowMs: 1000, formatVersion })
}

/** A snapshot that fits a base without checking anything. */
export function snapshot(
  snapshotId: bigint,
  sequenceNumber: bigint,
  more: Partial<Snapshot> = {},
): Snapshot {
  return {
    snapshotId,
    sequenceNumber,
    timestampMs: 1000 + Number(sequenceNumber) * 10,
    manifestList: `/w/t/metadata/snap-${snapshotId}.avro`,
    summary: new Map([['operation', 'append']]),
    schemaId: 0,
    ...more,
  }
}

export const emptyFile: DataFile = {
  content: 'data',
  path: '/f',
  format: 'parquet',
  specId: 0,
  partition: [],
  recordCount: 0n,
  sizeBytes: 0n,
}
