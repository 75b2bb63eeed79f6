/** Reads and writes the manifests of one action, over all attempts of its commit. */
import { randomUuid } from '../env/ids.js'
import { throwIfAborted } from '../env/system-env.js'
import { metadataFilePath } from '../format/locations.js'
import { currentSchema, specById } from '../format/lookup.js'
import type { EntryOptions } from '../format/manifest-entry.js'
import type {
  DataFile,
  ManifestContent,
  ManifestEntry,
  ManifestFile,
  Snapshot,
  TableMetadata,
} from '../format/model.js'
import { partitionTypes } from '../format/partition-avro.js'
import { type TableProperties, tableProperties } from '../format/properties.js'
import { ManifestWriter } from '../format/write-manifest.js'
import { loadManifests, readEntries } from '../scan/plan/load-manifests.js'
import type { ActionContext } from './action.js'

/** What happens to an entry in a manifest that is being written. */
export type Put = (writer: ManifestWriter) => void

/** The base and the surroundings of one attempt. */
export interface Attempt {
  readonly base: TableMetadata
  readonly ctx: ActionContext
}

/** The data sequence number of a new file, where it is not that of the commit. */
export type SequenceOf = (file: DataFile) => bigint | undefined

/** Names, writes and reads manifests. Keeps their names apart over attempts and actions. */
export class ManifestStore {
  readonly snapshotId: bigint
  readonly #uuid: string
  #count = 0

  constructor(snapshotId: bigint, ctx: ActionContext) {
    this.snapshotId = snapshotId
    // The first action names its files after the commit, as the reference does.
    this.#uuid = ctx.actionIndex === 0 ? ctx.commitUuid : randomUuid(ctx.env)
  }

  /** Path of the snapshot's manifest list: a new one for each attempt. */
  listPath({ base, ctx }: Attempt): string {
    const name = `snap-${this.snapshotId}-${ctx.attempt}-${this.#uuid}.avro`
    return metadataFilePath(base, name)
  }

