/** `TableMetadata` → JSON, with the members and their order of the reference. */
import { encodeJson } from '../codec/json/stringify.js'
import { type JsonObject, type JsonValue, jsonInt, jsonLong } from '../codec/json/value.js'
import { sortOrderJson } from '../partition/sort-order-json.js'
import { partitionFieldsJson, partitionSpecJson } from '../partition/spec-json.js'
import { schemaJson } from '../types/schema-json.js'
import { currentSchema, defaultSpec } from './lookup.js'
import type { TableMetadata } from './model.js'
import {
  metadataLogEntryJson,
  optional,
  snapshotJson,
  snapshotLogEntryJson,
  snapshotRefJson,
  stringMapJson,
  withExtra,
} from './snapshot-json.js'

/** The bytes of a plain (not gzip'd) metadata file. */
export function encodeTableMetadata(metadata: TableMetadata): Uint8Array {
  return encodeJson(tableMetadataJson(metadata))
}

/** Table metadata as JSON. Unknown members follow the known ones. */
export function tableMetadataJson(metadata: TableMetadata): JsonObject {
  const v1 = metadata.formatVersion === 1
  const { statistics, partitionStatistics, encryptionKeys } = metadata
  return withExtra(
    [
      ['format-version', jsonInt(metadata.formatVersion)],
      ['table-uuid', metadata.tableUuid === '' ? undefined : metadata.tableUuid],
      ['location', metadata.location],
      ['last-sequence-number', v1 ? undefined : jsonLong(metadata.lastSequenceNumber)],
      ['last-updated-ms', jsonInt(metadata.lastUpdatedMs)],
      ['last-column-id', jsonInt(metadata.lastColumnId)],
      // Spec, "Table Metadata Fields": v1 readers know only the current schema and spec.
      ['schema', v1 ? schemaJson(currentSchema(metadata)) : undefined],
      ['current-schema-id', jsonInt(metadata.currentSchemaId)],
      ['schemas', metadata.schemas.map(schemaJson)],
      ['partition-spec', v1 ? partitionFieldsJson(defaultSpec(metadata).fields) : undefined],
      ['default-spec-id', jsonInt(metadata.defaultSpecId)],
      ['partition-specs', metadata.partitionSpecs.map(partitionSpecJson)],
      ['last-partition-id', jsonInt(metadata.lastPartitionId)],
      ['default-sort-order-id', jsonInt(metadata.defaultSortOrderId)],
      ['sort-orders', metadata.sortOrders.map(sortOrderJson)],
      ['properties', stringMapJson(metadata.properties)],
      ['current-snapshot-id', currentSnapshotIdJson(metadata)],
      ['next-row-id', optional(metadata.nextRowId, jsonLong)],
      ['encryption-keys', encryptionKeys.length === 0 ? undefined : encryptionKeys],
      ['refs', refsJson(metadata)],
      ['snapshots', metadata.snapshots.map(snapshotJson)],
      ['statistics', statistics],
      ['partition-statistics', partitionStatistics],
      ['snapshot-log', metadata.snapshotLog.map(snapshotLogEntryJson)],
      ['metadata-log', metadata.metadataLog.map(metadataLogEntryJson)],
    ],
    metadata.extra,
  )
}

/** Below v3 the reference writes -1 for "none", and older readers expect a number. */
function currentSnapshotIdJson(metadata: TableMetadata): JsonValue {
  if (metadata.currentSnapshotId !== undefined) return jsonLong(metadata.currentSnapshotId)
  return metadata.formatVersion >= 3 ? null : jsonLong(-1n)
}

function refsJson(metadata: TableMetadata): JsonObject {
  const refs = new Map<string, JsonValue>()
  for (const [name, ref] of metadata.refs) refs.set(name, snapshotRefJson(ref))
  return refs
}
