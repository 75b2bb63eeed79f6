/** One Avro row of a manifest → `ManifestEntry`: what is decoded, checked and inherited. */
import type { AvroProjectedField, AvroTypeProjection } from '../codec/avro/decoder.js'
import type { AvroRow, AvroValue } from '../codec/avro/schema.js'
import { CorruptData, Unsupported } from '../errors.js'
import { UNASSIGNED_SEQUENCE } from './constants.js'
import { ENTRY_FIELD, FILE_FIELD } from './manifest-schema.js'
import type {
  DataFile,
  EntryStatus,
  FileContent,
  FileFormat,
  FileMetrics,
  ManifestEntry,
  ManifestFile,
  PartitionTuple,
} from './model.js'

export interface EntryOptions {
  /** Only entries that are not deleted. */
  readonly live?: boolean
  /** Which columns' metrics to decode, by field id. Default `'all'`. */
  readonly metrics?: 'all' | 'none' | ReadonlySet<number>
  /** `false` leaves out column sizes, split offsets, sort order and key metadata of data files. */
  readonly detail?: boolean
}

const STATUS: readonly EntryStatus[] = ['existing', 'added', 'deleted']
const CONTENT: readonly FileContent[] = ['data', 'position-deletes', 'equality-deletes']
const FORMATS: ReadonlySet<string> = new Set<FileFormat>(['parquet', 'avro', 'orc', 'puffin'])

const LONG = { kind: 'long' } as const
const INT = { kind: 'int' } as const
const BYTES = { kind: 'bytes' } as const
const STRING = { kind: 'string' } as const

/** Slots of a `data_file` row, in the order of `fileFields`. */
const SLOT = {
  content: 0,
  path: 1,
  format: 2,
  partition: 3,
  recordCount: 4,
  sizeBytes: 5,
  firstRowId: 6,
  equalityIds: 7,
  referencedDataFile: 8,
  contentOffset: 9,
  contentSizeBytes: 10,
  valueCounts: 11,
  nullValueCounts: 12,
  nanValueCounts: 13,
  lowerBounds: 14,
  upperBounds: 15,
  columnSizes: 16,
  splitOffsets: 17,
  sortOrderId: 18,
  keyMetadata: 19,
} as const

/** What to decode of a manifest entry. */
export function entryFields(
  options: EntryOptions,
  partition: readonly AvroProjectedField[],
): readonly AvroProjectedField[] {
  return [
    { id: ENTRY_FIELD.status, name: 'status', type: INT },
    { id: ENTRY_FIELD.snapshotId, name: 'snapshot_id', type: LONG },
    { id: ENTRY_FIELD.sequenceNumber, name: 'sequence_number', type: LONG },
    { id: ENTRY_FIELD.fileSequenceNumber, name: 'file_sequence_number', type: LONG },
    {
      id: ENTRY_FIELD.dataFile,
      name: 'data_file',
      type: { fields: fileFields(options, partition) },
    },
  ]
}

function fileFields(
  options: EntryOptions,
  partition: readonly AvroProjectedField[],
): readonly AvroProjectedField[] {
  const metrics = options.metrics !== 'none'
  const detail = options.detail !== false
  const field = (id: number, name: string, type: AvroTypeProjection): AvroProjectedField => ({
    id,
    name,
    type,
  })
  const keys = typeof options.metrics === 'object' ? { keys: options.metrics } : {}
  // A slot that is not wanted asks for a field that no file has.
  const map = (wanted: boolean, id: number, name: string, value: 'long' | 'bytes') =>
    wanted ? field(id, name, { key: INT, value: { kind: value }, ...keys }) : field(-1, '', {})
  return [
    field(FILE_FIELD.content, 'content', INT),
    field(FILE_FIELD.path, 'file_path', STRING),
    field(FILE_FIELD.format, 'file_format', STRING),
    field(FILE_FIELD.partition, 'partition', { fields: partition }),
    field(FILE_FIELD.recordCount, 'record_count', LONG),
    field(FILE_FIELD.sizeBytes, 'file_size_in_bytes', LONG),
    field(FILE_FIELD.firstRowId, 'first_row_id', LONG),
    field(FILE_FIELD.equalityIds, 'equality_ids', { element: INT }),
    field(FILE_FIELD.referencedDataFile, 'referenced_data_file', STRING),
    field(FILE_FIELD.contentOffset, 'content_offset', LONG),
    field(FILE_FIELD.contentSizeBytes, 'content_size_in_bytes', LONG),
    map(metrics, FILE_FIELD.valueCounts, 'value_counts', 'long'),
    map(metrics, FILE_FIELD.nullValueCounts, 'null_value_counts', 'long'),
    map(metrics, FILE_FIELD.nanValueCounts, 'nan_value_counts', 'long'),
    map(metrics, FILE_FIELD.lowerBounds, 'lower_bounds', 'bytes'),
    map(metrics, FILE_FIELD.upperBounds, 'upper_bounds', 'bytes'),
    map(metrics && detail, FILE_FIELD.columnSizes, 'column_sizes', 'long'),
    detail ? field(FILE_FIELD.splitOffsets, 'split_offsets', { element: LONG }) : field(-1, '', {}),
    detail ? field(FILE_FIELD.sortOrderId, 'sort_order_id', INT) : field(-1, '', {}),
    field(FILE_FIELD.keyMetadata, 'key_metadata', BYTES),
  ]
}

