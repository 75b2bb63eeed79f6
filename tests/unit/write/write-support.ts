/** Tables in memory, written to and read back file by file. */
import { rowsOf } from '../../../src/arrow/row-reader.js'
import { seededEnv } from '../../../src/env/seeded-env.js'
import type { DataFile, TableMetadata } from '../../../src/format/model.js'
import { newTableMetadata } from '../../../src/format/new-table.js'
import { readFooter } from '../../../src/parquet/footer.js'
import { readRowGroup } from '../../../src/parquet/read-row-group.js'
import type { PartitionSpec, SortOrder, Transform } from '../../../src/partition/model.js'
import { byteSource } from '../../../src/store/byte-source.js'
import { type MemoryStore, memoryStore } from '../../../src/store/memory.js'
import type { Schema } from '../../../src/types/type.js'
import {
  type WriteContext,
  type WriteInput,
  type WrittenFiles,
  writeDataFiles,
} from '../../../src/write/write-data-files.js'

export type SpecFields = readonly (readonly [
  sourceId: number,
  transform: Transform,
  name: string,
])[]

export function specOf(fields: SpecFields): PartitionSpec {
  return {
    specId: 0,
    fields: fields.map(([sourceId, transform, name], index) => ({
      sourceIds: [sourceId],
      fieldId: 1000 + index,
      name,
      transform,
    })),
  }
}

export interface TableOptions {
  readonly spec?: PartitionSpec
  readonly sortOrder?: SortOrder
  readonly properties?: Readonly<Record<string, string>>
}

export function tableOf(schema: Schema, options: TableOptions = {}): TableMetadata {
  return newTableMetadata({
    schema,
    location: 'memory:/w/t',
    uuid: '00000000-0000-0000-0000-000000000000',
    nowMs: 0,
    ...(options.spec && { spec: options.spec }),
    ...(options.sortOrder && { sortOrder: options.sortOrder }),
    properties: new Map(Object.entries(options.properties ?? {})),
  })
}

export interface WriteResult extends WrittenFiles {
  readonly store: MemoryStore
}

export async function write(
  metadata: TableMetadata,
  input: WriteInput,
  more: Partial<WriteContext> = {},
): Promise<WriteResult> {
  const store = memoryStore()
  const env = seededEnv(1)
  const written = await writeDataFiles(input, { metadata, store, env, ...more })
  return { ...written, store }
}

/** The rows of one data file. */
export async function rowsIn(
  store: MemoryStore,
  schema: Schema,
  file: DataFile,
): Promise<Record<string, unknown>[]> {
  const { limits } = seededEnv(1)
  const source = await byteSource(store, file.path)
  const footer = await readFooter(source, { limits })
  const rows: Record<string, unknown>[] = []
  for (const { index } of footer.rowGroups) {
    const batch = await readRowGroup(source, footer, { rowGroup: index, limits })
    for (const row of rowsOf(schema, batch)) rows.push(row)
  }
  return rows
}

/** The rows of all files, file by file. */
export async function rowsOfAll(
  result: WriteResult,
  schema: Schema,
): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for (const file of result.files) {
    for (const row of await rowsIn(result.store, schema, file)) rows.push(row)
  }
  return rows
}
