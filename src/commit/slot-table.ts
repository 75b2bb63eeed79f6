/**
 * A table kept in slots: loading its head, and publishing the next version of it (rules C4–C12,
 * C17, C19, C21, C22 of spec/protocol/commit.md).
 */

import { randomUuid } from '../env/ids.js'
import { CorruptData, NotFound } from '../errors.js'
import type { TableMetadata } from '../format/model.js'
import { baseName, joinLocation } from '../store/location.js'
import { sha256Hex } from '../util/sha256.js'
import { statusCheckBudget } from './budgets.js'
import { checkBeforePublishing } from './check-metadata.js'
import { commitToken } from './commit-token.js'
import type { CommitOutcome, LoadedTable } from './contract.js'
import { publishSlot } from './publish.js'
import { keepMetadata } from './recent-metadata.js'
import { retireOldSlots } from './retire.js'
import {
  encodeAttempt,
  encodeTombstone,
  type LiveMetadata,
  readSlot,
  readSlotBytes,
  type SlotContent,
} from './slot-content.js'
import {
  checkVersion,
  headFrom,
  readHint,
  type SlotFolder,
  slotPath,
  slotVersion,
  takenPair,
  takenSlot,
  writeHint,
} from './slots.js'

/** The head of a folder: its slot and what it holds. */
export interface Head {
  readonly version: number
  readonly content: Exclude<SlotContent, { readonly kind: 'retired' }>
}

/** Tries against a head that moves on while it is read. */
const HEAD_TRIES = 100

/** The head, or undefined where no slot is taken. `known` is a slot that was seen taken (C6). */
export async function loadHead(
  folder: SlotFolder,
  known?: number,
  signal?: AbortSignal,
): Promise<Head | undefined> {
  const start = known ?? (await readHint(folder, signal))
  const near = start === undefined ? undefined : await headAt(folder, start, signal)
  if (near !== undefined) return near
  let from = known
  for (let tries = 0; tries < HEAD_TRIES; tries++) {
    const version = await headFrom(folder, from ?? start, signal)
    if (version === undefined) return undefined
    const path = (await takenSlot(folder, version, signal)) ?? slotPath(folder, version)
    const content = await readSlot(folder.store, path, folder.env.limits, { signal })
    if (content.kind !== 'retired') return { version, content }
    // Retired between the search and the read: the head is far above by now.
    if (from === version) throw headRetired(path)
    from = version
  }
  throw headRetired(folder.location)
}

/**
 * The head, when it is this slot in our own spelling, for two requests at a time: most often it is.
 * Only where one request tells every spelling of the next slot; elsewhere the search costs little.
 */
async function headAt(
  folder: SlotFolder,
  version: number,
  signal: AbortSignal | undefined,
): Promise<Head | undefined> {
  if (folder.store.findByPrefix === undefined) return undefined
  const path = slotPath(folder, version)
  const reading = readSlot(folder.store, path, folder.env.limits, { signal })
  const [content, next] = await Promise.all([
    reading.catch((error: unknown) => {
      if (error instanceof NotFound) return undefined
      throw error
    }),
    takenSlot(folder, version + 1, signal),
  ])
  if (content === undefined || content.kind === 'retired' || next !== undefined) return undefined
  return { version, content }
}

function headRetired(path: string): CorruptData {
  return new CorruptData(`${path} is the newest metadata version, and it is empty`, {
    details: { path },
  })
}

/** The table of a head. */
export function tableOf(version: number, content: LiveMetadata): LoadedTable {
  const { metadata, path, hash } = content
  return { metadata, metadataLocation: path, version, contentHash: hash }
}

/** One version of a table. `retired` when its metadata is gone, undefined when it never was. */
export async function loadVersion(
  folder: SlotFolder,
  version: number,
  signal?: AbortSignal,
): Promise<SlotContent | undefined> {
  const path = await takenSlot(folder, version, signal)
  if (path === undefined) return undefined
  return readSlot(folder.store, path, folder.env.limits, { signal })
}

/** Repairs a hint that does not name the head (C16). Never rejects. */
export async function repairHint(folder: SlotFolder, head: number): Promise<void> {
  const hint = await readHint(folder).catch(() => undefined)
  if (hint !== head) await writeHint(folder, head)
}

/** Publishes `metadata` as the version after `base` (C8–C12). Rejects only if surely nothing was. */
export async function publishMetadata(
  folder: SlotFolder,
  base: LoadedTable,
  metadata: TableMetadata,
): Promise<CommitOutcome> {
  const conflict = await baseConflict(folder, base)
  if (conflict !== undefined) return { outcome: 'conflict', reason: conflict }
  const version = slotOf(base) + 1
  const outcome = await publishAs(folder, version, metadata, base.metadata)
  if (outcome.outcome === 'committed') {
    await retireOldSlots(folder, base.metadata, metadata, version)
  }
  return outcome
}

/** Publishes the first metadata of a table, in slot 1 or after a tombstone (C19). */
export async function publishNewTable(
  folder: SlotFolder,
  version: number,
  metadata: TableMetadata,
): Promise<CommitOutcome> {
  return publishAs(folder, version, metadata, undefined)
}

