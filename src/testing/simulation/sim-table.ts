/** The table that histories are about, and files of it that only manifests know. */
import type { Env } from '../../env/env.js'
import { randomUuid } from '../../env/ids.js'
import { defaultSpec } from '../../format/lookup.js'
import type { DataFile, FormatVersion, Snapshot, TableMetadata } from '../../format/model.js'
import { newTableMetadata } from '../../format/new-table.js'
import { transformOps } from '../../partition/ops.js'
import { loadManifests, readEntries } from '../../scan/plan/load-manifests.js'
import type { Store } from '../../store/store.js'
import { encodeSingleValue } from '../../types/single-value.js'
import type { Schema } from '../../types/type.js'
import type { SimDeletes, SimFile } from './operation.js'

export const KEY_FIELD = 2
export const KEYS = 4

const SCHEMA: Schema = {
  schemaId: 0,
  fields: [
    { id: 1, name: 'id', required: true, type: { kind: 'long' } },
    { id: KEY_FIELD, name: 'k', required: true, type: { kind: 'int' } },
  ],
  identifierFieldIds: [],
}

export function newSimTable(
  env: Env,
  location: string,
  options: {
    readonly properties: Readonly<Record<string, string>>
    readonly partitioned: boolean
    readonly formatVersion: FormatVersion
    readonly uuid?: string
  },
): TableMetadata {
  const field = {
    sourceIds: [KEY_FIELD],
    fieldId: 1000,
    name: 'k',
    transform: { kind: 'identity' },
  } as const
  return newTableMetadata({
    schema: SCHEMA,
    spec: { specId: 0, fields: options.partitioned ? [field] : [] },
    location,
    formatVersion: options.formatVersion,
    uuid: options.uuid ?? randomUuid(env),
    nowMs: env.nowMs(),
    properties: new Map(Object.entries(options.properties)),
  })
}

/** A data file as the writer describes one. */
export function describeFile(metadata: TableMetadata, file: SimFile): DataFile {
  const spec = defaultSpec(metadata)
  const key = encodeSingleValue({ kind: 'int' }, file.key)
  const none = new Map([[KEY_FIELD, 0n]])
  return {
    content: 'data',
    path: dataPath(metadata.location, file.name),
    format: 'parquet',
    specId: spec.specId,
    partition: spec.fields.map(({ transform }) =>
      transformOps(transform, { kind: 'int' }).apply(file.key),
    ),
    recordCount: BigInt(file.rows),
    sizeBytes: 1n,
    valueCounts: new Map([[KEY_FIELD, BigInt(file.rows)]]),
    nullValueCounts: none,
    lowerBounds: new Map([[KEY_FIELD, key]]),
    upperBounds: new Map([[KEY_FIELD, key]]),
  }
}

/** Deletes of one row of a data file. */
export function describeDeletes(location: string, deletes: SimDeletes, of: DataFile): DataFile {
  return {
    content: 'position-deletes',
    path: deletesPath(location, deletes),
    format: deletes.vector ? 'puffin' : 'parquet',
    specId: of.specId,
    partition: of.partition,
    recordCount: 1n,
    sizeBytes: 1n,
    referencedDataFile: of.path,
    ...(deletes.vector && { contentOffset: 0n, contentSizeBytes: 1n }),
  }
}

export function deletesPath(location: string, { name, vector }: SimDeletes): string {
  return vector ? `${location}/data/${name}.puffin` : dataPath(location, name)
}

export function dataPath(location: string, name: string): string {
  return `${location}/data/${name}.parquet`
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.(parquet|puffin)$/, '')
}

/** Live files, by name. */
export interface LiveFiles {
  readonly data: ReadonlyMap<string, DataFile>
  readonly deletes: ReadonlyMap<string, DataFile>
}

export const NO_FILES: LiveFiles = Object.freeze({ data: new Map(), deletes: new Map() })

/** The live files of a snapshot as the library finds them through this store. */
export async function liveFiles(
  metadata: TableMetadata,
  snapshot: Snapshot | undefined,
  store: Store,
  env: Env,
): Promise<LiveFiles> {
  const live = { data: new Map<string, DataFile>(), deletes: new Map<string, DataFile>() }
  if (snapshot === undefined) return live
  const source = { metadata, store, env }
  for (const manifest of await loadManifests({ ...source, snapshot })) {
    const found = manifest.content === 'deletes' ? live.deletes : live.data
    for (const { status, file } of await readEntries(source, manifest, { metrics: 'all' })) {
      if (status !== 'deleted') found.set(fileName(file.path), file)
    }
  }
  return live
}

/** The key of a described file. */
export function keyOf(file: DataFile): number {
  const bytes = file.lowerBounds?.get(KEY_FIELD)
  return bytes === undefined
    ? -1
    : new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true)
}
