/** Rows (plain objects) to Arrow record batches, by hand-filled buffers. */
import { Schema as ArrowSchema, type DataType, RecordBatch, type Struct } from 'apache-arrow'
import type { VariantLimits } from '../codec/variant/layout.js'
import { ValidationError } from '../errors.js'
import type { Schema } from '../types/type.js'
import { describeValue } from '../types/value-error.js'
import { BadValue, type ColumnBuilder } from './build/column-builder.js'
import { makeBuilder } from './build/make-builder.js'
import type { ArrowForm } from './schema.js'

export interface RowBatchOptions {
  readonly form?: ArrowForm
  /** Number of the first row, for messages. Default 0. */
  readonly firstRow?: number
  /** `append` stops when a batch holds this many rows. Default 65,536. */
  readonly maxRows?: number
  /** … or about this many bytes. Default 32 MiB. */
  readonly maxBytes?: number
  /** Bounds of variants. Default: the defaults. */
  readonly limits?: VariantLimits
}

/** Rows converted at a time: few enough that the scratch arrays stay in the cache. */
const chunkRows = 1024
/** Bytes that one chunk should not pass, however wide its rows are. */
const chunkBytes = 4 * 1024 * 1024

/** Collects rows and gives them as record batches of a schema. */
export class RowBatchBuilder {
  readonly #root: ColumnBuilder
  readonly #schema: ArrowSchema
  readonly #maxRows: number
  readonly #maxBytes: number
  #firstRow: number
  #wideRow = chunkBytes / 16

  constructor(schema: Schema, options: RowBatchOptions = {}) {
    const type = { kind: 'struct', fields: schema.fields } as const
    this.#root = makeBuilder({ path: [], type, required: true }, options.form ?? {}, options.limits)
    this.#schema = new ArrowSchema((this.#root.type as Struct).children)
    this.#maxRows = options.maxRows ?? 65_536
    this.#maxBytes = options.maxBytes ?? 32 * 1024 * 1024
    this.#firstRow = options.firstRow ?? 0
  }

  /** The schema of the batches. */
  get schema(): ArrowSchema {
    return this.#schema
  }

  /** Rows held now. */
  get rows(): number {
    return this.#root.length
  }

  /** Bytes held now, about. */
  get bytes(): number {
    return this.#root.bytes
  }

  get full(): boolean {
    return this.rows >= this.#maxRows || this.bytes >= this.#maxBytes
  }

  /**
   * Takes rows from index `from` until it is full or out of rows, and gives the index of the first
   * row not taken. After an error the builder must not be used again.
   *
   * @throws ValidationError naming the first row that does not fit, its column and its value
   */
  append(rows: readonly unknown[], from = 0): number {
    let at = from
    while (at < rows.length && !this.full) {
      const count = Math.min(this.#chunkSize(), rows.length - at, this.#maxRows - this.rows)
      const before = this.bytes
      const chunk = at === 0 && count === rows.length ? rows : rows.slice(at, at + count)
      this.#appendChunk(chunk, count)
      this.#wideRow = Math.max(1, (this.bytes - before) / count)
      at += count
    }
    return at
  }

  #chunkSize(): number {
    return Math.max(1, Math.min(chunkRows, Math.floor(chunkBytes / this.#wideRow)))
  }

  #appendChunk(rows: readonly unknown[], count: number): void {
    const start = this.#firstRow + this.rows
    try {
      this.#root.append(rows, count)
    } catch (error) {
      throw error instanceof BadValue ? badRow(error, start + error.index) : error
    }
  }

  /** The rows held, as one batch; starts anew. */
  finish(): RecordBatch<Record<string, DataType>> {
    this.#firstRow += this.rows
    const data = this.#root.finish()
    return new RecordBatch(this.#schema, data as RecordBatch['data'])
  }
}

function badRow(bad: BadValue, row: number): ValidationError {
  const column = bad.path.join('.')
  const where = column === '' ? `row ${row}` : `row ${row}, column '${column}'`
  return new ValidationError(`${where}: ${bad.reason}`, {
    details: { row, column, value: describeValue(bad.value) },
  })
}
