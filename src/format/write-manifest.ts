/** Writes one manifest (spec: "Manifests"). */

import type { AvroCodec } from '../codec/avro/container.js'
import type { AvroRecord, AvroRow, AvroValue } from '../codec/avro/schema.js'
import { AvroWriter } from '../codec/avro/writer.js'
import { encodeJson, stringifyJson } from '../codec/json/stringify.js'
import type { JsonValue } from '../codec/json/value.js'
import { InvalidArgument, Unsupported } from '../errors.js'
import type { PartitionSpec } from '../partition/model.js'
import { partitionFieldsJson } from '../partition/spec-json.js'
import type { Datum } from '../types/datum.js'
import { schemaJson, typeJson } from '../types/schema-json.js'
import type { Schema, Type } from '../types/type.js'
import { UNASSIGNED_SEQUENCE } from './constants.js'
import { manifestSchema } from './manifest-schema.js'
import type {
  DataFile,
  EntryStatus,
  FormatVersion,
  ManifestContent,
  ManifestEntry,
  ManifestFile,
} from './model.js'
import { partitionEncoder, partitionRecord } from './partition-avro.js'
import { PartitionSummaries } from './partition-summary.js'

export interface ManifestWriterOptions {
  readonly formatVersion: FormatVersion
  readonly content: ManifestContent
  readonly spec: PartitionSpec
  /** Types of the spec's partition values, from `partitionTypes`. */
  readonly partitionTypes: readonly Type[]
  /** The table's current schema: goes into the file's metadata. */
  readonly schema: Schema
  /** The snapshot that is being made. */
  readonly snapshotId: bigint
  /** 16 random bytes. */
  readonly sync: Uint8Array
  /** Default deflate. */
  readonly codec?: AvroCodec
  readonly level?: number
}

const STATUS: Readonly<Record<EntryStatus, number>> = { existing: 0, added: 1, deleted: 2 }
const CONTENT = { data: 0, 'position-deletes': 1, 'equality-deletes': 2 } as const
/** v1 requires a block size that nothing reads; the reference writes 64 MiB. */
const BLOCK_SIZE = 67_108_864n

/** Collects entries of one partition spec and one content into the bytes of a manifest. */
export class ManifestWriter {
  readonly #options: ManifestWriterOptions
  readonly #avro: AvroWriter
  readonly #summaries: PartitionSummaries
  readonly #encoders: readonly ((datum: Datum | null) => AvroValue)[]
  readonly #files: Record<EntryStatus, number> = { existing: 0, added: 0, deleted: 0 }
  readonly #rows: Record<EntryStatus, bigint> = { existing: 0n, added: 0n, deleted: 0n }
  #minSequenceNumber: bigint | undefined

  constructor(options: ManifestWriterOptions) {
    const { formatVersion, content, spec, partitionTypes } = options
    if (formatVersion === 1 && content === 'deletes') {
      throw new Unsupported('v1-delete-files', 'a v1 table has no delete files: upgrade it to v2')
    }
    this.#options = options
    this.#encoders = partitionTypes.map(partitionEncoder)
    this.#summaries = new PartitionSummaries(partitionTypes)
    this.#avro = new AvroWriter({
      schema: recentManifestSchema(formatVersion, spec, partitionTypes),
      codec: options.codec ?? 'deflate',
      sync: options.sync,
      metadata: headerOf(options),
      ...(options.level !== undefined && { level: options.level }),
    })
  }

  /** Entries so far. */
  get entryCount(): number {
    return this.#avro.rows
  }

  /** Bytes so far; the open block counts uncompressed. */
  get sizeEstimate(): number {
    return this.#avro.sizeEstimate
  }

  /**
   * Adds a new file. Its sequence numbers are the commit's; `sequenceNumber` gives another data
   * sequence number, as a rewrite does for rows that were there before.
   */
  add(file: DataFile, sequenceNumber?: bigint): void {
    this.#append('added', this.#options.snapshotId, sequenceNumber, undefined, file)
  }

  /** Carries over a file of an earlier snapshot. */
  existing(entry: ManifestEntry): void {
    const { snapshotId, sequenceNumber, fileSequenceNumber, file } = entry
    this.#append('existing', snapshotId, sequenceNumber, fileSequenceNumber, file)
  }

  /** Records that this snapshot removes a file. */
  delete(entry: ManifestEntry): void {
    const { sequenceNumber, fileSequenceNumber, file } = entry
    const { snapshotId } = this.#options
    this.#append('deleted', snapshotId, sequenceNumber, fileSequenceNumber, file)
  }

  /** Closes the manifest, to be stored at `path`. Its sequence numbers are still unassigned. */
  finish(path: string): { readonly bytes: Uint8Array; readonly manifest: ManifestFile } {
    const bytes = this.#avro.finish()
    const { content, spec, snapshotId, formatVersion } = this.#options
    // v1 has no sequence numbers: everything is as old as 0.
    const unassigned = formatVersion === 1 ? 0n : UNASSIGNED_SEQUENCE
    const [files, rows] = [this.#files, this.#rows]
    const manifest: ManifestFile = {
      path,
      length: BigInt(bytes.length),
      specId: spec.specId,
      content,
      sequenceNumber: unassigned,
      minSequenceNumber: formatVersion === 1 ? 0n : (this.#minSequenceNumber ?? unassigned),
      addedSnapshotId: snapshotId,
      addedFilesCount: files.added,
      existingFilesCount: files.existing,
      deletedFilesCount: files.deleted,
      addedRowsCount: rows.added,
      existingRowsCount: rows.existing,
      deletedRowsCount: rows.deleted,
      partitions: this.#summaries.summaries(),
    }
    return { bytes, manifest }
  }

  #append(
    status: EntryStatus,
    snapshotId: bigint,
    sequenceNumber: bigint | undefined,
    fileSequenceNumber: bigint | undefined,
    file: DataFile,
  ): void {
    this.#check(file)
    const { formatVersion } = this.#options
    const partition = this.#encoders.map((encode, index) => encode(file.partition[index] ?? null))
    const record = fileRow(file, partition, formatVersion)
    const numbers = formatVersion === 1 ? [] : [sequenceNumber ?? null, fileSequenceNumber ?? null]
    this.#avro.append([STATUS[status], snapshotId, ...numbers, record])
    this.#summaries.add(file.partition)
    this.#files[status]++
    this.#rows[status] += file.recordCount
    if (status === 'deleted' || sequenceNumber === undefined) return
    const min = this.#minSequenceNumber
    if (min === undefined || sequenceNumber < min) this.#minSequenceNumber = sequenceNumber
  }

  #check(file: DataFile): void {
    const { content, spec } = this.#options
    if (file.specId !== spec.specId) {
      throw new InvalidArgument(`file ${file.path} has spec ${file.specId}, not ${spec.specId}`)
    }
    if ((file.content === 'data') !== (content === 'data')) {
      throw new InvalidArgument(`file ${file.path} of ${file.content} in a ${content} manifest`)
    }
  }
}

