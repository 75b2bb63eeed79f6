/**
 * Existing Parquet files as data files of a table: nothing is copied, everything is checked against
 * the schema from the footers alone (spec: "Column Projection", name mapping).
 */
import type { Env } from '../../env/env.js'
import { throwIfAborted } from '../../env/system-env.js'
import { InvalidArgument, NotFound } from '../../errors.js'
import { currentSchema, defaultSortOrder, defaultSpec } from '../../format/lookup.js'
import { metricsConfig } from '../../format/metrics-config.js'
import type { DataFile, TableMetadata } from '../../format/model.js'
import { arrowSchemaOf } from '../../parquet/arrow-schema.js'
import { readFooter } from '../../parquet/footer.js'
import type { ParquetFooter } from '../../parquet/model.js'
import { fileTree, hasFieldIds, mapNames } from '../../scan/columns/file-tree.js'
import { byteSource } from '../../store/byte-source.js'
import type { Store } from '../../store/store.js'
import {
  NAME_MAPPING_PROPERTY,
  type NameMapping,
  nameMappingOf,
  nameMappingText,
  parseNameMapping,
} from '../../types/name-mapping.js'
import { refuseEncrypted } from '../refuse-encrypted.js'
import { adoptedMetrics } from './adopted-metrics.js'
import { adoptedPartition } from './adopted-partition.js'
import { checkAdoptable } from './check-adoptable.js'

export interface AdoptContext {
  readonly metadata: TableMetadata
  readonly store: Store
  readonly env: Env
  readonly signal?: AbortSignal
}

export interface AdoptedFiles {
  readonly files: readonly DataFile[]
  /** The name mapping that files without field ids need, where the table has none yet. */
  readonly nameMapping: string | undefined
}

/**
 * Describes files for an append.
 *
 * @throws NotFound for a missing file, LocationDenied for one outside the table's `readRoots`,
 * InvalidArgument when a column or a partition does not fit, CorruptData for a broken footer.
 */
export async function adoptFiles(
  paths: readonly string[],
  context: AdoptContext,
): Promise<AdoptedFiles> {
  const { metadata, env } = context
  refuseEncrypted(metadata)
  const repeated = paths.find((path, index) => paths.indexOf(path) !== index)
  if (repeated !== undefined) throw new InvalidArgument(`${repeated} is given twice`)
  const given = metadata.properties.get(NAME_MAPPING_PROPERTY)
  const schema = currentSchema(metadata)
  const mapping =
    given === undefined ? nameMappingOf(schema.fields) : parseNameMapping(given, env.limits)
  const adopted = []
  for (const path of paths) {
    throwIfAborted(context.signal)
    adopted.push(await adoptFile(path, mapping, context))
  }
  const needsMapping = given === undefined && adopted.some((item) => item.byName)
  return {
    files: adopted.map((item) => item.file),
    nameMapping: needsMapping ? nameMappingText(mapping) : undefined,
  }
}

async function adoptFile(
  path: string,
  mapping: NameMapping,
  { metadata, store, env, signal }: AdoptContext,
): Promise<{ readonly file: DataFile; readonly byName: boolean }> {
  const info = await store.head(path, { ...(signal && { signal }) })
  if (info === undefined) throw new NotFound('file', `there is no file ${path} to add`)
  const source = await byteSource(store, path, info.sizeBytes)
  const footer = await readFooter(source, { limits: env.limits, ...(signal && { signal }) })
  const schema = currentSchema(metadata)
  const columns = fileTree(arrowSchemaOf(footer))
  const byName = !hasFieldIds(columns)
  const tree = byName ? mapNames(columns, mapping) : columns
  const spec = defaultSpec(metadata)
  const config = metricsConfig(metadata.properties, schema, defaultSortOrder(metadata))
  const metrics = adoptedMetrics(footer, tree, schema, config)
  const partition = adoptedPartition(path, { schema, spec, exact: metrics.exact })
  checkAdoptable({ path, schema, tree, spec, fromPath: partition.fromPath, metrics: metrics.exact })
  const file: DataFile = {
    content: 'data',
    path,
    format: 'parquet',
    specId: spec.specId,
    partition: partition.tuple,
    recordCount: BigInt(footer.rows),
    sizeBytes: BigInt(info.sizeBytes),
    ...metrics.written,
    splitOffsets: splitOffsets(footer),
  }
  return { file, byName }
}

/** Where row groups begin: the first page of their first column. */
function splitOffsets(footer: ParquetFooter): bigint[] {
  const starts = footer.rowGroups.flatMap((group) => {
    const [first] = group.columns
    return first === undefined ? [] : [BigInt(first.start)]
  })
  return starts.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
