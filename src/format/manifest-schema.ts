/**
 * Avro schemas of manifest lists and manifests, as the reference writes them (spec: "Manifests",
 * "Manifest Lists"). Field ids are the contract; names matter too, for some readers go by them.
 */
import {
  AVRO,
  type AvroField,
  type AvroRecord,
  type AvroSchema,
  avroArray,
  avroField,
  avroKeyValueMap,
  avroOptional,
  avroRecord,
} from '../codec/avro/schema.js'
import type { FormatVersion } from './model.js'

/** Ids of `manifest_file` fields. */
export const LIST_FIELD = {
  path: 500,
  length: 501,
  specId: 502,
  addedSnapshotId: 503,
  addedFilesCount: 504,
  existingFilesCount: 505,
  deletedFilesCount: 506,
  partitions: 507,
  partition: 508,
  containsNull: 509,
  lowerBound: 510,
  upperBound: 511,
  addedRowsCount: 512,
  existingRowsCount: 513,
  deletedRowsCount: 514,
  sequenceNumber: 515,
  minSequenceNumber: 516,
  content: 517,
  containsNan: 518,
  keyMetadata: 519,
  firstRowId: 520,
} as const

/** Ids of `manifest_entry` fields. */
export const ENTRY_FIELD = {
  status: 0,
  snapshotId: 1,
  dataFile: 2,
  sequenceNumber: 3,
  fileSequenceNumber: 4,
} as const

/** Ids of `data_file` fields. */
export const FILE_FIELD = {
  path: 100,
  format: 101,
  partition: 102,
  recordCount: 103,
  sizeBytes: 104,
  blockSize: 105,
  columnSizes: 108,
  valueCounts: 109,
  nullValueCounts: 110,
  lowerBounds: 125,
  upperBounds: 128,
  keyMetadata: 131,
  splitOffsets: 132,
  content: 134,
  equalityIds: 135,
  nanValueCounts: 137,
  sortOrderId: 140,
  firstRowId: 142,
  referencedDataFile: 143,
  contentOffset: 144,
  contentSizeBytes: 145,
} as const

function required(id: number, name: string, type: AvroSchema, doc?: string): AvroField {
  return avroField(id, name, type, doc === undefined ? {} : { doc })
}

function optional(id: number, name: string, type: AvroSchema, doc: string): AvroField {
  return avroField(id, name, avroOptional(type), { doc })
}

const summaryRecord = avroRecord('r508', [
  required(509, 'contains_null', AVRO.boolean, 'True if any file has a null partition value'),
  optional(518, 'contains_nan', AVRO.boolean, 'True if any file has a nan partition value'),
  optional(510, 'lower_bound', AVRO.bytes, 'Partition lower bound for all files'),
  optional(511, 'upper_bound', AVRO.bytes, 'Partition upper bound for all files'),
])

const listHead = [
  required(500, 'manifest_path', AVRO.string, 'Location URI with FS scheme'),
  required(501, 'manifest_length', AVRO.long, 'Total file size in bytes'),
  required(502, 'partition_spec_id', AVRO.int, 'Spec ID used to write'),
]
const addedSnapshotId = required(
  503,
  'added_snapshot_id',
  AVRO.long,
  'Snapshot ID that added the manifest',
)
const partitions = optional(
  507,
  'partitions',
  avroArray(508, summaryRecord),
  'Summary for each partition',
)
const listKeyMetadata = optional(519, 'key_metadata', AVRO.bytes, 'Encryption key metadata blob')

type Maker = (id: number, name: string, type: AvroSchema, doc: string) => AvroField

function fileCounts(make: Maker): AvroField[] {
  return [
    make(504, 'added_files_count', AVRO.int, 'Added entry count'),
    make(505, 'existing_files_count', AVRO.int, 'Existing entry count'),
    make(506, 'deleted_files_count', AVRO.int, 'Deleted entry count'),
  ]
}

function rowCounts(make: Maker): AvroField[] {
  return [
    make(512, 'added_rows_count', AVRO.long, 'Added rows count'),
    make(513, 'existing_rows_count', AVRO.long, 'Existing rows count'),
    make(514, 'deleted_rows_count', AVRO.long, 'Deleted rows count'),
  ]
}

const listV1 = avroRecord('manifest_file', [
  ...listHead,
  addedSnapshotId,
  ...fileCounts(optional),
  partitions,
  ...rowCounts(optional),
  listKeyMetadata,
])

const listV2 = avroRecord('manifest_file', [
  ...listHead,
  required(517, 'content', AVRO.int, 'Contents of the manifest: 0=data, 1=deletes'),
  required(515, 'sequence_number', AVRO.long, 'Sequence number when the manifest was added'),
  required(516, 'min_sequence_number', AVRO.long, 'Lowest sequence number in the manifest'),
  addedSnapshotId,
  ...fileCounts(required),
  ...rowCounts(required),
  partitions,
  listKeyMetadata,
])

