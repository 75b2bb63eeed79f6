/** Updates of snapshots, references and their statistics, and the upkeep of the snapshot log. */
import { JsonNumber, type JsonObject } from '../codec/json/value.js'
import { CommitConflict, InvalidArgument } from '../errors.js'
import { MAIN_BRANCH } from './constants.js'
import type { MetadataDraft } from './metadata-draft.js'
import type { Snapshot, SnapshotLogEntry, SnapshotRef } from './model.js'

/**
 * Adds a snapshot. One that was made for an older base (its sequence number or first row id has
 * been given away since) is a `CommitConflict`.
 */
export function addSnapshot(draft: MetadataDraft, snapshot: Snapshot): void {
  const { snapshotId, sequenceNumber } = snapshot
  if (draft.snapshots.some((item) => item.snapshotId === snapshotId)) {
    throw new InvalidArgument(`snapshot ${snapshotId} exists already`, { details: { snapshotId } })
  }
  if (draft.formatVersion > 1) {
    const last = draft.lastSequenceNumber
    if (sequenceNumber <= last && snapshot.parentSnapshotId !== undefined) {
      throw stale(snapshotId, `sequence number ${sequenceNumber} is not after ${last}`)
    }
    if (sequenceNumber > last) draft.lastSequenceNumber = sequenceNumber
  }
  if (draft.formatVersion >= 3) assignRows(draft, snapshot)
  draft.snapshots.push(snapshot)
  draft.addedSnapshots.set(snapshotId, snapshot)
  draft.changed = true
}

/** Spec, "Snapshot Row IDs": rows get ids from `next-row-id`, which moves past them. */
function assignRows(draft: MetadataDraft, snapshot: Snapshot): void {
  const { snapshotId, firstRowId, addedRows } = snapshot
  if (firstRowId === undefined || addedRows === undefined || addedRows < 0n) {
    throw new InvalidArgument(`snapshot ${snapshotId} of a v3 table needs first-row-id, added-rows`)
  }
  const next = draft.nextRowId ?? 0n
  if (firstRowId < next) throw stale(snapshotId, `first row id ${firstRowId} is before ${next}`)
  draft.nextRowId = firstRowId + addedRows
}

function stale(snapshotId: bigint, why: string): CommitConflict {
  return new CommitConflict(`snapshot ${snapshotId} was made for an older base: ${why}`, {
    details: { snapshotId },
  })
}

export function setRef(draft: MetadataDraft, name: string, ref: SnapshotRef): void {
  if (name === '') throw new InvalidArgument('the name of a branch or tag is empty')
  const before = draft.refs.get(name)
  if (before !== undefined && sameRef(before, ref)) return
  const { snapshotId } = ref
  if (!draft.snapshots.some((item) => item.snapshotId === snapshotId)) {
    throw new InvalidArgument(`cannot set '${name}' to missing snapshot ${snapshotId}`)
  }
  if (name === MAIN_BRANCH) {
    if (ref.type !== 'branch') throw new InvalidArgument(`'${MAIN_BRANCH}' must be a branch`)
    setCurrent(draft, snapshotId)
  }
  draft.refs.set(name, ref)
  draft.changed = true
}

/** Going back to an older snapshot is logged at the time of the change. */
function setCurrent(draft: MetadataDraft, snapshotId: bigint): void {
  const added = draft.addedSnapshots.get(snapshotId)
  if (added !== undefined) draft.becameCurrent.add(snapshotId)
  if (draft.currentSnapshotId === snapshotId) return
  draft.currentSnapshotId = snapshotId
  const timestampMs = added?.timestampMs ?? draft.lastUpdatedMs
  draft.snapshotLog.push({ timestampMs, snapshotId })
}

function sameRef(a: SnapshotRef, b: SnapshotRef): boolean {
  return (
    a.snapshotId === b.snapshotId &&
    a.type === b.type &&
    a.minSnapshotsToKeep === b.minSnapshotsToKeep &&
    a.maxSnapshotAgeMs === b.maxSnapshotAgeMs &&
    a.maxRefAgeMs === b.maxRefAgeMs
  )
}

export function removeRef(draft: MetadataDraft, name: string): void {
  if (!draft.refs.delete(name)) return
  if (name === MAIN_BRANCH) draft.currentSnapshotId = undefined
  draft.changed = true
}

/** Removes snapshots with their statistics and the references that named them. */
export function removeSnapshots(draft: MetadataDraft, snapshotIds: readonly bigint[]): void {
  const removed = new Set(snapshotIds)
  const kept = draft.snapshots.filter((snapshot) => !removed.has(snapshot.snapshotId))
  if (kept.length === draft.snapshots.length) return
  draft.snapshots = kept
  draft.snapshotsRemoved = true
  draft.changed = true
  for (const id of removed) {
    draft.addedSnapshots.delete(id)
    removeStatistics(draft, 'statistics', id)
    removeStatistics(draft, 'partitionStatistics', id)
  }
  for (const [name, ref] of [...draft.refs]) {
    if (removed.has(ref.snapshotId)) removeRef(draft, name)
  }
}

type StatisticsKey = 'statistics' | 'partitionStatistics'

/** One entry per snapshot: a new one replaces the old. */
export function setStatistics(draft: MetadataDraft, key: StatisticsKey, entry: JsonObject): void {
  const snapshotId = snapshotIdOf(entry)
  if (snapshotId === undefined) throw new InvalidArgument('a statistics entry needs snapshot-id')
  draft[key] = [...draft[key].filter((item) => snapshotIdOf(item) !== snapshotId), entry]
  draft.changed = true
}

export function removeStatistics(draft: MetadataDraft, key: StatisticsKey, id: bigint): void {
  const kept = draft[key].filter((item) => snapshotIdOf(item) !== id)
  if (kept.length === draft[key].length) return
  draft[key] = kept
  draft.changed = true
}

function snapshotIdOf(entry: JsonObject): bigint | undefined {
  const id = entry.get('snapshot-id')
  return id instanceof JsonNumber ? id.asLong() : undefined
}

/**
 * The log as it must be published. Snapshots that these updates made and replaced again were never
 * current for anyone: they are left out. An entry of a removed snapshot takes everything before it
 * along, for a log with a gap would say that the entry before the gap was current during it
 * (spec: "Table Metadata Fields", `snapshot-log`).
 */
export function finishSnapshotLog(draft: MetadataDraft): readonly SnapshotLogEntry[] {
  const intermediate = new Set(draft.becameCurrent)
  if (draft.currentSnapshotId !== undefined) intermediate.delete(draft.currentSnapshotId)
  if (intermediate.size === 0 && !draft.snapshotsRemoved) return draft.snapshotLog
  const present = new Set(draft.snapshots.map((snapshot) => snapshot.snapshotId))
  let log: SnapshotLogEntry[] = []
  for (const entry of draft.snapshotLog) {
    if (present.has(entry.snapshotId)) {
      if (!intermediate.has(entry.snapshotId)) log.push(entry)
    } else if (draft.snapshotsRemoved) log = []
  }
  return log
}
