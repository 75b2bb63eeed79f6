/** The first metadata of a table. */
import { InvalidArgument } from '../errors.js'
import type { PartitionSpec, SortOrder } from '../partition/model.js'
import { assignFreshIds, FieldIdSequence } from '../types/assign-ids.js'
import type { Field, Schema, Type } from '../types/type.js'
import { checkSchema } from '../types/type-version.js'
import { FIRST_PARTITION_FIELD_ID } from './constants.js'
import type { FormatVersion, TableMetadata } from './model.js'
import { RESERVED_PROPERTIES } from './properties.js'

export interface NewTable {
  /** Any schema: its field ids are given anew, from 1. */
  readonly schema: Schema
  /** Names its columns by the ids of `schema`. Default unpartitioned. */
  readonly spec?: PartitionSpec
  /** Names its columns by the ids of `schema`. Default unsorted. */
  readonly sortOrder?: SortOrder
  readonly location: string
  readonly properties?: ReadonlyMap<string, string>
  /** Default 2, as in the reference. */
  readonly formatVersion?: FormatVersion
  readonly uuid: string
  readonly nowMs: number
}

/** Stored at creation, so that engines with other defaults write the same way. */
const PERSISTED_DEFAULTS: readonly (readonly [string, string])[] = [
  ['write.parquet.compression-codec', 'zstd'],
]

/**
 * Metadata of a table without snapshots: schema 0, spec 0, sort order 0 or 1.
 *
 * @throws InvalidArgument, Unsupported for types that the format version does not have.
 */
export function newTableMetadata(table: NewTable): TableMetadata {
  const formatVersion = table.formatVersion ?? 2
  const { schema, lastColumnId, idOf } = freshSchema(table.schema)
  checkSchema(schema, formatVersion)
  const spec = freshSpec(table.spec, idOf)
  const order = freshOrder(table.sortOrder, idOf)
  return {
    formatVersion,
    tableUuid: table.uuid,
    location: table.location.replace(/(?<![/:])\/+$/, ''),
    lastSequenceNumber: 0n,
    lastUpdatedMs: table.nowMs,
    lastColumnId,
    schemas: [schema],
    currentSchemaId: schema.schemaId,
    partitionSpecs: [spec],
    defaultSpecId: spec.specId,
    lastPartitionId: FIRST_PARTITION_FIELD_ID - 1 + spec.fields.length,
    sortOrders: [order],
    defaultSortOrderId: order.orderId,
    properties: initialProperties(table.properties ?? new Map()),
    snapshots: [],
    snapshotLog: [],
    metadataLog: [],
    refs: new Map(),
    statistics: [],
    partitionStatistics: [],
    encryptionKeys: [],
    ...(formatVersion >= 3 && { nextRowId: 0n }),
  }
}

type IdMap = (oldId: number) => number | undefined

function freshSchema(given: Schema): {
  readonly schema: Schema
  readonly lastColumnId: number
  readonly idOf: IdMap
} {
  const ids = new FieldIdSequence(0)
  const fields = assignFreshIds(given.fields, ids.next)
  const pairs = new Map<number, number>()
  pairFields(given.fields, fields, pairs)
  const idOf: IdMap = (oldId) => pairs.get(oldId)
  const identifierFieldIds = given.identifierFieldIds.map((id) => known(idOf, id, 'identifier'))
  const schema: Schema = { ...given, schemaId: 0, fields, identifierFieldIds }
  return { schema, lastColumnId: ids.last, idOf }
}

/** Old ids to new ones: both trees have the same shape. */
function pairFields(
  before: readonly Field[],
  after: readonly Field[],
  pairs: Map<number, number>,
): void {
  for (const [index, field] of before.entries()) {
    const fresh = after[index] as Field
    pairs.set(field.id, fresh.id)
    pairTypes(field.type, fresh.type, pairs)
  }
}

function pairTypes(before: Type, after: Type, pairs: Map<number, number>): void {
  if (before.kind === 'struct' && after.kind === 'struct') {
    pairFields(before.fields, after.fields, pairs)
  } else if (before.kind === 'list' && after.kind === 'list') {
    pairs.set(before.elementId, after.elementId)
    pairTypes(before.element, after.element, pairs)
  } else if (before.kind === 'map' && after.kind === 'map') {
    pairs.set(before.keyId, after.keyId).set(before.valueId, after.valueId)
    pairTypes(before.key, after.key, pairs)
    pairTypes(before.value, after.value, pairs)
  }
}

function known(idOf: IdMap, oldId: number, what: string): number {
  const id = idOf(oldId)
  if (id === undefined) throw new InvalidArgument(`${what} names missing column id ${oldId}`)
  return id
}

/** Partition field ids are given anew too, from 1000. Void fields may have lost their column. */
function freshSpec(given: PartitionSpec | undefined, idOf: IdMap): PartitionSpec {
  const fields = (given?.fields ?? []).map((field, index) => {
    if (field.transform.kind === 'unknown') {
      throw new InvalidArgument(
        `partition field '${field.name}' has unknown transform ${field.transform.text}`,
      )
    }
    const what = `partition field '${field.name}'`
    return {
      ...field,
      fieldId: FIRST_PARTITION_FIELD_ID + index,
      sourceIds: field.sourceIds.map((id) => known(idOf, id, what)),
    }
  })
  return { specId: 0, fields }
}

function freshOrder(given: SortOrder | undefined, idOf: IdMap): SortOrder {
  const fields = (given?.fields ?? []).map((field) => ({
    ...field,
    sourceIds: field.sourceIds.map((id) => known(idOf, id, 'sort order')),
  }))
  return { orderId: fields.length === 0 ? 0 : 1, fields }
}

function initialProperties(given: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const properties = new Map(PERSISTED_DEFAULTS)
  for (const [name, value] of given) {
    if (RESERVED_PROPERTIES.has(name)) {
      throw new InvalidArgument(`'${name}' describes the table and cannot be set as a property`, {
        details: { property: name },
      })
    }
    properties.set(name, value)
  }
  return properties
}
