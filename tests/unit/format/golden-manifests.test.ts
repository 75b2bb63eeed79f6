import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { defaultLimits } from '../../../src/env/limits.js'
import { currentSnapshot, specById } from '../../../src/format/lookup.js'
import type {
  DataFile,
  ManifestEntry,
  ManifestFile,
  Snapshot,
  TableMetadata,
} from '../../../src/format/model.js'
import { partitionTypes } from '../../../src/format/partition-avro.js'
import { openManifest } from '../../../src/format/read-manifest.js'
import { readManifestList } from '../../../src/format/read-manifest-list.js'
import { transformOps } from '../../../src/partition/ops.js'
import { encodeDatum } from '../../../src/types/encode-row.js'
import { schemaIndex } from '../../../src/types/schema-index.js'
import { decodeSingleValue } from '../../../src/types/single-value.js'
import { toHex } from '../../../src/util/bytes.js'
import { type GoldenCase, goldenCase, goldenNames } from './golden.js'

const limits = defaultLimits
const STATUS = { existing: 0, added: 1, deleted: 2 }
const CONTENT = { data: 0, 'position-deletes': 1, 'equality-deletes': 2 }

async function manifestsOf(golden: GoldenCase, snapshot: Snapshot | undefined) {
  if (snapshot?.manifestList === undefined) return []
  const bytes = readFileSync(golden.file(snapshot.manifestList))
  return readManifestList(bytes, { limits, path: snapshot.manifestList })
}

async function entriesOf(
  golden: GoldenCase,
  manifests: readonly ManifestFile[],
): Promise<readonly ManifestEntry[]> {
  const entries: ManifestEntry[] = []
  for (const manifest of manifests) {
    const bytes = readFileSync(golden.file(manifest.path))
    const reader = await openManifest(bytes, { limits, manifest, metadata: golden.metadata })
    entries.push(...reader.entries())
  }
  return entries
}

const longs = (map: ReadonlyMap<number, bigint> | undefined): unknown =>
  map === undefined ? null : pairs(map, (value) => `${value}`)
const bytes = (map: ReadonlyMap<number, Uint8Array> | undefined): unknown =>
  map === undefined ? null : pairs(map, (value) => `0x${toHex(value)}`)

function pairs<T>(map: ReadonlyMap<number, T>, text: (value: T) => string): unknown {
  return [...map]
    .sort(([a], [b]) => (`${a}` < `${b}` ? -1 : 1))
    .map(([key, value]) => [key, text(value)])
}

/** All partition fields of the table by name; null where the file's spec lacks them. */
function partitionOf(metadata: TableMetadata, file: DataFile, names: readonly string[]) {
  const spec = specById(metadata, file.specId)
  const types = partitionTypes(metadata, spec)
  const row: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, null]))
  // The newest name of a field id stands for it in every spec.
  const nameOf = new Map(
    metadata.partitionSpecs.flatMap((s) => s.fields.map((f) => [f.fieldId, f.name] as const)),
  )
  for (const [index, field] of spec.fields.entries()) {
    const type = types[index]
    if (type === undefined) continue
    const name = names.includes(field.name) ? field.name : nameOf.get(field.fieldId)
    const text = encodeDatum(type, file.partition[index] ?? null)
    if (name !== undefined && names.includes(name)) row[name] = JSON.parse(text)
  }
  return row
}

function fileRow(metadata: TableMetadata, file: DataFile, names: readonly string[] | undefined) {
  return {
    content: CONTENT[file.content],
    file_path: file.path,
    file_format: file.format.toUpperCase(),
    spec_id: file.specId,
    ...(names !== undefined && { partition: partitionOf(metadata, file, names) }),
    record_count: `${file.recordCount}`,
    file_size_in_bytes: `${file.sizeBytes}`,
    column_sizes: longs(file.columnSizes),
    value_counts: longs(file.valueCounts),
    null_value_counts: longs(file.nullValueCounts),
    nan_value_counts: longs(file.nanValueCounts),
    lower_bounds: bytes(file.lowerBounds),
    upper_bounds: bytes(file.upperBounds),
    key_metadata: null,
    split_offsets: file.splitOffsets?.map(String) ?? null,
    equality_ids: file.equalityIds ?? null,
    sort_order_id: file.sortOrderId ?? null,
    first_row_id: file.firstRowId?.toString() ?? null,
    referenced_data_file: file.referencedDataFile ?? null,
    content_offset: file.contentOffset?.toString() ?? null,
    content_size_in_bytes: file.contentSizeBytes?.toString() ?? null,
  }
}

const byPath = (a: { file_path?: unknown }, b: { file_path?: unknown }): number => {
  const [x, y] = [JSON.stringify(a), JSON.stringify(b)]
  if (`${a.file_path}` !== `${b.file_path}`) return `${a.file_path}` < `${b.file_path}` ? -1 : 1
  return x < y ? -1 : x > y ? 1 : 0
}

