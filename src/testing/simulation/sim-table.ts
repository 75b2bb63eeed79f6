/** The table that histories are about, and files of it that only manifests know. */
import type { Env } from '../../env/env.js'
import { randomUuid } from '../../env/ids.js'
import { defaultSpec } from '../../format/lookup.js'
import type { DataFile, Snapshot, TableMetadata } from '../../format/model.js'
import { newTableMetadata } from '../../format/new-table.js'
import { transformOps } from '../../partition/ops.js'
import { loadManifests, readEntries } from '../../scan/plan/load-manifests.js'
import type { Store } from '../../store/store.js'
import { encodeSingleValue } from '../../types/single-value.js'
import type { Schema } from '../../types/type.js'
import type { SimFile } from './operation.js'

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

/** Position deletes for a data file. */
export function describeDeletes(location: string, name: string, of: DataFile): DataFile {
  return {
    content: 'position-deletes',
    path: dataPath(location, name),
    format: 'parquet',
    specId: of.specId,
    partition: of.partition,
    recordCount: 1n,
    sizeBytes: 1n,
    referencedDataFile: of.path,
  }
}

export function dataPath(location: string, name: string): string {
  return `${location}/data/${name}.parquet`
}

export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.parquet$/, '')
}

/** The live data files of a snapshot, by name, as the library finds them through this store. */
export async function liveDataFiles(
  metadata: TableMetadata,
  snapshot: Snapshot | undefined,
  store: Store,
  env: Env,
): Promise<ReadonlyMap<string, DataFile>> {
  const live = new Map<string, DataFile>()
  if (snapshot === undefined) return live
  const source = { metadata, store, env }
  for (const manifest of await loadManifests({ ...source, snapshot })) {
    if (manifest.content === 'deletes') continue
    for (const { status, file } of await readEntries(source, manifest, { metrics: 'all' })) {
      if (status !== 'deleted') live.set(fileName(file.path), file)
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