const texts = new WeakMap<object, Uint8Array>()

/** The JSON text of an object that never changes, made once. */
function textOf(of: object, json: () => JsonValue): Uint8Array {
  let text = texts.get(of)
  if (text === undefined) {
    text = encodeJson(json())
    texts.set(of, text)
  }
  return text
}

const SCHEMAS_KEPT = 16
const schemas = new Map<string, AvroRecord>()

/** The schema for a spec, kept for the manifests to come: most tables write one kind again and again. */
function recentManifestSchema(
  formatVersion: FormatVersion,
  spec: PartitionSpec,
  types: readonly Type[],
): AvroRecord {
  const fields = spec.fields.map(({ fieldId, name }, index) => {
    const type = types[index]
    return `${fieldId} ${name.length} ${name} ${type === undefined ? '' : stringifyJson(typeJson(type))}`
  })
  const key = `${formatVersion} ${fields.join()}`
  const schema = schemas.get(key) ?? manifestSchema(formatVersion, partitionRecord(spec, types))
  // Newest last.
  schemas.delete(key)
  schemas.set(key, schema)
  if (schemas.size > SCHEMAS_KEPT) schemas.delete(schemas.keys().next().value as string)
  return schema
}

function headerOf(options: ManifestWriterOptions): ReadonlyMap<string, string | Uint8Array> {
  const { formatVersion, content, schema, spec } = options
  const header = new Map<string, string | Uint8Array>([
    ['schema', textOf(schema, () => schemaJson(schema))],
    ['schema-id', `${schema.schemaId}`],
    ['partition-spec', textOf(spec, () => partitionFieldsJson(spec.fields))],
    ['partition-spec-id', `${spec.specId}`],
    ['format-version', `${formatVersion}`],
  ])
  if (formatVersion > 1) header.set('content', content)
  return header
}

/** The `data_file` row in the order of `manifestSchema`. */
function fileRow(
  file: DataFile,
  partition: AvroRow,
  formatVersion: FormatVersion,
): readonly AvroValue[] {
  const head = [file.path, file.format.toUpperCase(), partition, file.recordCount, file.sizeBytes]
  const metrics = [
    file.columnSizes ?? null,
    file.valueCounts ?? null,
    file.nullValueCounts ?? null,
    file.nanValueCounts ?? null,
    file.lowerBounds ?? null,
    file.upperBounds ?? null,
    file.keyMetadata ?? null,
    file.splitOffsets ?? null,
  ]
  const order = file.sortOrderId ?? null
  if (formatVersion === 1) return [...head, BLOCK_SIZE, ...metrics, order]
  const referenced = file.referencedDataFile ?? null
  const v2 = [CONTENT[file.content], ...head, ...metrics, file.equalityIds ?? null, order]
  if (formatVersion === 2) return [...v2, referenced]
  const content = [file.contentOffset ?? null, file.contentSizeBytes ?? null]
  return [...v2, firstRowIdOf(file), referenced, ...content]
}

/** Delete files have no rows with ids (spec: "Data File Fields", 142). */
function firstRowIdOf(file: DataFile): bigint | null {
  return file.content === 'data' ? (file.firstRowId ?? null) : null
}
