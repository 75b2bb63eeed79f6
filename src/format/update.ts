/**
 * Changes to table metadata and what they require of the base, in the vocabulary of the REST
 * catalog (`TableUpdate`, `TableRequirement`). Actions produce them, `applyUpdates` applies them.
 */

import type { JsonObject } from '../codec/json/value.js'
import type { PartitionSpec, SortOrder } from '../partition/model.js'
import type { Schema } from '../types/type.js'
import type { Snapshot, SnapshotRef } from './model.js'

/** Changes to table metadata, in the vocabulary of the REST catalog. Applied in order. */
export type MetadataUpdate =
  | { readonly action: 'assign-uuid'; readonly uuid: string }
  | { readonly action: 'upgrade-format-version'; readonly formatVersion: 1 | 2 | 3 }
  | { readonly action: 'add-schema'; readonly schema: Schema; readonly lastColumnId?: number }
  /** -1 means the schema that was added last. */
  | { readonly action: 'set-current-schema'; readonly schemaId: number }
  | { readonly action: 'add-spec'; readonly spec: PartitionSpec }
  | { readonly action: 'set-default-spec'; readonly specId: number }
  | { readonly action: 'remove-partition-specs'; readonly specIds: readonly number[] }
  | { readonly action: 'remove-schemas'; readonly schemaIds: readonly number[] }
  | { readonly action: 'add-sort-order'; readonly sortOrder: SortOrder }
  | { readonly action: 'set-default-sort-order'; readonly sortOrderId: number }
  | { readonly action: 'add-snapshot'; readonly snapshot: Snapshot }
  | { readonly action: 'set-snapshot-ref'; readonly name: string; readonly ref: SnapshotRef }
  | { readonly action: 'remove-snapshot-ref'; readonly name: string }
  | { readonly action: 'remove-snapshots'; readonly snapshotIds: readonly bigint[] }
  /** Replaces the entry of the same snapshot; `statistics` is the JSON entry with `snapshot-id`. */
  | { readonly action: 'set-statistics'; readonly statistics: JsonObject }
  | { readonly action: 'remove-statistics'; readonly snapshotId: bigint }
  | { readonly action: 'set-partition-statistics'; readonly partitionStatistics: JsonObject }
  | { readonly action: 'remove-partition-statistics'; readonly snapshotId: bigint }
  | { readonly action: 'add-encryption-key'; readonly encryptionKey: JsonObject }
  | { readonly action: 'remove-encryption-key'; readonly keyId: string }
  | { readonly action: 'set-location'; readonly location: string }
  | { readonly action: 'set-properties'; readonly set: ReadonlyMap<string, string> }
  | { readonly action: 'remove-properties'; readonly remove: readonly string[] }

/** What must still be true of the table for the updates to mean what they meant. */
export type Requirement =
  | { readonly type: 'assert-create' }
  | { readonly type: 'assert-table-uuid'; readonly uuid: string }
  /** `snapshotId: undefined` asserts that the ref does not exist. */
  | {
      readonly type: 'assert-ref-snapshot-id'
      readonly ref: string
      readonly snapshotId: bigint | undefined
    }
  | { readonly type: 'assert-last-assigned-field-id'; readonly id: number }
  | { readonly type: 'assert-current-schema-id'; readonly id: number }
  | { readonly type: 'assert-last-assigned-partition-id'; readonly id: number }
  | { readonly type: 'assert-default-spec-id'; readonly id: number }
  | { readonly type: 'assert-default-sort-order-id'; readonly id: number }
