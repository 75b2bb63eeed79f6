/**
 * Whether a table of moraine is laid out as the same scenario written by Spark: the metadata tables
 * that Spark shows for both, and the folders of their data files. Ids, times, sizes and generated
 * names differ from run to run and are left out.
 */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Driver } from './driver.js'
import { difference } from './normal-rows.js'
import type { Json, Row, TypeJson } from './scenario.js'
import { hasChangedShape, tableDefinition } from './table-definition.js'
import { localPath, tableStates } from './table-states.js'
import type { Drivers } from './write-scenario.js'

export const METADATA_TABLES = [
  'files',
  'entries',
  'manifests',
  'partitions',
  'snapshots',
  'refs',
  'history',
] as const
type Name = (typeof METADATA_TABLES)[number]

/** Sizes in bytes, ids, times, names; where bytes of a file start. */
const FREE: ReadonlySet<string> = new Set([
  'file_path',
  'path',
  'length',
  'file_size_in_bytes',
  'total_data_file_size_in_bytes',
  'column_sizes',
  'split_offsets',
  'added_snapshot_id',
  'last_updated_at',
  'last_updated_snapshot_id',
  'snapshot_id',
  'parent_id',
  'committed_at',
  'made_current_at',
  'manifest_list',
  'referenced_data_file',
  'content_offset',
  'content_size_in_bytes',
  // Follows the order of files in their manifest; that row ids are right, the lineage columns show.
  'first_row_id',
])

/** Summary fields that count rows, files and partitions. */
const COUNTED = /^(added|deleted|removed|total|changed)-/

const free = (name: string): boolean => FREE.has(name)

/** Field ids of columns of floating-point numbers. */
type Floating = ReadonlySet<number>

function comparable(row: Row, floating: Floating): Json {
  const entries = Object.entries(row).filter(([name]) => !free(name))
  return entries.map(([name, value]) => [name, comparableValue(name, value ?? null, floating)])
}

function comparableValue(name: string, value: Json, floating: Floating): Json {
  if (name === 'data_file') return comparable(value as Row, floating)
  if (name === 'summary') {
    const pairs = value as readonly (readonly [string, string])[]
    return pairs.filter(([key]) => COUNTED.test(key) && !key.endsWith('-size'))
  }
  if (value === null || (name !== 'lower_bounds' && name !== 'upper_bounds')) return value
  // A bound of zero may have either sign: ours always has the one that covers both zeros.
  return (value as readonly (readonly [number, string])[]).map(([id, bound]) => [
    id,
    floating.has(id) ? bound.replace(/^(0x(?:0{6}|0{14}))80$/, '$100') : bound,
  ])
}

function floatingIds(kind: TypeJson, id: number | undefined): readonly number[] {
  if (kind === 'float' || kind === 'double') return id === undefined ? [] : [id]
  if (typeof kind === 'string' || kind.type !== 'struct') return []
  return kind.fields.flatMap((field) => {
    const { id: own } = field as { readonly id?: number }
    return floatingIds(field.type, own)
  })
}

export interface LayoutFinding {
  readonly what: string
  /** Undefined when both agree. */
  readonly difference: string | undefined
}

export async function compareLayout(
  drivers: Pick<Drivers, 'spark' | 'pyiceberg'>,
  ours: string,
  theirs: string,
): Promise<readonly LayoutFinding[]> {
  const findings: LayoutFinding[] = []
  for (const name of METADATA_TABLES) {
    const [found, wanted] = [
      await rows(drivers.spark, ours, name),
      await rows(drivers.spark, theirs, name),
    ]
    // A type that Spark cannot show hides the table of both.
    if (found === undefined && wanted === undefined) continue
    findings.push({ what: name, difference: differs(found ?? [], wanted ?? []) })
  }
  if (hasChangedShape(ours)) {
    findings.push({
      what: 'table definition',
      difference: differs(tableDefinition(ours), tableDefinition(theirs)),
    })
  }
  findings.push({ what: 'partition folders', difference: differs(folders(ours), folders(theirs)) })
  const [found, wanted] = [
    await parquetSchemas(drivers.pyiceberg, ours),
    await parquetSchemas(drivers.pyiceberg, theirs),
  ]
  findings.push({ what: 'parquet schemas', difference: differs(found, wanted) })
  return findings
}

function differs(found: readonly string[], wanted: readonly string[]): string | undefined {
  return difference(found, wanted) || undefined
}

async function rows(spark: Driver, metadata: string, name: Name) {
  const answer = await spark.ask({ op: 'metadataTable', metadata, name })
  if (!('ok' in answer)) return undefined
  const { fields } = tableStates(metadata).current
  const floating = new Set(floatingIds({ type: 'struct', fields }, undefined))
  const given = answer.ok.rows as unknown as readonly Row[]
  return given.map((row) => JSON.stringify(comparable(row, floating))).sort()
}

/** Types, annotations and field ids of the data files: readers may get by without some of them. */
async function parquetSchemas(pyiceberg: Driver, metadata: string): Promise<readonly string[]> {
  const answer = await pyiceberg.ask({ op: 'parquetSchemas', folder: dataFolder(metadata) })
  if (!('ok' in answer)) return []
  const schemas = answer.ok.schemas as unknown as readonly string[]
  // Columns go by their ids: the reference spells their names so that Avro would take them.
  return schemas.map((text) => text.replace(/(field_id=\d+) [^;{(]*?(?= \(|;| \{)/g, '$1'))
}

function dataFolder(metadata: string): string {
  return join(localPath(tableStates(metadata).location), 'data')
}

/** Folders below `data/` that hold files. */
function folders(metadata: string): readonly string[] {
  const data = dataFolder(metadata)
  const found = new Set<string>()
  try {
    for (const entry of readdirSync(data, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && !entry.name.endsWith('.crc')) {
        found.add(relative(data, entry.parentPath))
      }
    }
  } catch {
    return []
  }
  return [...found].sort()
}