/** Builds the entries of one manifest, in file order: first row ids depend on it. */
export class EntryBuilder {
  readonly #manifest: ManifestFile
  readonly #path: string
  readonly #partition: (value: AvroValue) => PartitionTuple
  readonly #live: boolean
  readonly #metrics: 'all' | 'none' | ReadonlySet<number>
  #nextRowId: bigint | undefined

  constructor(
    manifest: ManifestFile,
    path: string,
    partition: (value: AvroValue) => PartitionTuple,
    options: EntryOptions,
  ) {
    this.#manifest = manifest
    this.#path = path
    this.#partition = partition
    this.#live = options.live ?? false
    this.#metrics = options.metrics ?? 'all'
    this.#nextRowId = manifest.content === 'data' ? manifest.firstRowId : undefined
  }

  /** The entry, or undefined when it is deleted and only live ones are wanted. */
  entry(row: AvroRow): ManifestEntry | undefined {
    const status = STATUS[row[0] as number] ?? this.#fail(`unknown status ${row[0] as number}`)
    if (status === 'deleted' && this.#live) return undefined
    const file = row[4] as AvroRow | null | undefined
    if (file == null) return this.#fail('data_file is missing')
    const sequenceNumber = this.#sequenceNumber(row[2], status)
    return {
      status,
      snapshotId: (row[1] ?? this.#manifest.addedSnapshotId) as bigint,
      sequenceNumber,
      fileSequenceNumber: this.#fileSequenceNumber(row[3], status, sequenceNumber),
      file: this.#file(file, status),
    }
  }

  /** Spec, "Sequence Number Inheritance": only added files may leave theirs to the manifest. */
  #sequenceNumber(value: AvroValue, status: EntryStatus): bigint {
    if (value != null) return value as bigint
    const inherited = this.#manifest.sequenceNumber
    // 0 is a v1 manifest, where nothing has a sequence number. What is deleted is never read.
    if (status !== 'existing' || inherited === 0n) return inherited
    return this.#fail('an existing file has no sequence number')
  }

  /** Before the field was specified, existing files were written without it. */
  #fileSequenceNumber(value: AvroValue, status: EntryStatus, sequenceNumber: bigint): bigint {
    if (value != null) return value as bigint
    const inherited = this.#manifest.sequenceNumber
    return status === 'added' || inherited === 0n ? inherited : sequenceNumber
  }

  #file(row: AvroRow, status: EntryStatus): DataFile {
    const content = CONTENT[(row[SLOT.content] ?? 0) as number]
    if (content === undefined) return this.#fail(`unknown content ${row[SLOT.content] as number}`)
    if ((content === 'data') !== (this.#manifest.content === 'data')) {
      return this.#fail(`a manifest of ${this.#manifest.content} lists ${content}`)
    }
    const recordCount = this.#count(row, SLOT.recordCount, 'record_count')
    const firstRowId = this.#firstRowId(row[SLOT.firstRowId], status, recordCount)
    return {
      content,
      path: this.#required<string>(row, SLOT.path, 'file_path'),
      format: this.#format(row),
      specId: this.#manifest.specId,
      partition: this.#partition(row[SLOT.partition]),
      recordCount,
      sizeBytes: this.#count(row, SLOT.sizeBytes, 'file_size_in_bytes'),
      ...this.#metricsOf(row),
      ...detailOf(row),
      ...(firstRowId !== undefined && { firstRowId }),
    }
  }

