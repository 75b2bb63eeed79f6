/** Finding the metadata of a table that is opened by its place, without a catalog (rule C24). */
import { quoteJson } from '../codec/json/stringify.js'
import type { CommitTarget } from '../commit/commit-target.js'
import type { LoadedTable } from '../commit/contract.js'
import { parseSlot, readSlotBytes } from '../commit/slot-content.js'
import { loadHead, publishMetadata, tableOf } from '../commit/slot-table.js'
import {
  checkVersion,
  HINT_NAME,
  type SlotFolder,
  slotSpellings,
  slotVersion,
} from '../commit/slots.js'
import type { Env } from '../env/env.js'
import { InvalidArgument, MoraineError, NotFound, Unsupported } from '../errors.js'
import {
  baseName,
  joinLocation,
  parentOf,
  parseLocation,
  parseRecorded,
  sameLocation,
} from '../store/location.js'
import type { Store } from '../store/store.js'
import { decodeUtf8 } from '../util/utf8.js'

export interface OpenOptions {
  readonly store: Store
  readonly env: Env
  readonly signal?: AbortSignal | undefined
  /**
   * The hint names what was published, and is believed: of a mirror that is only read, where a later
   * version may have arrived before its files. Without a hint the head is searched as ever.
   */
  readonly believeHint?: boolean
}

export interface OpenedTable {
  readonly table: LoadedTable
  /** The table folder. */
  readonly location: string
  /** Why this table can only be read; undefined when it can be committed to. */
  readonly readOnly: string | undefined
}

const FOREIGN_NAME =
  /^([0-9]{1,9})-.+?(?:\.gz\.metadata\.json|\.metadata\.json|\.metadata\.json\.gz)$/
const METADATA_NAME = /\.metadata\.json(\.gz)?$/

/**
 * The newest metadata of a table folder, or the metadata file that is named. Folders of our own
 * layout can be committed to; everything else is read only.
 */
export async function openMetadata(location: string, options: OpenOptions): Promise<OpenedTable> {
  parseLocation(location, options.env.limits)
  if (METADATA_NAME.test(location)) return openFile(location, options)
  const folder: SlotFolder = { ...options, location: location.replace(/(?<=[^/:])\/+$/, '') }
  const believed = options.believeHint === true ? await openHinted(folder, options) : undefined
  if (believed !== undefined) return believed
  const head = await loadHead(folder, undefined, options.signal)
  if (head === undefined) return openForeign(folder, options)
  if (head.content.kind === 'tombstone') {
    throw new NotFound('table', `the table in ${location} was dropped`, {
      details: { path: location },
    })
  }
  const table = tableOf(head.version, head.content)
  return { table, location: folder.location, readOnly: movedReason(table, folder.location) }
}

/** The metadata file that the hint names, by number or by name; undefined when it is not there. */
async function openHinted(
  folder: SlotFolder,
  options: OpenOptions,
): Promise<OpenedTable | undefined> {
  const text = await hintText(folder, options)
  const isNumber = /^[1-9][0-9]{0,9}$/.test(text)
  const names = isNumber
    ? slotSpellings(Number(text))
    : [text, `${text}.metadata.json`].filter((name) => FOREIGN_NAME.test(name))
  for (const name of names) {
    try {
      const opened = await openFile(joinLocation(folder.location, 'metadata', name), options)
      return { ...opened, location: folder.location, readOnly: 'its version hint was believed' }
    } catch (error) {
      if (!(error instanceof NotFound)) throw error
    }
  }
  return undefined
}

/** What commits to an opened folder are published to. Throws `Unsupported` when it is read only. */
export function openedTarget(opened: OpenedTable, options: OpenOptions): CommitTarget {
  const folder: SlotFolder = { ...options, location: opened.location }
  if (opened.readOnly !== undefined) {
    throw new Unsupported(
      'read-only-table',
      `${opened.location} can only be read: ${opened.readOnly}`,
    )
  }
  return {
    load: async (signal) => (await openMetadata(folder.location, { ...options, signal })).table,
    publish: (base, request) => publishMetadata(folder, base, request.metadata),
  }
}

