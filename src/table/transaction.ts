import { rollback } from '../commit/actions/rollback.js'
import { upgradeFormat } from '../commit/actions/upgrade-format.js'
import { deleteUncommitted, provenByNotPublishing } from '../commit/cleanup.js'
import { InvalidArgument, Unsupported } from '../errors.js'
import { bind } from '../expr/bind.js'
import type { BoundPredicate } from '../expr/predicate.js'
import { formatPredicate } from '../expr/predicate-text.js'
import { toPredicate, type WhereInput } from '../expr/where.js'
import { branchHead, currentSchema } from '../format/lookup.js'
import type { FormatVersion } from '../format/model.js'
import type { SpecEditor } from '../partition/spec-editor.js'
import type { SortTermOf } from '../partition/terms.js'
import type { SchemaInput } from '../types/build-schema.js'
import type { InputOf, SelectPathOf } from '../types/infer.js'
import type { SchemaEditor } from '../types/schema-editor.js'
import type { Schema } from '../types/type.js'
import { checkOptions } from '../util/check-options.js'
import { valueOr } from '../util/value-or.js'
import type { SetValues } from '../write/changes/assignments.js'
import type { WrittenFiles } from '../write/write-data-files.js'
import {
  checkDeleteKeys,
  type DeleteKeysOptions,
  deleteKeysChange,
  equalityActions,
  keyedBy,
  type UpsertOptions,
  upsertChange,
  upsertMode,
  type WriteEqualityChange,
} from './equality.js'
import { levelOf } from './isolation.js'
import { forJob } from './job.js'
import { checkSet, Merge, type MergeSource, upsertRows } from './merge.js'
import type { SetOf } from './merge-clauses.js'
import {
  type ChangeRunner,
  changeAction,
  changeContext,
  checkRowOptions,
  type RowLevelOptions,
} from './row-level.js'
import { Scan, type ScanOptions, type Selected, type Where } from './scan.js'
import {
  type PropertyChange,
  propertiesAction,
  schemaAction,
  sortOrderAction,
  specAction,
} from './shape.js'
import { Staged } from './staged.js'
import { checkStaged } from './staged-options.js'
import { assertWritable, commit, type TableState } from './state.js'
import { type CommitOptions, checkWriteOptions, type WriteOptions } from './write-options.js'
import {
  appendAction,
  deleteChange,
  isPartial,
  type OverwriteTarget,
  overwriteAction,
  overwriteChange,
  overwritten,
  type RowsInput,
  updateRows,
  writeFiles,
} from './writes.js'

/** Options of one change inside a transaction; the whole has its own `ifSnapshot` and `signal`. */
export type StagedOptions = Pick<
  WriteOptions,
  'summary' | 'branch' | 'isolation' | 'signal' | 'onProgress' | 'idempotencyKey'
>

/** Options of a transaction. */
export type TransactionOptions = Pick<CommitOptions, 'signal' | 'ifSnapshot' | 'isolation'>

/** The same for a change of rows. */
export type StagedRowOptions = StagedOptions & Pick<RowLevelOptions, 'mode' | 'caseSensitive'>

/**
 * The changes of one transaction, in order. They are staged, not committed: nobody else sees them
 * before the function given to `transaction` returns and the whole is published at once.
 */
export class Transaction<S> {
  readonly #state: TableState
  readonly #staged: Staged

  /** @internal Use `table.transaction`. */
  constructor(state: TableState, staged: Staged) {
    this.#state = state
    this.#staged = staged
  }

