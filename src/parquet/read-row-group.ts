import type { RecordBatch } from 'apache-arrow'
import { takeBatch } from '../arrow/take.js'
import type { Limits } from '../env/limits.js'
import { Aborted, InvalidArgument } from '../errors.js'
import { toRecordBatch } from './arrow-build.js'
import type { ByteSource } from './contract.js'
import type { DecodePool } from './decode-pool.js'
import type { ParquetFooter, RowGroup } from './model.js'
import { readOffsetIndexes } from './page-index.js'
import { inlinePool } from './pool.js'
import type { RowRange } from './raw-column.js'
import { type PlanOptions, planRead, type ReadPlan } from './read-plan.js'
import { checkRowRanges, rowGroupTask } from './row-group-task.js'

export interface ReadRowGroupOptions extends PlanOptions {
  /** Index into `footer.rowGroups`. */
  readonly rowGroup: number
  /** Rows wanted, relative to the row group: ascending and disjoint. Left out: all. */
  readonly rowRanges?: readonly RowRange[] | undefined
  /** Where to decode. Left out: in this thread. */
  readonly pool?: DecodePool | undefined
  /**
   * Which decoder: `typescript`, the default, or `wasm`: parquet-wasm over mini images, slower, for
   * comparison. It cannot read INT96, and misreads levels in the long deprecated BIT_PACKED encoding.
   */
  readonly engine?: 'typescript' | 'wasm' | undefined
  /** Made by {@link planRead} from the same footer and options, to plan a file only once. */
  readonly plan?: ReadPlan | undefined
  /** Whether to check the pages' checksums where they have some. Default false. */
  readonly checksums?: boolean | undefined
  readonly limits: Limits
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads columns of one row group into an Arrow record batch: the columns in the file's order, with
 * the file's names and field ids. With `rowRanges` the batch has just those rows, and pages that
 * hold none of them are neither read (where the file has an offset index) nor decompressed.
 *
 * @throws InvalidArgument for columns or rows that the file does not have, CorruptData,
 *   LimitExceeded and Unsupported for what cannot be decoded, Aborted
 */
export async function readRowGroup(
  source: ByteSource,
  footer: ParquetFooter,
  options: ReadRowGroupOptions,
): Promise<RecordBatch> {
  const { limits, signal, rowRanges } = options
  const group = footer.rowGroups[options.rowGroup]
  if (group === undefined) {
    throw new InvalidArgument(
      `${footer.path} has ${footer.rowGroups.length} row groups, not one at ${options.rowGroup}`,
    )
  }
  if (rowRanges !== undefined) checkRowRanges(rowRanges, group.rows)
  if (signal?.aborted) throw new Aborted('reading was aborted', { cause: signal.reason })
  const plan = options.plan ?? planRead(footer, options)
  if (options.engine === 'wasm') return readWithWasm(source, footer, group, plan, options)
  const indexes = await offsetIndexes(source, group, plan, options)
  const task = rowGroupTask(footer, group, plan, indexes, {
    limits,
    rowRanges,
    checksums: options.checksums ?? false,
    wasm: false,
  })
  const rows = rowRanges?.reduce((sum, range) => sum + range.end - range.start, 0) ?? group.rows
  const columns = await (options.pool ?? inlinePool).decode(source, task, signal)
  return toRecordBatch(plan.schema, columns, rows)
}

/** The other decoder: all rows of the group, from which the wanted ones are taken. */
async function readWithWasm(
  source: ByteSource,
  footer: ParquetFooter,
  group: RowGroup,
  plan: ReadPlan,
  options: ReadRowGroupOptions,
): Promise<RecordBatch> {
  const { limits, rowRanges, signal } = options
  const task = rowGroupTask(footer, group, plan, [], {
    limits,
    rowRanges,
    checksums: false,
    wasm: true,
  })
  const columns = await (options.pool ?? inlinePool).decode(source, task, signal)
  const batch = toRecordBatch(plan.schema, columns, group.rows)
  if (rowRanges === undefined) return batch
  const wanted: number[] = []
  for (const { start, end } of rowRanges) for (let row = start; row < end; row++) wanted.push(row)
  return takeBatch(batch, Int32Array.from(wanted))
}

/** Offset indexes matter only when some rows are not wanted. */
async function offsetIndexes(
  source: ByteSource,
  group: RowGroup,
  plan: ReadPlan,
  options: ReadRowGroupOptions,
): ReturnType<typeof readOffsetIndexes> {
  const { rowRanges, limits, signal } = options
  if (rowRanges === undefined) return []
  const wanted = rowRanges.reduce((sum, { start, end }) => sum + end - start, 0)
  if (wanted === 0 || wanted === group.rows) return []
  const chunks = plan.leaves.flatMap(({ leaf }) => group.columns[leaf.leafIndex] ?? [])
  return readOffsetIndexes(source, chunks, group, { limits, signal })
}
