/**
 * The catalog port: backends know names, locations, metadata and commits; they do not know tables,
 * scans or writers.
 */
import type { CommitTarget } from '../commit/commit-target.js'
import type { LoadedTable, TableIdentifier } from '../commit/contract.js'
import type { TableMetadata } from '../format/model.js'
import type { DeleteFailure, Store } from '../store/store.js'

export interface CatalogCallOptions {
  readonly signal?: AbortSignal | undefined
}

/** What came of a commit whose outcome had been unknown. */
export type ResolvedOutcome =
  /** `table` is the version that was published; undefined for a drop, or when it is gone by now. */
  | { readonly outcome: 'committed'; readonly table: LoadedTable | undefined }
  | { readonly outcome: 'not-committed' }

/**
 * One catalog. Namespaces are lists of levels; `[]` is the root, which always exists. Methods that
 * change something resolve only when the change is committed, and reject with `CommitStateUnknown`
 * when that cannot be found out.
 */
/** What became of a table's files. */
export interface DroppedTable {
  /** Files that a purge left, each with the reason; empty without a purge. Nobody refers to them. */
  readonly notDeleted: readonly DeleteFailure[]
}

export interface CatalogBackend {
  readonly kind: string
  /** Where a table of this name is, or would be made. Throws `InvalidArgument` for a bad name. */
  tableLocation(table: TableIdentifier): string
  /** Namespaces directly below `parent`, sorted. Throws `NotFound('namespace')`. */
  listNamespaces(
    parent?: readonly string[],
    options?: CatalogCallOptions,
  ): Promise<readonly (readonly string[])[]>
  namespaceExists(namespace: readonly string[]): Promise<boolean>
  /** Throws `AlreadyExists`. */
  createNamespace(namespace: readonly string[]): Promise<void>
  /** Throws `NotFound('namespace')`, and `InvalidArgument` while it holds tables or namespaces. */
  dropNamespace(namespace: readonly string[]): Promise<void>
  /** Tables of exactly this namespace, sorted. Throws `NotFound('namespace')`. */
  listTables(
    namespace: readonly string[],
    options?: CatalogCallOptions,
  ): Promise<readonly TableIdentifier[]>
  tableExists(table: TableIdentifier): Promise<boolean>
  /** Throws `NotFound('table')`. */
  loadTable(table: TableIdentifier, options?: CatalogCallOptions): Promise<LoadedTable>
  /**
   * One older version of the metadata, by its number. Throws `NotFound('file')`, also for a version
   * whose metadata was retired, and `Unsupported` where versions have no numbers.
   */
  loadVersion(table: TableIdentifier, version: number): Promise<LoadedTable>
  /** Makes a table from its first metadata. Throws `AlreadyExists`. */
  createTable(table: TableIdentifier, metadata: TableMetadata): Promise<LoadedTable>
  /** Throws `NotFound('table')`; with `purge` its files are deleted too, as far as the store lets. */
  dropTable(table: TableIdentifier, options?: { readonly purge?: boolean }): Promise<DroppedTable>
  /** Throws `Unsupported` where paths or pointers do not allow it. */
  renameTable(from: TableIdentifier, to: TableIdentifier): Promise<void>
  registerTable(table: TableIdentifier, metadataLocation: string): Promise<LoadedTable>
  /** What commits to this table are published to. */
  target(table: TableIdentifier): CommitTarget
  /** The store, confined to what this table may read and write. */
  storeFor(table: TableIdentifier): Store
  /** Settles a commit by the token of its `CommitStateUnknown`. */
  resolveCommit(token: string): Promise<ResolvedOutcome>
  close(): Promise<void>
}
