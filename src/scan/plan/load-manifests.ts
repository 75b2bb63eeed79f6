import type { Env } from '../../env/env.js'
import { NotFound, Unsupported } from '../../errors.js'
import type { EntryOptions } from '../../format/manifest-entry.js'
import type { ManifestEntry, ManifestFile, Snapshot, TableMetadata } from '../../format/model.js'
import { openManifest } from '../../format/read-manifest.js'
import { inlineManifests, readManifestList } from '../../format/read-manifest-list.js'
import type { Store } from '../../store/store.js'

/** What reading metadata files needs. */
export interface ManifestSource {
  readonly metadata: TableMetadata
  readonly store: Store
  readonly env: Env
  readonly signal?: AbortSignal | undefined
}

/**
 * The manifests of a snapshot: from its manifest list, or the ones that a v1 snapshot lists inline.
 * Throws `NotFound('file')`, `CorruptData` or `LimitExceeded` naming the manifest list.
 */
export async function loadManifests(
  source: ManifestSource & { readonly snapshot: Snapshot },
): Promise<readonly ManifestFile[]> {
  const { snapshot, store, env, signal } = source
  const path = snapshot.manifestList
  if (snapshot.keyId !== undefined) {
    throw new Unsupported(
      'encryption',
      `the manifest list of snapshot ${snapshot.snapshotId} is encrypted, and encrypted tables cannot be read`,
      { details: { path } },
    )
  }
  if (path !== undefined) {
    const bytes = await store.read(path, undefined, {
      maxBytes: env.limits.manifestListBytes,
      limitName: 'manifestListBytes',
      ...(signal ? { signal } : {}),
    })
    return readManifestList(bytes, { limits: env.limits, path })
  }
  const lengths = new Map<string, bigint>()
  for (const manifest of snapshot.manifests ?? []) {
    const info = await store.head(manifest, signal ? { signal } : {})
    if (info === undefined) {
      throw new NotFound(
        'file',
        `a manifest of snapshot ${snapshot.snapshotId} is missing: ${manifest}`,
      )
    }
    lengths.set(manifest, BigInt(info.sizeBytes))
  }
  return inlineManifests(snapshot, (manifest) => lengths.get(manifest) ?? 0n)
}

/** Entries of one manifest, decoded lazily with the fields asked for. */
export async function readEntries(
  source: ManifestSource,
  manifest: ManifestFile,
  options: EntryOptions,
): Promise<IterableIterator<ManifestEntry>> {
  const { store, env, metadata, signal } = source
  const bytes = await store.read(manifest.path, undefined, {
    maxBytes: env.limits.manifestBytes,
    limitName: 'manifestBytes',
    ...(signal ? { signal } : {}),
  })
  const reader = await openManifest(bytes, {
    limits: env.limits,
    path: manifest.path,
    manifest,
    metadata,
  })
  return reader.entries(options)
}
