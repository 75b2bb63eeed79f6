/** What is asserted of metadata before it is published (rules C21, C22, C26). */
import { InternalBug, Unsupported } from '../errors.js'
import { MAIN_BRANCH } from '../format/constants.js'
import type { TableMetadata } from '../format/model.js'
import { readTableMetadata } from '../format/read-table-metadata.js'
import { encodeTableMetadata } from '../format/write-table-metadata.js'
import { parseLocation, sameLocation } from '../store/location.js'
import { assert } from '../util/assert.js'
import { bytesEqual } from '../util/bytes.js'
import { sameData } from '../util/same.js'
import type { SlotFolder } from './slots.js'

/**
 * Throws `InternalBug` for metadata that must not be published, `Unsupported` for a move. Gives the
 * metadata as it reads back from the bytes.
 */
export function checkBeforePublishing(
  folder: SlotFolder,
  metadata: TableMetadata,
  bytes: Uint8Array,
  base: TableMetadata | undefined,
): TableMetadata {
  checkLocation(folder, metadata)
  const read = checkRoundTrip(folder, metadata, bytes)
  assert(
    metadata.currentSnapshotId === metadata.refs.get(MAIN_BRANCH)?.snapshotId,
    'current-snapshot-id is the snapshot of main',
  )
  if (base !== undefined) checkSuccession(base, metadata)
  return read
}

/** C26: slots live in the table's folder, and paths in metadata are absolute. */
function checkLocation(folder: SlotFolder, metadata: TableMetadata): void {
  const recorded = parseLocation(metadata.location, folder.env.limits)
  if (!sameLocation(recorded, parseLocation(folder.location))) {
    throw new Unsupported(
      'table-location',
      `a file catalog keeps this table in ${folder.location}; it cannot be at ${metadata.location}`,
      { details: { path: metadata.location } },
    )
  }
  const path = metadata.properties.get('write.metadata.path')
  if (path === undefined) return
  if (sameLocation(parseLocation(path), parseLocation(`${folder.location}/metadata`))) return
  throw new Unsupported(
    'write.metadata.path',
    'a file catalog keeps metadata in the table folder; remove the property write.metadata.path',
    { details: { path } },
  )
}

/** What we write is what we, and everybody else, will read. */
function checkRoundTrip(
  folder: SlotFolder,
  metadata: TableMetadata,
  bytes: Uint8Array,
): TableMetadata {
  let read: TableMetadata
  let again: Uint8Array
  try {
    read = readTableMetadata(bytes, { limits: folder.env.limits })
    if (sameData(read, metadata)) return read
    // It may be said otherwise in memory than it is read; then the bytes must be the same again.
    again = encodeTableMetadata(read)
  } catch (cause) {
    throw isLimit(cause) ? cause : new InternalBug('metadata does not read back', { cause })
  }
  assert(
    bytesEqual(again, bytes.subarray(0, again.length)),
    'metadata reads back as it was written',
  )
  return read
}

function isLimit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'LIMIT_EXCEEDED'
}

/** What only ever grows from one version of a table to the next. */
function checkSuccession(base: TableMetadata, next: TableMetadata): void {
  assert(base.tableUuid === '' || base.tableUuid === next.tableUuid, 'the table uuid stays')
  assert(next.lastUpdatedMs > base.lastUpdatedMs, 'last-updated-ms grows')
  assert(next.formatVersion >= base.formatVersion, 'the format version does not fall')
  assert(next.lastSequenceNumber >= base.lastSequenceNumber, 'sequence numbers do not fall')
  assert(next.lastColumnId >= base.lastColumnId, 'column ids are not reused')
  assert(next.lastPartitionId >= base.lastPartitionId, 'partition field ids are not reused')
  assert((next.nextRowId ?? 0n) >= (base.nextRowId ?? 0n), 'row ids are not reused')
}
