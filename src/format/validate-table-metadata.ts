/** Cross references inside table metadata: what one member says of another must be true. */
import type { ObjectReader } from '../codec/json/object-reader.js'
import { MAIN_BRANCH } from './constants.js'
import type { TableMetadata } from './model.js'

/** Throws `CorruptData` naming the JSON pointer of the first member that breaks a rule. */
export function validateTableMetadata(metadata: TableMetadata, reader: ObjectReader): void {
  checkIds(
    reader,
    'schemas',
    'schema-id',
    metadata.schemas.map((schema) => schema.schemaId),
    { key: 'current-schema-id', id: metadata.currentSchemaId },
  )
  checkIds(
    reader,
    'partition-specs',
    'spec-id',
    metadata.partitionSpecs.map((spec) => spec.specId),
    { key: 'default-spec-id', id: metadata.defaultSpecId },
  )
  checkIds(
    reader,
    'sort-orders',
    'order-id',
    metadata.sortOrders.map((order) => order.orderId),
    { key: 'default-sort-order-id', id: metadata.defaultSortOrderId },
  )
  checkNumbers(metadata, reader)
  const ids = checkSnapshots(metadata, reader)
  checkRefs(metadata, ids, reader)
}

function checkIds(
  reader: ObjectReader,
  list: string,
  idKey: string,
  ids: readonly number[],
  chosen: { readonly key: string; readonly id: number },
): void {
  const seen = new Set<number>()
  for (const [index, id] of ids.entries()) {
    if (seen.has(id)) reader.fail(`duplicate ${idKey} ${id} in item ${index}`, list)
    seen.add(id)
  }
  if (!seen.has(chosen.id)) {
    reader.fail(`no item of '${list}' has ${idKey} ${chosen.id}`, chosen.key)
  }
}

function checkNumbers(metadata: TableMetadata, reader: ObjectReader): void {
  if (metadata.lastSequenceNumber < 0n) {
    reader.fail('negative sequence number', 'last-sequence-number')
  }
  if (metadata.lastColumnId < 0) reader.fail('negative column id', 'last-column-id')
  if (metadata.nextRowId !== undefined && metadata.nextRowId < 0n) {
    reader.fail('negative row id', 'next-row-id')
  }
}

function checkSnapshots(metadata: TableMetadata, reader: ObjectReader): ReadonlySet<bigint> {
  const ids = new Set<bigint>()
  for (const [index, snapshot] of metadata.snapshots.entries()) {
    if (ids.has(snapshot.snapshotId)) {
      reader.fail(`duplicate snapshot-id ${snapshot.snapshotId} in item ${index}`, 'snapshots')
    }
    ids.add(snapshot.snapshotId)
    if (snapshot.sequenceNumber > metadata.lastSequenceNumber) {
      const which = `snapshot ${snapshot.snapshotId} has sequence number ${snapshot.sequenceNumber}`
      reader.fail(`${which} after the last one ${metadata.lastSequenceNumber}`, 'snapshots')
    }
  }
  return ids
}

function checkRefs(metadata: TableMetadata, ids: ReadonlySet<bigint>, reader: ObjectReader): void {
  const current = metadata.currentSnapshotId
  if (current !== undefined && !ids.has(current)) {
    reader.fail(`no item of 'snapshots' has snapshot-id ${current}`, 'current-snapshot-id')
  }
  for (const [name, ref] of metadata.refs) {
    if (!ids.has(ref.snapshotId)) {
      reader.fail(`reference '${name}' names missing snapshot ${ref.snapshotId}`, 'refs')
    }
  }
  const main = metadata.refs.get(MAIN_BRANCH)
  if (main === undefined) return
  if (main.type !== 'branch') reader.fail(`'${MAIN_BRANCH}' must be a branch`, 'refs')
  if (main.snapshotId !== current) {
    const is = current === undefined ? 'none' : `${current}`
    reader.fail(`'${MAIN_BRANCH}' is ${main.snapshotId}, but the current snapshot is ${is}`, 'refs')
  }
}
