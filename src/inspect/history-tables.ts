/** Metadata tables that come from the metadata file alone. */
import { ancestorsOf, snapshotById } from '../format/lookup.js'
import { fromDatum } from '../types/from-datum.js'
import {
  BOOLEAN,
  INT,
  type InspectSource,
  inspectSchema,
  LONG,
  MetadataTable,
  mapOf,
  STRING,
  TIMESTAMPTZ,
} from './metadata-table.js'

/** Every snapshot that the table holds, in metadata order. */
export function snapshotsTable(source: InspectSource): MetadataTable {
  const schema = inspectSchema([
    ['committed_at!', TIMESTAMPTZ],
    ['snapshot_id!', LONG],
    ['parent_id', LONG],
    ['operation', STRING],
    ['manifest_list', STRING],
    ['summary', mapOf(STRING, STRING)],
  ])
  return new MetadataTable('snapshots', schema, async function* () {
    for (const snapshot of source.metadata.snapshots) {
      const summary = new Map(snapshot.summary ?? [])
      const operation = summary.get('operation') ?? null
      summary.delete('operation')
      yield {
        committed_at: instant(snapshot.timestampMs),
        snapshot_id: snapshot.snapshotId,
        parent_id: snapshot.parentSnapshotId ?? null,
        operation,
        manifest_list: snapshot.manifestList ?? null,
        summary: snapshot.summary === undefined ? null : summary,
      }
    }
  })
}

/** What was current when, and whether it still leads to the current snapshot. */
export function historyTable(source: InspectSource): MetadataTable {
  const schema = inspectSchema([
    ['made_current_at!', TIMESTAMPTZ],
    ['snapshot_id!', LONG],
    ['parent_id', LONG],
    ['is_current_ancestor!', BOOLEAN],
  ])
  return new MetadataTable('history', schema, async function* () {
    const { metadata } = source
    const ancestors = new Set<bigint>()
    if (metadata.currentSnapshotId !== undefined) {
      for (const snapshot of ancestorsOf(metadata, metadata.currentSnapshotId)) {
        ancestors.add(snapshot.snapshotId)
      }
    }
    for (const entry of metadata.snapshotLog) {
      yield {
        made_current_at: instant(entry.timestampMs),
        snapshot_id: entry.snapshotId,
        parent_id: snapshotById(metadata, entry.snapshotId)?.parentSnapshotId ?? null,
        is_current_ancestor: ancestors.has(entry.snapshotId),
      }
    }
  })
}

/** Branches and tags with their retention. */
export function refsTable(source: InspectSource): MetadataTable {
  const schema = inspectSchema([
    ['name!', STRING],
    ['type!', STRING],
    ['snapshot_id!', LONG],
    ['max_reference_age_in_ms', LONG],
    ['min_snapshots_to_keep', INT],
    ['max_snapshot_age_in_ms', LONG],
  ])
  return new MetadataTable('refs', schema, async function* () {
    for (const [name, ref] of source.metadata.refs) {
      yield {
        name,
        type: ref.type.toUpperCase(),
        snapshot_id: ref.snapshotId,
        max_reference_age_in_ms: ref.maxRefAgeMs ?? null,
        min_snapshots_to_keep: ref.minSnapshotsToKeep ?? null,
        max_snapshot_age_in_ms: ref.maxSnapshotAgeMs ?? null,
      }
    }
  })
}

/** Earlier metadata files of the table, and the snapshot that was newest in each. */
export function metadataLogTable(
  source: InspectSource & { readonly metadataLocation: string },
): MetadataTable {
  const schema = inspectSchema([
    ['timestamp!', TIMESTAMPTZ],
    ['file!', STRING],
    ['latest_snapshot_id', LONG],
    ['latest_schema_id', INT],
    ['latest_sequence_number', LONG],
  ])
  return new MetadataTable('metadata_log_entries', schema, async function* () {
    const { metadata, metadataLocation } = source
    const entries = [
      ...metadata.metadataLog,
      { metadataFile: metadataLocation, timestampMs: metadata.lastUpdatedMs },
    ]
    for (const entry of entries) {
      const current = metadata.snapshotLog.findLast((log) => log.timestampMs <= entry.timestampMs)
      const snapshot = current && snapshotById(metadata, current.snapshotId)
      yield {
        timestamp: instant(entry.timestampMs),
        file: entry.metadataFile,
        latest_snapshot_id: snapshot?.snapshotId ?? null,
        latest_schema_id: snapshot?.schemaId ?? null,
        latest_sequence_number: snapshot?.sequenceNumber ?? null,
      }
    }
  })
}

/** Milliseconds since the epoch as a timestamptz value. */
export function instant(timestampMs: number): unknown {
  return fromDatum(TIMESTAMPTZ, BigInt(timestampMs) * 1000n)
}
