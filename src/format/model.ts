/**
 * The format's objects as plain data: table metadata, snapshots, refs, manifest lists and manifests
 * (spec: "Table Metadata", "Snapshots", "Manifests", "Manifest Lists"). 64-bit ids are bigint.
 * `extra` holds JSON members that this version does not know, written back verbatim.
 */
import type { JsonObject } from '../codec/json/value.js'
import type { PartitionSpec, SortOrder } from '../partition/model.js'
import type { Datum } from '../types/datum.js'
import type { Schema } from '../types/type.js'

export type FormatVersion = 1 | 2 | 3
export type SnapshotOperation = 'append' | 'replace' | 'overwrite' | 'delete'

export interface Snapshot {
  readonly snapshotId: bigint
  readonly parentSnapshotId?: bigint
  /** 0 for v1 snapshots. */
  readonly sequenceNumber: bigint
  readonly timestampMs: number
  /** Absent only for v1 snapshots that list `manifests` inline. */
  readonly manifestList?: string
  /** v1 only: manifest paths listed inline. */
  readonly manifests?: readonly string[]
  /** Always has `operation` when written by us; v1 snapshots may have no summary. */
  readonly summary?: ReadonlyMap<string, string>
  readonly schemaId?: number
  /** v3 row lineage. */
  readonly firstRowId?: bigint
  readonly addedRows?: bigint
  readonly keyId?: string
  readonly extra?: JsonObject
}

export interface SnapshotRef {
  readonly snapshotId: bigint
  readonly type: 'branch' | 'tag'
  readonly minSnapshotsToKeep?: number
  readonly maxSnapshotAgeMs?: bigint
  readonly maxRefAgeMs?: bigint
  readonly extra?: JsonObject
}

export interface SnapshotLogEntry {
  readonly snapshotId: bigint
  readonly timestampMs: number
  readonly extra?: JsonObject
}

export interface MetadataLogEntry {
  readonly metadataFile: string
  readonly timestampMs: number
  readonly extra?: JsonObject
}

export interface TableMetadata {
  readonly formatVersion: FormatVersion
  /** Canonical lower case. Empty only for a v1 table that has none yet: the next commit adds it. */
  readonly tableUuid: string
  /** Absolute, without a trailing slash. */
  readonly location: string
  readonly lastSequenceNumber: bigint
  readonly lastUpdatedMs: number
  readonly lastColumnId: number
  readonly schemas: readonly Schema[]
  readonly currentSchemaId: number
  readonly partitionSpecs: readonly PartitionSpec[]
  readonly defaultSpecId: number
  readonly lastPartitionId: number
  readonly sortOrders: readonly SortOrder[]
  readonly defaultSortOrderId: number
  readonly properties: ReadonlyMap<string, string>
  readonly currentSnapshotId?: bigint
  readonly snapshots: readonly Snapshot[]
  readonly snapshotLog: readonly SnapshotLogEntry[]
  readonly metadataLog: readonly MetadataLogEntry[]
  /** Holds `main` whenever there is a current snapshot. */
  readonly refs: ReadonlyMap<string, SnapshotRef>
  /** Entries of `statistics`, `partition-statistics` and `encryption-keys`, carried as they are. */
  readonly statistics: readonly JsonObject[]
  readonly partitionStatistics: readonly JsonObject[]
  readonly encryptionKeys: readonly JsonObject[]
  /** v3 row lineage; undefined below v3. */
  readonly nextRowId?: bigint
  readonly extra?: JsonObject
}

export type ManifestContent = 'data' | 'deletes'
export type FileContent = 'data' | 'position-deletes' | 'equality-deletes'
export type FileFormat = 'parquet' | 'avro' | 'orc' | 'puffin'

/** Summary of one partition field over a manifest; bounds in binary single-value form. */
export interface FieldSummary {
  readonly containsNull: boolean
  readonly containsNan?: boolean
  readonly lowerBound?: Uint8Array
  readonly upperBound?: Uint8Array
}

/** One entry of a manifest list. Undefined counts (v1) mean "unknown: assume some". */
export interface ManifestFile {
  readonly path: string
  readonly length: bigint
  readonly specId: number
  readonly content: ManifestContent
  readonly sequenceNumber: bigint
  readonly minSequenceNumber: bigint
  readonly addedSnapshotId: bigint
  readonly addedFilesCount?: number
  readonly existingFilesCount?: number
  readonly deletedFilesCount?: number
  readonly addedRowsCount?: bigint
  readonly existingRowsCount?: bigint
  readonly deletedRowsCount?: bigint
  readonly partitions?: readonly FieldSummary[]
  readonly keyMetadata?: Uint8Array
  readonly firstRowId?: bigint
}

/** A partition tuple in spec field order; null is null. */
export type PartitionTuple = readonly (Datum | null)[]

/** Column metrics by field id; bounds in binary single-value form. */
export interface FileMetrics {
  readonly columnSizes?: ReadonlyMap<number, bigint>
  readonly valueCounts?: ReadonlyMap<number, bigint>
  readonly nullValueCounts?: ReadonlyMap<number, bigint>
  readonly nanValueCounts?: ReadonlyMap<number, bigint>
  readonly lowerBounds?: ReadonlyMap<number, Uint8Array>
  readonly upperBounds?: ReadonlyMap<number, Uint8Array>
}

/** A data or delete file as manifests describe it. */
export interface DataFile extends FileMetrics {
  readonly content: FileContent
  readonly path: string
  readonly format: FileFormat
  readonly specId: number
  readonly partition: PartitionTuple
  readonly recordCount: bigint
  readonly sizeBytes: bigint
  readonly keyMetadata?: Uint8Array
  readonly splitOffsets?: readonly bigint[]
  readonly equalityIds?: readonly number[]
  readonly sortOrderId?: number
  readonly firstRowId?: bigint
  readonly referencedDataFile?: string
  readonly contentOffset?: bigint
  readonly contentSizeBytes?: bigint
}

export type EntryStatus = 'existing' | 'added' | 'deleted'

/** A manifest entry after inheritance: every number explicit. */
export interface ManifestEntry {
  readonly status: EntryStatus
  readonly snapshotId: bigint
  /** Data sequence number. */
  readonly sequenceNumber: bigint
  readonly fileSequenceNumber: bigint
  readonly file: DataFile
}