  /**
   * The manifests of a snapshot, none without one. With counts: what v1 lists leave out is read from
   * the files.
   */
  async load(attempt: Attempt, snapshot: Snapshot | undefined): Promise<readonly ManifestFile[]> {
    if (snapshot === undefined) return []
    const { base: metadata, ctx } = attempt
    const { store, env, signal } = ctx
    const manifests = await loadManifests({ metadata, snapshot, store, env, signal })
    const complete: ManifestFile[] = []
    for (const manifest of manifests) {
      complete.push(isComplete(manifest) ? manifest : await this.#completed(attempt, manifest))
    }
    return complete
  }

  async entries(
    attempt: Attempt,
    manifest: ManifestFile,
    options: EntryOptions = {},
  ): Promise<IterableIterator<ManifestEntry>> {
    const { base: metadata, ctx } = attempt
    throwIfAborted(ctx.signal)
    return readEntries(
      { metadata, store: ctx.store, env: ctx.env, signal: ctx.signal },
      manifest,
      options,
    )
  }

  /** Writes new files to manifests, one spec and content each, rolled at the target size. */
  async writeAdded(
    attempt: Attempt,
    files: readonly DataFile[],
    sequenceOf?: SequenceOf,
  ): Promise<readonly ManifestFile[]> {
    const groups = new Map<string, DataFile[]>()
    for (const file of files) {
      const key = `${file.content === 'data' ? 'data' : 'deletes'} ${file.specId}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, [file])
      else group.push(file)
    }
    const manifests: ManifestFile[] = []
    for (const group of groups.values()) {
      const puts = group.map(
        (file): Put =>
          (writer) =>
            writer.add(file, sequenceOf?.(file)),
      )
      const first = group[0] as DataFile
      const content = first.content === 'data' ? 'data' : 'deletes'
      manifests.push(...(await this.write(attempt, first.specId, content, puts)))
    }
    return manifests
  }

  /** Writes entries to as many manifests as the target size asks for; none for no entries. */
  async write(
    attempt: Attempt,
    specId: number,
    content: ManifestContent,
    puts: Iterable<Put>,
    options: { readonly roll?: boolean } = {},
  ): Promise<readonly ManifestFile[]> {
    const { base } = attempt
    const properties = tableProperties(base.properties)
    const target =
      options.roll === false ? Number.POSITIVE_INFINITY : properties.manifestTargetSizeBytes
    const manifests: ManifestFile[] = []
    let writer: ManifestWriter | undefined
    for (const put of puts) {
      writer ??= this.#writer(attempt, specId, content, properties)
      put(writer)
      if (writer.sizeEstimate < target) continue
      manifests.push(await this.#store(attempt, writer))
      writer = undefined
    }
    if (writer !== undefined) manifests.push(await this.#store(attempt, writer))
    return manifests
  }

  #writer(
    { base, ctx }: Attempt,
    specId: number,
    content: ManifestContent,
    properties: TableProperties,
  ): ManifestWriter {
    const spec = specById(base, specId)
    const level = properties.manifestCompressionLevel
    return new ManifestWriter({
      formatVersion: base.formatVersion,
      content,
      spec,
      partitionTypes: partitionTypes(base, spec),
      schema: currentSchema(base),
      snapshotId: this.snapshotId,
      sync: ctx.env.randomBytes(16),
      codec: properties.manifestCodec,
      ...(level !== undefined && { level }),
    })
  }

  async #store(attempt: Attempt, writer: ManifestWriter): Promise<ManifestFile> {
    const path = metadataFilePath(attempt.base, `${this.#uuid}-m${this.#count}.avro`)
    this.#count += 1
    const { bytes, manifest } = writer.finish(path)
    await writeNewFile(attempt.ctx, path, bytes)
    return manifest
  }

  /** Counts of a manifest whose list leaves them out, from its entries. */
  async #completed(attempt: Attempt, manifest: ManifestFile): Promise<ManifestFile> {
    const files = { existing: 0, added: 0, deleted: 0 }
    const rows = { existing: 0n, added: 0n, deleted: 0n }
    for (const entry of await this.entries(attempt, manifest, { metrics: 'none' })) {
      files[entry.status] += 1
      rows[entry.status] += entry.file.recordCount
    }
    return {
      ...manifest,
      addedFilesCount: files.added,
      existingFilesCount: files.existing,
      deletedFilesCount: files.deleted,
      addedRowsCount: rows.added,
      existingRowsCount: rows.existing,
      deletedRowsCount: rows.deleted,
    }
  }
}

function isComplete(manifest: ManifestFile): boolean {
  return (
    manifest.addedFilesCount !== undefined &&
    manifest.existingFilesCount !== undefined &&
    manifest.deletedFilesCount !== undefined &&
    manifest.addedRowsCount !== undefined &&
    manifest.existingRowsCount !== undefined &&
    manifest.deletedRowsCount !== undefined
  )
}

/**
 * What a manifest that is made of another depends on, for reuse by the next attempt. Its entries spell
 * out what they inherited: the sequence number and the row ids that its list gave it, which an earlier
 * snapshot of the same transaction gets anew with every attempt.
 */
export function inheritedKey({ base }: Attempt, manifest: ManifestFile): string {
  const { path, sequenceNumber, firstRowId } = manifest
  return `${base.formatVersion} ${sequenceNumber} ${firstRowId} ${path}`
}

/** Whether a manifest has live files, as far as its list knows. */
export function mayHaveLiveFiles(manifest: ManifestFile): boolean {
  return manifest.addedFilesCount !== 0 || manifest.existingFilesCount !== 0
}

/** Stores a file under a name that nobody else uses, after telling the committer of it. */
export async function writeNewFile(
  ctx: ActionContext,
  path: string,
  bytes: Uint8Array,
): Promise<void> {
  throwIfAborted(ctx.signal)
  ctx.creating(path)
  const writer = await ctx.store.writer(path, ctx.signal ? { signal: ctx.signal } : {})
  try {
    await writer.write(bytes)
    await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
}
