/**
 * A check of a whole table: metadata, manifest lists, manifests, files. It reads everything it can
 * and reports each thing that does not hold; a broken table does not stop it.
 */
import type { Env } from '../env/env.js'
import { throwIfAborted } from '../env/system-env.js'
import { MoraineError } from '../errors.js'
import { currentSchema } from '../format/lookup.js'
import type { DataFile, ManifestFile, Snapshot, TableMetadata } from '../format/model.js'
import { partitionTypes } from '../format/partition-avro.js'
import { openManifest } from '../format/read-manifest.js'
import { loadManifests } from '../scan/plan/load-manifests.js'
import { byteSource } from '../store/byte-source.js'
import type { Store } from '../store/store.js'
import { verifyParquetFile } from './verify-file.js'
import { type LiveFile, type ManifestTotals, verifyEntries } from './verify-manifest.js'
import { verifyMetadata } from './verify-metadata.js'
import { verifySummary } from './verify-summary.js'
import { type VerifyReport, type ViolationCode, Violations } from './violation.js'

export interface VerifyOptions {
  readonly metadata: TableMetadata
  readonly store: Store
  readonly env: Env
  /** Open every data file and compare its footer with the manifests. Default true. */
  readonly footers?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { readonly snapshots: number; readonly files: number }) => void
}

/** Walks the table. Rejects only when the store is out of reach or the signal fires. */
export async function verifyTable(options: VerifyOptions): Promise<VerifyReport> {
  return new Verifier(options).run()
}

class Verifier {
  readonly #options: VerifyOptions
  readonly #found = new Violations()
  readonly #manifests = new Map<string, ManifestTotals | undefined>()
  readonly #files = new Set<string>()
  #snapshots = 0
  #rows = 0n

  constructor(options: VerifyOptions) {
    this.#options = options
  }

  async run(): Promise<VerifyReport> {
    const { metadata, signal, onProgress } = this.#options
    verifyMetadata(metadata, this.#found)
    for (const snapshot of metadata.snapshots) {
      throwIfAborted(signal)
      await this.#snapshot(snapshot)
      this.#snapshots += 1
      onProgress?.({ snapshots: this.#snapshots, files: this.#files.size })
    }
    const { list, truncated } = this.#found
    return {
      ok: list.length === 0,
      violations: list,
      truncated,
      checked: {
        snapshots: this.#snapshots,
        manifests: this.#manifests.size,
        files: this.#files.size,
        rows: this.#rows,
      },
    }
  }

  async #snapshot(snapshot: Snapshot): Promise<void> {
    const { snapshotId } = snapshot
    const path = snapshot.manifestList
    const manifests = await this.#guard('manifest-list', path, () => {
      const { metadata, store, env, signal } = this.#options
      return loadManifests({ metadata, store, env, snapshot, ...(signal && { signal }) })
    })
    if (manifests === undefined) return
    const live: LiveFile[] = []
    let whole = true
    for (const manifest of manifests) {
      this.#manifestOfSnapshot(manifest, snapshot)
      const totals = await this.#manifest(manifest)
      if (totals === undefined) whole = false
      else live.push(...totals.liveFiles)
    }
    if (!whole) return
    this.#duplicates(live, snapshotId)
    verifySummary(this.#options.metadata, snapshot, live, this.#found)
  }

  #manifestOfSnapshot(manifest: ManifestFile, snapshot: Snapshot): void {
    if (manifest.sequenceNumber <= snapshot.sequenceNumber) return
    this.#found.add({
      code: 'sequence-number',
      message: `manifest ${manifest.path} has sequence number ${manifest.sequenceNumber}, above its snapshot's ${snapshot.sequenceNumber}`,
      path: manifest.path,
      snapshotId: snapshot.snapshotId,
    })
  }

  #duplicates(live: readonly LiveFile[], snapshotId: bigint): void {
    const seen = new Set<string>()
    for (const { path, offset } of live) {
      const key = `${path}\n${offset ?? ''}`
      if (seen.has(key)) {
        const message = `${path} is live more than once in snapshot ${snapshotId}`
        this.#found.add({ code: 'duplicate-file', message, path, snapshotId })
      }
      seen.add(key)
    }
  }

  async #manifest(manifest: ManifestFile): Promise<ManifestTotals | undefined> {
    if (this.#manifests.has(manifest.path)) return this.#manifests.get(manifest.path)
    const totals = await this.#guard('manifest', manifest.path, () => this.#readManifest(manifest))
    this.#manifests.set(manifest.path, totals)
    return totals
  }

  async #readManifest(manifest: ManifestFile): Promise<ManifestTotals> {
    const { metadata, store, env, signal } = this.#options
    const { limits } = env
    const bytes = await store.read(manifest.path, undefined, {
      maxBytes: limits.manifestBytes,
      limitName: 'manifestBytes',
      ...(signal && { signal }),
    })
    if (manifest.length > 0n && BigInt(bytes.length) !== manifest.length) {
      this.#found.add({
        code: 'manifest-length',
        message: `manifest ${manifest.path} has ${bytes.length} bytes, its list says ${manifest.length}`,
        path: manifest.path,
      })
    }
    const reader = await openManifest(bytes, { limits, path: manifest.path, manifest, metadata })
    const partition = { spec: reader.spec, types: partitionTypes(metadata, reader.spec) }
    const checked = verifyEntries(manifest, reader.entries(), partition, this.#found)
    for (const { file } of checked.entries) await this.#file(file)
    return { liveFiles: checked.liveFiles, rows: checked.rows }
  }

  async #file(file: DataFile): Promise<void> {
    if (this.#files.has(file.path)) return
    this.#files.add(file.path)
    const { store, signal } = this.#options
    throwIfAborted(signal)
    const info = await this.#guard('file', file.path, () =>
      store.head(file.path, { ...(signal && { signal }) }).then((found) => found ?? null),
    )
    if (info === undefined) return
    if (info === null) {
      this.#found.add({ code: 'file-missing', message: `${file.path} is missing`, path: file.path })
      return
    }
    if (BigInt(info.sizeBytes) !== file.sizeBytes) {
      this.#found.add({
        code: 'file-size',
        message: `${file.path} has ${info.sizeBytes} bytes, its manifest says ${file.sizeBytes}`,
        path: file.path,
      })
    }
    if (file.content === 'data') this.#rows += file.recordCount
    await this.#footer(file, info.sizeBytes)
  }

  async #footer(file: DataFile, sizeBytes: number): Promise<void> {
    const { footers = true, metadata, store, env, signal } = this.#options
    if (!footers || file.format !== 'parquet') return
    const source = await byteSource(store, file.path, sizeBytes)
    await verifyParquetFile(file, source, currentSchema(metadata), {
      limits: env.limits,
      found: this.#found,
      ...(signal && { signal }),
    })
  }

  /** Turns what is wrong with one file into a violation; what stops the walk goes on. */
  async #guard<T>(
    what: 'manifest-list' | 'manifest' | 'file',
    path: string | undefined,
    read: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof MoraineError)) throw error
      const { code } = error
      if (code === 'ABORTED' || code === 'STORE_UNAVAILABLE' || code === 'INTERNAL_BUG') throw error
      const kind = code === 'NOT_FOUND' ? 'missing' : 'corrupt'
      this.#found.add({
        code: `${what}-${kind}` as ViolationCode,
        message: error.message,
        ...(path !== undefined && { path }),
      })
      return undefined
    }
  }
}
