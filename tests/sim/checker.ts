/**
 * Checks a finished history against the invariants, looking at the stored bytes only: it finds no
 * head, follows no hint and trusts no answer of the library but the parsing of metadata.
 */
import { parseSlot, type SlotContent } from '../../src/commit/slot-content.js'
import { slotVersion } from '../../src/commit/slots.js'
import type { Env } from '../../src/env/env.js'
import type { TableMetadata } from '../../src/format/model.js'
import { loadManifests, readEntries } from '../../src/scan/plan/load-manifests.js'
import type { MemoryStore } from '../../src/store/memory.js'

/** What one actor was told about one logical commit. */
export interface Claim {
  /** Name of the file that the commit appends. */
  readonly name: string
  readonly told: 'committed' | 'not-committed' | 'unknown' | 'died'
  readonly actor: string
}

export interface Chain {
  readonly version: number
  readonly content: SlotContent
}

/** Every slot of a folder, by version. Two spellings of one slot are a violation. */
export function slotsOf(store: MemoryStore, location: string, env: Env, bad: string[]): Chain[] {
  const chain: Chain[] = []
  for (const [path, bytes] of store.files()) {
    if (!path.startsWith(`${location}/metadata/`)) continue
    const version = slotVersion(path.slice(location.length + '/metadata/'.length))
    if (version === undefined) continue
    if (chain.some((slot) => slot.version === version)) bad.push(`fork at version ${version}`)
    chain.push({ version, content: parseSlot(bytes, path, env.limits) })
  }
  return chain.sort((a, b) => a.version - b.version)
}

/** I7: contiguous slots, each built upon the one before it. */
export function checkChain(chain: readonly Chain[], bad: string[]): void {
  let previous: Chain | undefined
  for (const slot of chain) {
    if (previous !== undefined) checkLink(previous, slot, bad)
    previous = slot
  }
  if (previous?.content.kind === 'retired') bad.push('the head is a retired marker')
}

function checkLink(previous: Chain, slot: Chain, bad: string[]): void {
  const at = `version ${slot.version}`
  if (slot.version !== previous.version + 1) bad.push(`${at} follows ${previous.version}`)
  const [before, after] = [previous.content, slot.content]
  if (after.kind !== 'metadata') return
  const { metadata } = after
  const head = metadata.refs.get('main')?.snapshotId
  if (metadata.currentSnapshotId !== head) bad.push(`${at}: I12 current snapshot is not main`)
  if (before.kind === 'tombstone') {
    if (metadata.tableUuid === before.tableUuid)
      bad.push(`${at}: reuses the uuid of a dropped table`)
    return
  }
  if (before.kind !== 'metadata') return
  if (metadata.tableUuid !== before.metadata.tableUuid) bad.push(`${at}: another table's uuid`)
  if (metadata.lastUpdatedMs <= before.metadata.lastUpdatedMs) bad.push(`${at}: time runs back`)
  if (metadata.metadataLog.at(-1)?.metadataFile !== before.path) {
    bad.push(`${at}: does not build upon ${before.path}`)
  }
  const added = metadata.lastSequenceNumber - before.metadata.lastSequenceNumber
  if (added < 0n || added > 1n) bad.push(`${at}: I8 sequence number moved by ${added}`)
}

/** I4, I8: everything a snapshot refers to exists; no file is live twice. Gives the live names. */
export async function liveNames(
  store: MemoryStore,
  env: Env,
  metadata: TableMetadata,
  bad: string[],
): Promise<string[]> {
  const names: string[] = []
  for (const snapshot of metadata.snapshots) {
    const live: string[] = []
    try {
      const source = { metadata, store, env, signal: undefined }
      for (const manifest of await loadManifests({ ...source, snapshot })) {
        for (const entry of await readEntries(source, manifest, { metrics: 'none' })) {
          if (entry.status === 'deleted') continue
          live.push(entry.file.path)
          if ((await store.head(entry.file.path)) === undefined) {
            bad.push(`I4 ${entry.file.path} of a snapshot is missing`)
          }
        }
      }
    } catch (error) {
      bad.push(`I4 snapshot ${snapshot.snapshotId} cannot be read: ${String(error)}`)
    }
    if (new Set(live).size !== live.length) bad.push(`I8 a file is live twice`)
    if (snapshot.snapshotId === metadata.currentSnapshotId) names.push(...live)
  }
  return names.map((path) => path.replace(/^.*\//, '').replace('.parquet', ''))
}

/** I1–I3: what was told is what is there. `present` counts each name over all incarnations. */
export function checkClaims(
  claims: readonly Claim[],
  present: ReadonlyMap<string, number>,
  bad: string[],
): void {
  for (const { name, told, actor } of claims) {
    const count = present.get(name) ?? 0
    if (told === 'committed' && count !== 1) bad.push(`I1 ${actor}: ${name} acked, there ${count}x`)
    if (told === 'not-committed' && count !== 0) bad.push(`I2 ${actor}: ${name} denied, but there`)
    if (count > 1) bad.push(`I3 ${actor}: ${name} is there ${count}x`)
  }
}
