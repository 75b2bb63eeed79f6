import type { Limits } from '../env/limits.js'
import { InvalidArgument } from '../errors.js'
import { miniFooter } from './mini.js'
import type { ParquetFooter, RowGroup } from './model.js'
import type { OffsetIndex } from './page-index.js'
import type { RowRange } from './raw-column.js'
import type { ByteSpan, ChunkTask, DecodeTask, PagePlace } from './read-node.js'
import type { PlannedLeaf, ReadPlan } from './read-plan.js'

/** Pages this close together are read at once, with what lies between them. */
const pageGapBytes = 32 * 1024

/** Throws InvalidArgument unless the ranges are ascending, disjoint and inside the row group. */
export function checkRowRanges(ranges: readonly RowRange[], rows: number): void {
  let before = 0
  for (const { start, end } of ranges) {
    const sound = Number.isSafeInteger(start) && Number.isSafeInteger(end)
    if (!sound || start < before || end < start || end > rows) {
      throw new InvalidArgument(
        `row range [${start}, ${end}) is not after row ${before} and within ${rows} rows`,
      )
    }
    before = end
  }
}

export interface RowGroupTaskOptions {
  readonly limits: Limits
  readonly rowRanges: readonly RowRange[] | undefined
  readonly checksums: boolean
  /** Whether parquet-wasm is to decode it; then all rows come, whatever `rowRanges` says. */
  readonly wasm: boolean
}

/** The task of decoding one row group. `indexes` has the offset index of each planned leaf. */
export function rowGroupTask(
  footer: ParquetFooter,
  group: RowGroup,
  plan: ReadPlan,
  indexes: readonly (OffsetIndex | undefined)[],
  options: RowGroupTaskOptions,
): DecodeTask {
  const wanted = options.wasm ? undefined : options.rowRanges
  const ranges = wanted?.filter((range) => range.end > range.start)
  return {
    path: footer.path,
    rows: group.rows,
    rowRanges: ranges,
    chunks: plan.leaves.map((leaf, index) => chunkTask(leaf, group, ranges, indexes[index])),
    nodes: plan.nodes,
    pageBytesMax: options.limits.parquetPageBytes,
    pageValuesMax: options.limits.parquetPageValues,
    checksums: options.checksums,
    mini: options.wasm ? miniFooter(footer.root, plan.leaves, group) : undefined,
  }
}

function chunkTask(
  planned: PlannedLeaf,
  group: RowGroup,
  ranges: readonly RowRange[] | undefined,
  index: OffsetIndex | undefined,
): ChunkTask {
  const { leaf, output, nested } = planned
  const chunk = group.columns[leaf.leafIndex] as RowGroup['columns'][number]
  const common = {
    column: leaf.path.join('.'),
    physical: chunk.physical,
    typeLength: leaf.typeLength ?? 0,
    codec: chunk.codec,
    output,
    maxDefinition: leaf.maxDefinition,
    maxRepetition: leaf.maxRepetition,
    nested,
    values: chunk.values,
  }
  const whole = [{ start: chunk.start, end: chunk.end }]
  if (ranges === undefined || (index === undefined && ranges.length > 0)) {
    return { ...common, spans: whole, dictionaryOffset: undefined, pages: undefined }
  }
  const pages = wantedPages(index?.pages ?? [], ranges)
  const firstPage = index?.pages[0]?.offset ?? chunk.start
  // Whatever lies before the first data page is the dictionary, even where the footer forgot it.
  const hasDictionary = firstPage > chunk.start && pages.length > 0
  const dictionary = hasDictionary ? [{ start: chunk.start, end: firstPage }] : []
  const spans = [...dictionary, ...pages.map((p) => ({ start: p.offset, end: p.offset + p.bytes }))]
  return {
    ...common,
    spans: joinSpans(spans, pageGapBytes),
    dictionaryOffset: hasDictionary ? chunk.start : undefined,
    pages,
  }
}

/** The pages that hold a wanted row. */
function wantedPages(pages: readonly PagePlace[], ranges: readonly RowRange[]): PagePlace[] {
  const wanted: PagePlace[] = []
  let at = 0
  for (const page of pages) {
    while (at < ranges.length && (ranges[at] as RowRange).end <= page.firstRow) at++
    const range = ranges[at]
    if (range === undefined) break
    if (range.start < page.firstRow + page.rows) wanted.push(page)
  }
  return wanted
}

/** Joins ascending spans that are at most `gap` bytes apart. */
export function joinSpans(spans: readonly ByteSpan[], gap: number): ByteSpan[] {
  const joined: ByteSpan[] = []
  for (const span of spans) {
    const last = joined[joined.length - 1]
    if (last === undefined || span.start - last.end > gap) joined.push(span)
    else joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, span.end) }
  }
  return joined
}
