/** Files by the rows they hold: none, some or all of them match a predicate. */

import { Unsupported } from '../errors.js'
import { metricsBounds } from '../expr/bounds-source.js'
import { mayMatch } from '../expr/inclusive.js'
import type { BoundPredicate } from '../expr/predicate.js'
import { formatPredicate } from '../expr/predicate-text.js'
import { mustMatch } from '../expr/strict.js'
import type { DataFile, ManifestEntry, ManifestFile, TableMetadata } from '../format/model.js'
import { specFilters } from '../scan/plan/partition-filters.js'
import type { Schema } from '../types/type.js'
import type { FileFilter } from './filter-manifests.js'

export type RowMatch = 'none' | 'some' | 'all'

/** How many rows of files match, by partition and by metrics. `some` when it cannot be told. */
export class RowFilter {
  readonly where: BoundPredicate
  readonly #schema: Schema
  readonly #filters: ReturnType<typeof specFilters>

  /** `schema` is the one that `where` is bound to. */
  constructor(metadata: TableMetadata, schema: Schema, where: BoundPredicate) {
    this.where = where
    this.#schema = schema
    this.#filters = specFilters(metadata, schema, where)
  }

  mayMatch(manifest: ManifestFile): boolean {
    if (this.where.op === 'true' || this.where.op === 'false') return this.where.op === 'true'
    return this.#filters(manifest.specId).manifestMayMatch(manifest)
  }

  match(file: DataFile): RowMatch {
    const rest = this.#filters(file.specId).residual(file.partition)
    if (rest.op === 'true') return 'all'
    if (rest.op === 'false') return 'none'
    const bounds = metricsBounds(this.#schema, file)
    if (!mayMatch(rest, bounds)) return 'none'
    return mustMatch(rest, bounds) ? 'all' : 'some'
  }
}

/**
 * Removes the files whose rows all match. A file of which only some rows match fails the action:
 * that needs its rows to be rewritten.
 */
export function removeMatching(filter: RowFilter): FileFilter {
  return {
    mayRemoveFrom: (manifest) => filter.mayMatch(manifest),
    removes: (entry: ManifestEntry) => {
      const match = filter.match(entry.file)
      if (match !== 'some') return match === 'all'
      const { path } = entry.file
      throw new Unsupported(
        'row-level-overwrite',
        `file ${path} may hold rows that match ${formatPredicate(filter.where)} and rows that do not: ` +
          'only whole files can be replaced',
        { details: { path } },
      )
    },
  }
}
