/** Small tables without Parquet: metadata, and appends of files that only manifests know. */
import type { Action } from '../../src/commit/action.js'
import { appendFiles } from '../../src/commit/actions/append-files.js'
import type { Env } from '../../src/env/env.js'
import { randomUuid } from '../../src/env/ids.js'
import { currentSnapshot } from '../../src/format/lookup.js'
import type { DataFile, TableMetadata } from '../../src/format/model.js'
import { newTableMetadata } from '../../src/format/new-table.js'
import { loadManifests, readEntries } from '../../src/scan/plan/load-manifests.js'
import type { Store } from '../../src/store/store.js'
import type { Schema } from '../../src/types/type.js'

export const idSchema: Schema = {
  schemaId: 0,
  fields: [{ id: 1, name: 'id', required: true, type: { kind: 'long' } }],
  identifierFieldIds: [],
}

export function newTable(
  env: Env,
  location: string,
  properties: Readonly<Record<string, string>> = {},
): TableMetadata {
  return newTableMetadata({
    schema: idSchema,
    location,
    uuid: randomUuid(env),
    nowMs: env.nowMs(),
    properties: new Map(Object.entries(properties)),
  })
}

/** A data file as the writer describes one; its bytes need not exist. */
export function dataFile(path: string, rows = 1n): DataFile {
  return {
    content: 'data',
    path,
    format: 'parquet',
    specId: 0,
    partition: [],
    recordCount: rows,
    sizeBytes: 100n,
  }
}

/** Appends one named file under the table's folder. */
export function appendOf(location: string, name: string): Action {
  return appendFiles({ files: [dataFile(`${location}/data/${name}.parquet`)] })
}

/** Names of the live data files of the current snapshot, sorted. */
export async function liveFiles(
  store: Store,
  env: Env,
  metadata: TableMetadata,
): Promise<string[]> {
  const snapshot = currentSnapshot(metadata)
  if (snapshot === undefined) return []
  const source = { metadata, store, env, signal: undefined }
  const names: string[] = []
  for (const manifest of await loadManifests({ ...source, snapshot })) {
    for (const entry of await readEntries(source, manifest, { metrics: 'none' })) {
      if (entry.status === 'deleted') continue
      names.push(entry.file.path.replace(/^.*\//, '').replace('.parquet', ''))
    }
  }
  return names.sort()
}