/** The slot, and after it the hint. */
async function publishAs(
  folder: SlotFolder,
  version: number,
  metadata: TableMetadata,
  base: TableMetadata | undefined,
): Promise<CommitOutcome> {
  checkVersion(folder, version)
  const bytes = encodeAttempt(folder.env, metadata)
  const read = checkBeforePublishing(folder, metadata, bytes, base)
  const attempt = { version, bytes, hash: sha256Hex(bytes) }
  keepMetadata(folder.env.limits, attempt.hash, bytes.length, read)
  const budget = statusCheckBudget(base ?? metadata)
  const { location } = folder
  const result = await publishSlot(folder, attempt, budget)
  switch (result.outcome) {
    case 'ours': {
      await writeHint(folder, version, result.atOnce)
      const path = slotPath(folder, version)
      const table = { metadata, metadataLocation: path, version, contentHash: attempt.hash }
      return { outcome: 'committed', table }
    }
    case 'theirs':
      return lostTo(version)
    case 'unknown': {
      const token = commitToken({
        location,
        slot: version,
        hash: attempt.hash,
        uuid: metadata.tableUuid,
      })
      return { outcome: 'unknown', token, cause: result.cause }
    }
  }
}

/** Publishes a tombstone after `base` (C17). */
export async function publishTombstone(
  folder: SlotFolder,
  base: LoadedTable,
): Promise<Exclude<CommitOutcome, { outcome: 'committed' }> | { readonly outcome: 'dropped' }> {
  const conflict = await baseConflict(folder, base)
  if (conflict !== undefined) return { outcome: 'conflict', reason: conflict }
  const version = slotOf(base) + 1
  checkVersion(folder, version)
  const { tableUuid } = base.metadata
  const bytes = encodeTombstone({
    attempt: randomUuid(folder.env),
    tableUuid,
    droppedAtMs: Math.max(folder.env.nowMs(), base.metadata.lastUpdatedMs + 1),
    lastMetadata: base.metadataLocation,
  })
  const attempt = { version, bytes, hash: sha256Hex(bytes) }
  const result = await publishSlot(folder, attempt, statusCheckBudget(base.metadata))
  switch (result.outcome) {
    case 'ours':
      await writeHint(folder, version)
      return { outcome: 'dropped' }
    case 'theirs':
      return lostTo(version)
    case 'unknown': {
      const { location } = folder
      const token = commitToken({ location, slot: version, hash: attempt.hash, uuid: tableUuid })
      return { outcome: 'unknown', token, cause: result.cause }
    }
  }
}

/** Whether the slot after `base` is taken. An answer that cannot be had is left to the attempt. */
export async function hasSuccessor(
  folder: SlotFolder,
  base: LoadedTable,
  signal?: AbortSignal,
): Promise<boolean> {
  // What was seen before no longer counts, whatever comes of this look.
  lookedAt.delete(base)
  try {
    const version = slotOf(base)
    if (folder.store.findByPrefix === undefined) {
      return (await takenSlot(folder, version + 1, signal)) !== undefined
    }
    const { own, next } = await takenPair(folder, version, signal)
    if (own !== undefined && next === undefined) lookedAt.set(base, own)
    return next !== undefined
  } catch {
    return false
  }
}

/**
 * Bases that were just seen to be the head, with the path of their slot: the attempt that follows needs
 * not look for names again, only whether the slot still holds the base (C8).
 */
const lookedAt = new WeakMap<LoadedTable, string>()

/** Why the head is not `base` any more; undefined when it is (C8). */
async function baseConflict(folder: SlotFolder, base: LoadedTable): Promise<string | undefined> {
  const version = slotOf(base)
  const seen = lookedAt.get(base)
  // Once only: another attempt on the same base looks again.
  lookedAt.delete(base)
  const { own, next } =
    seen === undefined ? await takenPair(folder, version) : { own: seen, next: undefined }
  const name = baseName(base.metadataLocation)
  // Names that are found may be old ones (S2), reads are not: only a read says that the base is gone.
  const baseBytes = await bytesOf(folder, own ?? joinLocation(folder.location, 'metadata', name))
  if (baseBytes === undefined) return `${name}, which this change builds upon, is gone`
  if (base.contentHash !== undefined && sha256Hex(baseBytes) !== base.contentHash) {
    return `${name}, which this change builds upon, was replaced by another writer`
  }
  if (next !== undefined) return `version ${version + 1} was published by another writer`
  return undefined
}

async function bytesOf(folder: SlotFolder, path: string): Promise<Uint8Array | undefined> {
  try {
    return await readSlotBytes(folder.store, path, folder.env.limits)
  } catch (error) {
    if (error instanceof NotFound) return undefined
    throw error
  }
}

function slotOf(table: LoadedTable): number {
  const version = table.version ?? slotVersion(baseName(table.metadataLocation))
  if (version !== undefined) return version
  throw new CorruptData(`${table.metadataLocation} is not a numbered metadata version`, {
    details: { path: table.metadataLocation },
  })
}

function lostTo(version: number): Extract<CommitOutcome, { outcome: 'conflict' }> {
  const reason = `version ${version} was published by another writer`
  return { outcome: 'conflict', reason, taken: version }
}