  /**
   * Spec, "First Row ID Inheritance". Without one in the manifest, those of its files do not count:
   * the reference reads them as null too.
   */
  #firstRowId(value: AvroValue, status: EntryStatus, recordCount: bigint): bigint | undefined {
    // A manifest of the commit that is being made is not in a list yet: its files keep what they have.
    const uncommitted = this.#manifest.sequenceNumber === UNASSIGNED_SEQUENCE
    if (uncommitted) return (value ?? undefined) as bigint | undefined
    if (this.#nextRowId === undefined) return undefined
    if (value != null) return value as bigint
    if (status === 'deleted') return undefined
    const firstRowId = this.#nextRowId
    this.#nextRowId += recordCount
    return firstRowId
  }

  #format(row: AvroRow): FileFormat {
    const text = this.#required<string>(row, SLOT.format, 'file_format')
    const format = text.toLowerCase()
    if (FORMATS.has(format)) return format as FileFormat
    const shown = text.slice(0, 40)
    throw new Unsupported(
      `file-format-${shown}`,
      `files of format '${shown}' cannot be read, found in manifest ${this.#path}`,
      { details: { path: this.#path } },
    )
  }

  #metricsOf(row: AvroRow): FileMetrics {
    if (this.#metrics === 'none') return {}
    const longs = (slot: number) => this.#map<bigint>(row[slot])
    const bytes = (slot: number) => this.#map<Uint8Array>(row[slot])
    const columnSizes = longs(SLOT.columnSizes)
    const valueCounts = longs(SLOT.valueCounts)
    const nullValueCounts = longs(SLOT.nullValueCounts)
    const nanValueCounts = longs(SLOT.nanValueCounts)
    const lowerBounds = bytes(SLOT.lowerBounds)
    const upperBounds = bytes(SLOT.upperBounds)
    return {
      ...(columnSizes !== undefined && { columnSizes }),
      ...(valueCounts !== undefined && { valueCounts }),
      ...(nullValueCounts !== undefined && { nullValueCounts }),
      ...(nanValueCounts !== undefined && { nanValueCounts }),
      ...(lowerBounds !== undefined && { lowerBounds }),
      ...(upperBounds !== undefined && { upperBounds }),
    }
  }

  /** A metrics map as it is; null values of odd writers are left out. */
  #map<T extends bigint | Uint8Array>(value: AvroValue): ReadonlyMap<number, T> | undefined {
    if (value == null) return undefined
    const map = value as ReadonlyMap<number, T | null>
    for (const item of map.values()) {
      if (item === null) {
        return new Map([...map].filter((entry): entry is [number, T] => entry[1] !== null))
      }
    }
    return map as ReadonlyMap<number, T>
  }

  #count(row: AvroRow, slot: number, name: string): bigint {
    const value = this.#required<bigint>(row, slot, name)
    return value < 0n ? this.#fail(`negative ${name}`) : value
  }

  #required<T extends AvroValue>(row: AvroRow, slot: number, name: string): T {
    const value = row[slot]
    return value == null ? this.#fail(`${name} is missing`) : (value as T)
  }

  #fail(what: string): never {
    throw new CorruptData(`manifest entry: ${what} in ${this.#path}`, {
      details: { path: this.#path },
    })
  }
}

type Detail = Pick<
  DataFile,
  | 'keyMetadata'
  | 'splitOffsets'
  | 'equalityIds'
  | 'sortOrderId'
  | 'referencedDataFile'
  | 'contentOffset'
  | 'contentSizeBytes'
>

function detailOf(row: AvroRow): Detail {
  const at = <T extends AvroValue>(slot: number): T | undefined =>
    (row[slot] ?? undefined) as T | undefined
  const keyMetadata = at<Uint8Array>(SLOT.keyMetadata)
  const splitOffsets = at<readonly bigint[]>(SLOT.splitOffsets)
  const equalityIds = at<readonly number[]>(SLOT.equalityIds)
  const sortOrderId = at<number>(SLOT.sortOrderId)
  const referencedDataFile = at<string>(SLOT.referencedDataFile)
  const contentOffset = at<bigint>(SLOT.contentOffset)
  const contentSizeBytes = at<bigint>(SLOT.contentSizeBytes)
  return {
    ...(keyMetadata !== undefined && { keyMetadata }),
    ...(splitOffsets !== undefined && { splitOffsets }),
    ...(equalityIds !== undefined && { equalityIds }),
    ...(sortOrderId !== undefined && { sortOrderId }),
    ...(referencedDataFile !== undefined && { referencedDataFile }),
    ...(contentOffset !== undefined && { contentOffset }),
    ...(contentSizeBytes !== undefined && { contentSizeBytes }),
  }
}
