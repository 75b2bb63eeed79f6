import type { Table as ArrowTable, RecordBatch } from 'apache-arrow'
import type { Predicate } from '../expr/predicate.js'
import type { TypedRow } from '../expr/typed.js'
import { toPredicate, type WhereInput } from '../expr/where.js'
import type { Snapshot as SnapshotModel, TableMetadata } from '../format/model.js'
import type { ScanReport } from '../scan/explain.js'
import { checkRowOptions } from '../scan/options.js'
import type { Scan as CoreScan, ScanPlan } from '../scan/scan.js'
import type { ConversionOptions } from '../types/from-datum.js'
import type { AnySchema, RowOf, SelectOf, SelectPathOf } from '../types/infer.js'
import type { Schema } from '../types/type.js'
import { checkChoice, checkOptions } from '../util/check-options.js'
import type { TableContextFor } from './context.js'

/** A predicate: built with `col`, SQL text, or a function of the typed row. */
export type Where<S> = Predicate | string | ((row: TypedRow<S>) => Predicate)

export interface ScanOptions<S, P extends string = SelectPathOf<S>> {
  /**
   * Columns in output order, nested ones by path; metadata columns (`_file`, `_pos`, `_spec_id`,
   * `_partition`, `_deleted`, and the row lineage of v3) too. Default: all of the schema.
   */
  readonly select?: readonly (P | readonly string[])[]
  /** Rows to keep, by SQL's three-valued logic. Default: all. */
  readonly where?: Where<S>
  /** At most this many rows. */
  readonly limit?: number
  /** Deliver files and rows in a fixed order. Default false: as they are decoded. */
  readonly ordered?: boolean
  /** Match column names exactly. Default true. */
  readonly caseSensitive?: boolean
  /** Bytes that may be in flight. Default: the connection's. */
  readonly memoryLimit?: number
  /** `int64` gives decimals of up to 18 digits as unscaled 64-bit integers in Arrow output. */
  readonly decimals?: 'decimal128' | 'int64'
  /** `dictionary` gives strings as Arrow dictionaries. */
  readonly strings?: 'utf8' | 'dictionary'
  readonly signal?: AbortSignal
}

const SCAN_OPTIONS = [
  'select',
  'where',
  'limit',
  'ordered',
  'caseSensitive',
  'memoryLimit',
  'decimals',
  'strings',
  'signal',
] as const

/** What a scan reads: pinned when it was made. */
export interface ScanSource {
  readonly metadata: TableMetadata
  readonly snapshot: SnapshotModel | undefined
  readonly schema: Schema
  readonly context: TableContextFor
}

/**
 * A read of one snapshot. Nothing happens before a terminal call, and each terminal call reads
 * afresh; the snapshot was pinned when the scan was made. Leaving an iteration early frees
 * everything it holds.
 */
export class Scan<S> implements AsyncIterable<RowOf<S>> {
  readonly #source: ScanSource
  readonly #options: ScanOptions<AnySchema, string>
  readonly #where: Predicate | undefined
  #core: Promise<CoreScan> | undefined

  /** @internal Use `table.scan` or `snapshot.scan`. */
  constructor(source: ScanSource, options: ScanOptions<never, string> | undefined) {
    checkOptions(options, SCAN_OPTIONS, 'scan')
    this.#source = source
    this.#options = (options ?? {}) as ScanOptions<AnySchema, string>
    const where = options?.where as WhereInput | undefined
    this.#where = where === undefined ? undefined : toPredicate(where)
  }

  /** Rows as an async iterable of objects, or of canonical JSON texts with `{ as: 'json' }`. */
  rows(): AsyncIterableIterator<RowOf<S>>
  rows(options: { readonly as: 'json' }): AsyncIterableIterator<string>
  rows<const O extends ConversionOptions>(options: O): AsyncIterableIterator<RowOf<S, O>>
  async *rows(options?: ConversionOptions | { readonly as: 'json' }): AsyncIterableIterator<never> {
    checkRowOptions(options, 'rows')
    yield* (await this.#open()).rows(options) as AsyncIterableIterator<never>
  }

  /** All rows in an array; their canonical JSON texts with `{ as: 'json' }`. */
  async toArray(): Promise<RowOf<S>[]>
  async toArray(options: { readonly as: 'json' }): Promise<string[]>
  async toArray<const O extends ConversionOptions>(options: O): Promise<RowOf<S, O>[]>
  async toArray(options?: ConversionOptions | { readonly as: 'json' }): Promise<unknown[]> {
    checkRowOptions(options, 'toArray')
    return (await this.#open()).toArray(options)
  }

  /** Arrow record batches, all of one schema. */
  async *batches(): AsyncIterableIterator<RecordBatch> {
    yield* (await this.#open()).batches()
  }

  /** The whole result as one Arrow table. */
  async toArrow(): Promise<ArrowTable> {
    return (await this.#open()).toArrow()
  }

  /** How many rows match; read from metadata alone where that is exact. */
  async count(): Promise<number> {
    return (await this.#open()).count()
  }

  /** The files to read with their residual predicates, and what planning skipped. */
  async plan(): Promise<ScanPlan> {
    return (await this.#open()).plan()
  }

  /**
   * What would be read and what is skipped, level by level, and why; print it with `String(…)`.
   * `read: false` stops at the manifests, without opening data files.
   */
  async explain(options?: { readonly read?: boolean }): Promise<ScanReport> {
    checkOptions(options, ['read'], 'explain')
    checkChoice(options?.read, 'read', [true, false], 'explain')
    return (await this.#open()).explain(options)
  }

  [Symbol.asyncIterator](): AsyncIterator<RowOf<S>> {
    return this.rows()
  }

  async #open(): Promise<CoreScan> {
    this.#source.context.assertOpen()
    this.#core ??= this.#make()
    return this.#core
  }

  async #make(): Promise<CoreScan> {
    const { createScan } = await import('../scan/scan.js')
    const { metadata, snapshot, schema, context } = this.#source
    const { where: _where, ...options } = this.#options
    const memoryLimit = options.memoryLimit ?? context.memoryLimit
    return createScan(
      { metadata, snapshot, schema, store: context.store, env: context.env, pool: context.pool },
      {
        ...options,
        ...(this.#where !== undefined && { where: this.#where }),
        ...(memoryLimit !== undefined && { memoryLimit }),
      },
    )
  }
}

/** The schema that a selection leaves; without one (`never`) all of it. */
export type Selected<S, P extends string> = [P] extends [never] ? S : SelectOf<S, P>
