/**
 * Slot names and how the head is found (rules C1, C3, C5–C7, C16 of spec/protocol/commit.md).
 * Reads only; nothing here creates or removes a slot.
 */
import type { Env } from '../env/env.js'
import { CorruptData, LimitExceeded, MoraineError } from '../errors.js'
import { baseName, joinLocation } from '../store/location.js'
import type { Store } from '../store/store.js'
import { decodeUtf8, encodeUtf8 } from '../util/utf8.js'

/** One table folder as the protocol sees it. */
export interface SlotFolder {
  readonly store: Store
  readonly env: Env
  /** The table folder, without a closing slash. */
  readonly location: string
}

export const HINT_NAME = 'version-hint.text'

const SLOT_NAME =
  /^v([1-9][0-9]{0,9})(?:\.metadata\.json|\.gz\.metadata\.json|\.metadata\.json\.gz)$/

/** The name that we create for a version: a function of the version alone (C1). */
export function slotName(version: number): string {
  return `v${version}.metadata.json`
}

/** Every name that a version's slot may have; ours first. */
export function slotSpellings(version: number): readonly string[] {
  return [slotName(version), `v${version}.gz.metadata.json`, `v${version}.metadata.json.gz`]
}

/** The version of a slot's name in any spelling; undefined when it is no slot. */
export function slotVersion(name: string): number | undefined {
  const digits = SLOT_NAME.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export function slotPath(folder: SlotFolder, version: number): string {
  return joinLocation(folder.location, 'metadata', slotName(version))
}

export function hintPath(folder: SlotFolder): string {
  return joinLocation(folder.location, 'metadata', HINT_NAME)
}

/** The path of the slot in the spelling it has; undefined when it is free. */
export async function takenSlot(
  folder: SlotFolder,
  version: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return only(version, await takenSpellings(folder, version, signal))
}

async function takenSpellings(
  { store, location }: SlotFolder,
  version: number,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const folder = joinLocation(location, 'metadata')
  const paths = slotSpellings(version).map((name) => `${folder}/${name}`)
  if (store.findByPrefix !== undefined) {
    const found = await store.findByPrefix(`${folder}/v${version}.`, { signal })
    return paths.filter((path) => found.includes(path))
  }
  const infos = await Promise.all(paths.map((path) => store.head(path, { signal })))
  return infos.flatMap((info) => (info === undefined ? [] : [info.path]))
}

/** So many names found may not be all: `findByPrefix` gives no more. */
const FOUND_MAX = 100

/**
 * This slot and the next in the spellings they have. Where names are found by prefix one request tells
 * of both, for they mostly differ in their last digit only, and there are few others that begin so.
 */
export async function takenPair(
  folder: SlotFolder,
  version: number,
  signal?: AbortSignal,
): Promise<{ readonly own: string | undefined; readonly next: string | undefined }> {
  const { store, location } = folder
  if (store.findByPrefix !== undefined && version % 10 !== 9) {
    const shared = `v${version >= 10 ? Math.floor(version / 10) : ''}`
    const found = await store.findByPrefix(joinLocation(location, 'metadata', shared), { signal })
    if (found.length < FOUND_MAX) {
      const of = (slot: number) =>
        slotSpellings(slot)
          .map((name) => joinLocation(location, 'metadata', name))
          .filter((path) => found.includes(path))
      return { own: only(version, of(version)), next: only(version + 1, of(version + 1)) }
    }
  }
  const [own, next] = await Promise.all([
    takenSlot(folder, version, signal),
    takenSlot(folder, version + 1, signal),
  ])
  return { own, next }
}

function only(version: number, taken: readonly string[]): string | undefined {
  if (taken.length > 1) throw twoSpellings(version, taken)
  return taken[0]
}

/** C7: nothing says which of the two is the table. */
function twoSpellings(version: number, paths: readonly string[]): CorruptData {
  const names = paths.map(baseName).join(' and ')
  return new CorruptData(
    `metadata version ${version} exists twice, as ${names}; ` +
      'two writers named it differently: keep the one that the later versions build upon',
    { details: { path: paths[0], version } },
  )
}

/**
 * The highest slot that is taken, by galloping from `known` or the hint, by listing only when that
 * start is missing (C6). Undefined when no slot is taken.
 */
export async function findHead(
  folder: SlotFolder,
  known?: number,
  signal?: AbortSignal,
): Promise<number | undefined> {
  return headFrom(folder, known ?? (await readHint(folder, signal)), signal)
}

/** The same from a slot that may be taken, or from a listing without one. */
export async function headFrom(
  folder: SlotFolder,
  start: number | undefined,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const taken = start !== undefined && (await takenSlot(folder, start, signal)) !== undefined
  if (taken) return gallop(folder, start, signal)
  const listed = await highestListed(folder, signal)
  // From there upward again: a listing may lag behind.
  return listed === undefined ? undefined : gallop(folder, listed, signal)
}

/** C5 makes the bisection exact: above a taken slot, taken slots come first, then only free ones. */
async function gallop(folder: SlotFolder, start: number, signal?: AbortSignal): Promise<number> {
  const isTaken = async (version: number): Promise<boolean> => {
    return (await takenSlot(folder, version, signal)) !== undefined
  }
  let low = start
  let high = low + 1
  while (await isTaken(high)) {
    low = high
    checkVersion(folder, low)
    high = low + (low - start) * 2
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await isTaken(middle)) low = middle
    else high = middle
  }
  // The bisection goes past the limit too, and the start may be a version that nobody checked.
  checkVersion(folder, low)
  return low
}

