/** Which rows of a row group may match, by the page index (parquet.thrift: ColumnIndex, OffsetIndex). */
import type { Limits } from '../../env/limits.js'
import type { BoundsSource } from '../../expr/bounds-source.js'
import { mayMatch } from '../../expr/inclusive.js'
import type { BoundPredicate } from '../../expr/predicate.js'
import type { BoundLeaf } from '../../expr/simplify.js'
import type { RowGroup } from '../../parquet/model.js'
import {
  type ColumnIndex,
  type OffsetIndex,
  readColumnIndex,
  readOffsetIndex,
} from '../../parquet/page-index.js'
import type { FoundLeaf, OpenFile } from './open-file.js'
import { intersectRanges, type RowRange, uniteRanges } from './ranges.js'
import { statisticDatum } from './statistic-datum.js'

/** No offset index of two pages is shorter: each page takes at least six bytes besides the frame. */
const TWO_PAGES_BYTES = 16

export interface PagePruning {
  /** Rows that may match, relative to the row group. */
  readonly ranges: readonly RowRange[]
  /** Pages of the predicate's columns, and those that hold no matching row. */
  readonly pages: number
  readonly skipped: number
}

export interface PruneOptions {
  readonly limits: Limits
  readonly signal?: AbortSignal
}

/** Narrows a row group to the pages that may match. Columns without an index rule nothing out. */
export async function prunePages(
  file: OpenFile,
  rowGroup: RowGroup,
  predicate: BoundPredicate,
  options: PruneOptions,
): Promise<PagePruning> {
  const all = [{ start: 0, end: rowGroup.rows }]
  let pages = 0
  let skipped = 0
  const indexes = new Map<number, Promise<PageBounds | undefined>>()
  const walk = async (node: BoundPredicate): Promise<readonly RowRange[]> => {
    switch (node.op) {
      case 'true':
        return all
      case 'false':
        return []
      case 'and': {
        let ranges: readonly RowRange[] = all
        for (const arg of node.args) ranges = intersectRanges(ranges, await walk(arg))
        return ranges
      }
      case 'or': {
        const parts: (readonly RowRange[])[] = []
        for (const arg of node.args) parts.push(await walk(arg))
        return uniteRanges(parts)
      }
      default: {
        const bounds = await load(node)
        if (bounds === undefined) return all
        const kept = bounds.pages.filter((page) => mayMatch(node, page.source))
        pages += bounds.pages.length
        skipped += bounds.pages.length - kept.length
        return uniteRanges([kept])
      }
    }
  }
  const load = (node: BoundLeaf): Promise<PageBounds | undefined> => {
    const { fieldId } = node.term
    const known = indexes.get(fieldId) ?? pageBounds(file, rowGroup, fieldId, options)
    indexes.set(fieldId, known)
    return known
  }
  const ranges = await walk(predicate)
  return { ranges, pages, skipped }
}

interface PageBounds {
  readonly pages: readonly (RowRange & { readonly source: BoundsSource })[]
}

async function pageBounds(
  file: OpenFile,
  rowGroup: RowGroup,
  fieldId: number,
  options: PruneOptions,
): Promise<PageBounds | undefined> {
  const found = file.leaf(fieldId)
  const chunk = found && rowGroup.columns[found.leaf.leafIndex]
  if (found === undefined || chunk?.columnIndex === undefined || chunk.offsetIndex === undefined) {
    return undefined
  }
  // One page says no more than the row group's statistics, which were looked at before.
  if (chunk.offsetIndex.length < TWO_PAGES_BYTES) return undefined
  const [columnIndex, offsetIndex] = await Promise.all([
    readColumnIndex(file.source, chunk, found.leaf, options),
    readOffsetIndex(file.source, chunk, rowGroup, options),
  ])
  if (columnIndex === undefined || offsetIndex === undefined) return undefined
  if (columnIndex.nullPages.length !== offsetIndex.pages.length) return undefined
  return { pages: joinIndexes(found, fieldId, columnIndex, offsetIndex) }
}

function joinIndexes(
  found: FoundLeaf,
  fieldId: number,
  columnIndex: ColumnIndex,
  offsetIndex: OffsetIndex,
): PageBounds['pages'] {
  return offsetIndex.pages.map((page, at) => {
    const isNull = columnIndex.nullPages[at] === true
    const bounds = {
      lower: isNull ? undefined : statisticDatum(columnIndex.min[at], found.leaf, found.type),
      upper: isNull ? undefined : statisticDatum(columnIndex.max[at], found.leaf, found.type),
      valueCount: page.rows,
      nullCount: isNull ? page.rows : columnIndex.nullCounts?.[at],
    }
    return {
      start: page.firstRow,
      end: page.firstRow + page.rows,
      source: {
        rowCount: page.rows,
        column: (id: number) => (id === fieldId ? bounds : undefined),
      },
    }
  })
}
