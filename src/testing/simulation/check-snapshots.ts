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
  /** By path: the sequence number that a file came with. */
  readonly #sequences = new Map<string, bigint>()

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
      const deletes = new Map<string, string>()
      const vectorsOf = new Set<string>()
      const ids: [first: bigint, end: bigint][] = []
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
          if (entry.file.content !== 'data') {
            const of = fileName(entry.file.referencedDataFile ?? '')
            deletes.set(fileName(entry.file.path), of)
            if (entry.file.format === 'puffin') vectorsOf.add(of)
            continue
          }
          const { firstRowId, recordCount } = entry.file
          if (firstRowId !== undefined) ids.push([firstRowId, firstRowId + recordCount])
          live.push(fileName(entry.file.path))
          records += entry.file.recordCount
        }
      }
      this.#compare(where, live, expected)
      this.#compareDeletes(where, deletes, expected, this.#world.deletes.get(snapshot.snapshotId))
      // Spec, "Deletion Vectors": the removal of a data file removes its vector.
      const left = [...vectorsOf].filter((name) => !live.includes(name))
      if (left.length > 0)
        this.#bad.push(`I13 ${where} holds vectors of ${left.join()}, which are gone`)
      if (metadata.formatVersion === 3) this.#checkRowIds(where, metadata, ids, live.length)
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
    const { path } = manifest
    // What a list gives its manifests: numbers, and from version 3 on row ids to those of versions before.
    const key = `${path} ${manifest.firstRowId} ${manifest.sequenceNumber}`
    const known = this.#manifests.get(key)
    if (known !== undefined) return known
    const bytes = this.#bytes(path)
    if (bytes === undefined) throw new NotFound('file', `${path} was never written`)
    if (BigInt(bytes.length) !== manifest.length) this.#bad.push(`I4 ${path} has another length`)
    const reader = await openManifest(bytes, { limits: this.#env.limits, path, manifest, metadata })
    const entries = [...reader.entries({ metrics: 'none' })]
    this.#manifests.set(key, entries)
    return entries
  }

  #checkEntry(entry: ManifestEntry, snapshot: Snapshot): void {
    if (entry.sequenceNumber > snapshot.sequenceNumber) {
      this.#bad.push(`I8 ${entry.file.path} is later than its snapshot`)
    }
    this.#checkSequence(entry, snapshot)
    const file = this.#world.files.get(fileName(entry.file.path))
    if (entry.file.content === 'data' && file === undefined) {
      this.#bad.push(`I2 ${entry.file.path} was never asked for`)
    } else if (file !== undefined && BigInt(file.rows) !== entry.file.recordCount) {
      this.#bad.push(`I10 ${entry.file.path} has another number of rows`)
    }
  }

  /** Spec, "Sequence Number Inheritance": a file gets the number of its snapshot, and keeps it. */
  #checkSequence({ file, snapshotId, sequenceNumber }: ManifestEntry, snapshot: Snapshot): void {
    const own = snapshotId === snapshot.snapshotId ? snapshot.sequenceNumber : sequenceNumber
    const first = this.#sequences.get(file.path) ?? own
    this.#sequences.set(file.path, first)
    if (sequenceNumber !== first) {
      this.#bad.push(`I8 ${file.path} has the sequence number ${sequenceNumber}, not ${first}`)
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

  /** Position deletes of files that are gone may stay for a while; those of files that are there must. */
  #compareDeletes(
    where: string,
    found: ReadonlyMap<string, string>,
    live: Live | undefined,
    expected: ReadonlyMap<string, string> | undefined,
  ): void {
    if (expected === undefined || live === undefined) return
    for (const [name, of] of expected) {
      if (found.get(name) !== of) this.#bad.push(`I13 ${where} lacks the deletes ${name} of ${of}`)
    }
    for (const [name, of] of found) {
      if (live.has(of) && !expected.has(name)) {
        this.#bad.push(`I13 ${where} holds the deletes ${name} of ${of} beside what it should`)
      }
    }
  }

  /** Version 3: every row has an id of its own, below the next one to be given. */
  #checkRowIds(
    where: string,
    { nextRowId = 0n }: TableMetadata,
    ids: [first: bigint, end: bigint][],
    files: number,
  ): void {
    if (ids.length !== files) {
      this.#bad.push(`I9 ${where} has ${files} files, ${ids.length} of them with row ids`)
    }
    ids.sort(([a], [b]) => Number(a - b))
    let free = 0n
    for (const [first, end] of ids) {
      if (first < free) this.#bad.push(`I9 ${where} gives the row id ${first} twice`)
      free = end
    }
    if (free > nextRowId) this.#bad.push(`I9 ${where} has row ids above ${nextRowId}`)
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
