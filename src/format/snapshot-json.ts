/** JSON forms of snapshots, references and the two logs (spec: appendix C, "Table Metadata"). */
import type { ObjectReader } from '../codec/json/object-reader.js'
import {
  type JsonObject,
  type JsonValue,
  jsonInt,
  jsonLong,
  jsonObject,
} from '../codec/json/value.js'
import type { MetadataLogEntry, Snapshot, SnapshotLogEntry, SnapshotRef } from './model.js'

/** Reads one entry of `snapshots`. A missing sequence number is 0 (v1, and v2 after an upgrade). */
export function parseSnapshot(reader: ObjectReader): Snapshot {
  const parentSnapshotId = parentIdOf(reader)
  const manifestList = reader.optString('manifest-list')
  const manifests = reader.optStrings('manifests')
  const summary = reader.optStringMap('summary')
  const schemaId = reader.optInt('schema-id')
  const firstRowId = reader.optLong('first-row-id')
  const addedRows = reader.optLong('added-rows')
  const keyId = reader.optString('key-id')
  const snapshotId = reader.long('snapshot-id')
  const sequenceNumber = reader.optLong('sequence-number') ?? 0n
  if (sequenceNumber < 0n) reader.fail('negative sequence number', 'sequence-number')
  if (manifestList === undefined && manifests === undefined) {
    reader.fail("a snapshot needs 'manifest-list' or 'manifests'")
  }
  const timestampMs = timestampOf(reader, 'timestamp-ms')
  const extra = extraOf(reader)
  return {
    snapshotId,
    ...(parentSnapshotId !== undefined && { parentSnapshotId }),
    sequenceNumber,
    timestampMs,
    ...(manifestList !== undefined ? { manifestList } : { manifests: manifests ?? [] }),
    ...(summary !== undefined && { summary }),
    ...(schemaId !== undefined && { schemaId }),
    ...(firstRowId !== undefined && { firstRowId }),
    ...(addedRows !== undefined && { addedRows }),
    ...(keyId !== undefined && { keyId }),
    ...(extra !== undefined && { extra }),
  }
}

/** Like `current-snapshot-id`, some writers spell "none" as -1. */
function parentIdOf(reader: ObjectReader): bigint | undefined {
  const id = reader.optLong('parent-snapshot-id')
  return id === -1n ? undefined : id
}

/** The JSON form of a snapshot. Sequence number 0 is left out, as in every v1 table. */
export function snapshotJson(snapshot: Snapshot): JsonObject {
  const { sequenceNumber, parentSnapshotId, firstRowId, addedRows } = snapshot
  return withExtra(
    [
      ['sequence-number', sequenceNumber > 0n ? jsonLong(sequenceNumber) : undefined],
      ['snapshot-id', jsonLong(snapshot.snapshotId)],
      ['parent-snapshot-id', optional(parentSnapshotId, jsonLong)],
      ['timestamp-ms', jsonInt(snapshot.timestampMs)],
      ['summary', optional(snapshot.summary, stringMapJson)],
      ['manifest-list', snapshot.manifestList],
      ['manifests', snapshot.manifestList === undefined ? (snapshot.manifests ?? []) : undefined],
      ['schema-id', optional(snapshot.schemaId, jsonInt)],
      ['first-row-id', optional(firstRowId, jsonLong)],
      ['added-rows', optional(addedRows, jsonLong)],
      ['key-id', snapshot.keyId],
    ],
    snapshot.extra,
  )
}

/** Reads one value of `refs`. */
export function parseSnapshotRef(reader: ObjectReader): SnapshotRef {
  const type = reader.string('type').toLowerCase()
  if (type !== 'branch' && type !== 'tag') {
    reader.fail("a reference is a 'branch' or a 'tag'", 'type')
  }
  const snapshotId = reader.long('snapshot-id')
  const minSnapshotsToKeep = reader.optInt('min-snapshots-to-keep')
  const maxSnapshotAgeMs = reader.optLong('max-snapshot-age-ms')
  const maxRefAgeMs = reader.optLong('max-ref-age-ms')
  const extra = extraOf(reader)
  return {
    snapshotId,
    type,
    ...(minSnapshotsToKeep !== undefined && { minSnapshotsToKeep }),
    ...(maxSnapshotAgeMs !== undefined && { maxSnapshotAgeMs }),
    ...(maxRefAgeMs !== undefined && { maxRefAgeMs }),
    ...(extra !== undefined && { extra }),
  }
}

/** The JSON form of a reference. */
export function snapshotRefJson(ref: SnapshotRef): JsonObject {
  return withExtra(
    [
      ['snapshot-id', jsonLong(ref.snapshotId)],
      ['type', ref.type],
      ['min-snapshots-to-keep', optional(ref.minSnapshotsToKeep, jsonInt)],
      ['max-snapshot-age-ms', optional(ref.maxSnapshotAgeMs, jsonLong)],
      ['max-ref-age-ms', optional(ref.maxRefAgeMs, jsonLong)],
    ],
    ref.extra,
  )
}

/** Reads one entry of `snapshot-log`. */
export function parseSnapshotLogEntry(reader: ObjectReader): SnapshotLogEntry {
  const snapshotId = reader.long('snapshot-id')
  const timestampMs = timestampOf(reader, 'timestamp-ms')
  const extra = extraOf(reader)
  return { snapshotId, timestampMs, ...(extra !== undefined && { extra }) }
}

export function snapshotLogEntryJson(entry: SnapshotLogEntry): JsonObject {
  return withExtra(
    [
      ['timestamp-ms', jsonInt(entry.timestampMs)],
      ['snapshot-id', jsonLong(entry.snapshotId)],
    ],
    entry.extra,
  )
}

/** Reads one entry of `metadata-log`. */
export function parseMetadataLogEntry(reader: ObjectReader): MetadataLogEntry {
  const metadataFile = reader.string('metadata-file')
  const timestampMs = timestampOf(reader, 'timestamp-ms')
  const extra = extraOf(reader)
  return { metadataFile, timestampMs, ...(extra !== undefined && { extra }) }
}

export function metadataLogEntryJson(entry: MetadataLogEntry): JsonObject {
  return withExtra(
    [
      ['timestamp-ms', jsonInt(entry.timestampMs)],
      ['metadata-file', entry.metadataFile],
    ],
    entry.extra,
  )
}

/** Milliseconds since the epoch as a JS number: every time that a `Date` can hold. */
export function timestampOf(reader: ObjectReader, key: string): number {
  const value = Number(reader.long(key))
  return Math.abs(value) <= 8.64e15 ? value : reader.fail('time out of range', key)
}

/** The members that were not read, or undefined when there are none. */
export function extraOf(reader: ObjectReader): JsonObject | undefined {
  const rest = reader.rest()
  return rest.size === 0 ? undefined : rest
}

/** An object of known members (undefined ones left out) followed by the unknown ones. */
export function withExtra(
  entries: readonly (readonly [string, JsonValue | undefined])[],
  extra: JsonObject | undefined,
): JsonObject {
  const object = jsonObject(entries)
  if (extra !== undefined) {
    for (const [key, value] of extra) if (!object.has(key)) object.set(key, value)
  }
  return object
}

export function optional<T>(
  value: T | undefined,
  toJson: (value: T) => JsonValue,
): JsonValue | undefined {
  return value === undefined ? undefined : toJson(value)
}

/** A string map is its own JSON form. */
export function stringMapJson(map: ReadonlyMap<string, string>): JsonObject {
  return map
}
