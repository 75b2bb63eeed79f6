/** moraine: Apache Iceberg tables for TypeScript. Arrow and wasm load when a scan or write needs them. */

export type { DroppedTable } from './catalog/catalog.js'
export type { TableName } from './catalog/identifier.js'
export type { TableIdentifier } from './commit/contract.js'
export type { Env, EnvOverrides, Limits } from './env/env.js'
export { defaultLimits } from './env/limits.js'
export {
  Aborted,
  AlreadyExists,
  CommitConflict,
  type CommitConflictOptions,
  CommitStateUnknown,
  type Committed,
  type ConflictKind,
  CorruptData,
  type ErrorCode,
  type ErrorDetails,
  InternalBug,
  InvalidArgument,
  LimitExceeded,
  LocationDenied,
  MoraineError,
  NotFound,
  type NotFoundKind,
  type Retry,
  StoreUnavailable,
  Unsupported,
  ValidationError,
} from './errors.js'
export { alwaysFalse, alwaysTrue, and, col, not, or, type TermBuilder } from './expr/build.js'
export type { Predicate, Term } from './expr/predicate.js'
export { parsePredicate, sql } from './expr/sql.js'
export { bucket, day, hour, identity, month, truncate, year } from './expr/terms.js'
export { type Expression, expr } from './expr/value.js'
export type {
  DataFile,
  FormatVersion,
  SnapshotLogEntry,
  SnapshotRef,
  TableMetadata,
} from './format/model.js'
export type { Inspect } from './inspect/inspect.js'
export type { MetadataTable } from './inspect/metadata-table.js'
export type { ShapeVersion } from './inspect/shape-history.js'
export type { VerifyReport, Violation, ViolationCode } from './maintenance/violation.js'
export type {
  PartitionField,
  PartitionSpec,
  SortField,
  SortOrder,
  Transform,
} from './partition/model.js'
export {
  asc,
  desc,
  type PartitionTerm,
  type PartitionTermOf,
  type SortTerm,
  type SortTermOf,
} from './partition/terms.js'
export type { ScanTask } from './scan/contract.js'
export type { ScanReport } from './scan/explain.js'
export type {
  CreateOutcome,
  DeleteFailure,
  ObjectInfo,
  ObjectWriter,
  Store,
} from './store/store.js'
export { Catalog, type CreateTableOptions, type ResolvedCommit } from './table/catalog.js'
export type { CommitResult } from './table/commit-result.js'
export type {
  CompactedGroup,
  CompactOptions,
  CompactProgress,
  CompactResult,
  RewriteDeletesResult,
  RewriteOptions,
} from './table/compact-options.js'
export { type ConnectOptions, connect, type GroupCommitOptions } from './table/connect.js'
export type { DeleteKeysOptions, UpsertOptions } from './table/equality.js'
export type { Merge, MergeSource } from './table/merge.js'
export type {
  ConditionText,
  InsertOf,
  MergeSetOf,
  SetOf,
  ValueExpression,
  WhenMatched,
  WhenNotMatched,
  WhenNotMatchedBySource,
} from './table/merge-clauses.js'
export { type OpenTableOptions, openTable } from './table/open-table.js'
export type { RefInfo, RefOptions } from './table/refs.js'
export type { RowLevelOptions } from './table/row-level.js'
export { Scan, type ScanOptions, type Where } from './table/scan.js'
export { Snapshot, type SnapshotInfo } from './table/snapshot.js'
export { Table } from './table/table.js'
export { TableView } from './table/table-view.js'
export type { AsOf, AsOfOptions } from './table/time-travel.js'
export type { Transaction } from './table/transaction.js'
export type {
  AppendOptions,
  CommitOptions,
  ShapeOptions,
  WriteOptions,
} from './table/write-options.js'
export type { OverwriteTarget, RowsInput } from './table/writes.js'
export { type Column, t } from './types/builder.js'
export { encodeRow } from './types/encode-row.js'
export type { ConversionOptions } from './types/from-datum.js'
export type { InputOf, RowOf, SchemaShape, SelectOf, UnknownSchema } from './types/infer.js'
export type { ShapeChange, ShapeChangeKind } from './types/schema-diff.js'
export type { SchemaEditor } from './types/schema-editor.js'
export type { Field, Schema, Type } from './types/type.js'
export { Variant } from './types/variant.js'
export { VariantScalar, type VariantScalarType } from './types/variant-scalar.js'
export type { WriteProgress } from './write/write-data-files.js'
