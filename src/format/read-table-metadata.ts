/** Table metadata JSON → `TableMetadata` (spec: "Table Metadata Fields", appendix C, appendix E). */
import { gunzip, isGzip } from '../codec/gzip.js'
import { ObjectReader } from '../codec/json/object-reader.js'
import { parseJson } from '../codec/json/parse.js'
import { isJsonObject, type JsonObject, type JsonValue } from '../codec/json/value.js'
import type { Limits } from '../env/limits.js'
import { LimitExceeded, Unsupported } from '../errors.js'
import type { PartitionSpec, SortOrder } from '../partition/model.js'
import { parseSortOrder } from '../partition/sort-order-json.js'
import { parsePartitionFields, parsePartitionSpec } from '../partition/spec-json.js'
import { parseSchema } from '../types/schema-json.js'
import type { Schema } from '../types/type.js'
import { MAIN_BRANCH } from './constants.js'
import type { FormatVersion, SnapshotRef, TableMetadata } from './model.js'
import {
  extraOf,
  parseMetadataLogEntry,
  parseSnapshot,
  parseSnapshotLogEntry,
  parseSnapshotRef,
  timestampOf,
} from './snapshot-json.js'
import { validateTableMetadata } from './validate-table-metadata.js'

export interface ReadMetadataOptions {
  readonly limits: Limits
  /** Named in errors. */
  readonly path?: string
}

/**
 * Reads a metadata file, plain or gzip'd (told by its first bytes, whatever its name).
 *
 * @throws CorruptData naming the JSON pointer, LimitExceeded, Unsupported for format versions
 *   after 3 and for views.
 */
export function readTableMetadata(bytes: Uint8Array, options: ReadMetadataOptions): TableMetadata {
  const { limits, path } = options
  if (bytes.length > limits.metadataBytes) {
    throw passed('metadataBytes', limits.metadataBytes, bytes.length, path)
  }
  const text = isGzip(bytes)
    ? gunzip(bytes, {
        limit: limits.metadataInflatedBytes,
        limitName: 'metadataInflatedBytes',
        ...(path !== undefined && { path }),
      })
    : bytes
  return parseTableMetadata(
    parseJson(text, { limits, ...(path !== undefined && { path }) }),
    options,
  )
}

/** Reads table metadata from parsed JSON, as REST catalogs hold it. Throws like the above. */
export function parseTableMetadata(json: JsonValue, options: ReadMetadataOptions): TableMetadata {
  const reader = new ObjectReader(json, { path: options.path, pointer: '' })
  if (reader.has('view-uuid')) refuseView(options.path)
  const metadata = parseMembers(reader, parseFormatVersion(reader), options)
  validateTableMetadata(metadata, reader)
  return metadata
}

/** Views keep metadata files of the same names (view-spec.md). */
function refuseView(path: string | undefined): never {
  const file = path === undefined ? 'this' : path
  throw new Unsupported('view', `${file} is the metadata of a view; only tables can be opened`, {
    details: { path },
  })
}

function parseFormatVersion(reader: ObjectReader): FormatVersion {
  const version = reader.int('format-version')
  if (version === 1 || version === 2 || version === 3) return version
  if (version < 1) reader.fail(`not a format version: ${version}`, 'format-version')
  const file = reader.path === undefined ? '' : ` in ${reader.path}`
  throw new Unsupported(
    `format-version-${version}`,
    `table format version ${version} is not supported${file}; versions 1 to 3 are`,
    { details: { path: reader.path, formatVersion: version } },
  )
}