  /** Stages rows to be added. */
  append(rows: RowsInput<InputOf<S>>, options?: StagedOptions): Promise<void> {
    return this.#staged.run(async () => {
      checkStaged(options, 'append')
      checkWriteOptions(options, 'append')
      const written = await this.#write(rows, options)
      await this.#staged.add(appendAction(written.files, options))
    })
  }

  /** Stages the replacement of all rows or of those that match. */
  overwrite(
    rows: RowsInput<InputOf<S>>,
    options: OverwriteTarget<S> & StagedRowOptions,
  ): Promise<void> {
    return this.#staged.run(async () => {
      checkStaged(options, 'overwrite')
      checkRowOptions(options, 'overwrite', ['where', 'all'])
      const where = overwritten(options)
      const own = forJob(options, 'overwrite', () => formatPredicate(where))
      const written = await this.#write(rows, own)
      const { metadata, base } = this.#staged
      try {
        await this.#staged.add(overwriteAction(metadata, written.files, where, own, base))
      } catch (error) {
        if (!isPartial(error)) throw error
        await this.#change('delete', own, overwriteChange(where, written, own))
      }
    })
  }

  /** Stages the deletion of the rows that match. */
  delete(where: Where<S>, options?: StagedRowOptions): Promise<void> {
    return this.#staged.run(async () => {
      checkStaged(options, 'delete')
      checkRowOptions(options, 'delete')
      const predicate = toPredicate(where as WhereInput)
      const own = forJob(options, 'delete', () => formatPredicate(predicate))
      const { metadata, base } = this.#staged
      try {
        await this.#staged.add(overwriteAction(metadata, [], predicate, own, base))
      } catch (error) {
        if (!isPartial(error)) throw error
        await this.#change('delete', own, deleteChange(predicate, own))
      }
    })
  }

  /** Stages new values for the rows that match; see `table.update`. */
  update(where: Where<S>, set: SetOf<S>, options?: StagedRowOptions): Promise<void> {
    return this.#staged.run(async () => {
      checkStaged(options, 'update')
      checkRowOptions(options, 'update')
      checkSet(set)
      await updateRows(this.#change, where, set as SetValues, options)
    })
  }

  /** Stages an upsert; see `table.upsert`. */
  upsert(
    rows: RowsInput<InputOf<S>>,
    options?: Omit<UpsertOptions<keyof InputOf<S> & string>, 'ifSnapshot'>,
  ): Promise<void> {
    return this.#staged.run(async () => {
      checkStaged(options, 'upsert')
      if (upsertMode(options) === 'equality-deletes') {
        return this.#addEquality(keyedBy('upsert', options), upsertChange(rows, options))
      }
      const { on, ...rest } = (options ?? {}) as UpsertOptions & RowLevelOptions
      await upsertRows(this.#change, rows, on, options === undefined ? undefined : rest)
    })
  }

  /** Stages deletes by key; see `table.deleteKeys`. */
  deleteKeys(
    rows: RowsInput<Partial<InputOf<S>>>,
    options?: Omit<DeleteKeysOptions<keyof InputOf<S> & string>, 'ifSnapshot'>,
  ): Promise<void> {
    return this.#staged.run(async () => {
      checkStaged(options, 'deleteKeys')
      checkDeleteKeys(options)
      await this.#addEquality(keyedBy('deleteKeys', options), deleteKeysChange(rows, options))
    })
  }

  /** Begins a merge, which its `run` stages; see `table.merge`. */
  merge<const Source extends SchemaInput = never>(
    source: RowsInput<InputOf<[Source] extends [never] ? S : Source>>,
    options?: MergeSource<Source>,
  ): Merge<S, void, [Source] extends [never] ? S : Source> {
    const run: ChangeRunner<void> = (operation, options, make) =>
      this.#staged.run(async () => {
        checkStaged(options, operation)
        await this.#change(operation, options, make)
      })
    return new Merge(run, source, options as MergeSource<never> | undefined)
  }

  /** Stages a schema change; later appends of this transaction use the new schema. */
  updateSchema<S2>(fn: (editor: SchemaEditor<S>) => SchemaEditor<S2>): Promise<Transaction<S2>> {
    return this.#staged.run(async () => {
      await this.#staged.add(schemaAction(fn))
      return this as unknown as Transaction<S2>
    })
  }

  /** Stages another partitioning; later appends of this transaction use it. */
  updateSpec(fn: (editor: SpecEditor<S>) => SpecEditor<S>): Promise<void> {
    return this.#staged.run(() => this.#staged.add(specAction(fn)))
  }

  /** Stages another sort order; an empty array means unsorted. */
  updateSortOrder(terms: readonly SortTermOf<S>[]): Promise<void> {
    return this.#staged.run(() => this.#staged.add(sortOrderAction(terms)))
  }

  /** Stages an upgrade of the format version; later changes of this transaction may need it. */
  upgradeFormat(version: FormatVersion): Promise<void> {
    return this.#staged.run(() => this.#staged.add(upgradeFormat(version)))
  }

  updateProperties(change: PropertyChange): Promise<void> {
    return this.#staged.run(() => this.#staged.add(propertiesAction(change)))
  }

  /** Stages making an earlier snapshot current. */
  rollback(to: { readonly snapshot: bigint }, options?: StagedOptions): Promise<void> {
    return this.#staged.run(async () => {
      checkOptions(to, ['snapshot'], 'rollback')
      checkStaged(options, 'rollback')
      checkWriteOptions(options, 'rollback')
      await this.#staged.add(rollback({ snapshotId: to.snapshot }, options?.branch))
      this.#staged.rolledBack(options?.branch ?? 'main')
    })
  }

  /**
   * A read of the table as it was when the transaction began, plus what was staged so far. Under
   * `serializable` the transaction is refused when others have changed rows that match `where`.
   */
  scan<const P extends SelectPathOf<S> = never>(options?: ScanOptions<S, P>): Scan<Selected<S, P>> {
    this.#staged.assertOpen()
    const { metadata } = this.#staged
    const schema = currentSchema(metadata)
    const snapshot = branchHead(metadata, 'main')
    const source = { metadata, snapshot, schema, context: this.#state.context }
    const scan = new Scan<Selected<S, P>>(source, options)
    this.#staged.reads.push(readBy(schema, options))
    return scan
  }

  /** Works a change out on what was staged so far; checked against what others do like any other. */
  readonly #change: ChangeRunner<void> = async (operation, options, make) => {
    const branch = options?.branch ?? 'main'
    if (branch !== 'main') {
      throw new Unsupported(
        'transaction-branch-rows',
        'a transaction changes rows within files on main only; call the table itself for a branch',
      )
    }
    const context = changeContext(this.#state, this.#staged.metadata, operation, options)
    const change = await make(context)
    this.#staged.wrote(change)
    const action = changeAction(context, change, operation, options, this.#staged.base)
    if (action === undefined) {
      const level = levelOf(context.metadata, operation, options, this.#staged.base)
      if (level === 'serializable') this.#staged.reads.push(change.read)
      return
    }
    this.#staged.changed(change)
    await this.#staged.add(action)
  }

  async #addEquality(options: WriteOptions | undefined, write: WriteEqualityChange): Promise<void> {
    const { metadata } = this.#staged
    const change = await write(this.#state, metadata)
    this.#staged.wrote(change)
    for (const action of equalityActions(metadata, change, options, this.#staged.base))
      await this.#staged.add(action)
  }

  async #write(
    rows: RowsInput<unknown>,
    options: StagedOptions | undefined,
  ): Promise<WrittenFiles> {
    const { loaded } = this.#state
    const base = { ...this.#state, loaded: { ...loaded, metadata: this.#staged.metadata } }
    const written = await writeFiles(base, rows, options)
    this.#staged.wrote(written)
    return written
  }
}

/** Runs the function once and publishes what it staged; cleans up when it throws. */
export async function runTransaction<S, R>(
  state: TableState,
  fn: (tx: Transaction<S>) => Promise<R>,
  options: TransactionOptions | undefined,
): Promise<R> {
  assertWritable(state)
  if (typeof fn !== 'function') {
    throw new InvalidArgument('transaction takes a function: (tx) => …')
  }
  const created: string[] = []
  const staged = new Staged(state, options, (path) => created.push(path))
  const discardRows = async (): Promise<void> => {
    for (const written of staged.written) await written.discard()
  }
  let result: R
  try {
    result = await fn(new Transaction<S>(state, staged))
    await staged.finish()
  } catch (error) {
    await staged.finish().catch(() => undefined)
    const proof = provenByNotPublishing('before-publishing')
    await deleteUncommitted(state.context.store, proof, created)
    await discardRows()
    throw error
  }
  if (staged.actions.length > 0) {
    const guard = staged.guard()
    const actions = guard === undefined ? staged.actions : [guard, ...staged.actions]
    await commit(state, actions, options, { created, onUncommitted: discardRows })
  }
  return result
}

/** The rows that a scan reads, as far as the table's own columns tell. */
function readBy(
  schema: Schema,
  options: { readonly where?: unknown; readonly caseSensitive?: boolean } | undefined,
): BoundPredicate {
  if (options?.where === undefined) return { op: 'true' }
  const where = toPredicate(options.where as WhereInput)
  const caseSensitive = options.caseSensitive ?? true
  // Metadata columns are not of the schema: then it may have read any row.
  return valueOr(
    () => bind(where, schema, { caseSensitive }),
    (): BoundPredicate => ({ op: 'true' }),
  )
}
