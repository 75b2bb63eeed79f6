/** Table metadata while updates are applied to it: a mutable copy and notes on what was done. */

import type { JsonObject } from '../codec/json/value.js'
import type { PartitionSpec, SortOrder } from '../partition/model.js'
import type { Schema } from '../types/type.js'
import type {
  FormatVersion,
  Snapshot,
  SnapshotLogEntry,
  SnapshotRef,
  TableMetadata,
} from './model.js'

export interface MetadataDraft {
  readonly base: TableMetadata
  /** Time of this change; later than everything in the base. */
  readonly lastUpdatedMs: number
  /** Whether anything differs from the base. */
  changed: boolean
  formatVersion: FormatVersion
  tableUuid: string
  location: string
  lastSequenceNumber: bigint
  lastColumnId: number
  readonly schemas: Schema[]
  currentSchemaId: number
  readonly partitionSpecs: PartitionSpec[]
  defaultSpecId: number
  lastPartitionId: number
  readonly sortOrders: SortOrder[]
  defaultSortOrderId: number
  readonly properties: Map<string, string>
  currentSnapshotId: bigint | undefined
  snapshots: Snapshot[]
  snapshotLog: SnapshotLogEntry[]
  readonly refs: Map<string, SnapshotRef>
  statistics: JsonObject[]
  partitionStatistics: JsonObject[]
  encryptionKeys: JsonObject[]
  nextRowId: bigint | undefined
  /** Ids meant by -1 in `set-current-schema`, `set-default-spec` and `set-default-sort-order`. */
  lastAddedSchemaId: number | undefined
  lastAddedSpecId: number | undefined
  lastAddedOrderId: number | undefined
  /** Snapshots added by these updates. */
  readonly addedSnapshots: Map<bigint, Snapshot>
  /** Snapshots added by these updates that `main` was set to, even if only for a moment. */
  readonly becameCurrent: Set<bigint>
  snapshotsRemoved: boolean
}

export function draftOf(base: TableMetadata, lastUpdatedMs: number): MetadataDraft {
  return {
    base,
    lastUpdatedMs,
    changed: false,
    formatVersion: base.formatVersion,
    tableUuid: base.tableUuid,
    location: base.location,
    lastSequenceNumber: base.lastSequenceNumber,
    lastColumnId: base.lastColumnId,
    schemas: [...base.schemas],
    currentSchemaId: base.currentSchemaId,
    partitionSpecs: [...base.partitionSpecs],
    defaultSpecId: base.defaultSpecId,
    lastPartitionId: base.lastPartitionId,
    sortOrders: [...base.sortOrders],
    defaultSortOrderId: base.defaultSortOrderId,
    properties: new Map(base.properties),
    currentSnapshotId: base.currentSnapshotId,
    snapshots: [...base.snapshots],
    snapshotLog: [...base.snapshotLog],
    refs: new Map(base.refs),
    statistics: [...base.statistics],
    partitionStatistics: [...base.partitionStatistics],
    encryptionKeys: [...base.encryptionKeys],
    nextRowId: base.nextRowId,
    lastAddedSchemaId: undefined,
    lastAddedSpecId: undefined,
    lastAddedOrderId: undefined,
    addedSnapshots: new Map(),
    becameCurrent: new Set(),
    snapshotsRemoved: false,
  }
}
