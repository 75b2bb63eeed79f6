/** Decodes one unit: filter columns first, then the other columns for the rows that passed. */
import { type Data, RecordBatch, Struct } from 'apache-arrow'
import { makeColumn } from '../../arrow/layout.js'
import { takeData } from '../../arrow/take.js'
import type { Limits } from '../../env/limits.js'
import type { DecodePool } from '../../parquet/decode-pool.js'
import { readRowGroup } from '../../parquet/read-row-group.js'
import type { RowPositions } from '../columns/assemble.js'
import { clearEqual, clearPositions } from '../deletes/task-deletes.js'
import { evaluateMask } from '../filter/evaluate.js'
import { countMask, fullMask, type Mask, maskIndices } from '../filter/mask.js'
import type { ColumnSet, FilteredRead, OutputShape } from './file-reader.js'
import {
  type CoarseSelection,
  coarseSelection,
  countRanges,
  positionsOf,
  type RowRange,
} from './ranges.js'
import { KeptRuns, keptRuns, squeezeData } from './squeeze.js'
import type { ReadUnit } from './units.js'

export interface DecodeContext {
  readonly pool: DecodePool
  readonly limits: Limits
}

/** Gaps between passing rows that are read through rather than skipped. */
const GAP_ROWS = 4096
/** Reading a part of the rows costs more a row than reading all. */
const WORTH_NARROWING = 0.75

/** The rows of a unit that pass, in the scan's schema; `undefined` when none does. */
export async function readUnit(
  unit: ReadUnit,
  context: DecodeContext,
  signal: AbortSignal,
): Promise<RecordBatch | undefined> {
  if (unit.residual.op === 'true' && unit.deletes === undefined) {
    const data = await readColumns(unit, unit.reader.output, unit.ranges, context, signal)
    return makeBatch(unit, unit.reader.makers, data, positionsFor(unit, undefined))
  }
  const read = unit.reader.filtered(unit.residual)
  const filterData = await readColumns(unit, read.filter, unit.ranges, context, signal)
  const { mask, deleted } = selectRows(unit, read, filterData)
  const count = countMask(mask)
  if (count === 0) return undefined
  const isAll = count === mask.length
  const reused = read.reused.map((at) => filterData[at]!)
  if (isAll) {
    const rest = await readColumns(unit, read.rest, unit.ranges, context, signal)
    return makeBatch(unit, read.makers, [...reused, ...rest], {
      ...positionsFor(unit, undefined),
      deleted,
    })
  }
  const coarse = narrowed(unit.ranges, mask, count)
  const rest = await readColumns(unit, read.rest, coarse.ranges, context, signal)
  const rows = selectionOf(mask, count)
  const restRows = coarse.mask === mask ? rows : selectionOf(coarse.mask, count)
  const data = [...selectData(reused, rows), ...selectData(rest, restRows)]
  return makeBatch(unit, read.makers, data, {
    ...positionsFor(unit, mask, count),
    deleted: deleted && keptFlags(deleted, mask, count),
  })
}

/** The ranges to read for the rows that passed: all of them when little would be left out. */
function narrowed(ranges: readonly RowRange[], mask: Mask, count: number): CoarseSelection {
  if (count > mask.length * WORTH_NARROWING) return { ranges, mask }
  const coarse = coarseSelection(ranges, mask, GAP_ROWS)
  return coarse.mask.length > mask.length * WORTH_NARROWING ? { ranges, mask } : coarse
}

async function readColumns(
  unit: ReadUnit,
  set: ColumnSet,
  ranges: readonly RowRange[],
  context: DecodeContext,
  signal: AbortSignal,
): Promise<readonly Data[]> {
  if (set.plan === undefined) return []
  const { reader, rowGroup } = unit
  const isWhole = ranges.length === 1 && ranges[0]!.start === 0 && ranges[0]!.end === rowGroup.rows
  const batch = await readRowGroup(reader.file.source, reader.file.footer, {
    rowGroup: rowGroup.index,
    plan: set.plan,
    ...(isWhole ? {} : { rowRanges: ranges }),
    pool: context.pool,
    limits: context.limits,
    signal,
  })
  return batch.data.children
}