describe.each(goldenNames)('%s', (name) => {
  const golden = goldenCase(name)
  const { metadata, expected } = golden
  const { files, entries, manifests } = expected.metadata_tables

  test('files', async () => {
    const list = await manifestsOf(golden, currentSnapshot(metadata))
    const live = (await entriesOf(golden, list)).filter((entry) => entry.status !== 'deleted')
    if (!Array.isArray(files)) {
      expect(live.length).toBeGreaterThan(0)
      return
    }
    const partition = files[0]?.partition
    const names = partition === undefined ? undefined : Object.keys(partition)
    const rows = live.map(({ file }) => fileRow(metadata, file, names))
    expect(rows.sort(byPath)).toEqual([...files].sort(byPath))
  })

  test('entries', async () => {
    const list = await manifestsOf(golden, currentSnapshot(metadata))
    const found = await entriesOf(golden, list)
    if (!Array.isArray(entries)) {
      expect(found.length).toBeGreaterThan(0)
      return
    }
    const rows = found.map((entry) => ({
      status: STATUS[entry.status],
      snapshot_id: `${entry.snapshotId}`,
      sequence_number: `${entry.sequenceNumber}`,
      file_sequence_number: `${entry.fileSequenceNumber}`,
      content: CONTENT[entry.file.content],
      file_path: entry.file.path,
    }))
    expect(rows.sort(byPath)).toEqual([...entries].sort(byPath))
  })

  test('manifests', async () => {
    const list = await manifestsOf(golden, currentSnapshot(metadata))
    const rows = list.map((manifest) => manifestRow(metadata, manifest))
    const key = (row: { path?: unknown }): string => `${row.path}`
    const sorted = <T extends { path?: unknown }>(all: readonly T[]): T[] =>
      [...all].sort((a, b) => (key(a) < key(b) ? -1 : 1))
    expect(sorted(rows)).toEqual(sorted(manifests as { path?: unknown }[]))
  })

  test('every manifest of every snapshot reads; counts and sequence numbers agree with its list', async () => {
    for (const snapshot of metadata.snapshots) {
      for (const manifest of await manifestsOf(golden, snapshot)) {
        const found = await entriesOf(golden, [manifest])
        const count = (status: string): number => found.filter((e) => e.status === status).length
        expect(count('added')).toBe(manifest.addedFilesCount)
        expect(count('existing')).toBe(manifest.existingFilesCount)
        expect(count('deleted')).toBe(manifest.deletedFilesCount)
        for (const entry of found) {
          expect(entry.sequenceNumber <= snapshot.sequenceNumber).toBe(true)
          if (entry.status === 'deleted') continue
          expect(entry.sequenceNumber >= manifest.minSequenceNumber).toBe(true)
        }
      }
    }
  })
})

function manifestRow(metadata: TableMetadata, manifest: ManifestFile) {
  const data = manifest.content === 'data'
  const counts = [manifest.addedFilesCount, manifest.existingFilesCount, manifest.deletedFilesCount]
  const [added, existing, deleted] = counts
  return {
    content: data ? 0 : 1,
    path: manifest.path,
    length: `${manifest.length}`,
    partition_spec_id: manifest.specId,
    added_snapshot_id: `${manifest.addedSnapshotId}`,
    added_data_files_count: data ? added : 0,
    existing_data_files_count: data ? existing : 0,
    deleted_data_files_count: data ? deleted : 0,
    added_delete_files_count: data ? 0 : added,
    existing_delete_files_count: data ? 0 : existing,
    deleted_delete_files_count: data ? 0 : deleted,
    partition_summaries: (manifest.partitions ?? []).map((summary, index) => {
      const spec = specById(metadata, manifest.specId)
      const field = spec.fields[index]
      const type = partitionTypes(metadata, spec)[index]
      const human = (bound: Uint8Array | undefined): string => {
        if (field === undefined || type === undefined || bound === undefined) return 'null'
        const source = schemaIndex(sourceSchema(metadata, field.sourceIds[0] ?? -1)).byId.get(
          field.sourceIds[0] ?? -1,
        )
        if (source === undefined) return 'null'
        return transformOps(field.transform, source.type).human(decodeSingleValue(type, bound))
      }
      return {
        contains_null: summary.containsNull,
        contains_nan: summary.containsNan ?? null,
        lower_bound: human(summary.lowerBound),
        upper_bound: human(summary.upperBound),
      }
    }),
  }
}

function sourceSchema(metadata: TableMetadata, id: number) {
  const found = metadata.schemas.findLast((schema) => schemaIndex(schema).byId.has(id))
  return found ?? { fields: [] }
}
