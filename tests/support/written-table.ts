/** Tables in memory, written by the library's own writer, for tests of reading. */
import { fileCatalog } from '../../src/catalog/file.js'
import type { Action } from '../../src/commit/action.js'
import { appendFiles } from '../../src/commit/actions/append-files.js'
import { updateSchema } from '../../src/commit/actions/update-schema.js'
import { updateSpec } from '../../src/commit/actions/update-spec.js'
import { commitActions } from '../../src/commit/committer.js'
import { randomUuid } from '../../src/env/ids.js'
import { seededEnv } from '../../src/env/seeded-env.js'
import {
  currentSchema,
  currentSnapshot,
  requireSnapshot,
  schemaOfSnapshot,
} from '../../src/format/lookup.js'
import type { FormatVersion, TableMetadata } from '../../src/format/model.js'
import { newTableMetadata } from '../../src/format/new-table.js'
import { inlinePool } from '../../src/parquet/pool.js'
import { buildPartitionSpec } from '../../src/partition/spec-builder.js'
import { SpecEditor } from '../../src/partition/spec-editor.js'
import type { PartitionTerm } from '../../src/partition/terms.js'
import type { ScanOptions } from '../../src/scan/options.js'
import { createScan, type Scan } from '../../src/scan/scan.js'
import { type MemoryStore, memoryStore } from '../../src/store/memory.js'
import { SchemaEditor } from '../../src/types/schema-editor.js'
import type { Field, Schema } from '../../src/types/type.js'
import { writeDataFiles } from '../../src/write/write-data-files.js'

export interface WrittenTable {
  readonly store: MemoryStore
  metadata(): Promise<TableMetadata>
  append(rows: readonly object[]): Promise<void>
  commit(action: Action): Promise<void>
  respec(edit: (editor: SpecEditor) => SpecEditor): Promise<void>
  reshape(edit: (editor: SchemaEditor) => unknown): Promise<void>
  /** The current snapshot, or another one with the schema it was written with. */
  scan(options?: ScanOptions, snapshotId?: bigint): Promise<Scan>
}

export interface TableShape {
  readonly fields: readonly Field[]
  readonly partitionBy?: readonly PartitionTerm[]
  readonly properties?: Readonly<Record<string, string>>
  readonly formatVersion?: FormatVersion
  readonly seed?: number
}

const warehouse = 'memory:/wh'
const id = { namespace: ['ns'], name: 't' }

export async function writtenTable(shape: TableShape): Promise<WrittenTable> {
  const env = seededEnv(shape.seed ?? 1)
  const store = memoryStore({ env })
  const catalog = fileCatalog({ warehouse, store, env })
  const schema: Schema = { schemaId: 0, identifierFieldIds: [], fields: shape.fields }
  const formatVersion = shape.formatVersion ?? 2
  const { spec } = buildPartitionSpec(schema, shape.partitionBy ?? [], { formatVersion })
  await catalog.createTable(
    id,
    newTableMetadata({
      schema,
      spec,
      location: catalog.tableLocation(id),
      properties: new Map(Object.entries(shape.properties ?? {})),
      formatVersion,
      uuid: randomUuid(env),
      nowMs: env.nowMs(),
    }),
  )
  const metadata = async (): Promise<TableMetadata> => (await catalog.loadTable(id)).metadata
  const commit = async (action: Action): Promise<void> => {
    await commitActions(catalog.target(id), [action], { env, store })
  }
  return {
    store,
    metadata,
    commit,
    append: async (rows) => {
      const base = await metadata()
      const written = await writeDataFiles([...rows], { metadata: base, store, env })
      await commit(appendFiles({ files: written.files }))
    },
    respec: (edit) =>
      commit(
        updateSpec((base) => {
          const editor = new SpecEditor({
            schema: currentSchema(base),
            specs: base.partitionSpecs,
            defaultSpecId: base.defaultSpecId,
            lastPartitionId: base.lastPartitionId,
            formatVersion: base.formatVersion,
          })
          return edit(editor).result().spec
        }),
      ),
    reshape: (edit) =>
      commit(
        updateSchema((base) => {
          const { lastColumnId, formatVersion } = base
          const editor = new SchemaEditor(currentSchema(base), { lastColumnId, formatVersion })
          edit(editor)
          return editor.result()
        }),
      ),
    scan: async (options, snapshotId) => {
      const base = await metadata()
      const old = snapshotId === undefined ? undefined : requireSnapshot(base, snapshotId)
      const snapshot = old ?? currentSnapshot(base)
      const schema = old === undefined ? currentSchema(base) : schemaOfSnapshot(base, old)
      const source = { metadata: base, snapshot, schema, store, env }
      return createScan({ ...source, pool: inlinePool }, options)
    },
  }
}
