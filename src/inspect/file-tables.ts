/** Metadata tables that come from manifests. */
import { throwIfAborted } from '../env/system-env.js'
import { currentSchema, currentSnapshot, snapshotById, specById } from '../format/lookup.js'
import type { EntryStatus, FieldSummary, ManifestEntry, ManifestFile } from '../format/model.js'
import { partitionKey } from '../format/partition-key.js'
import { transformOps } from '../partition/ops.js'
import { loadManifests, readEntries } from '../scan/plan/load-manifests.js'
import { schemaIndex } from '../types/schema-index.js'
import { tryDecodeSingleValue } from '../types/single-value.js'
import { fileColumns, fileRows, partitionRows, unifiedPartition } from './file-row.js'
import { instant } from './history-tables.js'
import {
  BOOLEAN,
  INT,
  type InspectSource,
  inspectSchema,
  LONG,
  listOf,
  MetadataTable,
  STRING,
  structOf,
  TIMESTAMPTZ,
} from './metadata-table.js'

const STATUS: Readonly<Record<EntryStatus, number>> = { existing: 0, added: 1, deleted: 2 }

/** Live data and delete files of the current snapshot. */
export function filesTable(source: InspectSource): MetadataTable {
  const schema = inspectSchema(fileColumns(unifiedPartition(source.metadata)))
  return new MetadataTable('files', schema, async function* () {
    const row = fileRows(source.metadata)
    for await (const { entry } of entriesOf(source, true)) yield row(entry.file)
  })
}

/** Every manifest entry of the current snapshot, removed files too. */
export function entriesTable(source: InspectSource): MetadataTable {
  const file = structOf(fileColumns(unifiedPartition(source.metadata)).map(unmarked))
  const schema = inspectSchema([
    ['status!', INT],
    ['snapshot_id', LONG],
    ['sequence_number', LONG],
    ['file_sequence_number', LONG],
    ['data_file!', file],
  ])
  return new MetadataTable('entries', schema, async function* () {
    const row = fileRows(source.metadata)
    for await (const { entry } of entriesOf(source, false)) {
      yield {
        status: STATUS[entry.status],
        snapshot_id: entry.snapshotId,
        sequence_number: entry.sequenceNumber,
        file_sequence_number: entry.fileSequenceNumber,
        data_file: row(entry.file),
      }
    }
  })
}

/** Manifests of the current snapshot. */
export function manifestsTable(source: InspectSource): MetadataTable {
  const summary = structOf([
    ['contains_null', BOOLEAN],
    ['contains_nan', BOOLEAN],
    ['lower_bound', STRING],
    ['upper_bound', STRING],
  ])
  const schema = inspectSchema([
    ['content!', INT],
    ['path!', STRING],
    ['length!', LONG],
    ['partition_spec_id', INT],
    ['added_snapshot_id', LONG],
    ['added_data_files_count', INT],
    ['existing_data_files_count', INT],
    ['deleted_data_files_count', INT],
    ['added_delete_files_count', INT],
    ['existing_delete_files_count', INT],
    ['deleted_delete_files_count', INT],
    ['partition_summaries', listOf(summary)],
  ])
  return new MetadataTable('manifests', schema, async function* () {
    for (const manifest of await manifestsOf(source)) yield manifestRow(source, manifest)
  })
}

/** Counts and sizes of the current snapshot by partition. */
export function partitionsTable(source: InspectSource): MetadataTable {
  const partition = unifiedPartition(source.metadata)
  const schema = inspectSchema([
    ...(partition === undefined
      ? []
      : ([
          ['partition', partition],
          ['spec_id!', INT],
        ] as const)),
    ['record_count!', LONG],
    ['file_count!', INT],
    ['total_data_file_size_in_bytes!', LONG],
    ['position_delete_record_count', LONG],
    ['position_delete_file_count', INT],
    ['equality_delete_record_count', LONG],
    ['equality_delete_file_count', INT],
    ['last_updated_at', TIMESTAMPTZ],
    ['last_updated_snapshot_id', LONG],
  ])
  return new MetadataTable('partitions', schema, async function* () {
    const totals = new Map<string, PartitionTotals>()
    for await (const { entry } of entriesOf(source, true)) addEntry(totals, entry, source)
    const place = partition === undefined ? undefined : partitionRows(source.metadata, partition)
    for (const { file, row } of totals.values()) {
      yield place === undefined ? row : { partition: place(file), spec_id: file.specId, ...row }
    }
  })
}

