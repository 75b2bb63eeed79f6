/** Updates applied to table metadata: the one way by which metadata changes. Pure. */
import { InvalidArgument } from '../errors.js'
import {
  addSchema,
  addSortOrder,
  addSpec,
  removeSchemas,
  removeSpecs,
  setCurrentSchema,
  setDefaultSortOrder,
  setDefaultSpec,
} from './apply-shape-updates.js'
import {
  addSnapshot,
  finishSnapshotLog,
  removeRef,
  removeSnapshots,
  removeStatistics,
  setRef,
  setStatistics,
} from './apply-snapshot-updates.js'
import { draftOf, type MetadataDraft } from './metadata-draft.js'
import type { FormatVersion, MetadataLogEntry, TableMetadata } from './model.js'
import { tableProperties } from './properties.js'
import type { MetadataUpdate } from './update.js'

export interface ApplyUpdatesOptions {
  /** Wall clock. The result is dated later than its base whatever the clock says. */
  readonly nowMs: number
  /** Where the base is stored: goes into the metadata log. Leave out for intermediate results. */
  readonly previousMetadataLocation?: string
  /** Gives a UUID to a v1 table that has none yet. */
  readonly newUuid?: () => string
}

/**
 * The metadata after the updates, in order; `base` itself when they change nothing.
 *
 * @throws InvalidArgument for updates that make no sense on this base, CommitConflict for snapshots
 *   that were made for an older one, Unsupported for types the format version does not have.
 */
export function applyUpdates(
  base: TableMetadata,
  updates: readonly MetadataUpdate[],
  options: ApplyUpdatesOptions,
): TableMetadata {
  const draft = draftOf(base, nextTimestamp(base, updates, options.nowMs))
  for (const update of updates) applyUpdate(draft, update)
  if (!draft.changed) return base
  if (draft.tableUuid === '' && options.newUuid !== undefined) draft.tableUuid = options.newUuid()
  return finish(draft, options.previousMetadataLocation)
}

/** Time never goes back, however the clocks of the writers differ. */
function nextTimestamp(
  base: TableMetadata,
  updates: readonly MetadataUpdate[],
  nowMs: number,
): number {
  let timestampMs = Math.max(nowMs, base.lastUpdatedMs + 1)
  for (const update of updates) {
    if (update.action !== 'add-snapshot') continue
    timestampMs = Math.max(timestampMs, update.snapshot.timestampMs)
  }
  return timestampMs
}

function applyUpdate(draft: MetadataDraft, update: MetadataUpdate): void {
  switch (update.action) {
    case 'assign-uuid':
      assignUuid(draft, update.uuid)
      break
    case 'upgrade-format-version':
      upgradeFormat(draft, update.formatVersion)
      break
    case 'add-schema':
      addSchema(draft, update.schema, update.lastColumnId)
      break
    case 'set-current-schema':
      setCurrentSchema(draft, update.schemaId)
      break
    case 'remove-schemas':
      removeSchemas(draft, update.schemaIds)
      break
    case 'add-spec':
      addSpec(draft, update.spec)
      break
    case 'set-default-spec':
      setDefaultSpec(draft, update.specId)
      break
    case 'remove-partition-specs':
      removeSpecs(draft, update.specIds)
      break
    case 'add-sort-order':
      addSortOrder(draft, update.sortOrder)
      break
    case 'set-default-sort-order':
      setDefaultSortOrder(draft, update.sortOrderId)
      break
    default:
      applySnapshotUpdate(draft, update)
      break
  }
}

type ShapeAction =
  | 'assign-uuid'
  | 'upgrade-format-version'
  | 'add-schema'
  | 'set-current-schema'
  | 'remove-schemas'
  | 'add-spec'
  | 'set-default-spec'
  | 'remove-partition-specs'
  | 'add-sort-order'
  | 'set-default-sort-order'

function applySnapshotUpdate(
  draft: MetadataDraft,
  update: Exclude<MetadataUpdate, { readonly action: ShapeAction }>,
): void {
  switch (update.action) {
    case 'add-snapshot':
      addSnapshot(draft, update.snapshot)
      break
    case 'set-snapshot-ref':
      setRef(draft, update.name, update.ref)
      break
    case 'remove-snapshot-ref':
      removeRef(draft, update.name)
      break
    case 'remove-snapshots':
      removeSnapshots(draft, update.snapshotIds)
      break
    case 'set-statistics':
      setStatistics(draft, 'statistics', update.statistics)
      break
    case 'remove-statistics':
      removeStatistics(draft, 'statistics', update.snapshotId)
      break
    case 'set-partition-statistics':
      setStatistics(draft, 'partitionStatistics', update.partitionStatistics)
      break
    case 'remove-partition-statistics':
      removeStatistics(draft, 'partitionStatistics', update.snapshotId)
      break
    case 'add-encryption-key':
      addEncryptionKey(draft, update.encryptionKey)
      break
    case 'remove-encryption-key':
      removeEncryptionKey(draft, update.keyId)
      break
    case 'set-location':
      setLocation(draft, update.location)
      break
    case 'set-properties':
      setProperties(draft, update.set)
      break
    case 'remove-properties':
      removeProperties(draft, update.remove)
      break
  }
}

