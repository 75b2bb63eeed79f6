/** Manifest list bytes → `ManifestFile[]` (spec: "Manifest Lists"). */
import { openAvro, prepareAvro } from '../codec/avro/container.js'
import type {
  AvroProjectedField,
  AvroProjection,
  AvroTypeProjection,
} from '../codec/avro/decoder.js'
import type { AvroRow, AvroValue } from '../codec/avro/schema.js'
import type { Limits } from '../env/limits.js'
import { CorruptData, LimitExceeded } from '../errors.js'
import { LIST_FIELD } from './manifest-schema.js'
import type { FieldSummary, ManifestFile, Snapshot } from './model.js'

export interface ReadManifestListOptions {
  readonly limits: Limits
  /** Named in errors. */
  readonly path?: string
}

const LONG = { kind: 'long' } as const
const INT = { kind: 'int' } as const
const BYTES = { kind: 'bytes' } as const

const summaryType: AvroTypeProjection = {
  fields: [
    { id: LIST_FIELD.containsNull, name: 'contains_null', type: { kind: 'boolean' } },
    { id: LIST_FIELD.containsNan, name: 'contains_nan', type: { kind: 'boolean' } },
    { id: LIST_FIELD.lowerBound, name: 'lower_bound', type: BYTES },
    { id: LIST_FIELD.upperBound, name: 'upper_bound', type: BYTES },
  ],
}

const fields: readonly AvroProjectedField[] = [
  { id: LIST_FIELD.path, name: 'manifest_path', type: { kind: 'string' } },
  { id: LIST_FIELD.length, name: 'manifest_length', type: LONG },
  { id: LIST_FIELD.specId, name: 'partition_spec_id', type: INT },
  { id: LIST_FIELD.content, name: 'content', type: INT },
  { id: LIST_FIELD.sequenceNumber, name: 'sequence_number', type: LONG },
  { id: LIST_FIELD.minSequenceNumber, name: 'min_sequence_number', type: LONG },
  { id: LIST_FIELD.addedSnapshotId, name: 'added_snapshot_id', type: LONG },
  { id: LIST_FIELD.addedFilesCount, name: 'added_files_count', type: INT },
  { id: LIST_FIELD.existingFilesCount, name: 'existing_files_count', type: INT },
  { id: LIST_FIELD.deletedFilesCount, name: 'deleted_files_count', type: INT },
  { id: LIST_FIELD.addedRowsCount, name: 'added_rows_count', type: LONG },
  { id: LIST_FIELD.existingRowsCount, name: 'existing_rows_count', type: LONG },
  { id: LIST_FIELD.deletedRowsCount, name: 'deleted_rows_count', type: LONG },
  { id: LIST_FIELD.partitions, name: 'partitions', type: { element: summaryType } },
  { id: LIST_FIELD.keyMetadata, name: 'key_metadata', type: BYTES },
  { id: LIST_FIELD.firstRowId, name: 'first_row_id', type: LONG },
]

/** One object for all lists: decoders are kept by it. */
const LIST: AvroProjection = { fields }

/**
 * Reads a manifest list of any format version. What v1 lists leave out gets its v1 meaning: data
 * content, sequence number 0, counts unknown.
 *
 * @throws CorruptData, LimitExceeded (`manifestListBytes` and Avro's own), Unsupported.
 */
export async function readManifestList(
  bytes: Uint8Array,
  options: ReadManifestListOptions,
): Promise<readonly ManifestFile[]> {
  const max = options.limits.manifestListBytes
  if (bytes.length > max) {
    throw new LimitExceeded(`a manifest list passes the limit manifestListBytes = ${max}`, {
      details: { limit: 'manifestListBytes', max, actual: bytes.length, path: options.path },
    })
  }
  const file = openAvro(bytes, options)
  await prepareAvro(file)
  const manifests: ManifestFile[] = []
  for (const rows of file.batches(LIST)) {
    for (const row of rows) manifests.push(manifestOf(row, options.path))
  }
  return manifests
}

