import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RecordBatch } from 'apache-arrow'
import { EXTENSION_KEY } from '../../arrow/schema.js'
import { systemEnv } from '../../env/system-env.js'
import { InvalidArgument } from '../../errors.js'
import { arrowSchemaOf } from '../../parquet/arrow-schema.js'
import { readFooter } from '../../parquet/footer.js'
import type { ParquetFooter } from '../../parquet/model.js'
import { sharedPool } from '../../parquet/pool.js'
import { readRowGroup } from '../../parquet/read-row-group.js'
import { byteSource } from '../../store/byte-source.js'
import { localStore } from '../../store/local.js'
import type { Schema } from '../../types/type.js'
import { icebergTypeOf } from './arrow-type.js'
import type { FoundColumn, ImportSource, OnProgress } from './source.js'

/** An import source whose chunks are Arrow batches. */
export interface ParquetSource extends ImportSource {
  chunks(schema: Schema, onProgress: OnProgress, signal: AbortSignal): AsyncIterable<RecordBatch>
}

/** A Parquet file, read row group by row group into Arrow batches. */
export function parquetSource(path: string): ParquetSource {
  const location = resolve(path)
  const sizeBytes = statSync(location).size
  const env = systemEnv()
  const source = byteSource(localStore({ env }), location, sizeBytes)
  const footerOf = async (signal: AbortSignal): Promise<ParquetFooter> =>
    await readFooter(await source, { limits: env.limits, signal })

  async function columns(_onProgress: OnProgress, signal: AbortSignal): Promise<FoundColumn[]> {
    let id = 0
    return arrowSchemaOf(await footerOf(signal)).fields.map(({ name, type, metadata }) => ({
      name,
      type: icebergTypeOf(type, { path: name, extension: metadata.get(EXTENSION_KEY) }, () => ++id),
    }))
  }

  async function* chunks(
    schema: Schema,
    onProgress: OnProgress,
    signal: AbortSignal,
  ): AsyncGenerator<RecordBatch> {
    const footer = await footerOf(signal)
    checkColumns(path, footer, schema)
    const pool = sharedPool()
    const bytes = await source
    const read = (rowGroup: number) =>
      readRowGroup(bytes, footer, { rowGroup, pool, limits: env.limits, signal })
    // One row group is decoded ahead of the one being written.
    let ahead = footer.rowGroups.length > 0 ? read(0) : undefined
    for (const group of footer.rowGroups) {
      const batch = await ahead
      ahead = group.index + 1 < footer.rowGroups.length ? read(group.index + 1) : undefined
      // Should the writer fail first, nobody is left to take what was read ahead.
      ahead?.catch(() => undefined)
      if (batch !== undefined) yield batch
      onProgress(Math.round((sizeBytes * (group.index + 1)) / footer.rowGroups.length))
    }
  }

  return { path, sizeBytes, columns, chunks }
}

function checkColumns(path: string, footer: ParquetFooter, schema: Schema): void {
  const names = new Set(schema.fields.map((field) => field.name))
  const stranger = arrowSchemaOf(footer).fields.find((field) => !names.has(field.name))
  if (stranger !== undefined) {
    throw new InvalidArgument(`${path} has a column "${stranger.name}" that the table lacks`)
  }
}