/** Throws `LimitExceeded` for a version above the limit `metadataVersion`. */
export function checkVersion(folder: Pick<SlotFolder, 'env' | 'location'>, version: number): void {
  const max = folder.env.limits.metadataVersion
  if (version <= max) return
  throw new LimitExceeded(`metadata version ${version} of ${folder.location} is above ${max}`, {
    details: { limit: 'metadataVersion', max, actual: version },
  })
}

async function highestListed(
  folder: SlotFolder,
  signal?: AbortSignal,
): Promise<number | undefined> {
  let highest: number | undefined
  const metadata = joinLocation(folder.location, 'metadata')
  for await (const info of folder.store.list(metadata, { recursive: false, signal })) {
    if (info.isFolder === true) continue
    const version = slotVersion(baseName(info.path))
    if (version !== undefined && version > (highest ?? 0)) highest = version
  }
  if (highest !== undefined) checkVersion(folder, highest)
  return highest
}

/** The slot that the hint names. Undefined for a missing, unreadable or malformed hint (C16). */
export async function readHint(
  folder: SlotFolder,
  signal?: AbortSignal,
): Promise<number | undefined> {
  try {
    const bytes = await folder.store.read(hintPath(folder), undefined, { signal, maxBytes: 64 })
    const text = decodeUtf8(bytes)?.trim() ?? ''
    const version = /^[1-9][0-9]{0,9}$/.test(text) ? Number(text) : undefined
    return version !== undefined && version <= folder.env.limits.metadataVersion
      ? version
      : undefined
  } catch (error) {
    if (error instanceof MoraineError && error.code !== 'ABORTED') return undefined
    throw error
  }
}

/**
 * Writes the hint unless it is seen to be that far already. Never rejects: it is advice (C12, C16).
 * `atOnce`: the slot was created by the request just answered. A look would not take less time than the
 * others need to get ahead, so that where each look is a request none is made.
 */
export async function writeHint(
  folder: SlotFolder,
  version: number,
  atOnce = false,
): Promise<void> {
  try {
    const look = !atOnce || folder.store.findByPrefix === undefined
    const seen = look ? await readHint(folder) : undefined
    // A hint beyond the head is wrong: the head was found by looking at the slots.
    if (seen !== undefined && seen >= version && (await takenSlot(folder, seen)) !== undefined)
      return
    await folder.store.put(hintPath(folder), encodeUtf8(`${version}`))
  } catch {
    // The next load finds the head without it, and repairs it.
  }
}
