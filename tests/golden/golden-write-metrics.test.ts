/**
 * Data files of the golden tables written again: our metrics of the same rows must be the
 * reference's, as its `files` metadata table shows them.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { conformBatch } from '../../src/arrow/conform.js'
import { defaultLimits as limits } from '../../src/env/limits.js'
import { defaultSortOrder } from '../../src/format/lookup.js'
import { metricsConfig } from '../../src/format/metrics-config.js'
import type { FileMetrics } from '../../src/format/model.js'
import { readFooter } from '../../src/parquet/footer.js'
import { readRowGroup } from '../../src/parquet/read-row-group.js'
import { parquetWriteOptions } from '../../src/parquet/write-options.js'
import { ParquetWriter } from '../../src/parquet/writer.js'
import { byteSource } from '../../src/store/byte-source.js'
import { schemaIndex } from '../../src/types/schema-index.js'
import type { Schema } from '../../src/types/type.js'
import { type GoldenTable, goldenNames, openGolden } from './golden-scan.js'

type Pairs = readonly (readonly [number, string])[] | null

interface ExpectedFile {
  readonly content: number
  readonly file_path: string
  readonly file_format: string
  readonly record_count: string
  readonly column_sizes: Pairs
  readonly value_counts: Pairs
  readonly null_value_counts: Pairs
  readonly nan_value_counts: Pairs
  readonly lower_bounds: Pairs
  readonly upper_bounds: Pairs
}

/** Tables whose files have columns that the schema has not, or the other way round. */
const others = new Set([
  'add_files_hive',
  'v2_to_v3',
  'v3_deletion_vectors',
  'v3_lineage',
  'v3_variant',
])

function expectedFiles(name: string): readonly ExpectedFile[] {
  const text = readFileSync(join(import.meta.dirname, name, 'expected.json'), 'utf8')
  const files = JSON.parse(text).metadata_tables.files as readonly ExpectedFile[] | unknown
  if (!Array.isArray(files)) return []
  return files.filter((file: ExpectedFile) => file.content === 0 && file.file_format === 'PARQUET')
}

async function writtenAgain(table: GoldenTable, schema: Schema, path: string) {
  const { metadata, store } = table
  const source = await byteSource(store, path)
  const footer = await readFooter(source, { limits })
  const writer = new ParquetWriter({
    schema,
    limits,
    options: parquetWriteOptions(metadata.properties),
    metrics: metricsConfig(metadata.properties, schema, defaultSortOrder(metadata)),
    sink: { write: async () => {}, close: async () => {}, abort: async () => {} },
  })
  for (const { index } of footer.rowGroups) {
    const batch = await readRowGroup(source, footer, { rowGroup: index, limits })
    await writer.write(conformBatch(schema, batch, { form: { decimals: 'physical' } }))
  }
  return await writer.close()
}

const byId = (a: readonly [number, string], b: readonly [number, string]) => a[0] - b[0]

function counts(map: ReadonlyMap<number, bigint> | undefined): [number, string][] {
  return [...(map ?? [])].map(([id, count]): [number, string] => [id, String(count)]).sort(byId)
}

/**
 * A zero bound of a float column is -0.0 below and 0.0 above with us, so that it covers both zeros;
 * the reference keeps the sign it saw. Signs of zero bounds are left out of the comparison.
 */
function bounds(schema: Schema, pairs: Iterable<readonly [number, string]>): [number, string][] {
  const unsigned = ([id, hex]: readonly [number, string]): [number, string] => {
    const kind = schemaIndex(schema).byId.get(id)?.type.kind
    const zero = (kind === 'float' || kind === 'double') && /^0x0*80$/.test(hex)
    return [id, zero ? hex.replace('8', '0') : hex]
  }
  return [...pairs].map(unsigned).sort(byId)
}

function hexBounds(map: FileMetrics['lowerBounds']): [number, string][] {
  return [...(map ?? [])].map(([id, bytes]) => [id, `0x${Buffer.from(bytes).toString('hex')}`])
}

describe('metrics of the same rows are the reference ones', () => {
  const names = goldenNames.filter((name) => !others.has(name.split('/')[1] ?? ''))
  test('in every golden data file of a table with one schema', async () => {
    let compared = 0
    for (const name of names) {
      const table = await openGolden(name)
      const [schema, ...more] = table.metadata.schemas
      if (schema === undefined || more.length > 0) continue
      for (const file of expectedFiles(name)) {
        const { metrics, recordCount } = await writtenAgain(table, schema, file.file_path)
        const ours = {
          file: file.file_path,
          rows: String(recordCount),
          sizes: counts(metrics.columnSizes).map(([id]) => id),
          values: counts(metrics.valueCounts),
          nulls: counts(metrics.nullValueCounts),
          nans: counts(metrics.nanValueCounts),
          lower: bounds(schema, hexBounds(metrics.lowerBounds)),
          upper: bounds(schema, hexBounds(metrics.upperBounds)),
        }
        const sorted = (pairs: Pairs) => [...(pairs ?? [])].sort(byId)
        expect(ours).toEqual({
          file: file.file_path,
          rows: file.record_count,
          sizes: sorted(file.column_sizes).map(([id]) => id),
          values: sorted(file.value_counts),
          nulls: sorted(file.null_value_counts),
          nans: sorted(file.nan_value_counts),
          lower: bounds(schema, sorted(file.lower_bounds)),
          upper: bounds(schema, sorted(file.upper_bounds)),
        })
        compared++
      }
    }
    expect(compared).toBeGreaterThan(100)
  })
})