interface Selected {
  readonly mask: Mask
  /** Which rows are deleted, where deleted rows come out too. */
  readonly deleted: Mask | undefined
}

/** The rows that pass: cheap tests first, and equality deletes on what is left. */
function selectRows(unit: ReadUnit, read: FilteredRead, data: readonly Data[]): Selected {
  const { deletes, ranges, rowGroup, residual } = unit
  const rows = countRanges(ranges)
  const all = positionsFor(unit, undefined)
  const live = fullMask(rows)
  if (deletes !== undefined) clearPositions(deletes, live, rowGroup.firstRow, ranges)
  if (unit.reader.shape.keepDeleted) {
    clearKeys(unit, read, data, live)
    const deleted = live.map((flag) => flag ^ 1)
    const mask = passing(unit, read, data, { ...all, deleted }, rows)
    return { mask, deleted }
  }
  if (residual.op !== 'true') {
    const mask = passing(unit, read, data, all, rows)
    for (let i = 0; i < rows; i += 1) live[i]! &= mask[i]!
  }
  clearKeys(unit, read, data, live)
  return { mask: live, deleted: undefined }
}

function passing(
  unit: ReadUnit,
  read: FilteredRead,
  data: readonly Data[],
  given: RowPositions,
  rows: number,
): Mask {
  if (unit.residual.op === 'true') return fullMask(rows)
  const made = read.filterMakers.map((make) => make(data, given))
  return evaluateMask(unit.residual, read.columnsOf(made), rows)
}

function clearKeys(unit: ReadUnit, read: FilteredRead, data: readonly Data[], mask: Mask): void {
  const { deletes } = unit
  if (deletes === undefined || deletes.equality.length === 0) return
  const all = positionsFor(unit, undefined)
  const made = new Map<number, Data>()
  for (const [id, make] of read.keyMakers) made.set(id, make(data, all))
  clearEqual(deletes, mask, made)
}

/** The flags of the rows that passed. */
export function keptFlags(flags: Mask, mask: Mask, count: number): Mask {
  const kept = new Uint8Array(count)
  let at = 0
  for (let i = 0; i < mask.length; i += 1) {
    if (mask[i] === 1) {
      kept[at] = flags[i]!
      at += 1
    }
  }
  return kept
}

function positionsFor(unit: ReadUnit, mask: Mask | undefined, count?: number): RowPositions {
  const { ranges, rowGroup } = unit
  return {
    length: count ?? countRanges(ranges),
    positions: () => positionsOf(rowGroup.firstRow, ranges, mask),
  }
}

/** Rows that passed: one run of them, many runs, or their numbers. */
type Selection = { readonly start: number; readonly length: number } | KeptRuns | Uint32Array

function selectionOf(mask: Mask, count: number): Selection {
  const start = mask.indexOf(1)
  const isRun = mask.lastIndexOf(1) - start + 1 === count
  if (isRun) return { start, length: count }
  const runs = keptRuns(mask, count)
  if (runs !== undefined) return runs
  const { buffer, byteOffset } = maskIndices(mask, count)
  return new Uint32Array(buffer, byteOffset, count)
}

/** The passing rows of some columns: one run of rows shares their memory, others are copied. */
function selectData(columns: readonly Data[], rows: Selection): readonly Data[] {
  if (rows instanceof KeptRuns) return columns.map((data) => squeezeData(data, rows))
  if (rows instanceof Uint32Array) return columns.map((data) => takeData(data, rows))
  const { start, length } = rows
  return columns.map((data) =>
    start === 0 && length === data.length ? data : data.slice(start, length),
  )
}

function makeBatch(
  unit: ReadUnit,
  makers: FilteredRead['makers'],
  data: readonly Data[],
  rows: RowPositions,
): RecordBatch {
  const children = makers.map((make) => make(data, rows))
  return batchOf(unit.reader.shape, children, rows.length)
}

/** A batch with the scan's schema. */
export function batchOf(shape: OutputShape, children: readonly Data[], rows: number): RecordBatch {
  const data = makeColumn(new Struct(shape.arrowSchema.fields), rows, 0, { children })
  return new RecordBatch(shape.arrowSchema, data as Data<Struct>)
}
