/** Writes a manifest list (spec: "Manifest Lists", "First Row ID Assignment"). */
import type { AvroCodec } from '../codec/avro/container.js'
import type { AvroRow } from '../codec/avro/schema.js'
import { AvroWriter } from '../codec/avro/writer.js'
import { InvalidArgument, Unsupported } from '../errors.js'
import { UNASSIGNED_SEQUENCE } from './constants.js'
import { manifestListSchema } from './manifest-schema.js'
import type { FieldSummary, FormatVersion, ManifestFile } from './model.js'

export interface ManifestListInput {
  readonly formatVersion: FormatVersion
  readonly snapshotId: bigint
  readonly parentSnapshotId: bigint | undefined
  /** The snapshot's; manifests with an unassigned number get it. 0 in v1. */
  readonly sequenceNumber: bigint
  /** v3: the base's `next-row-id`. */
  readonly firstRowId?: bigint
  readonly manifests: readonly ManifestFile[]
  /** 16 random bytes. */
  readonly sync: Uint8Array
  /** Default deflate. */
  readonly codec?: AvroCodec
}

export interface EncodedManifestList {
  readonly bytes: Uint8Array
  /** The manifests as the list has them: every number assigned. */
  readonly manifests: readonly ManifestFile[]
  /** v3: the table's `next-row-id` after this snapshot. */
  readonly nextRowId: bigint | undefined
}

/** Encodes a manifest list and assigns what was left to it: sequence numbers, first row ids. */
export function encodeManifestList(input: ManifestListInput): EncodedManifestList {
  const { formatVersion } = input
  const avro = new AvroWriter({
    schema: manifestListSchema(formatVersion),
    codec: input.codec ?? 'deflate',
    sync: input.sync,
    metadata: headerOf(input),
  })
  let nextRowId = formatVersion >= 3 ? (input.firstRowId ?? 0n) : undefined
  const manifests: ManifestFile[] = []
  for (const manifest of input.manifests) {
    let assigned = withSequence(manifest, input)
    const numbered = manifest.content === 'deletes' || manifest.firstRowId !== undefined
    if (nextRowId !== undefined && !numbered) {
      assigned = { ...assigned, firstRowId: nextRowId }
      nextRowId += rowsToNumber(manifest)
    }
    avro.append(rowOf(assigned, formatVersion))
    manifests.push(assigned)
  }
  return { bytes: avro.finish(), manifests, nextRowId }
}

/** Existing rows count too: in a manifest from before v3 they have no ids yet. */
function rowsToNumber(manifest: ManifestFile): bigint {
  const { addedRowsCount, existingRowsCount, path } = manifest
  if (addedRowsCount === undefined || existingRowsCount === undefined) {
    throw new Unsupported(
      'row-ids-without-counts',
      `manifest ${path} has no row counts, so its rows cannot be numbered: rewrite it first`,
      { details: { path } },
    )
  }
  return addedRowsCount + existingRowsCount
}

function withSequence(manifest: ManifestFile, input: ManifestListInput): ManifestFile {
  const { sequenceNumber, minSequenceNumber } = manifest
  const unassigned = sequenceNumber === UNASSIGNED_SEQUENCE
  if (!unassigned && minSequenceNumber !== UNASSIGNED_SEQUENCE) return manifest
  // Only this commit's own manifests may wait for its number.
  if (manifest.addedSnapshotId !== input.snapshotId) {
    throw new InvalidArgument(
      `manifest ${manifest.path} of snapshot ${manifest.addedSnapshotId} has no sequence number`,
    )
  }
  const own = input.sequenceNumber
  return {
    ...manifest,
    sequenceNumber: unassigned ? own : sequenceNumber,
    minSequenceNumber: minSequenceNumber === UNASSIGNED_SEQUENCE ? own : minSequenceNumber,
  }
}

function headerOf(input: ManifestListInput): ReadonlyMap<string, string> {
  const header = new Map([
    ['snapshot-id', `${input.snapshotId}`],
    // The reference spells "none" so.
    ['parent-snapshot-id', `${input.parentSnapshotId ?? 'null'}`],
  ])
  if (input.formatVersion > 1) header.set('sequence-number', `${input.sequenceNumber}`)
  if (input.formatVersion > 2) header.set('first-row-id', `${input.firstRowId ?? 0n}`)
  return header.set('format-version', `${input.formatVersion}`)
}

/** A row in the order of `manifestListSchema`. */
function rowOf(manifest: ManifestFile, formatVersion: FormatVersion): AvroRow {
  const { path, length, specId, content, addedSnapshotId } = manifest
  const partitions = manifest.partitions?.map(summaryRow) ?? null
  const key = manifest.keyMetadata ?? null
  const files = [manifest.addedFilesCount, manifest.existingFilesCount, manifest.deletedFilesCount]
  const rows = [manifest.addedRowsCount, manifest.existingRowsCount, manifest.deletedRowsCount]
  if (formatVersion === 1) {
    if (content === 'deletes') throw new InvalidArgument('a v1 table has no delete manifests')
    const [added, existing, deleted] = files.map((count) => count ?? null)
    const counts = rows.map((count) => count ?? null)
    const head = [path, length, specId, addedSnapshotId, added, existing, deleted]
    return [...head, partitions, ...counts, key]
  }
  const row = [
    path,
    length,
    specId,
    content === 'data' ? 0 : 1,
    manifest.sequenceNumber,
    manifest.minSequenceNumber,
    addedSnapshotId,
    ...files.map((count) => count ?? missing(path)),
    ...rows.map((count) => count ?? missing(path)),
    partitions,
    key,
  ]
  return formatVersion === 2 ? row : [...row, manifest.firstRowId ?? null]
}

/** v2 lists require counts that v1 lists may lack; 0 would say that the manifest is empty. */
function missing(path: string): never {
  throw new Unsupported(
    'manifest-without-counts',
    `manifest ${path} has no counts, which v2 lists require: it must be rewritten`,
    { details: { path } },
  )
}

function summaryRow(summary: FieldSummary): AvroRow {
  const { containsNull, containsNan, lowerBound, upperBound } = summary
  return [containsNull, containsNan ?? null, lowerBound ?? null, upperBound ?? null]
}
