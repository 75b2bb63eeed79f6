/** Deleting the files of a dropped table (rule C18). */
import { retireSlot } from '../commit/retire.js'
import { HINT_NAME, type SlotFolder, slotVersion } from '../commit/slots.js'
import { InvalidArgument } from '../errors.js'
import type { TableMetadata } from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import { deleteMany } from '../store/delete-many.js'
import { parseLocation, relativeSegments } from '../store/location.js'
import type { DeleteFailure } from '../store/store.js'

/** What a purge will delete, as it was found before the table was dropped. */
export interface PurgeList {
  readonly files: readonly string[]
  readonly slots: readonly string[]
}

/** Lists the files under the table folder. Throws when they must not be deleted. */
export async function filesToPurge(
  folder: SlotFolder,
  metadata: TableMetadata,
): Promise<PurgeList> {
  if (!tableProperties(metadata.properties).gcEnabled) {
    throw new InvalidArgument(
      `${folder.location} has gc.enabled=false: its files may belong to other tables; ` +
        'drop it without purge, or set gc.enabled=true',
    )
  }
  const root = parseLocation(folder.location)
  const files: string[] = []
  const slots: string[] = []
  for await (const { path } of folder.store.list(folder.location)) {
    const below = relativeSegments(parseLocation(path), root) ?? []
    const name = below.at(-1) ?? ''
    const inMetadata = below.at(-2) === 'metadata'
    if (inMetadata && slotVersion(name) !== undefined) {
      if (below.length > 2) throw nestedTable(folder, path)
      slots.push(path)
    } else if (!(inMetadata && below.length === 2 && name === HINT_NAME)) {
      files.push(path)
    }
  }
  return { files, slots }
}

/**
 * Deletes what was listed, and turns the slots into markers (C3, C20). `dropped` is the proof that
 * the table is gone for good. Goes on over failures, and gives them: what is left is an orphan of no
 * table.
 */
export async function purgeFiles(
  folder: SlotFolder,
  list: PurgeList,
  _dropped: { readonly outcome: 'dropped' },
): Promise<readonly DeleteFailure[]> {
  const failures = await deleteMany(folder.store, list.files)
  await folder.store.removeEmptyFolders?.(folder.location).catch(() => undefined)
  // All of them lie below the tombstone, which was not there when they were listed.
  for (const path of list.slots) {
    await retireSlot(folder, path, Number.POSITIVE_INFINITY).catch(() => undefined)
  }
  return failures
}

function nestedTable(folder: SlotFolder, path: string): InvalidArgument {
  return new InvalidArgument(
    `${folder.location} holds another table (${path}); drop it without purge`,
    { details: { path } },
  )
}
