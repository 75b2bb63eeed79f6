import type { TableMetadata } from '../format/model.js'
import type { Violations } from './violation.js'

/** Clocks of writers may differ by this much without harm (as in the reference). */
const CLOCK_TOLERANCE_MS = 60_000

/** What table metadata must agree on in itself (spec: "Table Metadata Fields"). */
export function verifyMetadata(metadata: TableMetadata, found: Violations): void {
  verifyReferences(metadata, found)
  verifyLog(metadata, found)
  verifySequence(metadata, found)
}

function verifyReferences(metadata: TableMetadata, found: Violations): void {
  const ids = new Set(metadata.snapshots.map((snapshot) => snapshot.snapshotId))
  const problem = (message: string): void => found.add({ code: 'metadata-reference', message })
  if (ids.size !== metadata.snapshots.length) problem('two snapshots have the same id')
  for (const [name, ref] of metadata.refs) {
    if (!ids.has(ref.snapshotId)) problem(`ref '${name}' names missing snapshot ${ref.snapshotId}`)
  }
  const main = metadata.refs.get('main')?.snapshotId
  if (main !== metadata.currentSnapshotId) {
    problem(
      `main is at ${main ?? 'none'} and current-snapshot-id is ${metadata.currentSnapshotId ?? 'none'}`,
    )
  }
  const schemas = new Set(metadata.schemas.map((schema) => schema.schemaId))
  for (const snapshot of metadata.snapshots) {
    if (snapshot.schemaId !== undefined && !schemas.has(snapshot.schemaId)) {
      problem(`snapshot ${snapshot.snapshotId} names missing schema ${snapshot.schemaId}`)
    }
  }
}

function verifyLog(metadata: TableMetadata, found: Violations): void {
  let last = Number.NEGATIVE_INFINITY
  for (const entry of metadata.snapshotLog) {
    if (entry.timestampMs < last - CLOCK_TOLERANCE_MS) {
      found.add({
        code: 'snapshot-log',
        message: `the snapshot log goes back in time at snapshot ${entry.snapshotId}`,
        snapshotId: entry.snapshotId,
      })
    }
    last = Math.max(last, entry.timestampMs)
  }
  const newest = metadata.snapshotLog.at(-1)?.snapshotId
  if (newest !== undefined && newest !== metadata.currentSnapshotId) {
    found.add({
      code: 'snapshot-log',
      message: `the snapshot log ends at ${newest}, the current snapshot is ${metadata.currentSnapshotId ?? 'none'}`,
    })
  }
}

function verifySequence(metadata: TableMetadata, found: Violations): void {
  const byId = new Map(metadata.snapshots.map((snapshot) => [snapshot.snapshotId, snapshot]))
  for (const snapshot of metadata.snapshots) {
    const { snapshotId, sequenceNumber } = snapshot
    if (sequenceNumber > metadata.lastSequenceNumber) {
      found.add({
        code: 'sequence-number',
        message: `snapshot ${snapshotId} has sequence number ${sequenceNumber}, above the table's ${metadata.lastSequenceNumber}`,
        snapshotId,
      })
    }
    const parent = byId.get(snapshot.parentSnapshotId ?? -1n)
    const orderMatters = parent !== undefined && parent.sequenceNumber > 0n
    if (orderMatters && sequenceNumber <= parent.sequenceNumber) {
      found.add({
        code: 'sequence-number',
        message: `snapshot ${snapshotId} does not come after its parent by sequence number`,
        snapshotId,
      })
    }
  }
}