interface PartitionTotals {
  readonly file: ManifestEntry['file']
  readonly row: {
    record_count: bigint
    file_count: number
    total_data_file_size_in_bytes: bigint
    position_delete_record_count: bigint
    position_delete_file_count: number
    equality_delete_record_count: bigint
    equality_delete_file_count: number
    last_updated_at: unknown
    last_updated_snapshot_id: bigint | null
  }
  updatedMs: number
}

function addEntry(
  totals: Map<string, PartitionTotals>,
  entry: ManifestEntry,
  source: InspectSource,
): void {
  const { file } = entry
  const key = partitionKey(file.specId, file.partition)
  let total = totals.get(key)
  if (total === undefined) {
    total = { file, row: emptyTotals(), updatedMs: Number.NEGATIVE_INFINITY }
    totals.set(key, total)
  }
  const { row } = total
  if (file.content === 'data') {
    row.record_count += file.recordCount
    row.file_count += 1
    row.total_data_file_size_in_bytes += file.sizeBytes
  } else if (file.content === 'position-deletes') {
    row.position_delete_record_count += file.recordCount
    row.position_delete_file_count += 1
  } else {
    row.equality_delete_record_count += file.recordCount
    row.equality_delete_file_count += 1
  }
  const snapshot = snapshotById(source.metadata, entry.snapshotId)
  if (snapshot === undefined || snapshot.timestampMs <= total.updatedMs) return
  total.updatedMs = snapshot.timestampMs
  row.last_updated_at = instant(snapshot.timestampMs)
  row.last_updated_snapshot_id = snapshot.snapshotId
}

function emptyTotals(): PartitionTotals['row'] {
  return {
    record_count: 0n,
    file_count: 0,
    total_data_file_size_in_bytes: 0n,
    position_delete_record_count: 0n,
    position_delete_file_count: 0,
    equality_delete_record_count: 0n,
    equality_delete_file_count: 0,
    last_updated_at: null,
    last_updated_snapshot_id: null,
  }
}

function manifestRow(source: InspectSource, manifest: ManifestFile): Record<string, unknown> {
  const isData = manifest.content === 'data'
  const count = (wanted: boolean, value: number | undefined): number | null =>
    wanted ? (value ?? null) : 0
  return {
    content: isData ? 0 : 1,
    path: manifest.path,
    length: manifest.length,
    partition_spec_id: manifest.specId,
    added_snapshot_id: manifest.addedSnapshotId,
    added_data_files_count: count(isData, manifest.addedFilesCount),
    existing_data_files_count: count(isData, manifest.existingFilesCount),
    deleted_data_files_count: count(isData, manifest.deletedFilesCount),
    added_delete_files_count: count(!isData, manifest.addedFilesCount),
    existing_delete_files_count: count(!isData, manifest.existingFilesCount),
    deleted_delete_files_count: count(!isData, manifest.deletedFilesCount),
    partition_summaries: summaryRows(source, manifest),
  }
}

function summaryRows(source: InspectSource, manifest: ManifestFile): unknown {
  const { metadata } = source
  const { byId } = schemaIndex(currentSchema(metadata))
  const spec = specById(metadata, manifest.specId)
  return (manifest.partitions ?? []).map((summary: FieldSummary, index) => {
    const field = spec.fields[index]
    const sourceType = byId.get(field?.sourceIds[0] ?? -1)?.type ?? { kind: 'unknown' as const }
    const ops = field && transformOps(field.transform, sourceType)
    const human = (bytes: Uint8Array | undefined): string | null => {
      if (ops === undefined) return null
      const datum = bytes === undefined ? null : tryDecodeSingleValue(ops.resultType, bytes)
      return ops.human(datum ?? null)
    }
    return {
      contains_null: summary.containsNull,
      contains_nan: summary.containsNan ?? null,
      lower_bound: human(summary.lowerBound),
      upper_bound: human(summary.upperBound),
    }
  })
}

async function manifestsOf(source: InspectSource): Promise<readonly ManifestFile[]> {
  const snapshot = currentSnapshot(source.metadata)
  return snapshot === undefined ? [] : loadManifests({ ...source, snapshot })
}

/** Entries of the current snapshot, manifest by manifest. */
async function* entriesOf(
  source: InspectSource,
  live: boolean,
): AsyncGenerator<{ readonly entry: ManifestEntry }> {
  for (const manifest of await manifestsOf(source)) {
    throwIfAborted(source.signal)
    for (const entry of await readEntries(source, manifest, { live })) yield { entry }
  }
}

function unmarked([name, type]: readonly [string, Parameters<typeof listOf>[0]]) {
  return [name.replace(/!$/, ''), type] as const
}
