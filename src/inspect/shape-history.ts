/** How a table's shape changed: schema, partitioning, sort order and format version. */
import { type ErrorCode, MoraineError } from '../errors.js'
import { currentSchema, defaultSortOrder, defaultSpec } from '../format/lookup.js'
import type { TableMetadata } from '../format/model.js'
import { readTableMetadata } from '../format/read-table-metadata.js'
import { orderDiff, specDiff } from '../partition/spec-diff.js'
import { type ShapeChange, schemaDiff } from '../types/schema-diff.js'
import type { InspectSource } from './metadata-table.js'

const PASSED_OVER: ReadonlySet<ErrorCode> = new Set([
  'NOT_FOUND',
  'CORRUPT_DATA',
  'LOCATION_DENIED',
  'LIMIT_EXCEEDED',
  'UNSUPPORTED',
])

/** What one commit, or several whose metadata are gone, changed of a table's shape. */
export interface ShapeVersion {
  /** When the metadata with the changes was written, milliseconds since the epoch. */
  readonly timestampMs: number
  readonly metadataLocation: string
  readonly schemaId: number
  readonly specId: number
  readonly changes: readonly ShapeChange[]
}

/** What changed from one state of a table to a later one. */
export function shapeDiff(before: TableMetadata, after: TableMetadata): readonly ShapeChange[] {
  const schema = currentSchema(after)
  return [
    ...(before.formatVersion === after.formatVersion
      ? []
      : [formatChange(before.formatVersion, after.formatVersion)]),
    ...schemaDiff(currentSchema(before), schema),
    ...specDiff(defaultSpec(before), defaultSpec(after), schema),
    ...orderDiff(defaultSortOrder(before), defaultSortOrder(after), schema),
  ]
}

function formatChange(before: number, after: number): ShapeChange {
  const text = `upgraded the format version from ${before} to ${after}`
  return { of: 'table', kind: 'format', name: '', text }
}

/**
 * The changes of a table's shape that its metadata log still knows, oldest first. Files that are gone
 * or lie out of reach are passed over: their changes show in the next one that is there.
 */
export async function shapeHistory(
  source: InspectSource & { readonly metadataLocation: string },
): Promise<readonly ShapeVersion[]> {
  const { metadata, metadataLocation } = source
  const versions: ShapeVersion[] = []
  let before: TableMetadata | undefined
  const add = (after: TableMetadata, location: string): void => {
    const changes = before === undefined ? [] : shapeDiff(before, after)
    before = after
    if (changes.length === 0) return
    versions.push({
      timestampMs: after.lastUpdatedMs,
      metadataLocation: location,
      schemaId: after.currentSchemaId,
      specId: after.defaultSpecId,
      changes,
    })
  }
  for (const { metadataFile } of metadata.metadataLog) {
    const past = await pastMetadata(source, metadataFile)
    if (past !== undefined && past.tableUuid === metadata.tableUuid) add(past, metadataFile)
  }
  add(metadata, metadataLocation)
  return versions
}

/** An older metadata file; undefined when it is gone, out of reach, or no metadata any more. */
async function pastMetadata(
  { store, env, signal }: InspectSource,
  path: string,
): Promise<TableMetadata | undefined> {
  const { limits } = env
  try {
    const bytes = await store.read(path, undefined, {
      maxBytes: limits.metadataBytes,
      limitName: 'metadataBytes',
      ...(signal && { signal }),
    })
    return readTableMetadata(bytes, { limits, path })
  } catch (error) {
    // A retired slot holds a marker instead of metadata.
    if (error instanceof MoraineError && PASSED_OVER.has(error.code)) return undefined
    throw error
  }
}
