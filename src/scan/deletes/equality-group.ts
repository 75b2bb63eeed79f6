import type { ManifestEntry, TableMetadata } from '../../format/model.js'
import type { Schema } from '../../types/type.js'
import type { Permits } from '../concurrency.js'
import { type EqualityColumn, equalityColumns } from './equality-columns.js'
import { keyColumn } from './key-columns.js'
import { KeySet } from './key-set.js'
import { checkHeld } from './position-files.js'
import type { ReadDeleteFile } from './read-delete-file.js'
import { SharedLoads } from './shared-loads.js'
import { chainOf } from './task-deletes.js'

/** How values are laid out to be compared: the same for delete files and data files. */
export const KEY_FORM = { decimals: 'int64' } as const

interface GroupOptions {
  readonly ids: readonly number[]
  readonly metadata: TableMetadata
  readonly schema: Schema
  readonly readFile: ReadDeleteFile
  readonly seed: number
  readonly maxBytes: number
}

/**
 * All equality deletes of one scope (a partition, or the table) by the same columns: one set of keys
 * with the latest sequence number of each, so that a data file asks once, whichever of the delete
 * files are later than itself.
 */
export class EqualityGroup {
  readonly columns: readonly EqualityColumn[]
  readonly keys: KeySet
  readonly #options: GroupOptions
  readonly #files = new SharedLoads<{ readonly bytes: number }>(Number.POSITIVE_INFINITY)

  constructor(options: GroupOptions) {
    this.#options = options
    this.columns = equalityColumns(options.ids, options.metadata, options.schema)
    this.keys = new KeySet(options.seed)
  }

  get bytes(): number {
    return this.keys.bytes
  }

  /** Adds the keys of a delete file, unless they are there already. */
  async load(
    entry: ManifestEntry,
    signal: AbortSignal | undefined,
    permits: Permits,
  ): Promise<void> {
    await this.#files.get(entry.file.path, signal, () =>
      permits.run(() => this.#read(entry, signal)),
    )
  }

  async #read(
    entry: ManifestEntry,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly bytes: number }> {
    const { readFile, maxBytes } = this.#options
    const fields = this.columns.map(({ tree }) => tree)
    for await (const batch of readFile(entry, fields, KEY_FORM, signal)) {
      const rows = batch.numRows
      const columns = batch.data.children.map((top) => keyColumn(chainOf(top), rows))
      this.keys.add(columns, rows, Number(entry.sequenceNumber))
      checkHeld(entry.file.path, this.keys.bytes, maxBytes)
    }
    return { bytes: 0 }
  }
}
