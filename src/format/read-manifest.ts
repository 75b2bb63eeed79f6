/** Manifest bytes → entries with everything inherited filled in (spec: "Manifests"). */
import { type AvroFile, openAvro, prepareAvro } from '../codec/avro/container.js'
import type { AvroProjection } from '../codec/avro/decoder.js'
import type { AvroRecord, AvroRow, AvroSchema, AvroValue } from '../codec/avro/schema.js'
import type { Limits } from '../env/limits.js'
import { CorruptData, LimitExceeded, Unsupported } from '../errors.js'
import type { PartitionSpec } from '../partition/model.js'
import type { Datum } from '../types/datum.js'
import { specById } from './lookup.js'
import { EntryBuilder, type EntryOptions, entryFields } from './manifest-entry.js'
import { ENTRY_FIELD, FILE_FIELD } from './manifest-schema.js'
import type { ManifestEntry, ManifestFile, TableMetadata } from './model.js'
import { avroName, partitionDecoder, partitionTypes } from './partition-avro.js'

export interface OpenManifestOptions {
  readonly limits: Limits
  /** Named in errors. */
  readonly path?: string
  /** The manifest's entry in its manifest list: what entries inherit comes from here. */
  readonly manifest: ManifestFile
  /** Gives partition specs and schemas; what the manifest says of them itself is not trusted. */
  readonly metadata: Pick<TableMetadata, 'schemas' | 'currentSchemaId' | 'partitionSpecs'>
}

/**
 * Opens a manifest of any format version.
 *
 * @throws CorruptData, LimitExceeded (`manifestBytes` and Avro's own), Unsupported('encryption').
 */
export async function openManifest(
  bytes: Uint8Array,
  options: OpenManifestOptions,
): Promise<ManifestReader> {
  const { limits, manifest } = options
  const path = options.path ?? manifest.path
  if (bytes.length > limits.manifestBytes) {
    const max = limits.manifestBytes
    throw new LimitExceeded(`manifest ${path} passes the limit manifestBytes = ${max}`, {
      details: { limit: 'manifestBytes', max, actual: bytes.length, path },
    })
  }
  if (manifest.keyMetadata !== undefined) {
    throw new Unsupported('encryption', `manifest ${path} is encrypted`, { details: { path } })
  }
  const file = openAvro(bytes, { limits, path })
  await prepareAvro(file)
  return new ManifestReader(file, { ...options, path })
}

/** An open manifest. Entries are decoded as they are asked for. */
export class ManifestReader {
  readonly manifest: ManifestFile
  readonly spec: PartitionSpec
  readonly #file: AvroFile
  readonly #path: string
  readonly #partition: (value: AvroValue) => readonly (Datum | null)[]

  constructor(file: AvroFile, options: OpenManifestOptions & { readonly path: string }) {
    const { manifest, metadata, path } = options
    this.manifest = manifest
    this.spec = specById(metadata as TableMetadata, manifest.specId)
    this.#file = file
    this.#path = path
    this.#partition = partitionReader(file.schema, this.spec, metadata, path)
  }

  /**
   * The entries in file order, each with its sequence numbers, snapshot id and first row id. All of
   * them by default; `live` leaves out deleted ones, `metrics` and `detail` say how much of the rest
   * is decoded.
   */
  *entries(options: EntryOptions = {}): IterableIterator<ManifestEntry> {
    const builder = new EntryBuilder(this.manifest, this.#path, this.#partition, options)
    for (const rows of this.#file.batches(projectionOf(this.spec, options))) {
      for (const row of rows) {
        const entry = builder.entry(row)
        if (entry !== undefined) yield entry
      }
    }
  }
}

/** By the partition fields: specs are new objects in every version of a table. */
const projections = new Map<string, WeakMap<object, AvroProjection>>()
const PROJECTIONS_MAX = 64
const wholes = { all: [{}, {}], none: [{}, {}] } as const

/** Kept per partition fields and options: the same object lets the codec use its decoder again. */
function projectionOf(spec: PartitionSpec, options: EntryOptions): AvroProjection {
  const { metrics = 'all', detail = true } = options
  // A set of columns is the same object for all manifests of one scan, which asks for no detail.
  const key = typeof metrics === 'string' ? wholes[metrics][detail ? 1 : 0] : metrics
  const cached = typeof metrics === 'string' || !detail
  // Every partition field by id; files without ids go by name.
  const tuple = spec.fields.map((field) => ({ id: field.fieldId, name: avroName(field.name) }))
  if (!cached) return { fields: entryFields(options, tuple) }
  // Names in Avro hold no spaces.
  const text = tuple.map(({ id, name }) => `${id} ${name}`).join(' ')
  let known = projections.get(text)
  if (known === undefined) {
    if (projections.size >= PROJECTIONS_MAX) projections.clear()
    known = new WeakMap()
    projections.set(text, known)
  }
  let projection = known.get(key)
  if (projection === undefined) {
    projection = { fields: entryFields(options, tuple) }
    known.set(key, projection)
  }
  return projection
}

function partitionReader(
  schema: AvroRecord,
  spec: PartitionSpec,
  metadata: OpenManifestOptions['metadata'],
  path: string,
): (value: AvroValue) => readonly (Datum | null)[] {
  const record = partitionSchema(schema, path)
  const types = partitionTypes(metadata, spec)
  const decoders = spec.fields.map((field, index) => {
    const written = record?.fields.find((item) =>
      item.fieldId === undefined
        ? item.name === avroName(field.name)
        : item.fieldId === field.fieldId,
    )
    // A field the manifest does not have: the v1 spec has grown since (spec: "Partition Evolution").
    if (written === undefined) return () => null
    const wanted = field.transform.kind === 'unknown' ? undefined : types[index]
    return partitionDecoder(written.type, wanted, { name: field.name, path })
  })
  return (value) => {
    const row = (value ?? []) as AvroRow
    return decoders.map((decode, index) => decode(row[index]))
  }
}

function partitionSchema(schema: AvroRecord, path: string): AvroRecord | undefined {
  const file = recordAt(schema, ENTRY_FIELD.dataFile, 'data_file')
  if (file === undefined) {
    throw new CorruptData(`no data_file in the avro schema of manifest ${path}`, {
      details: { path },
    })
  }
  return recordAt(file, FILE_FIELD.partition, 'partition')
}

function recordAt(record: AvroRecord, id: number, name: string): AvroRecord | undefined {
  const field = record.fields.find((item) =>
    item.fieldId === undefined ? item.name === name : item.fieldId === id,
  )
  const type: AvroSchema | undefined = field?.type
  return type?.kind === 'record' ? type : undefined
}
