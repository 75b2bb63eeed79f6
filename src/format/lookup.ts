/** Finding things in table metadata: schemas, specs, snapshots, references, the past. */
import { CorruptData, NotFound } from '../errors.js'
import type { PartitionSpec, SortOrder } from '../partition/model.js'
import { formatTimestampMicros } from '../types/time-text.js'
import type { Schema } from '../types/type.js'
import { MAIN_BRANCH } from './constants.js'
import type { Snapshot, TableMetadata } from './model.js'

/** The schema with an id. @throws CorruptData when the table has none. */
export function schemaById(metadata: TableMetadata, schemaId: number): Schema {
  const schema = metadata.schemas.find((item) => item.schemaId === schemaId)
  return schema ?? missing('schema', schemaId)
}

export function currentSchema(metadata: TableMetadata): Schema {
  return schemaById(metadata, metadata.currentSchemaId)
}

/** The partition spec with an id. @throws CorruptData when the table has none. */
export function specById(metadata: TableMetadata, specId: number): PartitionSpec {
  const spec = metadata.partitionSpecs.find((item) => item.specId === specId)
  return spec ?? missing('partition spec', specId)
}

export function defaultSpec(metadata: TableMetadata): PartitionSpec {
  return specById(metadata, metadata.defaultSpecId)
}

/** The sort order with an id. @throws CorruptData when the table has none. */
export function sortOrderById(metadata: TableMetadata, orderId: number): SortOrder {
  const order = metadata.sortOrders.find((item) => item.orderId === orderId)
  return order ?? missing('sort order', orderId)
}

export function defaultSortOrder(metadata: TableMetadata): SortOrder {
  return sortOrderById(metadata, metadata.defaultSortOrderId)
}

const snapshotMaps = new WeakMap<readonly Snapshot[], ReadonlyMap<bigint, Snapshot>>()

/** Snapshots by id; made once per list. */
export function snapshotMap(metadata: TableMetadata): ReadonlyMap<bigint, Snapshot> {
  let map = snapshotMaps.get(metadata.snapshots)
  if (map === undefined) {
    map = new Map(metadata.snapshots.map((snapshot) => [snapshot.snapshotId, snapshot]))
    snapshotMaps.set(metadata.snapshots, map)
  }
  return map
}

export function snapshotById(metadata: TableMetadata, snapshotId: bigint): Snapshot | undefined {
  return snapshotMap(metadata).get(snapshotId)
}

/** @throws NotFound('snapshot'), saying that it may have expired. */
export function requireSnapshot(metadata: TableMetadata, snapshotId: bigint): Snapshot {
  const snapshot = snapshotById(metadata, snapshotId)
  if (snapshot !== undefined) return snapshot
  throw new NotFound(
    'snapshot',
    `no snapshot ${snapshotId} in table ${metadata.location}: it never existed or has expired`,
    { details: { snapshotId, location: metadata.location } },
  )
}

export function currentSnapshot(metadata: TableMetadata): Snapshot | undefined {
  return branchHead(metadata, MAIN_BRANCH)
}

/** The head of a branch; undefined when there is no such branch yet. */
export function branchHead(metadata: TableMetadata, branch: string): Snapshot | undefined {
  const ref = metadata.refs.get(branch)
  return ref === undefined ? undefined : requireSnapshot(metadata, ref.snapshotId)
}

/** The snapshot of a branch or tag. @throws NotFound('ref') naming the references there are. */
export function snapshotOfRef(metadata: TableMetadata, name: string): Snapshot {
  const ref = metadata.refs.get(name)
  if (ref !== undefined) return requireSnapshot(metadata, ref.snapshotId)
  const names = [...metadata.refs.keys()].slice(0, 20).join(', ')
  const known = names === '' ? 'the table has none' : `the table has ${names}`
  throw new NotFound('ref', `no branch or tag '${name}': ${known}`, { details: { ref: name } })
}

/**
 * The snapshot that was current at a time: by the snapshot log alone, never by the parents, so that
 * rolled-back and staged snapshots are not found (spec: appendix F, "Point in Time Reads").
 *
 * @throws NotFound('snapshot') when the log begins later, or when that snapshot has expired.
 */
export function snapshotAsOf(metadata: TableMetadata, timestampMs: number): Snapshot {
  let found: bigint | undefined
  for (const entry of metadata.snapshotLog) {
    if (entry.timestampMs <= timestampMs) found = entry.snapshotId
  }
  if (found !== undefined) return requireSnapshot(metadata, found)
  const first = metadata.snapshotLog[0]
  const begins =
    first === undefined
      ? 'it has no snapshot log'
      : `its log begins at ${isoTime(first.timestampMs)}`
  throw new NotFound('snapshot', `no snapshot was current at ${isoTime(timestampMs)}: ${begins}`, {
    details: { timestampMs },
  })
}

/** A snapshot and its retained ancestors, newest first. Stops at an expired parent. */
export function* ancestorsOf(metadata: TableMetadata, snapshotId: bigint): Generator<Snapshot> {
  const byId = snapshotMap(metadata)
  // Metadata from outside may hold a cycle.
  const seen = new Set<bigint>()
  let next: bigint | undefined = snapshotId
  while (next !== undefined && !seen.has(next)) {
    const snapshot: Snapshot | undefined = byId.get(next)
    if (snapshot === undefined) return
    seen.add(next)
    yield snapshot
    next = snapshot.parentSnapshotId
  }
}

/** Whether one snapshot is another's ancestor, or the same. */
export function isAncestorOf(metadata: TableMetadata, ancestorId: bigint, ofId: bigint): boolean {
  for (const snapshot of ancestorsOf(metadata, ofId)) {
    if (snapshot.snapshotId === ancestorId) return true
  }
  return false
}

/**
 * Snapshots after one (undefined: after the beginning) up to another, newest first; undefined when
 * the first is not an ancestor of the second.
 */
export function snapshotsBetween(
  metadata: TableMetadata,
  fromExclusive: bigint | undefined,
  toInclusive: bigint,
): readonly Snapshot[] | undefined {
  const between: Snapshot[] = []
  for (const snapshot of ancestorsOf(metadata, toInclusive)) {
    if (snapshot.snapshotId === fromExclusive) return between
    between.push(snapshot)
  }
  const oldest = between.at(-1)
  if (fromExclusive !== undefined || oldest?.parentSnapshotId !== undefined) return undefined
  return between
}

/** The schema a snapshot was written with; the current one when it does not say (v1). */
export function schemaOfSnapshot(metadata: TableMetadata, snapshot: Snapshot): Schema {
  if (snapshot.schemaId === undefined) return currentSchema(metadata)
  return schemaById(metadata, snapshot.schemaId)
}

function missing(what: string, id: number): never {
  throw new CorruptData(`the table metadata has no ${what} ${id}`, { details: { id } })
}

function isoTime(timestampMs: number): string {
  return formatTimestampMicros(BigInt(Math.round(timestampMs)) * 1000n, true)
}
