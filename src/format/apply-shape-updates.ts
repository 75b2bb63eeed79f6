/** Updates of schemas, partition specs and sort orders. */
import { InvalidArgument } from '../errors.js'
import type { PartitionSpec, SortOrder } from '../partition/model.js'
import { specsEquivalent } from '../partition/spec-checks.js'
import { formatTransform } from '../partition/transform.js'
import { maxFieldId, schemaIndex } from '../types/schema-index.js'
import type { Schema } from '../types/type.js'
import { schemasEqual } from '../types/type-equal.js'
import { checkSchema } from '../types/type-version.js'
import { FIRST_PARTITION_FIELD_ID } from './constants.js'
import type { MetadataDraft } from './metadata-draft.js'

/** Adds a schema under the next id, or finds the equal one that is there already. */
export function addSchema(
  draft: MetadataDraft,
  schema: Schema,
  lastColumnId: number | undefined,
): void {
  const newLastColumnId = lastColumnId ?? Math.max(draft.lastColumnId, maxFieldId(schema))
  if (newLastColumnId < draft.lastColumnId || newLastColumnId < maxFieldId(schema)) {
    throw new InvalidArgument(
      `last column id ${newLastColumnId} is below ids in use: field ids are never given twice`,
      { details: { lastColumnId: newLastColumnId, before: draft.lastColumnId } },
    )
  }
  checkSchema(schema, draft.formatVersion)
  const same = draft.schemas.find((item) => schemasEqual(item, schema))
  if (same !== undefined) {
    draft.lastAddedSchemaId = same.schemaId
    if (newLastColumnId !== draft.lastColumnId) draft.changed = true
    draft.lastColumnId = newLastColumnId
    return
  }
  const schemaId = nextId(
    draft.schemas.map((item) => item.schemaId),
    draft.currentSchemaId,
  )
  draft.schemas.push(schema.schemaId === schemaId ? schema : { ...schema, schemaId })
  draft.lastColumnId = newLastColumnId
  draft.lastAddedSchemaId = schemaId
  draft.changed = true
}

export function setCurrentSchema(draft: MetadataDraft, schemaId: number): void {
  const id = chosen(schemaId, draft.lastAddedSchemaId, 'schema')
  if (!draft.schemas.some((schema) => schema.schemaId === id)) throw unknown('schema', id)
  if (draft.currentSchemaId === id) return
  draft.currentSchemaId = id
  draft.changed = true
}

export function removeSchemas(draft: MetadataDraft, schemaIds: readonly number[]): void {
  if (schemaIds.includes(draft.currentSchemaId)) {
    throw new InvalidArgument(`cannot remove the current schema ${draft.currentSchemaId}`)
  }
  removeWhere(draft, draft.schemas, (schema) => schemaIds.includes(schema.schemaId))
}

/** Adds a spec under the next id, or finds the equivalent one (spec: "Partition Evolution"). */
export function addSpec(draft: MetadataDraft, spec: PartitionSpec): void {
  const same = draft.partitionSpecs.find((item) => specsEquivalent(item, spec))
  if (same !== undefined) {
    draft.lastAddedSpecId = same.specId
    return
  }
  checkSpec(draft, spec)
  const specId = nextId(
    draft.partitionSpecs.map((item) => item.specId),
    0,
  )
  draft.partitionSpecs.push(spec.specId === specId ? spec : { ...spec, specId })
  for (const field of spec.fields) {
    draft.lastPartitionId = Math.max(draft.lastPartitionId, field.fieldId)
  }
  draft.lastAddedSpecId = specId
  draft.changed = true
}

export function setDefaultSpec(draft: MetadataDraft, specId: number): void {
  const id = chosen(specId, draft.lastAddedSpecId, 'partition spec')
  if (!draft.partitionSpecs.some((spec) => spec.specId === id)) throw unknown('partition spec', id)
  if (draft.defaultSpecId === id) return
  draft.defaultSpecId = id
  draft.changed = true
}