function assignUuid(draft: MetadataDraft, uuid: string): void {
  if (draft.tableUuid === uuid) return
  if (draft.tableUuid !== '') {
    throw new InvalidArgument(`cannot give table ${draft.tableUuid} the other uuid ${uuid}`)
  }
  draft.tableUuid = uuid
  draft.changed = true
}

function upgradeFormat(draft: MetadataDraft, formatVersion: FormatVersion): void {
  if (formatVersion === draft.formatVersion) return
  if (formatVersion < draft.formatVersion) {
    throw new InvalidArgument(
      `cannot go back from format version ${draft.formatVersion} to ${formatVersion}`,
    )
  }
  draft.formatVersion = formatVersion
  // Spec, "Row Lineage for Upgraded Tables": counting begins at 0, older snapshots stay as they are.
  if (formatVersion >= 3) draft.nextRowId ??= 0n
  draft.changed = true
}

function addEncryptionKey(draft: MetadataDraft, key: ReadonlyMap<string, unknown>): void {
  const id = key.get('key-id')
  if (typeof id !== 'string') throw new InvalidArgument('an encryption key needs key-id')
  if (draft.encryptionKeys.some((item) => item.get('key-id') === id)) return
  draft.encryptionKeys.push(key as MetadataDraft['encryptionKeys'][number])
  draft.changed = true
}

function removeEncryptionKey(draft: MetadataDraft, keyId: string): void {
  const kept = draft.encryptionKeys.filter((item) => item.get('key-id') !== keyId)
  if (kept.length === draft.encryptionKeys.length) return
  draft.encryptionKeys = kept
  draft.changed = true
}

function setLocation(draft: MetadataDraft, location: string): void {
  if (location === draft.location) return
  draft.location = location
  draft.changed = true
}

function setProperties(draft: MetadataDraft, set: ReadonlyMap<string, string>): void {
  for (const [name, value] of set) {
    if (draft.properties.get(name) === value) continue
    draft.properties.set(name, value)
    draft.changed = true
  }
}

function removeProperties(draft: MetadataDraft, remove: readonly string[]): void {
  for (const name of remove) if (draft.properties.delete(name)) draft.changed = true
}

function finish(draft: MetadataDraft, previousLocation: string | undefined): TableMetadata {
  const { base, currentSnapshotId, nextRowId } = draft
  return {
    formatVersion: draft.formatVersion,
    tableUuid: draft.tableUuid,
    location: draft.location,
    lastSequenceNumber: draft.lastSequenceNumber,
    lastUpdatedMs: draft.lastUpdatedMs,
    lastColumnId: draft.lastColumnId,
    schemas: draft.schemas,
    currentSchemaId: draft.currentSchemaId,
    partitionSpecs: draft.partitionSpecs,
    defaultSpecId: draft.defaultSpecId,
    lastPartitionId: draft.lastPartitionId,
    sortOrders: draft.sortOrders,
    defaultSortOrderId: draft.defaultSortOrderId,
    properties: draft.properties,
    ...(currentSnapshotId !== undefined && { currentSnapshotId }),
    snapshots: draft.snapshots,
    snapshotLog: finishSnapshotLog(draft),
    metadataLog: nextMetadataLog(draft, previousLocation),
    refs: draft.refs,
    statistics: draft.statistics,
    partitionStatistics: draft.partitionStatistics,
    encryptionKeys: draft.encryptionKeys,
    ...(nextRowId !== undefined && { nextRowId }),
    ...(base.extra !== undefined && { extra: base.extra }),
  }
}

/** The newest `write.metadata.previous-versions-max` files before this one, the base last. */
function nextMetadataLog(
  draft: MetadataDraft,
  previousLocation: string | undefined,
): readonly MetadataLogEntry[] {
  const { base } = draft
  if (previousLocation === undefined) return base.metadataLog
  const max = Math.max(1, tableProperties(draft.properties).metadataPreviousVersionsMax)
  const entry = { timestampMs: base.lastUpdatedMs, metadataFile: previousLocation }
  return [...base.metadataLog, entry].slice(-max)
}
