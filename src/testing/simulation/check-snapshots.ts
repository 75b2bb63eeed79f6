/** What the manifests of a snapshot hold against the model, read from the tape (I4, I8, I10, I13). */
import type { Env } from '../../env/env.js'
import { NotFound } from '../../errors.js'
import type { ManifestEntry, ManifestFile, Snapshot, TableMetadata } from '../../format/model.js'
import { openManifest } from '../../format/read-manifest.js'
import { readManifestList } from '../../format/read-manifest-list.js'
import type { Live, ModelWorld } from './expected.js'
import { fileName } from './sim-table.js'

/** Reads snapshots from stored bytes; manifests, which are shared, once. */
export class SnapshotChecker {
  readonly #env: Env
  readonly #bytes: (path: string) => Uint8Array | undefined
  readonly #world: ModelWorld
  readonly #bad: string[]
  readonly #manifests = new Map<string, readonly ManifestEntry[]>()

  /** `bytes` gives what was first written under a path. */
  constructor(
    env: Env,
    bytes: (path: string) => Uint8Array | undefined,
    world: ModelWorld,
    bad: string[],
  ) {
    this.#env = env
    this.#bytes = bytes
    this.#world = world
    this.#bad = bad
  }

  /** Checks a snapshot in full; gives every path that it needs. */
  async check(
    metadata: TableMetadata,
    snapshot: Snapshot,
    expected: Live | undefined,
  ): Promise<readonly string[]> {
    const where = `snapshot ${snapshot.snapshotId}`
    try {
      const needed = [snapshot.manifestList ?? '']
      const live: string[] = []
      let records = 0n
      for (const manifest of await this.#list(snapshot)) {
        needed.push(manifest.path)
        if (manifest.sequenceNumber > snapshot.sequenceNumber) {
          this.#bad.push(`I8 ${where} has a manifest of a later sequence number`)
        }
        for (const entry of await this.#entries(metadata, manifest)) {
          if (entry.status === 'deleted') continue
          needed.push(entry.file.path)
          this.#checkEntry(entry, snapshot)
          if (entry.file.content !== 'data') continue
          live.push(fileName(entry.file.path))
          records += entry.file.recordCount
        }
      }
      this.#compare(where, live, expected)
      this.#checkSummary(snapshot, live.length, records)
      return needed
    } catch (error) {
      this.#bad.push(`I4 ${where} cannot be read: ${String(error)}`)
      return []
    }
  }

  async #list(snapshot: Snapshot): Promise<readonly ManifestFile[]> {
    const path = snapshot.manifestList ?? ''
    const bytes = this.#bytes(path)
    if (bytes === undefined) throw new NotFound('file', `${path} was never written`)
    return readManifestList(bytes, { limits: this.#env.limits, path })
  }

  async #entries(
    metadata: TableMetadata,
    manifest: ManifestFile,
  ): Promise<readonly ManifestEntry[]> {
    const known = this.#manifests.get(manifest.path)
    if (known !== undefined) return known
    const { path } = manifest
    const bytes = this.#bytes(path)
    if (bytes === undefined) throw new NotFound('file', `${path} was never written`)
    if (BigInt(bytes.length) !== manifest.length) this.#bad.push(`I4 ${path} has another length`)
    const reader = await openManifest(bytes, { limits: this.#env.limits, path, manifest, metadata })
    const entries = [...reader.entries({ metrics: 'none' })]
    this.#manifests.set(path, entries)
    return entries
  }

  #checkEntry(entry: ManifestEntry, snapshot: Snapshot): void {
    if (entry.sequenceNumber > snapshot.sequenceNumber) {
      this.#bad.push(`I8 ${entry.file.path} is later than its snapshot`)
    }
    const file = this.#world.files.get(fileName(entry.file.path))
    if (entry.file.content === 'data' && file === undefined) {
      this.#bad.push(`I2 ${entry.file.path} was never asked for`)
    } else if (file !== undefined && BigInt(file.rows) !== entry.file.recordCount) {
      this.#bad.push(`I10 ${entry.file.path} has another number of rows`)
    }
  }

  #compare(where: string, live: readonly string[], expected: Live | undefined): void {
    const found = new Set(live)
    if (found.size !== live.length) this.#bad.push(`I8 ${where} holds a file twice`)
    if (expected === undefined) return
    const missing = [...expected].filter((name) => !found.has(name))
    const extra = live.filter((name) => !expected.has(name))
    if (missing.length > 0) this.#bad.push(`I1 ${where} lacks ${missing.join()}`)
    if (extra.length > 0) this.#bad.push(`I13 ${where} holds ${extra.join()} beside what it should`)
  }

  #checkSummary(snapshot: Snapshot, files: number, records: bigint): void {
    const total = snapshot.summary?.get('total-data-files')
    const rows = snapshot.summary?.get('total-records')
    if (total !== `${files}` || rows !== `${records}`) {
      this.#bad.push(
        `I10 snapshot ${snapshot.snapshotId} says ${total} files, ${rows} rows: there are ${files}, ${records}`,
      )
    }
  }
}
