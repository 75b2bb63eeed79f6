/** Settling a commit whose outcome was unknown, at any later time, in any process (rule C13). */
import { randomUuid } from '../env/ids.js'
import { CommitStateUnknown, CorruptData, MoraineError } from '../errors.js'
import type { TableMetadata } from '../format/model.js'
import { tableProperties } from '../format/properties.js'
import { sha256Hex } from '../util/sha256.js'
import { Pauses } from './backoff.js'
import { type CommitToken, commitToken } from './commit-token.js'
import type { LoadedTable } from './contract.js'
import { publishSlot, readBack } from './publish.js'
import { encodeAttempt, encodeTombstone } from './slot-content.js'
import { type Head, loadHead, loadVersion, tableOf } from './slot-table.js'
import { type SlotFolder, takenSlot, writeHint } from './slots.js'

export type ResolvedCommit =
  /** `table` is what was published; undefined when it was a drop, or has been retired since. */
  | { readonly outcome: 'committed'; readonly table: LoadedTable | undefined }
  | { readonly outcome: 'not-committed' }

const BUDGET = { numRetries: 3, minWaitMs: 1000, maxWaitMs: 60_000, totalTimeoutMs: 1_800_000 }

/**
 * Finds out whether the attempt of a token was published; if the slot is still free, makes sure
 * that it never will be. Rejects with `CommitStateUnknown` (the same token) when the store cannot
 * be reached.
 */
export async function resolveCommit(
  folder: SlotFolder,
  token: CommitToken,
): Promise<ResolvedCommit> {
  const pauses = new Pauses(folder.env, BUDGET)
  let last: unknown
  do {
    try {
      const resolved = await resolveOnce(folder, token)
      if (resolved !== undefined) return resolved
    } catch (error) {
      // A table that is broken, or out of bounds, does not get better by waiting.
      if (error instanceof MoraineError && error.code !== 'STORE_UNAVAILABLE') throw error
      last = error
    }
  } while (await pauses.next())
  throw new CommitStateUnknown(
    `still unknown whether version ${token.slot} of ${token.location} was committed: ` +
      'the store cannot be reached; nothing was deleted, ask again later with the same token',
    commitToken(token),
    { cause: last, details: { location: token.location, slot: token.slot } },
  )
}

async function resolveOnce(
  folder: SlotFolder,
  token: CommitToken,
): Promise<ResolvedCommit | undefined> {
  const { slot: version, hash } = token
  const path = await takenSlot(folder, version)
  if (path === undefined) {
    await fence(folder, token)
    // Whoever got into the slot, the next look says who.
    return settleTaken(folder, token)
  }
  const result = await readBack(folder, { version, hash }, path)
  return settled(folder, token, result.outcome)
}

async function settleTaken(
  folder: SlotFolder,
  token: CommitToken,
): Promise<ResolvedCommit | undefined> {
  const path = await takenSlot(folder, token.slot)
  if (path === undefined) return undefined
  const result = await readBack(folder, { version: token.slot, hash: token.hash }, path)
  return settled(folder, token, result.outcome)
}

async function settled(
  folder: SlotFolder,
  token: CommitToken,
  outcome: 'ours' | 'theirs' | 'unknown',
): Promise<ResolvedCommit | undefined> {
  if (outcome === 'theirs') return { outcome: 'not-committed' }
  if (outcome === 'unknown') return undefined
  const content = await loadVersion(folder, token.slot)
  const table = content?.kind === 'metadata' ? tableOf(token.slot, content) : undefined
  return { outcome: 'committed', table }
}

/** Gets some object into the free slot, so that the late request meets a name that is taken. */
async function fence(folder: SlotFolder, token: CommitToken): Promise<void> {
  const head = await loadHead(folder, token.slot > 1 ? token.slot - 1 : undefined)
  if ((head?.version ?? 0) >= token.slot) return
  if ((head?.version ?? 0) < token.slot - 1) {
    throw new CorruptData(
      `version ${token.slot - 1} of ${token.location} is gone; the outcome cannot be settled`,
      { details: { path: token.location, version: token.slot - 1 } },
    )
  }
  const bytes = fenceBytes(folder, head, token)
  const attempt = { version: token.slot, bytes, hash: sha256Hex(bytes) }
  const result = await publishSlot(folder, attempt, BUDGET)
  if (result.outcome === 'ours') await writeHint(folder, token.slot)
}

function fenceBytes(folder: SlotFolder, head: Head | undefined, token: CommitToken): Uint8Array {
  if (head?.content.kind !== 'metadata') {
    const droppedAtMs = folder.env.nowMs()
    const attempt = randomUuid(folder.env)
    return encodeTombstone({ attempt, tableUuid: token.uuid, droppedAtMs, lastMetadata: undefined })
  }
  const { metadata, path } = head.content
  return encodeAttempt(folder.env, sameAgain(metadata, path, folder.env.nowMs()))
}

/** The metadata again, as the next version: a commit that changes nothing. */
function sameAgain(metadata: TableMetadata, path: string, nowMs: number): TableMetadata {
  const entry = { metadataFile: path, timestampMs: metadata.lastUpdatedMs }
  const keep = Math.max(1, tableProperties(metadata.properties).metadataPreviousVersionsMax)
  return {
    ...metadata,
    lastUpdatedMs: Math.max(nowMs, metadata.lastUpdatedMs + 1),
    metadataLog: [...metadata.metadataLog, entry].slice(-keep),
  }
}
