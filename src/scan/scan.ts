/** A scan: one pinned snapshot, a schema, columns and a predicate; read as often as wanted. */
import { type Schema as ArrowSchema, type RecordBatch, Table } from 'apache-arrow'
import { iterateRows, rowsOf } from '../arrow/row-reader.js'
import { arrowSchemaOf } from '../arrow/schema.js'
import type { PositionBitmap } from '../codec/roaring/position-bitmap.js'
import type { Env } from '../env/env.js'
import { bind } from '../expr/bind.js'
import type { BoundPredicate } from '../expr/predicate.js'
import { referencedFields } from '../expr/simplify.js'
import type { Snapshot, TableMetadata } from '../format/model.js'
import type { DecodePool } from '../parquet/decode-pool.js'
import type { Store } from '../store/store.js'
import { rowEncoder } from '../types/encode-row.js'
import { METADATA_COLUMNS } from '../types/metadata-columns.js'
import type { Schema } from '../types/type.js'
import type { ScanForm } from './columns/scan-form.js'
import { fromArray } from './concurrency.js'
import type { PlanStatistics, ScanTask } from './contract.js'
import { countRows } from './count.js'
import type { DeleteLoader } from './deletes/delete-loader.js'
import type { TaskDeletes } from './deletes/task-deletes.js'
import { explainScan, type ScanReport } from './explain.js'
import { checkScanOptions, type ScanOptions, type ScanRowOptions } from './options.js'
import { PlanCounter } from './plan/counter.js'
import { planFiles } from './plan/plan-files.js'
import { projectSchema, withMetadataColumns } from './projection.js'
import type { ReadContext } from './read/read-context.js'
import {
  deleteLoader,
  readTask,
  readTaskBatches,
  readTasks,
  type TaskBatch,
} from './read/read-tasks.js'

/** What is scanned. Pinned: later commits do not change what a scan reads. */
export interface ScanSource {
  readonly metadata: TableMetadata
  /** `undefined`: no snapshot, so no rows. */
  readonly snapshot: Snapshot | undefined
  /** The schema to read with. */
  readonly schema: Schema
  readonly store: Store
  readonly env: Env
  /** Where row groups are decoded; asked for at the first read. */
  readonly pool: DecodePool | (() => DecodePool | Promise<DecodePool>)
}

/** All tasks of a scan, and what planning counted. */
export interface ScanPlan {
  readonly tasks: readonly ScanTask[]
  readonly statistics: PlanStatistics
}

export type Row = Record<string, unknown>

/** Canonical rows have variants byte for byte. */
const canonical = { variants: 'binary' } as const

const MEMORY_LIMIT_BYTES = 512 * 1024 * 1024

/**
 * Prepares a scan. Options are checked and names resolved at once; nothing is read.
 *
 * @throws InvalidArgument, NotFound('column')
 */
export function createScan(source: ScanSource, options: ScanOptions = {}): Scan {
  return new Scan(source, options)
}

export class Scan {
  /** The columns that come out, in order. */
  readonly schema: Schema
  /** The predicate, bound to the schema. */
  readonly where: BoundPredicate
  readonly #source: ScanSource
  readonly #options: ScanOptions
  readonly #filterable: Schema
  #arrowSchema: ArrowSchema | undefined
  #deletes: DeleteLoader | undefined

