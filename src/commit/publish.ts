/**
 * The one dangerous step: getting finished bytes into a slot, and knowing whether that happened
 * (rules C2, C9–C11 of spec/protocol/commit.md).
 */
import { type ErrorCode, MoraineError } from '../errors.js'
import type { CreateOutcome } from '../store/store.js'
import { Pauses, type RetryBudget } from './backoff.js'
import { parseSlot, readSlotBytes, type SlotContent } from './slot-content.js'
import { type SlotFolder, slotPath } from './slots.js'

/** Finished bytes for one slot. */
export interface Attempt {
  readonly version: number
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes. */
  readonly hash: string
}

export type SlotOutcome =
  /** `atOnce`: the first request was answered, and there was no doubt. */
  | { readonly outcome: 'ours'; readonly atOnce?: true }
  | { readonly outcome: 'theirs'; readonly content: SlotContent }
  | { readonly outcome: 'unknown'; readonly cause: unknown }

/** Rejections that say, by S3, that nothing was applied and nothing will be. */
const NOTHING_HAPPENED: ReadonlySet<ErrorCode> = new Set([
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'LIMIT_EXCEEDED',
  'LOCATION_DENIED',
  'UNSUPPORTED',
  'STORE_UNAVAILABLE',
  'ABORTED',
] as const)

/**
 * Creates the slot, and asks until it is known whose content it holds. Rejects only when surely
 * nothing was published. Takes no signal: once begun it is not interrupted (C23).
 */
export async function publishSlot(
  folder: SlotFolder,
  attempt: Attempt,
  budget: RetryBudget,
): Promise<SlotOutcome> {
  const pauses = new Pauses(folder.env, budget)
  const first = await send(folder, attempt, false)
  if (first.outcome === 'created') return { outcome: 'ours', atOnce: true }
  // After `unknown` the same bytes go to the same slot again before anyone looks: the answer to
  // that is worth more than a look, and it makes a slot durable that was already created (S5).
  let sent = first.outcome === 'unknown' ? await send(folder, attempt, true) : first
  for (;;) {
    if (sent.outcome === 'created') return { outcome: 'ours' }
    const settled = await readBack(folder, attempt)
    if (settled.outcome !== 'unknown' || !(await pauses.next())) return settled
    sent = await send(folder, attempt, true)
  }
}

async function send(
  folder: SlotFolder,
  attempt: Attempt,
  inDoubt: boolean,
): Promise<CreateOutcome> {
  try {
    return await folder.store.create(slotPath(folder, attempt.version), attempt.bytes)
  } catch (cause) {
    // A refusal clears this request, never an earlier one that is still in doubt.
    if (!inDoubt && saysNothingHappened(cause)) throw cause
    return { outcome: 'unknown', cause }
  }
}

/** Whether a rejected create surely was not and will not be applied (S3, B4). */
export function saysNothingHappened(error: unknown): boolean {
  return error instanceof MoraineError && NOTHING_HAPPENED.has(error.code)
}

/** Whose content the slot holds. `unknown` when it is free, unreadable or damaged (C10). */
export async function readBack(
  folder: SlotFolder,
  attempt: Pick<Attempt, 'version' | 'hash'>,
  path = slotPath(folder, attempt.version),
): Promise<SlotOutcome> {
  const { store, env } = folder
  try {
    const content = parseSlot(await readSlotBytes(store, path, env.limits), path, env.limits)
    if (holds(content, attempt.hash)) return { outcome: 'ours' }
    // C10.3: a damaged answer must not pass for somebody else's commit.
    const again = parseSlot(await readSlotBytes(store, path, env.limits), path, env.limits)
    if (holds(again, attempt.hash)) return { outcome: 'ours' }
    if (again.hash !== content.hash) return { outcome: 'unknown', cause: 'reads disagree' }
    if (content.kind === 'retired' && content.formerHash === undefined) {
      return { outcome: 'unknown', cause: 'the slot was emptied' }
    }
    return { outcome: 'theirs', content }
  } catch (cause) {
    return { outcome: 'unknown', cause }
  }
}

/** Whether the slot holds, or held before it was retired (C20), the bytes with this hash. */
function holds(content: SlotContent, hash: string): boolean {
  return content.hash === hash || (content.kind === 'retired' && content.formerHash === hash)
}
