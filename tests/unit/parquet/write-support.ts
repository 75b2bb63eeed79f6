/** A Parquet file written and read back in memory. */
import type { RecordBatch } from 'apache-arrow'
import { RowBatchBuilder } from '../../../src/arrow/row-builder.js'
import { rowsOf } from '../../../src/arrow/row-reader.js'
import { defaultLimits } from '../../../src/env/limits.js'
import { metricsConfig } from '../../../src/format/metrics-config.js'
import type { ByteSink, ByteSource } from '../../../src/parquet/contract.js'
import { readFooter } from '../../../src/parquet/footer.js'
import type { ParquetFooter } from '../../../src/parquet/model.js'
import { readRowGroup } from '../../../src/parquet/read-row-group.js'
import {
  type ParquetWriteOptions,
  parquetWriteOptions,
} from '../../../src/parquet/write-options.js'
import { ParquetWriter, type WrittenParquet } from '../../../src/parquet/writer.js'
import type { Schema } from '../../../src/types/type.js'
import { concatBytes } from '../../../src/util/bytes.js'

export interface WrittenImage extends WrittenParquet {
  readonly bytes: Uint8Array
}

export interface ImageOptions {
  readonly properties?: Readonly<Record<string, string>>
  readonly overrides?: Partial<ParquetWriteOptions>
}

export function physicalBatch(schema: Schema, rows: readonly unknown[]): RecordBatch {
  const builder = new RowBatchBuilder(schema, { form: { decimals: 'physical' }, maxRows: 1 << 30 })
  builder.append(rows)
  return builder.finish()
}

/** A sink that keeps what it is given. */
export function memorySink(): ByteSink & {
  parts: Uint8Array[]
  state: 'open' | 'closed' | 'aborted'
} {
  const parts: Uint8Array[] = []
  return {
    parts,
    state: 'open',
    async write(bytes) {
      parts.push(bytes.slice())
    },
    async close() {
      this.state = 'closed'
    },
    async abort() {
      this.state = 'aborted'
    },
  }
}

/** The file of some rows, with everything that the writer says about it. */
export async function writeImage(
  schema: Schema,
  rows: readonly unknown[],
  options: ImageOptions = {},
): Promise<WrittenImage> {
  return writeBatch(schema, physicalBatch(schema, rows), options)
}

/** The file of one batch in `physical` form. */
export async function writeBatch(
  schema: Schema,
  batch: RecordBatch,
  { properties = {}, overrides = {} }: ImageOptions = {},
): Promise<WrittenImage> {
  const map = new Map(Object.entries(properties))
  const sink = memorySink()
  const writer = new ParquetWriter({
    schema,
    sink,
    limits: defaultLimits,
    options: { ...parquetWriteOptions(map), ...overrides },
    metrics: metricsConfig(map, schema),
  })
  await writer.write(batch)
  const written = await writer.close()
  return { ...written, bytes: concatBytes(sink.parts) }
}

export function byteSourceOf(bytes: Uint8Array): ByteSource {
  return {
    path: 'memory.parquet',
    sizeBytes: bytes.length,
    read: async (start, end) => bytes.subarray(start, end),
  }
}

export function footerOf(bytes: Uint8Array): Promise<ParquetFooter> {
  return readFooter(byteSourceOf(bytes), { limits: defaultLimits })
}

/** The rows of a file by our own reader. Decimals must be read in the schema's precision. */
export async function readImage(schema: Schema, bytes: Uint8Array): Promise<unknown[]> {
  const source = byteSourceOf(bytes)
  const footer = await footerOf(bytes)
  const rows: unknown[] = []
  for (const { index } of footer.rowGroups) {
    const batch = await readRowGroup(source, footer, { rowGroup: index, limits: defaultLimits })
    rows.push(...rowsOf(schema, batch))
  }
  return rows
}