function manifestOf(row: AvroRow, path: string | undefined): ManifestFile {
  const fail = (what: string): never => {
    const file = path === undefined ? '' : ` in ${path}`
    throw new CorruptData(`manifest list entry: ${what}${file}`, { details: { path } })
  }
  const required = <T extends AvroValue>(slot: number): T => {
    const value = row[slot]
    if (value === undefined || value === null) fail(`${fields[slot]?.name} is missing`)
    return value as T
  }
  const content = row[3] ?? 0
  if (content !== 0 && content !== 1) fail(`unknown content ${content as number}`)
  const length = required<bigint>(1)
  if (length < 0n) fail('negative manifest_length')
  const partitions = row[13] as readonly AvroRow[] | null | undefined
  const keyMetadata = (row[14] ?? undefined) as Uint8Array | undefined
  const firstRowId = (row[15] ?? undefined) as bigint | undefined
  return {
    path: required<string>(0),
    length,
    specId: required<number>(2),
    content: content === 0 ? 'data' : 'deletes',
    sequenceNumber: (row[4] ?? 0n) as bigint,
    minSequenceNumber: (row[5] ?? 0n) as bigint,
    addedSnapshotId: required<bigint>(6),
    ...counts(row),
    ...(partitions != null && { partitions: partitions.map(summaryOf) }),
    ...(keyMetadata !== undefined && { keyMetadata }),
    ...(firstRowId !== undefined && { firstRowId }),
  }
}

type Counts = Pick<
  ManifestFile,
  | 'addedFilesCount'
  | 'existingFilesCount'
  | 'deletedFilesCount'
  | 'addedRowsCount'
  | 'existingRowsCount'
  | 'deletedRowsCount'
>

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Negative counts stand for "unknown" as missing ones do: never for "none". */
function counts(row: AvroRow): Counts {
  const int = (slot: number): number | undefined => {
    const value = row[slot] as number | null | undefined
    return value == null || value < 0 ? undefined : value
  }
  const long = (slot: number): bigint | undefined => {
    const value = row[slot] as bigint | null | undefined
    return value == null || value < 0n ? undefined : value
  }
  const [addedFilesCount, existingFilesCount, deletedFilesCount] = [int(7), int(8), int(9)]
  const [addedRowsCount, existingRowsCount, deletedRowsCount] = [long(10), long(11), long(12)]
  const known: Writable<Counts> = {}
  if (addedFilesCount !== undefined) known.addedFilesCount = addedFilesCount
  if (existingFilesCount !== undefined) known.existingFilesCount = existingFilesCount
  if (deletedFilesCount !== undefined) known.deletedFilesCount = deletedFilesCount
  if (addedRowsCount !== undefined) known.addedRowsCount = addedRowsCount
  if (existingRowsCount !== undefined) known.existingRowsCount = existingRowsCount
  if (deletedRowsCount !== undefined) known.deletedRowsCount = deletedRowsCount
  return known
}

function summaryOf(row: AvroRow): FieldSummary {
  const containsNan = row[1] as boolean | null | undefined
  const lowerBound = (row[2] ?? undefined) as Uint8Array | undefined
  const upperBound = (row[3] ?? undefined) as Uint8Array | undefined
  return {
    // Missing means that nothing is known: nulls may be there.
    containsNull: (row[0] ?? true) as boolean,
    ...(containsNan != null && { containsNan }),
    ...(lowerBound !== undefined && { lowerBound }),
    ...(upperBound !== undefined && { upperBound }),
  }
}

/**
 * Manifests of a v1 snapshot that lists them inline, without a manifest list: everything but the
 * path is unknown or has its v1 default. The partition spec is 0, as in the reference.
 */
export function inlineManifests(
  snapshot: Snapshot,
  lengthOf: (path: string) => bigint,
): readonly ManifestFile[] {
  return (snapshot.manifests ?? []).map((path) => ({
    path,
    length: lengthOf(path),
    specId: 0,
    content: 'data',
    sequenceNumber: 0n,
    minSequenceNumber: 0n,
    addedSnapshotId: snapshot.snapshotId,
  }))
}
