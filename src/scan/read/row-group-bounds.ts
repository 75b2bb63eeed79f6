/** Statistics of a row group, or of one page, as bounds by field id. */
import type { BoundsSource, ColumnBounds } from '../../expr/bounds-source.js'
import type { RowGroup } from '../../parquet/model.js'
import type { Datum } from '../../types/datum.js'
import { METADATA_COLUMNS } from '../../types/metadata-columns.js'
import type { OpenFile } from './open-file.js'
import { statisticDatum } from './statistic-datum.js'

/** What the footer says of one row group. */
export function rowGroupBounds(file: OpenFile, rowGroup: RowGroup): BoundsSource {
  return {
    rowCount: rowGroup.rows,
    column: (fieldId) => columnBounds(file, rowGroup, fieldId),
  }
}

function columnBounds(
  file: OpenFile,
  rowGroup: RowGroup,
  fieldId: number,
): ColumnBounds | undefined {
  const found = file.leaf(fieldId)
  if (found === undefined) return absentBounds(file, rowGroup, fieldId)
  const chunk = rowGroup.columns[found.leaf.leafIndex]
  const statistics = chunk?.statistics
  if (chunk === undefined || statistics === undefined) return undefined
  return {
    lower: statisticDatum(statistics.min, found.leaf, found.type),
    upper: statisticDatum(statistics.max, found.leaf, found.type),
    valueCount: chunk.values,
    nullCount: statistics.nullCount,
  }
}

/** Columns that are not in the file hold one value for every row. */
function absentBounds(
  file: OpenFile,
  rowGroup: RowGroup,
  fieldId: number,
): ColumnBounds | undefined {
  switch (fieldId) {
    case METADATA_COLUMNS.file.id:
      return constantBounds(file.task.file.path, rowGroup.rows)
    case METADATA_COLUMNS.specId.id:
      return constantBounds(file.task.file.specId, rowGroup.rows)
    case METADATA_COLUMNS.pos.id:
      return {
        lower: BigInt(rowGroup.firstRow),
        upper: BigInt(rowGroup.firstRow + rowGroup.rows - 1),
        valueCount: rowGroup.rows,
        nullCount: 0,
      }
    default: {
      const constant = file.constantOf(fieldId)
      return constant === undefined ? undefined : constantBounds(constant, rowGroup.rows)
    }
  }
}

function constantBounds(value: Datum | null, rows: number): ColumnBounds {
  if (value === null) return { valueCount: rows, nullCount: rows }
  const nan = Number.isNaN(value)
  const bounds = nan ? {} : { lower: value, upper: value }
  return { ...bounds, valueCount: rows, nullCount: 0, nanCount: nan ? rows : 0 }
}