const listV3 = avroRecord('manifest_file', [
  ...listV2.fields,
  optional(
    520,
    'first_row_id',
    AVRO.long,
    'Starting row ID to assign to new rows in ADDED data files',
  ),
])

/** The schema of a manifest list. */
export function manifestListSchema(formatVersion: FormatVersion): AvroRecord {
  return formatVersion === 1 ? listV1 : formatVersion === 2 ? listV2 : listV3
}

function longMap(id: number, name: string, keyId: number, valueId: number, doc: string): AvroField {
  return optional(id, name, avroKeyValueMap(keyId, AVRO.int, valueId, AVRO.long), doc)
}

function bytesMap(
  id: number,
  name: string,
  keyId: number,
  valueId: number,
  doc: string,
): AvroField {
  return optional(id, name, avroKeyValueMap(keyId, AVRO.int, valueId, AVRO.bytes), doc)
}

const filePath = required(100, 'file_path', AVRO.string, 'Location URI with FS scheme')
const fileFormat = required(
  101,
  'file_format',
  AVRO.string,
  'File format name: avro, orc, or parquet',
)
const fileSizes = [
  required(103, 'record_count', AVRO.long, 'Number of records in the file'),
  required(104, 'file_size_in_bytes', AVRO.long, 'Total file size in bytes'),
]
const fileMetrics = [
  longMap(108, 'column_sizes', 117, 118, 'Map of column id to total size on disk'),
  longMap(109, 'value_counts', 119, 120, 'Map of column id to total count, including null and NaN'),
  longMap(110, 'null_value_counts', 121, 122, 'Map of column id to null value count'),
  longMap(
    137,
    'nan_value_counts',
    138,
    139,
    'Map of column id to number of NaN values in the column',
  ),
  bytesMap(125, 'lower_bounds', 126, 127, 'Map of column id to lower bound'),
  bytesMap(128, 'upper_bounds', 129, 130, 'Map of column id to upper bound'),
  optional(131, 'key_metadata', AVRO.bytes, 'Encryption key metadata blob'),
  optional(132, 'split_offsets', avroArray(133, AVRO.long), 'Splittable offsets'),
]
const sortOrderId = optional(140, 'sort_order_id', AVRO.int, 'Sort order ID')
const referencedDataFile = optional(
  143,
  'referenced_data_file',
  AVRO.string,
  'Fully qualified location (URI with FS scheme) of a data file that all deletes reference',
)

function dataFileFields(formatVersion: FormatVersion, partition: AvroRecord): AvroField[] {
  if (formatVersion === 1) {
    return [
      filePath,
      fileFormat,
      required(102, 'partition', partition),
      ...fileSizes,
      required(105, 'block_size_in_bytes', AVRO.long),
      ...fileMetrics,
      sortOrderId,
    ]
  }
  const contentDoc = 'Contents of the file: 0=data, 1=position deletes, 2=equality deletes'
  const partitionDoc = 'Partition data tuple, schema based on the partition spec'
  const rowIdDoc = 'The first row ID assigned to the first row in the data file'
  const offsetDoc = 'The offset in the file where the content starts'
  const sizeDoc = 'The length of referenced content stored in the file'
  const v3 = formatVersion >= 3
  return [
    required(134, 'content', AVRO.int, contentDoc),
    filePath,
    fileFormat,
    required(102, 'partition', partition, partitionDoc),
    ...fileSizes,
    ...fileMetrics,
    optional(135, 'equality_ids', avroArray(136, AVRO.int), 'Equality comparison field IDs'),
    sortOrderId,
    ...(v3 ? [optional(142, 'first_row_id', AVRO.long, rowIdDoc)] : []),
    referencedDataFile,
    ...(v3 ? [optional(144, 'content_offset', AVRO.long, offsetDoc)] : []),
    ...(v3 ? [optional(145, 'content_size_in_bytes', AVRO.long, sizeDoc)] : []),
  ]
}

/** The schema of a manifest, given the record `r102` of its partition tuples. */
export function manifestSchema(formatVersion: FormatVersion, partition: AvroRecord): AvroRecord {
  const sequenceNumbers = [
    avroField(3, 'sequence_number', avroOptional(AVRO.long)),
    avroField(4, 'file_sequence_number', avroOptional(AVRO.long)),
  ]
  return avroRecord('manifest_entry', [
    required(0, 'status', AVRO.int),
    avroField(1, 'snapshot_id', avroOptional(AVRO.long)),
    ...(formatVersion === 1 ? [] : sequenceNumbers),
    required(2, 'data_file', avroRecord('r2', dataFileFields(formatVersion, partition))),
  ])
}
