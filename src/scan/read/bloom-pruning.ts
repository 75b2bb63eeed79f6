/** Whether a row group may match, by its bloom filters (parquet-format: BloomFilter.md). */
import type { BoundPredicate } from '../../expr/predicate.js'
import type { BoundLeaf } from '../../expr/simplify.js'
import { readBloomFilter } from '../../parquet/bloom-filter.js'
import type { RowGroup } from '../../parquet/model.js'
import type { Datum } from '../../types/datum.js'
import type { OpenFile } from './open-file.js'
import type { PruneOptions } from './page-pruning.js'
import { plainLiteral } from './statistic-datum.js'

/** False only when bloom filters show that no row matches. Filters are read as they are needed. */
export async function bloomMayMatch(
  file: OpenFile,
  rowGroup: RowGroup,
  predicate: BoundPredicate,
  options: PruneOptions,
): Promise<boolean> {
  switch (predicate.op) {
    case 'true':
      return true
    case 'false':
      return false
    case 'and':
      for (const arg of predicate.args) {
        if (!(await bloomMayMatch(file, rowGroup, arg, options))) return false
      }
      return true
    case 'or':
      for (const arg of predicate.args) {
        if (await bloomMayMatch(file, rowGroup, arg, options)) return true
      }
      return false
    default:
      return leafMayMatch(file, rowGroup, predicate, options)
  }
}

async function leafMayMatch(
  file: OpenFile,
  rowGroup: RowGroup,
  leaf: BoundLeaf,
  options: PruneOptions,
): Promise<boolean> {
  const values = wantedValues(leaf)
  if (values === undefined) return true
  const found = file.leaf(leaf.term.fieldId)
  const chunk = found && rowGroup.columns[found.leaf.leafIndex]
  if (found === undefined || chunk?.bloomFilter === undefined) return true
  const literals = values.map((value) => plainLiteral(value, found.leaf, found.type))
  if (literals.includes(undefined)) return true
  const filter = await readBloomFilter(file.source, chunk, options)
  if (filter === undefined) return true
  return literals.some((bytes) => bytes instanceof Uint8Array && filter.mightContain(bytes))
}

/** The values that a column must have one of, when that is what the leaf says. */
function wantedValues(leaf: BoundLeaf): readonly Datum[] | undefined {
  if (leaf.term.transform !== undefined) return undefined
  if ('value' in leaf) return leaf.op === 'eq' ? [leaf.value] : undefined
  return 'values' in leaf && leaf.op === 'in' ? leaf.values : undefined
}
