import { currentSchema, specById } from '../format/lookup.js'
import type { DataFile, TableMetadata } from '../format/model.js'
import { partitionColumn } from '../scan/partition-column.js'
import { fromDatumFn } from '../types/from-datum.js'
import type { StructType, Type } from '../types/type.js'
import { BINARY, INT, LONG, listOf, mapOf, STRING } from './metadata-table.js'

const CONTENT = { data: 0, 'position-deletes': 1, 'equality-deletes': 2 } as const

/** A struct of every partition field of any spec; undefined for a table that has none. */
export function unifiedPartition(metadata: TableMetadata): StructType | undefined {
  const { type } = partitionColumn(metadata, currentSchema(metadata))
  return type.kind === 'struct' && type.fields.length > 0 ? type : undefined
}

/** Columns that describe a data or delete file. */
export function fileColumns(
  partition: StructType | undefined,
): readonly (readonly [string, Type])[] {
  return [
    ['content', INT],
    ['file_path!', STRING],
    ['file_format!', STRING],
    ['spec_id', INT],
    ...(partition === undefined ? [] : [['partition', partition] as const]),
    ['record_count!', LONG],
    ['file_size_in_bytes!', LONG],
    ['column_sizes', mapOf(INT, LONG)],
    ['value_counts', mapOf(INT, LONG)],
    ['null_value_counts', mapOf(INT, LONG)],
    ['nan_value_counts', mapOf(INT, LONG)],
    ['lower_bounds', mapOf(INT, BINARY)],
    ['upper_bounds', mapOf(INT, BINARY)],
    ['key_metadata', BINARY],
    ['split_offsets', listOf(LONG)],
    ['equality_ids', listOf(INT)],
    ['sort_order_id', INT],
    ['first_row_id', LONG],
    ['referenced_data_file', STRING],
    ['content_offset', LONG],
    ['content_size_in_bytes', LONG],
  ]
}

/** Makes rows of files; values of each spec are placed in the partition struct by field id. */
export function fileRows(metadata: TableMetadata): (file: DataFile) => Record<string, unknown> {
  const partition = unifiedPartition(metadata)
  const place = partition === undefined ? undefined : partitionRows(metadata, partition)
  return (file) => ({
    content: CONTENT[file.content],
    file_path: file.path,
    file_format: file.format.toUpperCase(),
    spec_id: file.specId,
    ...(place !== undefined && { partition: place(file) }),
    record_count: file.recordCount,
    file_size_in_bytes: file.sizeBytes,
    column_sizes: file.columnSizes ?? null,
    value_counts: file.valueCounts ?? null,
    null_value_counts: file.nullValueCounts ?? null,
    nan_value_counts: file.nanValueCounts ?? null,
    lower_bounds: file.lowerBounds ?? null,
    upper_bounds: file.upperBounds ?? null,
    key_metadata: file.keyMetadata ?? null,
    split_offsets: file.splitOffsets ?? null,
    equality_ids: file.equalityIds ?? null,
    sort_order_id: file.sortOrderId ?? null,
    first_row_id: file.firstRowId ?? null,
    referenced_data_file: file.referencedDataFile ?? null,
    content_offset: file.contentOffset ?? null,
    content_size_in_bytes: file.contentSizeBytes ?? null,
  })
}

/** The values of a file's partition, as public values in the unified struct. */
export function partitionRows(
  metadata: TableMetadata,
  partition: StructType,
): (file: Pick<DataFile, 'specId' | 'partition'>) => Record<string, unknown> {
  const bySpec = new Map<
    number,
    readonly (readonly [string, number, (datum: never) => unknown])[]
  >()
  const placesOf = (specId: number) => {
    let places = bySpec.get(specId)
    if (places === undefined) {
      const { fields } = specById(metadata, specId)
      places = partition.fields.map((field) => {
        const index = fields.findIndex((item) => item.fieldId === field.id)
        return [field.name, index, fromDatumFn(field.type)] as const
      })
      bySpec.set(specId, places)
    }
    return places
  }
  return (file) => {
    const row = new Map<string, unknown>()
    for (const [name, index, convert] of placesOf(file.specId)) {
      const datum = file.partition[index] ?? null
      row.set(name, datum === null ? null : convert(datum as never))
    }
    return Object.fromEntries(row)
  }
}
