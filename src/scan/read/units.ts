/** A file's row groups, pruned and cut into pieces of bounded size: what is decoded at a time. */
import { mayMatch } from '../../expr/inclusive.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import { mustMatch } from '../../expr/strict.js'
import type { RowGroup } from '../../parquet/model.js'
import type { TaskDeletes } from '../deletes/task-deletes.js'
import { bloomMayMatch } from './bloom-pruning.js'
import type { FileReader } from './file-reader.js'
import { type PruneOptions, prunePages } from './page-pruning.js'
import { countRanges, limitRanges, type RowRange, splitRanges } from './ranges.js'
import type { ReadCounter } from './read-counter.js'
import { rowGroupBounds } from './row-group-bounds.js'

/** Rows of one row group to read, filter and give. */
export interface ReadUnit {
  readonly reader: FileReader
  readonly rowGroup: RowGroup
  readonly ranges: readonly RowRange[]
  /** What these rows must still be tested for. */
  readonly residual: BoundPredicate
  readonly deletes: TaskDeletes | undefined
  /** Estimated memory of the unit in work, bytes. */
  readonly weightBytes: number
}

export interface UnitOptions extends PruneOptions {
  readonly counter: ReadCounter
  /** No unit should weigh more, bytes. */
  readonly unitBytes: number
  /** Rows that are wanted at most, when nothing is filtered. */
  readonly limit: number | undefined
}

/** The units of one file, in order, made as they are asked for. */
export async function* readUnits(
  reader: FileReader,
  deletes: TaskDeletes | undefined,
  options: UnitOptions,
): AsyncGenerator<ReadUnit, void, void> {
  const { counter } = options
  const { file } = reader
  counter.filesOpened += 1
  let left = options.limit
  let kept = 0
  for (const rowGroup of file.footer.rowGroups) {
    counter.rowGroupsTotal += 1
    counter.rowsTotal += rowGroup.rows
    const pruned = await pruneRowGroup(reader, rowGroup, options)
    if (pruned === undefined) continue
    kept += 1
    const isWhole = pruned.residual.op === 'true' && deletes === undefined
    const ranges = isWhole && left !== undefined ? limitRanges(pruned.ranges, left) : pruned.ranges
    const rows = countRanges(ranges)
    if (isWhole && left !== undefined) left -= rows
    counter.rowsToRead += rows
    yield* cut(reader, rowGroup, { ...pruned, ranges }, deletes, options)
    if (left === 0) break
  }
  if (kept === 0) counter.filesSkipped += 1
}

interface Pruned {
  readonly ranges: readonly RowRange[]
  readonly residual: BoundPredicate
}

async function pruneRowGroup(
  reader: FileReader,
  rowGroup: RowGroup,
  options: UnitOptions,
): Promise<Pruned | undefined> {
  const { counter } = options
  const { file } = reader
  const { residual } = file.task
  const all = [{ start: 0, end: rowGroup.rows }]
  if (rowGroup.rows === 0) return undefined
  if (residual.op === 'true') return { ranges: all, residual }
  const bounds = rowGroupBounds(file, rowGroup)
  if (!mayMatch(residual, bounds)) {
    counter.rowGroupsSkippedByStatistics += 1
    return undefined
  }
  if (mustMatch(residual, bounds)) return { ranges: all, residual: { op: 'true' } }
  if (!(await bloomMayMatch(file, rowGroup, residual, options))) {
    counter.rowGroupsSkippedByBloom += 1
    return undefined
  }
  const pages = await prunePages(file, rowGroup, residual, options)
  counter.pagesTotal += pages.pages
  counter.pagesSkipped += pages.skipped
  if (pages.ranges.length === 0) {
    counter.rowGroupsSkippedByPages += 1
    return undefined
  }
  return { ranges: pages.ranges, residual }
}

/** Cuts what is left of a row group so that each piece fits into memory. */
function* cut(
  reader: FileReader,
  rowGroup: RowGroup,
  pruned: Pruned,
  deletes: TaskDeletes | undefined,
  options: UnitOptions,
): Generator<ReadUnit, void, void> {
  const { ranges, residual } = pruned
  const bytes = reader.chunkBytes(rowGroup, reader.output)
  let { stored, decoded } = bytes
  if (residual.op !== 'true' || (deletes?.equality.length ?? 0) > 0) {
    const filter = reader.chunkBytes(rowGroup, reader.filtered(residual).filter)
    stored += filter.stored
    decoded += filter.decoded
  }
  options.counter.bytesToRead += stored
  const rows = countRanges(ranges)
  const weight = stored + decoded * (rows / rowGroup.rows)
  const pieces = Math.min(rows, Math.max(1, Math.ceil(weight / options.unitBytes)))
  for (const part of splitRanges(ranges, Math.ceil(rows / pieces))) {
    yield { reader, rowGroup, ranges: part, residual, deletes, weightBytes: weight / pieces }
  }
}
