import type { MetricsConfig, MetricsMode } from '../../format/metrics-config.js'
import type { FileMetrics } from '../../format/model.js'
import type { ColumnChunk, ParquetFooter, SchemaNode } from '../../parquet/model.js'
import type { FileColumn } from '../../scan/columns/file-tree.js'
import { statisticDatum } from '../../scan/read/statistic-datum.js'
import { truncateLowerBound, truncateUpperBound } from '../../types/bounds.js'
import { datumComparator } from '../../types/compare.js'
import type { Datum } from '../../types/datum.js'
import { schemaIndex } from '../../types/schema-index.js'
import { encodeSingleValue } from '../../types/single-value.js'
import type { Schema, Type } from '../../types/type.js'

/** What a footer says of one column, not cut to any metrics mode. */
export interface ExactColumn {
  readonly nullCount: bigint | undefined
  readonly valueCount: bigint
  readonly lower: Datum | undefined
  readonly upper: Datum | undefined
  /** Whether the bounds are values of the column, not only bounds of them. */
  readonly isExact: boolean
}

export interface AdoptedMetrics {
  /** For the manifest: as the table's metrics modes ask. */
  readonly written: FileMetrics
  readonly exact: ReadonlyMap<number, ExactColumn>
}

/** Metrics of a file from its footer, by field id. NaN counts are not in footers, so not here. */
export function adoptedMetrics(
  footer: ParquetFooter,
  tree: readonly FileColumn[],
  schema: Schema,
  config: MetricsConfig,
): AdoptedMetrics {
  const { byId } = schemaIndex(schema)
  const columnSizes = new Map<number, bigint>()
  const valueCounts = new Map<number, bigint>()
  const nullValueCounts = new Map<number, bigint>()
  const lowerBounds = new Map<number, Uint8Array>()
  const upperBounds = new Map<number, Uint8Array>()
  const exact = new Map<number, ExactColumn>()
  leafColumns(tree).forEach((column, index) => {
    const leaf = footer.leaves[index]
    const field = column.id === undefined ? undefined : byId.get(column.id)
    if (leaf === undefined || field === undefined) return
    const { id, type } = field
    const chunks = footer.rowGroups.flatMap((group) => group.columns[index] ?? [])
    const facts = columnFacts(chunks, leaf, type)
    exact.set(id, facts)
    const mode = config(id)
    columnSizes.set(
      id,
      sum(chunks, (chunk) => chunk.compressedBytes),
    )
    if (mode.kind === 'none') return
    valueCounts.set(id, facts.valueCount)
    if (facts.nullCount !== undefined) nullValueCounts.set(id, facts.nullCount)
    const bounds = cutBounds(type, facts, mode)
    if (bounds.lower !== undefined) lowerBounds.set(id, encodeSingleValue(type, bounds.lower))
    if (bounds.upper !== undefined) upperBounds.set(id, encodeSingleValue(type, bounds.upper))
  })
  return {
    written: { columnSizes, valueCounts, nullValueCounts, lowerBounds, upperBounds },
    exact,
  }
}

/** The leaves of the tree, in the order in which the footer has them. */
function leafColumns(tree: readonly FileColumn[]): readonly FileColumn[] {
  return tree.flatMap((column) =>
    column.children.length === 0 ? [column] : leafColumns(column.children),
  )
}

function columnFacts(chunks: readonly ColumnChunk[], leaf: SchemaNode, type: Type): ExactColumn {
  let nullCount: bigint | undefined = 0n
  let lower: Datum | undefined
  let upper: Datum | undefined
  // Values under lists and maps have no bounds (as in the reference).
  let bounded = leaf.maxRepetition === 0 && hasOrder(type)
  let isExact = true
  for (const { statistics, values } of chunks) {
    const nulls: number | undefined = statistics?.nullCount
    nullCount =
      nulls === undefined || nullCount === undefined ? undefined : nullCount + BigInt(nulls)
    if (!bounded || nulls === values) continue
    const low = statisticDatum(statistics?.min, leaf, type)
    const high = statisticDatum(statistics?.max, leaf, type)
    if (low === undefined || high === undefined || Number.isNaN(low) || Number.isNaN(high)) {
      bounded = false
      continue
    }
    const compare = datumComparator(type)
    if (lower === undefined || compare(low, lower) < 0) lower = low
    if (upper === undefined || compare(high, upper) > 0) upper = high
    isExact &&= statistics?.minExact !== false && statistics?.maxExact !== false
  }
  return {
    nullCount,
    valueCount: sum(chunks, (chunk) => chunk.values),
    lower: bounded ? lower : undefined,
    upper: bounded ? upper : undefined,
    isExact: bounded && isExact,
  }
}

function cutBounds(
  type: Type,
  { lower, upper }: ExactColumn,
  mode: MetricsMode,
): { readonly lower: Datum | undefined; readonly upper: Datum | undefined } {
  if (mode.kind === 'none' || mode.kind === 'counts') return { lower: undefined, upper: undefined }
  if (mode.kind !== 'truncate') return { lower, upper }
  return {
    lower: lower === undefined ? undefined : truncateLowerBound(type, lower, mode.length),
    upper: upper === undefined ? undefined : truncateUpperBound(type, upper, mode.length),
  }
}

function hasOrder(type: Type): boolean {
  return !['struct', 'list', 'map', 'variant', 'geometry', 'geography', 'unknown'].includes(
    type.kind,
  )
}

function sum(chunks: readonly ColumnChunk[], of: (chunk: ColumnChunk) => number): bigint {
  return chunks.reduce((total, chunk) => total + BigInt(of(chunk)), 0n)
}
