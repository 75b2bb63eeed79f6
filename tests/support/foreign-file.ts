/** A table that consists of one data file which something else wrote. */

import { type RowOptions, rowsOf } from '../../src/arrow/row-reader.js'
import { systemEnv } from '../../src/env/system-env.js'
import type { DataFile, FormatVersion, TableMetadata } from '../../src/format/model.js'
import { newTableMetadata } from '../../src/format/new-table.js'
import { inlinePool } from '../../src/parquet/pool.js'
import type { PartitionSpec } from '../../src/partition/model.js'
import type { ScanTask } from '../../src/scan/contract.js'
import type { ScanOptions } from '../../src/scan/options.js'
import { createScan, type Row, type Scan, type ScanSource } from '../../src/scan/scan.js'
import { memoryStore } from '../../src/store/memory.js'
import type { Field } from '../../src/types/type.js'

export interface ForeignTable {
  readonly bytes: Uint8Array
  readonly format: 'parquet' | 'avro' | 'orc'
  /** With fresh ids in the order of the reference: breadth first, from 1. */
  readonly fields: readonly Field[]
  readonly properties?: Readonly<Record<string, string>>
  readonly spec?: PartitionSpec
  readonly partition?: DataFile['partition']
  readonly formatVersion?: FormatVersion
  /** What the manifest says of the size, when it is wrong. */
  readonly recordedBytes?: number
}

export interface ForeignScan {
  readonly scan: Scan
  readonly source: ScanSource
  readonly task: ScanTask
  rows(options?: RowOptions): Promise<Row[]>
}

const path = 'memory:/t/data/file'

/** A scan of the file, planned by hand: what a manifest would say is taken from `table`. */
export async function foreignScan(
  table: ForeignTable,
  options: ScanOptions = {},
): Promise<ForeignScan> {
  const env = systemEnv()
  const store = memoryStore({ env })
  const writer = await store.writer(path)
  await writer.write(table.bytes)
  await writer.close()
  const metadata: TableMetadata = newTableMetadata({
    schema: { schemaId: 0, identifierFieldIds: [], fields: table.fields },
    ...(table.spec && { spec: table.spec }),
    location: 'memory:/t',
    properties: new Map(Object.entries(table.properties ?? {})),
    formatVersion: table.formatVersion ?? 2,
    uuid: 'f79c3e09-677c-4bbd-a479-3f349cb785e7',
    nowMs: 0,
  })
  const schema = metadata.schemas[0]
  if (schema === undefined) throw new RangeError('no schema')
  const source = { metadata, snapshot: undefined, schema, store, env, pool: inlinePool }
  const scan = createScan(source, options)
  const task: ScanTask = {
    file: {
      content: 'data',
      path,
      format: table.format,
      specId: 0,
      partition: table.partition ?? [],
      recordCount: 0n,
      sizeBytes: BigInt(table.recordedBytes ?? table.bytes.length),
    },
    sequenceNumber: 1n,
    fileSequenceNumber: 1n,
    addedSnapshotId: 1n,
    deletes: [],
    residual: scan.where,
  }
  return {
    scan,
    source,
    task,
    rows: async (shown = {}) => {
      const rows: Row[] = []
      for await (const batch of scan.readTask(task)) rows.push(...rowsOf(scan.schema, batch, shown))
      return rows
    },
  }
}