async function openFile(path: string, options: OpenOptions): Promise<OpenedTable> {
  const { store, env, signal } = options
  checkVersion({ env, location: parentOf(parentOf(path)) }, metadataNumber(path))
  const content = parseSlot(
    await readSlotBytes(store, path, env.limits, { signal }),
    path,
    env.limits,
  )
  if (content.kind !== 'metadata') {
    const what = content.kind === 'tombstone' ? 'says that the table was dropped' : 'was retired'
    throw new NotFound('table', `${path} ${what}`, { details: { path } })
  }
  const version = slotVersion(baseName(path))
  const { metadata, hash } = content
  return {
    table: { metadata, metadataLocation: path, version, contentHash: hash },
    location: parentOf(parentOf(path)),
    readOnly: 'it was opened by one metadata file; open its folder or use its catalog to write',
  }
}

/** The number in a metadata file's name; 0 for a name that has none. */
function metadataNumber(path: string): number {
  const name = baseName(path)
  return slotVersion(name) ?? Number(FOREIGN_NAME.exec(name)?.[1] ?? 0)
}

async function openForeign(folder: SlotFolder, options: OpenOptions): Promise<OpenedTable> {
  const candidates = await foreignMetadata(folder, options.signal)
  const path = (await hinted(folder, candidates, options)) ?? newest(folder, candidates)
  const opened = await openFile(path, options)
  return {
    ...opened,
    location: folder.location,
    readOnly: 'its metadata files are named by another catalog, which alone knows the newest one',
  }
}

/** Metadata files named `<number>-<uuid>.metadata.json`, in any spelling. */
export async function foreignMetadata(
  folder: SlotFolder,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const found: string[] = []
  const metadata = joinLocation(folder.location, 'metadata')
  for await (const info of folder.store.list(metadata, { recursive: false, signal })) {
    if (info.isFolder !== true && FOREIGN_NAME.test(baseName(info.path))) found.push(info.path)
  }
  return found
}

/** Some writers put the name of the newest file into the hint. */
async function hinted(
  folder: SlotFolder,
  candidates: readonly string[],
  options: OpenOptions,
): Promise<string | undefined> {
  const text = await hintText(folder, options)
  return candidates.find((candidate) => {
    const name = baseName(candidate)
    return text !== '' && (name === text || name === `${text}.metadata.json`)
  })
}

/** What the hint says; empty when it cannot be read. */
async function hintText(folder: SlotFolder, { signal }: OpenOptions): Promise<string> {
  const path = joinLocation(folder.location, 'metadata', HINT_NAME)
  try {
    const bytes = await folder.store.read(path, undefined, { signal, maxBytes: 1024 })
    return decodeUtf8(bytes)?.trim() ?? ''
  } catch (error) {
    if (error instanceof MoraineError && error.code !== 'ABORTED') return ''
    throw error
  }
}

/** The file with the highest number. Two with the same number: only their catalog knows. */
function newest(folder: SlotFolder, candidates: readonly string[]): string {
  const numbered = candidates.map((path) => ({ path, number: metadataNumber(path) }))
  const highest = Math.max(...numbered.map((candidate) => candidate.number))
  const [first, second] = numbered.filter((candidate) => candidate.number === highest)
  if (first === undefined) {
    throw new NotFound('table', `there is no table in ${quoteJson(folder.location)}: no metadata`, {
      details: { path: folder.location },
    })
  }
  if (second === undefined) return first.path
  const names = [first, second].map((candidate) => baseName(candidate.path)).join(' and ')
  throw new InvalidArgument(
    `${folder.location} has more than one newest metadata file (${names}); open one of them by its path`,
    { details: { path: folder.location } },
  )
}

function movedReason(table: LoadedTable, location: string): string | undefined {
  const recorded = table.metadata.location
  if (sameLocation(parseRecorded(recorded), parseLocation(location))) return undefined
  return `it was moved here from ${recorded}, and the paths in its metadata still say so`
}