export function removeSpecs(draft: MetadataDraft, specIds: readonly number[]): void {
  if (specIds.includes(draft.defaultSpecId)) {
    throw new InvalidArgument(`cannot remove the default partition spec ${draft.defaultSpecId}`)
  }
  removeWhere(draft, draft.partitionSpecs, (spec) => specIds.includes(spec.specId))
}

/** Adds a sort order under the next id, or finds the equal one. The empty order has id 0. */
export function addSortOrder(draft: MetadataDraft, order: SortOrder): void {
  const same = draft.sortOrders.find((item) => sortText(item) === sortText(order))
  if (same !== undefined) {
    draft.lastAddedOrderId = same.orderId
    return
  }
  const columns = schemaIndex(currentDraftSchema(draft))
  for (const field of order.fields) {
    for (const id of field.sourceIds) {
      if (!columns.byId.has(id))
        throw new InvalidArgument(`sort order names missing column id ${id}`)
    }
  }
  const ids = draft.sortOrders.map((item) => item.orderId)
  const orderId = order.fields.length === 0 ? 0 : nextId(ids, 1)
  draft.sortOrders.push(order.orderId === orderId ? order : { ...order, orderId })
  draft.lastAddedOrderId = orderId
  draft.changed = true
}

export function setDefaultSortOrder(draft: MetadataDraft, orderId: number): void {
  const id = chosen(orderId, draft.lastAddedOrderId, 'sort order')
  if (!draft.sortOrders.some((order) => order.orderId === id)) throw unknown('sort order', id)
  if (draft.defaultSortOrderId === id) return
  draft.defaultSortOrderId = id
  draft.changed = true
}

function checkSpec(draft: MetadataDraft, spec: PartitionSpec): void {
  const columns = schemaIndex(currentDraftSchema(draft))
  for (const [index, field] of spec.fields.entries()) {
    const { name, fieldId, transform } = field
    // Spec, "Writing data files": an unknown transform cannot be written.
    if (transform.kind === 'unknown') {
      throw new InvalidArgument(`partition field '${name}' has unknown transform ${transform.text}`)
    }
    const missing = field.sourceIds.find((id) => !columns.byId.has(id))
    if (missing !== undefined && transform.kind !== 'void') {
      throw new InvalidArgument(`partition field '${name}' names missing column id ${missing}`)
    }
    if (fieldId < FIRST_PARTITION_FIELD_ID) {
      throw new InvalidArgument(`partition field '${name}' has id ${fieldId}, below 1000`)
    }
    // v1 readers number partition fields by position (spec: appendix C, "Partition Specs").
    if (draft.formatVersion === 1 && fieldId !== FIRST_PARTITION_FIELD_ID + index) {
      throw new InvalidArgument(
        `partition field '${name}' of a v1 table must have id ${FIRST_PARTITION_FIELD_ID + index}`,
      )
    }
  }
}

function currentDraftSchema(draft: MetadataDraft): Schema {
  const schema = draft.schemas.find((item) => item.schemaId === draft.currentSchemaId)
  if (schema === undefined) throw unknown('schema', draft.currentSchemaId)
  return schema
}

function sortText(order: SortOrder): string {
  return order.fields
    .map((field) => {
      const { sourceIds, transform, direction, nullOrder } = field
      return `${sourceIds.join()} ${formatTransform(transform)} ${direction} ${nullOrder}`
    })
    .join('; ')
}

/** One more than the highest id, and at least `floor`. */
function nextId(ids: readonly number[], floor: number): number {
  return ids.reduce((next, id) => Math.max(next, id + 1), floor)
}

function chosen(id: number, lastAdded: number | undefined, what: string): number {
  if (id !== -1) return id
  if (lastAdded !== undefined) return lastAdded
  throw new InvalidArgument(`-1 means the last added ${what}, but none has been added`)
}

function unknown(what: string, id: number): InvalidArgument {
  return new InvalidArgument(`the table has no ${what} ${id}`, { details: { id } })
}

function removeWhere<T>(draft: MetadataDraft, list: T[], removed: (item: T) => boolean): void {
  const kept = list.filter((item) => !removed(item))
  if (kept.length === list.length) return
  list.splice(0, list.length, ...kept)
  draft.changed = true
}
