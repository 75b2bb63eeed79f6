/** Replacing old metadata by markers, so that space is bounded and names stay taken (rule C20). */
import type { TableMetadata } from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import { baseName, parentOf, parseLocation, sameLocation } from '../store/location.js'
import { bytesEqual } from '../util/bytes.js'
import { encodeRetired, parseSlot, readSlotBytes } from './slot-content.js'
import { type SlotFolder, slotVersion } from './slots.js'

/**
 * After a commit: retires the versions that left the metadata log with it, when the table asks for
 * that. Never rejects: what is not retired now only takes space.
 */
export async function retireOldSlots(
  folder: SlotFolder,
  before: TableMetadata,
  after: TableMetadata,
  head: number,
): Promise<void> {
  try {
    if (!tableProperties(after.properties).metadataDeleteAfterCommit) return
    const kept = new Set(after.metadataLog.map((entry) => entry.metadataFile))
    for (const { metadataFile } of before.metadataLog) {
      if (!kept.has(metadataFile)) await retireSlot(folder, metadataFile, head)
    }
  } catch {
    // Advice and upkeep never change the outcome of a commit (C12).
  }
}

/** Puts a marker in place of one old version. Leaves alone what is no slot of this folder. */
export async function retireSlot(folder: SlotFolder, path: string, head: number): Promise<void> {
  const version = slotVersion(baseName(path))
  if (version === undefined || version >= head || !isOurs(folder, path)) return
  const { store, env } = folder
  const bytes = await readSlotBytes(store, path, env.limits)
  const content = parseSlot(bytes, path, env.limits)
  if (content.kind !== 'metadata') return
  // The bytes go, and their hash answers for them ever after: it may not be that of a damaged answer.
  if (!bytesEqual(bytes, await readSlotBytes(store, path, env.limits))) return
  const { hash: formerHash, metadata } = content
  await store.put(path, encodeRetired({ formerHash, tableUuid: metadata.tableUuid }))
}

function isOurs(folder: SlotFolder, path: string): boolean {
  return sameLocation(parseLocation(parentOf(path)), parseLocation(`${folder.location}/metadata`))
}
