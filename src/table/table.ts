import { fastForward, removeRef } from '../commit/actions/set-ref.js'
import { upgradeFormat } from '../commit/actions/upgrade-format.js'
import type { FormatVersion, SnapshotLogEntry } from '../format/model.js'
import { Inspect } from '../inspect/inspect.js'
import type { VerifyReport } from '../maintenance/violation.js'
import type { SpecEditor } from '../partition/spec-editor.js'
import type { SortTermOf } from '../partition/terms.js'
import type { SchemaInput } from '../types/build-schema.js'
import type { InputOf, SelectPathOf } from '../types/infer.js'
import type { SchemaEditor } from '../types/schema-editor.js'
import { checkChoice, checkOptions } from '../util/check-options.js'
import type { SetValues } from '../write/changes/assignments.js'
import { addExistingFiles } from './add-files.js'
import type { CommitResult } from './commit-result.js'
import { compactTable } from './compact.js'
import type {
  CompactOptions,
  CompactResult,
  RewriteDeletesResult,
  RewriteOptions,
} from './compact-options.js'
import {
  checkDeleteKeys,
  commitEqualityChange,
  type DeleteKeysOptions,
  deleteKeysChange,
  keyedBy,
  type UpsertOptions,
  upsertChange,
  upsertMode,
} from './equality.js'
import { checkSet, Merge, type MergeSource, upsertRows } from './merge.js'
import type { SetOf } from './merge-clauses.js'
import { createNamedRef, type RefInfo, type RefOptions, refInfos, rollbackTo } from './refs.js'
import { rewriteTableDeletes } from './rewrite-deletes.js'
import {
  type ChangeRunner,
  checkRowOptions,
  commitChange,
  type RowLevelOptions,
} from './row-level.js'
import type { Scan, ScanOptions, Selected, Where } from './scan.js'
import {
  type PropertyChange,
  propertiesAction,
  schemaAction,
  sortOrderAction,
  specAction,
} from './shape.js'
import { Snapshot, type SnapshotInfo, snapshotInfo } from './snapshot.js'
import { advance, commit, currentHead, type TableState } from './state.js'
import { TableView } from './table-view.js'
import { type AsOf, type AsOfOptions, resolveAsOf } from './time-travel.js'
import { runTransaction, type Transaction, type TransactionOptions } from './transaction.js'
import {
  type AppendOptions,
  type CommitOptions,
  checkShapeOptions,
  checkWriteOptions,
  type ShapeOptions,
  type WriteOptions,
} from './write-options.js'
import {
  appendRows,
  deleteRows,
  type OverwriteTarget,
  overwriteRows,
  type RowsInput,
  replacePartitionRows,
  updateRows,
} from './writes.js'

/**
 * A table. The handle is live: its own commits advance it and `refresh` reloads it; every read pins
 * the metadata that it began with. Every call that changes the table is one atomic commit.
 */
export class Table<S> extends TableView {
  readonly #change: ChangeRunner<CommitResult> = async (operation, options, make) =>
    commitChange(this.#live, operation, options, make)

  /** The state, while the connection is open. */
  get #live(): TableState {
    this.state.context.assertOpen()
    return this.state
  }