function parseMembers(
  reader: ObjectReader,
  formatVersion: FormatVersion,
  options: ReadMetadataOptions,
): TableMetadata {
  const { limits, path } = options
  const schemas = parseSchemas(reader, formatVersion, limits)
  const specs = parseSpecs(reader, formatVersion)
  const orders = parseSortOrders(reader, formatVersion)
  const properties = reader.optStringMap('properties') ?? new Map<string, string>()
  checkCount('properties', properties.size, limits.properties, path)
  const currentSnapshotId = parseCurrentSnapshotId(reader)
  const snapshots = reader.optObjects('snapshots', parseSnapshot) ?? []
  checkCount('snapshots', snapshots.length, limits.snapshots, path)
  const refs = parseRefs(reader, currentSnapshotId, limits)
  // Below v3 a next-row-id means nothing, and would be stale after an upgrade.
  const nextRowId = formatVersion >= 3 ? reader.long('next-row-id') : undefined
  // Legacy forms of v1, rewritten from the lists.
  reader.ignore('next-row-id', 'schema', 'partition-spec', 'last-sequence-number', 'format-version')
  const known = {
    formatVersion,
    tableUuid: parseUuid(reader, formatVersion),
    location: parseLocation(reader),
    lastSequenceNumber: formatVersion === 1 ? 0n : reader.long('last-sequence-number'),
    lastUpdatedMs: timestampOf(reader, 'last-updated-ms'),
    lastColumnId: reader.int('last-column-id'),
    ...schemas,
    ...specs,
    ...orders,
    properties,
    ...(currentSnapshotId !== undefined && { currentSnapshotId }),
    snapshots,
    snapshotLog: reader.optObjects('snapshot-log', parseSnapshotLogEntry) ?? [],
    metadataLog: reader.optObjects('metadata-log', parseMetadataLogEntry) ?? [],
    refs,
    statistics: parseObjects(reader, 'statistics'),
    partitionStatistics: parseObjects(reader, 'partition-statistics'),
    encryptionKeys: parseObjects(reader, 'encryption-keys'),
    ...(nextRowId !== undefined && { nextRowId }),
  }
  const extra = extraOf(reader)
  return { ...known, ...(extra !== undefined && { extra }) }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

function parseUuid(reader: ObjectReader, formatVersion: FormatVersion): string {
  const text = formatVersion === 1 ? reader.optString('table-uuid') : reader.string('table-uuid')
  if (text === undefined) return ''
  const uuid = text.toLowerCase()
  return UUID.test(uuid) ? uuid : reader.fail('not a uuid', 'table-uuid')
}

function parseLocation(reader: ObjectReader): string {
  const location = reader.string('location').replace(/(?<![/:])\/+$/, '')
  return location === '' ? reader.fail('empty table location', 'location') : location
}

function parseSchemas(
  reader: ObjectReader,
  formatVersion: FormatVersion,
  limits: Limits,
): { readonly schemas: readonly Schema[]; readonly currentSchemaId: number } {
  const schemas = reader.optObjects('schemas', (item) => parseSchema(item, limits))
  if (schemas !== undefined) return { schemas, currentSchemaId: reader.int('current-schema-id') }
  if (formatVersion > 1) reader.fail(`missing required field 'schemas'`, 'schemas')
  const schema = parseSchema(reader.object('schema'), limits)
  reader.ignore('current-schema-id')
  return { schemas: [schema], currentSchemaId: schema.schemaId }
}

function parseSpecs(
  reader: ObjectReader,
  formatVersion: FormatVersion,
): Pick<TableMetadata, 'partitionSpecs' | 'defaultSpecId' | 'lastPartitionId'> {
  let partitionSpecs = reader.optObjects('partition-specs', (item) => parsePartitionSpec(item))
  let defaultSpecId = 0
  if (partitionSpecs !== undefined) defaultSpecId = reader.int('default-spec-id')
  else {
    if (formatVersion > 1) reader.fail(`missing required field 'partition-specs'`)
    partitionSpecs = [{ specId: 0, fields: parsePartitionFields(reader, 'partition-spec') }]
    reader.ignore('default-spec-id')
  }
  const lastPartitionId = reader.optInt('last-partition-id')
  if (lastPartitionId === undefined && formatVersion > 1) {
    reader.fail(`missing required field 'last-partition-id'`, 'last-partition-id')
  }
  return {
    partitionSpecs,
    defaultSpecId,
    lastPartitionId: lastPartitionId ?? highestFieldId(partitionSpecs),
  }
}

/** Partition field ids start at 1000; a table without any has last used 999. */
function highestFieldId(specs: readonly PartitionSpec[]): number {
  let highest = 999
  for (const spec of specs) {
    for (const field of spec.fields) highest = Math.max(highest, field.fieldId)
  }
  return highest
}

function parseSortOrders(
  reader: ObjectReader,
  formatVersion: FormatVersion,
): { readonly sortOrders: readonly SortOrder[]; readonly defaultSortOrderId: number } {
  const sortOrders = reader.optObjects('sort-orders', (item) => parseSortOrder(item))
  if (sortOrders !== undefined) {
    return { sortOrders, defaultSortOrderId: reader.int('default-sort-order-id') }
  }
  if (formatVersion > 1) reader.fail(`missing required field 'sort-orders'`, 'sort-orders')
  reader.ignore('default-sort-order-id')
  return { sortOrders: [{ orderId: 0, fields: [] }], defaultSortOrderId: 0 }
}

/** Null, missing and -1 all mean that there is none: the reference writes -1 below v3. */
function parseCurrentSnapshotId(reader: ObjectReader): bigint | undefined {
  const id = reader.optLong('current-snapshot-id')
  return id === -1n ? undefined : id
}

/** Older writers have no refs: the current snapshot is then the head of `main`. */
function parseRefs(
  reader: ObjectReader,
  currentSnapshotId: bigint | undefined,
  limits: Limits,
): ReadonlyMap<string, SnapshotRef> {
  const refs = new Map<string, SnapshotRef>()
  const json = reader.optObject('refs')
  if (json !== undefined) {
    for (const name of json.keys()) refs.set(name, parseSnapshotRef(json.object(name)))
  }
  if (currentSnapshotId !== undefined && !refs.has(MAIN_BRANCH)) {
    refs.set(MAIN_BRANCH, { type: 'branch', snapshotId: currentSnapshotId })
  }
  checkCount('refs', refs.size, limits.refs, reader.path)
  return refs
}

function parseObjects(reader: ObjectReader, key: string): readonly JsonObject[] {
  return (
    reader.optList(key, (value, pointer) => {
      if (isJsonObject(value)) return value
      return new ObjectReader(value, { path: reader.path, pointer }).fail('expected an object')
    }) ?? []
  )
}

function checkCount(
  limit: 'snapshots' | 'refs' | 'properties',
  actual: number,
  max: number,
  path: string | undefined,
): void {
  if (actual > max) throw passed(limit, max, actual, path)
}

function passed(
  limit: keyof Limits,
  max: number,
  actual: number,
  path: string | undefined,
): LimitExceeded {
  const file = path === undefined ? '' : ` in ${path}`
  return new LimitExceeded(`table metadata passes the limit ${limit} = ${max}${file}`, {
    details: { limit, max, actual, path },
  })
}
