/** What must hold between a version of a table and the next, whatever the change (I7–I9, I12). */
import { currentSchema } from '../../format/lookup.js'
import type { TableMetadata } from '../../format/model.js'

export function checkStep(
  before: TableMetadata,
  after: TableMetadata,
  at: string,
  location: string,
  bad: string[],
): void {
  const complain = (text: string): void => {
    bad.push(`${at}: ${text}`)
  }
  if (after.tableUuid !== before.tableUuid) complain('I7 has the uuid of another table')
  if (after.location !== location) complain('I5 is somewhere else')
  if (after.lastUpdatedMs <= before.lastUpdatedMs) complain('I7 time runs back')
  checkLogs(before, after, at, location, complain)
  checkSequence(before, after, complain)
  checkIds(before, after, complain)
}

function checkLogs(
  before: TableMetadata,
  after: TableMetadata,
  at: string,
  location: string,
  complain: (text: string) => void,
): void {
  const previous = `${location}/metadata/v${Number(at.slice(1)) - 1}.metadata.json`
  if (after.metadataLog.at(-1)?.metadataFile !== previous) complain(`I7 does not name ${previous}`)
  const main = after.refs.get('main')?.snapshotId
  if (after.currentSnapshotId !== main) complain('I12 the current snapshot is not that of main')
  const last = after.snapshotLog.at(-1)
  if (main !== undefined && last?.snapshotId !== main) {
    complain('I12 the snapshot log does not end with the current snapshot')
  }
  const times = after.snapshotLog.map((entry) => entry.timestampMs)
  if (times.some((time, i) => time < (times[i - 1] ?? 0))) complain('I12 the log runs back')
  const ids = new Set(after.snapshots.map((snapshot) => snapshot.snapshotId))
  if (ids.size !== after.snapshots.length) complain('I7 a snapshot is there twice')
  for (const { snapshotId, manifestList, parentSnapshotId } of before.snapshots) {
    const same = after.snapshots.find((snapshot) => snapshot.snapshotId === snapshotId)
    if (same === undefined) complain(`I4 snapshot ${snapshotId} is gone`)
    else if (same.manifestList !== manifestList || same.parentSnapshotId !== parentSnapshotId) {
      complain(`I4 snapshot ${snapshotId} has changed`)
    }
  }
  for (const [name, ref] of after.refs) {
    if (!ids.has(ref.snapshotId)) complain(`I12 ${name} names a snapshot that is not there`)
  }
}

function checkSequence(
  before: TableMetadata,
  after: TableMetadata,
  complain: (text: string) => void,
): void {
  // Version 1 has no sequence numbers.
  if (after.formatVersion === 1) return
  const made = after.snapshots.length - before.snapshots.length
  if (after.lastSequenceNumber !== before.lastSequenceNumber + BigInt(made)) {
    complain(`I8 ${made} snapshots moved the sequence number by another amount`)
  }
  const known = new Set(before.snapshots.map((snapshot) => snapshot.snapshotId))
  let expected = before.lastSequenceNumber
  for (const snapshot of after.snapshots) {
    if (known.has(snapshot.snapshotId)) continue
    expected++
    if (snapshot.sequenceNumber !== expected) complain('I8 a snapshot has another sequence number')
    if (snapshot.timestampMs < before.lastUpdatedMs)
      complain('I12 a snapshot is older than its base')
  }
}

/** I9: ids only grow, and what one means never changes. */
function checkIds(
  before: TableMetadata,
  after: TableMetadata,
  complain: (text: string) => void,
): void {
  if (after.formatVersion < before.formatVersion) complain('I9 the format version falls')
  if ((after.nextRowId ?? 0n) < (before.nextRowId ?? 0n)) complain('I9 row ids are given again')
  if (after.lastColumnId < before.lastColumnId) complain('I9 the last column id falls')
  if (after.lastPartitionId < before.lastPartitionId) complain('I9 the last partition id falls')
  for (const schema of before.schemas) {
    const same = after.schemas.find((item) => item.schemaId === schema.schemaId)
    if (same === undefined) complain(`I9 schema ${schema.schemaId} is gone`)
    else if (shapeOf(same.fields) !== shapeOf(schema.fields)) complain('I9 a schema has changed')
  }
  const kept = new Set(before.schemas.map((schema) => schema.schemaId))
  const current = new Set(currentSchema(before).fields.map(({ id }) => id))
  for (const schema of after.schemas) {
    if (kept.has(schema.schemaId)) continue
    const ids = new Set(schema.fields.map(({ id }) => id))
    if (ids.size < schema.fields.length) complain('I9 two columns have one id')
    for (const field of schema.fields) {
      const older = before.schemas.flatMap((item) => item.fields).find(({ id }) => id === field.id)
      // A schema is made of the current one: the id of a column that was dropped never comes back.
      if (!current.has(field.id) && field.id <= before.lastColumnId)
        complain('I9 a column id is reused')
      if (older !== undefined && older.type.kind !== field.type.kind) {
        complain('I9 a column id means another')
      }
    }
  }
  for (const spec of before.partitionSpecs) {
    const same = after.partitionSpecs.find((item) => item.specId === spec.specId)
    if (same === undefined) complain(`I9 spec ${spec.specId} is gone`)
    else if (same.fields.length !== spec.fields.length) complain('I9 a spec has changed')
  }
}

function shapeOf(fields: readonly { readonly id: number; readonly name: string }[]): string {
  return fields.map(({ id, name }) => `${id}:${name}`).join()
}