  /** Reloads the table, so that reads see what others have committed. */
  async refresh(options?: { readonly signal?: AbortSignal }): Promise<this> {
    checkOptions(options, ['signal'], 'refresh')
    advance(this.state, await this.#live.target.load(options?.signal))
    return this
  }

  // Reading

  /** A read of the newest snapshot that this handle knows, pinned now. */
  scan<const P extends SelectPathOf<S> = never>(options?: ScanOptions<S, P>): Scan<Selected<S, P>> {
    return this.current().scan(options)
  }

  /** The newest snapshot that this handle knows, as an immutable view. */
  current(): Snapshot<S> {
    return new Snapshot<S>(this.metadata, currentHead(this.state), this.schema, this.state.context)
  }

  /**
   * The table as it was: `{ snapshot: 123n }`, `{ time: '2026-01-31T00:00:00Z' }`, `{ ref: 'audit' }`
   * or `{ version: 7 }`. A branch reads with the current schema, everything else with the schema of
   * its snapshot; `{ schema: 'current' | 'snapshot' }` chooses.
   *
   * @throws NotFound for a snapshot, time, ref or version that the table does not hold (any more).
   */
  async asOf(at: AsOf, options?: AsOfOptions): Promise<Snapshot<S>> {
    const { metadata, snapshot, schema } = await resolveAsOf(this.state, at, options)
    return new Snapshot<S>(metadata, snapshot, schema, this.state.context)
  }

  /** Every snapshot that the table holds, oldest first; staged and rolled-back ones too. */
  snapshots(): readonly SnapshotInfo[] {
    return this.metadata.snapshots.map(snapshotInfo)
  }

  /** What was current when: the snapshot log, oldest first. */
  history(): readonly SnapshotLogEntry[] {
    return this.metadata.snapshotLog
  }

  /** Metadata tables of the current snapshot: files, manifests, partitions …, as rows or Arrow. */
  get inspect(): Inspect {
    const { store, env } = this.#live.context
    const { metadata, metadataLocation } = this
    return new Inspect({ metadata, metadataLocation, store, env })
  }

  /** Branches and tags, by name. */
  refs(): readonly RefInfo[] {
    return refInfos(this.metadata)
  }

  // Writing

  /**
   * Adds rows: an array, an Arrow table, batches or IPC bytes, or a sync or async iterable of them.
   * Streams in bounded memory.
   *
   * With `groupCommit` many small appends at a time share a snapshot.
   *
   * @throws ValidationError naming row, column and value; CommitConflict; CommitStateUnknown.
   */
  async append(rows: RowsInput<InputOf<S>>, options?: AppendOptions): Promise<CommitResult> {
    checkWriteOptions(options, 'append', ['groupCommit'])
    return appendRows(this.#live, rows, options)
  }

  /**
   * Replaces rows: all of them with `{ all: true }`, or those that match `where`. A file that
   * matches in part is rewritten without these rows, or given deletes (`mode`).
   */
  async overwrite(
    rows: RowsInput<InputOf<S>>,
    options: OverwriteTarget<S> & RowLevelOptions,
  ): Promise<CommitResult> {
    checkRowOptions(options, 'overwrite', ['where', 'all'])
    return overwriteRows(this.#live, rows, options)
  }

  /** Replaces the partitions that the rows fall into; an unpartitioned table altogether. */
  async replacePartitions(
    rows: RowsInput<InputOf<S>>,
    options?: WriteOptions,
  ): Promise<CommitResult> {
    checkWriteOptions(options, 'replacePartitions')
    return replacePartitionRows(this.#live, rows, options)
  }

  /**
   * Adopts existing Parquet files without copying them: they must lie under the table's location or
   * a `readRoot`. Columns are matched by field id, or by name for files without ids (a name mapping is
   * then set); identity partition values come from Hive-style folders (`city=Oslo`).
   *
   * @throws InvalidArgument naming the column or partition field that does not fit, AlreadyExists
   * for a file that the table holds, LocationDenied for one outside its places.
   */
  async addFiles(paths: readonly string[], options?: CommitOptions): Promise<CommitResult> {
    checkWriteOptions(options, 'addFiles')
    return addExistingFiles(this.#live, paths, options)
  }

  /** Deletes the rows that match. `undefined` is an error, never "everything". */
  async delete(where: Where<S>, options?: RowLevelOptions): Promise<CommitResult> {
    checkRowOptions(options, 'delete')
    return deleteRows(this.#live, where, options)
  }

  /**
   * Gives the rows that match new values: `update(col('city').eq('Oslo'), { fare: '0.00' })`. A value
   * may be a column (`col('list_price')`) or a function of the row (`(r) => r.n + 1n`).
   */
  async update(where: Where<S>, set: SetOf<S>, options?: RowLevelOptions): Promise<CommitResult> {
    checkRowOptions(options, 'update')
    checkSet(set)
    return updateRows(this.#change, where, set as SetValues, options)
  }

  /**
   * Replaces the rows that have the key of a given row, and adds those whose key is new. The key is
   * `on`, by default the identifier fields. The rows are held in memory. With `mode:
   * 'equality-deletes'` the table is not read, and only keys are held.
   *
   * @throws ValidationError when two rows have one key, or a key is null, before anything is written.
   */
  async upsert(
    rows: RowsInput<InputOf<S>>,
    options?: UpsertOptions<keyof InputOf<S> & string>,
  ): Promise<CommitResult> {
    if (upsertMode(options) === 'equality-deletes') {
      return commitEqualityChange(
        this.#live,
        keyedBy('upsert', options),
        upsertChange(rows, options),
      )
    }
    const { on, ...rest } = (options ?? {}) as UpsertOptions & RowLevelOptions
    return upsertRows(this.#change, rows, on, options === undefined ? undefined : rest)
  }

  /**
   * Deletes the rows that have the key of a given row, by equality deletes: nothing of the table is
   * read, and the keys stream. The rows need the columns of the key alone (`on`, by default the
   * identifier fields); null equals null. Rows committed after this are not deleted.
   *
   * @throws InvalidArgument for a key that cannot be compared: floats, lists, maps, variants.
   */
  async deleteKeys(
    rows: RowsInput<Partial<InputOf<S>>>,
    options?: DeleteKeysOptions<keyof InputOf<S> & string>,
  ): Promise<CommitResult> {
    checkDeleteKeys(options)
    const own = keyedBy('deleteKeys', options)
    return commitEqualityChange(this.#live, own, deleteKeysChange(rows, options))
  }

  /**
   * Begins a merge: `table.merge(rows).on('id').whenMatched({ update: 'all' })
   * .whenNotMatched({ insert: 'all' }).run()`. A source whose columns are not the table's names
   * them: `merge(changes, { schema: { … } })`.
   */
  merge<const Source extends SchemaInput = never>(
    source: RowsInput<InputOf<[Source] extends [never] ? S : Source>>,
    options?: MergeSource<Source>,
  ): Merge<S, CommitResult, [Source] extends [never] ? S : Source> {
    return new Merge(this.#change, source, options as MergeSource<never> | undefined)
  }

  /**
   * Runs `fn` once, collecting its changes, and commits them together. Reads of `tx` see the table as
   * it was plus what was staged. A throw abandons everything. Under `serializable`, the default, it is
   * refused when others have changed rows that it has read; under `snapshot` only when they have
   * changed rows that it changes.
   */
  async transaction<R>(
    fn: (tx: Transaction<S>) => Promise<R>,
    options?: TransactionOptions,
  ): Promise<R> {
    checkOptions(options, ['signal', 'ifSnapshot', 'isolation'], 'transaction')
    checkWriteOptions(options, 'transaction')
    return runTransaction<S, R>(this.#live, fn, options)
  }

  // Upkeep

  /**
   * Rewrites data files that are too small, too large or have many deletes, partition by partition:
   * the rows stay the same, deletes are applied, row ids are kept. One commit, of operation
   * `replace`; it conflicts with deletes of rows that it rewrites, not with appends.
   *
   * @throws CommitConflict; CommitStateUnknown
   */
  async compact(options?: CompactOptions<S>): Promise<CompactResult> {
    return compactTable<S>(this.#live, options)
  }

  /**
   * Puts position deletes into fewer files, from format 3 on into deletion vectors, and takes delete
   * files out of the table that apply to nothing. The rows stay the same.
   *
   * @throws CommitConflict; CommitStateUnknown
   */
  async rewriteDeletes(options?: RewriteOptions): Promise<RewriteDeletesResult> {
    return rewriteTableDeletes(this.#live, options)
  }

  // Shape

  /**
   * Changes the schema without rewriting data: `(s) => s.addColumn('tip', t.double())`. All changes
   * of one call are checked together and committed together. `fn` must depend on nothing but the
   * editor: it is called again on the newer schema when another writer was first. Resolves to this
   * handle, typed by the new schema.
   *
   * @throws InvalidArgument naming the column and what stands against the change; nothing is changed.
   */
  async updateSchema<S2>(
    fn: (editor: SchemaEditor<S>) => SchemaEditor<S2>,
    options?: ShapeOptions,
  ): Promise<Table<S2>> {
    checkShapeOptions(options, 'updateSchema')
    await commit(this.#live, [schemaAction(fn)], options)
    return this as unknown as Table<S2>
  }

  /**
   * Changes how new files are partitioned: `(s) => s.addField(month('at')).removeField('id_bucket')`.
   * Existing files keep the spec they were written with.
   */
  async updateSpec(
    fn: (editor: SpecEditor<S>) => SpecEditor<S>,
    options?: ShapeOptions,
  ): Promise<CommitResult> {
    checkShapeOptions(options, 'updateSpec')
    return commit(this.#live, [specAction(fn)], options)
  }

  /** Changes how rows are sorted inside new files; an empty array means unsorted. */
  async updateSortOrder(
    terms: readonly SortTermOf<S>[],
    options?: ShapeOptions,
  ): Promise<CommitResult> {
    checkShapeOptions(options, 'updateSortOrder')
    return commit(this.#live, [sortOrderAction(terms)], options)
  }

  /** Upgrades the format version; there is no way back. */
  async upgradeFormat(version: FormatVersion, options?: ShapeOptions): Promise<CommitResult> {
    checkShapeOptions(options, 'upgradeFormat')
    return commit(this.#live, [upgradeFormat(version)], options)
  }

  /** Sets and removes table properties. */
  async updateProperties(change: PropertyChange, options?: ShapeOptions): Promise<CommitResult> {
    checkShapeOptions(options, 'updateProperties')
    return commit(this.#live, [propertiesAction(change)], options)
  }

  // History

  /** Makes an earlier snapshot current again; later ones stay readable by their ids. */
  async rollback(
    to: { readonly snapshot: bigint } | { readonly time: string | Date | number },
    options?: ShapeOptions,
  ): Promise<CommitResult> {
    return rollbackTo(this.#live, to, options)
  }

  /** Creates a branch at a snapshot (default: the current one). Throws `AlreadyExists`. */
  async createBranch(name: string, options?: RefOptions): Promise<CommitResult> {
    return createNamedRef(this.#live, name, 'branch', options)
  }

  /** Creates a tag at a snapshot (default: the current one). Throws `AlreadyExists`. */
  async createTag(name: string, options?: RefOptions): Promise<CommitResult> {
    return createNamedRef(this.#live, name, 'tag', options)
  }

  /**
   * Checks everything the table holds: metadata, manifests, files and what they say of each other.
   * Reports each thing that does not hold; it throws only when the store is out of reach.
   */
  async verify(options?: {
    /** Open every data file and compare its footer with the manifests. Default true. */
    readonly footers?: boolean
    readonly signal?: AbortSignal
    readonly onProgress?: (progress: { snapshots: number; files: number }) => void
  }): Promise<VerifyReport> {
    checkOptions(options, ['footers', 'signal', 'onProgress'], 'verify')
    checkChoice(options?.footers, 'footers', [true, false], 'verify')
    const { verifyTable } = await import('../maintenance/verify.js')
    const { store, env } = this.#live.context
    return verifyTable({ metadata: this.metadata, store, env, ...options })
  }

  /** Frees what the handle holds: the connection of `openTable`, not that of a catalog. */
  async close(): Promise<void> {
    await this.state.close?.()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Moves a branch forward to a snapshot or the head of another ref that descends from it. */
  async fastForward(branch: string, to: string | bigint): Promise<CommitResult> {
    return commit(this.#live, [fastForward(branch, to)], undefined)
  }

  /** Removes a branch or tag; its snapshots stay until they expire. `main` cannot be removed. */
  async removeRef(name: string): Promise<CommitResult> {
    return commit(this.#live, [removeRef(name)], undefined)
  }
}