  constructor(source: ScanSource, options: ScanOptions) {
    checkScanOptions(options)
    this.#source = source
    this.#options = options
    const { metadata, schema } = source
    const caseSensitive = options.caseSensitive ?? true
    this.schema = projectSchema(metadata, schema, options.select, caseSensitive)
    this.#filterable = withMetadataColumns(schema, metadata.formatVersion)
    this.where =
      options.where === undefined
        ? { op: 'true' }
        : bind(options.where, this.#filterable, { caseSensitive })
  }

  /** The Arrow schema of every batch. */
  arrowSchema(): ArrowSchema {
    this.#arrowSchema ??= arrowSchemaOf(this.schema, this.#form())
    return this.#arrowSchema
  }

  /** The data files to read, as planning finds them. */
  tasks(): AsyncGenerator<ScanTask, void, void> {
    return this.#plan(new PlanCounter())
  }

  /** All data files to read. Tasks serialise with `taskToJson`. */
  async plan(): Promise<ScanPlan> {
    const counter = new PlanCounter()
    const tasks: ScanTask[] = []
    for await (const task of this.#plan(counter)) tasks.push(task)
    return { tasks, statistics: counter.snapshot() }
  }

  /** The rows of one task of this scan's plan, in order: wherever the task was planned. */
  readTask(task: ScanTask): AsyncGenerator<RecordBatch, void, void> {
    return readTask(task, this.#shared())
  }

  /**
   * The rows of some tasks, several at a time, each batch with its task; without the rows at the
   * positions given by data file.
   */
  readTasks(
    tasks: readonly ScanTask[],
    alsoDeleted?: ReadonlyMap<string, PositionBitmap>,
  ): AsyncGenerator<TaskBatch, void, void> {
    const context = this.#shared()
    return readTaskBatches(fromArray(tasks), {
      ...context,
      ...(alsoDeleted && { alsoDeleted }),
    })
  }

  /** The deletes of a task; undefined when it has none. */
  deletesOf(task: ScanTask): Promise<TaskDeletes | undefined> {
    const { deletes } = this.#shared()
    return deletes.open(task, this.#options.signal)
  }

  /** Tasks that share delete files are read one by one: each of these files is read once. */
  #shared(): ReadContext & { readonly deletes: DeleteLoader } {
    const context = this.#context(this.schema)
    this.#deletes ??= deleteLoader(context)
    return { ...context, deletes: this.#deletes }
  }

  /**
   * What the scan would read and what it leaves out, level by level. Opens the footers of planned
   * files unless `read` is false, but decodes no data.
   */
  explain(options: { readonly read?: boolean } = {}): Promise<ScanReport> {
    const counter = new PlanCounter()
    const tasks = this.#plan(counter)
    return explainScan({
      tasks,
      planCounter: counter,
      context: options.read === false ? undefined : this.#context(this.schema),
      where: this.where,
      schema: this.schema,
      snapshotId: this.#source.snapshot?.snapshotId,
    })
  }

  /** The rows as Arrow batches, all of one schema. Leaving the iteration frees everything. */
  batches(): AsyncGenerator<RecordBatch, void, void> {
    return readTasks(this.tasks(), this.#context(this.schema))
  }

  /** All rows as one Arrow table. */
  async toArrow(): Promise<Table> {
    const batches: RecordBatch[] = []
    for await (const batch of this.batches()) batches.push(batch)
    return new Table(this.arrowSchema(), batches)
  }

  /** The rows one by one: objects, or with `as: 'json'` their canonical JSON text. */
  rows(options: ScanRowOptions & { readonly as: 'json' }): AsyncGenerator<string, void, void>
  rows(options?: ScanRowOptions): AsyncGenerator<Row, void, void>
  async *rows(options: ScanRowOptions = {}): AsyncGenerator<Row | string, void, void> {
    const { as, ...conversion } = options
    const shown = { ...conversion, limits: this.#source.env.limits }
    const encode = as === 'json' ? rowEncoder(this.schema) : undefined
    for await (const batch of this.batches()) {
      if (encode === undefined) yield* iterateRows(this.schema, batch, shown)
      else for (const row of iterateRows(this.schema, batch, canonical)) yield encode(row)
    }
  }

  /** All rows at once. */
  toArray(options: ScanRowOptions & { readonly as: 'json' }): Promise<string[]>
  toArray(options?: ScanRowOptions): Promise<Row[]>
  async toArray(options: ScanRowOptions = {}): Promise<(Row | string)[]> {
    const { as, ...conversion } = options
    const shown = { ...conversion, limits: this.#source.env.limits }
    const encode = as === 'json' ? rowEncoder(this.schema) : undefined
    const all: (Row | string)[] = []
    for await (const batch of this.batches()) {
      const rows = rowsOf(this.schema, batch, encode === undefined ? shown : canonical)
      for (const row of rows) all.push(encode === undefined ? row : encode(row))
    }
    return all
  }

  /** How many rows the scan gives: from metadata where that is exact, else from the columns tested. */
  count(): Promise<number> {
    const nothing = { ...this.schema, fields: [] }
    return countRows(this.tasks(), this.#context(nothing), this.#options.limit)
  }

  #plan(counter: PlanCounter): AsyncGenerator<ScanTask, void, void> {
    const { metadata, snapshot, store, env } = this.#source
    return planFiles({
      metadata,
      snapshot,
      store,
      env,
      schema: this.#filterable,
      where: this.where,
      ordered: this.#options.ordered === true,
      counter,
      signal: this.#options.signal,
    })
  }

  #context(output: Schema): ReadContext {
    const { metadata, store, env, schema, pool } = this.#source
    const { ordered, limit, signal, memoryLimit } = this.#options
    const form = this.#form()
    return {
      metadata,
      schema,
      store,
      env,
      pool: typeof pool === 'function' ? pool : () => pool,
      shape: {
        metadata,
        fields: output.fields,
        arrowSchema: output === this.schema ? this.arrowSchema() : arrowSchemaOf(output, form),
        form,
        filterable: this.#filterable,
        keepDeleted: this.#keepsDeleted(),
      },
      memoryBytes: memoryLimit ?? MEMORY_LIMIT_BYTES,
      ordered: ordered === true,
      limit,
      signal,
    }
  }

  /** Deleted rows come out, marked, when `_deleted` is selected or tested, as in the reference. */
  #keepsDeleted(): boolean {
    const { id } = METADATA_COLUMNS.deleted
    return (
      this.schema.fields.some((field) => field.id === id) || referencedFields(this.where).has(id)
    )
  }

  #form(): ScanForm {
    const { decimals, strings } = this.#options
    return { ...(decimals && { decimals }), ...(strings && { strings }) }
  }
}
